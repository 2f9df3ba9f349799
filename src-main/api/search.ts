/** Looking through a topic: what is asked for, and what comes while it is done. */
import { z } from 'zod'
import { recordSchema, unreadableSchema } from './views'

const count = z.number().int().min(0)
const partition = z.number().int().min(0).max(2147483647)
const offset = z.number().int().min(0)
const words = z.string().max(10_000)

export const criterionSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: words, isCaseSensitive: z.boolean().optional() }),
  z.object({ type: z.literal('regex'), pattern: words, isCaseSensitive: z.boolean().optional() }),
  z.object({ type: z.literal('field'), expression: words }),
  z.object({
    type: z.literal('header'),
    name: words.optional(),
    value: words.optional(),
    isCaseSensitive: z.boolean().optional()
  }),
  z.object({
    type: z.literal('key'),
    text: words,
    isWhole: z.boolean().optional(),
    isCaseSensitive: z.boolean().optional()
  }),
  z.object({ type: z.literal('tombstone') }),
  z.object({
    type: z.literal('places'),
    places: z.array(z.object({ partition, offsets: z.array(offset).max(10_000) })).max(10_000)
  })
])
export type SearchCriterion = z.infer<typeof criterionSchema>

const placeSchema = z.union([
  z.object({ type: z.literal('offset'), offset }),
  z.object({ type: z.literal('time'), timestampMs: z.number().int().min(0) })
])
export type ScanPlace = z.infer<typeof placeSchema>
/** A group: from what it has committed on; partitions in which that is nothing are named as not read. */
const startSchema = z.union([placeSchema, z.object({ type: z.literal('group'), groupId: z.string().min(1) })])

export const scanQuerySchema = z.object({
  topic: z.string().min(1),
  /** Absent: all. */
  partitions: z.array(partition).min(1).max(10_000).optional(),
  /** Within a partition nearly, over all partitions roughly: they are read in parallel. */
  order: z.enum(['newestFirst', 'oldestFirst']),
  from: startSchema.optional(),
  /** Exclusive. Absent: where the log ended when the search began. */
  to: placeSchema.optional(),
  /** All must hold. */
  criteria: z.array(criterionSchema).max(20)
})
export type ScanQuery = z.infer<typeof scanQuerySchema>

/** Why something was not read; `other`: for a reason that only its sentence tells. */
export const NOT_READ_CODES = [
  'silent',
  'leaderless',
  'notLeader',
  'topicDeleted',
  'logCut',
  'uncommitted',
  'nothingMore',
  'other'
] as const

/** Offsets of a partition that were not looked at; null where not even its ends are known. */
export const notReadSchema = z.object({
  partition,
  fromOffset: offset.nullable(),
  /** Exclusive. */
  untilOffset: offset.nullable(),
  code: z.enum(NOT_READ_CODES),
  /** The same as one sentence. */
  reason: z.string()
})
export type NotReadView = z.infer<typeof notReadSchema>

export const scanProgressSchema = z.object({
  /** Records to look at, as far as is known. */
  recordsTotal: count.nullable(),
  recordsScanned: count,
  bytesScanned: count,
  found: count,
  elapsedMs: z.number().min(0),
  bytesPerSecond: z.number().min(0),
  partitions: z.array(
    z.object({
      partition,
      fromOffset: offset.nullable(),
      untilOffset: offset.nullable(),
      /** Of these so many offsets have been looked at. */
      scanned: count,
      state: z.enum(['waiting', 'reading', 'done', 'notRead'])
    })
  ),
  unreadableCount: count,
  /** The first hundred places. */
  unreadable: z.array(unreadableSchema),
  notRead: z.array(notReadSchema)
})
export type ScanProgress = z.infer<typeof scanProgressSchema>

export const JOB_STATES = ['running', 'done', 'stopped', 'failed'] as const
export type JobState = (typeof JOB_STATES)[number]

/** What comes for `job:<id>`. Progress a few times a second; `records` are new ones since the last push. */
export type JobPush =
  | {
      readonly type: 'search'
      readonly state: JobState
      readonly records: readonly z.infer<typeof recordSchema>[]
      readonly progress: ScanProgress
      readonly error: string | null
    }
  | {
      readonly type: 'tail'
      readonly state: JobState
      readonly records: readonly z.infer<typeof recordSchema>[]
      /** Offsets that came since it began. */
      readonly arrived: number
      /**
       * Of these, so many were not shown because there were too many, or it was paused; they were not looked at, but for
       * those that fit and were more than are shown at once. Without criteria what was shown and skipped is what arrived,
       * but for what is not yet looked at and what cannot be read.
       */
      readonly skipped: number
      /** Came while it is paused; they are skipped when it goes on. */
      readonly waiting: number
      readonly isPaused: boolean
      readonly recordsPerSecond: number
      readonly unreadableCount: number
      readonly silentPartitions: readonly number[]
      readonly error: string | null
    }
  | {
      readonly type: 'export'
      readonly state: JobState
      readonly progress: ScanProgress
      readonly bytesWritten: number
      /** Where it is, when it is done. */
      readonly path: string | null
      readonly error: string | null
    }
