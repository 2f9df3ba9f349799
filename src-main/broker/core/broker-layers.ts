/**
 * Where the default of a topic config comes from: this broker's own dynamic configs, those of all brokers, what the
 * broker was started with, Kafka's default; the first that says something holds (Kafka's DynamicBrokerConfig).
 */
import { definitionOf, topicConfigNames, type TopicConfigName, type TopicConfigs } from './topic-configs'

/** By broker config name (`log.retention.ms`). */
export interface BrokerLayers {
  /** /config/brokers/<id> */
  readonly own: TopicConfigs
  /** /config/brokers/<default> */
  readonly everyBroker: TopicConfigs
  /** From its start on. */
  readonly fixed: TopicConfigs
}

/** Numbers of DescribeConfigs, "config source". */
export const configSource = {
  dynamicTopic: 1,
  dynamicBroker: 2,
  dynamicDefaultBroker: 3,
  staticBroker: 4,
  default: 5
} as const

export interface ConfigSynonym {
  readonly name: string
  readonly value: string
  readonly source: number
}

/** All that say something about a topic config's default, the one that holds first; never empty. */
export function defaultsOf(name: TopicConfigName, layers: BrokerLayers): readonly [ConfigSynonym, ...ConfigSynonym[]] {
  const { brokerName, default: value } = definitionOf(name)
  const kafkas: ConfigSynonym = { name: brokerName, value, source: configSource.default }
  const [first, ...others] = [
    { value: layers.own[brokerName], source: configSource.dynamicBroker },
    { value: layers.everyBroker[brokerName], source: configSource.dynamicDefaultBroker },
    { value: layers.fixed[brokerName], source: configSource.staticBroker }
  ].flatMap(({ value: set, source }) => (set === undefined ? [] : [{ name: brokerName, value: set, source }]))
  return first === undefined ? [kafkas] : [first, ...others, kafkas]
}

/** What holds for a topic: its own configs over the broker's defaults, by topic config name. */
export function effectiveConfigs(own: TopicConfigs, layers: BrokerLayers): TopicConfigs {
  return Object.fromEntries(topicConfigNames.map((name) => [name, own[name] ?? defaultsOf(name, layers)[0].value]))
}

const replicationFactorName = 'default.replication.factor'

/** Of topics that are made without one: as this broker was started; Kafka's default is 1. */
export function defaultReplicationFactor({ fixed }: BrokerLayers): number {
  return Number(fixed[replicationFactorName] ?? 1)
}

const topicNameByBrokerName = new Map(topicConfigNames.map((name) => [definitionOf(name).brokerName, name]))

/** The topic config that a broker config gives the default of. */
export function topicConfigOf(brokerName: string): TopicConfigName | undefined {
  return topicNameByBrokerName.get(brokerName)
}

/** Broker configs that can be changed while it runs. */
export const dynamicBrokerConfigNames = [...topicNameByBrokerName.keys()]
