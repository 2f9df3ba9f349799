/** KIP-73 in simulated time: what is measured, who is held back, and that a rate is held over a minute. */
import { describe, expect, it } from 'vitest'
import { CopyRate, ReplicationQuota } from '../../../../../src-main/broker/core/replication-quota'

const unlimited = '9223372036854775807'

describe('CopyRate', () => {
  it('is of the time since the oldest sample, of one second at least, and of eleven at most', () => {
    const rate = new CopyRate()
    expect(rate.measure(0)).toBe(0)
    rate.record(1_000, 100)
    expect(rate.measure(100)).toBe(1_000)
    expect(rate.measure(2_100)).toBe(500)
    rate.record(3_000, 4_100)
    expect(rate.measure(4_100)).toBe(1_000)
    expect(rate.measure(11_099)).toBeCloseTo(4_000 / 10.999)
    // The first is eleven seconds old.
    expect(rate.measure(11_100)).toBeCloseTo(3_000 / 7)
    expect(rate.measure(60_000)).toBe(0)
  })
})

describe('ReplicationQuota', () => {
  const quota = (rate: string, replicas: string | undefined) =>
    new ReplicationQuota(2, { rate: () => rate, replicas: (topic) => (topic === 't' ? replicas : undefined) })

  it.each<[string, string | undefined, number, boolean]>([
    ['of all', '*', 7, true],
    ['of this broker', '0:1,7:2,8:2', 7, true],
    ['of another broker', '7:1', 7, false],
    ['of another partition', '0:2', 7, false],
    ['of none', '', 7, false],
    ['not set', undefined, 7, false]
  ])('holds replicas back that are throttled: %s', (_what, replicas, partition, isHeld) => {
    const one = quota('1000', replicas)
    one.copied('t', partition, 5_000, 0)
    expect(one.isExceeded('t', partition, 1)).toBe(isHeld)
    expect(one.isExceeded('other', partition, 1)).toBe(false)
  })

  it('holds nothing back without a rate, and at once when there is one', () => {
    let rate = unlimited
    const one = new ReplicationQuota(2, { rate: () => rate, replicas: () => '*' })
    one.copied('t', 0, 1_000_000, 0)
    expect(one.isExceeded('t', 0, 1)).toBe(false)
    rate = '1000'
    one.copied('t', 0, 1_001, 2)
    expect(one.isExceeded('t', 0, 3)).toBe(true)
    rate = unlimited
    expect(one.isExceeded('t', 0, 4)).toBe(false)
  })

  it.each([100_000, 1_000_000, 10_000_000])(
    'lets %i bytes a second through, over a minute, a megabyte at a time',
    (rate) => {
      const one = quota(String(rate), '*')
      const megabyte = 1024 * 1024
      const seconds = 60
      let bytes = 0
      for (let nowMs = 0; nowMs < seconds * 1_000; nowMs += 5) {
        if (one.isExceeded('t', 0, nowMs)) continue
        one.copied('t', 0, megabyte, nowMs)
        bytes += megabyte
      }
      expect(bytes / seconds).toBeGreaterThan(rate * 0.9)
      // What is begun is not cut short, and what has left the window is forgotten.
      expect(bytes / seconds).toBeLessThan(rate * 1.2 + megabyte / 11)
    }
  )
})
