/**
 * One direction of a connection whose link has faults: what goes in comes out in the same order, at once while the link
 * is whole, late or not at all otherwise.
 */
import type { LinkLeg } from '../kernel/node-faults'
import type { Clock, Random, Timer } from '../kernel/ports'

/** TCP_RTO_MIN of Linux; each further loss of the same piece doubles it, up to the other. */
const resentAfterMs = { min: 200, max: 60_000 }
const pieceBytes = 16 * 1024

/** What TCP loses in time by sending again what was lost; 0 where nothing is. */
export function stallMs({ lossPercent }: LinkLeg, random: Random, bytes: number): number {
  if (lossPercent <= 0) return 0
  let total = 0
  for (let left = bytes; left > 0; left -= pieceBytes) {
    for (
      let delayMs = resentAfterMs.min;
      isLost(lossPercent, random);
      delayMs = Math.min(delayMs * 2, resentAfterMs.max)
    ) {
      total += delayMs
      if (total > resentAfterMs.max) return total
    }
  }
  return total
}

const isLost = (percent: number, random: Random): boolean => random.uint32() / 2 ** 32 < percent / 100

interface Waiting<T> {
  readonly item: T
  readonly bytes: number
  dueMs: number
}

export interface LanePorts<T> {
  readonly clock: Clock
  readonly random: Random
  readonly leg: () => LinkLeg
  readonly arrived: (item: T) => void
  /** Nothing waits any more that had to. */
  readonly emptied: () => void
}

export class FaultyLane<T> {
  readonly #ports: LanePorts<T>
  #waiting: Waiting<T>[] = []
  #bytes = 0
  #lastDueMs = 0
  #timer: Timer | undefined
  #isHeld = false
  #isRunning = false

  constructor(ports: LanePorts<T>) {
    this.#ports = ports
  }

  /** That have not arrived. */
  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** What is put in now arrives within the call. */
  get isClear(): boolean {
    if (this.#waiting.length > 0) return false
    const { isCut, delayMs, lossPercent } = this.#ports.leg()
    return !isCut && delayMs === 0 && lossPercent === 0
  }

  push(item: T, bytes: number): void {
    const { clock, random, leg } = this.#ports
    const now = leg()
    const nowMs = clock.monotonicMs()
    this.#lastDueMs = Math.max(this.#lastDueMs, nowMs + now.delayMs + stallMs(now, random, bytes))
    this.#waiting.push({ item, bytes, dueMs: this.#lastDueMs })
    this.#bytes += bytes
    this.#run()
  }

  /** The receiver takes nothing at the moment. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    if (!isHeld) this.#run()
  }

  /** The link is another one: nothing waits longer than it would in that. */
  changed(): void {
    const latestMs = this.#ports.clock.monotonicMs() + this.#ports.leg().delayMs
    for (const one of this.#waiting) one.dueMs = Math.min(one.dueMs, latestMs)
    this.#lastDueMs = Math.min(this.#lastDueMs, latestMs)
    this.#run()
  }

  /** What has not arrived never will: in its order. */
  clear(): readonly T[] {
    const lost = this.#waiting.map(({ item }) => item)
    this.#waiting = []
    this.#bytes = 0
    this.#timer?.cancel()
    this.#timer = undefined
    return lost
  }

  #run(): void {
    if (this.#isRunning) return
    this.#timer?.cancel()
    this.#timer = undefined
    this.#isRunning = true
    const hadSome = this.#waiting.length > 0
    for (let first = this.#next(); first !== undefined; first = this.#next()) {
      this.#waiting.shift()
      this.#bytes -= first.bytes
      this.#ports.arrived(first.item)
    }
    this.#isRunning = false
    const [first] = this.#waiting
    if (first === undefined) {
      if (hadSome) this.#ports.emptied()
    } else if (!this.#isHeld && !this.#ports.leg().isCut) {
      const delayMs = Math.max(0, first.dueMs - this.#ports.clock.monotonicMs())
      this.#timer = this.#ports.clock.after(delayMs, () => this.#run())
    }
  }

  #next(): Waiting<T> | undefined {
    const [first] = this.#waiting
    if (first === undefined || this.#isHeld || this.#ports.leg().isCut) return undefined
    return first.dueMs <= this.#ports.clock.monotonicMs() ? first : undefined
  }
}
