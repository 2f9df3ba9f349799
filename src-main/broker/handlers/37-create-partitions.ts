/**
 * CreatePartitions, versions 0 to 3 (KIP-195); served by the controller, NOT_CONTROLLER elsewhere. `count` is how many the
 * topic has afterwards. Records stay where they are: keys may map to other partitions from then on. Answers when every
 * live broker knows the new leaders, or REQUEST_TIMED_OUT (they are made all the same).
 */
import { createPartitionsRequest, createPartitionsResponse } from '../../protocol/api/37-create-partitions'
import { code } from '../../protocol/wire/headers'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { ValueOf } from '../../protocol/wire/schema'
import { withinTime } from '../../kernel/waiting'
import type { BrokerServices } from '../broker-services'
import { partitionsMax, placeMoreReplicas } from '../core/placement'
import { isInternalTopic } from '../core/topic-name'
import { handler, type HandlerRow } from '../server/handler'
import { soon } from '../server/slices'
import { notController } from './not-controller'

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
    async handle(request) {
      const isController = await broker.controller.whenInOffice()
      const timesNamed = new Map<string, number>()
      for (const { name } of request.topics) timesNamed.set(name, (timesNamed.get(name) ?? 0) + 1)
      const results = []
      for (const [name, times] of timesNamed) {
        const asked = request.topics.find((topic) => topic.name === name)
        if (asked === undefined) continue
        const { error, message } = !isController
          ? notController(broker.image.controllerId)
          : times > 1
            ? { error: 'INVALID_REQUEST' as const, message: `Topic '${name}' is named more than once in the request.` }
            : await extend(broker, asked, request)
        results.push({ name, errorCode: code(error), errorMessage: message })
        await soon(broker.clock)
      }
      return { results }
    }
  })
}

async function extend(broker: BrokerServices, asked: Asked, { validateOnly, timeoutMs }: Request): Promise<Outcome> {
  const planned = plan(broker, asked)
  if ('error' in planned) return planned
  if (validateOnly) return { error: 'NONE', message: null }
  const made = await withinTime(
    broker.clock,
    timeoutMs,
    broker.controller.createPartitions(asked.name, planned.from, planned.replicas)
  )
  const message = 'The partitions are made, but not all brokers know them yet.'
  return made ?? { error: 'REQUEST_TIMED_OUT', message }
}

function plan(
  broker: BrokerServices,
  { name, count, assignments }: Asked
): { readonly from: number; readonly replicas: readonly (readonly number[])[] } | Outcome {
  const refuse = (error: KafkaError, message: string): Outcome => ({ error, message })
  const topic = broker.controller.topic(name)
  if (topic === undefined) return refuse('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${name}' does not exist.`)
  if (isInternalTopic(name)) {
    return refuse('INVALID_REQUEST', `Topic ${name} is internal: how many partitions it has is the brokers' to choose.`)
  }
  const present = topic.partitions.map(({ replicas }) => replicas)
  const added = count - present.length
  if (added < 0) {
    const message = `Topic currently has ${present.length} partitions, which is higher than the requested ${count}.`
    return refuse('INVALID_PARTITIONS', message)
  }
  if (added === 0) return refuse('INVALID_PARTITIONS', `Topic already has ${count} partitions.`)
  if (count > partitionsMax) {
    const message = `${count} partitions are more than the ${partitionsMax} that a topic may have here.`
    return refuse('INVALID_PARTITIONS', message)
  }
  const brokerIds = broker.controller.liveBrokerIds()
  if (assignments === null) return { from: present.length, replicas: placeMoreReplicas({ brokerIds, present, added }) }
  if (assignments.length !== added) {
    const message = `Increasing the number of partitions by ${added} but ${assignments.length} assignments provided.`
    return refuse('INVALID_REPLICA_ASSIGNMENT', message)
  }
  const replicas = assignments.map((assignment) => assignment.brokerIds)
  const replicationFactor = present[0]?.length ?? 1
  const isFit = (ids: readonly number[]): boolean =>
    ids.length === replicationFactor && new Set(ids).size === ids.length && ids.every((id) => brokerIds.includes(id))
  if (replicas.every(isFit)) return { from: present.length, replicas }
  const message = `Each new partition needs ${replicationFactor} live and different brokers of ${brokerIds.join(', ')}.`
  return refuse('INVALID_REPLICA_ASSIGNMENT', message)
}
