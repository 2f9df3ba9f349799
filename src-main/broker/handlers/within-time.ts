/** A promise with a time limit: undefined when it has passed. The work itself goes on. */
import type { Clock } from '../../kernel/ports'

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
