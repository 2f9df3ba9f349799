/**
 * The network of a simulated world: hosts by name, listeners by port, links between hosts that are slow, lose packets
 * (which TCP sends again: bytes come later, never wrongly), or are cut in one direction or both. A host can lose all its
 * connections at once, as one whose process was killed.
 */
import { AppError } from '../../../src-main/kernel/errors'
import { FrameSplitter, ownFrameBytesMin } from '../../../src-main/kernel/frame-splitter'
import type {
  Address,
  Clock,
  Connection,
  FrameHandler,
  Listener,
  ListenOptions,
  Network
} from '../../../src-main/kernel/ports'
import type { SimClock } from './sim-clock'
import { SimPipe } from './sim-pipe'
import { SimRandom } from './sim-random'

/** Whoever asks the network without a name: the test itself. */
const outside = 'outside'
/** A packet that was lost is sent again after this (Linux's least RTO). */
const resendMs = 200

export interface LinkFault {
  /** Each way; bytes keep their order. */
  readonly delayMs?: number
  /** Up to so much more, by chance. */
  readonly jitterMs?: number
  /** 0 to 1: of packets, each of which comes `resendMs` later for each loss. */
  readonly loss?: number
  readonly isCut?: boolean
}

/** A process of a host. */
interface Process {
  readonly host: string
  readonly clock: Clock
  /** Does something when it can: not while it is paused, never when it is dead. */
  readonly run: (callback: () => void) => void
  /** False: nothing that it asks for happens any more. */
  readonly isAlive: () => boolean
}

interface Listening {
  readonly process: Process
  readonly options: ListenOptions
  readonly accept: (connection: Connection) => FrameHandler
}

export class SimNetwork implements Network {
  readonly #clock: SimClock
  readonly #random: SimRandom
  readonly #listeners = new Map<number, Listening>()
  readonly #connections = new Set<SimConnection>()
  readonly #faults = new Map<string, LinkFault>()
  readonly #unreachable = new Set<string>()

  constructor(clock: SimClock, random = new SimRandom(1)) {
    this.#clock = clock
    this.#random = random
  }

  /** The network as one host has it. What it hears comes when `run` lets it: not while it is paused. */
  of(host: string, as: Omit<Process, 'host'> = { clock: this.#clock, run: atOnce, isAlive: always }): Network {
    const process: Process = { host, ...as }
    return {
      listen: (options, accept) => this.#listen(process, options, accept),
      connect: (options, handlerFor) => this.#connect(process, options, handlerFor)
    }
  }

  listen(options: ListenOptions, accept: (connection: Connection) => FrameHandler): Promise<Listener> {
    return this.of(outside).listen(options, accept)
  }

  connect(
    options: Parameters<Network['connect']>[0],
    handlerFor: (connection: Connection) => FrameHandler
  ): Promise<Connection> {
    return this.of(outside).connect(options, handlerFor)
  }

  // ── faults ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** From one host to another, one way. Undefined heals it. */
  fault(from: string, to: string, fault: LinkFault | undefined): void {
    if (fault === undefined) this.#faults.delete(linkOf(from, to))
    else this.#faults.set(linkOf(from, to), fault)
    for (const connection of this.#connections) connection.linkChanged()
  }

  heal(): void {
    this.#faults.clear()
    this.#unreachable.clear()
    for (const connection of this.#connections) connection.linkChanged()
  }

  /** All its connections break, told to both ends; nothing can be connected until `mend`. Its listeners stay. */
  disconnect(host: string): void {
    this.#unreachable.add(host)
    for (const connection of this.#of(host)) connection.destroy()
  }

  mend(host: string): void {
    this.#unreachable.delete(host)
  }

  /** The connections that one host has opened to another break, told to both ends; what was under way is lost. */
  reset(from: string, to: string): void {
    for (const connection of this.#of(from)) {
      const { peer } = connection
      if (connection.listening !== undefined || peer?.host !== to) continue
      connection.destroy()
      peer.destroy()
    }
  }

  /** Its process is gone: listeners and connections, too. Peers are told, unless the machine went with it. */
  kill(host: string, isTold = true): void {
    for (const [port, listening] of this.#listeners) if (listening.process.host === host) this.#listeners.delete(port)
    for (const connection of this.#of(host)) connection.die(isTold)
  }

  #of(host: string): readonly SimConnection[] {
    return [...this.#connections].filter((connection) => connection.host === host)
  }

  // ── Network ────────────────────────────────────────────────────────────────────────────────────────────────────

  #listen(
    process: Process,
    options: ListenOptions,
    accept: (connection: Connection) => FrameHandler
  ): Promise<Listener> {
    if (!process.isAlive()) return never()
    if (this.#listeners.has(options.port))
      return Promise.reject(new AppError('ADDRESS_IN_USE', `Port ${options.port} is taken.`))
    const listening: Listening = { process, options, accept }
    this.#listeners.set(options.port, listening)
    return Promise.resolve({
      address: { host: options.host, port: options.port },
      close: () => {
        if (this.#listeners.get(options.port) === listening) this.#listeners.delete(options.port)
        for (const connection of this.#connections) if (connection.listening === listening) connection.destroy()
        return Promise.resolve()
      }
    })
  }

  async #connect(
    process: Process,
    options: Parameters<Network['connect']>[0],
    handlerFor: (connection: Connection) => FrameHandler
  ): Promise<Connection> {
    if (!process.isAlive()) return never()
    const { host, clock } = process
    const refused = (why: string): AppError => new AppError('CONNECTION_REFUSED', why)
    if (this.#unreachable.has(host)) throw refused('the network is cut')
    const there = this.#delayMs(host, this.#listeners.get(options.port)?.process.host ?? outside)
    if (there === undefined) {
      await new Promise<void>((resolve) => clock.after(options.timeoutMs, resolve))
      throw new AppError('TIMED_OUT', `no answer from port ${options.port}`)
    }
    if (there > 0) await new Promise<void>((resolve) => clock.after(2 * there, resolve))
    const listening = this.#listeners.get(options.port)
    if (listening === undefined) throw refused('nobody listens')
    if (this.#unreachable.has(listening.process.host)) throw refused('the network is cut')
    const near = new SimConnection(process, options, undefined)
    const far = new SimConnection(listening.process, listening.options, listening)
    this.#join(near, far)
    this.#join(far, near)
    // A process that is stopped accepts when it goes on; what was sent meanwhile comes after it.
    listening.process.clock.soon(() => far.accept(listening.accept))
    near.handler = handlerFor(near)
    return near
  }

  #join(from: SimConnection, to: SimConnection): void {
    this.#connections.add(from)
    from.peer = to
    from.forgotten = () => this.#connections.delete(from)
    const link = linkOf(from.host, to.host)
    from.pipe = new SimPipe({
      clock: this.#clock,
      delayMs: () => this.#delayOfLink(link),
      deliver: (bytes) => to.arrived(bytes),
      drained: () => from.drained(),
      ended: (error) => to.peerEnded(error)
    })
  }

  #delayMs(from: string, to: string): number | undefined {
    return this.#delayOfLink(linkOf(from, to))
  }

  #delayOfLink(link: string): number | undefined {
    const fault = this.#faults.get(link)
    if (fault === undefined) return 0
    if (fault.isCut === true) return undefined
    let delayMs = (fault.delayMs ?? 0) + (fault.jitterMs === undefined ? 0 : this.#random.below(fault.jitterMs + 1))
    while (fault.loss !== undefined && this.#random.below(1_000_000) < fault.loss * 1_000_000) delayMs += resendMs
    return delayMs
  }
}

const linkOf = (from: string, to: string): string => `${from} ${to}`

const atOnce = (callback: () => void): void => callback()
const always = (): boolean => true
const never = <T>(): Promise<T> => new Promise(() => undefined)

let lastConnectionId = 0

/** One end. */
class SimConnection implements Connection {
  readonly id = ++lastConnectionId
  readonly remote: Address = { host: 'sim', port: 1 }
  readonly local: Address = { host: 'sim', port: 2 }
  readonly host: string
  readonly listening: Listening | undefined
  readonly #process: Process
  readonly #splitter: FrameSplitter
  pipe: SimPipe | undefined
  peer: SimConnection | undefined
  handler: FrameHandler | undefined
  forgotten: () => void = () => undefined
  #isFirst = true
  #isPaused = false
  #isClosed = false
  #isEnding = false

  constructor(
    process: Process,
    { frameBytesMax, firstFrameBytesMax }: Pick<ListenOptions, 'frameBytesMax' | 'firstFrameBytesMax'>,
    listening: Listening | undefined
  ) {
    this.#process = process
    this.host = process.host
    this.listening = listening
    this.#splitter = new FrameSplitter(frameBytesMax, firstFrameBytesMax)
  }

  accept(accept: Listening['accept']): void {
    if (!this.#isClosed) this.handler = accept(this)
  }

  get unsentBytes(): number {
    return this.pipe?.unsentBytes ?? 0
  }

  send(bytes: Uint8Array, whenTaken?: () => void): void {
    this.pipe?.send(bytes, whenTaken)
  }

  flush(): void {
    // What is sent is on its way at once.
  }

  drained(): void {
    this.#process.clock.soon(() => {
      if (!this.#isClosed) this.handler?.drained?.()
    })
  }

  /** By the pipe: false when no more is to come for now. */
  arrived(bytes: Uint8Array): boolean {
    this.#process.run(() => this.#receive(bytes))
    return !this.#isPaused
  }

  #receive(bytes: Uint8Array): void {
    if (this.#isClosed) return
    if (this.#isWord(bytes)) return
    const result = this.#splitter.push(bytes, bytes.length, (frame) => {
      this.handler?.frame(frame)
      // Overwritten afterwards, as a real connection's buffer is: nobody else has these bytes.
      if (frame.length <= ownFrameBytesMin) frame.fill(0xee)
      return !this.#isClosed
    })
    if (result === 'oversized') this.#close(new AppError('CORRUPT', 'a frame is longer than this port takes'))
  }

  #isWord(bytes: Uint8Array): boolean {
    const words = this.listening?.options.words
    if (!this.#isFirst || words === undefined || bytes.length < 4) return false
    this.#isFirst = false
    const word = String.fromCharCode(...bytes.subarray(0, 4))
    if (!words.includes(word)) return false
    this.handler?.word?.(word)
    return true
  }

  pause(): void {
    this.#isPaused = true
    this.peer?.pipe?.pause()
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.peer?.pipe?.resume()
  }

  linkChanged(): void {
    if (!this.#isPaused) this.peer?.pipe?.resume()
  }

  end(): void {
    if (this.#isEnding || this.#isClosed) return
    this.#isEnding = true
    this.pipe?.end()
  }

  destroy(): void {
    this.#close(undefined)
  }

  /** The other end has closed, and everything that it sent has been heard. */
  peerEnded(error: Error | undefined): void {
    this.#process.clock.soon(() => this.#close(error))
  }

  /** The process is gone: nobody here hears of it. */
  die(isTold: boolean): void {
    this.handler = undefined
    if (isTold) this.#close(undefined)
    else this.#forget()
  }

  #close(error: Error | undefined): void {
    if (this.#isClosed) return
    this.pipe?.abort()
    const { handler } = this
    this.#forget()
    this.#process.clock.soon(() => handler?.closed(error))
  }

  #forget(): void {
    this.#isClosed = true
    // What is under way to this end is nobody's.
    this.peer?.pipe?.close()
    this.forgotten()
  }
}
