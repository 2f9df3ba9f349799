/**
 * The topic configs that this broker obeys, their types, defaults and bounds (Kafka documentation, "Topic Configs").
 * A config that is not listed does not exist here: CreateTopics refuses it by name, DescribeConfigs does not show it; but
 * for those that change nothing here, which may be set (inert-topic-configs).
 */
import type { LogConfig } from '../../storage/log-types'
import { said } from '../../kernel/said'
import { inertTopicConfig, type InertTopicConfig } from './inert-topic-configs'

type ConfigType = 'boolean' | 'long' | 'int' | 'string' | 'list'

interface ConfigDefinition {
  readonly type: ConfigType
  readonly default: string
  /** Of the broker config that gives the default, shown as a synonym; undefined where there is none. */
  readonly brokerName: string | undefined
  readonly min?: number
  readonly max?: number
  /** The only values that are possible here. */
  readonly values?: readonly string[]
  /** What a text looks like, in words where it does not. */
  readonly form?: { readonly pattern: RegExp; readonly words: string }
}

/** KIP-73: which replicas are throttled while others have to be copied. */
const throttledReplicas = {
  type: 'list',
  default: '',
  brokerName: undefined,
  form: {
    pattern: /^(\*|(\d{1,10}:\d{1,10}(,\d{1,10}:\d{1,10})*)?)$/,
    words: said`it must be *, or partition:broker pairs with commas between them`
  }
} as const

const int32Max = 2147483647
const int64Max = 2n ** 63n - 1n

export const TOPIC_CONFIGS = {
  'cleanup.policy': { type: 'list', default: 'delete', brokerName: 'log.cleanup.policy', values: ['delete'] },
  'compression.type': { type: 'string', default: 'producer', brokerName: 'compression.type', values: ['producer'] },
  'file.delete.delay.ms': { type: 'long', default: '60000', brokerName: 'log.segment.delete.delay.ms', min: 0 },
  'index.interval.bytes': {
    type: 'int',
    default: '4096',
    brokerName: 'log.index.interval.bytes',
    min: 0,
    max: int32Max
  },
  'follower.replication.throttled.replicas': throttledReplicas,
  'leader.replication.throttled.replicas': throttledReplicas,
  'max.message.bytes': { type: 'int', default: '1048588', brokerName: 'message.max.bytes', min: 0, max: int32Max },
  'message.timestamp.type': {
    type: 'string',
    default: 'CreateTime',
    brokerName: 'log.message.timestamp.type',
    values: ['CreateTime', 'LogAppendTime']
  },
  'min.insync.replicas': { type: 'int', default: '1', brokerName: 'min.insync.replicas', min: 1, max: int32Max },
  'retention.bytes': { type: 'long', default: '-1', brokerName: 'log.retention.bytes' },
  'retention.ms': { type: 'long', default: '604800000', brokerName: 'log.retention.ms', min: -1 },
  'segment.bytes': { type: 'int', default: '1073741824', brokerName: 'log.segment.bytes', min: 14, max: int32Max },
  'segment.ms': { type: 'long', default: '604800000', brokerName: 'log.roll.ms', min: 1 },
  'unclean.leader.election.enable': {
    type: 'boolean',
    default: 'false',
    brokerName: 'unclean.leader.election.enable',
    values: ['false', 'true']
  }
} as const satisfies Record<string, ConfigDefinition>

export type TopicConfigName = keyof typeof TOPIC_CONFIGS
export type TopicConfigs = Readonly<Partial<Record<string, string>>>

export const topicConfigNames = Object.keys(TOPIC_CONFIGS) as readonly TopicConfigName[]

export function definitionOf(name: TopicConfigName): ConfigDefinition {
  return TOPIC_CONFIGS[name]
}

export function isTopicConfig(name: string): name is TopicConfigName {
  return Object.hasOwn(TOPIC_CONFIGS, name)
}

const shownMax = 100

/** A client's text in a message: messages of old versions hold no more than 32767 bytes. */
export function shown(text: string): string {
  return text.length <= shownMax ? text : `${text.slice(0, shownMax)}…`
}

/** One sentence that names the config, or undefined when it may be set so. */
export function configProblem(name: string, value: string | null): string | undefined {
  const inert = inertTopicConfig(name)
  if (inert === undefined && !isTopicConfig(name)) return unknownConfig(name)
  if (value === null) return said`The config ${name} has no value.`
  if (inert !== undefined) return inertProblem(name, value, inert)
  if (!isTopicConfig(name)) return unknownConfig(name)
  const definition = definitionOf(name)
  if (definition.values !== undefined) {
    if (definition.values.includes(parsedConfig(name, value))) return undefined
    return said`Invalid value ${shown(value)} for config ${name}: possible here is ${definition.values.join(' or ')}.`
  }
  if (definition.form !== undefined) {
    const { pattern, words } = definition.form
    return pattern.test(value.replaceAll(' ', ''))
      ? undefined
      : said`Invalid value ${shown(value)} for config ${name}: ${words}.`
  }
  return numberProblem(name, value, definition)
}

const unknownConfig = (name: string): string =>
  said`Unknown topic config name: ${shown(name)}. These are possible here: ${topicConfigNames.join(', ')}.`

function inertProblem(name: string, value: string, inert: InertTopicConfig): string | undefined {
  const text = value.trim()
  switch (inert.type) {
    case 'int':
    case 'long': {
      const problem = numberProblem(name, value, inert)
      if (problem !== undefined || wholeNumberIn(value) !== inert.not) return problem
      return said`Invalid value ${shown(value)} for config ${name}: it must not be ${String(inert.not)}.`
    }
    case 'double': {
      const isNumber = /^[+-]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})(e[+-]?\d{1,3})?$/i.test(text)
      if (isNumber && Number(text) >= inert.min && Number(text) <= inert.max) return undefined
      return said`Invalid value ${shown(value)} for config ${name}: it must be a number from ${inert.min} to ${inert.max}.`
    }
    case 'boolean':
      if (inert.values.some((one) => one === text.toLowerCase())) return undefined
      return said`Invalid value ${shown(value)} for config ${name}: possible here is ${inert.values.join(' or ')}.`
    case 'version':
      if (inert.form.test(text)) return undefined
      return said`Invalid value ${shown(value)} for config ${name}: it must be a version of Kafka, as 3.0.`
  }
}

interface WholeNumbers {
  readonly min?: number | bigint
  readonly max?: number | bigint
}

function numberProblem(name: string, value: string, definition: WholeNumbers): string | undefined {
  if (!/^[+-]?\d{1,40}$/.test(value.trim())) {
    return said`Invalid value ${shown(value)} for config ${name}: it is not a whole number.`
  }
  // Exact: a long goes up to 2^63 - 1, which many tools mean by "for ever".
  const number = wholeNumberIn(value)
  const { min = -int64Max - 1n, max = int64Max } = definition
  if (number < min) return said`Invalid value ${shown(value)} for config ${name}: it must be at least ${min}.`
  if (number > max) return said`Invalid value ${shown(value)} for config ${name}: it must be at most ${max}.`
  return undefined
}

/** What a text that configProblem lets pass means, as Kafka shows what it has parsed (ConfigDef.parseType): "5" for " +5 ", "true" for "TRUE". */
export function parsedConfig(name: TopicConfigName, text: string): string {
  const { type } = definitionOf(name)
  if (type === 'int' || type === 'long') return String(wholeNumberIn(text))
  return type === 'boolean' ? text.trim().toLowerCase() : text.trim()
}

/**
 * What is kept of a text that configProblem lets pass: what it means, so that whoever reads it later, an earlier version of this
 * broker too, need not know what else may mean the same.
 */
export function keptConfig(name: string, text: string): string {
  if (isTopicConfig(name)) return parsedConfig(name, text)
  const type = inertTopicConfig(name)?.type
  if (type === 'int' || type === 'long') return String(wholeNumberIn(text))
  return type === 'boolean' ? text.trim().toLowerCase() : text.trim()
}

/** Of a text that configProblem lets pass. */
export const wholeNumberIn = (text: string): bigint => BigInt(text.trim().replace('+', ''))

/**
 * What the log reckons with. Beyond 2^53 it is rounded, which no age or size of a log can tell from the exact value; what
 * is shown and kept is the text that was set.
 */
function numberOf(configs: TopicConfigs, name: TopicConfigName): number {
  return Number(configs[name] ?? definitionOf(name).default)
}

/** What the log obeys; `configs` holds only what was set for the topic. */
export function logConfigOf(configs: TopicConfigs, isCompacted = false): LogConfig {
  return {
    retentionMs: isCompacted ? -1 : numberOf(configs, 'retention.ms'),
    retentionBytes: isCompacted ? -1 : numberOf(configs, 'retention.bytes'),
    segmentMs: numberOf(configs, 'segment.ms'),
    segmentBytes: numberOf(configs, 'segment.bytes'),
    maxMessageBytes: numberOf(configs, 'max.message.bytes'),
    messageTimestampType:
      configs['message.timestamp.type']?.trim() === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
    indexIntervalBytes: numberOf(configs, 'index.interval.bytes'),
    fileDeleteDelayMs: numberOf(configs, 'file.delete.delay.ms'),
    cleanupPolicy: isCompacted ? 'compact' : 'delete',
    minInSyncReplicas: numberOf(configs, 'min.insync.replicas')
  }
}

/** How `__consumer_offsets` is made (Kafka's GroupCoordinator.groupMetadataTopicConfigs); its cleanup.policy is the broker's to set, not a client's. */
export const groupOffsetsConfigs: TopicConfigs = {
  'cleanup.policy': 'compact',
  'compression.type': 'producer',
  'segment.bytes': '104857600'
}
