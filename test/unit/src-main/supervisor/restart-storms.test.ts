import { describe, expect, it } from 'vitest'
import { STORM_INTERVAL_MS } from '../../../../src-main/api/failures'
import type { StormView } from '../../../../src-main/api/faults'
import { AppError } from '../../../../src-main/kernel/errors'
import { RestartStorms } from '../../../../src-main/supervisor/restart-storms'
import { TestClock } from '../../../support/storage-fixture'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function world() {
  const clock = new TestClock()
  const told: string[] = []
  const underWay: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = []
  let restarts = 0
  const storms = new RestartStorms({
    clock,
    restart: () => {
      restarts++
      return new Promise<void>((resolve, reject) => underWay.push({ resolve, reject }))
    },
    began: ({ node, count }) => told.push(`${node} ${count}`),
    changed: () => told.push('changed'),
    ended: ({ done }: StormView) => told.push(`ended ${done}`)
  })
  /** The restart that is under way has ended; and so has the pause after it. */
  const restarted = async (pauseMs: number = STORM_INTERVAL_MS.default): Promise<void> => {
    underWay.shift()?.resolve()
    await turn()
    clock.advance(pauseMs)
    await turn()
  }
  return { clock, storms, told, underWay, restarted, restarts: () => restarts }
}

describe('a storm of restarts', () => {
  it('restarts so often, with a pause in between, and is over', async () => {
    const { storms, restarted, told, restarts, clock } = world()
    const ended = storms.begin('broker-1', { count: 3 })
    expect(restarts()).toBe(1)
    await restarted()
    expect(storms.list()).toMatchObject([{ node: 'broker-1', done: 1, count: 3, intervalMs: 1000 }])
    await restarted()
    await restarted()
    await ended
    expect(told).toEqual(['broker-1 3', 'changed', 'changed', 'changed', 'ended 3'])
    expect([restarts(), storms.list().length, clock.pending]).toEqual([3, 0, 0])
  })

  it('waits for the node to run before it waits for the next restart', async () => {
    const { storms, restarted, clock, restarts } = world()
    void storms.begin('broker-1', { count: 2, intervalMs: 5000 })
    clock.advance(60_000)
    await turn()
    expect(restarts()).toBe(1)
    await restarted(4999)
    expect(restarts()).toBe(1)
    clock.advance(1)
    await turn()
    expect(restarts()).toBe(2)
  })

  it('that is ended restarts no more, and its last restart is waited for', async () => {
    const { storms, restarted, restarts } = world()
    void storms.begin('broker-1', { count: 9 })
    let isEnded = false
    const ending = storms.end('broker-1').then(() => (isEnded = true))
    await turn()
    expect(isEnded).toBe(false)
    await restarted()
    await ending
    expect([restarts(), storms.list().length]).toEqual([1, 0])
  })

  it('that is ended during its pause is over at once', async () => {
    const { storms, restarted, clock } = world()
    void storms.begin('broker-1', { count: 9, intervalMs: 600_000 })
    await restarted(1)
    await storms.endAll()
    expect([storms.list().length, clock.pending]).toEqual([0, 0])
  })

  it('is over when its node cannot be restarted', async () => {
    const { storms, underWay, told } = world()
    const ended = storms.begin('broker-1', { count: 4 })
    underWay[0]?.reject(new AppError('ABORTED', 'broker-1 was killed before it served.'))
    await ended
    expect(told).toEqual(['broker-1 4', 'ended 0'])
  })

  it('is one a node; of a node without one nothing is ended', async () => {
    const { storms } = world()
    void storms.begin('broker-1', {})
    expect(() => storms.begin('broker-1', {})).toThrow('broker-1 is in a restart storm already (0 of 5)')
    void storms.begin('broker-2', {})
    expect(storms.list()).toHaveLength(2)
    await storms.end('broker-3')
  })
})
