import { afterEach, describe, expect, it, vi } from 'vitest'
import { nodeClock } from '../../../../src-main/adapters/node-clock'

const dayMs = 86_400_000

describe('nodeClock', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('waits as long as it is told, also for longer than 2^31 ms, and for ever', () => {
    vi.useFakeTimers()
    const ran: string[] = []
    nodeClock.after(60 * dayMs, () => ran.push('60 days'))
    nodeClock.after(Number(2n ** 63n), () => ran.push('for ever'))
    const cancelled = nodeClock.after(60 * dayMs, () => ran.push('cancelled'))

    vi.advanceTimersByTime(50 * dayMs)
    cancelled.cancel()
    expect(ran).toEqual([])
    vi.advanceTimersByTime(10 * dayMs)

    expect(ran).toEqual(['60 days'])
  })
})
