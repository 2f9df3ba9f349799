/** Rates of workloads for a command that is printed once. */
import type { WorkloadView } from '../../api/workloads'
import type { Clock } from '../../kernel/ports'

/** A process tells of itself once a second, and its rate takes two tellings. Of all the waiting together. */
export const rateWithinMs = 3000
const lookAgainMs = 200

/**
 * Of one that has just begun the rate is known a moment later; of one whose process is silent it is not. Waits no longer
 * than `rateWithinMs`, whatever the wall clock does, the workloads do or `list` does not: what is not known then stays null.
 * One that is removed meanwhile is left out.
 */
export async function withRates(
  list: () => Promise<readonly WorkloadView[]>,
  first: readonly WorkloadView[],
  clock: Pick<Clock, 'nowMs' | 'after'>
): Promise<readonly WorkloadView[]> {
  let workloads = first
  let isOver = false
  const isAwaited = ({ ratePerSecond, sinceMs }: WorkloadView): boolean =>
    ratePerSecond === null && clock.nowMs() - sinceMs < rateWithinMs
  const look = async (): Promise<void> => {
    while (!isOver && workloads.some(isAwaited)) {
      await new Promise<void>((resolve) => clock.after(lookAgainMs, resolve))
      const now = new Map((await list()).map((one) => [one.name, one]))
      workloads = workloads.flatMap(({ name }) => now.get(name) ?? [])
    }
  }
  let deadline: { cancel: () => void } | undefined
  const over = new Promise<void>((resolve) => (deadline = clock.after(rateWithinMs, resolve)))
  // That it cannot be asked again takes nothing from what was answered.
  await Promise.race([look().catch(() => undefined), over])
  isOver = true
  deadline?.cancel()
  return workloads
}
