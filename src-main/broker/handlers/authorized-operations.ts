/**
 * "Authorized operations" bit fields (KIP-430): bit n is ACL operation n. Without authorization everybody
 * may do everything that exists for a resource.
 */
const bits = (...operations: readonly number[]): number =>
  operations.reduce((field, operation) => field | (1 << operation), 0)

const read = 3
const write = 4
const create = 5
const remove = 6
const alter = 7
const describe = 8
const clusterAction = 9
const describeConfigs = 10
const alterConfigs = 11
const idempotentWrite = 12

export const topicOperations = bits(read, write, create, remove, alter, describe, describeConfigs, alterConfigs)
export const clusterOperations = bits(
  create,
  alter,
  describe,
  clusterAction,
  describeConfigs,
  alterConfigs,
  idempotentWrite
)
export const groupOperations = bits(read, remove, describe)
export const notRequested = -2147483648
