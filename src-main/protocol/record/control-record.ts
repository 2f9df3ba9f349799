/** The one record of a control batch (KIP-98): what it says. Control batches are invisible to applications. */
import { int16At, int32At } from './big-endian'
import type { StoredRecord } from './record'

export type ControlRecord =
  | { readonly type: 'abort' | 'commit'; readonly coordinatorEpoch: number }
  /** Leader change and snapshot markers of KRaft, or a type that is newer than this code. */
  | { readonly type: 'other'; readonly code: number }

/** Undefined when the record's key or value is too short to be a control record. */
export function controlRecordOf(record: Pick<StoredRecord, 'key' | 'value'>): ControlRecord | undefined {
  if (record.key === null || record.key.length < 4) return undefined
  const code = int16At(record.key, 2)
  if (code !== 0 && code !== 1) return { type: 'other', code }
  if (record.value === null || record.value.length < 6) return undefined
  return { type: code === 0 ? 'abort' : 'commit', coordinatorEpoch: int32At(record.value, 2) }
}
