/** Configs as CreateTopics and DescribeConfigs show them: value, where it comes from, what else speaks of it. */
import {
  coarserConfigs,
  configSource,
  defaultsOf,
  isThrottleRate,
  meaningOf,
  startConfigNames,
  startConfigOf,
  throttleRateNames,
  throttleRatesOf,
  topicConfigOf,
  type BrokerLayers,
  type ConfigSynonym
} from '../core/broker-layers'
import { inertTopicConfig } from '../core/inert-topic-configs'
import { definitionOf, parsedConfig, topicConfigNames, type TopicConfigs } from '../core/topic-configs'

/** Resources that have configs (Kafka's ConfigResource.Type). */
export const topicResource = 2
export const brokerResource = 4
/** Name of the broker resource that stands for all brokers. */
export const everyBroker = ''
/** DescribeConfigs, "config type". */
export const configType = { boolean: 1, string: 2, int: 3, long: 5, double: 6, list: 7 } as const

export interface ConfigEntry {
  readonly name: string
  readonly value: string
  readonly source: number
  readonly type: number
  readonly synonyms: readonly ConfigSynonym[]
  readonly isReadOnly: boolean
}

/** `own` is what was set for the topic; the rest is as the broker has it. */
export function topicConfigEntries(own: TopicConfigs, layers: BrokerLayers): readonly ConfigEntry[] {
  const obeyed = topicConfigNames.map((name): ConfigEntry => {
    const defaults = defaultsOf(name, layers)
    const value = own[name]
    const set: readonly ConfigSynonym[] =
      value === undefined ? [] : [{ name, value: parsedConfig(name, value), source: configSource.dynamicTopic }]
    const holds = set[0] ?? defaults[0]
    const { type: typeName, brokerName } = definitionOf(name)
    const type = configType[typeName]
    // A config that no broker config gives a default has none to show.
    const synonyms = brokerName === undefined ? set : [...set, ...defaults]
    return { name, value: meaningOf(holds), source: holds.source, type, synonyms, isReadOnly: false }
  })
  return [...obeyed, ...inertConfigEntries(own)]
}

/** Configs that change nothing here are shown where they were set. */
function inertConfigEntries(own: TopicConfigs): readonly ConfigEntry[] {
  return Object.entries(own).flatMap(([name, text]): readonly ConfigEntry[] => {
    const definition = inertTopicConfig(name)
    if (definition === undefined || text === undefined) return []
    const source = configSource.dynamicTopic
    const value = text.trim()
    const type = definition.type === 'version' ? configType.string : configType[definition.type]
    return [{ name, value, source, type, synonyms: [{ name, value, source }], isReadOnly: false }]
  })
}

/** Broker configs that it was started with for good: those that are obeyed in any case, and the coarser names that were given. */
export function startConfigEntries(layers: BrokerLayers): readonly ConfigEntry[] {
  const obeyed = startConfigNames.map((name): ConfigEntry => {
    const synonyms = startConfigOf(name, layers)
    const [{ value, source }] = synonyms
    const type = name.endsWith('.enable') ? configType.boolean : configType.int
    return { name, value, source, type, synonyms, isReadOnly: true }
  })
  const given = coarserConfigs(layers).map((one): ConfigEntry => ({
    ...one,
    type: configType.int,
    synonyms: [one],
    isReadOnly: true
  }))
  return [...obeyed, ...given]
}

/** Broker configs that can be changed while it runs. */
export function dynamicBrokerConfigEntries(layers: BrokerLayers): readonly ConfigEntry[] {
  const topics = topicConfigNames.flatMap((topicName): readonly ConfigEntry[] => {
    const synonyms = defaultsOf(topicName, layers)
    const { brokerName, type } = definitionOf(topicName)
    const [first] = synonyms
    if (brokerName === undefined) return []
    return [
      {
        name: brokerName,
        value: meaningOf(first),
        source: first.source,
        type: configType[type],
        synonyms,
        isReadOnly: false
      }
    ]
  })
  const rates = throttleRateNames.map((name): ConfigEntry => {
    const synonyms = throttleRatesOf(name, layers)
    const [{ value, source }] = synonyms
    return { name, value, source, type: configType.long, synonyms, isReadOnly: false }
  })
  return [...topics, ...rates]
}

/** Those that were set for all brokers alone. */
export function everyBrokerConfigEntries({ everyBroker }: BrokerLayers): readonly ConfigEntry[] {
  return Object.entries(everyBroker).flatMap(([name, value]) => {
    const topicName = topicConfigOf(name)
    if (value === undefined || (topicName === undefined && !isThrottleRate(name))) return []
    const source = configSource.dynamicDefaultBroker
    const type = topicName === undefined ? configType.long : configType[definitionOf(topicName).type]
    return [{ name, value, source, type, synonyms: [{ name, value, source }], isReadOnly: false }]
  })
}
