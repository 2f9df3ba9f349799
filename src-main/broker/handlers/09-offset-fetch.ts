/**
 * OffsetFetch, versions 1 to 9 (version 0 would read znodes, and is not advertised). Every partition asked for is
 * answered; without a commit its offset is -1 and there is no error. No topics (null) means all that have commits.
 */
import { offsetFetchRequest, offsetFetchResponse } from '../../protocol/api/09-offset-fetch'
import { code } from '../../protocol/wire/headers'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { Slices } from '../../protocol/wire/codec'
import type { BrokerServices } from '../broker-services'
import type { CommittedOffset } from '../core/group/group-types'
import { handler, type HandlerRow } from '../server/handler'
import { mapInSlices } from '../server/slices'

type Wanted = readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[] | null

export function offsetFetch(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 9,
    served: [1, 9],
    request: offsetFetchRequest,
    response: offsetFetchResponse,
    *handle(request, { header }) {
      const version = header.apiVersion
      if (version >= 8) {
        const groups = []
        // All offsets of a group are told once, however often they are asked for.
        const toldWhole = new Set<string>()
        for (const { groupId, topics } of request.groups) {
          if (topics === null && toldWhole.has(groupId)) continue
          if (topics === null) toldWhole.add(groupId)
          const found = yield* find(broker, groupId, topics)
          groups.push({ groupId, topics: found.topics, errorCode: code(found.error) })
          yield
        }
        return { groups }
      }
      const found = yield* find(broker, request.groupId, request.topics)
      if (version >= 2) return { topics: found.topics, errorCode: code(found.error) }
      // Version 1 has no place for an error of the whole answer.
      if (found.error === 'NONE') return { topics: found.topics }
      const errorCode = code(found.error)
      return {
        topics: (request.topics ?? []).map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map((index) => ({ ...partitionAnswer(index, undefined), errorCode }))
        }))
      }
    }
  })
}

interface Found {
  readonly error: KafkaError
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly ReturnType<typeof partitionAnswer>[]
  }[]
}

function* find(broker: BrokerServices, groupId: string, wanted: Wanted): Slices<Found> {
  const committed = broker.groups.committed(groupId)
  if (typeof committed === 'string') return { error: committed, topics: [] }
  const asked =
    wanted ?? [...committed].map(([name, partitions]) => ({ name, partitionIndexes: [...partitions.keys()] }))
  const topics = []
  for (const { name, partitionIndexes } of asked) {
    const own = committed.get(name)
    const partitions = yield* mapInSlices(partitionIndexes, (index) => partitionAnswer(index, own?.get(index)))
    topics.push({ name, partitions })
    yield
  }
  return { error: 'NONE', topics }
}

function partitionAnswer(partitionIndex: number, committed: CommittedOffset | undefined) {
  return {
    partitionIndex,
    committedOffset: committed?.offset ?? -1,
    committedLeaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? '',
    errorCode: 0
  }
}
