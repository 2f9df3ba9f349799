import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catchUpMsMax, Pacer } from '../../../../../src-main/workload/core/pacing'

/** Records that are due when it is asked every `stepMs`. */
function over(pacer: Pacer, seconds: number, stepMs: number, slowedBy = 1): number {
  let records = 0
  for (let at = stepMs; at <= seconds * 1000; at += stepMs) records += pacer.due(at, slowedBy)
  return records
}

describe('the pacer', () => {
  it('keeps the rate however often it is asked, to within a record', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 50_000, noNaN: true }),
        fc.integer({ min: 1, max: 500 }),
        (rate, stepMs) => {
          const seconds = 20
          const asked = Math.floor((seconds * 1000) / stepMs) * (stepMs / 1000)
          const records = over(new Pacer({ ratePerSecond: rate }, 0), seconds, stepMs)
          expect(Math.abs(records - asked * rate)).toBeLessThanOrEqual(1 + asked * rate * 1e-9)
        }
      )
    )
  })

  it('divides the rate when it is slowed', () => {
    expect(over(new Pacer({ ratePerSecond: 500 }, 0), 10, 50, 10)).toBe(500)
  })

  it('catches up with a stall within bounds', () => {
    const pacer = new Pacer({ ratePerSecond: 100 }, 0)
    expect(pacer.due(3_600_000, 1)).toBe((100 * catchUpMsMax) / 1000)
  })

  it('owes nothing for a pause', () => {
    const pacer = new Pacer({ ratePerSecond: 100 }, 0)
    pacer.skip(10_000)
    expect(pacer.due(10_100, 1)).toBe(10)
  })

  it('is not led astray by a clock that goes back', () => {
    const pacer = new Pacer({ ratePerSecond: 100 }, 10_000)
    expect(pacer.due(5000, 1)).toBe(0)
    expect(pacer.due(5100, 1)).toBe(10)
  })

  it('sends a burst at the end of each period', () => {
    const burst = { everySeconds: 10, seconds: 2, ratePerSecond: 1000 }
    const pacer = new Pacer({ ratePerSecond: 10, burst }, 0)
    expect(over(pacer, 8, 50)).toBeLessThanOrEqual(130)
    expect(over(new Pacer({ ratePerSecond: 10, burst }, 0), 10, 50)).toBeGreaterThan(2000)
  })
})
