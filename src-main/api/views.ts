/**
 * Views: what screens and the CLI show. Plain JSON; `null` means "not known", never 0. Offsets and sizes are safe
 * integers; timestamps are ms since 1970. A view is watched by its key (watch.ts) and replaced whole.
 */
import { z } from 'zod'
import { faultSchema, stormSchema } from './faults'

const count = z.number().int().nonnegative()
/** Of one partition: log end offset minus committed offset. */
const lag = z.number().int()
/** Records a second. */
const rate = z.number().nonnegative()
const position = z.number().int()
const atMs = z.number()

export const HEALTH_LEVELS = ['healthy', 'recovering', 'degraded', 'critical', 'stopped', 'unknown'] as const
export const healthLevelSchema = z.enum(HEALTH_LEVELS)
export type HealthLevel = z.infer<typeof healthLevelSchema>

// ── nodes ────────────────────────────────────────────────────────────────────────────────────────────────────────

export const NODE_STATES = [
  'starting',
  'running',
  'paused',
  'stopping',
  'stopped',
  'killed',
  'crashed',
  'failed'
] as const
/**
 * starting: process forked, not ready. running: ready. paused: it stands still (SIGSTOP) and goes on when resumed. stopping: asked to stop. stopped / killed: through Lagoon, stays
 * down until started. crashed: ended by itself, will restart with back-off. failed: cannot start; `problem` says why.
 */
export const nodeStateSchema = z.enum(NODE_STATES)
export type NodeState = z.infer<typeof nodeStateSchema>

/** A log that its broker cannot use. */
export const offlineLogSchema = z.object({
  topic: z.string(),
  partition: count,
  /** failed: its disk did, and is tried again. corrupt: a batch is spoilt; somebody has to say what is to become of it. */
  cause: z.enum(['failed', 'corrupt']),
  /** One sentence, with the path. */
  message: z.string(),
  /** Of a log that is corrupt: all below `offset` can be read. Without `isEndKnown` it may have been longer than `endOffset`. */
  badBatch: z
    .object({
      file: z.string(),
      position: count,
      offset: count,
      endOffset: count,
      isEndKnown: z.boolean(),
      fault: z.string()
    })
    .nullable()
})
export type OfflineLogView = z.infer<typeof offlineLogSchema>

export const nodeSchema = z.object({
  /** broker-1, ensemble-1 */
  name: z.string(),
  role: z.enum(['broker', 'ensemble']),
  /** broker.id or member id */
  id: count,
  state: nodeStateSchema,
  pid: z.number().int().nullable(),
  port: z.number().int(),
  dataDir: z.string(),
  /** When the state was entered. */
  sinceMs: atMs,
  /** How the last process ended, when it did. */
  exit: z.object({ code: z.number().int().nullable(), signal: z.string().nullable() }).nullable(),
  /** When a crashed node will be started again. */
  restartAtMs: atMs.nullable(),
  /** One sentence, for failed (and crashed) nodes. */
  problem: z.string().nullable(),
  /** While a starting broker checks its logs after an unclean end: partitions. Absent otherwise. */
  recovery: z.object({ done: count, total: count }).optional(),
  /** A file of it is damaged, so that it does not start; `problem` says which. Absent: not that we know. */
  isCorrupt: z.literal(true).optional(),
  /** The disk of its folder has no room: what needs some is refused, until there is. Absent: not that we know. */
  isDiskFull: z.literal(true).optional(),
  /** Partitions whose logs this broker cannot use, so that others lead them or nobody does. Absent: not that we know. */
  offlineLogs: z.object({ count, named: z.array(offlineLogSchema) }).optional()
})
export type NodeView = z.infer<typeof nodeSchema>

/** What the CLI's `status` prints. */
export const statusSchema = z.object({
  bootstrapServers: z.string(),
  ensemble: z.string(),
  controllerId: count.nullable(),
  /** Where the screens are served to a browser, token included: whoever may ask is the user. Absent: they are not. */
  uiUrl: z.string().optional(),
  nodes: z.array(
    nodeSchema.pick({
      name: true,
      state: true,
      pid: true,
      port: true,
      dataDir: true,
      recovery: true,
      isDiskFull: true,
      offlineLogs: true
    })
  )
})
export type StatusView = z.infer<typeof statusSchema>

// ── cluster (overview, brokers) ──────────────────────────────────────────────────────────────────────────────────

export const REASON_CODES = [
  'partitionsOffline',
  'partitionsUnderMinIsr',
  'partitionsUnderReplicated',
  'noController',
  'quorumLost',
  'noEnsembleLeader',
  'foreignEnsemble',
  'ensembleDown',
  'memberPaused',
  'memberStopping',
  'memberStopped',
  'memberCutOff',
  'memberCopies',
  'brokerDown',
  'brokerSilent',
  'brokerPaused',
  'brokerStopped',
  'brokerStopping',
  'brokerStarting',
  'brokerRecovering',
  'diskFull',
  'logsOffline',
  'faultsActive',
  'groupsBehind',
  'notObserved'
] as const
/**
 * One reason of the verdict, or a word about groups, which are clients and no part of the cluster's health. `level` is the
 * mark of what it is about, the same as in every list. `subject` is the node, partition or group it is about (with its kind); `count` and
 * `sample` carry what the sentence needs: partitionsOffline count=4 sample=["orders-1", …3 at most] node="broker-2".
 */
export const reasonSchema = z.object({
  code: z.enum(REASON_CODES),
  level: healthLevelSchema,
  sinceMs: atMs,
  node: z.string().nullable(),
  count: count.nullable(),
  sample: z.array(z.string())
})
export type ReasonView = z.infer<typeof reasonSchema>

export const brokerStatsSchema = z.object({
  name: z.string(),
  /** True while /brokers/ids/<id> exists. */
  registered: z.boolean().nullable(),
  /** Its process runs, but its session with the ensemble has ended: it hangs, or was paused or cut off. */
  isSilent: z.boolean(),
  isController: z.boolean(),
  leaders: count.nullable(),
  replicas: count.nullable(),
  /** Its replicas that are not in sync. */
  outOfSync: count.nullable().optional(),
  diskBytes: count.nullable(),
  /** When that was told, by a broker that tells nothing now; absent: it is of now. */
  diskAtMs: atMs.optional(),
  bytesInPerSecond: z.number().nullable(),
  bytesOutPerSecond: z.number().nullable(),
  recordsInPerSecond: z.number().nullable()
})
export type BrokerStatsView = z.infer<typeof brokerStatsSchema>

export const clusterSchema = z.object({
  name: z.string(),
  kind: z.enum(['lab', 'external']),
  dataDir: z.string(),
  /** Days that lag and events are kept. */
  historyDays: count.optional(),
  /** How the CLI is called where this cluster was started from: `lagoon`, or node and a path. For a shell. */
  cli: z.string(),
  bootstrapServers: z.string(),
  ensemble: z.string(),
  /** When the newest sample behind this view was taken; null before the first. */
  observedAtMs: atMs.nullable(),
  health: healthLevelSchema,
  /** Worst first. A healthy cluster may have some about its groups. */
  reasons: z.array(reasonSchema),
  controllerId: count.nullable(),
  controllerEpoch: count.nullable(),
  nodes: z.array(nodeSchema),
  /** As its members tell it; absent: nobody knows them. */
  ensembleState: z
    .object({ quorum: z.boolean().nullable(), leader: z.string().nullable(), term: count.nullable() })
    .optional(),
  /** Those that were made on purpose and are not healed. Absent: its host knows none yet. */
  faults: z.array(faultSchema).optional(),
  /** Nodes that are being restarted again and again. */
  storms: z.array(stormSchema).optional(),
  brokers: z.array(brokerStatsSchema),
  topicCount: count.nullable(),
  partitionCount: count.nullable(),
  leaderlessPartitions: count.nullable(),
  /** With a leader, and fewer replicas in sync than acks=all needs; null while that is not known of every topic. */
  underMinIsrPartitions: count.nullable().optional(),
  /** With a leader, and fewer replicas in sync than they have. */
  underReplicatedPartitions: count.nullable().optional(),
  /** Topics of a folder from before there were replicas, which can be given some. Absent: there are none, or nobody knows. */
  oldTopics: z
    .object({
      /** Replicas that each of them would have. */
      factor: count,
      count,
      /** The first 200, Kafka's own before those of people. */
      topics: z.array(z.string())
    })
    .optional(),
  groupCount: count.nullable(),
  /** Of those whose lag is known. */
  groupsBehind: count.nullable(),
  /** Groups with commits whose lag is not known, because somebody does not answer. */
  groupsUnknown: count.nullable(),
  bytesInPerSecond: z.number().nullable(),
  bytesOutPerSecond: z.number().nullable()
})
export type ClusterView = z.infer<typeof clusterSchema>

// ── topics ───────────────────────────────────────────────────────────────────────────────────────────────────────

export const topicRowSchema = z.object({
  name: z.string(),
  topicId: z.string(),
  isInternal: z.boolean(),
  partitionCount: count,
  replicationFactor: count,
  leaderlessPartitions: count,
  /** With a leader, and fewer replicas in sync than it has. */
  underReplicated: count.optional(),
  /** With a leader, and fewer replicas in sync than acks=all needs; null while min.insync.replicas is not known. */
  underMinIsr: count.nullable().optional(),
  /** End minus start, summed; null when a leader did not answer. */
  recordCount: count.nullable(),
  sizeBytes: count.nullable(),
  recordsInPerSecond: z.number().nullable(),
  /** While some of its partitions are not known: the sums of the others, which the whole is at least. */
  partial: z
    .object({
      unknownPartitions: count,
      recordCount: count.nullable(),
      sizeBytes: count.nullable(),
      recordsInPerSecond: z.number().nullable()
    })
    .nullable(),
  /** Groups with a commit or a member in it; null while no coordinator has told of any group. */
  readers: z
    .object({
      /** The worst lag first, 3 at most. */
      named: z.array(z.string()),
      count,
      /** A coordinator does not answer: there may be more. */
      isPartial: z.boolean(),
      /** Of any of them, in this topic; null when none has committed, or none of their lags is known. */
      worstLag: count.nullable(),
      /** The worst may be worse: some of what it is made of is not known. */
      isLagPartial: z.boolean()
    })
    .nullable()
})
export type TopicRow = z.infer<typeof topicRowSchema>
export const topicsSchema = z.object({ observedAtMs: atMs.nullable(), topics: z.array(topicRowSchema) })
export type TopicsView = z.infer<typeof topicsSchema>
/** The first topics by name (order.ts), 120 at most, of so many: there long before the list of thousands is. */
export const firstTopicsSchema = topicsSchema.extend({ topicCount: count })
export type FirstTopicsView = z.infer<typeof firstTopicsSchema>

/** A group that reads one topic. */
export interface TopicReader {
  readonly groupId: string
  readonly state: string
  /** null while its coordinator does not answer. */
  readonly memberCount: number | null
  /** Those of them with a partition of this topic. */
  readonly membersHere: number | null
  readonly partitionsCommitted: number
  /** In this topic: of the partitions with a commit whose end is known; null when that is none. */
  readonly lagRecords: number | null
  readonly isLagPartial: boolean
  readonly isBehind: boolean
}
/** The worst lag first, 5,000 at most; `groupCount` counts all. */
export interface TopicReadersView {
  /** null before any coordinator has answered. */
  readonly observedAtMs: number | null
  readonly groups: readonly TopicReader[]
  readonly groupCount: number | null
  /** Groups of which it is not known now what they read. */
  readonly silentGroups: number
}

export const partitionSchema = z.object({
  partition: count,
  leader: count.nullable(),
  leaderEpoch: z.number().int(),
  replicas: z.array(count),
  isr: z.array(count),
  startOffset: position.nullable(),
  endOffset: position.nullable(),
  sizeBytes: count.nullable()
})
export type PartitionView = z.infer<typeof partitionSchema>

/** What the CLI's `topic describe` prints. */
export const topicSchema = z.object({
  name: z.string(),
  topicId: z.string(),
  /** So many replicas in sync acks=all needs; null while it is not known. */
  minInSyncReplicas: count.nullable().optional(),
  /** Kafka's own: clients and brokers need it, people do not delete it. */
  isInternal: z.boolean(),
  /** Those set for the topic itself; null while they are not known. */
  configs: z.record(z.string(), z.string()).nullable(),
  /** Why they could not be had, one sentence; null while they are known, or not answered yet. */
  configsProblem: z.string().nullable(),
  partitions: z.array(partitionSchema)
})
export type TopicView = z.infer<typeof topicSchema>

/**
 * All partitions of the cluster at a glance. A topic has at most 48 cells; one of more partitions has several of them in
 * a cell, in their order, and the worst of them gives it its level: leaderless is critical, a short ISR degraded.
 */
export const topicCellsSchema = z.object({
  name: z.string(),
  partitionCount: count,
  leaderlessPartitions: count,
  cells: z.array(healthLevelSchema)
})
export type TopicCells = z.infer<typeof topicCellsSchema>
/** The worst topics first, Kafka's own after those of people, 100 at most; `topicCount` counts all. */
export const partitionMapSchema = z.object({
  observedAtMs: atMs.nullable(),
  topicCount: count,
  topics: z.array(topicCellsSchema)
})
export type PartitionMapView = z.infer<typeof partitionMapSchema>

/** A topic's replicas; by partition its leader, the replicas in their order, and those in sync. */
export interface TopicPlacement {
  readonly name: string
  readonly partitions: readonly {
    readonly leader: number | null
    readonly replicas: readonly number[]
    readonly isr: readonly number[]
  }[]
}
/** Topics with an offline partition first, Kafka's own last; so many of them that there are 5,000 partitions at most. */
export interface PlacementView {
  readonly observedAtMs: number | null
  readonly partitionCount: number
  /** Of all partitions: those of Kafka's own topics. */
  readonly internalCount?: number
  /** Of all partitions: those whose leader is not the first of their replicas. */
  readonly notPreferred?: number
  /** Of all partitions, by broker that has a replica or leads. */
  readonly brokers?: readonly { readonly id: number; readonly leaders: number; readonly replicas: number }[]
  readonly topics: readonly TopicPlacement[]
}

export const heldPartitionSchema = z.object({
  topic: z.string(),
  partition: count,
  leader: count.nullable(),
  isr: z.array(count),
  level: healthLevelSchema
})
export type HeldPartition = z.infer<typeof heldPartitionSchema>
/** Every partition that has a replica on one broker, the worst first. */
export const heldPartitionsSchema = z.object({
  observedAtMs: atMs.nullable(),
  partitions: z.array(heldPartitionSchema)
})
export type HeldPartitionsView = z.infer<typeof heldPartitionsSchema>

/** Bytes as text when they are UTF-8, else base64; null is null (a tombstone, a missing key). */
export const payloadSchema = z.union([z.string(), z.object({ base64: z.string() }), z.null()])
export type Payload = z.infer<typeof payloadSchema>

export const recordSchema = z.object({
  topic: z.string(),
  partition: count,
  offset: position,
  /** May be -1 (none) and may exceed 2^53 in foreign records; then it is a string of digits. */
  timestampMs: z.union([z.number(), z.string()]),
  key: payloadSchema,
  value: payloadSchema,
  headers: z.array(z.object({ key: z.string(), value: payloadSchema })),
  /** Bytes of key and value before any cut. Present when key, value or a header was cut for the screen. */
  cutFromBytes: count.optional(),
  /** Bytes of each before any cut, then; of the values of headers, in their order. */
  wholeBytes: z.object({ key: count, value: count, headers: z.array(count) }).optional(),
  /** The batch in which it lies, for screens; `sizeBytes` as in the log. */
  batch: z
    .object({
      baseOffset: position,
      lastOffset: position,
      leaderEpoch: z.number().int(),
      codec: z.enum(['none', 'gzip', 'snappy', 'lz4', 'zstd']),
      timestampType: z.enum(['CreateTime', 'LogAppendTime']),
      sizeBytes: count
    })
    .optional()
})
export type RecordView = z.infer<typeof recordSchema>

/** Records that are in the log and cannot be shown. */
export const unreadableSchema = z.object({
  topic: z.string(),
  partition: count,
  fromOffset: position,
  /** Inclusive. */
  toOffset: position,
  why: z.enum(['corrupt', 'tooLarge']),
  /** For people, in English. */
  reason: z.string()
})
export type UnreadableView = z.infer<typeof unreadableSchema>

// ── groups ───────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Why a lag is not known. notCommitted: there is none, since nothing was committed. coordinatorSilent: what was committed
 * is not known. leaderSilent: the end of a partition is not known.
 */
export const LAG_UNKNOWN = ['notCommitted', 'coordinatorSilent', 'leaderSilent'] as const
export type LagUnknown = (typeof LAG_UNKNOWN)[number]

/**
 * outnumbered: more members than partitions. idle: a member owns nothing although there are enough. standing: commits
 * have not moved for 30 seconds while records came in behind them; standingAlone: and the group has no member.
 */
export const ADVICE_CODES = ['outnumbered', 'idle', 'standing', 'standingAlone'] as const

export const groupRowSchema = z.object({
  groupId: z.string(),
  state: z.string(),
  protocol: z.string(),
  memberCount: count.nullable(),
  topics: z.array(z.string()),
  /** Sum over partitions with a commit, those below 0 taken as 0; null when there is none or the lag of one of them is not known. */
  lagRecords: count.nullable(),
  /** null while it is known. */
  lagUnknown: z.enum(LAG_UNKNOWN).nullable(),
  /** Falls behind, or stands behind: the mark of the group wherever it is named. False while its lag is not known. */
  isBehind: z.boolean(),
  /** What its page has sentences about; left out where there is nothing, or nothing is known. */
  advice: z.array(z.enum(ADVICE_CODES)).optional(),
  /** broker.id of the group coordinator. */
  coordinatorId: count.nullable()
})
export type GroupRow = z.infer<typeof groupRowSchema>
export const groupsSchema = z.object({ observedAtMs: atMs.nullable(), groups: z.array(groupRowSchema) })
export type GroupsView = z.infer<typeof groupsSchema>

export const groupMemberSchema = z.object({
  memberId: z.string(),
  clientId: z.string(),
  clientHost: z.string(),
  assignments: z.array(z.object({ topic: z.string(), partitions: z.array(count) }))
})
export type GroupMemberView = z.infer<typeof groupMemberSchema>

export const groupPartitionSchema = z.object({
  topic: z.string(),
  partition: count,
  committedOffset: position.nullable(),
  startOffset: position.nullable(),
  endOffset: position.nullable(),
  /** Below 0 where the commit lies beyond the end. */
  lagRecords: lag.nullable(),
  memberId: z.string().nullable()
})
export type GroupPartitionView = z.infer<typeof groupPartitionSchema>

export const groupAdviceSchema = z.object({
  code: z.enum(ADVICE_CODES),
  /** Members that own nothing, or partitions whose commit stands. */
  count,
  /** The first 3: client ids, or partitions as topic-0. */
  sample: z.array(z.string()),
  members: count,
  partitions: count,
  /** Since when the first of the commits stands. */
  sinceMs: atMs.nullable()
})
export type GroupAdvice = z.infer<typeof groupAdviceSchema>

/** What the CLI's `group describe` prints. */
export const groupSchema = z.object({
  groupId: z.string(),
  state: z.string(),
  protocol: z.string(),
  coordinatorId: count.nullable().optional(),
  isBehind: z.boolean(),
  /** null while the coordinator does not tell them. */
  members: z.array(groupMemberSchema).nullable(),
  /** Whether the coordinator told the commits; without them a committedOffset of null says nothing. */
  areCommitsKnown: z.boolean(),
  /** Those with a commit or a member, as far as both are known. */
  partitions: z.array(groupPartitionSchema),
  /** What is wrong with how it works, as observed; empty when nothing is, or nothing is known. */
  advice: z.array(groupAdviceSchema)
})
export type GroupView = z.infer<typeof groupSchema>

/**
 * Lag over time as parallel arrays: `atMs[i]` belongs to `total[i]` and to each `partitions[k].lag[i]`. null is a gap:
 * nothing was known (no coordinator, no sample) or nothing was committed. `written` and `read` are records a second over
 * all partitions with a commit, by the ends of the logs and by the commits; null where too little was known.
 */
export const lagHistorySchema = z.object({
  groupId: z.string(),
  fromMs: atMs,
  toMs: atMs,
  atMs: z.array(atMs),
  total: z.array(count.nullable()),
  written: z.array(rate.nullable()),
  read: z.array(rate.nullable()),
  partitions: z.array(z.object({ topic: z.string(), partition: count, lag: z.array(lag.nullable()) }))
})
export type LagHistoryView = z.infer<typeof lagHistorySchema>

/** One second of one group; pushed to watchers of `lag:<groupId>`. total null = a gap. */
export const lagSampleSchema = z.object({
  groupId: z.string(),
  atMs,
  total: count.nullable(),
  written: rate.nullable(),
  read: rate.nullable(),
  partitions: z.array(z.object({ topic: z.string(), partition: count, lag: lag.nullable() }))
})
export type LagSampleView = z.infer<typeof lagSampleSchema>

// ── events ───────────────────────────────────────────────────────────────────────────────────────────────────────

export const EVENT_CODES = [
  'nodeStarting',
  'nodeRunning',
  'nodeStopping',
  'nodeStopped',
  'nodeKilled',
  'nodeCrashed',
  'nodeFailed',
  'nodeRestartPlanned',
  'nodePaused',
  'nodeResumed',
  'nodeWiped',
  'faultAdded',
  'faultHealed',
  'actSettled',
  'stormBegan',
  'stormEnded',
  'recoveryStarted',
  'recoveryEnded',
  'diskFull',
  'diskHasRoom',
  'logsFailed',
  'logsCorrupt',
  'logsBack',
  'logCut',
  'logBegunAnew',
  'partitionsRefused',
  'memberElected',
  'quorumLost',
  'quorumRegained',
  'sessionExpired',
  'sessionsExpired',
  'snapshotRefused',
  'clientTurnedAway',
  'brokerSessionExpired',
  'brokerLeft',
  'brokerRegistered',
  'controllerElected',
  'controllerGone',
  'partitionsOffline',
  'partitionsOnline',
  'partitionsElected',
  'uncleanElection',
  'reassignmentsBegan',
  'reassignmentsEnded',
  'isrShrunk',
  'isrExpanded',
  'logTruncated',
  'committedCut',
  'topicCreated',
  'topicDeleted',
  'groupStateChanged',
  'groupBehind',
  'groupCaughtUp',
  'historyNotKept',
  'historyKept',
  'workloadKilled',
  'workloadHung',
  'workloadEnded',
  'workloadFailed',
  'workloadZombied'
] as const
/**
 * Something that happened and was observed. `params` fills the sentence `event.<code>` of the locale: names, numbers
 * and wire words only. `kind` decides the line in charts: process = solid, cluster = dotted.
 */
export const eventSchema = z.object({
  id: count,
  atMs,
  code: z.enum(EVENT_CODES),
  level: healthLevelSchema,
  kind: z.enum(['process', 'cluster', 'group']),
  subject: z.string().nullable(),
  params: z.record(z.string(), z.union([z.string(), z.number()]))
})
export type ClusterEvent = z.infer<typeof eventSchema>
export type EventCode = (typeof EVENT_CODES)[number]
export const eventsSchema = z.object({ events: z.array(eventSchema) })
export type EventsView = z.infer<typeof eventsSchema>

/** Bytes a second through each broker, by sample. null: not known at that time. */
export interface RatesView {
  readonly atMs: readonly number[]
  readonly brokers: readonly {
    readonly name: string
    readonly inPerSecond: readonly (number | null)[]
    readonly outPerSecond: readonly (number | null)[]
  }[]
}

/**
 * What a failure does to the cluster as it is now, said before it is caused. Worst first by topic; only partitions that it
 * makes worse.
 */
export const nodeCostSchema = z.object({
  node: z.string(),
  isController: z.boolean(),
  topics: z.array(
    z.object({
      topic: z.string(),
      partitionCount: count,
      /** From this node to the first of the ISR that lives. */
      moves: z.array(z.object({ partition: count, to: count })),
      /** No other in-sync replica lives. */
      offline: z.array(count),
      /** As `offline`, but the topic lets a replica lead that is out of sync: acknowledged records may be lost. */
      unclean: z.array(count),
      /** acks=all is refused from then on. */
      underMinIsr: z.array(count),
      /** They keep their leader, which takes no writes (full disk) or no clients. */
      refused: z.array(count),
      /** The node has the only in-sync replica that lives: what is lost with its data. */
      lastInSync: z.array(count)
    })
  ),
  /** Groups whose coordinator is on the node, and who coordinates them then; null: nobody. */
  groups: z.array(z.object({ groupId: z.string(), to: count.nullable() })),
  /** Partitions that lose a replica of their ISR and keep a leader. */
  shrinks: count.optional(),
  /** Partitions of which acks=all waits longer. */
  slowed: count,
  /** False when the monitor does not know (then the lists are incomplete). */
  isComplete: z.boolean(),
  /** False while min.insync.replicas of a topic that is touched is not known: `underMinIsr` may lack some. */
  isMinIsrKnown: z.boolean()
})
export type NodeCostView = z.infer<typeof nodeCostSchema>

const configSource = z.enum(['topic', 'broker', 'everyBroker', 'start', 'default', 'unknown'])
export type ConfigSource = z.infer<typeof configSource>

/** A config of a topic, of a broker, or of all brokers. */
export const configSchema = z.object({
  name: z.string(),
  type: z.enum(['boolean', 'string', 'int', 'short', 'long', 'double', 'list', 'class', 'password', 'unknown']),
  isReadOnly: z.boolean(),
  isSensitive: z.boolean(),
  /** On the topic or the brokers themselves. */
  isSet: z.boolean(),
  /** What holds; null for one that nobody may see, or that has no value. */
  value: z.string().nullable(),
  source: configSource,
  /** What holds when it is not set here; null where the broker does not say. */
  otherwise: z.object({ value: z.string().nullable(), source: configSource }).nullable()
})
export type ConfigView = z.infer<typeof configSchema>
export const configsSchema = z.object({ configs: z.array(configSchema) })
