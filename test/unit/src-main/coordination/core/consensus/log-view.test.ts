import { describe, expect, it } from 'vitest'
import { areInOrder, LogView } from '../../../../../../src-main/coordination/core/consensus/log-view'
import type { LogEntry } from '../../../../../../src-main/coordination/core/log-entry'
import type { Zxid } from '../../../../../../src-main/coordination/wire/zxid'
import { InvariantError } from '../../../../../../src-main/kernel/invariant'

const at = (epoch: number, counter: number): Zxid => ({ epoch, counter })
const entry = (zxid: Zxid, bytes = 1): LogEntry => ({
  zxid,
  proposalId: 1,
  timeMs: 0,
  command: { type: 'operation', sessionId: 1n, connectionId: 1, op: 5, body: new Uint8Array(bytes) }
})
const positions = (entries: readonly LogEntry[] | undefined): Zxid[] | undefined => entries?.map(({ zxid }) => zxid)
const all = { entriesMax: 100, bytesMax: 1_000_000 }

/** (1,4) is in a snapshot; then come (1,5), (1,6), (3,1), (3,2). */
function log(): LogView {
  const view = new LogView({ base: at(1, 4), termEnds: [], tail: [] })
  for (const zxid of [at(1, 5), at(1, 6), at(3, 1), at(3, 2)]) view.append(entry(zxid))
  return view
}

describe('a log as consensus knows it', () => {
  it('knows of every position whether it is in it, and the last one that is', () => {
    const view = log()

    for (const zxid of [at(1, 4), at(1, 5), at(1, 6), at(3, 1), at(3, 2)]) expect(view.contains(zxid)).toBe(true)
    for (const zxid of [at(0, 0), at(1, 3), at(1, 7), at(2, 1), at(3, 0), at(3, 3), at(4, 1)])
      expect(view.contains(zxid)).toBe(false)
    expect(view.floor(at(1, 9))).toEqual(at(1, 6))
    expect(view.floor(at(2, 5))).toEqual(at(1, 6))
    expect(view.floor(at(9, 9))).toEqual(at(3, 2))
    expect(view.floor(at(1, 3))).toBeUndefined()
  })

  it('counts what comes after a position, over terms, and knows nothing of what lies before its base', () => {
    const view = log()
    const distances = [at(1, 4), at(1, 5), at(1, 6), at(3, 1), at(3, 2)].map((zxid) => view.distanceFrom(zxid))

    expect(distances).toEqual([4, 3, 2, 1, 0])
    expect(view.distanceFrom(at(1, 3))).toBeUndefined()
    view.trim(at(3, 2), 0)
    expect(view.distanceFrom(at(1, 5))).toBe(3)
  })

  it('takes only what follows', () => {
    for (const zxid of [at(3, 2), at(3, 4), at(4, 2), at(2, 1)])
      expect(() => log().append(entry(zxid))).toThrow(InvariantError)
    expect(areInOrder(at(1, 6), [entry(at(3, 1)), entry(at(3, 2))])).toBe(true)
    expect(areInOrder(at(1, 6), [entry(at(3, 2))])).toBe(false)
  })

  it('is cut after an entry and goes on with another term', () => {
    const view = log()

    expect(positions(view.truncateAfter(at(1, 5)))).toEqual([at(1, 6), at(3, 1), at(3, 2)])
    view.append(entry(at(4, 1)))

    expect(view.last).toEqual(at(4, 1))
    expect([at(1, 6), at(3, 1)].map((zxid) => view.contains(zxid))).toEqual([false, false])
    expect(positions(view.entriesAfter(at(1, 4), all))).toEqual([at(1, 5), at(4, 1)])
    expect(() => view.truncateAfter(at(1, 6))).toThrow(InvariantError)
  })

  it('is cut back to its snapshot, and begins anew after another', () => {
    const view = log()

    view.truncateAfter(at(1, 4))
    expect(view.last).toEqual(at(1, 4))
    view.append(entry(at(1, 5)))
    view.beginAt(at(7, 3))

    expect(view.last).toEqual(at(7, 3))
    expect(view.floor(at(1, 5))).toBeUndefined()
    view.append(entry(at(7, 4)))
    expect(view.contains(at(7, 4))).toBe(true)
  })

  it('gives entries within limits, one at least, and none that it has let go', () => {
    const view = log()

    expect(positions(view.entriesAfter(at(1, 5), { entriesMax: 2, bytesMax: 1_000 }))).toEqual([at(1, 6), at(3, 1)])
    expect(positions(view.entriesAfter(at(1, 5), { entriesMax: 9, bytesMax: 1 }))).toEqual([at(1, 6)])
    expect(positions(view.entriesAfter(at(1, 4), all, at(3, 1)))).toEqual([at(1, 5), at(1, 6), at(3, 1)])
    view.trim(at(3, 1), 0)

    expect(view.entriesAfter(at(1, 6), all)).toBeUndefined()
    expect(positions(view.entriesAfter(at(3, 1), all))).toEqual([at(3, 2)])
    expect(view.contains(at(1, 5))).toBe(true)
    expect(view.countAfter(at(3, 1))).toBe(1)
  })

  it('keeps the last bytes that it is told to keep', () => {
    const view = log()

    view.trim(at(3, 2), 2 * 65)

    expect(view.tailBytes).toBe(2 * 65)
    expect(positions(view.entriesAfter(at(1, 6), all))).toEqual([at(3, 1), at(3, 2)])
  })

  it('forgets what a snapshot has', () => {
    const view = log()

    view.compactedTo(at(3, 1))

    expect(view.base).toEqual(at(3, 1))
    expect(view.floor(at(1, 6))).toBeUndefined()
    expect([view.contains(at(3, 1)), view.contains(at(3, 2))]).toEqual([true, true])
    expect(positions(view.entriesAfter(at(3, 1), all))).toEqual([at(3, 2)])
  })

  it('is made of what recovery found, the end of a term before its first entry included', () => {
    const view = new LogView({
      base: at(1, 1),
      termEnds: [at(1, 9), at(2, 3)],
      tail: [entry(at(2, 1)), entry(at(2, 2)), entry(at(2, 3))]
    })

    expect(positions(view.entriesAfter(at(1, 9), all))).toEqual([at(2, 1), at(2, 2), at(2, 3)])
    expect(view.entriesAfter(at(1, 8), all)).toBeUndefined()
  })
})
