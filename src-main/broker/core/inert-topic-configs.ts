/**
 * Topic configs that Kafka has and that change nothing here, whatever they are set to: they tune compaction, compression by
 * the broker, remote storage or the conversion of old formats, and a topic here has none of these, as no topic of Kafka's
 * has by default. Tools set them beside those that matter, so they are taken, checked and kept; they are shown where they
 * were set. What would change something here and is not obeyed (cleanup.policy=compact) is refused instead; so is flush.ms,
 * but for its default, which says that nothing is to be done.
 * Types and bounds: Kafka 3.9, LogConfig.
 */
const int32Max = 2n ** 31n - 1n
const int64Max = 2n ** 63n - 1n

interface WholeNumber {
  readonly type: 'int' | 'long'
  readonly min: bigint
  readonly max: bigint
  /** Between the two, and possible all the same not. */
  readonly not?: bigint
}

export type InertTopicConfig =
  | WholeNumber
  | { readonly type: 'double'; readonly min: number; readonly max: number }
  | { readonly type: 'boolean'; readonly values: readonly ('true' | 'false')[] }
  | { readonly type: 'version'; readonly form: RegExp }

const whole = (type: 'int' | 'long', min: bigint, max = type === 'int' ? int32Max : int64Max): WholeNumber => ({
  type,
  min,
  max
})
const noLimit = whole('long', int64Max)
const either = { type: 'boolean', values: ['false', 'true'] } as const
const neverTrue = { type: 'boolean', values: ['false'] } as const

export const INERT_TOPIC_CONFIGS: Readonly<Record<string, InertTopicConfig>> = {
  'compression.gzip.level': { ...whole('int', -1n, 9n), not: 0n },
  'compression.lz4.level': whole('int', 1n, 17n),
  'compression.zstd.level': whole('int', -131_072n, 22n),
  'delete.retention.ms': whole('long', 0n),
  'flush.messages': noLimit,
  'flush.ms': noLimit,
  'local.retention.bytes': whole('long', -2n),
  'local.retention.ms': whole('long', -2n),
  'max.compaction.lag.ms': whole('long', 1n),
  'message.downconversion.enable': either,
  'message.format.version': { type: 'version', form: /^\d{1,3}\.\d{1,3}(\.\d{1,3}){0,2}(-IV\d{1,3})?$/ },
  'message.timestamp.after.max.ms': noLimit,
  'message.timestamp.before.max.ms': noLimit,
  'message.timestamp.difference.max.ms': noLimit,
  'min.cleanable.dirty.ratio': { type: 'double', min: 0, max: 1 },
  'min.compaction.lag.ms': whole('long', 0n),
  preallocate: neverTrue,
  'remote.log.copy.disable': neverTrue,
  'remote.log.delete.on.disable': neverTrue,
  'remote.storage.enable': neverTrue,
  // A roll may come up to so much earlier; here none does.
  'segment.jitter.ms': whole('long', 0n)
}

export const inertTopicConfig = (name: string): InertTopicConfig | undefined =>
  Object.hasOwn(INERT_TOPIC_CONFIGS, name) ? INERT_TOPIC_CONFIGS[name] : undefined
