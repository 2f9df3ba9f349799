/** What is asked and told of producing: records one by one, and many from a template. */
import { z } from 'zod'
import { CODECS, formatSchema, FRAMINGS, problemSchema } from './formats'
import { payloadSchema } from './views'

const partition = z.number().int().min(0).max(2147483647)
const count = z.number().int().nonnegative()
/** What a record's time may be on the wire. */
export const TIMESTAMP_MIN = -(2n ** 63n)
export const TIMESTAMP_MAX = 2n ** 63n - 1n
/** The record has no time (Kafka's RecordBatch.NO_TIMESTAMP). */
export const NO_TIMESTAMP = -1

/** Of digits as somebody types them; undefined for what is no int64. Beyond 2^53 as digits, so that it stays what it is. */
export function typedTimestamp(text: string): number | string | undefined {
  if (!/^-?[0-9]{1,19}$/.test(text)) return undefined
  const value = BigInt(text)
  if (value < TIMESTAMP_MIN || value > TIMESTAMP_MAX) return undefined
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
}

const timestampMs = z.union([
  z.number().int(),
  z.string().refine((text) => typedTimestamp(text) !== undefined, { error: 'must be a whole number of 64 bits' })
])

const target = {
  topic: z.string().min(1),
  acks: z.union([z.literal(0), z.literal(1), z.literal(-1)]),
  codec: z.enum(CODECS).optional(),
  /** Absent: by key as Java's clients do, without a key wherever it is convenient. */
  partition: partition.optional(),
  /** What texts of keys and values are; absent: UTF-8. null and bytes stay what they are. */
  keyFormat: formatSchema.optional(),
  valueFormat: formatSchema.optional()
}
const record = z.object({
  key: payloadSchema,
  /** null is a tombstone, the empty text is none. */
  value: payloadSchema,
  /** In this order, repeated ones too. */
  headers: z.array(z.object({ key: z.string(), value: payloadSchema })).optional(),
  /** Absent: when it is sent. */
  timestampMs: timestampMs.optional()
})
export type TypedRecord = z.infer<typeof record>

/** Records of one request, and of one step of a production. */
export const recordsMax = 10_000

const sendError = z.object({
  code: z.string(),
  message: z.string(),
  kafkaError: z.string().optional()
})

export const produceCommand = {
  input: z.object({ ...target, records: z.array(record).min(1).max(recordsMax) }),
  output: z.object({
    records: z.array(
      z.object({
        topic: z.string(),
        partition,
        /** null with acks 0, where no broker tells it, and where there is an error. */
        offset: z.number().int().nullable(),
        /** Why it was not written, or why that is not known. When no record was, the command fails instead. */
        error: sendError.optional()
      })
    )
  })
} as const

const part = z.object({
  /** null where there is a problem, or no bytes: a null key, a tombstone. */
  bytes: count.nullable(),
  problem: problemSchema.nullable()
})

/** What would become of a record. Nothing is sent. */
export const checkCommand = {
  input: z.object({
    topic: target.topic,
    partition: target.partition,
    keyFormat: target.keyFormat,
    valueFormat: target.valueFormat,
    key: payloadSchema,
    value: payloadSchema
  }),
  output: z.object({
    partitionCount: count,
    /** null: without a key it is chosen when the record is sent, or the key has a problem. */
    partition: partition.nullable(),
    key: part,
    value: part,
    /** By codec, why this process cannot write it. */
    codecsMissing: z.partialRecord(z.enum(CODECS), z.string())
  })
} as const

/** Avro bytes as JSON text; without a framing it is found. */
export const decodeCommand = {
  input: z.object({ schema: z.string(), payload: payloadSchema, framing: z.enum(FRAMINGS).optional() }),
  output: z.object({ text: z.string(), framing: z.enum(FRAMINGS), schemaId: count.optional() })
} as const

/** In key, value and headers of a template this becomes the record's number, from 1. */
export const COUNTER = '{n}'

/**
 * Many records from one template. It begins when `production:<id>` is watched, and ends with that watch: records that
 * nobody looks at are no longer made. What goes on by itself is a workload.
 */
export const productionCommand = {
  input: z.object({
    ...target,
    record,
    /** Absent: until it is stopped. */
    count: z.number().int().min(1).max(1_000_000_000).optional(),
    /** Absent: as fast as the brokers take them. */
    ratePerSecond: z.number().min(0.01).max(1_000_000).optional()
  }),
  output: z.object({ production: z.string() })
} as const

export const PRODUCTION_STATES = ['running', 'done', 'stopped', 'failed', 'lost'] as const

/** Pushed for `production:<id>`, whole, a few times a second. */
export interface ProductionView {
  /** done: all were sent. failed: it cannot go on, `problem` says why. lost: nobody knows of it any more. */
  readonly state: (typeof PRODUCTION_STATES)[number]
  /** Handed over so far: acked and failed ones, and with acks 0 those that nobody answers for. */
  readonly sent: number
  readonly acked: number
  readonly failed: number
  readonly elapsedMs: number
  readonly problem: string | null
  /** The first kinds of them. */
  readonly failures: readonly { readonly message: string; readonly kafkaError?: string; readonly records: number }[]
  /** Where the last ones went, oldest first. */
  readonly last: readonly { readonly partition: number; readonly offset: number | null }[]
}
