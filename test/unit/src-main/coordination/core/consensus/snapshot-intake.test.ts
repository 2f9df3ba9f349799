import { describe, expect, it } from 'vitest'
import { SnapshotIntake } from '../../../../../../src-main/coordination/core/consensus/snapshot-intake'
import type { SnapshotPiece } from '../../../../../../src-main/coordination/core/consensus/messages'
import { SimRandom } from '../../../../../support/ensemble-world'

const last = { epoch: 3, counter: 7 }
const piece = (offsetBytes: number, bytes: Uint8Array, totalBytes: number, of = last): SnapshotPiece => {
  return { last: of, offsetBytes, totalBytes, bytes }
}

describe('a snapshot that comes in pieces', () => {
  it('is whole when the last piece is here, in whatever pieces it comes', () => {
    const random = new SimRandom(4)
    for (let round = 0; round < 12; round++) {
      const whole = random.bytes(1 + random.below(5_000))
      const intake = new SnapshotIntake(5_000)
      let at = 0
      for (;;) {
        const bytes = whole.subarray(at, at + 1 + random.below(900))
        const taken = intake.taken(piece(at, bytes, whole.length))
        at += bytes.length
        if (typeof taken !== 'number') {
          expect(taken).toEqual({ last, bytes: whole })
          break
        }
        expect(taken).toBe(at)
        // The same again, and one that leaves a gap, change nothing.
        expect(intake.taken(piece(0, whole.subarray(0, 1), whole.length))).toBe(at)
        expect(intake.taken(piece(at + 1, whole.subarray(0, 1), whole.length))).toBe(at)
      }
    }
  })

  it('takes memory for what has come, not for what is said to come', () => {
    const intake = new SnapshotIntake(2 ** 40)
    // No buffer could be so long.
    expect(intake.taken(piece(0, new Uint8Array(10), 2 ** 39))).toBe(10)
    expect(intake.taken(piece(10, new Uint8Array(10), 2 ** 39))).toBe(20)
  })

  it('is refused when it is too large, and says so until another one comes', () => {
    const intake = new SnapshotIntake(100)
    expect(intake.refused).toBeUndefined()

    expect(intake.taken(piece(0, new Uint8Array(50), 101))).toBe(0)
    const { refused } = intake
    expect(refused).toEqual({ last, totalBytes: 101, bytesMax: 100 })
    expect(intake.taken(piece(50, new Uint8Array(50), 101))).toBe(0)
    expect(intake.refused).toBe(refused)

    expect(intake.taken(piece(0, new Uint8Array(50), 100, { epoch: 3, counter: 9 }))).toBe(50)
    expect(intake.refused).toBeUndefined()
  })
})
