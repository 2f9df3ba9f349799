/** A partition log or a log manager over a disk in memory and a clock that the test moves. */
import { nodeChecksum } from '../../src-main/adapters/node-checksum'
import { nodeCompression } from '../../src-main/adapters/node-compression'
import { AppError } from '../../src-main/kernel/errors'
import type { Clock, Disk } from '../../src-main/kernel/ports'
import { readRecords } from '../../src-main/protocol/record/record'
import { batchSizeBytes } from '../../src-main/protocol/record/batch-header'
import { DeferredRemovals } from '../../src-main/storage/deferred-removals'
import { allAtOnce } from '../../src-main/storage/core/steps'
import { scratchBytes } from '../../src-main/storage/log-context'
import { LogManager } from '../../src-main/storage/log-manager'
import type { LogManagerOptions } from '../../src-main/storage/log-manager'
import { defaultLogConfig } from '../../src-main/storage/log-types'
import type { LogConfig, StoragePorts } from '../../src-main/storage/log-types'
import { PartitionLog } from '../../src-main/storage/partition-log'
import type { PartitionLogOptions } from '../../src-main/storage/partition-log'
import { MemoryDisk } from './memory-disk'
import { textOf } from './record-samples'

/** Time stands still until advance(). */
export class TestClock implements Clock {
  #nowMs = 1_700_000_000_000
  #due: { atMs: number; callback: () => void }[] = []

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, callback: () => void): { cancel: () => void } {
    const entry = { atMs: this.#nowMs + delayMs, callback }
    this.#due.push(entry)
    return { cancel: () => (this.#due = this.#due.filter((one) => one !== entry)) }
  }

  soon(callback: () => void): void {
    setImmediate(callback)
  }

  advance(ms: number): void {
    this.#nowMs += ms
    for (;;) {
      const next = this.#due.filter(({ atMs }) => atMs <= this.#nowMs).sort((a, b) => a.atMs - b.atMs)[0]
      if (next === undefined) return
      this.#due = this.#due.filter((one) => one !== next)
      next.callback()
    }
  }

  get pending(): number {
    return this.#due.length
  }
}

export interface Fixture<D extends Disk = MemoryDisk> {
  readonly disk: D
  readonly clock: TestClock
  readonly ports: StoragePorts
  readonly messages: string[]
  readonly failures: AppError[]
}

export function fixture<D extends Disk = MemoryDisk>(disk?: D): Fixture<D> {
  const clock = new TestClock()
  const messages: string[] = []
  let seed = 1
  const ports: StoragePorts = {
    disk: disk ?? new MemoryDisk(),
    clock,
    checksum: nodeChecksum,
    compression: nodeCompression,
    random: { uint32: () => seed++, bytes: (count) => new Uint8Array(count).fill(seed++) },
    log: (_level, message) => messages.push(message)
  }
  return { disk: ports.disk as D, clock, ports, messages, failures: [] }
}

export const folder = '/data/events-0'

export function openPartition(
  { ports, failures }: Fixture<Disk>,
  options: Partial<PartitionLogOptions> & { readonly config?: Partial<LogConfig>; readonly folder?: string } = {}
): PartitionLog {
  const at = options.folder ?? folder
  ports.disk.makeDirectory(at)
  const context = {
    ports,
    folder: at,
    removals: new DeferredRemovals(ports.clock, ports.disk, ports.log),
    scratch: new Uint8Array(scratchBytes),
    failed: (error: AppError) => void failures.push(error),
    config: { ...defaultLogConfig, ...options.config }
  }
  const steps = PartitionLog.open(context, {
    topic: 'events',
    partition: 0,
    topicId: undefined,
    isClean: false,
    recoveryPoint: 0,
    logStartOffset: 0,
    highWatermark: 0,
    ...options
  })
  return allAtOnce(steps)
}

export function openManager(
  { ports, failures }: Fixture<Disk>,
  options: Partial<LogManagerOptions> = {}
): Promise<LogManager> {
  return LogManager.open(ports, {
    dir: '/data',
    brokerId: 1,
    clusterId: 'AAAAAAAAAAAAAAAAAAAAAw',
    defaults: defaultLogConfig,
    offline: (_partitions, { message }) => void failures.push(new AppError('DISK_FAILED', message)),
    ...options
  })
}

/** What the leader of a sole replica does after each append. */
export function commitAll(log: PartitionLog): void {
  log.advanceHighWatermark(log.logEndOffset)
}

/** Everything a fetch of `maxBytes` from `offset` reads, committed or not. */
export function fetchBytes(
  log: PartitionLog,
  offset: number,
  maxBytes = 1_000_000,
  upTo = log.logEndOffset
): Uint8Array {
  const slices = log.locate(offset, maxBytes, upTo, true)
  if (slices === 'OFFSET_OUT_OF_RANGE') throw new Error(slices)
  const pieces = slices.map(({ file, position, lengthBytes }) => {
    const into = new Uint8Array(lengthBytes)
    if (file.readAt(position, into) !== lengthBytes) throw new Error('a slice is shorter than it says')
    return into
  })
  return Buffer.concat(pieces)
}

/** `offset:value` of every record from `offset` on, committed or not. */
export function fetchValues(log: PartitionLog, offset = log.logStartOffset, upTo = log.logEndOffset): string[] {
  const values: string[] = []
  for (let next = offset; next < upTo;) {
    const bytes = fetchBytes(log, next, 1_000_000, upTo)
    const before = next
    for (let at = 0; at + 61 <= bytes.length && at + batchSizeBytes(bytes, at) <= bytes.length;) {
      const read = readRecords(bytes, at, nodeCompression)
      if (read.type === 'corrupt') throw new Error(read.message)
      for (const record of read.records)
        if (record.offset >= next) {
          values.push(`${record.offset}:${textOf(record.value)}`)
          next = record.offset + 1
        }
      at += batchSizeBytes(bytes, at)
    }
    if (next === before) throw new Error(`nothing could be read at ${next}`)
  }
  return values
}
