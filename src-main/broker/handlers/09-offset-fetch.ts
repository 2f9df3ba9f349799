/**
 * OffsetFetch, versions 1 to 9 (version 0 would read znodes, and is not advertised). Every partition asked for is
 * answered; without a commit its offset is -1 and there is no error. No topics (null) means all that have commits. A coordinator that
 * cannot know whether it is one asks its followers first (ADR 39).
 */
import { offsetFetchRequest, offsetFetchResponse } from '../../protocol/api/09-offset-fetch'
import { code } from '../../protocol/wire/headers'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { Slices } from '../../protocol/wire/codec'
import type { InputOf, ValueOf } from '../../protocol/wire/schema'
import type { BrokerServices } from '../broker-services'
import type { CommittedOffset } from '../core/group/group-types'
import type { Doubt } from '../leader-proofs'
import type { Partition } from '../partition'
import { handler, type HandlerRow } from '../server/handler'
import { mapInSlices } from '../server/slices'

type Request = ValueOf<typeof offsetFetchRequest>
type Wanted = readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[] | null

export function offsetFetch(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 9,
    served: [1, 9],
    request: offsetFetchRequest,
    response: offsetFetchResponse,
    *handle(request, { header, life }) {
      const version = header.apiVersion
      const found: Found[] = []
      // All offsets of a group are told once, however often they are asked for.
      const toldWhole = new Set<string>()
      for (const { groupId, topics } of version >= 8 ? request.groups : [request]) {
        if (topics === null && toldWhole.has(groupId)) continue
        if (topics === null) toldWhole.add(groupId)
        found.push(yield* find(broker, groupId, topics))
        yield
      }
      const doubts = doubtsIn(found)
      if (doubts.size === 0) return answer(found, version, request)
      return broker.replicas.proofs.unproven([...doubts.values()], life).then((unproven) => {
        const refusedPartitions = new Set([...unproven].map(({ partition }) => partition))
        const isTold = ({ doubt }: Found): boolean => doubt === undefined || !refusedPartitions.has(doubt.partition)
        const told = found.map((one) => (isTold(one) ? one : refused(one.groupId, 'NOT_COORDINATOR')))
        return answer(told, version, request)
      })
    }
  })
}

/** Of each partition the first, since many groups lie in one: where its term has changed since, all of them stay in doubt. */
function doubtsIn(found: readonly Found[]): ReadonlyMap<Partition, Doubt> {
  const doubts = new Map<Partition, Doubt>()
  for (const { doubt } of found)
    if (doubt !== undefined && !doubts.has(doubt.partition)) doubts.set(doubt.partition, doubt)
  return doubts
}

function answer(found: readonly Found[], version: number, request: Request): InputOf<typeof offsetFetchResponse> {
  if (version >= 8)
    return { groups: found.map(({ groupId, topics, error }) => ({ groupId, topics, errorCode: code(error) })) }
  const [{ error, topics }] = found as readonly [Found]
  if (version >= 2) return { topics, errorCode: code(error) }
  // Version 1 has no place for an error of the whole answer.
  if (error === 'NONE') return { topics }
  const errorCode = code(error)
  return {
    topics: (request.topics ?? []).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((index) => ({ ...partitionAnswer(index, undefined), errorCode }))
    }))
  }
}

interface Found {
  readonly groupId: string
  readonly error: KafkaError
  /** Whether this broker coordinates the group is to be shown before this is told. */
  readonly doubt?: Doubt
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly ReturnType<typeof partitionAnswer>[]
  }[]
}

function* find(broker: BrokerServices, groupId: string, wanted: Wanted): Slices<Found> {
  const found = broker.groups.committed(groupId)
  if (typeof found === 'string') return refused(groupId, found)
  const { offsets: committed, partition } = found
  const { leaderEpoch } = partition
  const doubt = partition.isSurelyOrdered ? undefined : { partition, leaderEpoch }
  const asked =
    wanted ?? [...committed].map(([name, partitions]) => ({ name, partitionIndexes: [...partitions.keys()] }))
  const topics = []
  for (const { name, partitionIndexes } of asked) {
    const own = committed.get(name)
    const partitions = yield* mapInSlices(partitionIndexes, (index) => partitionAnswer(index, own?.get(index)))
    topics.push({ name, partitions })
    yield
  }
  return { groupId, error: 'NONE', topics, ...(doubt === undefined ? {} : { doubt }) }
}

function refused(groupId: string, error: KafkaError): Found {
  return { groupId, error, topics: [] }
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
