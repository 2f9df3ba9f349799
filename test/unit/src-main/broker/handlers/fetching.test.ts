import { describe, expect, it } from 'vitest'
import { fetchingOf } from '../../../../../src-main/broker/handlers/fetch-partition'
import { ConnectionLife } from '../../../../../src-main/broker/server/connection-life'

/** What a request of that version has where it says nothing is -1. */
const request = (replicaId: number, stateId: number) =>
  ({ replicaId, replicaState: { replicaId: stateId, replicaEpoch: -1n }, isolationLevel: 0 }) as unknown as Parameters<
    typeof fetchingOf
  >[0]

describe('who fetches', () => {
  it.each([
    ['a consumer', 12, -1, -1, undefined, false],
    ['a follower', 12, 3, -1, 3, false],
    ['a tool that compares replicas', 12, -2, -1, undefined, true],
    ['a consumer that says so in a tag', 17, -1, -1, undefined, false],
    ['a follower that says so in a tag', 17, -1, 3, 3, false],
    ['a tool that says so in a tag', 17, -1, -2, undefined, true]
  ])('%s', (_, version, replicaId, stateId, follower, isDebugging) => {
    expect(fetchingOf(request(replicaId, stateId), version, new ConnectionLife())).toMatchObject({
      follower,
      isDebugging
    })
  })
})
