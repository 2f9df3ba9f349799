/** Topic configs as CreateTopics and DescribeConfigs show them: value, where it comes from, its synonyms. */
import { definitionOf, topicConfigNames, type TopicConfigName, type TopicConfigs } from '../core/topic-configs'

/** DescribeConfigs, "config source". */
export const configSource = { dynamicTopic: 1, staticBroker: 4, default: 5 } as const
/** DescribeConfigs, "config type". */
export const configType = { string: 2, int: 3, long: 5, list: 7 } as const

export interface ConfigEntry {
  readonly name: string
  readonly value: string
  readonly source: number
  readonly type: number
  readonly synonyms: readonly { readonly name: string; readonly value: string; readonly source: number }[]
}

export function topicConfigEntries(configs: TopicConfigs): readonly ConfigEntry[] {
  return topicConfigNames.map((name) => entryOf(name, configs[name]))
}

function entryOf(name: TopicConfigName, own: string | undefined): ConfigEntry {
  const definition = definitionOf(name)
  const byDefault = { name: definition.brokerName, value: definition.default, source: configSource.default }
  const type = configType[definition.type]
  if (own === undefined)
    return { name, value: definition.default, source: configSource.default, type, synonyms: [byDefault] }
  const synonyms = [{ name, value: own, source: configSource.dynamicTopic }, byDefault]
  return { name, value: own, source: configSource.dynamicTopic, type, synonyms }
}
