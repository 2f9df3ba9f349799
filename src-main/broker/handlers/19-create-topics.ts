/**
 * CreateTopics, versions 0 to 7; served by the controller, NOT_CONTROLLER elsewhere. Answers when every live broker
 * knows the new leaders, or REQUEST_TIMED_OUT (the topic is created all the same). One replica until Replication: a
 * larger replication factor is INVALID_REPLICATION_FACTOR. -1 partitions or replicas mean the broker's default, 1.
 */
import { createTopicsRequest, createTopicsResponse } from '../../protocol/api/19-create-topics'
import { code } from '../../protocol/wire/headers'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { InputOf, ValueOf } from '../../protocol/wire/schema'
import { zeroUuid } from '../../kernel/uuid'
import type { BrokerServices } from '../broker-services'
import type { NewTopic, TopicOutcome } from '../controller'
import { placeReplicas } from '../core/placement'
import { configProblem, type TopicConfigs } from '../core/topic-configs'
import { collidingTopic, groupOffsetsTopic, isInternalTopic, topicNameProblem } from '../core/topic-name'
import { groupOffsetsPartitions } from '../group-coordinator'
import { groupOffsetsConfigs } from '../core/topic-configs'
import { handler, type HandlerRow, type RequestContext } from '../server/handler'
import { topicConfigEntries } from './config-entries'
import { withinTime } from './within-time'

type Request = ValueOf<typeof createTopicsRequest>
type Asked = Request['topics'][number]
type Response = InputOf<typeof createTopicsResponse>
type Answer = Response['topics'][number]

const partitionsMax = 10_000
const defaultPartitions = 1

interface Refused {
  readonly error: KafkaError
  readonly message: string
}

export function createTopics(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 19,
    served: [0, 7],
    request: createTopicsRequest,
    response: createTopicsResponse,
    async handle(request, context) {
      if (!(await broker.controller.whenInOffice())) {
        return {
          topics: request.topics.map(({ name }) =>
            failed(name, { error: 'NOT_CONTROLLER', message: 'This is not the controller.' })
          )
        }
      }
      const planned = request.topics.map((asked) => ({ asked, plan: plan(broker, request, asked, context) }))
      const topics = planned.flatMap(({ plan }) => ('error' in plan ? [] : [plan]))
      if (request.validateOnly) return { topics: planned.map(({ asked, plan }) => answer(asked.name, plan, undefined)) }
      const creation = broker.controller.createTopics(topics)
      const outcomes = await withinTime(broker.clock, request.timeoutMs, creation)
      if (outcomes === undefined) return { topics: planned.map(({ asked, plan }) => timedOut(asked.name, plan)) }
      const outcomeOf = new Map(topics.map((topic, i) => [topic.name, outcomes[i]]))
      return { topics: planned.map(({ asked, plan }) => answer(asked.name, plan, outcomeOf.get(asked.name))) }
    }
  })
}

function plan(broker: BrokerServices, request: Request, asked: Asked, context: RequestContext): NewTopic | Refused {
  const problem = nameProblem(broker, request, asked) ?? configsProblem(asked)
  if (problem !== undefined) return problem
  const { name } = asked
  // The brokers ask for the offsets topic themselves; its shape is not a client's to choose.
  const isOffsets = name === groupOffsetsTopic
  if (isOffsets && context.header.clientId?.startsWith('broker-') !== true) {
    return { error: 'INVALID_TOPIC_EXCEPTION', message: `Topic ${name} is internal: the brokers create it themselves.` }
  }
  const configs: TopicConfigs = isOffsets
    ? groupOffsetsConfigs
    : Object.fromEntries(asked.configs.map((config) => [config.name, config.value ?? '']))
  const brokerIds = broker.controller.liveBrokerIds()
  if (asked.assignments.length > partitionsMax) return tooManyPartitions(asked.assignments.length)
  if (asked.assignments.length > 0) {
    const assignment = givenAssignment(asked, brokerIds)
    return 'error' in assignment ? assignment : { name, configs, assignment }
  }
  const partitions = isOffsets
    ? groupOffsetsPartitions
    : asked.numPartitions === -1
      ? defaultPartitions
      : asked.numPartitions
  if (partitions < 1) return { error: 'INVALID_PARTITIONS', message: 'Number of partitions must be larger than 0.' }
  if (partitions > partitionsMax) return tooManyPartitions(partitions)
  const replicationFactor = asked.replicationFactor === -1 ? 1 : asked.replicationFactor
  const tooMany = replicationProblem(replicationFactor)
  if (tooMany !== undefined) return tooMany
  if (brokerIds.length === 0) {
    return { error: 'INVALID_REPLICATION_FACTOR', message: 'Replication factor: 1 larger than available brokers: 0.' }
  }
  const start = broker.random.uint32()
  return { name, configs, assignment: placeReplicas({ brokerIds, partitions, replicationFactor, start }) }
}

function tooManyPartitions(partitions: number): Refused {
  const message = `${partitions} partitions are more than the ${partitionsMax} that a topic may have here.`
  return { error: 'INVALID_PARTITIONS', message }
}

function nameProblem(broker: BrokerServices, request: Request, asked: Asked): Refused | undefined {
  const problem = topicNameProblem(asked.name)
  if (problem !== undefined) return { error: 'INVALID_TOPIC_EXCEPTION', message: problem }
  if (request.topics.filter(({ name }) => name === asked.name).length > 1) {
    return { error: 'INVALID_REQUEST', message: `Topic '${asked.name}' is named more than once in the request.` }
  }
  if (broker.controller.topic(asked.name) !== undefined) {
    return { error: 'TOPIC_ALREADY_EXISTS', message: `Topic '${asked.name}' already exists.` }
  }
  const other = collidingTopic(asked.name, broker.controller.topicNames())
  if (other === undefined) return undefined
  return { error: 'INVALID_TOPIC_EXCEPTION', message: `Topic '${asked.name}' collides with existing topic: ${other}` }
}

function configsProblem(asked: Asked): Refused | undefined {
  if (isInternalTopic(asked.name)) return undefined
  for (const { name, value } of asked.configs) {
    const message = configProblem(name, value)
    if (message !== undefined) return { error: 'INVALID_CONFIG', message }
  }
  return undefined
}

function replicationProblem(replicationFactor: number): Refused | undefined {
  if (replicationFactor === 1) return undefined
  const message =
    replicationFactor < 1
      ? 'Replication factor must be larger than 0.'
      : `Replication factor ${replicationFactor} is not available yet: partitions have one replica here. Use 1 or -1.`
  return { error: 'INVALID_REPLICATION_FACTOR', message }
}

function givenAssignment({ assignments, numPartitions, replicationFactor }: Asked, brokerIds: readonly number[]) {
  const refuse = (error: KafkaError, message: string): Refused => ({ error, message })
  if (numPartitions !== -1 || replicationFactor !== -1) {
    return refuse(
      'INVALID_REQUEST',
      'Both an assignment and a number of partitions or a replication factor were given.'
    )
  }
  const assignment: (readonly number[])[] = []
  for (const { partitionIndex, brokerIds: replicas } of assignments) {
    if (
      replicas.length === 0 ||
      new Set(replicas).size !== replicas.length ||
      replicas.some((id) => !brokerIds.includes(id))
    ) {
      return refuse(
        'INVALID_REPLICA_ASSIGNMENT',
        `Partition ${partitionIndex} names no brokers, one twice, or one that is not there.`
      )
    }
    const tooMany = replicationProblem(replicas.length)
    if (tooMany !== undefined) return tooMany
    if (partitionIndex >= 0 && partitionIndex < assignments.length) assignment[partitionIndex] = replicas
  }
  if (Object.keys(assignment).length === assignments.length) return assignment
  return refuse('INVALID_REPLICA_ASSIGNMENT', 'Partitions of an assignment must be numbered from 0 without a gap.')
}

function answer(name: string, plan: NewTopic | Refused, outcome: TopicOutcome | undefined): Answer {
  if ('error' in plan) return failed(name, plan)
  if (outcome !== undefined && outcome.error !== 'NONE') {
    return failed(name, { error: outcome.error, message: outcome.message ?? '' })
  }
  return {
    name,
    topicId: outcome?.topicId ?? zeroUuid,
    errorCode: 0,
    errorMessage: null,
    numPartitions: plan.assignment.length,
    replicationFactor: plan.assignment[0]?.length ?? 1,
    configs: topicConfigEntries(plan.configs).map(({ name: config, value, source }) => ({
      name: config,
      value,
      readOnly: false,
      configSource: source,
      isSensitive: false
    }))
  }
}

function failed(name: string, { error, message }: Refused): Answer {
  return { name, errorCode: code(error), errorMessage: message }
}

function timedOut(name: string, plan: NewTopic | Refused): Answer {
  if ('error' in plan) return failed(name, plan)
  return failed(name, { error: 'REQUEST_TIMED_OUT', message: 'The topic is created, but not all brokers know it yet.' })
}
