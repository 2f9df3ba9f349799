/**
 * Time of a simulated world: it moves only by `run`, `until` and `jump`. What is due at the same moment happens in the
 * order in which it was asked for, each with all of its promise jobs, so that a run is the same each time.
 */
import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'
import type { Clock, Timer } from '../../../src-main/kernel/ports'

/** 14 November 2023, which a date in a failure shows at once to be none of today. */
const epochMs = 1_700_000_000_000
const beginMs = 1_000_000
const untilMaxMs = 60_000
const untilStepMs = 10

interface Due {
  readonly atMs: number
  readonly order: number
  callback: (() => void) | undefined
}

export class SimClock implements Clock {
  #now = beginMs
  #order = 0
  readonly #due = new DueHeap()
  /** Called when something has happened, with all that followed from it at once. */
  afterEach: () => void = () => undefined
  /** How much has happened. */
  count = 0

  nowMs(): number {
    return Math.floor(epochMs + this.#now)
  }

  monotonicMs(): number {
    return this.#now
  }

  after(delayMs: number, callback: () => void): Timer {
    const due: Due = { atMs: this.#now + Math.max(0, delayMs), order: this.#order++, callback }
    this.#due.push(due)
    return { cancel: () => void (due.callback = undefined) }
  }

  soon(callback: () => void): void {
    this.after(0, callback)
  }

  /** Runs everything that is due within this time, in order, each with all its promise jobs. */
  run(durationMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      // In a turn of its own: among the jobs of another one none can be run.
      setImmediate(() => {
        try {
          this.#run(this.#now + durationMs)
          resolve()
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)))
        }
      })
    })
  }

  #run(untilMs: number): void {
    for (;;) {
      const next = this.#due.first
      if (next === undefined || next.atMs > untilMs) break
      this.#due.pop()
      const { callback } = next
      if (callback === undefined) continue
      this.#now = Math.max(this.#now, next.atMs)
      callback()
      runPromiseJobs()
      this.count += 1
      this.afterEach()
    }
    this.#now = untilMs
  }

  /** Time passes without anything running: a stopped machine. */
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
    for (let passedMs = 0; passedMs < untilMaxMs; passedMs += untilStepMs) {
      await settled()
      if (isSettled) return promise
      await this.run(untilStepMs)
    }
    throw new Error('nothing came of it within a simulated minute')
  }
}

/** After every promise job that is ready. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/**
 * All that are ready, and those that they make ready. A turn of Node's event loop for each event would do the same, and take as
 * long as the event.
 */
const runPromiseJobs = promiseJobs()

function promiseJobs(): () => void {
  setFlagsFromString('--allow-natives-syntax')
  // Stays allowed: V8 compiles it when it is called, and again when it has thrown that away.
  const run: unknown = runInThisContext('() => %PerformMicrotaskCheckpoint()')
  if (typeof run !== 'function') throw new Error('V8 has no such function')
  return run as () => void
}

const isBefore = (a: Due, b: Due): boolean => (a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs)

/** A binary heap, the first due on top. */
class DueHeap {
  readonly #items: Due[] = []

  get first(): Due | undefined {
    return this.#items[0]
  }

  push(due: Due): void {
    const items = this.#items
    let at = items.push(due) - 1
    while (at > 0) {
      const up = (at - 1) >> 1
      const parent = items[up]
      if (parent === undefined || !isBefore(due, parent)) break
      items[at] = parent
      at = up
    }
    items[at] = due
  }

  pop(): void {
    const items = this.#items
    const last = items.pop()
    if (last === undefined || items.length === 0) return
    let at = 0
    for (;;) {
      const [left, right] = [items[2 * at + 1], items[2 * at + 2]]
      if (left === undefined) break
      const isRight = right !== undefined && isBefore(right, left)
      const child = isRight ? right : left
      if (!isBefore(child, last)) break
      items[at] = child
      at = 2 * at + (isRight ? 2 : 1)
    }
    items[at] = last
  }
}
