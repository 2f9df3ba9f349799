/** The cluster in memory, whose logs can be looked through as well. Every record is found; bytes only stand for records. */
import type {
  FetchedRecord,
  FetchPosition,
  RawPartition,
  RecordMatcher,
  RecordScanner,
  ScannedRecords,
  ScanReading
} from '../../../../src-main/kernel/cluster-ports'
import { FakeCluster } from './fake-cluster'

export class ScannedCluster extends FakeCluster implements RecordScanner {
  /** Of one fetch, by partition. */
  recordsPerFetch = 10
  readonly #behind = new WeakMap<Uint8Array, readonly FetchedRecord[]>()

  matcher(): RecordMatcher {
    return { isMatcher: true }
  }

  async fetchRaw(broker: number, positions: readonly FetchPosition[]): Promise<readonly RawPartition[]> {
    await Promise.resolve()
    this.asked.push(`${broker} fetchRaw`)
    return positions.map(({ topic, partition, offset }) => {
      const { records = [], startOffset = 0 } = this.topics.get(topic)?.[partition] ?? {}
      const found = records.slice(offset - startOffset, offset - startOffset + this.recordsPerFetch)
      const bytes = new Uint8Array(found.length * 100)
      this.#behind.set(bytes, found)
      return { topic, partition, problem: null, bytes, nextOffset: offset + found.length }
    })
  }

  scan(
    bytes: Uint8Array,
    { fromOffset, untilOffset, recordsMax, skipsFound = 0, stopsWhenFull }: ScanReading
  ): ScannedRecords {
    const all = (this.#behind.get(bytes) ?? []).filter(({ offset }) => offset >= fromOffset && offset < untilOffset)
    const looked = stopsWhenFull === true ? all.slice(0, recordsMax) : all
    return {
      records: looked.slice(skipsFound, skipsFound + recordsMax),
      foundCount: looked.length,
      recordCount: looked.length,
      byteCount: looked.length * 100,
      unreadable: [],
      nextOffset: looked.length < all.length ? (looked.at(-1)?.offset ?? fromOffset) + 1 : untilOffset
    }
  }
}
