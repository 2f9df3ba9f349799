import { describe, expect, it } from 'vitest'
import type { BrokerServices } from '../../../../../src-main/broker/broker-services'
import { alterPartitionReassignments } from '../../../../../src-main/broker/handlers/45-alter-partition-reassignments'
import { TestClock } from '../../../../support/storage-fixture'
import type { RequestContext } from '../../../../../src-main/broker/server/handler'

const request = {
  timeoutMs: 0,
  topics: [{ name: 't', partitions: [0, 1].map((partitionIndex) => ({ partitionIndex, replicas: [1, 2] })) }]
}

/** A controller that hears of each partition what is said here, and how long it was asked to wait for the ensemble. */
async function answer(errors: readonly string[]) {
  const waits: unknown[] = []
  const controller = {
    whenReadyToWrite: (...given: readonly unknown[]) => {
      waits.push(given)
      return Promise.resolve(true)
    },
    reassign: () => Promise.resolve({ result: errors.map((error) => ({ error, message: null })), told: [] })
  }
  const services = { brokerId: 1, image: { controllerId: 2 }, controller, clock: new TestClock() }
  const row = alterPartitionReassignments(services as unknown as BrokerServices)
  return { told: await row.handle(request, {} as RequestContext), waits }
}

describe('AlterPartitionReassignments', () => {
  it('says of the whole answer that the office went meanwhile: only there clients look for it', async () => {
    const { told } = await answer(['NOT_CONTROLLER', 'NOT_CONTROLLER'])

    expect(told).toMatchObject({ errorCode: 41, responses: [] })
  })

  it('says of each partition what became of it', async () => {
    const { told } = await answer(['NOT_CONTROLLER', 'INVALID_REPLICA_ASSIGNMENT'])

    const partitions = [{ errorCode: 41 }, { errorCode: 39 }]
    expect(told).toMatchObject({ errorCode: 0, responses: [{ name: 't', partitions }] })
  })

  it('waits for an ensemble that elects a leader, whatever time was asked for', async () => {
    const { waits } = await answer(['NOT_CONTROLLER'])

    expect(waits).toEqual([[]])
  })
})
