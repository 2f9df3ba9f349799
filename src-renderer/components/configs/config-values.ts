/** Values of configs as people type and read them: units in, what Kafka takes out; exact up to 2^63 − 1. Pure. */
import type { ConfigView } from '@api/views'

const INT32_MAX = 2n ** 31n - 1n
const INT64_MAX = 2n ** 63n - 1n
const UNLIMITED = -1n

type Unit = 'ms' | 'bytes' | 'none'

export interface ConfigRule {
  readonly unit: Unit
  /** undefined for text. */
  readonly range?: { readonly min: bigint; readonly max: bigint }
  /** −1 means without limit. */
  readonly hasNoLimit?: boolean
  /** The only values that can be chosen. */
  readonly values?: readonly string[]
}

export type ConfigGroup = 'retention' | 'segments' | 'records' | 'durability' | 'other'
export const CONFIG_GROUPS: readonly ConfigGroup[] = ['retention', 'segments', 'records', 'durability', 'other']

interface Known {
  readonly topicName: string
  readonly brokerName: string
  readonly group: ConfigGroup
  readonly min?: bigint
  readonly hasNoLimit?: true
  readonly values?: readonly string[]
  /** What our own brokers obey of it today. */
  readonly labValues?: readonly string[]
}

/** Kafka's documentation, "Topic Configs": those that have a meaning for a person here, each with its broker default. */
const KNOWN: readonly Known[] = [
  {
    topicName: 'cleanup.policy',
    brokerName: 'log.cleanup.policy',
    group: 'retention',
    labValues: ['delete'],
    values: ['delete', 'compact', 'compact,delete']
  },
  { topicName: 'retention.ms', brokerName: 'log.retention.ms', group: 'retention', hasNoLimit: true },
  { topicName: 'retention.bytes', brokerName: 'log.retention.bytes', group: 'retention', hasNoLimit: true },
  { topicName: 'file.delete.delay.ms', brokerName: 'log.segment.delete.delay.ms', group: 'retention', min: 0n },
  { topicName: 'segment.bytes', brokerName: 'log.segment.bytes', group: 'segments', min: 14n },
  { topicName: 'segment.ms', brokerName: 'log.roll.ms', group: 'segments', min: 1n },
  { topicName: 'index.interval.bytes', brokerName: 'log.index.interval.bytes', group: 'segments', min: 0n },
  { topicName: 'max.message.bytes', brokerName: 'message.max.bytes', group: 'records', min: 0n },
  {
    topicName: 'message.timestamp.type',
    brokerName: 'log.message.timestamp.type',
    group: 'records',
    values: ['CreateTime', 'LogAppendTime']
  },
  { topicName: 'compression.type', brokerName: 'compression.type', group: 'records', labValues: ['producer'] },
  {
    topicName: 'min.insync.replicas',
    brokerName: 'min.insync.replicas',
    group: 'durability',
    min: 1n
  },
  {
    topicName: 'unclean.leader.election.enable',
    brokerName: 'unclean.leader.election.enable',
    group: 'durability'
  }
]
const byName: ReadonlyMap<string, Known> = new Map(
  KNOWN.flatMap((known) => [
    [known.topicName, known],
    [known.brokerName, known]
  ])
)

/** Of a topic's or a broker's config: the topic's, by which it is explained; undefined for one that is not known here. */
export const topicNameOf = (name: string): string | undefined => byName.get(name)?.topicName
export const groupOf = (name: string): ConfigGroup => byName.get(name)?.group ?? 'other'

const MAXIMA: Readonly<Partial<Record<ConfigView['type'], bigint>>> = {
  short: 2n ** 15n - 1n,
  int: INT32_MAX,
  long: INT64_MAX
}

function unitOf(name: string): Unit {
  if (/(^|\.)ms$/.test(name)) return 'ms'
  return /(^|\.)bytes$/.test(name) ? 'bytes' : 'none'
}

export function ruleOf({ name, type }: Pick<ConfigView, 'name' | 'type'>, isLab: boolean): ConfigRule {
  const known = byName.get(name)
  const values =
    (isLab ? known?.labValues : undefined) ?? known?.values ?? (type === 'boolean' ? ['true', 'false'] : [])
  const max = MAXIMA[type]
  if (values.length > 0) return { unit: 'none', values }
  if (max === undefined) return { unit: 'none' }
  const hasNoLimit = known?.hasNoLimit === true
  // Of a config that is not known here the broker judges what is below.
  const min = hasNoLimit ? UNLIMITED : (known?.min ?? -max - 1n)
  return { unit: unitOf(name), range: { min, max }, hasNoLimit }
}

const UNITS: Readonly<Record<Unit, Readonly<Record<string, bigint>>>> = {
  none: { '': 1n },
  ms: {
    '': 1n,
    ms: 1n,
    s: 1_000n,
    m: 60_000n,
    min: 60_000n,
    h: 3_600_000n,
    d: 86_400_000n,
    w: 604_800_000n,
    // As the window says them in Korean.
    초: 1_000n,
    분: 60_000n,
    시간: 3_600_000n,
    일: 86_400_000n,
    주: 604_800_000n
  },
  bytes: {
    '': 1n,
    b: 1n,
    kb: 1_000n,
    mb: 1_000_000n,
    gb: 1_000_000_000n,
    tb: 1_000_000_000_000n,
    kib: 1n << 10n,
    mib: 1n << 20n,
    gib: 1n << 30n,
    tib: 1n << 40n
  }
}
const PLACES_MAX = 6
const AMOUNT = /^([+\-−]?)(\d{1,40})(?:[.](\d{1,6}))?\s*(\p{L}*)$/u
/** Digits may be grouped as they are shown. */
const GROUPING = /(?<=\d)[\s\u2009\u202f_](?=\d{3}(?!\d))/g

/** "7 d" or "7일" is 604800000, "1.5 GiB" 1610612736; undefined for what is no whole number of ms or bytes. */
function amount(text: string, unit: Unit): bigint | undefined {
  const [isAmount, sign = '', whole = '', fraction = '', word = ''] = AMOUNT.exec(text.replace(GROUPING, '')) ?? []
  const factor = Object.entries(UNITS[unit]).find(([name]) => name === word.toLowerCase())?.[1]
  if (isAmount === undefined || factor === undefined) return undefined
  const scale = 10n ** BigInt(PLACES_MAX)
  const product = BigInt(whole + fraction.padEnd(PLACES_MAX, '0')) * factor
  if (product % scale !== 0n) return undefined
  return sign === '-' || sign === '−' ? -(product / scale) : product / scale
}

export type ConfigProblem = 'number' | 'unit' | 'below' | 'above' | 'choice' | 'empty'

/** What is sent for what was typed, or what is wrong with it. */
export function typedValue(
  text: string,
  rule: ConfigRule
): { readonly value: string } | { readonly problem: ConfigProblem } {
  const typed = text.trim()
  if (typed === '') return { problem: 'empty' }
  if (rule.values !== undefined) return rule.values.includes(typed) ? { value: typed } : { problem: 'choice' }
  if (rule.range === undefined) return { value: typed }
  const value = amount(typed, rule.unit)
  if (value === undefined) return { problem: rule.unit === 'none' ? 'number' : 'unit' }
  if (value < rule.range.min) return { problem: 'below' }
  return value > rule.range.max ? { problem: 'above' } : { value: String(value) }
}

/** A value in the largest unit in which it is whole: "7 d", "1 GiB"; as it stands where there is none. */
export function inLargestUnit(
  value: string,
  rule: ConfigRule,
  said = (count: string, unit: string): string => `${count} ${unit}`
): string {
  if (rule.unit === 'none' || !/^\d+$/.test(value)) return value
  const number = BigInt(value)
  const shown: readonly string[] = rule.unit === 'ms' ? ['d', 'h', 'min', 's'] : ['TiB', 'GiB', 'MiB', 'KiB']
  const unit = shown.find((name) => {
    const factor = UNITS[rule.unit][name.toLowerCase()] ?? 1n
    return number >= factor && number % factor === 0n
  })
  return unit === undefined ? value : said(String(number / (UNITS[rule.unit][unit.toLowerCase()] ?? 1n)), unit)
}

/** What a form sends: names typed into are set, cleared ones removed, others left. undefined while something is wrong. */
export interface ConfigChanges {
  readonly set: Readonly<Record<string, string>>
  readonly remove: readonly string[]
}

/** `typed` has the text of each field that was touched; '' means as without a value of its own. */
/** `min.insync.replicas` as it would be set, where that is more than there are replicas: the broker takes it, and it counts as all of them. */
export function minIsrAbove(
  set: Readonly<Record<string, string>> | undefined,
  factor: number | undefined
): number | undefined {
  const asked = Number(set?.['min.insync.replicas'])
  return factor !== undefined && factor > 0 && Number.isSafeInteger(asked) && asked > factor ? asked : undefined
}

export function changesOf(
  configs: readonly ConfigView[],
  typed: Readonly<Record<string, string>>,
  isLab: boolean
): ConfigChanges | undefined {
  const set: Record<string, string> = {}
  const remove: string[] = []
  for (const config of configs) {
    const text = typed[config.name]
    if (text === undefined) continue
    if (text.trim() === '') {
      if (config.isSet) remove.push(config.name)
      continue
    }
    const result = typedValue(text, ruleOf(config, isLab))
    if ('problem' in result) return undefined
    if (!config.isSet || result.value !== config.value) set[config.name] = result.value
  }
  return { set, remove }
}

/** What a topic could have set, as a broker's own configs say what it takes: nothing is set, and its defaults hold. */
export function forNewTopic(ofBroker: readonly ConfigView[]): readonly ConfigView[] {
  return KNOWN.flatMap(({ topicName, brokerName }) => {
    const config = ofBroker.find(({ name }) => name === brokerName)
    if (config === undefined) return []
    const { type, value, source } = config
    const otherwise = { value, source }
    return [{ name: topicName, type, isReadOnly: false, isSensitive: false, isSet: false, value, source, otherwise }]
  })
}
