/**
 * Values kept on disk, a line of JSON each, in two files: one grows to half of what may be kept and becomes the older
 * one. Each line is written at once, unsynced: it survives the end of this process, not a power cut.
 *
 * A disk that is full or broken stops the record, never the cluster: it is logged once, and each value tries again.
 */
import { AppError, ignore, messageOf } from '../kernel/errors'
import type { Disk, DiskFile, Log } from '../kernel/ports'

const newline = 10

export interface KeptLinesPorts {
  readonly disk: Disk
  readonly log: Log
}

export class KeptLines {
  readonly #ports: KeptLinesPorts
  readonly #dir: string
  readonly #name: string
  readonly #fileBytesMax: number
  #file: DiskFile | undefined
  #isFailing = false

  /** `name` is that of the newer file; the older one ends in `.1`. */
  constructor(ports: KeptLinesPorts, dir: string, name: string, bytesMax: number) {
    this.#ports = ports
    this.#dir = dir
    this.#name = name
    this.#fileBytesMax = bytesMax / 2
  }

  /** Oldest first; what is torn or no JSON is left out, and a file that cannot be read counts as one that is not there. */
  read(): readonly unknown[] {
    return [this.#older, this.#newer].flatMap((path) => this.#valuesOf(path))
  }

  append(value: unknown): void {
    try {
      this.#openFile().append(new TextEncoder().encode(`${JSON.stringify(value)}\n`))
      this.#isFailing = false
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      if (!this.#isFailing) this.#ports.log('warn', `${this.#name} is not kept`, { reason: messageOf(error) })
      this.#isFailing = true
      this.close()
    }
  }

  /**
   * Only these are kept from now on. Killed meanwhile, some may be read twice, none is lost; on a disk that takes nothing
   * all stays as it was.
   */
  rewrite(values: readonly unknown[]): void {
    const { disk, log } = this.#ports
    this.close()
    try {
      const text = values.map((value) => `${JSON.stringify(value)}\n`).join('')
      disk.replaceUnsynced(this.#newer, new TextEncoder().encode(text))
      if (disk.exists(this.#older)) disk.remove(this.#older)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      log('warn', `what is old in ${this.#name} was not removed`, { reason: messageOf(error) })
    }
  }

  close(): void {
    this.#file?.close()
    this.#file = undefined
  }

  get #newer(): string {
    return this.#ports.disk.join(this.#dir, this.#name)
  }

  get #older(): string {
    return `${this.#newer}.1`
  }

  #openFile(): DiskFile {
    const { disk } = this.#ports
    if (this.#file !== undefined && this.#file.sizeBytes < this.#fileBytesMax) return this.#file
    this.close()
    disk.makeDirectory(this.#dir)
    if ((disk.sizeOf(this.#newer) ?? 0) >= this.#fileBytesMax) disk.rename(this.#newer, this.#older)
    const file = disk.open(this.#newer, 'append')
    // What an earlier process left may end in half a line. Ours from now on: a full disk must not leave it open.
    this.#file = file
    if (file.sizeBytes > 0) file.append(Uint8Array.of(newline))
    return file
  }

  #valuesOf(path: string): readonly unknown[] {
    const { disk, log } = this.#ports
    try {
      if (disk.sizeOf(path) === undefined) return []
      return new TextDecoder()
        .decode(disk.read(path))
        .split('\n')
        .flatMap((line) => valueOf(line))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      log('warn', `${path} cannot be read`, { reason: messageOf(error) })
      return []
    }
  }
}

function valueOf(line: string): readonly unknown[] {
  if (line === '') return []
  try {
    return [JSON.parse(line) as unknown]
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    ignore(error, 'a line that was cut when its process ended says nothing')
    return []
  }
}
