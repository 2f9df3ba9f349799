/**
 * When a node that ended by itself is started again: after half a second the first time, then with doubling pauses; a
 * node that ran long enough begins anew.
 */
const firstDelayMs = 500
const passingDelayMs = 5000
const delayMaxMs = 30_000
/** Having run this long, a node is taken for healthy. */
const steadyMs = 60_000

export interface RestartHistory {
  /** Crashes in a row. */
  readonly crashes: number
}

export const noCrashes: RestartHistory = { crashes: 0 }

export function afterCrash(
  history: RestartHistory,
  ranForMs: number
): { readonly history: RestartHistory; readonly delayMs: number } {
  const crashes = ranForMs >= steadyMs ? 1 : history.crashes + 1
  const delayMs = Math.min(delayMaxMs, firstDelayMs * 2 ** (crashes - 1))
  return { history: { crashes }, delayMs }
}

/** A port that was taken, a disk that was full: looked at again in a while, and at least every half minute. */
export function afterPassingProblem(history: RestartHistory): {
  readonly history: RestartHistory
  readonly delayMs: number
} {
  const crashes = history.crashes + 1
  return { history: { crashes }, delayMs: Math.min(delayMaxMs, passingDelayMs * 2 ** (crashes - 1)) }
}
