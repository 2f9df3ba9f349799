/** What log-append.mjs bundles and measures. */
export { nodeChecksum } from '../../src-main/adapters/node-checksum'
export { nodeClock } from '../../src-main/adapters/node-clock'
export { nodeDisk } from '../../src-main/adapters/node-disk'
export { buildBatch } from '../../src-main/protocol/record/batch-builder'
export { DeferredRemovals } from '../../src-main/storage/deferred-removals'
export { defaultLogConfig } from '../../src-main/storage/log-types'
export { PartitionLog } from '../../src-main/storage/partition-log'
