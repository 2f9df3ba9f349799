/**
 * One direction of a simulated connection: bytes in order, each after the link's delay, no faster than the receiver takes
 * them. As in TCP, a link that is cut loses nothing and tells nobody: what was sent waits, and goes on when it is healed.
 */
import type { SimClock } from './sim-clock'

/** What lies in the kernels of both ends together. More waits with the sender. */
export const windowBytes = 512 * 1024

/** What is under way lies in pieces of larger buffers: one for each frame would be most of what a run allocates. */
const slabBytes = 64 * 1024
let slab = new Uint8Array(0)
let slabAt = 0

function copyOf(bytes: Uint8Array): Uint8Array {
  if (bytes.length > slabBytes / 4) return bytes.slice()
  if (slabAt + bytes.length > slab.length) {
    slab = new Uint8Array(slabBytes)
    slabAt = 0
  }
  const copy = slab.subarray(slabAt, slabAt + bytes.length)
  copy.set(bytes)
  slabAt += bytes.length
  return copy
}

interface Sent {
  readonly bytes: Uint8Array
  readonly whenTaken: (() => void) | undefined
}

export interface PipeEnds {
  readonly clock: SimClock
  /** How long the next bytes are under way; undefined while the link is cut. */
  readonly delayMs: () => number | undefined
  /** False: the receiver takes no more for now, and calls `resume` when it does. */
  readonly deliver: (bytes: Uint8Array) => boolean
  /** The sender's queue became empty after it had not been. */
  readonly drained: () => void
  /** Everything that was sent before the end has been delivered. */
  readonly ended: (error: Error | undefined) => void
}

export class SimPipe {
  readonly #ends: PipeEnds
  /** Not yet in the window. */
  readonly #waiting: Sent[] = []
  #waitingBytes = 0
  #isFull = false
  /** Under way, with the moment of arrival. */
  readonly #underWay: { readonly bytes: Uint8Array; readonly atMs: number }[] = []
  /** Under way, or arrived and not taken. */
  #windowBytes = 0
  #lastArrivalMs = 0
  #isTaking = true
  #end: { readonly error: Error | undefined } | undefined
  #isClosed = false
  #isPumping = false

  constructor(ends: PipeEnds) {
    this.#ends = ends
  }

  /** Given to send and not taken by the kernel. */
  get unsentBytes(): number {
    return this.#waitingBytes
  }

  send(bytes: Uint8Array, whenTaken?: () => void): void {
    if (this.#isClosed || this.#end !== undefined) {
      if (whenTaken !== undefined) this.#ends.clock.soon(whenTaken)
      return
    }
    this.#waiting.push({ bytes, whenTaken })
    this.#waitingBytes += bytes.length
    this.#take()
  }

  /** After everything that was sent. */
  end(error?: Error): void {
    if (this.#end !== undefined || this.#isClosed) return
    this.#end = { error }
    this.#pump()
  }

  /** The sender closes at once: what its kernel has not taken is lost, what is under way arrives. */
  abort(): void {
    this.#dropWaiting()
    this.end()
  }

  /** The receiver is gone: nothing arrives any more. */
  close(): void {
    this.#isClosed = true
    this.#dropWaiting()
    this.#underWay.length = 0
  }

  /** The sender's callbacks are called all the same, as for any bytes that are gone. */
  #dropWaiting(): void {
    for (const { whenTaken } of this.#waiting) if (whenTaken !== undefined) this.#ends.clock.soon(whenTaken)
    this.#waiting.length = 0
    this.#waitingBytes = 0
  }

  /** The receiver reads again, or the link is whole again. */
  resume(): void {
    this.#isTaking = true
    this.#pump()
  }

  pause(): void {
    this.#isTaking = false
  }

  /** From the sender's queue into the window, as far as there is room. */
  #take(): void {
    const { clock } = this.#ends
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#windowBytes > 0 && this.#windowBytes + next.bytes.length > windowBytes) break
      this.#waiting.shift()
      this.#waitingBytes -= next.bytes.length
      this.#windowBytes += next.bytes.length
      // A copy: from now on the sender may write over its buffer.
      this.#lastArrivalMs = Math.max(this.#lastArrivalMs, clock.monotonicMs() + (this.#ends.delayMs() ?? 0))
      this.#underWay.push({ bytes: copyOf(next.bytes), atMs: this.#lastArrivalMs })
      if (next.whenTaken !== undefined) clock.soon(next.whenTaken)
    }
    if (this.#isFull && this.#waitingBytes === 0) clock.soon(() => this.#ends.drained())
    this.#isFull = this.#waitingBytes > 0
    this.#pump()
  }

  #pump(): void {
    if (this.#isPumping || this.#isClosed) return
    const { clock } = this.#ends
    const dueMs = this.#underWay[0]?.atMs ?? (this.#end === undefined ? undefined : this.#lastArrivalMs)
    if (dueMs === undefined) return
    this.#isPumping = true
    clock.after(Math.max(0, dueMs - clock.monotonicMs()), () => {
      this.#isPumping = false
      this.#arrive()
    })
  }

  /** One piece at a time, so that what others do at this moment comes in between. */
  #arrive(): void {
    if (this.#isClosed || this.#ends.delayMs() === undefined) return
    const next = this.#underWay[0]
    if (next === undefined) {
      if (this.#end === undefined) return
      this.#isClosed = true
      this.#ends.ended(this.#end.error)
      return
    }
    if (!this.#isTaking) return
    this.#underWay.shift()
    this.#windowBytes -= next.bytes.length
    if (!this.#ends.deliver(next.bytes)) this.#isTaking = false
    this.#take()
  }
}
