import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nodeClock } from '../../../../../src-main/adapters/node-clock'
import type { WorkloadView } from '../../../../../src-main/api/workloads'
import { rateWithinMs, withRates } from '../../../../../src-main/entry/cli/workload-rates'

const startedMs = 1_800_000_000_000
const workload = (name: string, rest: Partial<WorkloadView> = {}): WorkloadView =>
  ({ name, state: 'running', sinceMs: startedMs, ratePerSecond: null, ...rest }) as WorkloadView

/** What is printed, and how long that took. */
async function waited(
  list: () => Promise<readonly WorkloadView[]>,
  first = [workload('a')]
): Promise<{ readonly printed: readonly WorkloadView[]; readonly ms: number }> {
  const before = performance.now()
  let printed: readonly WorkloadView[] | undefined
  void withRates(list, first, nodeClock).then((workloads) => (printed = workloads))
  // A minute without an end is one.
  for (let ms = 0; ms < 60_000 && printed === undefined; ms += 100) await vi.advanceTimersByTimeAsync(100)
  if (printed === undefined) throw new Error('nothing was printed within a minute')
  return { printed, ms: performance.now() - before }
}

beforeEach(() => void vi.useFakeTimers({ now: startedMs }))
afterEach(() => void vi.useRealTimers())

describe('rates of workloads', () => {
  it('are waited for until they are known', async () => {
    let looks = 0
    const { printed, ms } = await waited(() =>
      Promise.resolve([workload('a', { ratePerSecond: ++looks < 5 ? null : 9 }), workload('another')])
    )

    expect(printed).toEqual([workload('a', { ratePerSecond: 9 })])
    expect(ms).toBeLessThan(1500)
  })

  it.each([
    ['the wall clock is set back', () => Promise.resolve([workload('a', { sinceMs: startedMs + 3_600_000 })])],
    ['one begins anew again and again', () => Promise.resolve([workload('a', { sinceMs: Date.now() })])],
    ['nothing is answered any more', () => new Promise<never>(() => undefined)]
  ])('are not waited for longer when %s', async (_, list) => {
    const { printed, ms } = await waited(list, [workload('a', { sinceMs: startedMs + 3_600_000 })])

    expect(printed.map(({ name, ratePerSecond }) => [name, ratePerSecond])).toEqual([['a', null]])
    expect(ms).toBeLessThanOrEqual(rateWithinMs + 100)
  })

  it('are not waited for at all where they have been silent for long', async () => {
    const silent = workload('a', { sinceMs: startedMs - 60_000 })
    const { printed } = await waited(() => Promise.reject(new Error('not asked')), [silent])

    expect(printed).toEqual([silent])
  })

  it('are of what is there: one that was removed meanwhile is left out', async () => {
    const other = workload('b', { ratePerSecond: 3 })
    const { printed } = await waited(() => Promise.resolve([other]), [workload('a'), workload('b')])

    expect(printed).toEqual([other])
  })

  it('stay unknown, and the command well, when the list cannot be asked for again', async () => {
    const { printed } = await waited(() => Promise.reject(new Error('The cluster stopped before it answered.')))

    expect(printed).toEqual([workload('a')])
  })
})
