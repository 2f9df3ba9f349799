/**
 * What can be done to a lab cluster on purpose, beside killing and stopping nodes. Each command answers when its effect was
 * observed, and is idempotent.
 */
import { z } from 'zod'
import { askedFaultSchema, FAULT_KINDS, faultSchema } from './faults'
import { nodeNameSchema } from './node-name'
import { nodeSchema } from './views'

const node = z.object({ node: nodeNameSchema })

/** Of a log that its broker cannot use (kernel/log-repair). */
const REPAIRS = ['copy', 'cut'] as const

/** What is done to a node itself. */
export const NODE_ACTS = ['kill', 'stop', 'pause', 'wipe', 'restart', 'storm'] as const
export type NodeAct = (typeof NODE_ACTS)[number]
export const failureActSchema = z.enum([...NODE_ACTS, ...FAULT_KINDS])
export type FailureAct = z.infer<typeof failureActSchema>

/** Restarts of one storm, and what may lie between two of them. */
export const STORM_COUNT = { min: 2, max: 100, default: 5 } as const
export const STORM_INTERVAL_MS = { min: 0, max: 600_000, default: 1000 } as const

/** What is asked of the cost of a failure before it is caused. Absent: a kill. */
export const askedCostSchema = z.object({
  node: nodeNameSchema,
  act: failureActSchema.optional(),
  /** The other end of a link. */
  to: nodeNameSchema.optional(),
  /** What the host adds: brokers that serve nobody, whether or not the cluster has noticed; how large the ensemble is. */
  absent: z.array(z.number().int()).optional(),
  members: z.number().int().optional()
})
export type AskedCost = z.infer<typeof askedCostSchema>

const partitionAt = { topic: z.string().min(1), partition: z.number().int().min(0).max(2147483647) }
const brokerIds = z.array(z.number().int().min(0).max(2147483647))

/** Where the replicas of a partition are, and where they are going. */
export const partitionStateSchema = z.object({
  ...partitionAt,
  leader: z.number().int().nullable(),
  replicas: brokerIds,
  isr: brokerIds,
  adding: brokerIds,
  removing: brokerIds
})
export type PartitionState = z.infer<typeof partitionStateSchema>

/** Replicas that one partition may be given, and partitions that one plan may name. */
const replicasMax = 1000
export const PLAN_MAX = 10_000

const wantedSchema = z.object({ ...partitionAt, replicas: brokerIds.min(1).max(replicasMax) })
/** What a partition is to have; the first is the preferred one. */
export type WantedReplicas = z.infer<typeof wantedSchema>

/**
 * Where replicas are to go: away from a broker, evenly over all brokers, so many of them for each partition, or as they are
 * given, which is only looked at: what would be copied, and from where.
 */
export const planGoalSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('given'), moves: z.array(wantedSchema).min(1).max(PLAN_MAX) }),
  z.object({ type: z.literal('away'), broker: z.number().int().min(0).max(2147483647) }),
  z.object({ type: z.literal('spread') }),
  z.object({ type: z.literal('factor'), factor: z.number().int().min(1).max(replicasMax) })
])
export type PlanGoal = z.infer<typeof planGoalSchema>

export const plannedMoveSchema = z.object({
  ...partitionAt,
  leader: z.number().int().nullable(),
  isr: brokerIds,
  from: brokerIds,
  to: brokerIds,
  /** That replicas which are new have to copy; null while the size of the partition is not known. */
  bytes: z.number().int().nullable()
})
export type PlannedMove = z.infer<typeof plannedMoveSchema>

export const planSchema = z.object({
  /** By topic and partition, the first PLAN_MAX. */
  moves: z.array(plannedMoveSchema),
  /** More than that: apply these, and plan again. */
  left: z.number().int(),
  /** Partitions for which there is no broker that lives and has no replica of them already. */
  stuck: z.number().int(),
  /** Partitions that are being moved already, which a plan leaves alone. */
  moving: z.number().int()
})
export type ReassignmentPlan = z.infer<typeof planSchema>

export const partitionMoveSchema = z.object({
  ...partitionAt,
  replicas: brokerIds,
  adding: brokerIds,
  removing: brokerIds
})
export type PartitionMove = z.infer<typeof partitionMoveSchema>

/** One replica as it is now. */
export const replicaStateSchema = z.object({
  broker: z.number().int(),
  /** The offset after its last record; null while its broker does not say. */
  logEnd: z.number().int().nullable(),
  /**
   * How long it has lacked what its leader has, by the leader's log as it was seen while somebody looked; 0 when it lacks nothing.
   * Absent or null: not known. It is no more than that, or with `isAtLeast` no less.
   */
  behind: z.object({ ms: z.number().nonnegative(), isAtLeast: z.boolean() }).nullable().optional()
})
export type ReplicaState = z.infer<typeof replicaStateSchema>

/** Looks at partitions are a second apart, and one that waits for brokers which stand still takes some more: beyond this nobody looked. */
export const LOOK_HOLE_MS = 10_000

/** What a partition was from `atMs` until the next one, as the cluster told it. */
const partitionChangeSchema = z.object({
  atMs: z.number(),
  leader: z.number().int().nullable(),
  leaderEpoch: z.number().int(),
  replicas: brokerIds,
  isr: brokerIds
})
export const partitionHistorySchema = z.object({
  topicId: z.string(),
  /** When somebody told what there is, from one look to the last in a row; of other times nothing is known. */
  looks: z.array(z.object({ fromMs: z.number(), toMs: z.number() })),
  /** The brokers that the cluster knew, from `atMs` until the next one. */
  live: z.array(z.object({ atMs: z.number(), brokers: brokerIds })),
  /** Oldest first. Of what was before the first of them nothing is known. */
  changes: z.array(partitionChangeSchema)
})
export type PartitionHistoryView = z.infer<typeof partitionHistorySchema>

const partitionStates = z.object({
  partitions: z.array(partitionStateSchema),
  /** What was refused, by Kafka's names. */
  failed: z.array(z.object({ ...partitionAt, kafkaError: z.string(), message: z.string() }))
})

/** Of leaders and replicas; a refusal of the only partition that was asked for is an error of the call. */
export const PARTITION_COMMANDS = {
  /** The preferred leader; `isUnclean`: where the ISR has nobody who lives, any replica that does. */
  'partition.elect': {
    input: z.object({
      partitions: z.array(z.object(partitionAt)).min(1).max(PLAN_MAX),
      isUnclean: z.boolean().optional()
    }),
    output: partitionStates
  },
  /** Answers when the controller has taken it; it goes on by itself. Without `replicas` what is under way is broken off. */
  'partition.reassign': {
    input: z.object({
      moves: z
        .array(z.object({ ...partitionAt, replicas: brokerIds.min(1).max(replicasMax).optional() }))
        .min(1)
        .max(PLAN_MAX),
      /** Bytes a second that each broker may copy for it (KIP-73). */
      throttle: z.number().int().min(1).optional()
    }),
    output: partitionStates
  },
  /** What would be moved. Nothing is done; `partition.reassign` does it. Without topics: of all, Kafka's own among them. */
  'partition.plan': {
    input: z.object({ goal: planGoalSchema, topics: z.array(z.string().min(1)).min(1).max(PLAN_MAX).optional() }),
    output: planSchema
  },
  /** What is being moved now, as the controller says; the first PLAN_MAX of `count`. */
  'partition.moves': {
    input: z.object({}),
    output: z.object({ moves: z.array(partitionMoveSchema), count: z.number().int() })
  },
  /** How far each replica of a partition is, the leader first. Followers are asked themselves (replica id -2). */
  'partition.replicas': {
    input: z.object(partitionAt),
    output: z.object({ replicas: z.array(replicaStateSchema) })
  },
  /** Who led it, and who was in sync, as it was seen in the last hour. */
  'partition.history': { input: z.object(partitionAt), output: partitionHistorySchema }
} as const

export const FAILURE_COMMANDS = {
  /** SIGSTOP; until it is resumed, started, stopped or killed. */
  'node.pause': { input: node, output: nodeSchema },
  'node.resume': { input: node, output: nodeSchema },
  /** Kills what runs and empties its folder; it stays stopped. */
  'node.wipe': { input: node, output: nodeSchema },
  /** Restarts it again and again; answers at once. Whatever else is done to the node ends it. */
  'node.storm': {
    input: node.extend({
      count: z.number().int().min(STORM_COUNT.min).max(STORM_COUNT.max).optional(),
      intervalMs: z.number().int().min(STORM_INTERVAL_MS.min).max(STORM_INTERVAL_MS.max).optional()
    }),
    output: nodeSchema
  },
  /** Answers when no more restarts follow, and the node runs. Of none nothing is done. */
  'node.endStorm': { input: node, output: nodeSchema },
  /**
   * Of a log that its broker cannot use. copy: it is thrown away and copied from the leader. cut: a spoilt batch and all behind it are
   * given up; `from` and `to` are where the log ended and ends.
   */
  'partition.repair': {
    input: z.object({ ...partitionAt, broker: z.number().int(), how: z.enum(REPAIRS) }),
    output: z.object({
      ...partitionAt,
      broker: z.number().int(),
      how: z.enum(REPAIRS),
      from: z.number().int().nullable(),
      to: z.number().int().nullable()
    })
  },
  /** The same fault again is changed, not added a second time. */
  'fault.add': { input: askedFaultSchema, output: faultSchema },
  'fault.list': { input: z.object({}), output: z.object({ faults: z.array(faultSchema) }) },
  /** One, or all without an id; what was healed. */
  'fault.heal': { input: z.object({ id: z.string().optional() }), output: z.object({ faults: z.array(faultSchema) }) }
} as const
