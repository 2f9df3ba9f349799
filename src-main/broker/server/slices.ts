/**
 * Long work in slices: a generator that yields where it may be interrupted runs for one slice at a time, and others have
 * their turn of the event loop in between. Short work ends in its first slice, synchronously.
 */
import type { Clock } from '../../kernel/ports'
import type { Slices } from '../../protocol/wire/codec'

/** Of one request in one turn of the event loop. Several of them may be under way at once. */
export const sliceMs = 8

/** Work that is done, or will be. */
export type Later<T> = T | Promise<T>

export interface SliceOptions {
  /** False: nobody wants the result any more; it then never comes. */
  readonly isWanted?: () => boolean
  /** Called before the first interruption; what it returns is what each `yield` gives from then on. */
  readonly interrupted?: () => unknown
}

/** The result, at once when there is time enough. */
export function inSlices<T>(clock: Clock, work: Slices<T>, options: SliceOptions = {}): Later<T> {
  const done = slice(clock, work, undefined)
  if (done !== undefined) return done.value
  const given = options.interrupted?.()
  return new Promise<T>((resolve, reject) => {
    const goOn = (): void => {
      if (options.isWanted?.() === false) return
      try {
        const ended = slice(clock, work, given)
        if (ended === undefined) clock.soon(goOn)
        else resolve(ended.value)
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    }
    clock.soon(goOn)
  })
}

function slice<T>(clock: Clock, work: Slices<T>, given: unknown): { readonly value: T } | undefined {
  const endMs = clock.monotonicMs() + sliceMs
  for (;;) {
    const step = work.next(given)
    if (step.done === true) return { value: step.value }
    if (clock.monotonicMs() >= endMs) return undefined
  }
}

/** Of answers that are made one after the other, since each may have to wait: more in one turn would hold up others. */
export const answersPerTurn = 64

/** Others have their turn first. */
export function soon(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.soon(resolve))
}

/** For long work that awaits: between its parts others have their turn when a slice is over. */
export class Turns {
  readonly #clock: Clock
  #endMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#endMs = clock.monotonicMs() + sliceMs
  }

  async next(): Promise<void> {
    if (this.#clock.monotonicMs() < this.#endMs) return
    await soon(this.#clock)
    this.#endMs = this.#clock.monotonicMs() + sliceMs
  }
}

/** What `begin` tells, at once when it is told before `begin` returns. It is told once. */
export function later<T>(begin: (told: (value: T) => void) => void): Later<T> {
  let settle: (value: T) => void = (value) => (known = { value })
  let known: { readonly value: T } | undefined
  begin((value) => settle(value))
  if (known !== undefined) return known.value
  return new Promise((resolve) => (settle = resolve))
}

/** All of them, at once when all are there. */
export function allOf<T>(values: readonly Later<T>[]): Later<readonly T[]> {
  return values.some((value) => value instanceof Promise) ? Promise.all(values) : (values as readonly T[])
}

/** Goes on with a result, at once when it is there. */
export function follow<T, U>(value: Later<T>, next: (value: T) => Later<U>): Later<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** Maps in slices: yields after every `step` elements (64 when left out). */
export function* mapInSlices<T, U>(items: Iterable<T>, map: (item: T) => U, step = 64): Slices<U[]> {
  const mapped: U[] = []
  for (const item of items) {
    mapped.push(map(item))
    if (mapped.length % step === 0) yield
  }
  return mapped
}
