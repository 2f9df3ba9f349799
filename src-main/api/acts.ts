/**
 * Failures on purpose, each with what was predicted of it and what happened then. Predictions are those of the cluster as it
 * was seen last before the act; outcomes say what was looked at, and null for the rest.
 */
import { z } from 'zod'
import { askedCostSchema, failureActSchema } from './failures'
import { nodeNameSchema } from './node-name'
import { nodeCostSchema } from './views'

const count = z.number().int().nonnegative()
const atMs = z.number()
/** Names of at most three of them: orders-1. */
const counted = z.object({ count, sample: z.array(z.string()) })
export type CountedNames = z.infer<typeof counted>

// ── how partitions stand ─────────────────────────────────────────────────────────────────────────────────────────

/** Partitions and groups that are looked at for one act. */
export const STANDING_PARTITIONS_MAX = 20_000
export const STANDING_GROUPS_MAX = 1000

export const standingSchema = z.object({
  /** When the sample began. */
  atMs,
  /** Whether a broker told of partitions then; without it `topics` says nothing. */
  hasMetadata: z.boolean(),
  topics: z.array(
    z.object({
      name: z.string(),
      topicId: z.string(),
      partitions: z.array(
        z.object({
          partition: count,
          leader: count.nullable(),
          isr: z.array(count),
          /** In sync that acks=all needs; null while it is not known. */
          needed: count.nullable(),
          /** The log's end. */
          end: z.number().int().nullable()
        })
      )
    })
  ),
  /** Partitions beyond STANDING_PARTITIONS_MAX, which are not looked at. */
  left: count,
  /** null: nobody has told of groups. Their coordinators are null while they are not known. */
  groups: z.array(z.object({ groupId: z.string(), coordinatorId: count.nullable() })).nullable()
})
export type Standing = z.infer<typeof standingSchema>

// ── acts ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What is compared, the worst first. `refused` and `slowed` are predicted and not looked at: that takes a client. */
export const ACT_ITEMS = [
  'offline',
  'unclean',
  'underMinIsr',
  'refused',
  'groupsLost',
  'moves',
  'groupsMoved',
  'shrinks',
  'slowed'
] as const
export type ActItemName = (typeof ACT_ITEMS)[number]

export const actItemSchema = z.object({
  what: z.enum(ACT_ITEMS),
  /** null: it could not be foretold. */
  predicted: count.nullable(),
  /** null: it was not looked at. */
  happened: count.nullable(),
  /** null: one of both is not known. */
  isAlike: z.boolean().nullable()
})
export type ActItem = z.infer<typeof actItemSchema>

/**
 * Why what happened may be another thing than what was predicted, or is not known.
 * mixed: something else was done or happened meanwhile. returned: it was back, or healed, before anybody had to be elected.
 * back: it was back, or healed, when it was looked at. unforeseen: nothing was known before. incomplete: not all was known
 * before. gone: partitions were deleted meanwhile. nobodyAnswers: no broker told how partitions stand.
 * tooLate: it was not at rest in time. crowded: too much was done at once to follow it. hostEnded: Lagoon ended before it was.
 */
export const ACT_WHYS = [
  'mixed',
  'returned',
  'back',
  'unforeseen',
  'incomplete',
  'gone',
  'nobodyAnswers',
  'tooLate',
  'crowded',
  'hostEnded'
] as const
export type ActWhy = (typeof ACT_WHYS)[number]

export const ACT_VERDICTS = ['asPredicted', 'differs', 'unclear'] as const
export type ActVerdict = (typeof ACT_VERDICTS)[number]

export const actOutcomeSchema = z.object({
  verdict: z.enum(ACT_VERDICTS),
  whys: z.array(z.enum(ACT_WHYS)),
  items: z.array(actItemSchema),
  /** Who leads what the node led before, the one with the most first. */
  leaders: z.array(z.object({ broker: count, count })),
  /** Of those: led by another broker than was predicted. */
  elsewhere: counted,
  /** Partitions without a leader that had one. */
  offline: counted,
  /** From the act to the last election that followed from it; null: none was told of. */
  electedMs: z.number().nonnegative().nullable(),
  /** Of the partitions that were looked at: acks=all is taken, is refused, or nobody knows; records came in at the end. */
  writes: z.object({ taken: count, refused: count, unknown: count, arriving: count }).nullable(),
  /** Partitions that were looked at, and those that were not since there are too many. */
  looked: count,
  left: count
})
export type ActOutcome = z.infer<typeof actOutcomeSchema>

/** Something that was done, or happened, while another act was followed. */
const mixedWithSchema = z.object({
  what: z.union([failureActSchema, z.enum(['start', 'heal', 'crash'])]),
  node: z.string(),
  atMs
})
export type MixedWith = z.infer<typeof mixedWithSchema>

export const actSchema = z.object({
  id: count,
  atMs,
  act: failureActSchema,
  node: nodeNameSchema,
  /** The other end of a link, and the rest of a fault; null for what has none. */
  to: nodeNameSchema.nullable(),
  oneWay: z.boolean(),
  value: z.number().nullable(),
  /** When the cluster was at rest again. Until then, null, the outcome is what was predicted, of which nothing has happened yet. */
  settledAtMs: atMs.nullable(),
  outcome: actOutcomeSchema,
  /** The first of them. */
  mixedWith: z.array(mixedWithSchema)
})
export type ActView = z.infer<typeof actSchema>
/** The newest last. */
export interface ActsView {
  readonly acts: readonly ActView[]
}

export const ACT_COMMANDS = {
  /** What was done on purpose, and what came of it; the newest last. */
  'act.list': { input: z.object({}), output: z.object({ acts: z.array(actSchema) }) },
  /** What a failure would do and how what it may touch stands: as it was seen last, or as it was before a moment. */
  'act.standing': {
    input: z.object({
      asked: askedCostSchema,
      beforeMs: z.number().optional(),
      groupIds: z.array(z.string()).max(STANDING_GROUPS_MAX).optional()
    }),
    /** null: nothing has been seen by then. */
    output: z.object({ standing: standingSchema.nullable(), cost: nodeCostSchema.nullable() })
  }
} as const
