/**
 * Commands: every call that app and CLI make, with the schema of what it takes and what it answers. The host checks
 * both sides' input by these schemas; a failure is an ApiError, never an exception of the transport.
 */
import { z } from 'zod'
import { ACT_COMMANDS } from './acts'
import { CLUSTERS_COMMANDS } from './clusters'
import { DESKTOP_COMMANDS } from './desktop'
import { ENSEMBLE_COMMANDS } from './ensemble'
import { askedCostSchema, FAILURE_COMMANDS, PARTITION_COMMANDS } from './failures'
import { checkCommand, decodeCommand, produceCommand, productionCommand } from './producing'
import { nodeNameSchema } from './node-name'
import { criterionSchema, scanQuerySchema } from './search'
import {
  configsSchema,
  groupSchema,
  groupsSchema,
  lagHistorySchema,
  nodeCostSchema,
  nodeSchema,
  recordSchema,
  statusSchema,
  topicSchema,
  topicsSchema,
  unreadableSchema,
  clusterSchema,
  eventsSchema
} from './views'
import { SESSION_COMMANDS } from './sessions'
import { WORKLOAD_COMMANDS } from './workloads'
import { ZNODE_COMMANDS } from './znodes'

const groupIdSchema = z.string().min(1)
const partition = z.number().int().min(0).max(2147483647)
const offset = z.number().int().min(0)
const atTime = z.object({ type: z.literal('time'), timestampMs: z.number().int().min(0) })
/** With a time the offset is not known yet: it is where the partition's first record of that time or later lies. */
const pagePlace = z.object({ partition, offset, timestampMs: z.number().int().min(0).optional() })
const placeBefore = z.object({ partition, offset })
/** As many as a coordinator takes in one request. */
const COMMITS_MAX = 30_000
const commitSchema = z.object({
  offset,
  /** -1: not known to who committed. */
  leaderEpoch: z.number().int().min(-1).max(2147483647),
  /** Free text of who committed; a string of Kafka's protocol holds no more. */
  metadata: z.string().max(32_767)
})
/**
 * A partition that was read and gave nothing, or whose log begins after the place that was asked for. `askedOffset` is
 * null where no offset was asked for, and where there is none: nothing committed, nothing written so late.
 */
const logPlace = z.object({
  partition,
  askedOffset: offset.nullable(),
  startOffset: offset,
  /** Exclusive: the one that is written next. */
  endOffset: offset
})
export type LogPlace = z.infer<typeof logPlace>
const configResource = z.discriminatedUnion('type', [
  z.object({ type: z.literal('topic'), topic: z.string().min(1) }),
  z.object({ type: z.literal('broker'), broker: z.number().int().min(0).nullable() })
])
const nothing = z.object({})

export const COMMANDS = {
  'cluster.status': { input: nothing, output: statusSchema },
  'cluster.view': { input: nothing, output: clusterSchema },
  'cluster.events': { input: nothing, output: eventsSchema },
  /** Ends when the whole cluster has stopped; only the process that hosts it answers. */
  'cluster.stop': { input: nothing, output: nothing },
  /** How many days its history is kept: lag and events. Kept in its folder, obeyed at once. */
  'cluster.keepHistory': { input: z.object({ days: z.number().int().min(1).max(365) }), output: nothing },

  'node.cost': { input: askedCostSchema, output: nodeCostSchema },
  /** SIGKILL. Each of these four answers when the effect was observed, and is idempotent. */
  'node.kill': { input: z.object({ node: nodeNameSchema }), output: nodeSchema },
  'node.stop': { input: z.object({ node: nodeNameSchema }), output: nodeSchema },
  'node.start': { input: z.object({ node: nodeNameSchema }), output: nodeSchema },
  'node.restart': { input: z.object({ node: nodeNameSchema }), output: nodeSchema },

  'topic.list': { input: nothing, output: topicsSchema },
  'topic.describe': { input: z.object({ topic: z.string().min(1) }), output: topicSchema },
  'topic.create': {
    input: z.object({
      topic: z.string(),
      partitions: z.number().int().optional(),
      replicationFactor: z.number().int().optional(),
      configs: z.record(z.string(), z.string()).optional()
    }),
    output: z.object({ topic: z.string(), topicId: z.string() })
  },
  'topic.delete': { input: z.object({ topic: z.string().min(1) }), output: z.object({ topic: z.string() }) },

  /** Sets and removes configs of a topic, leaves the others; answers all that are set for it then. */
  'topic.alter': {
    input: z.object({
      topic: z.string().min(1),
      set: z.record(z.string(), z.string()).optional(),
      remove: z.array(z.string()).optional()
    }),
    output: z.object({ topic: z.string(), configs: z.record(z.string(), z.string()) })
  },
  /** All configs of a topic, of a broker, or of all brokers (no id). */
  'config.describe': { input: z.object({ resource: configResource }), output: configsSchema },
  /** Sets and removes; the others stay. Answers what was read back. */
  'config.alter': {
    input: z.object({
      resource: configResource,
      set: z.record(z.string(), z.string()).optional(),
      remove: z.array(z.string()).optional()
    }),
    output: configsSchema
  },

  /** `to` is how many there are afterwards. Keys map to other partitions from then on. */
  'topic.addPartitions': {
    input: z.object({ topic: z.string().min(1), to: z.number().int() }),
    output: z.object({ topic: z.string(), partitions: z.number().int() })
  },
  /** Deletes records: all, or what lies before an offset or a time; of all partitions or one. */
  'topic.purge': {
    input: z.object({
      topic: z.string().min(1),
      partition: partition.optional(),
      before: z.union([z.object({ type: z.literal('offset'), offset }), atTime]).optional()
    }),
    output: z.object({
      topic: z.string(),
      partitions: z.array(z.object({ partition, startOffset: offset })),
      /** Partitions where nothing was deleted, and why. */
      failed: z.array(z.object({ partition, kafkaError: z.string(), message: z.string() }))
    })
  },

  /** The newest `limit` records over all partitions (or one), newest first by partition time order. */
  'records.newest': {
    input: z.object({
      topic: z.string().min(1),
      partition: partition.optional(),
      partitions: z.array(partition).min(1).max(10_000).optional(),
      /** Only what lies before these: the `positions` of a newer page. A partition that is not named is read from its end. */
      before: z.array(placeBefore).max(10_000).optional(),
      limit: z.number().int().min(1).max(1000)
    }),
    output: z.object({
      records: z.array(recordSchema),
      unreachablePartitions: z.array(partition),
      /** By partition and offset; what is older than the records shown may be among them. */
      unreadable: z.array(unreadableSchema),
      /** The older ones are before these. A partition whose leader did not answer keeps its place. */
      positions: z.array(placeBefore),
      /** Why there is nothing of a partition: by partition. */
      places: z.array(logPlace),
      /** Nothing older is left. */
      isStart: z.boolean()
    })
  },
  /**
   * Records from a place on, `limit` of all partitions together: within a partition in the order of its offsets, over
   * partitions oldest first. `positions` is where the next ones are; a partition that is not in them is new and is read
   * from its start. Rejects with NOT_FOUND and GROUP_ID_NOT_FOUND for a group that is not there.
   */
  'records.from': {
    input: z.object({
      topic: z.string().min(1),
      partitions: z.array(partition).min(1).max(10_000).optional(),
      from: z.union([
        z.object({ type: z.literal('oldest') }),
        z.object({ type: z.literal('offset'), offset }),
        atTime,
        z.object({ type: z.literal('group'), groupId: z.string() }),
        z.object({ type: z.literal('positions'), positions: z.array(pagePlace).max(10_000) })
      ]),
      limit: z.number().int().min(1).max(1000)
    }),
    output: z.object({
      records: z.array(recordSchema),
      unreachablePartitions: z.array(partition),
      unreadable: z.array(unreadableSchema),
      positions: z.array(pagePlace),
      /** Why there is nothing of a partition, or not from where it was asked for: by partition. */
      places: z.array(logPlace),
      /** Every partition was read, and nothing lies behind them now. */
      isEnd: z.boolean()
    })
  },
  /** One record with nothing of it cut, to be copied or looked at in full. */
  'record.whole': {
    input: z.object({ topic: z.string().min(1), partition, offset: z.number().int().min(0) }),
    output: recordSchema
  },
  /** Writes a key or value as the bytes that it is to a file of the host's machine. */
  'record.save': {
    input: z.object({
      topic: z.string().min(1),
      partition,
      offset,
      part: z.enum(['key', 'value']),
      path: z.string().min(1).max(4096),
      isReplacing: z.boolean().optional()
    }),
    output: z.object({ path: z.string(), sizeBytes: z.number().int() })
  },

  /**
   * Looks through a topic; what is found comes as pushes of `job:<id>`, `limit` records at most, all of them counted.
   * Rejects, as an export does, with NOT_FOUND and GROUP_ID_NOT_FOUND from a group that is not there.
   */
  'search.open': {
    input: scanQuerySchema.extend({ limit: z.number().int().min(1).max(10_000) }),
    output: z.object({ job: z.string() })
  },
  /** Follows the end of a topic: pushes of `job:<id>`. */
  'tail.open': {
    input: z.object({
      topic: z.string().min(1),
      partitions: z.array(partition).min(1).max(10_000).optional(),
      criteria: z.array(criterionSchema).max(20)
    }),
    output: z.object({ job: z.string() })
  },
  'tail.pause': { input: z.object({ job: z.string(), isPaused: z.boolean() }), output: nothing },
  /** Writes what fits to a file of the host's machine, which has its name only when all of it is there. */
  'export.open': {
    input: scanQuerySchema.extend({
      format: z.enum(['jsonl', 'csv']),
      path: z.string().min(1).max(4096),
      isReplacing: z.boolean().optional()
    }),
    output: z.object({ job: z.string() })
  },
  /** Of a search, tail or export; idempotent. */
  'job.close': { input: z.object({ job: z.string() }), output: nothing },

  'records.produce': produceCommand,
  'records.check': checkCommand,
  'avro.decode': decodeCommand,
  'production.start': productionCommand,
  /** What is under way is still sent; the last push of its watch says what became of all. */
  'production.stop': { input: z.object({ production: z.string() }), output: nothing },
  /** Starts a consumer in the host; records arrive as pushes of `consumer:<id>`. */
  'consumer.open': {
    input: z.object({
      topic: z.string().min(1),
      groupId: groupIdSchema.optional(),
      from: z.union([z.literal('earliest'), z.literal('latest'), z.number().int().min(0)]),
      maxRecords: z.number().int().min(1).optional(),
      pollTimeoutMs: z.number().int().min(1).optional(),
      commit: z.enum(['auto', 'each', 'never'])
    }),
    output: z.object({ consumer: z.string() })
  },
  /**
   * Says that all pushes up to this one are where they were to go: printed, shown, stored. Only these are committed, and
   * a few pushes ahead of it reading stops.
   */
  'consumer.take': {
    input: z.object({ consumer: z.string(), sequence: z.number().int().min(1) }),
    output: nothing
  },
  'consumer.close': { input: z.object({ consumer: z.string() }), output: nothing },

  'group.list': { input: nothing, output: groupsSchema },
  /** The empty id, too: simple consumers keep offsets under it. */
  'group.describe': { input: z.object({ groupId: z.string() }), output: groupSchema },
  'group.delete': { input: z.object({ groupId: z.string() }), output: z.object({ groupId: z.string() }) },
  /** Takes back what the group has committed in a topic that it does not read any more. */
  'group.deleteOffsets': {
    input: z.object({ groupId: z.string(), topic: z.string().min(1) }),
    output: z.object({
      groupId: z.string(),
      topic: z.string(),
      partitions: z.array(z.object({ partition, before: offset.nullable() }))
    })
  },
  /** Refused while the group has members. Without topics: all partitions that it has committed in. */
  'group.reset': {
    input: z.object({
      groupId: z.string(),
      to: z.union([
        z.object({ type: z.enum(['earliest', 'latest']) }),
        z.object({ type: z.literal('offset'), offset }),
        atTime,
        z.object({ type: z.literal('shift'), by: z.number().int() })
      ]),
      topics: z
        .array(z.object({ topic: z.string().min(1), partitions: z.array(partition).min(1).optional() }))
        .min(1)
        .optional(),
      /** Plans only. */
      dryRun: z.boolean().optional()
    }),
    output: z.object({
      groupId: z.string(),
      applied: z.boolean(),
      partitions: z.array(
        z.object({
          topic: z.string(),
          partition,
          before: offset.nullable(),
          after: offset,
          /** Of the log when it was looked at: what lies outside of it is not there to be read or skipped. */
          startOffset: offset,
          endOffset: offset,
          /** What was asked for lies outside of the log, or no record is that late: this end of it was taken. */
          clampedTo: z.enum(['start', 'end']).optional()
        })
      ),
      /** All that was committed in these partitions, for `group.restore`; one that is not named had nothing. */
      was: z.array(commitSchema.extend({ topic: z.string(), partition }))
    })
  },
  /**
   * Puts commits back as they were, wherever the log begins and ends by now; null takes back what is committed. Refused
   * while the group has members; idempotent. What it answers was read back.
   */
  'group.restore': {
    input: z.object({
      groupId: z.string(),
      partitions: z
        .array(z.object({ topic: z.string().min(1), partition, commit: commitSchema.nullable() }))
        .min(1)
        .max(COMMITS_MAX)
    }),
    output: z.object({
      groupId: z.string(),
      /** Those that stand as asked. */
      partitions: z.array(
        z.object({ topic: z.string(), partition, before: offset.nullable(), after: offset.nullable() })
      ),
      /** Those that do not, and why; with no error of Kafka's, somebody else committed there meanwhile. */
      failed: z.array(
        z.object({ topic: z.string(), partition, kafkaError: z.string().nullable(), message: z.string() })
      )
    })
  },
  'group.lag': {
    input: z.object({
      groupId: z.string(),
      rangeMs: z
        .number()
        .int()
        .min(1000)
        .max(24 * 3_600_000)
    }),
    output: lagHistorySchema
  },

  ...ENSEMBLE_COMMANDS,
  ...SESSION_COMMANDS,
  ...ZNODE_COMMANDS,
  ...FAILURE_COMMANDS,
  ...ACT_COMMANDS,
  ...PARTITION_COMMANDS,
  ...WORKLOAD_COMMANDS,
  ...CLUSTERS_COMMANDS,
  ...DESKTOP_COMMANDS
} as const satisfies Record<string, { readonly input: z.ZodType; readonly output: z.ZodType }>

export type CommandName = keyof typeof COMMANDS
export type CommandInput<Name extends CommandName> = z.input<(typeof COMMANDS)[Name]['input']>
export type CommandOutput<Name extends CommandName> = z.output<(typeof COMMANDS)[Name]['output']>
