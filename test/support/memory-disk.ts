/**
 * A disk in memory that can do what real ones do: fill up, refuse writes, fail an fsync, lose what was not synced in a
 * power cut, and keep everything when only the process dies. Names and truncations are durable at once; appended
 * bytes are durable after sync(); replaceUnsynced may be undone by a power cut. With a clock a sync takes its time, and
 * what is written meanwhile is not part of it.
 */
import { AppError } from '../../src-main/kernel/errors'
import type { Clock, DirectoryEntry, Disk, DiskFile, FolderLock } from '../../src-main/kernel/ports'
import { MemoryFile, writeInto, type FileHost, type FileNode } from './memory-file'

export class MemoryDisk implements Disk {
  /** All files together may grow to this. */
  capacityBytes = Infinity
  isReadOnly = false
  /** Every write that needs room fails, however little. */
  isFull = false
  /** An input/output error at every use of such a path: files, folders, and what is open already. */
  fails: (path: string) => boolean = () => false
  /** Every fdatasync fails. */
  failsToSync = false
  /** Thrown by the next sync, or the next append, once. */
  syncFailure: AppError | undefined
  appendFailure: AppError | undefined
  /** Of a disk with a clock. */
  syncDelayMs = 1
  nowMs = 1_700_000_000_000
  syncCount = 0
  /** Another one whenever files or folders have come, gone, or got another name. */
  namesVersion = 0
  readonly syncedFolders: string[] = []
  /** Told after every change of what a power cut would leave, one by one. */
  changed: (() => void) | undefined
  readonly #files = new Map<string, FileNode>()
  readonly #folders = new Set<string>(['/'])
  readonly #locks = new Set<string>()
  readonly #clock: Clock | undefined
  #life = 0
  readonly #host: FileHost = {
    life: () => this.#life,
    nowMs: () => this.nowMs,
    check: (path) => this.#check(path),
    checkWritable: (path, growthBytes) => this.#checkWritable(path, growthBytes),
    checkAppend: () => this.#checkAppend(),
    checkSync: (path) => this.#checkSync(path),
    mayCut: (path) => !this.isReadOnly && !this.fails(path),
    synced: (life) => {
      this.syncCount += 1
      return this.#synced(life)
    },
    changed: () => this.changed?.()
  }

  constructor(clock?: Clock) {
    this.#clock = clock
  }

  // ── faults ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The process dies: handles and locks go, the bytes stay. */
  kill(): void {
    this.#life += 1
    this.#locks.clear()
  }

  /** The machine loses power: of each file's unsynced tail only `keep(path, bytes)` bytes survive. */
  crash(keep: (path: string, unsyncedBytes: number) => number = () => 0): void {
    this.kill()
    this.namesVersion += 1
    for (const [path, node] of this.#files) {
      if (node.before === null) this.#files.delete(path)
      else if (node.before !== undefined) this.#files.set(path, node.before)
      const left = this.#files.get(path)
      if (left === undefined) continue
      if (left.sizeBytes > left.syncedBytes) {
        left.sizeBytes = left.syncedBytes + keep(path, left.sizeBytes - left.syncedBytes)
        left.syncedBytes = left.sizeBytes
        // A fork may have these bytes, too.
        left.bytes = left.bytes.slice(0, left.sizeBytes)
      }
      left.lengthBytes = Math.max(left.sizeBytes, left.syncedLengthBytes)
    }
  }

  /** What lies here now, with what is synced of it and what is not; it shares the bytes until either is written to. */
  forked(clock?: Clock): MemoryDisk {
    const disk = new MemoryDisk(clock)
    for (const folder of this.#folders) disk.#folders.add(folder)
    const forkOf = (node: FileNode): FileNode => ({
      ...node,
      // Of exactly its size: what is appended to either goes to bytes of its own, or behind these.
      bytes: node.bytes.subarray(0, node.sizeBytes),
      before: node.before == null ? node.before : forkOf(node.before)
    })
    for (const [path, node] of this.#files) disk.#files.set(path, forkOf(node))
    return disk
  }

  /** Another disk with the same content, all of it synced. */
  copy(): MemoryDisk {
    const disk = new MemoryDisk()
    for (const folder of this.#folders) disk.#folders.add(folder)
    for (const path of this.#files.keys()) disk.writeFile(path, this.read(path))
    return disk
  }

  /** Puts a file there as a whole, synced. */
  writeFile(path: string, bytes: Uint8Array): void {
    this.#put(path, this.#node(bytes))
  }

  #put(path: string, node: FileNode): void {
    if (!this.#files.has(path)) this.namesVersion += 1
    this.#files.set(path, node)
    this.changed?.()
  }

  get usedBytes(): number {
    return [...this.#files.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  }

  get paths(): string[] {
    return [...this.#files.keys()].sort()
  }

  /** What lies in a file from there on, without the zeros by which it runs ahead. Nothing is written over it later, only behind it. */
  viewFrom(path: string, position: number): Uint8Array {
    const node = this.#files.get(path)
    return node === undefined ? new Uint8Array(0) : node.bytes.subarray(position, node.sizeBytes)
  }

  // ── Disk ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #check(path: string): void {
    if (this.fails(path)) throw new AppError('DISK_FAILED', `${path}: EIO`, { details: { path, code: 'EIO' } })
  }

  #checkAppend(): void {
    const failure = this.appendFailure
    this.appendFailure = undefined
    if (failure !== undefined) throw failure
  }

  #checkSync(path: string): void {
    const failure = this.syncFailure
    this.syncFailure = undefined
    if (failure !== undefined) throw failure
    if (this.failsToSync) throw new AppError('DISK_FAILED', `${path}: input/output error`)
  }

  open(path: string, mode: 'append' | 'read' | 'create'): DiskFile {
    this.#check(path)
    let node = this.#files.get(path)
    if (node === undefined && mode === 'read') throw new AppError('NOT_FOUND', `${path} does not exist`)
    if (node !== undefined && mode === 'create') throw new AppError('EXISTS', `${path} exists`)
    if (node === undefined) {
      this.#checkFolder(path)
      this.#checkWritable(path, 0)
      node = this.#node(new Uint8Array(0))
      this.#put(path, node)
    }
    if (mode === 'append') writeInto(node, node.lengthBytes, new Uint8Array(0))
    return new MemoryFile(this.#host, path, node, mode)
  }

  /** After what a sync takes; never when the process has died meanwhile. */
  #synced(life: number): Promise<void> {
    const clock = this.#clock
    if (clock === undefined) return Promise.resolve()
    return new Promise((resolve) => {
      clock.after(this.syncDelayMs, () => {
        if (life === this.#life) resolve()
      })
    })
  }

  exists(path: string): boolean {
    return this.#files.has(path) || this.#folders.has(path)
  }

  sizeOf(path: string): number | undefined {
    return this.#files.get(path)?.lengthBytes
  }

  modifiedAtMs(path: string): number | undefined {
    return this.#files.get(path)?.modifiedAtMs
  }

  read(path: string): Uint8Array {
    this.#check(path)
    const node = this.#files.get(path)
    if (node === undefined) throw new AppError('NOT_FOUND', `${path} does not exist`)
    const bytes = new Uint8Array(node.lengthBytes)
    bytes.set(node.bytes.subarray(0, node.sizeBytes))
    return bytes
  }

  async replace(path: string, bytes: Uint8Array): Promise<void> {
    const copy = bytes.slice()
    await this.#synced(this.#life)
    this.#checkFolder(path)
    this.#checkWritable(path, bytes.length)
    this.writeFile(path, copy)
  }

  replaceUnsynced(path: string, bytes: Uint8Array): void {
    this.#checkFolder(path)
    this.#checkWritable(path, bytes.length)
    const old = this.#files.get(path)
    const node = this.#node(bytes)
    node.before = old === undefined ? null : (old.before ?? old)
    this.#put(path, node)
  }

  rewriteUnsynced(path: string, bytes: Uint8Array): void {
    this.replaceUnsynced(path, bytes)
  }

  list(path: string): readonly DirectoryEntry[] {
    this.#check(path)
    if (!this.#folders.has(path)) throw new AppError('NOT_FOUND', `${path} does not exist`)
    const children = (names: Iterable<string>): string[] =>
      [...names].filter((name) => name !== '/' && parentOf(name) === path).map((name) => name.slice(path.length + 1))
    return [
      ...children(this.#files.keys()).map((name) => ({ name, isDirectory: false })),
      ...children(this.#folders).map((name) => ({ name, isDirectory: true }))
    ]
  }

  makeDirectory(path: string): boolean {
    if (path === '' || this.#folders.has(path)) return false
    this.#checkWritable(path, 0)
    this.makeDirectory(parentOf(path))
    this.#folders.add(path)
    this.namesVersion += 1
    this.changed?.()
    return true
  }

  rename(from: string, to: string): void {
    this.#check(from)
    this.#check(to)
    this.#checkWritable(from, 0)
    if (!this.exists(from)) throw new AppError('NOT_FOUND', `${from} does not exist`)
    this.namesVersion += 1
    for (const [path, node] of [...this.#files]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue
      this.#files.delete(path)
      this.#files.set(to + path.slice(from.length), node)
    }
    for (const path of [...this.#folders]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue
      this.#folders.delete(path)
      this.#folders.add(to + path.slice(from.length))
    }
    this.changed?.()
  }

  remove(path: string): void {
    this.#check(path)
    this.#checkWritable(path, 0)
    this.namesVersion += 1
    for (const name of [...this.#files.keys()])
      if (name === path || name.startsWith(`${path}/`)) this.#files.delete(name)
    for (const name of [...this.#folders]) if (name === path || name.startsWith(`${path}/`)) this.#folders.delete(name)
    this.changed?.()
  }

  async syncDirectory(path: string): Promise<'synced'> {
    await Promise.resolve()
    this.#check(path)
    this.syncedFolders.push(path)
    for (const [name, node] of this.#files) if (parentOf(name) === path) node.before = undefined
    this.changed?.()
    return 'synced'
  }

  lock(path: string): FolderLock {
    if (this.#locks.has(path)) throw new AppError('LOCKED', `${path} is in use`)
    this.#locks.add(path)
    return { release: () => this.#locks.delete(path) }
  }

  join(...parts: readonly string[]): string {
    return parts.join('/')
  }

  #node(bytes: Uint8Array): FileNode {
    const sizeBytes = bytes.length
    return {
      bytes: bytes.slice(),
      sizeBytes,
      syncedBytes: sizeBytes,
      lengthBytes: sizeBytes,
      syncedLengthBytes: sizeBytes,
      modifiedAtMs: this.nowMs,
      before: undefined
    }
  }

  #checkFolder(path: string): void {
    this.#check(path)
    if (!this.#folders.has(parentOf(path))) throw new AppError('NOT_FOUND', `${parentOf(path)} does not exist`)
  }

  #checkWritable(path: string, growthBytes: number): void {
    if (this.isReadOnly) throw new AppError('ACCESS_DENIED', `${path} is read-only`)
    if (growthBytes > 0 && this.isFull) throw new AppError('DISK_FULL', `The disk is full: ${path} cannot grow.`)
    if (growthBytes > 0 && this.capacityBytes < Infinity && this.usedBytes + growthBytes > this.capacityBytes)
      throw new AppError('DISK_FULL', `The disk is full: ${path} cannot grow.`)
  }
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash <= 0 ? '/' : path.slice(0, slash)
}
