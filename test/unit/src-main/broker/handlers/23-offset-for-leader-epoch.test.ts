/** Where epochs ended, as leaders tell (Kafka's Partition.lastOffsetForLeaderEpoch, ReplicaManager). */
import { beforeAll, describe, expect, it } from 'vitest'
import {
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse
} from '../../../../../src-main/protocol/api/23-offset-for-leader-epoch'
import { errorName } from '../../../../../src-main/protocol/wire/error-codes'
import { ReplicaWorld } from '../../../../support/replica-world'

const call = { apiKey: 23, version: 4, request: offsetForLeaderEpochRequest, response: offsetForLeaderEpochResponse }

let replicas: ReplicaWorld

/** Broker 1 wrote two records in epoch 0, and was killed; broker 2 wrote one in epoch 1, and leads. */
beforeAll(async () => {
  replicas = await ReplicaWorld.start()
  await replicas.create('r', [[1, 2, 3]])
  await replicas.produce('r', ['a', 'b'])
  replicas.kill(1)
  await replicas.until('r', 0, ({ leader }) => leader === 2)
  await replicas.produce('r', ['c'])
})

async function asked(fields: {
  readonly broker?: number
  readonly topic?: string
  readonly currentLeaderEpoch?: number
  readonly leaderEpoch: number
  readonly version?: number
}) {
  const { broker = 2, topic = 'r', currentLeaderEpoch = -1, leaderEpoch, version = 4 } = fields
  const topics = [{ topic, partitions: [{ partition: 0, currentLeaderEpoch, leaderEpoch }] }]
  const answer = await replicas.world.ask(broker, { ...call, version }, { replicaId: -1, topics })
  const told = answer.topics[0]?.partitions[0] ?? expect.fail()
  return [errorName(told.errorCode), told.leaderEpoch, told.endOffset]
}

describe('OffsetForLeaderEpoch', () => {
  it.each([
    ['the epoch that goes on ends at the log’s end', { leaderEpoch: 1 }, ['NONE', 1, 3]],
    ['an earlier epoch ends where the next begins', { leaderEpoch: 0 }, ['NONE', 0, 2]],
    ['one above all has no end', { leaderEpoch: 7 }, ['NONE', -1, -1]],
    ['none has no end', { leaderEpoch: -1 }, ['NONE', -1, -1]],
    ['who knows an older leader is fenced', { leaderEpoch: 0, currentLeaderEpoch: 0 }, ['FENCED_LEADER_EPOCH', -1, -1]],
    ['who knows a newer one waits', { leaderEpoch: 0, currentLeaderEpoch: 9 }, ['UNKNOWN_LEADER_EPOCH', -1, -1]],
    ['who knows this one is answered', { leaderEpoch: 0, currentLeaderEpoch: 1 }, ['NONE', 0, 2]],
    ['a follower is not asked', { broker: 3, leaderEpoch: 0 }, ['NOT_LEADER_OR_FOLLOWER', -1, -1]],
    ['there is no such topic', { topic: 'x', leaderEpoch: 0 }, ['UNKNOWN_TOPIC_OR_PARTITION', -1, -1]],
    ['version 0 tells the end alone', { version: 0, leaderEpoch: 0 }, ['NONE', -1, 2]]
  ])('%s', async (_what, fields, told) => {
    expect(await asked(fields)).toEqual(told)
  })
})
