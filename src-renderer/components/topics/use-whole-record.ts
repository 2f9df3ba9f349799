/** A record with nothing of it cut: fetched once, however often it is asked for, and let go with the record. */
import { watch } from 'vue'
import type { RecordView } from '@api/views'
import { useTopicsStore } from '@/stores/topics'

/** A larger one is not kept: it is fetched again. */
const HELD_BYTES_MAX = 24 * 1024 * 1024

/** Tells a record from another one that has its place later: after a truncation, or in a topic that was made anew. */
export const recordIdentity = (record: RecordView): string => {
  const { topic, partition, offset, timestampMs, batch, wholeBytes, value } = record
  return JSON.stringify([topic, partition, offset, timestampMs, batch?.leaderEpoch ?? null, wholeBytes ?? null, value])
}

/** What it gives rejects with ApiError when the record cannot be had; then it is asked for anew the next time. */
export function useWholeRecord(record: () => RecordView): () => Promise<RecordView> {
  const topics = useTopicsStore()
  let held: Promise<RecordView> | undefined
  watch(
    () => recordIdentity(record()),
    () => (held = undefined)
  )
  return () => {
    const { cutFromBytes, topic, partition, offset } = record()
    if (cutFromBytes === undefined) return Promise.resolve(record())
    if (held !== undefined) return held
    const whole = topics.wholeRecord({ topic, partition, offset })
    if (cutFromBytes > HELD_BYTES_MAX) return whole
    held = whole
    whole.catch(() => {
      if (held === whole) held = undefined
    })
    return whole
  }
}
