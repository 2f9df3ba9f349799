/**
 * One machine of a simulated world: a clock that may be wrong or drift, a disk that stays, and a process on it that can be
 * paused, killed and started again. What a dead process asked for never happens; what comes for a paused one waits.
 */
import type { Clock, Disk, Network, Timer } from '../../../src-main/kernel/ports'
import { MemoryDisk } from '../../support/memory-disk'
import { ProcessDisk } from './process-disk'
import type { SimClock } from './sim-clock'
import type { SimNetwork } from './sim-network'

export class SimNode {
  readonly name: string
  readonly disk: MemoryDisk
  /** Wall-clock time is off by this. */
  skewMs = 0
  #rate = 1
  /** Monotonic time and that of the world when the rate was set last. */
  #rateSince = { ownMs: 0, worldMs: 0 }
  /** How often the machine has lost its power. */
  #powerCuts = 0
  readonly #clock: SimClock
  readonly #network: SimNetwork
  #life = 0
  #isPaused = false
  #held: (() => void)[] = []

  constructor(name: string, clock: SimClock, network: SimNetwork, disk = new MemoryDisk(clock)) {
    this.name = name
    this.#clock = clock
    this.#network = network
    this.disk = disk
  }

  /** Timers and monotonic time run at this rate: 1.001 gains a millisecond a second. */
  get rate(): number {
    return this.#rate
  }

  /** From now on: monotonic time jumps on no machine. */
  set rate(rate: number) {
    this.#rateSince = { ownMs: this.#monotonicMs(), worldMs: this.#clock.monotonicMs() }
    this.#rate = rate
  }

  #monotonicMs(): number {
    const { ownMs, worldMs } = this.#rateSince
    return ownMs + (this.#clock.monotonicMs() - worldMs) * this.#rate
  }

  /** What the next process on this machine runs with. One that was started before is dead from here on. */
  begin(): { readonly clock: Clock; readonly network: Network; readonly disk: Disk } {
    this.#endLife()
    const life = this.#life
    const isAlive = (): boolean => life === this.#life
    const run = this.#process()
    const clock = this.#processClock(run)
    const network = this.#network.of(this.name, { clock, run, isAlive })
    return { clock, network, disk: new ProcessDisk(this.disk, isAlive) }
  }

  /** SIGSTOP: it does nothing, and its connections stay. */
  pause(): void {
    this.#isPaused = true
  }

  /** What came meanwhile happens now, in the order in which it came, and before what comes from now on. */
  resume(): void {
    this.#isPaused = false
    this.#goOn(this.#held)
  }

  #goOn(held: (() => void)[]): void {
    if (held.length === 0) return
    this.#clock.soon(() => {
      if (this.#isPaused || held !== this.#held) return
      held.shift()?.()
      this.#goOn(held)
    })
  }

  get bootId(): string {
    return `boot ${this.#powerCuts}`
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** SIGKILL: what was written stays, connections break and their peers are told, unless the whole machine stopped. */
  kill(isTold = true): void {
    this.#endLife()
    this.disk.kill()
    this.#network.kill(this.name, isTold)
  }

  /** Power cut: of what was not synced only `keep` bytes stay, and nobody is told that it has gone. */
  crash(keep: (path: string, unsyncedBytes: number) => number = () => 0): void {
    this.#endLife()
    this.#powerCuts += 1
    this.disk.crash(keep)
    this.#network.kill(this.name, false)
  }

  #endLife(): void {
    this.#life++
    this.#isPaused = false
    this.#held = []
  }

  /** How the process that begins now does something: at once, when it goes on, or never. */
  #process(): (callback: () => void) => void {
    const life = this.#life
    return (callback) => {
      if (life !== this.#life) return
      if (this.#isPaused || this.#held.length > 0) this.#held.push(callback)
      else callback()
    }
  }

  #processClock(run: (callback: () => void) => void): Clock {
    const after = (delayMs: number, callback: () => void): Timer => {
      const timer = new ProcessTimer(run, callback)
      timer.due = this.#clock.after(delayMs / this.rate, timer.expired)
      return timer
    }
    return {
      nowMs: () => Math.floor(this.#clock.nowMs() + this.skewMs),
      monotonicMs: () => this.#monotonicMs(),
      after,
      soon: (callback) => void after(0, callback)
    }
  }
}

/** Of a process; cancelled while that is paused, too. */
class ProcessTimer implements Timer {
  readonly #run: (callback: () => void) => void
  readonly #callback: () => void
  #isCancelled = false
  due: Timer | undefined

  constructor(run: (callback: () => void) => void, callback: () => void) {
    this.#run = run
    this.#callback = callback
  }

  readonly expired = (): void => this.#run(this.#go)

  readonly #go = (): void => {
    if (!this.#isCancelled) this.#callback()
  }

  cancel(): void {
    this.#isCancelled = true
    this.due?.cancel()
  }
}
