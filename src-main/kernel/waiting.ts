/** Waiting by the clock port, for services. */
import type { Clock } from './ports'

export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve))
}

/** What the work gives, or undefined when the time has passed first; the work itself goes on. Rejects as the work does. */
export function withinTime<T>(clock: Clock, timeoutMs: number, work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(Math.max(0, timeoutMs), () => resolve(undefined))
    work.then(
      (value) => {
        timer.cancel()
        resolve(value)
      },
      (error: unknown) => {
        timer.cancel()
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    )
  })
}
