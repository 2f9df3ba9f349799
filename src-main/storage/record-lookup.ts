/** Finds records by their time: through the time indexes, then inside one batch, which is decoded for that. */
import type { Offset } from '../kernel/ids'
import { batchLeaderEpoch } from '../protocol/record/batch-header'
import { visitRecords } from '../protocol/record/record'
import type { LeaderEpochs } from './core/leader-epochs'
import type { LogContext } from './log-context'
import type { OffsetAndTimestamp } from './log-types'
import type { BatchPlace, Segment } from './segment'

export class RecordLookup {
  readonly #context: LogContext
  readonly #epochs: LeaderEpochs

  constructor(context: LogContext, epochs: LeaderEpochs) {
    this.#context = context
    this.#epochs = epochs
  }

  /** The first record at or above `fromOffset` with a time at or after `timestamp`. Reads one batch, seldom more. */
  firstAtOrAfter(timestamp: bigint, fromOffset: Offset, segments: readonly Segment[]): OffsetAndTimestamp | undefined {
    for (const segment of segments) {
      if (segment.sizeBytes === 0 || segment.largestTimestamp < timestamp) continue
      let place = segment.findByTime(timestamp, fromOffset)
      while (place !== undefined) {
        const found = this.#recordIn(segment, place, fromOffset, (at) => at >= timestamp)
        if (found !== undefined) return found
        place = segment.findByTime(timestamp, place.lastOffset + 1)
      }
    }
    return undefined
  }

  /** The first record at or above `fromOffset` with the largest time. */
  newest(fromOffset: Offset, segments: readonly Segment[]): OffsetAndTimestamp | undefined {
    let newest: Segment | undefined
    for (const segment of segments)
      if (segment.sizeBytes > 0 && (newest === undefined || segment.largestTimestamp > newest.largestTimestamp))
        newest = segment
    if (newest === undefined || newest.largestTimestamp < 0n) return undefined
    const largest = newest.largestTimestamp
    const place = newest.find(newest.offsetOfLargestTimestamp)
    if (place === undefined) return undefined
    return this.#recordIn(newest, place, fromOffset, (timestamp) => timestamp === largest)
  }

  #recordIn(
    segment: Segment,
    place: BatchPlace,
    fromOffset: Offset,
    isWanted: (timestamp: bigint) => boolean
  ): OffsetAndTimestamp | undefined {
    const batch = segment.readBatch(place)
    let found: OffsetAndTimestamp | undefined
    const result = visitRecords(batch, 0, this.#context.ports.compression, ({ offset, timestamp }) => {
      if (offset >= fromOffset && isWanted(timestamp))
        found = { offset, timestamp, leaderEpoch: this.#epochs.epochAt(offset) }
      return found === undefined
    })
    if (result.type === 'done' || found !== undefined) return found
    // The batch's header is right (its CRC was), its records cannot be read: its first offset is the safe answer.
    this.#context.ports.log('warn', 'a batch cannot be decoded', {
      folder: this.#context.folder,
      offset: place.baseOffset,
      why: result.message
    })
    const offset = Math.max(place.baseOffset, fromOffset)
    return { offset, timestamp: place.maxTimestamp, leaderEpoch: batchLeaderEpoch(batch, 0) }
  }
}
