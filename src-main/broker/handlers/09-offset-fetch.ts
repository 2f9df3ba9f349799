/**
 * OffsetFetch, versions 1 to 9 (version 0 would read znodes, and is not advertised). Every partition asked for is
 * answered; without a commit its offset is -1 and there is no error. No topics (null) means all that have commits.
 */
import { offsetFetchRequest, offsetFetchResponse } from '../../protocol/api/09-offset-fetch'
import { code } from '../../protocol/wire/headers'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { BrokerServices } from '../broker-services'
import type { CommittedOffset } from '../core/group/group-types'
import { handler, type HandlerRow } from '../server/handler'

type Wanted = readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[] | null

export function offsetFetch(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 9,
    served: [1, 9],
    request: offsetFetchRequest,
    response: offsetFetchResponse,
    handle(request, { header }) {
      const version = header.apiVersion
      if (version >= 8) {
        return {
          groups: request.groups.map(({ groupId, topics }) => {
            const found = find(broker, groupId, topics)
            return { groupId, topics: found.topics, errorCode: code(found.error) }
          })
        }
      }
      const found = find(broker, request.groupId, request.topics)
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

function find(broker: BrokerServices, groupId: string, wanted: Wanted): Found {
  const committed = broker.groups.committed(groupId)
  if (typeof committed === 'string') return { error: committed, topics: [] }
  const asked =
    wanted ?? [...committed].map(([name, partitions]) => ({ name, partitionIndexes: [...partitions.keys()] }))
  return {
    error: 'NONE',
    topics: asked.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((index) => partitionAnswer(index, committed.get(name)?.get(index)))
    }))
  }
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
