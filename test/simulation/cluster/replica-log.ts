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

/** In the order of offsets; a batch that is cut short at the end is not there. What was read before is not read again. */
export class ReplicaLog {
  readonly #disk: MemoryDisk
  readonly #folder: string
  readonly #segments = new Map<string, { readonly batches: StoredBatch[]; sizeBytes: number }>()

  constructor(disk: MemoryDisk, folder: string) {
    this.#disk = disk
    this.#folder = folder
  }

  batches(): readonly StoredBatch[] {
    if (!this.#disk.exists(this.#folder)) {
      this.#segments.clear()
      return []
    }
    const names = this.#disk.list(this.#folder).flatMap(({ name }) => (name.endsWith('.log') ? [name] : []))
    for (const name of this.#segments.keys()) if (!names.includes(name)) this.#segments.delete(name)
    return names.sort().flatMap((name) => this.#segment(name))
  }

  /** Something was cut, or lost: all is read anew. */
  forget(): void {
    this.#segments.clear()
  }

  #segment(name: string): readonly StoredBatch[] {
    const path = this.#disk.join(this.#folder, name)
    const nowBytes = this.#disk.sizeOf(path) ?? 0
    let known = this.#segments.get(name)
    if (known === undefined || known.sizeBytes > nowBytes) {
      known = { batches: [], sizeBytes: 0 }
      this.#segments.set(name, known)
    }
    if (known.sizeBytes === nowBytes) return known.batches
    const bytes = new Uint8Array(nowBytes - known.sizeBytes)
    const file = this.#disk.open(path, 'read')
    file.readAt(known.sizeBytes, bytes)
    file.close()
    let at = 0
    while (at + 12 <= bytes.length) {
      const size = batchSizeBytes(bytes, at)
      if (size <= 12 || at + size > bytes.length) break
      known.batches.push({
        baseOffset: batchBaseOffset(bytes, at),
        lastOffset: batchLastOffset(bytes, at),
        leaderEpoch: batchLeaderEpoch(bytes, at),
        bytes: bytes.subarray(at, at + size)
      })
      at += size
    }
    known.sizeBytes += at
    return known.batches
  }
}

/** The values of its records. Throws when a batch cannot be read. */
export function recordsOf({ bytes }: Pick<StoredBatch, 'bytes'>): readonly FinalRecord[] {
  const read = readRecords(bytes, 0, noCodec)
  if (read.type !== 'records') throw new Error(`a batch cannot be read: ${JSON.stringify(read)}`)
  return read.records.map(({ offset, value }) => ({ offset, value: decoder.decode(value ?? new Uint8Array(0)) }))
}

const noCodec = {
  decompress: (): Uint8Array => {
    throw new Error('nothing in a simulation is compressed')
  }
}
