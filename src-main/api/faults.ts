/**
 * Faults of links, disks and clocks, made on purpose: what there is, and what may be asked for. A fault ends when it is
 * healed, when its time is over, or with the cluster; none is kept.
 */
import { z } from 'zod'
import { nodeNameSchema } from './node-name'

export const FAULT_KINDS = [
  'cut-link',
  'slow-link',
  'lossy-link',
  'slow-disk',
  'full-disk',
  'refuse-clients',
  'drop-ensemble',
  'skew-clock'
] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

interface FaultRule {
  /** Between two nodes. */
  readonly isLink: boolean
  /** What --value means; absent: it takes none. */
  readonly value?: { readonly unit: 'ms' | '%'; readonly min: number; readonly max: number; readonly default: number }
  readonly isForBrokersOnly: boolean
}

const minute = 60_000
const year = 365 * 24 * 60 * minute

export const FAULT_RULES = {
  'cut-link': { isLink: true, isForBrokersOnly: false },
  /** Each way. */
  'slow-link': { isLink: true, isForBrokersOnly: false, value: { unit: 'ms', min: 1, max: minute, default: 100 } },
  /** Of each 16 KiB. */
  'lossy-link': { isLink: true, isForBrokersOnly: false, value: { unit: '%', min: 1, max: 90, default: 10 } },
  /** Each write and each sync takes so much longer. */
  'slow-disk': { isLink: false, isForBrokersOnly: false, value: { unit: 'ms', min: 1, max: 10_000, default: 20 } },
  'full-disk': { isLink: false, isForBrokersOnly: false },
  /** Of a broker other brokers are none; of a member of the ensemble everybody is one. */
  'refuse-clients': { isLink: false, isForBrokersOnly: false },
  'drop-ensemble': { isLink: false, isForBrokersOnly: true },
  /** The wall clock is so far ahead; behind when negative. */
  'skew-clock': {
    isLink: false,
    isForBrokersOnly: false,
    value: { unit: 'ms', min: -10 * year, max: 10 * year, default: minute }
  }
} as const satisfies Record<FaultKind, FaultRule>

/** undefined: it takes none. */
export const faultValueRule = (kind: FaultKind): FaultRule['value'] => {
  const rule: FaultRule = FAULT_RULES[kind]
  return rule.value
}

/** A week. */
export const FAULT_FOR_MS_MAX = 7 * 24 * 60 * minute
/** At one time, of one cluster. */
export const FAULTS_MAX = 200

export const faultSchema = z.object({
  id: z.string(),
  kind: z.enum(FAULT_KINDS),
  node: nodeNameSchema,
  /** The other end of a link; null for what is no link's. */
  to: nodeNameSchema.nullable(),
  /** Only what `node` sends to `to`. */
  oneWay: z.boolean(),
  /** As FAULT_RULES says; null where it takes none. */
  value: z.number().nullable(),
  sinceMs: z.number(),
  /** When it heals by itself; null: never. */
  untilMs: z.number().nullable()
})
export type FaultView = z.infer<typeof faultSchema>

/** A node that is restarted again and again. */
export const stormSchema = z.object({
  node: nodeNameSchema,
  /** Restarts after which it ran. */
  done: z.number().int(),
  count: z.number().int(),
  intervalMs: z.number(),
  sinceMs: z.number()
})
export type StormView = z.infer<typeof stormSchema>

export const askedFaultSchema = z.object({
  kind: z.enum(FAULT_KINDS),
  node: nodeNameSchema,
  to: nodeNameSchema.optional(),
  oneWay: z.boolean().optional(),
  value: z.number().int().optional(),
  forMs: z.number().int().min(1).max(FAULT_FOR_MS_MAX).optional()
})
export type AskedFault = z.infer<typeof askedFaultSchema>
