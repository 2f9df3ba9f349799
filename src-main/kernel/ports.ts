/**
 * What cores and services may ask of the machine. Adapters implement these on Node; the simulation implements them
 * on a simulated clock, disk and network. Bytes are Uint8Array, times are milliseconds, sizes are bytes.
 *
 * The disk offers synchronous append and read, and the network hands out whole frames inside one shared receive
 * buffer: the licensed exception of the hot path (DESIGN.md, "Hot path").
 */

// ── time and chance ──────────────────────────────────────────────────────────────────────────────────────────────

export interface Timer {
  /** After this the callback does not run; idempotent. */
  cancel(): void
}

export interface Clock {
  /** Wall clock, ms since 1970. May jump. */
  nowMs(): number
  /** Monotonic ms, arbitrary zero. For durations and time-outs. */
  monotonicMs(): number
  /** Runs the callback once, not before delayMs. */
  after(delayMs: number, callback: () => void): Timer
  /** Runs the callback in a later macrotask, once per call, before timers that are due later. */
  soon(callback: () => void): void
}

export interface Random {
  /** Uniform in [0, 2^32). */
  uint32(): number
  bytes(count: number): Uint8Array
}

// ── disk ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface SyncOptions {
  /** Whoever asks has nothing else to do meanwhile (ADR 49). */
  readonly mayHoldThread: boolean
}

export interface DiskFile {
  readonly path: string
  /** Bytes in the file as this handle knows it (appends and truncations through it included). */
  readonly sizeBytes: number
  /** Writes all bytes at the end, synchronously, into the page cache. Throws AppError DISK_FULL or DISK_FAILED; a
   *  partial write is cut off again before it throws. */
  append(bytes: Uint8Array): void
  /** Reads up to into.length bytes; returns how many (0 at the end). */
  readAt(position: number, into: Uint8Array): number
  truncate(sizeBytes: number): void
  /**
   * From now on the file may be longer than what was appended, by so many bytes: a sync has no new length to make durable then, which
   * costs more than the bytes do. They are zeros, take no room where files may have holes, are not counted in sizeBytes here, and go with truncate and close.
   * After a kill or a power cut they are there, and whoever opens the file finds them at its end.
   */
  runAhead(bytes: number): void
  /**
   * fdatasync of what was written before the call. Errors are fatal for whoever trusts the file: after one nobody knows what the
   * disk has. Off the thread, unless `mayHoldThread`: then this thread may wait for it where that has been quicker of late.
   */
  sync(options?: SyncOptions): Promise<void>
  close(): void
}

export interface DirectoryEntry {
  readonly name: string
  readonly isDirectory: boolean
}

export interface FolderLock {
  release(): void
}

/** unsupported: its file system knows no fsync of a folder (some over a network or in user space), so nothing is known. */
export type FolderSync = 'synced' | 'unsupported'

export interface Disk {
  /** 'append' creates the file when absent; 'read' throws NOT_FOUND; 'create' throws EXISTS. */
  open(path: string, mode: 'append' | 'read' | 'create'): DiskFile
  exists(path: string): boolean
  /** Bytes; undefined when there is no such file. */
  sizeOf(path: string): number | undefined
  /** mtime, ms since 1970; undefined when there is no such file. */
  modifiedAtMs(path: string): number | undefined
  /** Whole file; throws NOT_FOUND. */
  read(path: string): Uint8Array
  /** Temporary file, fsync, rename, fsync of the folder: the file is the old one or the new one, also after a power cut. */
  replace(path: string, bytes: Uint8Array): Promise<void>
  /** Like replace without any fsync: whole or absent after a kill; after a power cut it may be empty, zeros or half. */
  replaceUnsynced(path: string, bytes: Uint8Array): void
  /**
   * Like replaceUnsynced for a small file that only grows and shows whether it is whole, in its place where that can be done:
   * after a power cut it may also be some of both.
   */
  rewriteUnsynced(path: string, bytes: Uint8Array): void
  list(path: string): readonly DirectoryEntry[]
  /** Creates parents too; no error when it is there. Whether it was not. */
  makeDirectory(path: string): boolean
  rename(from: string, to: string): void
  /** File or folder with all that is in it; no error when absent. */
  remove(path: string): void
  syncDirectory(path: string): Promise<FolderSync>
  /** Exclusive until released or until this process ends; throws LOCKED naming the holder. */
  lock(path: string): FolderLock
  join(...parts: readonly string[]): string
}

/** A file that is made piece by piece and has its name only when all of it is there and synced. */
export interface FileSink {
  /** Resolves with the bytes written when the system has taken them. Rejects with AppError, DISK_FULL above all. */
  write(texts: readonly (string | Uint8Array)[]): Promise<number>
  /** Gives it its name; resolves with its whole path. */
  finish(): Promise<string>
  /** Leaves nothing of it; idempotent, also after finish. */
  discard(): Promise<void>
}

export interface FileSinks {
  /** `~/` is the user's home. Rejects with AppError: a relative path, no such folder, no access, EXISTS unless replacing. */
  create(path: string, isReplacing: boolean): Promise<FileSink>
}

// ── network ──────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Address {
  readonly host: string
  readonly port: number
}

export const portMax = 65_535

/** Somebody may listen there; a port that others have told may be any number. */
export const isPort = (port: number): boolean => Number.isInteger(port) && port > 0 && port <= portMax

export interface Connection {
  readonly id: number
  readonly remote: Address
  readonly local: Address
  /** Bytes given to send() that the kernel has not taken yet. */
  readonly unsentBytes: number
  /**
   * Queues bytes after all earlier ones; the bytes must stay unchanged until `whenTaken` is called. Sends made inside
   * one callback leave as one write.
   */
  send(bytes: Uint8Array, whenTaken?: () => void): void
  /** What was sent leaves now: for whoever is about to hold the thread. */
  flush(): void
  /** Stops and resumes reading; frames that are already split out may still arrive during the current callback. */
  pause(): void
  resume(): void
  /** Sends what is queued, then closes. */
  end(): void
  /** Closes now. */
  destroy(): void
}

export interface FrameHandler {
  /**
   * One whole frame without its int32 length. Valid only during this call, since it lies in a shared buffer; frames of
   * more than 1 MiB (ownFrameBytesMin) stay as they are.
   */
  frame(bytes: Uint8Array): void
  /** The first four bytes of the connection, when listed in ListenOptions.words. Nothing else is read afterwards. */
  word?(word: string): void
  /** The send queue has become empty after it was full: more than a few kilobytes. */
  drained?(): void
  /** Once, for whatever reason; undefined when closed in good order. `oversized` and the like are in the code. */
  closed(error: Error | undefined): void
}

export interface ListenOptions extends Address {
  /** A frame whose length is negative or above this closes the connection. */
  readonly frameBytesMax: number
  /** The same for a connection's first frame; absent: as all others. */
  readonly firstFrameBytesMax?: number
  /** ASCII words of four bytes to hand to FrameHandler.word instead of reading a frame (ZooKeeper's). */
  readonly words?: readonly string[]
}

export interface Listener {
  readonly address: Address
  /** Refuses new connections and destroys the open ones. */
  close(): Promise<void>
}

export interface Network {
  /** Throws AppError ADDRESS_IN_USE naming the port. Port 0 takes a free one. */
  listen(options: ListenOptions, accept: (connection: Connection) => FrameHandler): Promise<Listener>
  /** Throws CONNECTION_REFUSED or TIMED_OUT. */
  connect(
    options: Address & { readonly frameBytesMax: number; readonly timeoutMs: number },
    handler: (connection: Connection) => FrameHandler
  ): Promise<Connection>
}

/**
 * Text that is asked for with one word and ends when the other side closes. Without `isWhole` there was more than `bytesMax`, and
 * the text ends with its last whole line. Throws CONNECTION_REFUSED, CONNECTION_LOST or TIMED_OUT.
 */
export type AskWord = (
  address: Address,
  word: string,
  bounds: { readonly timeoutMs: number; readonly bytesMax: number }
) => Promise<{ readonly text: string; readonly isWhole: boolean }>

// ── bytes ────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Checksum {
  /** CRC-32C (Castagnoli), unsigned; `seed` is the checksum of what went before. */
  crc32c(bytes: Uint8Array, seed?: number): number
  /** SHA-1 in base64: how a digest stands in an ACL. */
  sha1Base64(bytes: Uint8Array): string
}

/** Codec numbers of RecordBatch attributes bits 0-2. */
export type CompressionCodec = 0 | 1 | 2 | 3 | 4

/**
 * So much is unpacked of one batch at most, whatever its codec and whoever reads it: 64 MiB. A batch of a megabyte can
 * claim to hold gigabytes; the largest that Kafka's producers make by default holds 32 MiB (buffer.memory).
 */
export const unpackedBytesMax = 64 * 1024 * 1024

export interface Compression {
  /**
   * Throws AppError CORRUPT, or TOO_LARGE when there is more than `plainBytesMax` (unpackedBytesMax when absent); no
   * more than three times that is held meanwhile.
   */
  decompress(codec: CompressionCodec, bytes: Uint8Array, plainBytesMax?: number): Uint8Array
}

// ── what a node tells its parent ─────────────────────────────────────────────────────────────────────────────────

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Structured log of a process; `fields` is flat and JSON-able. */
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void

// ── processes ────────────────────────────────────────────────────────────────────────────────────────────────────

/** The reader looks through topics for screens: a process of its own, so that nothing else waits for it. */
export type ProcessKind = 'broker' | 'ensemble' | 'monitor' | 'reader' | 'workload'

export interface ProcessExit {
  readonly code: number | null
  /** SIGKILL and the like; null when it ended by itself. */
  readonly signal: string | null
}

export interface ProcessHandlers {
  /** A structured message of the child. */
  readonly message: (message: unknown) => void
  /** A line it wrote to stdout or stderr. */
  readonly line: (line: string) => void
  /** Once, when the process is gone. */
  readonly exited: (exit: ProcessExit) => void
}

export interface ChildProcess {
  readonly pid: number
  /** Start time as the system tells it, so that a later process of the same pid is not taken for this one. */
  readonly startedAt: string
  send(message: Readonly<Record<string, unknown>>): void
  /** SIGKILL. */
  kill(): void
  /** SIGSTOP. Resolves when it stands still, or is gone. Rejects with AppError where that is not to be had, or not seen. */
  pause(): Promise<void>
  /** SIGCONT, sent before this returns. Resolves when it goes on, or is gone. */
  resume(): Promise<void>
}

export interface ProcessLauncher {
  /** The child dies with this process, whatever happens to it. Throws AppError FAILED. */
  launch(kind: ProcessKind, config: unknown, handlers: ProcessHandlers): ChildProcess
  /** Kills a process that an earlier run left behind, if it still is that one; resolves when it is gone. */
  sweep(pid: number, startedAt: string): Promise<boolean>
}

/** Which ports the labs of this user have recorded, over all processes. Folders go by their real path. */
export interface LabRegistry {
  remember(dir: string, ports: readonly number[], name: string): void
  portsOfOthers(dir: string): readonly number[]
}

export interface KnownLab {
  /** Of its folder: another folder is another lab. */
  readonly id: string
  readonly dir: string
  /** As it told when it was opened last; undefined for one that an earlier version told of. */
  readonly name: string | undefined
  readonly ports: readonly number[]
}

/** The labs that this user has opened on this machine, wherever they are and whatever became of them since. */
export interface KnownLabs {
  idOf(dir: string): string
  list(): readonly KnownLab[]
  /** Its folder stays. Throws AppError. */
  forget(dir: string): void
}

/** The cluster that is meant where none is named: the same for the app and the command line. */
export interface OwnCluster {
  /** Where it has been moved to; undefined: where it is made. Throws AppError when that is written down and cannot be read. */
  home(): string | undefined
  /** undefined: where it is made. Throws AppError. */
  keepHome(dir: string | undefined): void
}

/** What this user has chosen for clusters that are yet to be made. */
export interface NewClusterDefaults {
  newBrokers(): number | undefined
  /** Throws AppError. */
  keepNewBrokers(brokers: number): void
}

export interface PortFinder {
  /** The first free TCP port at or after `from`, none of `taken`. */
  freePort(host: string, from: number, taken: readonly number[]): Promise<number>
  isFree(host: string, port: number): Promise<boolean>
}
