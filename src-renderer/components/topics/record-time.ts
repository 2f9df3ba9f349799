/** When a record was made, as far as it says so and a calendar has it. Pure. */
import { NO_TIMESTAMP } from '@api/producing'
import type { RecordView } from '@api/views'
import { isoLocal, UNKNOWN } from '@/format'

export type RecordTime =
  | { readonly type: 'none' }
  /** Also before 1970: below 0. */
  | { readonly type: 'date'; readonly atMs: number }
  /** Beyond every calendar: nanoseconds, say. It is the number that it is. */
  | { readonly type: 'number'; readonly digits: string }

export function recordTime(timestampMs: RecordView['timestampMs']): RecordTime {
  if (timestampMs === NO_TIMESTAMP) return { type: 'none' }
  if (typeof timestampMs === 'string' || isoLocal(timestampMs) === UNKNOWN)
    return { type: 'number', digits: String(timestampMs) }
  return { type: 'date', atMs: timestampMs }
}
