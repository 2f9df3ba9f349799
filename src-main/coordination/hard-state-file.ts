/**
 * A member's hard state on disk: its term, its vote, and which life of it counts. It is replaced as a whole and synced before
 * anything that it promises leaves the member (ClickHouse Keeper PR 113654 is what comes of less).
 *
 * File `hard-state`: {magic LGHS, int version, int term, int vote, boolean isVoter, long incarnation, crc32c of these}.
 */
import type { AppError } from '../kernel/errors'
import type { Checksum, Disk } from '../kernel/ports'
import { said } from '../kernel/said'
import type { HardState } from './core/consensus/messages'
import { corruptFile } from './corrupt-file'
import { JuteReader } from './wire/jute-reader'
import { JuteWriter } from './wire/jute-writer'

const magic = 0x4c47_4853
const formatVersion = 1
const fileBytes = 29
const name = 'hard-state'

export class HardStateFile {
  readonly #disk: Disk
  readonly #checksum: Checksum
  readonly #path: string

  constructor(options: { readonly disk: Disk; readonly checksum: Checksum; readonly directory: string }) {
    this.#disk = options.disk
    this.#checksum = options.checksum
    this.#path = options.disk.join(options.directory, name)
  }

  /** Undefined when there is none. Throws CORRUPT: whoever has forgotten a vote may vote twice. */
  read(): HardState | undefined {
    if (!this.#disk.exists(this.#path)) return undefined
    const bytes = this.#disk.read(this.#path)
    if (bytes.byteLength < 8) throw corruptFile(this.#path, said`it is too short`)
    const reader = new JuteReader(bytes)
    if (reader.int() !== magic) throw corruptFile(this.#path, said`it is not the hard state of an ensemble member`)
    const version = reader.int()
    if (version !== formatVersion)
      throw corruptFile(this.#path, said`its format ${version} is not one this version reads`)
    if (bytes.byteLength !== fileBytes) throw corruptFile(this.#path, said`its length is wrong`)
    const checksum = new JuteReader(bytes, fileBytes - 4).int() >>> 0
    if (checksum !== this.#checksum.crc32c(bytes.subarray(0, fileBytes - 4)))
      throw corruptFile(this.#path, said`its checksum is wrong`)
    const term = reader.int() >>> 0
    const vote = reader.int()
    return { term, vote, isVoter: reader.boolean(), incarnation: reader.long() }
  }

  /** CORRUPT, for a folder in which there must be another. */
  damaged(what: string): AppError {
    return corruptFile(this.#path, what)
  }

  /** Resolves when it is on disk. Rejects with DISK_FULL, and then the old one is there, or the disk's own. */
  async write({ term, vote, isVoter, incarnation }: HardState): Promise<void> {
    const writer = new JuteWriter(fileBytes).int(magic).int(formatVersion)
    writer.int(term).int(vote).boolean(isVoter).long(incarnation).int(0)
    const bytes = writer.finish()
    writer.setInt(fileBytes - 4, this.#checksum.crc32c(bytes.subarray(0, fileBytes - 4)))
    await this.#disk.replace(this.#path, bytes)
  }
}
