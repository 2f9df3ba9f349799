/**
 * Broker configs that a folder's cluster may set for all its brokers, by Kafka's names (ADR 18 says which defaults
 * differ): a setting of the broker itself, or the default that it gives to topics.
 */
export type BrokerConfigs = Readonly<Record<string, string>>

type Definition =
  | 'boolean'
  | readonly string[]
  | {
      readonly min: bigint
      readonly max: bigint
      /** 0 means nothing there: it is -1 for no limit, or 1 and more (KafkaConfig.getLogRetentionTimeMillis). */
      readonly isNotZero?: true
    }

const int32Max = 2n ** 31n - 1n
const int64Max = 2n ** 63n - 1n

export const BROKER_CONFIGS = {
  'auto.create.topics.enable': 'boolean',
  'auto.leader.rebalance.enable': 'boolean',
  'compression.type': ['producer'],
  'default.replication.factor': { min: 1n, max: 32767n },
  'group.initial.rebalance.delay.ms': { min: 0n, max: int32Max },
  'log.cleanup.policy': ['delete'],
  'log.index.interval.bytes': { min: 0n, max: int32Max },
  'log.message.timestamp.type': ['CreateTime', 'LogAppendTime'],
  'log.retention.bytes': { min: -int64Max - 1n, max: int64Max },
  // Of these three, and of the two below, the finest one that is given holds.
  'log.retention.hours': { min: -1n, max: int32Max, isNotZero: true },
  'log.retention.minutes': { min: -1n, max: int32Max, isNotZero: true },
  'log.retention.ms': { min: -1n, max: int64Max },
  'log.roll.hours': { min: 1n, max: int32Max },
  'log.roll.ms': { min: 1n, max: int64Max },
  'log.segment.bytes': { min: 14n, max: int32Max },
  'log.segment.delete.delay.ms': { min: 0n, max: int64Max },
  'message.max.bytes': { min: 0n, max: int32Max },
  'min.insync.replicas': { min: 1n, max: int32Max },
  // No more than a topic may have here.
  'num.partitions': { min: 1n, max: 10_000n },
  // No less than a follower may be held by its leader for one fetch (KafkaConfig.validateValues).
  'replica.lag.time.max.ms': { min: 500n, max: int32Max },
  'unclean.leader.election.enable': 'boolean',
  'zookeeper.session.timeout.ms': { min: 1000n, max: 40_000n }
} as const satisfies Record<string, Definition>

/** Kafka has these only while brokers run (DynamicConfig.Broker): a server.properties cannot name them either. */
const whileRunning: readonly string[] = [
  'leader.replication.throttled.rate',
  'follower.replication.throttled.rate',
  'replica.alter.log.dirs.io.max.bytes.per.second'
]

/** Those that folders had not from the beginning: an earlier Lagoon takes them for damage. */
const ofLaterVersion = new Set([
  'num.partitions',
  'auto.create.topics.enable',
  'log.retention.hours',
  'log.retention.minutes',
  'log.roll.hours',
  'log.message.timestamp.type',
  'log.cleanup.policy',
  'compression.type'
])
export const isOfLaterVersion = (name: string): boolean => ofLaterVersion.has(name)

const replicasMax = 3
const rebalanceDelay = 'group.initial.rebalance.delay.ms'
const replicaLagMax = 'replica.lag.time.max.ms'
const sessionTimeout = 'zookeeper.session.timeout.ms'
/** ADR 18. */
const sessionTimeoutMs = 6000
/** minSessionTimeout, as ZooKeeper has it by default: what a member grants if nobody asks for less. */
const sessionTimeoutMinMs = 4000
const sessionTimeoutMaxMs = 40_000

/** One sentence, or undefined when it may be set so. */
export function brokerConfigProblem(name: string, value: unknown): string | undefined {
  if (!Object.hasOwn(BROKER_CONFIGS, name)) {
    if (whileRunning.includes(name))
      return `${name} is set while brokers run, as with Kafka, and not at their start: by kafka-configs --alter, or on the page of a broker.`
    return `${name} cannot be set at the start of brokers here. These can: ${Object.keys(BROKER_CONFIGS).join(', ')}.`
  }
  const definition: Definition = BROKER_CONFIGS[name as keyof typeof BROKER_CONFIGS]
  if (isValues(definition))
    return definition.some((one) => one === value) ? undefined : `${name} must be ${definition.join(' or ')}.`
  if (definition === 'boolean')
    return value === 'true' || value === 'false' ? undefined : `${name} must be true or false.`
  const { min, max, isNotZero = false } = definition
  const isWhole = typeof value === 'string' && /^-?\d{1,19}$/.test(value)
  const isRefused = isNotZero && isWhole && BigInt(value) === 0n
  if (isWhole && !isRefused && BigInt(value) >= min && BigInt(value) <= max) return undefined
  return `${name} must be a whole number from ${min} to ${max}${isNotZero ? ', but 0' : ''}.`
}

const isValues = (definition: Definition): definition is readonly string[] => Array.isArray(definition)

export interface BrokerOptions {
  readonly sessionTimeoutMs: number
  readonly initialRebalanceDelayMs?: number
  readonly replicaLagMaxMs?: number
  /** What topics get by default, by broker config name. */
  readonly configs?: BrokerConfigs
}

/**
 * What topics of a folder with so many brokers get where nobody says anything: three replicas, or as many as there are
 * brokers, and with three of them acks=all means two.
 */
function replicationDefaults(brokers: number): BrokerConfigs {
  return {
    'default.replication.factor': String(Math.max(1, Math.min(replicasMax, brokers))),
    'min.insync.replicas': brokers >= replicasMax ? '2' : '1'
  }
}

/** As the process of one of so many brokers takes them. */
export function brokerOptions(configs: BrokerConfigs, brokers: number): BrokerOptions {
  const { [rebalanceDelay]: delay, [replicaLagMax]: lag, [sessionTimeout]: session, ...given } = configs
  return {
    sessionTimeoutMs: Number(session ?? sessionTimeoutMs),
    ...(delay === undefined ? {} : { initialRebalanceDelayMs: Number(delay) }),
    ...(lag === undefined ? {} : { replicaLagMaxMs: Number(lag) }),
    configs: { ...replicationDefaults(brokers), ...given }
  }
}

/** What a member of the ensemble grants: as short a session as the brokers ask for. */
export function memberOptions(configs: BrokerConfigs): {
  readonly sessionTimeoutMinMs: number
  readonly sessionTimeoutMaxMs: number
} {
  const asked = Number(configs[sessionTimeout] ?? sessionTimeoutMs)
  return { sessionTimeoutMinMs: Math.min(sessionTimeoutMinMs, asked), sessionTimeoutMaxMs }
}
