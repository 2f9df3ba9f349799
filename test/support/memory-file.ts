/** A file of a MemoryDisk, and what one process has open of it. */
import type { DiskFile } from '../../src-main/kernel/ports'

/** A file runs ahead by so much at most: more would only be more zeros to copy. */
const aheadBytesMax = 4096

export interface FileNode {
  bytes: Uint8Array
  sizeBytes: number
  syncedBytes: number
  /** Of the file, with the zeros by which it runs ahead; what of that is synced. */
  lengthBytes: number
  syncedLengthBytes: number
  modifiedAtMs: number
  /** What a power cut brings back instead (replaceUnsynced); null: nothing. */
  before: FileNode | null | undefined
}

/** What an open file asks of its disk. */
export interface FileHost {
  /** Counts its processes. */
  readonly life: () => number
  readonly nowMs: () => number
  /** Throws when this path fails. */
  readonly check: (path: string) => void
  /** Throws when it cannot grow by this. */
  readonly checkWritable: (path: string, growthBytes: number) => void
  /** Throws when something was made to fail. */
  readonly checkAppend: () => void
  readonly checkSync: (path: string) => void
  readonly mayCut: (path: string) => boolean
  /** After what a sync takes; never when the process has died meanwhile. */
  readonly synced: (life: number) => Promise<void>
  readonly changed: () => void
}

/** A class, and no object with functions in it: V8 gives each object with a getter a shape of its own, and optimizes nothing that meets them. */
export class MemoryFile implements DiskFile {
  readonly path: string
  readonly #host: FileHost
  readonly #node: FileNode
  readonly #mode: 'append' | 'read' | 'create'
  readonly #life: number
  #aheadBytes = 0
  #isOpen = true

  constructor(host: FileHost, path: string, node: FileNode, mode: 'append' | 'read' | 'create') {
    this.#host = host
    this.path = path
    this.#node = node
    this.#mode = mode
    this.#life = host.life()
  }

  get sizeBytes(): number {
    return this.#mode === 'read' ? this.#node.lengthBytes : this.#node.sizeBytes
  }

  #check(): void {
    this.#host.check(this.path)
    if (!this.#isOpen || this.#life !== this.#host.life()) throw new Error(`${this.path} is closed`)
  }

  runAhead(bytes: number): void {
    this.#aheadBytes = Math.min(bytes, aheadBytesMax)
  }

  append(bytes: Uint8Array): void {
    this.#host.checkAppend()
    this.#check()
    const node = this.#node
    this.#host.checkWritable(this.path, bytes.length)
    writeInto(node, node.sizeBytes, bytes)
    if (node.sizeBytes > node.lengthBytes) node.lengthBytes = node.sizeBytes + this.#aheadBytes
    node.modifiedAtMs = this.#host.nowMs()
    this.#host.changed()
  }

  readAt(position: number, into: Uint8Array): number {
    this.#check()
    const node = this.#node
    const end = Math.min(node.lengthBytes, position + into.length)
    const piece = node.bytes.subarray(position, Math.min(node.sizeBytes, end))
    into.set(piece)
    into.fill(0, piece.length, Math.max(0, end - position))
    return Math.max(0, end - position)
  }

  truncate(sizeBytes: number): void {
    this.#check()
    this.#host.checkWritable(this.path, 0)
    this.#cut(sizeBytes)
  }

  #cut(sizeBytes: number): void {
    const node = this.#node
    if (sizeBytes > node.sizeBytes) writeInto(node, sizeBytes, new Uint8Array(0))
    // Never in place: a fork may have these bytes, too.
    node.bytes = node.bytes.slice(0, sizeBytes)
    node.sizeBytes = sizeBytes
    node.syncedBytes = Math.min(node.syncedBytes, sizeBytes)
    node.lengthBytes = sizeBytes
    node.syncedLengthBytes = Math.min(node.syncedLengthBytes, sizeBytes)
    this.#host.changed()
  }

  async sync(): Promise<void> {
    this.#check()
    const node = this.#node
    const { sizeBytes, lengthBytes } = node
    await this.#host.synced(this.#life)
    this.#host.checkSync(this.path)
    node.syncedBytes = Math.max(node.syncedBytes, Math.min(sizeBytes, node.sizeBytes))
    node.syncedLengthBytes = Math.max(node.syncedLengthBytes, Math.min(lengthBytes, node.lengthBytes))
    this.#host.changed()
  }

  close(): void {
    const node = this.#node
    const isOwn = this.#isOpen && this.#life === this.#host.life() && this.#mode !== 'read'
    if (isOwn && node.lengthBytes > node.sizeBytes && this.#host.mayCut(this.path)) this.#cut(node.sizeBytes)
    this.#isOpen = false
  }
}

export function writeInto(node: FileNode, position: number, bytes: Uint8Array): void {
  const end = position + bytes.length
  if (end > node.bytes.length) {
    const grown = new Uint8Array(Math.max(end, node.bytes.length * 2, 256))
    grown.set(node.bytes.subarray(0, node.sizeBytes))
    node.bytes = grown
  }
  node.bytes.set(bytes, position)
  node.sizeBytes = Math.max(node.sizeBytes, end)
  node.syncedBytes = Math.min(node.syncedBytes, position)
}
