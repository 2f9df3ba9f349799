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
  const kafkas: ConfigSynonym = { name: brokerName ?? name, value, source: configSource.default }
  if (brokerName === undefined) return [kafkas]
  return layered(brokerName, layers, kafkas)
}

function layered(
  brokerName: string,
  layers: BrokerLayers,
  kafkas: ConfigSynonym
): readonly [ConfigSynonym, ...ConfigSynonym[]] {
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

const topicNameByBrokerName = new Map(
  topicConfigNames.flatMap((name) => {
    const { brokerName } = definitionOf(name)
    return brokerName === undefined ? [] : [[brokerName, name] as const]
  })
)

/** Bytes a second of what is copied to and from throttled replicas (KIP-73), by broker alone. */
export const THROTTLE_RATES = {
  'leader.replication.throttled.rate': String(2n ** 63n - 1n),
  'follower.replication.throttled.rate': String(2n ** 63n - 1n),
  'replica.alter.log.dirs.io.max.bytes.per.second': String(2n ** 63n - 1n)
} as const

export type ThrottleRateName = keyof typeof THROTTLE_RATES

export const throttleRateNames = Object.keys(THROTTLE_RATES) as readonly ThrottleRateName[]

export function isThrottleRate(name: string): name is ThrottleRateName {
  return Object.hasOwn(THROTTLE_RATES, name)
}

/** All that say something about it, the one that holds first; never empty. */
export function throttleRatesOf(
  name: ThrottleRateName,
  layers: BrokerLayers
): readonly [ConfigSynonym, ...ConfigSynonym[]] {
  return layered(name, layers, { name, value: THROTTLE_RATES[name], source: configSource.default })
}

/** The topic config that a broker config gives the default of. */
export function topicConfigOf(brokerName: string): TopicConfigName | undefined {
  return topicNameByBrokerName.get(brokerName)
}

/** Broker configs that can be changed while it runs. */
export const dynamicBrokerConfigNames = [...topicNameByBrokerName.keys(), ...throttleRateNames]
