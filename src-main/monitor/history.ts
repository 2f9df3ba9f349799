/**
 * Lag of all groups over time, on disk: files by hour and size, appended once a sample, oldest deleted. Bounded in age
 * and in bytes. It is a record, not a ledger: nothing is synced, and what a power cut takes is a gap.
 *
 * A disk that is full or broken stops the record, never the monitor: it is logged once, and each sample tries again.
 */
import { HISTORY_LIMITS } from '../api/history-limits'
import type { LagHistoryView } from '../api/views'
import { AppError, expectAppError, messageOf } from '../kernel/errors'
import type { Checksum, Clock, Disk, DiskFile, Log } from '../kernel/ports'
import type { GroupPace } from './core/group-pace'
import { HistoryReader, HistoryWriter, type GroupLags } from './core/history-lines'
import { LagColumns } from './core/lag-columns'

export const historyLimits = {
  fileBytesMax: 32 * 1024 * 1024,
  bytesMax: HISTORY_LIMITS.lagBytes,
  ageMsMax: 7 * 86_400_000
}
const hourMs = 3_600_000
const dayMs = 24 * hourMs
const readBytes = 256 * 1024
/** A line longer than this is none of ours. */
const lineBytesMax = 4 * 1024 * 1024
const filePattern = /^lag-(\d{10})-(\d{4})\.log$/
const newline = 10

export interface HistoryPorts {
  readonly disk: Disk
  readonly clock: Clock
  readonly checksum: Checksum
  readonly log: Log
  /** The disk takes no more of it, or takes it again. */
  readonly keptChanged?: (isKept: boolean) => void
}

interface HistoryFile {
  readonly name: string
  readonly hour: number
  readonly number: number
}

export class LagHistory {
  readonly #ports: HistoryPorts
  readonly #dir: string
  readonly #limits: typeof historyLimits
  #ageMsMax: number
  readonly #writer: HistoryWriter
  #file: DiskFile | undefined
  #current: HistoryFile | undefined
  #isFailing = false

  constructor(ports: HistoryPorts, dir: string, limits = historyLimits) {
    this.#ports = ports
    this.#dir = dir
    this.#limits = limits
    this.#ageMsMax = limits.ageMsMax
    this.#writer = new HistoryWriter(ports.checksum)
  }

  /** What is older goes at once, and from then on with each new file. */
  keep(days: number): void {
    this.#ageMsMax = days * dayMs
    try {
      this.#prune(this.#ports.clock.nowMs())
    } catch (error) {
      expectAppError(error)
      this.#ports.log('warn', 'old lag history was not removed', { reason: messageOf(error) })
    }
  }

  record(atMs: number, groups: ReadonlyMap<string, GroupLags>, paceOf?: (groupId: string) => GroupPace): void {
    try {
      const file = this.#fileFor(atMs)
      file.append(new TextEncoder().encode(this.#writer.sample(atMs, groups, paceOf)))
      this.#failing(false)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      if (!this.#isFailing) this.#ports.log('warn', 'lag history is not kept', { reason: messageOf(error) })
      this.#failing(true)
      this.close()
    }
  }

  #failing(isFailing: boolean): void {
    if (isFailing === this.#isFailing) return
    this.#isFailing = isFailing
    this.#ports.keptChanged?.(!isFailing)
  }

  #fileFor(atMs: number): DiskFile {
    const hour = Math.floor(atMs / hourMs)
    const isFull = (this.#file?.sizeBytes ?? 0) >= this.#limits.fileBytesMax
    if (this.#file !== undefined && this.#current?.hour === hour && !isFull) return this.#file
    this.close()
    const { disk } = this.#ports
    disk.makeDirectory(this.#dir)
    const last = this.#files().at(-1)
    const isLast = last?.hour === hour
    const number = isLast ? (isFull ? last.number + 1 : last.number) : 0
    const current = { name: fileName(hour, number), hour, number }
    const file = disk.open(disk.join(this.#dir, current.name), 'append')
    this.#file = file
    this.#current = current
    // What an earlier process left may end in half a line.
    if (file.sizeBytes > 0) file.append(Uint8Array.of(newline))
    this.#writer.startAnew()
    this.#prune(atMs)
    return file
  }

  #files(): readonly HistoryFile[] {
    const { disk } = this.#ports
    if (!disk.exists(this.#dir)) return []
    const files: HistoryFile[] = []
    for (const { name, isDirectory } of disk.list(this.#dir)) {
      const match = filePattern.exec(name)
      if (match === null || isDirectory) continue
      files.push({ name, hour: hourOf(match[1] ?? ''), number: Number(match[2]) })
    }
    return files.sort((a, b) => a.hour - b.hour || a.number - b.number)
  }

  /** The file that is written stays, whatever its size. */
  #prune(atMs: number): void {
    const { disk } = this.#ports
    const files = this.#files().filter(({ name }) => name !== this.#current?.name)
    let bytes = 0
    for (const { name, hour } of files.reverse()) {
      const path = disk.join(this.#dir, name)
      bytes += disk.sizeOf(path) ?? 0
      const isOld = (hour + 1) * hourMs < atMs - this.#ageMsMax
      if (isOld || bytes > this.#limits.bytesMax - this.#limits.fileBytesMax) disk.remove(path)
    }
  }

  async read(groupId: string, fromMs: number, toMs: number): Promise<LagHistoryView> {
    const columns = new LagColumns(groupId, fromMs, toMs)
    for (const { name, hour } of this.#files()) {
      if ((hour + 1) * hourMs < fromMs || hour * hourMs > toMs) continue
      const reader = new HistoryReader(this.#ports.checksum, groupId)
      await this.#eachLine(this.#ports.disk.join(this.#dir, name), (line) => {
        const sample = reader.line(line)
        if (sample !== undefined) columns.add(sample.atMs, sample.lags, sample.pace)
      })
    }
    return columns.view()
  }

  /** Other work gets its turn after each piece of the file. */
  async #eachLine(path: string, take: (line: string) => void): Promise<void> {
    const { clock } = this.#ports
    const decoder = new TextDecoder()
    const file = this.#openToRead(path)
    if (file === undefined) return
    try {
      const piece = new Uint8Array(readBytes)
      let rest = new Uint8Array(0)
      for (let position = 0; ;) {
        const length = file.readAt(position, piece)
        if (length === 0) return
        position += length
        const end = piece.lastIndexOf(newline, length - 1)
        if (end === -1) {
          if (rest.length < lineBytesMax) rest = joined(rest, piece.subarray(0, length))
          continue
        }
        for (const line of decoder.decode(joined(rest, piece.subarray(0, end))).split('\n')) take(line)
        rest = piece.slice(end + 1, length)
        await new Promise<void>((resolve) => clock.soon(resolve))
      }
    } finally {
      file.close()
    }
  }

  #openToRead(path: string): DiskFile | undefined {
    try {
      return this.#ports.disk.open(path, 'read')
    } catch (error) {
      // Deleted for its age since it was listed.
      if (error instanceof AppError && error.code === 'NOT_FOUND') return undefined
      throw error
    }
  }

  close(): void {
    this.#file?.close()
    this.#file = undefined
    this.#current = undefined
  }
}

/** lag-2026112502-0000.log: hour in UTC. */
function fileName(hour: number, number: number): string {
  const digits = new Date(hour * hourMs).toISOString().replace(/\D/g, '').slice(0, 10)
  return `lag-${digits}-${String(number).padStart(4, '0')}.log`
}

function hourOf(digits: string): number {
  const iso = `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6, 8)}T${digits.slice(8, 10)}:00:00Z`
  return Math.floor(Date.parse(iso) / hourMs)
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(a.length + b.length)
  whole.set(a)
  whole.set(b, a.length)
  return whole
}
