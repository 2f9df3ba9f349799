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
  /** As it was set. */
  readonly value: string
  readonly source: number
  /** What it means for the config that it speaks of, where that has another unit: hours as milliseconds. */
  readonly means?: string
}

export const meaningOf = ({ value, means }: ConfigSynonym): string => means ?? value

/** Kafka's coarser names of the same, the finer first; only a broker's start may say them (KafkaConfig). */
const coarserNames: Readonly<Partial<Record<string, readonly { readonly name: string; readonly ms: number }[]>>> = {
  'log.retention.ms': [
    { name: 'log.retention.minutes', ms: 60_000 },
    { name: 'log.retention.hours', ms: 3_600_000 }
  ],
  'log.roll.ms': [{ name: 'log.roll.hours', ms: 3_600_000 }]
}

function coarser(brokerName: string, { fixed }: BrokerLayers): readonly ConfigSynonym[] {
  return (coarserNames[brokerName] ?? []).flatMap(({ name, ms }) => {
    const value = fixed[name]
    if (value === undefined) return []
    const means = value.startsWith('-') ? '-1' : String(Number(value) * ms)
    return [{ name, value, means, source: configSource.staticBroker }]
  })
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
  ]
    .flatMap(({ value: set, source }): readonly ConfigSynonym[] =>
      set === undefined ? [] : [{ name: brokerName, value: set, source }]
    )
    .concat(coarser(brokerName, layers))
  return first === undefined ? [kafkas] : [first, ...others, kafkas]
}

/** What holds for a topic: its own configs over the broker's defaults, by topic config name. */
export function effectiveConfigs(own: TopicConfigs, layers: BrokerLayers): TopicConfigs {
  return Object.fromEntries(topicConfigNames.map((name) => [name, own[name] ?? meaningOf(defaultsOf(name, layers)[0])]))
}

/** What a broker's start alone says, with Kafka's defaults (ADR 18 has what a lab gives instead). */
export const START_CONFIGS = {
  'auto.create.topics.enable': 'true',
  'auto.leader.rebalance.enable': 'true',
  'default.replication.factor': '1',
  'num.partitions': '1'
} as const

export type StartConfigName = keyof typeof START_CONFIGS

export const startConfigNames = Object.keys(START_CONFIGS) as readonly StartConfigName[]

export function startConfig(name: StartConfigName, { fixed }: Pick<BrokerLayers, 'fixed'>): string {
  return fixed[name] ?? START_CONFIGS[name]
}

/** All that say something about it, the one that holds first; never empty. */
export function startConfigOf(
  name: StartConfigName,
  { fixed }: BrokerLayers
): readonly [ConfigSynonym, ...ConfigSynonym[]] {
  const kafkas: ConfigSynonym = { name, value: START_CONFIGS[name], source: configSource.default }
  const set = fixed[name]
  return set === undefined ? [kafkas] : [{ name, value: set, source: configSource.staticBroker }, kafkas]
}

/** Those of Kafka's coarser names that this broker was started with. */
export function coarserConfigs(layers: BrokerLayers): readonly ConfigSynonym[] {
  return Object.keys(coarserNames).flatMap((name) => coarser(name, layers))
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
