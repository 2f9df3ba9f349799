import { describe, expect, it } from 'vitest'
import { UniqueNumbers } from '../../../../../../src-main/coordination/core/session/unique-numbers'
import { SessionIds } from '../../../../../../src-main/coordination/core/session/session-ids'
import { isSamePassword, negotiatedTimeoutMs } from '../../../../../../src-main/coordination/core/session/session-table'
import { SimRandom } from '../../../../../support/ensemble-world'

describe('sessions', () => {
  it('get a timeout between the limits', () => {
    const limits = { minMs: 4_000, maxMs: 40_000 }

    expect([1, -5, 4_000, 6_000, 99_000].map((asked) => negotiatedTimeoutMs(asked, limits))).toEqual([
      4_000, 4_000, 4_000, 6_000, 40_000
    ])
  })

  it('get ids with the member in the high byte, none of them taken', () => {
    const ids = new SessionIds(3, Date.UTC(2026, 0, 1))
    const first = ids.next(() => false)

    const second = ids.next((id) => id === first + 1n)

    expect(first >> 56n).toBe(3n)
    expect(second).toBe(first + 2n)
  })

  it('get connection ids that are safe integers and never repeat', () => {
    const ids = new UniqueNumbers(new SimRandom(1))
    const seen = new Set(Array.from({ length: 10_000 }, () => ids.next()))

    expect(seen.size).toBe(10_000)
    expect([...seen].every((id) => Number.isSafeInteger(id))).toBe(true)
  })

  it('compare passwords by all of their bytes', () => {
    expect(isSamePassword(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true)
    expect(isSamePassword(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false)
    expect(isSamePassword(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false)
  })
})
