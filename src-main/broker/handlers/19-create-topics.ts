/**
 * CreateTopics, versions 0 to 7; served by the controller, NOT_CONTROLLER elsewhere. Answers when every live broker
 * knows the new leaders, or REQUEST_TIMED_OUT (the topic is created all the same). -1 partitions mean 1, -1 replicas the
 * broker's default.replication.factor.
 */
import type { BrokerId } from '../../kernel/ids'
import { createTopicsRequest, createTopicsResponse } from '../../protocol/api/19-create-topics'
import { code } from '../../protocol/wire/headers'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { InputOf, ValueOf } from '../../protocol/wire/schema'
import { kafkaErrorSentence } from '../../kernel/kafka-errors'
import { said } from '../../kernel/said'
import { zeroUuid } from '../../kernel/uuid'
import { withinTime } from '../../kernel/waiting'
import type { BrokerServices } from '../broker-services'
import type { NewTopic, TopicOutcome } from '../controller/topic-creations'
import { groupOffsetsPartitions, isOffsetsShape, offsetsBrokers, offsetsReplicationFactor } from '../core/offsets-topic'
import { partitionsMax, placeReplicas } from '../core/placement'
import { startConfig } from '../core/broker-layers'
import { configProblem, keptConfig, shown, type TopicConfigs } from '../core/topic-configs'
import { groupOffsetsTopic, isInternalTopic, topicNameProblem } from '../core/topic-name'
import { groupOffsetsConfigs } from '../core/topic-configs'
import { handler, type HandlerRow } from '../server/handler'
import { topicConfigEntries } from './config-entries'
import { follow, inSlices, mapInSlices } from '../server/slices'
import { chunks } from '../controller/controller-writes'
import type { Slices } from '../../protocol/wire/codec'
import { notController } from './not-controller'

type Request = ValueOf<typeof createTopicsRequest>
type Asked = Request['topics'][number]
type Response = InputOf<typeof createTopicsResponse>
type Answer = Response['topics'][number]

/** Topics in one event of the controller. */
const createdAtOnce = 50
/** While brokers open the logs of one piece the next is written. */
const piecesUnderWay = 3

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
    async handle(request) {
      if (!(await broker.controller.whenReadyToWrite(request.timeoutMs))) {
        const refused = notController(broker)
        const answers = mapInSlices(request.topics, ({ name }) => failed(name, refused))
        return { topics: await inSlices(broker.clock, answers) }
      }
      const planned = await inSlices(broker.clock, planTopics(broker, request))
      const topics = planned.map(({ plan }) => plan).filter((plan): plan is NewTopic => !('error' in plan))
      const told = (answerOf: (name: string, plan: NewTopic | Refused) => Answer) => {
        const answers = mapInSlices(planned, ({ name, plan }) => answerOf(name, plan))
        return follow(inSlices(broker.clock, answers), (topics) => ({ topics }))
      }
      if (request.validateOnly) return told((name, plan) => answer(broker, name, plan, undefined))
      const outcomes = await withinTime(broker.clock, request.timeoutMs, createAll(broker, topics))
      if (outcomes === undefined) return told(timedOut)
      return told((name, plan) => answer(broker, name, plan, outcomes.get(name)))
    }
  })
}

interface Planned {
  readonly name: string
  readonly plan: NewTopic | Refused
}

/** Each name once: those that are named more often are refused, as Kafka does. */
function* planTopics(broker: BrokerServices, request: Request): Slices<readonly Planned[]> {
  const timesNamed = new Map<string, number>()
  for (const [i, { name }] of request.topics.entries()) {
    timesNamed.set(name, (timesNamed.get(name) ?? 0) + 1)
    if (i % 1000 === 999) yield
  }
  const planned: Planned[] = []
  for (const asked of request.topics) {
    const { name } = asked
    const times = timesNamed.get(name)
    if (times === undefined) continue
    const message = said`Topic '${shown(name)}' is named more than once in the request.`
    const refused: Refused = { error: 'INVALID_REQUEST', message }
    planned.push({ name, plan: times > 1 ? refused : plan(broker, asked) })
    timesNamed.delete(name)
    yield
  }
  return planned
}

/** A piece at a time, each an event of the controller's: what happens meanwhile is not held up by a long list. */
async function createAll(
  broker: BrokerServices,
  topics: readonly NewTopic[]
): Promise<ReadonlyMap<string, TopicOutcome>> {
  const outcomes = new Map<string, TopicOutcome>()
  const create = async (some: readonly NewTopic[]): Promise<void> => {
    const created = await broker.controller.createTopics(some)
    for (const [i, { name }] of some.entries()) {
      const outcome = created[i]
      if (outcome !== undefined) outcomes.set(name, outcome)
    }
  }
  const underWay: Promise<void>[] = []
  for (const some of chunks(topics, createdAtOnce)) {
    if (underWay.length >= piecesUnderWay) await underWay.shift()
    underWay.push(create(some))
  }
  await Promise.all(underWay)
  return outcomes
}

function plan(broker: BrokerServices, asked: Asked): NewTopic | Refused {
  const problem = nameProblem(broker, asked) ?? configsProblem(asked)
  if (problem !== undefined) return problem
  const { name } = asked
  // Anybody may have the offsets topic made, as FindCoordinator does; its shape is nobody's to choose.
  const isOffsets = name === groupOffsetsTopic
  if (isOffsets && !isOffsetsShape(asked)) {
    return {
      error: 'INVALID_TOPIC_EXCEPTION',
      message: said`Topic ${name} is internal: its partitions, replicas and configs are the brokers' to choose. Leave them out.`
    }
  }
  const configs: TopicConfigs = isOffsets
    ? groupOffsetsConfigs
    : Object.fromEntries(asked.configs.map((config) => [config.name, keptConfig(config.name, config.value ?? '')]))
  const live = broker.controller.placeableBrokers()
  const brokers = isOffsets ? offsetsBrokers(live, broker.clusterBrokers) : live
  if (asked.assignments.length > partitionsMax) return tooManyPartitions(asked.assignments.length)
  if (asked.assignments.length > 0) {
    const assignment = givenAssignment(
      asked,
      brokers.map(({ id }) => id)
    )
    return 'error' in assignment ? assignment : { name, configs, assignment }
  }
  const partitions = isOffsets
    ? groupOffsetsPartitions
    : asked.numPartitions === -1
      ? Number(startConfig('num.partitions', broker.configs.layers))
      : asked.numPartitions
  if (partitions < 1) return { error: 'INVALID_PARTITIONS', message: said`Number of partitions must be larger than 0.` }
  if (partitions > partitionsMax) return tooManyPartitions(partitions)
  const replicationFactor = isOffsets
    ? offsetsReplicationFactor(brokers.length)
    : asked.replicationFactor === -1
      ? Number(startConfig('default.replication.factor', broker.configs.layers))
      : asked.replicationFactor
  if (replicationFactor < 1)
    return { error: 'INVALID_REPLICATION_FACTOR', message: said`Replication factor must be larger than 0.` }
  if (replicationFactor > brokers.length) {
    const message = said`Replication factor: ${replicationFactor} larger than available brokers: ${brokers.length}.`
    return { error: 'INVALID_REPLICATION_FACTOR', message }
  }
  const start = broker.random.uint32() % brokers.length
  const shift = broker.random.uint32() % brokers.length
  return { name, configs, assignment: placeReplicas({ brokers, partitions, replicationFactor, start, shift }) }
}

function tooManyPartitions(partitions: number): Refused {
  const message = said`${partitions} partitions are more than the ${partitionsMax} that a topic may have here.`
  return { error: 'INVALID_PARTITIONS', message }
}

function nameProblem(broker: BrokerServices, asked: Asked): Refused | undefined {
  const problem = topicNameProblem(asked.name)
  if (problem !== undefined) return { error: 'INVALID_TOPIC_EXCEPTION', message: problem }
  if (broker.controller.topic(asked.name) !== undefined) {
    return { error: 'TOPIC_ALREADY_EXISTS', message: said`Topic '${asked.name}' already exists.` }
  }
  const other = broker.controller.collidingTopic(asked.name)
  if (other === undefined) return undefined
  return {
    error: 'INVALID_TOPIC_EXCEPTION',
    message: said`Topic '${asked.name}' collides with existing topic: ${other}`
  }
}

function configsProblem(asked: Asked): Refused | undefined {
  if (isInternalTopic(asked.name)) return undefined
  for (const { name, value } of asked.configs) {
    const message = configProblem(name, value)
    if (message !== undefined) return { error: 'INVALID_CONFIG', message }
  }
  return undefined
}

function givenAssignment({ assignments, numPartitions, replicationFactor }: Asked, brokerIds: readonly BrokerId[]) {
  const refuse = (error: KafkaError, message: string): Refused => ({ error, message })
  if (numPartitions !== -1 || replicationFactor !== -1) {
    return refuse(
      'INVALID_REQUEST',
      said`Both an assignment and a number of partitions or a replication factor were given.`
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
        said`Partition ${partitionIndex} names no brokers, one twice, or one that is not there.`
      )
    }
    if (replicas.length !== assignments[0]?.brokerIds.length) {
      return refuse('INVALID_REPLICA_ASSIGNMENT', said`All partitions should have the same number of replicas.`)
    }
    if (partitionIndex >= 0 && partitionIndex < assignments.length) assignment[partitionIndex] = replicas
  }
  if (Object.keys(assignment).length === assignments.length) return assignment
  return refuse('INVALID_REPLICA_ASSIGNMENT', said`Partitions of an assignment must be numbered from 0 without a gap.`)
}

function answer(
  broker: BrokerServices,
  name: string,
  plan: NewTopic | Refused,
  outcome: TopicOutcome | undefined
): Answer {
  if ('error' in plan) return failed(name, plan)
  if (outcome !== undefined && outcome.error !== 'NONE') {
    return failed(name, { error: outcome.error, message: kafkaErrorSentence(outcome.error, outcome.message) })
  }
  return {
    name,
    topicId: outcome?.topicId ?? zeroUuid,
    errorCode: 0,
    errorMessage: null,
    numPartitions: plan.assignment.length,
    replicationFactor: plan.assignment[0]?.length ?? 1,
    configs: topicConfigEntries(plan.configs, broker.configs.layers).map(({ name: config, value, source }) => ({
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
  return failed(name, {
    error: 'REQUEST_TIMED_OUT',
    message: said`The topic is created, but not all brokers know it yet.`
  })
}
