/**
 * When a node that ended by itself is started again: after half a second the first time, then with doubling pauses; a
 * node that ran long enough begins anew.
 */
const firstDelayMs = 500
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
