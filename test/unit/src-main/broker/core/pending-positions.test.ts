import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PendingPositions, type PendingPosition } from '../../../../../src-main/broker/core/pending-positions'

describe('positions that are waited for', () => {
  it('are told in their order when the watermark passes them, and not before', () => {
    const pending = new PendingPositions()
    const told: string[] = []
    for (const endOffset of [3, 5, 5, 9, 4])
      pending.add({ endOffset, done: (error) => told.push(`${endOffset} ${error}`) })

    pending.complete(2, 'NONE')
    expect(told).toEqual([])
    pending.complete(5, 'NONE')

    expect(told).toEqual(['3 NONE', '4 NONE', '5 NONE', '5 NONE'])
    expect(pending.size).toBe(1)
  })

  it('that are given up are not told again', () => {
    const pending = new PendingPositions()
    const told: string[] = []
    const position = { endOffset: 1, done: (error: string) => void told.push(error) }
    pending.add(position)

    pending.end(position, 'REQUEST_TIMED_OUT')
    pending.end(position, 'REQUEST_TIMED_OUT')
    pending.endAll('NOT_LEADER_OR_FOLLOWER')

    expect(told).toEqual(['REQUEST_TIMED_OUT'])
  })

  it('are told once and in order, whatever those who are told do', () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('add' as const), by: fc.integer({ min: -2, max: 3 }), then: fc.nat(3) }),
      fc.record({ type: fc.constant('complete' as const), by: fc.nat(4) }),
      fc.record({ type: fc.constant('giveUp' as const), which: fc.nat(20) })
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const pending = new PendingPositions()
        const all: (PendingPosition & { told: number })[] = []
        const passed: number[] = []
        let end = 0
        let watermark = 0
        const add = (by: number, then: number): void => {
          const endOffset = Math.max(watermark + 1, end + by)
          end = Math.max(end, endOffset)
          const position = {
            endOffset,
            told: 0,
            done: (error: string) => {
              position.told += 1
              if (error === 'NONE') passed.push(endOffset)
              if (then === 1) add(1, 0)
              if (then === 2) complete(1)
            }
          }
          all.push(position)
          pending.add(position)
        }
        const complete = (by: number): void => {
          watermark = Math.min(end, watermark + by)
          pending.complete(watermark, 'NONE')
        }
        for (const one of steps) {
          if (one.type === 'add') add(one.by, one.then)
          else if (one.type === 'complete') complete(one.by)
          else {
            const position = all[one.which]
            if (position !== undefined) pending.end(position, 'REQUEST_TIMED_OUT')
          }
          for (const { told } of all) expect(told).toBeLessThanOrEqual(1)
          expect(all.filter(({ endOffset, told }) => endOffset <= watermark && told === 0)).toEqual([])
          expect(pending.size).toBe(all.filter(({ told }) => told === 0).length)
        }
        expect(passed).toEqual([...passed].sort((a, b) => a - b))
      })
    )
  })
})
