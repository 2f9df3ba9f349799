import { describe, expect, it } from 'vitest'
import { LeaderEpochs } from '../../../../../src-main/storage/core/leader-epochs'

const sample = (): LeaderEpochs =>
  new LeaderEpochs([
    { epoch: 1, startOffset: 0 },
    { epoch: 3, startOffset: 40 },
    { epoch: 4, startOffset: 70 }
  ])

describe('leader epochs', () => {
  it('end where the next known epoch starts, the latest at the log end', () => {
    const epochs = sample()

    expect(epochs.endOffsetOf(1, 100)).toEqual({ leaderEpoch: 1, endOffset: 40 })
    expect(epochs.endOffsetOf(3, 100)).toEqual({ leaderEpoch: 3, endOffset: 70 })
    expect(epochs.endOffsetOf(4, 100)).toEqual({ leaderEpoch: 4, endOffset: 100 })
  })

  it('that were skipped answer the largest known one below (KIP-279)', () => {
    expect(sample().endOffsetOf(2, 100)).toEqual({ leaderEpoch: 1, endOffset: 40 })
  })

  it('older than the log answer themselves and the first start, newer ones are unknown', () => {
    expect(sample().endOffsetOf(0, 100)).toEqual({ leaderEpoch: 0, endOffset: 0 })
    expect(sample().endOffsetOf(5, 100)).toEqual({ leaderEpoch: -1, endOffset: -1 })
    expect(sample().endOffsetOf(-1, 100)).toEqual({ leaderEpoch: -1, endOffset: -1 })
    expect(new LeaderEpochs().endOffsetOf(0, 100)).toEqual({ leaderEpoch: -1, endOffset: -1 })
  })

  it('replace entries that contradict them', () => {
    const epochs = sample()

    epochs.assign(5, 50)

    expect(epochs.starts).toEqual([
      { epoch: 1, startOffset: 0 },
      { epoch: 3, startOffset: 40 },
      { epoch: 5, startOffset: 50 }
    ])
  })

  it('keep their start when they are assigned again', () => {
    const epochs = sample()

    expect(epochs.assign(4, 90)).toBe(false)

    expect(epochs.endOffsetOf(3, 100).endOffset).toBe(70)
  })

  it('are in force from their start on', () => {
    expect([0, 39, 40, 69, 70, 500].map((offset) => sample().epochAt(offset))).toEqual([1, 1, 3, 3, 4, 4])
    expect(new LeaderEpochs([{ epoch: 2, startOffset: 10 }]).epochAt(9)).toBe(-1)
  })

  it('go with the records that a truncation removes', () => {
    const epochs = sample()

    expect(epochs.truncateFromEnd(70)).toBe(true)
    expect(epochs.truncateFromEnd(70)).toBe(false)

    expect(epochs.latestEpoch).toBe(3)
  })

  it('in force at a new log start begin there', () => {
    const epochs = sample()

    expect(epochs.truncateFromStart(55)).toBe(true)
    expect(epochs.truncateFromStart(55)).toBe(false)

    expect(epochs.starts).toEqual([
      { epoch: 3, startOffset: 55 },
      { epoch: 4, startOffset: 70 }
    ])
  })
})
