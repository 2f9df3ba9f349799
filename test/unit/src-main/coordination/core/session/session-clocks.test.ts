import { describe, expect, it } from 'vitest'
import {
  expiryBucketMs,
  SessionClocks,
  stallMs
} from '../../../../../../src-main/coordination/core/session/session-clocks'

/** Ticks as the member does; tells when the session expired. */
function expiryOf(clocks: SessionClocks, sessionId: bigint, fromMs: number, touches: readonly number[] = []): number {
  for (let now = fromMs; now < fromMs + 60_000; now += clocks.nextTickDelayMs(now)) {
    for (const at of touches) if (at > now - expiryBucketMs && at <= now) clocks.touched(sessionId, at)
    if (clocks.tick(now).includes(sessionId)) return now
  }
  throw new Error('never')
}

describe('session clocks', () => {
  it('a silent session expires not before its timeout and at most one bucket after it', () => {
    for (const startMs of [0, 1, 100, 249, 250, 251]) {
      const clocks = new SessionClocks()
      clocks.started(1n, 4_000, startMs)

      const livedMs = expiryOf(clocks, 1n, startMs) - startMs

      expect(livedMs).toBeGreaterThanOrEqual(4_000)
      expect(livedMs).toBeLessThanOrEqual(4_000 + expiryBucketMs)
    }
    expect(expiryBucketMs).toBeLessThanOrEqual(500)
  })

  it('a touch gives the whole timeout again', () => {
    const clocks = new SessionClocks()
    clocks.started(1n, 4_000, 0)

    expect(expiryOf(clocks, 1n, 0, [3_900, 7_800])).toBeGreaterThanOrEqual(11_800)
  })

  it('an expired or stopped session is told once and can no longer be touched', () => {
    const clocks = new SessionClocks()
    clocks.started(1n, 4_000, 0)
    clocks.started(2n, 4_000, 0)
    clocks.stopped(2n)
    expiryOf(clocks, 1n, 0)

    clocks.touched(1n, 5_000)

    expect(clocks.count).toBe(0)
  })

  it('a member that stood still judges nobody and gives every session a fresh timeout', () => {
    const clocks = new SessionClocks()
    clocks.started(1n, 4_000, 0)
    clocks.tick(0)

    expect(clocks.tick(30_000)).toEqual([])
    expect(expiryOf(clocks, 1n, 30_000 + 1)).toBeGreaterThanOrEqual(34_000)
  })

  it('a tick that is a little late is no stall', () => {
    const clocks = new SessionClocks()
    clocks.started(1n, 4_000, 0)
    clocks.tick(3_900)

    expect(clocks.tick(4_000 + stallMs - 100)).toEqual([1n])
  })
})
