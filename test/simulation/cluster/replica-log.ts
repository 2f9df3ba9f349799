/** What the files of one replica hold, read from its disk: whoever has written them, and whether or not anybody runs. */
import {
  batchLastOffset,
  batchLeaderEpoch,
  batchSizeBytes,
  batchBaseOffset
} from '../../../src-main/protocol/record/batch-header'
import { readRecords } from '../../../src-main/protocol/record/record'
import type { MemoryDisk } from '../../support/memory-disk'
import type { FinalRecord } from '../../chaos/history-checker'

const decoder = new TextDecoder()

export interface StoredBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly leaderEpoch: number
  readonly bytes: Uint8Array
}

interface SegmentFile {
  readonly path: string
  readonly batches: StoredBatch[]
  sizeBytes: number
}

/** In the order of offsets; a batch that is cut short at the end is not there. What was read before is not read again. */
export class ReplicaLog {
  readonly #disk: MemoryDisk
  readonly #folder: string
  #segments: readonly SegmentFile[] = []
  /** Which files there were when `#segments` was made. */
  #names = -1

  constructor(disk: MemoryDisk, folder: string) {
    this.#disk = disk
    this.#folder = folder
  }

  batches(): readonly StoredBatch[] {
    if (this.#names !== this.#disk.namesVersion) this.#list()
    for (const segment of this.#segments) this.#readOn(segment)
    const [first] = this.#segments
    if (first === undefined) return []
    return this.#segments.length === 1 ? first.batches : this.#segments.flatMap(({ batches }) => batches)
  }

  /** Something was cut, or lost: all is read anew. */
  forget(): void {
    this.#segments = []
    this.#names = -1
  }

  #list(): void {
    this.#names = this.#disk.namesVersion
    const files = this.#disk.exists(this.#folder) ? this.#disk.list(this.#folder) : []
    const names = files.flatMap(({ name }) => (name.endsWith('.log') ? [name] : [])).sort()
    this.#segments = names.map((name) => {
      const path = this.#disk.join(this.#folder, name)
      return this.#segments.find((one) => one.path === path) ?? { path, batches: [], sizeBytes: 0 }
    })
  }

  #readOn(segment: SegmentFile): void {
    const nowBytes = this.#disk.sizeOf(segment.path) ?? 0
    if (segment.sizeBytes > nowBytes) {
      segment.batches.length = 0
      segment.sizeBytes = 0
    }
    if (segment.sizeBytes === nowBytes) return
    const bytes = this.#disk.viewFrom(segment.path, segment.sizeBytes)
    let at = 0
    while (at + 12 <= bytes.length) {
      const size = batchSizeBytes(bytes, at)
      if (size <= 12 || at + size > bytes.length) break
      segment.batches.push({
        baseOffset: batchBaseOffset(bytes, at),
        lastOffset: batchLastOffset(bytes, at),
        leaderEpoch: batchLeaderEpoch(bytes, at),
        bytes: bytes.subarray(at, at + size)
      })
      at += size
    }
    segment.sizeBytes += at
  }
}

/** The values of its records. Throws when a batch cannot be read. */
export function recordsOf({ bytes }: Pick<StoredBatch, 'bytes'>): readonly FinalRecord[] {
  const read = readRecords(bytes, 0, noCodec)
  if (read.type !== 'records') throw new Error(`a batch cannot be read: ${JSON.stringify(read)}`)
  return read.records.map(({ offset, value }) => ({ offset, value: decoder.decode(value ?? new Uint8Array(0)) }))
}

/** Of what a fetch has brought. */
export function* recordsIn(bytes: Uint8Array) {
  for (let at = 0; at + 12 <= bytes.length;) {
    const size = batchSizeBytes(bytes, at)
    if (at + size > bytes.length) return
    yield* recordsOf({ bytes: bytes.subarray(at, at + size) })
    at += size
  }
}

const noCodec = {
  decompress: (): Uint8Array => {
    throw new Error('nothing in a simulation is compressed')
  }
}
