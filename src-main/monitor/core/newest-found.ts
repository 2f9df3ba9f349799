/**
 * What a search that goes back from the end has found: a log is read forwards, so the newest of a window are known only
 * when it has been read. Until then at most as many as are still wanted are held (twice that for a moment), of all
 * partitions together the newest.
 */
import type { RecordView } from '../../api/views'

interface Held {
  readonly record: RecordView
  /** The highest time up to it in its window: within a partition the later offset is the newer record. */
  readonly timeMs: number
}

export class NewestFound {
  #wanted: number
  #held: Held[] = []
  /** Of the windows that are being read: the highest time so far, by partition. */
  readonly #times = new Map<number, number>()

  constructor(wanted: number) {
    this.#wanted = wanted
  }

  /** Records of one partition as they lie in its log. */
  found(records: readonly RecordView[]): void {
    for (const record of records) {
      const { partition } = record
      const timeMs = Math.max(Number(record.timestampMs), this.#times.get(partition) ?? 0)
      this.#times.set(partition, timeMs)
      this.#held.push({ record, timeMs })
    }
    if (this.#held.length > this.#wanted * 2) this.#trim()
  }

  /** What of this partition's window, or of all windows, is among the newest that are wanted: newest first. */
  windowEnd(partition?: number): readonly RecordView[] {
    this.#trim()
    const isOver = ({ record }: Held): boolean => partition === undefined || record.partition === partition
    const over = this.#held.filter(isOver)
    this.#held = this.#held.filter((held) => !isOver(held))
    if (partition === undefined) this.#times.clear()
    else this.#times.delete(partition)
    this.#wanted -= over.length
    return over.map(({ record }) => record)
  }

  #trim(): void {
    this.#held = this.#held.sort(newestFirst).slice(0, this.#wanted)
  }
}

function newestFirst(a: Held, b: Held): number {
  return b.timeMs - a.timeMs || a.record.partition - b.record.partition || b.record.offset - a.record.offset
}
