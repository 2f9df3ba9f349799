import { describe, expect, it } from 'vitest'
import { afterCrash, noCrashes } from '../../../../../src-main/supervisor/core/restart-policy'

describe('the restart policy', () => {
  it('doubles the pause with each crash in a row, up to half a minute', () => {
    let history = noCrashes
    const delays = Array.from({ length: 9 }, () => {
      const next = afterCrash(history, 1_000)
      history = next.history
      return next.delayMs
    })

    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
  })

  it('begins anew after a minute of health', () => {
    const { history } = afterCrash(afterCrash(noCrashes, 10).history, 10)

    expect(afterCrash(history, 59_999).delayMs).toBe(2_000)
    expect(afterCrash(history, 60_000)).toEqual({ history: { crashes: 1 }, delayMs: 500 })
  })
})
