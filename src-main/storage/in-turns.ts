/** Runs long work in steps and lets everybody else have their turn in between: a session that is to be kept alive first. */
import type { Clock } from '../kernel/ports'
import type { Steps } from './core/steps'

/** A step is at most a piece of 256 KiB; a turn ends after this time, or after so many steps. */
const turnMs = 8
const stepsPerTurnMax = 32

/** Rejects with what a step throws. */
export async function inTurns<Result>(clock: Clock, steps: Steps<Result>): Promise<Result> {
  for (;;) {
    const beganMs = clock.monotonicMs()
    for (let count = 0; count < stepsPerTurnMax; count++) {
      const step = steps.next()
      if (step.done === true) return step.value
      if (clock.monotonicMs() - beganMs >= turnMs) break
    }
    await giveWay(clock)
  }
}

/** Resolves in a later turn of the event loop. */
export function giveWay(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.soon(resolve))
}
