/**
 * CreatePartitions, versions 0 to 3 (KIP-195); served by the controller, NOT_CONTROLLER elsewhere. `count` is how many the
 * topic has afterwards. Records stay where they are: keys may map to other partitions from then on. Answers when every
 * live broker knows the new leaders, or REQUEST_TIMED_OUT (they are made all the same).
 */
import { createPartitionsRequest, createPartitionsResponse } from '../../protocol/api/37-create-partitions'
import { code } from '../../protocol/wire/headers'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { ValueOf } from '../../protocol/wire/schema'
import type { Slices } from '../../protocol/wire/codec'
import { withinTime } from '../../kernel/waiting'
import type { BrokerServices } from '../broker-services'
import { partitionsMax, placeMoreReplicas } from '../core/placement'
import { shown } from '../core/topic-configs'
import { isInternalTopic } from '../core/topic-name'
import { handler, type HandlerRow } from '../server/handler'
import { answersPerTurn, soon } from '../server/slices'
import { notController } from './not-controller'
import { said } from '../../kernel/said'

type Request = ValueOf<typeof createPartitionsRequest>
type Asked = Request['topics'][number]
interface Outcome {
  readonly error: KafkaError
  readonly message: string | null
}

export function createPartitions(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 37,
    served: [0, 3],
    request: createPartitionsRequest,
    response: createPartitionsResponse,
    *handle(request) {
      const wanted = yield* eachOnce(request.topics)
      return answerAll(broker, request, wanted)
    }
  })
}

interface Wanted {
  readonly asked: Asked
  times: number
}

function* eachOnce(topics: readonly Asked[]): Slices<readonly Wanted[]> {
  const byName = new Map<string, Wanted>()
  for (const [i, asked] of topics.entries()) {
    const known = byName.get(asked.name)
    if (known === undefined) byName.set(asked.name, { asked, times: 1 })
    else known.times += 1
    if (i % 1000 === 999) yield
  }
  return [...byName.values()]
}

/** One after the other: what one topic is refused holds up no other. */
async function answerAll(broker: BrokerServices, request: Request, wanted: readonly Wanted[]) {
  const endMs = broker.clock.monotonicMs() + request.timeoutMs
  const results = []
  await broker.controller.whenReadyToWrite(request.timeoutMs)
  for (const [i, { asked, times }] of wanted.entries()) {
    const { name } = asked
    const { error, message } = times > 1 ? namedTwice(name) : await extend(broker, asked, request.validateOnly, endMs)
    results.push({ name, errorCode: code(error), errorMessage: message })
    if (i % answersPerTurn === answersPerTurn - 1) await soon(broker.clock)
  }
  return { results }
}

function namedTwice(name: string): Outcome {
  const message = said`Topic '${shown(name)}' is named more than once in the request.`
  return { error: 'INVALID_REQUEST', message }
}

/** `endMs`: of the whole request, on the monotonic clock. */
async function extend(broker: BrokerServices, asked: Asked, validateOnly: boolean, endMs: number): Promise<Outcome> {
  // Asked for each: the office may be lost, or taken anew, while another topic is waited for.
  if (!(await broker.controller.whenInOffice())) return notController(broker)
  const planned = plan(broker, asked)
  if ('error' in planned) return planned
  if (validateOnly) return { error: 'NONE', message: null }
  const made = await withinTime(
    broker.clock,
    endMs - broker.clock.monotonicMs(),
    broker.controller.createPartitions(asked.name, planned.from, planned.replicas)
  )
  const message = said`The partitions are made, but not all brokers know them yet.`
  return made ?? { error: 'REQUEST_TIMED_OUT', message }
}

function plan(
  broker: BrokerServices,
  { name, count, assignments }: Asked
): { readonly from: number; readonly replicas: readonly (readonly number[])[] } | Outcome {
  const refuse = (error: KafkaError, message: string): Outcome => ({ error, message })
  const topic = broker.controller.topic(name)
  if (topic === undefined) return refuse('UNKNOWN_TOPIC_OR_PARTITION', said`The topic '${shown(name)}' does not exist.`)
  if (isInternalTopic(name)) {
    return refuse(
      'INVALID_REQUEST',
      said`Topic ${name} is internal: how many partitions it has is the brokers' to choose.`
    )
  }
  const present = topic.partitions.map(({ replicas }) => replicas)
  const added = count - present.length
  if (added < 0) {
    const message = said`Topic currently has ${present.length} partitions, which is higher than the requested ${count}.`
    return refuse('INVALID_PARTITIONS', message)
  }
  if (added === 0) return refuse('INVALID_PARTITIONS', said`Topic already has ${count} partitions.`)
  if (count > partitionsMax) {
    const message = said`${count} partitions are more than the ${partitionsMax} that a topic may have here.`
    return refuse('INVALID_PARTITIONS', message)
  }
  const brokers = broker.controller.placeableBrokers()
  const brokerIds = brokers.map(({ id }) => id)
  const replicationFactor = present[0]?.length ?? 1
  if (assignments === null && replicationFactor > brokers.length) {
    const message = said`Replication factor: ${replicationFactor} larger than available brokers: ${brokers.length}.`
    return refuse('INVALID_REPLICATION_FACTOR', message)
  }
  if (assignments === null) return { from: present.length, replicas: placeMoreReplicas({ brokers, present, added }) }
  if (assignments.length !== added) {
    const message = said`Increasing the number of partitions by ${added} but ${assignments.length} assignments provided.`
    return refuse('INVALID_REPLICA_ASSIGNMENT', message)
  }
  const replicas = assignments.map((assignment) => assignment.brokerIds)
  const isFit = (ids: readonly number[]): boolean =>
    ids.length === replicationFactor && new Set(ids).size === ids.length && ids.every((id) => brokerIds.includes(id))
  if (replicas.every(isFit)) return { from: present.length, replicas }
  const message = said`Each new partition needs ${replicationFactor} live and different brokers of ${brokerIds.join(', ')}.`
  return refuse('INVALID_REPLICA_ASSIGNMENT', message)
}
