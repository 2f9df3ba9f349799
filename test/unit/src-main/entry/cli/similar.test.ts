import { describe, expect, it } from 'vitest'
import { nearestName, typingDistance } from '../../../../../src-main/entry/cli/similar'

describe('what may have been meant', () => {
  it('counts letters that were added, left out, replaced and swapped', () => {
    const distances = [
      ['kill', 'kill', 0],
      ['kil', 'kill', 1],
      ['killl', 'kill', 1],
      ['kial', 'kill', 1],
      ['klil', 'kill', 1],
      ['', 'kill', 4],
      ['kill', '', 4]
    ] as const
    expect(distances.map(([a, b]) => typingDistance(a, b))).toEqual(distances.map(([, , distance]) => distance))
  })

  it('is the nearest name, and none where none is near', () => {
    const names = ['up', 'status', 'topic', 'stop', 'start']

    expect(nearestName('stauts', names)).toBe('status')
    expect(nearestName('tpoic', names)).toBe('topic')
    expect(nearestName('stp', names)).toBe('stop')
    expect(nearestName('doctor', names)).toBeUndefined()
    expect(nearestName('xy', names)).toBeUndefined()
    expect(nearestName('x'.repeat(100_000), names)).toBeUndefined()
  })
})
