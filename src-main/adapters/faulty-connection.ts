/** A connection over a link that may have faults (see faulty-network). */
import type { Address, Clock, Connection, FrameHandler, Random } from '../kernel/ports'
import type { LinkFaults } from '../kernel/node-faults'
import { FaultyLane } from './faulty-lane'

export interface FaultyPorts {
  readonly clock: Clock
  readonly random: Random
  readonly link: () => Omit<LinkFaults, 'peer'>
  readonly whenChanged: (changed: () => void) => () => void
}

/** So much that was received may wait; then the real connection is not read from. */
const receivedBytesMax = 1024 * 1024
/** More than that unsent counts as a full queue, as in Node’s streams. */
const fullBytesMin = 16 * 1024
/** A connection that is ended, and cannot say so across a cut, is given up. */
const endMs = 5_000
/** The other end hears of the end of a connection when the cut is healed, or after so long: its own keep-alive by then. */
const unheardEndMs = 60_000

interface Sent {
  readonly bytes: Uint8Array
  readonly whenTaken: (() => void) | undefined
}

export class FaultyConnection implements Connection {
  readonly #real: Connection
  readonly #ports: FaultyPorts
  readonly #outward: FaultyLane<Sent>
  readonly #inward: FaultyLane<Uint8Array>
  readonly #off: () => void
  #handler: FrameHandler | undefined
  #isPausedByOwner = false
  #isReading = true
  #wasFull = false
  #isEnding = false
  /** By its owner, who is told of the end whatever the link is like. */
  #isDestroyed = false
  /** The owner has been told. */
  #isOver = false
  /** The real one is over, with this error; what was received before is handed on first. */
  #end: { readonly error: Error | undefined } | undefined

  constructor(real: Connection, ports: FaultyPorts) {
    this.#real = real
    this.#ports = ports
    const { clock, random, link } = ports
    this.#outward = new FaultyLane({
      clock,
      random,
      leg: () => link().outward,
      arrived: ({ bytes, whenTaken }) => real.send(bytes, whenTaken),
      emptied: () => this.#sentAll()
    })
    this.#inward = new FaultyLane({
      clock,
      random,
      leg: () => link().inward,
      arrived: (bytes) => this.#handler?.frame(bytes),
      emptied: () => this.#settle()
    })
    this.#off = ports.whenChanged(() => {
      this.#outward.changed()
      this.#inward.changed()
      this.#settle()
    })
  }

  begin(handlerFor: (connection: Connection) => FrameHandler): FrameHandler {
    const handler = handlerFor(this)
    this.#handler = handler
    return {
      frame: (bytes) => this.#received(bytes),
      drained: () => {
        if (this.#outward.isEmpty) handler.drained?.()
      },
      closed: (error) => {
        this.#end ??= { error }
        this.#settle()
      }
    }
  }

  get id(): number {
    return this.#real.id
  }

  get remote(): Address {
    return this.#real.remote
  }

  get local(): Address {
    return this.#real.local
  }

  get unsentBytes(): number {
    return this.#real.unsentBytes + this.#outward.bytes
  }

  #received(bytes: Uint8Array): void {
    if (this.#isOver || this.#isDestroyed) return
    if (this.#inward.isClear) {
      this.#handler?.frame(bytes)
      return
    }
    // It lies in the buffer that is read into next.
    this.#inward.push(bytes.slice(), bytes.length)
    this.#settle()
  }

  send(bytes: Uint8Array, whenTaken?: () => void): void {
    if (this.#isOver || this.#isDestroyed || this.#isEnding || this.#outward.isClear) {
      this.#real.send(bytes, whenTaken)
      return
    }
    this.#outward.push({ bytes, whenTaken }, bytes.length)
    if (this.#outward.bytes > fullBytesMin) this.#wasFull = true
  }

  flush(): void {
    this.#real.flush()
  }

  #sentAll(): void {
    if (this.#isEnding) this.#real.end()
    if (!this.#wasFull) return
    this.#wasFull = false
    this.#ports.clock.soon(() => {
      if (!this.#isOver) this.#handler?.drained?.()
    })
  }

  pause(): void {
    this.#isPausedByOwner = true
    this.#inward.hold(true)
    this.#settle()
  }

  resume(): void {
    this.#isPausedByOwner = false
    this.#inward.hold(false)
    this.#settle()
  }

  end(): void {
    if (this.#isEnding || this.#isOver) return
    this.#isEnding = true
    if (this.#outward.isEmpty && !this.#ports.link().outward.isCut) {
      this.#real.end()
      return
    }
    this.#ports.clock.after(endMs, () => this.destroy())
  }

  destroy(): void {
    if (this.#isOver || this.#isDestroyed) return
    this.#isDestroyed = true
    for (const { whenTaken } of this.#outward.clear()) if (whenTaken !== undefined) this.#ports.clock.soon(whenTaken)
    this.#inward.clear()
    if (!this.#ports.link().outward.isCut) {
      this.#real.destroy()
      return
    }
    this.#ports.clock.soon(() => this.#over(undefined))
    this.#destroyUnheard()
  }

  /** Our end is over; the other one does not hear of it before the cut is healed. */
  #destroyUnheard(): void {
    const heard = (): void => {
      timer.cancel()
      off()
      this.#real.destroy()
    }
    const timer = this.#ports.clock.after(unheardEndMs, heard)
    const off = this.#ports.whenChanged(() => {
      if (!this.#ports.link().outward.isCut) heard()
    })
  }

  /** Reads or does not, and tells of the end when everything before it has been told. */
  #settle(): void {
    if (this.#isOver) return
    const isHeard = this.#isDestroyed || (this.#inward.isEmpty && !this.#ports.link().inward.isCut)
    if (this.#end !== undefined && isHeard) {
      this.#over(this.#end.error)
      return
    }
    const isReading =
      !this.#isPausedByOwner && !this.#ports.link().inward.isCut && this.#inward.bytes <= receivedBytesMax
    if (isReading === this.#isReading) return
    this.#isReading = isReading
    if (isReading) this.#real.resume()
    else this.#real.pause()
  }

  #over(error: Error | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#off()
    this.#inward.clear()
    this.#handler?.closed(error)
  }
}
