/** The commands that the monitor answers, each by its name in the API. */
import { ApiError } from '../api/api'
import { problemSentence, type Serdes } from '../api/formats'
import type { CommandInput, CommandName, CommandOutput } from '../api/commands'
import type { KafkaCluster } from '../kernel/cluster-ports'
import { AppError, messageOf } from '../kernel/errors'
import type { Clock } from '../kernel/ports'
import { said } from '../kernel/said'
import type { Consumers } from './consumers'
import type { Snapshot, TopicFacts } from './core/snapshot'
import type { StandingCommit } from './core/commits-standing'
import { blastRadius, effectOf } from './core/blast-radius'
import type { PartitionHistory } from './core/partition-history'
import { brokersOf, standingOf } from './core/standing'
import { groupsView, groupView, topicsView, topicView, type ConfigsKnown } from './core/views'
import { kafkaErrorOf, noBroker, unknownTopic } from './failure'
import { GroupAdministration } from './group-administration'
import type { LagHistory } from './history'
import { newestRecords, wholeRecord } from './newest'
import { recordsFrom } from './records-from'
import type { Producer } from './producer'
import type { Productions } from './productions'
import type { SessionLists } from './session-lists'
import { retrying } from './retrying'
import { TopicAdministration } from './topic-administration'
import { ConfigAdministration } from './config-administration'
import type { MoveThrottle } from './move-throttle'
import { PartitionAdministration } from './partition-administration'
import type { ZnodeAdministration } from './znode-administration'

const changeTimeoutMs = 15_000
const readTimeoutMs = 2000
const byDefault = -1

type Served = Extract<
  Exclude<CommandName, 'partition.repair'>,
  | 'node.cost'
  | 'act.standing'
  | `partition.${string}`
  | 'cluster.keepHistory'
  | `config.${string}`
  | `topic.${string}`
  | 'record.whole'
  | `records.${string}`
  | `avro.${string}`
  | `production.${string}`
  | `consumer.${string}`
  | `group.${string}`
  | 'session.list'
  | `watch.${string}`
  | `znode.${string}`
>
export type CommandTable = { readonly [Name in Served]: (input: CommandInput<Name>) => Promise<CommandOutput<Name>> }

export interface CommandPorts {
  readonly clock: Clock
  readonly cluster: KafkaCluster
  readonly history: LagHistory
  readonly placed: Pick<PartitionHistory, 'of'>
  readonly producer: Producer
  readonly productions: Productions
  readonly serdes: Serdes
  readonly consumers: Consumers
  readonly znodes: ZnodeAdministration
  readonly sessions: SessionLists
  readonly throttle: MoveThrottle
  /** A snapshot taken from now on, with the offsets of this topic. */
  readonly fresh: (topic?: string) => Promise<Snapshot>
  /** The newest snapshot, or the one that was complete before a moment; undefined when there is none. */
  readonly seen: (beforeMs?: number) => Snapshot | undefined
  /** Of a topic; without one, of any. */
  readonly configsChanged: (topic: string | undefined) => void
  /** The groups that are behind. */
  readonly behind: () => ReadonlySet<string>
  /** Commits of a group that stand still. */
  readonly standing: (groupId: string) => readonly StandingCommit[]
}

export function commands(ports: CommandPorts): CommandTable {
  const { clock, cluster, history, producer, productions, serdes, consumers, configsChanged, behind, standing } = ports
  const { fresh, seen, znodes, sessions, placed } = ports
  const configs = new ConfigAdministration(ports)
  const topics = new TopicAdministration(ports)
  const groups = new GroupAdministration(ports)
  const partitions = new PartitionAdministration(ports)
  const knownTopic = async (name: string): Promise<TopicFacts> => {
    const { topics: known, hasMetadata } = await fresh(name)
    const topic = known.get(name)
    if (topic !== undefined) return topic
    throw hasMetadata ? unknownTopic(name) : noBroker()
  }
  return {
    'node.cost': async (input) => ({
      node: input.node,
      isController: false,
      ...blastRadius(await fresh(), effectOf(input, input.members ?? 1), input.absent)
    }),
    'act.standing': ({ asked, beforeMs, groupIds }) => {
      const snapshot = seen(beforeMs)
      if (snapshot === undefined) return Promise.resolve({ standing: null, cost: null })
      const radius = blastRadius(snapshot, effectOf(asked, asked.members ?? 1), asked.absent)
      return Promise.resolve({
        standing: standingOf(snapshot, brokersOf(asked), groupIds),
        cost: { node: asked.node, isController: false, ...radius }
      })
    },
    'partition.elect': (input) => partitions.elect(input),
    'partition.reassign': (input) => partitions.reassign(input),
    'partition.plan': async (input) => partitions.plan(input, await fresh()),
    'partition.moves': () => partitions.moves(),
    'partition.replicas': (input) => partitions.replicas(input),
    'partition.history': ({ topic, partition }) => {
      const told = placed.of(topic, partition)
      if (told !== undefined) return Promise.resolve(told)
      return Promise.reject(seen()?.topicsAtMs == null ? noBroker() : unknownTopic(topic))
    },

    'topic.list': async () => {
      const snapshot = await fresh()
      // Never told of any is not the same as none.
      if (snapshot.topicsAtMs === null) throw noBroker()
      return topicsView(snapshot)
    },
    'topic.describe': async ({ topic }) => topicView(await knownTopic(topic), await configsOf(cluster, topic)),
    'topic.create': async ({ topic, partitions, replicationFactor, configs }) => {
      const created = await askController(ports, () =>
        cluster.createTopic(
          {
            name: topic,
            partitions: partitions ?? byDefault,
            replicationFactor: replicationFactor ?? byDefault,
            configs: configs ?? {}
          },
          changeTimeoutMs
        )
      )
      return { topic, topicId: created.topicId }
    },
    'topic.delete': async ({ topic }) => {
      await askController(ports, () => cluster.deleteTopic(topic, changeTimeoutMs))
      return { topic }
    },

    'topic.alter': async (input) => {
      const altered = await topics.alter(input)
      configsChanged(input.topic)
      return altered
    },
    'topic.addPartitions': (input) => topics.addPartitions(input),
    'topic.purge': (input) => topics.purge(input),

    'config.describe': (input) => configs.describe(input),
    'config.alter': async (input) => {
      await configs.alter(input)
      configsChanged(input.resource.type === 'topic' ? input.resource.topic : undefined)
      return await configs.describe(input)
    },

    'records.newest': async ({ topic, partition, partitions, before, limit }) => {
      const wanted = partitions ?? (partition === undefined ? undefined : [partition])
      return await newestRecords(clock, cluster, await knownTopic(topic), { partitions: wanted, before, limit })
    },
    'records.from': async (input) => await recordsFrom(clock, cluster, await knownTopic(input.topic), input),
    'record.whole': async ({ topic, partition, offset }) =>
      await wholeRecord(cluster, await knownTopic(topic), { partition, offset }),
    'records.produce': (input) => producer.produce(input),
    'records.check': (input) => producer.check(input),
    'avro.decode': ({ schema, payload, framing }) => {
      const decoded = serdes.decodeAvro(schema, serdes.payloadBytes(payload) ?? new Uint8Array(0), framing)
      if (!('code' in decoded)) return Promise.resolve(decoded)
      return Promise.reject(new ApiError({ code: 'INVALID_INPUT', message: problemSentence(decoded) }))
    },
    'production.start': (input) => Promise.resolve({ production: productions.open(input) }),
    'production.stop': ({ production }) => {
      productions.stop(production)
      return Promise.resolve({})
    },
    'consumer.open': (input) => Promise.resolve({ consumer: consumers.open(input) }),
    'consumer.take': ({ consumer, sequence }) => {
      consumers.take(consumer, sequence)
      return Promise.resolve({})
    },
    'consumer.close': async ({ consumer }) => {
      await consumers.close(consumer)
      return {}
    },

    'session.list': (input) => sessions.list(input),
    'watch.paths': (input) => sessions.watchedPaths(input),
    'watch.sessions': (input) => sessions.watchers(input),

    'znode.list': (input) => znodes.list(input),
    'znode.get': (input) => znodes.get(input),
    'znode.stat': (input) => znodes.stat(input),
    'znode.create': (input) => znodes.create(input),
    'znode.set': (input) => znodes.set(input),
    'znode.delete': (input) => znodes.delete(input),

    'group.list': async () => {
      const snapshot = await fresh()
      if (snapshot.groups === null) throw noBroker()
      return groupsView(snapshot, behind())
    },
    'group.describe': async ({ groupId }) => {
      const snapshot = await fresh()
      const group = snapshot.groups?.get(groupId)
      if (group !== undefined) return groupView(snapshot, group, behind(), standing(groupId))
      if (snapshot.groups === null) throw noBroker()
      const message = said`There is no group ${groupId}.`
      throw new ApiError({ code: 'NOT_FOUND', message, kafkaError: 'GROUP_ID_NOT_FOUND' })
    },
    'group.delete': async ({ groupId }) => {
      await groups.delete(groupId)
      return { groupId }
    },
    'group.deleteOffsets': ({ groupId, topic }) => groups.deleteOffsets(groupId, topic),
    'group.reset': (input) => groups.reset(input),
    'group.restore': (input) => groups.restore(input),
    'cluster.keepHistory': ({ days }) => {
      history.keep(days)
      return Promise.resolve({})
    },
    'group.lag': ({ groupId, rangeMs }) => {
      const toMs = clock.nowMs()
      return history.read(groupId, toMs - rangeMs, toMs)
    }
  }
}

/** Of a topic without a broker that answers they are not known; the rest of its description is. */
async function configsOf(cluster: KafkaCluster, topic: string): Promise<ConfigsKnown> {
  try {
    return { configs: await cluster.topicConfigs(topic, readTimeoutMs), problem: null }
  } catch (error) {
    if (!(error instanceof AppError) || kafkaErrorOf(error) !== undefined) throw error
    return { configs: null, problem: messageOf(error) }
  }
}

/** The controller may have moved: then its place is looked up again. */
function askController<T>({ clock, cluster }: CommandPorts, ask: () => Promise<T>): Promise<T> {
  return retrying(clock, changeTimeoutMs, async () => {
    await cluster.metadata({ timeoutMs: readTimeoutMs, topics: [] })
    return ask()
  })
}
