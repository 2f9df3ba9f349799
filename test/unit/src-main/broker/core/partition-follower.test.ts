import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  PartitionFollower,
  type FollowerAnswer,
  type FollowerRequest
} from '../../../../../src-main/broker/core/partition-follower'
import { LeaderEpochs } from '../../../../../src-main/storage/core/leader-epochs'

/** A log of which only the leader epoch of each offset is kept. */
class EpochLog {
  epochs: number[]
  highWatermark = 0
  logStartOffset = 0
  /** The offset of the first of `epochs`. */
  base = 0

  constructor(epochs: readonly number[]) {
    this.epochs = [...epochs]
  }

  get logEndOffset(): number {
    return this.base + this.epochs.length
  }

  get #cache(): LeaderEpochs {
    const cache = new LeaderEpochs()
    this.epochs.forEach((epoch, i) => {
      if (epoch !== cache.latestEpoch) cache.assign(epoch, this.base + i)
    })
    return cache
  }

  get latestEpoch(): number {
    return this.#cache.latestEpoch
  }

  endOffsetForEpoch(epoch: number) {
    return this.#cache.endOffsetOf(epoch, this.logEndOffset)
  }

  /** As the leader that began `leaderEpoch` (Kafka's Partition.readRecords). */
  answer({ fetchOffset, lastFetchedEpoch }: FollowerRequest, leaderEpoch: number): FollowerAnswer {
    const outOfRange: FollowerAnswer = { type: 'error', error: 'OFFSET_OUT_OF_RANGE' }
    if (lastFetchedEpoch >= 0) {
      // The leader's cache has its own epoch from its first moment on.
      const known =
        lastFetchedEpoch <= this.latestEpoch || lastFetchedEpoch > leaderEpoch
          ? this.endOffsetForEpoch(lastFetchedEpoch)
          : { leaderEpoch: this.latestEpoch, endOffset: this.logEndOffset }
      if (known.leaderEpoch < 0 || fetchOffset < this.logStartOffset) return outOfRange
      if (known.leaderEpoch < lastFetchedEpoch || known.endOffset < fetchOffset)
        return { type: 'diverging', leaderEpoch: known.leaderEpoch, endOffset: known.endOffset }
    }
    if (fetchOffset < this.logStartOffset || fetchOffset > this.logEndOffset) return outOfRange
    const records = Uint8Array.from(this.epochs.slice(fetchOffset - this.base, fetchOffset - this.base + 3))
    return { type: 'records', records, highWatermark: this.highWatermark, logStartOffset: this.logStartOffset }
  }
}

const term = { leader: 2, leaderEpoch: 9 }
const following = (epochs: readonly number[], highWatermark = 0) => {
  const follower = new PartitionFollower(term)
  const log = new EpochLog(epochs)
  log.highWatermark = highWatermark
  const ask = (): FollowerRequest => follower.nextRequest(log) ?? expect.fail('nothing is asked')
  const answered = (answer: FollowerAnswer) => {
    follower.answered(ask(), answer, log)
    return follower.takeEffects()
  }
  return { follower, log, ask, answered }
}
const records = (bytes: number, highWatermark = 0, logStartOffset = 0): FollowerAnswer => {
  return { type: 'records', records: new Uint8Array(bytes), highWatermark, logStartOffset }
}

describe('a follower', () => {
  it('asks from its end on, and says in which epoch that was written', () => {
    expect(following([1, 1, 4]).ask()).toEqual({ leaderEpoch: 9, fetchOffset: 3, lastFetchedEpoch: 4 })
    expect(following([]).ask()).toEqual({ leaderEpoch: 9, fetchOffset: 0, lastFetchedEpoch: -1 })
  })

  it('appends what it is sent before it takes the watermark over', () => {
    const effects = following([1]).answered(records(5, 7, 0))

    expect(effects.map(({ type }) => type)).toEqual(['append', 'advanceHighWatermark', 'advanceStart'])
    expect(effects[1]).toEqual({ type: 'advanceHighWatermark', to: 7 })
  })

  it('ignores what answers another request than its last', () => {
    const { follower, log, ask } = following([1])
    const first = ask()
    ask()

    follower.answered(first, records(5), log)

    expect(follower.takeEffects()).toEqual([])
  })

  it.each([
    ['both know', 2, 4, 4],
    ['it has less of', 2, 9, 5],
    ['it does not know: the end of the one below', 3, 7, 5],
    ['is above all that it knows', 8, 6, 6]
  ])('cuts to the smaller end of an epoch that %s', (_what, leaderEpoch, endOffset, offset) => {
    const { answered } = following([1, 1, 2, 2, 2, 4, 4, 4])

    expect(answered({ type: 'diverging', leaderEpoch, endOffset })).toEqual([
      { type: 'truncateTo', offset, isBelowHighWatermark: false }
    ])
  })

  it('says when what it cuts was committed', () => {
    const { answered } = following([1, 1, 1], 3)

    expect(answered({ type: 'diverging', leaderEpoch: 1, endOffset: 2 })).toEqual([
      { type: 'truncateTo', offset: 2, isBelowHighWatermark: true }
    ])
  })

  it('asks where the leader’s log lies when it asked for what is not in it', () => {
    const { follower, log, answered } = following([1, 1, 1])
    expect(answered({ type: 'error', error: 'OFFSET_OUT_OF_RANGE' })).toEqual([{ type: 'askOffsets' }])
    expect(follower.nextRequest(log)).toBeUndefined()

    follower.offsetsAnswered({ startOffset: 10, endOffset: 20 }, log)

    expect(follower.takeEffects()).toEqual([{ type: 'startAt', offset: 10 }])
    expect(follower.state).toBe('fetching')
  })

  it('cuts to the end of a leader that was elected although it has less', () => {
    const { follower, log, answered } = following([1, 1, 1], 3)
    answered({ type: 'error', error: 'OFFSET_OUT_OF_RANGE' })

    follower.offsetsAnswered({ startOffset: 0, endOffset: 1 }, log)

    expect(follower.takeEffects()).toEqual([{ type: 'truncateTo', offset: 1, isBelowHighWatermark: true }])
  })

  it('rests after an error and after a lost connection, and asks no more when its epoch is over', () => {
    const { follower, log, answered } = following([1])
    answered({ type: 'error', error: 'UNKNOWN_LEADER_EPOCH' })
    expect(follower.nextRequest(log)).toBeUndefined()
    follower.rested()
    follower.nextRequest(log)
    follower.interrupted()
    expect(follower.state).toBe('resting')
    follower.rested()

    answered({ type: 'error', error: 'FENCED_LEADER_EPOCH' })
    follower.rested()
    follower.interrupted()

    expect(follower.state).toBe('fenced')
  })
})

describe('any two histories', () => {
  const epochs = fc
    .array(fc.integer({ min: 0, max: 5 }), { maxLength: 25 })
    .map((values) => values.sort((a, b) => a - b))

  it('become the leader’s, and nothing that they have in common is cut', () => {
    fc.assert(
      fc.property(epochs, epochs, epochs, fc.nat(10), (common, leaderOnly, followerOnly, start) => {
        const last = common.at(-1) ?? 0
        // One epoch is one leader's: what comes after the common part is of epochs that only one of them has.
        const leader = new EpochLog([...common, ...leaderOnly.map((epoch) => last + 1 + epoch * 2)])
        const log = new EpochLog([...common, ...followerOnly.map((epoch) => last + 2 + epoch * 2)])
        leader.highWatermark = leader.logEndOffset
        leader.logStartOffset = Math.min(start, leader.logEndOffset)
        const leaderEpoch = 100
        const follower = new PartitionFollower({ leader: 2, leaderEpoch })
        for (let rounds = 0; rounds < 100 && log.logEndOffset + log.base !== Infinity; rounds++) {
          const request = follower.nextRequest(log)
          if (request !== undefined) follower.answered(request, leader.answer(request, leaderEpoch), log)
          const effects = follower.takeEffects()
          for (const effect of effects) {
            if (effect.type === 'append') log.epochs.push(...effect.records)
            if (effect.type === 'truncateTo') {
              expect(effect.offset).toBeGreaterThanOrEqual(Math.min(common.length, log.logEndOffset))
              log.epochs.length = Math.max(0, effect.offset - log.base)
            }
            if (effect.type === 'startAt') [log.base, log.epochs] = [effect.offset, []]
            if (effect.type === 'askOffsets')
              follower.offsetsAnswered({ startOffset: leader.logStartOffset, endOffset: leader.logEndOffset }, log)
            if (effect.type === 'advanceHighWatermark')
              log.highWatermark = Math.max(log.highWatermark, Math.min(effect.to, log.logEndOffset))
          }
          for (const effect of follower.takeEffects()) {
            if (effect.type === 'truncateTo') log.epochs.length = Math.max(0, effect.offset - log.base)
            if (effect.type === 'startAt') [log.base, log.epochs] = [effect.offset, []]
          }
        }
        expect(log.logEndOffset).toBe(leader.logEndOffset)
        expect(log.epochs).toEqual(leader.epochs.slice(log.base))
        expect(log.highWatermark).toBe(leader.logEndOffset)
      }),
      { numRuns: 500 }
    )
  })
})
