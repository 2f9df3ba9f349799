/**
 * A simulated machine for the ensemble: clock, disk and network of the kernel's ports in one thread. Time moves only by
 * `run`; the disk keeps apart what is written and what is durable, and crash() throws away the rest.
 */
import { AppError } from '../../src-main/kernel/errors'
import { FrameSplitter } from '../../src-main/kernel/frame-splitter'
import type {
  Address,
  Clock,
  Connection,
  Disk,
  DiskFile,
  FrameHandler,
  Listener,
  ListenOptions,
  Log,
  Network,
  Random,
  Timer
} from '../../src-main/kernel/ports'

export { nodeChecksum } from '../../src-main/adapters/node-checksum'

interface Due {
  readonly atMs: number
  readonly order: number
  readonly callback: () => void
}

export class SimClock implements Clock {
  #now = 1_000_000
  #order = 0
  #due: Due[] = []

  nowMs(): number {
    return 1_700_000_000_000 + this.#now
  }

  monotonicMs(): number {
    return this.#now
  }

  after(delayMs: number, callback: () => void): Timer {
    const due = { atMs: this.#now + Math.max(0, delayMs), order: this.#order++, callback }
    this.#due.push(due)
    return {
      cancel: () => {
        this.#due = this.#due.filter((other) => other !== due)
      }
    }
  }

  soon(callback: () => void): void {
    this.after(0, callback)
  }

  /** Runs everything that is due within this time, in order, each with all its promise jobs. */
  async run(durationMs: number): Promise<void> {
    const untilMs = this.#now + durationMs
    await settled()
    for (;;) {
      const next = this.#due.reduce<Due | undefined>((first, due) => {
        if (first === undefined || due.atMs < first.atMs) return due
        return due.atMs === first.atMs && due.order < first.order ? due : first
      }, undefined)
      if (next === undefined || next.atMs > untilMs) break
      this.#due = this.#due.filter((due) => due !== next)
      this.#now = Math.max(this.#now, next.atMs)
      next.callback()
      await settled()
    }
    this.#now = untilMs
  }

  /** Time passes without anything running: a stopped process. */
  jump(durationMs: number): void {
    this.#now += durationMs
  }

  /** Runs until the promise settles; fails after a simulated minute. */
  async until<Value>(promise: Promise<Value>): Promise<Value> {
    let isSettled = false
    promise.then(
      () => (isSettled = true),
      () => (isSettled = true)
    )
    for (let steps = 0; steps < 6_000; steps++) {
      await settled()
      if (isSettled) return promise
      await this.run(10)
    }
    throw new Error('nothing came of it within a simulated minute')
  }
}

/** After every promise job that is ready. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

interface SimFile {
  bytes: Uint8Array
  durable: Uint8Array
}

export class SimDisk implements Disk {
  readonly files = new Map<string, SimFile>()
  syncCount = 0
  syncDelayMs = 1
  /** Thrown by the next sync or append, once. */
  syncFailure: AppError | undefined
  appendFailure: AppError | undefined
  /** Every write that needs room fails. */
  isFull = false
  readonly #directories = new Set<string>()
  readonly #locks = new Set<string>()
  readonly #clock: SimClock

  constructor(clock: SimClock) {
    this.#clock = clock
  }

  /** The machine loses power: only what was synced is left, with `kept` bytes of what each file had beyond it. */
  crash(kept: (path: string, unsyncedBytes: number) => number = () => 0): void {
    for (const [path, file] of this.files) {
      const unsynced = Math.max(0, file.bytes.length - file.durable.length)
      file.bytes = file.bytes.slice(0, file.durable.length + kept(path, unsynced))
      file.durable = file.bytes
    }
    this.#locks.clear()
  }

  put(path: string, bytes: Uint8Array): void {
    this.files.set(path, { bytes: bytes.slice(), durable: bytes.slice() })
  }

  open(path: string, mode: 'append' | 'read' | 'create'): DiskFile {
    let file = this.files.get(path)
    if (file === undefined && mode === 'read') throw new AppError('NOT_FOUND', `${path} does not exist.`)
    if (file !== undefined && mode === 'create') throw new AppError('EXISTS', `${path} exists already.`)
    file ??= { bytes: new Uint8Array(0), durable: new Uint8Array(0) }
    this.files.set(path, file)
    return this.#handle(path, file)
  }

  #handle(path: string, file: SimFile): DiskFile {
    const append = (bytes: Uint8Array): void => {
      this.#checkRoom(path)
      const failure = this.appendFailure
      this.appendFailure = undefined
      if (failure !== undefined) throw failure
      const grown = new Uint8Array(file.bytes.length + bytes.length)
      grown.set(file.bytes)
      grown.set(bytes, file.bytes.length)
      file.bytes = grown
    }
    return {
      path,
      get sizeBytes() {
        return file.bytes.length
      },
      append,
      readAt: (position, into) => {
        const piece = file.bytes.subarray(position, position + into.length)
        into.set(piece)
        return piece.length
      },
      truncate: (sizeBytes) => {
        file.bytes = file.bytes.slice(0, sizeBytes)
      },
      sync: async () => {
        this.syncCount++
        const snapshot = file.bytes
        await new Promise<void>((resolve) => this.#clock.after(this.syncDelayMs, resolve))
        const failure = this.syncFailure
        this.syncFailure = undefined
        if (failure !== undefined) throw failure
        file.durable = snapshot
      },
      close: () => undefined
    }
  }

  exists(path: string): boolean {
    return this.files.has(path)
  }

  sizeOf(path: string): number | undefined {
    return this.files.get(path)?.bytes.length
  }

  modifiedAtMs(path: string): number | undefined {
    return this.files.has(path) ? 0 : undefined
  }

  read(path: string): Uint8Array {
    const file = this.files.get(path)
    if (file === undefined) throw new AppError('NOT_FOUND', `${path} does not exist.`)
    return file.bytes.slice()
  }

  async replace(path: string, bytes: Uint8Array): Promise<void> {
    const copy = bytes.slice()
    await new Promise<void>((resolve) => this.#clock.after(this.syncDelayMs, resolve))
    this.#checkRoom(path)
    this.put(path, copy)
  }

  #checkRoom(path: string): void {
    if (this.isFull) throw new AppError('DISK_FULL', `The disk is full: ${path} cannot grow.`)
  }

  replaceUnsynced(path: string, bytes: Uint8Array): void {
    this.#checkRoom(path)
    this.put(path, bytes)
  }

  list(path: string): readonly { readonly name: string; readonly isDirectory: boolean }[] {
    return [...this.files.keys()]
      .filter((file) => file.startsWith(`${path}/`))
      .map((file) => ({ name: file.slice(path.length + 1), isDirectory: false }))
  }

  makeDirectory(path: string): void {
    this.#directories.add(path)
  }

  rename(from: string, to: string): void {
    const file = this.files.get(from)
    if (file === undefined) throw new AppError('NOT_FOUND', `${from} does not exist.`)
    this.files.delete(from)
    this.files.set(to, file)
  }

  remove(path: string): void {
    this.files.delete(path)
  }

  syncDirectory(): Promise<'synced'> {
    return Promise.resolve('synced')
  }

  lock(path: string): { release(): void } {
    if (this.#locks.has(path)) throw new AppError('LOCKED', `${path} is held.`)
    this.#locks.add(path)
    return { release: () => this.#locks.delete(path) }
  }

  join(...parts: readonly string[]): string {
    return parts.join('/')
  }
}

let lastConnectionId = 0

class SimConnection implements Connection {
  readonly id = ++lastConnectionId
  readonly remote: Address = { host: 'sim', port: 1 }
  readonly local: Address = { host: 'sim', port: 2 }
  readonly unsentBytes = 0
  readonly #clock: SimClock
  readonly #splitter: FrameSplitter
  peer: SimConnection | undefined
  handler: FrameHandler | undefined
  #isClosed = false

  constructor(clock: SimClock, frameBytesMax: number) {
    this.#clock = clock
    this.#splitter = new FrameSplitter(frameBytesMax)
  }

  send(bytes: Uint8Array): void {
    if (this.#isClosed) return
    const copy = bytes.slice()
    this.#clock.soon(() => this.peer?.receive(copy))
  }

  receive(bytes: Uint8Array): void {
    if (this.#isClosed) return
    const result = this.#splitter.push(bytes, bytes.length, (frame) => {
      // Into a buffer that is overwritten afterwards, as a real connection's is.
      const shared = frame.slice()
      this.handler?.frame(shared)
      shared.fill(0xee)
      return !this.#isClosed
    })
    if (result === 'oversized') this.destroy()
  }

  pause(): void {
    // Everything has been delivered already.
  }

  resume(): void {
    // See pause.
  }

  end(): void {
    this.#clock.soon(() => this.destroy())
  }

  destroy(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const { peer, handler } = this
    this.#clock.soon(() => handler?.closed(undefined))
    this.#clock.soon(() => peer?.destroy())
  }
}

export class SimNetwork implements Network {
  readonly #clock: SimClock
  readonly #listeners = new Map<number, { options: ListenOptions; accept: (connection: Connection) => FrameHandler }>()
  #open: SimConnection[] = []

  constructor(clock: SimClock) {
    this.#clock = clock
  }

  listen(options: ListenOptions, accept: (connection: Connection) => FrameHandler): Promise<Listener> {
    if (this.#listeners.has(options.port)) {
      return Promise.reject(new AppError('ADDRESS_IN_USE', `Port ${options.port} is taken.`))
    }
    this.#listeners.set(options.port, { options, accept })
    return Promise.resolve({
      address: { host: options.host, port: options.port },
      close: () => {
        this.#listeners.delete(options.port)
        for (const connection of this.#open) connection.destroy()
        this.#open = []
        return Promise.resolve()
      }
    })
  }

  connect(
    options: Address & { readonly frameBytesMax: number; readonly timeoutMs: number },
    handlerFor: (connection: Connection) => FrameHandler
  ): Promise<Connection> {
    const listener = this.#listeners.get(options.port)
    if (listener === undefined) return Promise.reject(new AppError('CONNECTION_REFUSED', 'nobody listens'))
    const near = new SimConnection(this.#clock, options.frameBytesMax)
    const far = new SimConnection(this.#clock, listener.options.frameBytesMax)
    near.peer = far
    far.peer = near
    this.#open.push(far)
    far.handler = listener.accept(far)
    near.handler = handlerFor(near)
    return Promise.resolve(near)
  }
}

/** Deterministic: a linear congruential generator (Numerical Recipes' constants). */
export class SimRandom implements Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  uint32(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0
    return this.#state
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.uint32() >>> 24)
  }
}

export const silent: Log = () => undefined
