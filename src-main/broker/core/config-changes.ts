/**
 * What AlterConfigs and IncrementalAlterConfigs make of a resource's configs: the new ones whole, or why not. Lists take
 * part of a value, too (KIP-339); deleting what is not set is no error.
 */
import type { KafkaError } from '../../protocol/wire/error-codes'
import { configProblem, definitionOf, isTopicConfig, keptConfig, shown, type TopicConfigs } from './topic-configs'
import { dynamicBrokerConfigNames, isThrottleRate, topicConfigOf } from './broker-layers'
import { said } from '../../kernel/said'

/** IncrementalAlterConfigs, "config operation". */
export const configOperation = { set: 0, delete: 1, append: 2, subtract: 3 } as const

export interface ConfigChange {
  readonly name: string
  /** One of configOperation; what others are is refused. */
  readonly operation: number
  readonly value: string | null
}

export interface ConfigRefusal {
  readonly error: KafkaError
  readonly message: string
}

/** Which configs a resource has. */
export interface ConfigKind {
  readonly problem: (name: string, value: string) => string | undefined
  /** What is kept of a value without a problem. */
  readonly kept: (name: string, value: string) => string
  /** What stands for a config that is not set, as far as lists are concerned. */
  readonly listDefault: (name: string) => string | undefined
}

export const topicConfigKind: ConfigKind = {
  problem: configProblem,
  kept: keptConfig,
  listDefault: (name) =>
    isTopicConfig(name) && definitionOf(name).type === 'list' ? definitionOf(name).default : undefined
}

export const brokerConfigKind: ConfigKind = {
  problem: (name, value) => {
    const topicName = topicConfigOf(name)
    if (topicName !== undefined) return configProblem(topicName, value)?.replace(` ${topicName}`, ` ${name}`)
    if (isThrottleRate(name)) return rateProblem(name, value)
    return said`The broker config ${shown(name)} cannot be changed while it runs. These can: ${dynamicBrokerConfigNames.join(', ')}.`
  },
  kept: (name, value) => keptConfig(topicConfigOf(name) ?? name, value),
  listDefault: (name) => {
    const topicName = topicConfigOf(name)
    return topicName === undefined ? undefined : topicConfigKind.listDefault(topicName)
  }
}

const int64Max = 2n ** 63n - 1n

function rateProblem(name: string, value: string): string | undefined {
  const isRate = /^\d{1,19}$/.test(value.trim()) && BigInt(value.trim()) <= int64Max
  return isRate
    ? undefined
    : said`Invalid value ${shown(value)} for config ${name}: it must be a whole number of bytes.`
}

/** The configs as they are after the changes. */
export function changedConfigs(
  before: TopicConfigs,
  changes: readonly ConfigChange[],
  kind: ConfigKind
): { readonly configs: TopicConfigs } | ConfigRefusal {
  const names = new Set(changes.map(({ name }) => name))
  if (names.size < changes.length) {
    return { error: 'INVALID_REQUEST', message: said`A config is named more than once in the request.` }
  }
  const after: Record<string, string> = {}
  for (const [name, value] of Object.entries(before)) if (value !== undefined) after[name] = value
  for (const change of changes) {
    const refused = applyChange(after, change, kind)
    if (refused !== undefined) return refused
  }
  return { configs: after }
}

function applyChange(
  configs: Record<string, string>,
  change: ConfigChange,
  kind: ConfigKind
): ConfigRefusal | undefined {
  const { name, operation, value } = change
  if (operation === configOperation.delete) {
    Reflect.deleteProperty(configs, name)
    return undefined
  }
  if (value === null) {
    return { error: 'INVALID_REQUEST', message: said`Null value not supported for config ${shown(name)}.` }
  }
  if (operation === configOperation.set) return set(configs, name, value, kind)
  if (operation !== configOperation.append && operation !== configOperation.subtract) {
    return { error: 'INVALID_REQUEST', message: said`Unknown operation ${operation} for config ${shown(name)}.` }
  }
  const listDefault = kind.listDefault(name)
  if (listDefault === undefined) {
    const word = operation === configOperation.append ? 'append' : 'subtract'
    return { error: 'INVALID_CONFIG', message: said`${word} is not possible for config ${shown(name)}: it is no list.` }
  }
  const present = itemsOf(configs[name] ?? listDefault)
  const given = itemsOf(value)
  const items =
    operation === configOperation.append
      ? [...present, ...given.filter((item) => !present.includes(item))]
      : present.filter((item) => !given.includes(item))
  return set(configs, name, items.join(','), kind)
}

function set(
  configs: Record<string, string>,
  name: string,
  value: string,
  kind: ConfigKind
): ConfigRefusal | undefined {
  const message = kind.problem(name, value)
  if (message !== undefined) return { error: 'INVALID_CONFIG', message }
  configs[name] = kind.kept(name, value)
  return undefined
}

const itemsOf = (list: string): readonly string[] =>
  list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
