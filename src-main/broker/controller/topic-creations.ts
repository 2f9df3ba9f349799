/** Topics that clients want made, and partitions that are to be added to them. */
import { ignore } from '../../kernel/errors'
import { said } from '../../kernel/said'
import { randomUuid } from '../../kernel/uuid'
import { EnsembleError, isPassing } from '../../coordination/ensemble-client'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { ControlledPartition } from '../core/controller/controller-state'
import { TopicMap } from '../core/topic-name'
import { assignmentData, configData, paths, topicData } from '../core/znodes'
import type { TopicConfigs } from '../core/topic-configs'
import { troubleOf, type Outcome } from './controller-trouble'
import type { ControllerTerm } from './controller-term'

const createAttemptsMax = 5

export interface NewTopic {
  readonly name: string
  readonly assignment: readonly (readonly number[])[]
  readonly configs: TopicConfigs
}

export interface TopicOutcome extends Outcome {
  readonly topicId?: string
}

/** `told`: when every live broker knows the leaders, as clients expect of it. */
export interface Made<Result> {
  readonly result: Result
  readonly told: readonly Promise<void>[]
}

export async function makeTopics(
  term: ControllerTerm,
  topics: readonly NewTopic[]
): Promise<Made<readonly TopicOutcome[]>> {
  // All at once: the ensemble makes them safe with one sync. None is forgotten when one fails, so all are waited for.
  const names = new TopicMap<NewTopic>()
  const settled = await Promise.allSettled(topics.map((topic) => makeOrTell(term, topic, names)))
  const result = settled.map((one) => {
    if (one.status === 'rejected') throw one.reason
    return one.value
  })
  const created = topics.flatMap(({ name }, i) =>
    result[i]?.error === 'NONE' ? (term.state.topics.get(name)?.partitions ?? []) : []
  )
  return { result, told: await term.electStored(created) }
}

/** One topic that cannot be stored takes nothing from the others; a lost office does. */
async function makeOrTell(term: ControllerTerm, topic: NewTopic, names: TopicMap<NewTopic>): Promise<TopicOutcome> {
  try {
    return nameTaken(term, topic, names) ?? (await makeTopic(term, topic))
  } catch (error) {
    if (!(error instanceof EnsembleError) || isPassing(error)) throw error
    term.ports.log('warn', 'a topic could not be stored', { topic: topic.name, reason: error.message })
    return troubleOf(error)
  }
}

/** By a topic, or by one of `names`, which are being created at the same time; else it is one of them from now on. */
function nameTaken({ state }: ControllerTerm, topic: NewTopic, names: TopicMap<NewTopic>): TopicOutcome | undefined {
  const { name } = topic
  if (state.topics.has(name) || names.has(name)) {
    const message = state.deleting.has(name)
      ? said`Topic '${name}' is marked for deletion.`
      : said`Topic '${name}' already exists.`
    return { error: 'TOPIC_ALREADY_EXISTS', message }
  }
  const other = state.topics.colliding(name) ?? names.colliding(name)
  if (other !== undefined) {
    return { error: 'INVALID_TOPIC_EXCEPTION', message: said`Topic '${name}' collides with existing topic: ${other}` }
  }
  names.set(name, topic)
  return undefined
}

async function makeTopic(term: ControllerTerm, topic: NewTopic, attempt = 1): Promise<TopicOutcome> {
  const { ports, writes, state } = term
  const { name, assignment, configs } = topic
  const topicId = randomUuid(ports.random)
  const config = await ports.ensemble.exists(paths.topicConfig(name))
  try {
    await writes.multi([
      config === undefined
        ? { type: 'create', path: paths.topicConfig(name), data: configData(configs) }
        : { type: 'setData', path: paths.topicConfig(name), data: configData(configs) },
      {
        type: 'create',
        path: paths.topic(name),
        data: topicData(topicId, assignment)
      }
    ])
  } catch (error) {
    const isOvertaken = error instanceof EnsembleError && error.path === paths.topicConfig(name)
    if (isOvertaken && attempt < createAttemptsMax && (error.code === 'NODEEXISTS' || error.code === 'NONODE')) {
      ignore(error, 'somebody else wrote its configs meanwhile: looked at again')
      return makeTopic(term, topic, attempt + 1)
    }
    if (error instanceof EnsembleError && error.code === 'NODEEXISTS') {
      return { error: 'TOPIC_ALREADY_EXISTS', message: said`Topic '${name}' already exists.` }
    }
    if (error instanceof EnsembleError && error.code === 'BADARGUMENTS') {
      return { error: 'INVALID_REQUEST', message: said`Topic '${name}' with its configs is too large to be stored.` }
    }
    throw error
  }
  const partitions = assignment.map((replicas, partition) => newPartition(name, partition, replicas))
  state.topics.set(name, { name, topicId, partitions })
  ports.event('topicCreated', { topic: name, partitions: partitions.length })
  return { error: 'NONE', message: null, topicId }
}

const newPartition = (topic: string, partition: number, replicas: readonly number[]): ControlledPartition => {
  return { topic, partition, replicas, state: undefined, zkVersion: 0 }
}

/**
 * Adds partitions with these replicas, the first of them with the index `from`. Refused when somebody else has added some
 * meanwhile.
 */
export async function addPartitions(
  term: ControllerTerm,
  name: string,
  from: number,
  added: readonly (readonly number[])[]
): Promise<Made<TopicOutcome>> {
  const { ports, writes, state } = term
  const failed = (error: KafkaError, message: string) => ({ result: { error, message }, told: [] })
  const topic = state.topics.get(name)
  const stored = topic === undefined ? undefined : await ports.ensemble.getData(paths.topic(name))
  if (topic === undefined || stored === undefined)
    return failed('UNKNOWN_TOPIC_OR_PARTITION', said`The topic '${name}' does not exist.`)
  if (state.deleting.has(name)) return failed('INVALID_TOPIC_EXCEPTION', said`Topic '${name}' is marked for deletion.`)
  if (topic.partitions.length !== from)
    return failed(
      'INVALID_PARTITIONS',
      said`Topic currently has ${topic.partitions.length} partitions: somebody else added some.`
    )
  if (topic.partitions.some(({ reassignment }) => reassignment !== undefined))
    return failed('REASSIGNMENT_IN_PROGRESS', said`A partition reassignment is in progress for the topic '${name}'.`)
  const all = [...topic.partitions, ...added.map((replicas) => ({ replicas }))]
  try {
    const data = assignmentData(topic.topicId, all)
    await writes.multi([{ type: 'setData', path: paths.topic(name), data, version: stored.stat.version }])
  } catch (error) {
    if (!(error instanceof EnsembleError) || error.code !== 'BADARGUMENTS') throw error
    return failed('INVALID_REQUEST', said`Topic '${name}' with so many partitions is too large to be stored.`)
  }
  const created = added.map((replicas, i) => newPartition(name, from + i, replicas))
  state.topics.set(name, { ...topic, partitions: [...topic.partitions, ...created] })
  ports.event('partitionsCreated', { topic: name, partitions: all.length })
  return { result: { error: 'NONE', message: null }, told: await term.electStored(created) }
}
