import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  PartitionLeader,
  type IsrProposal,
  type LeaderEffect,
  type LeaderTerm
} from '../../../../../src-main/broker/core/partition-leader'
import { PendingPositions } from '../../../../../src-main/broker/core/pending-positions'

const lagMaxMs = 30_000
const term = (fields: Partial<LeaderTerm> = {}): LeaderTerm => ({
  leaderEpoch: 4,
  isr: [1, 2, 3],
  replicas: [1, 2, 3],
  partitionEpoch: 7,
  ...fields
})

/** Broker 1 leads; times are 0 unless said. */
function leading(
  fields: Partial<LeaderTerm> = {},
  { minInSyncReplicas = 1, logEndOffset = 10, highWatermark = 5 } = {}
) {
  const configs = { minInSyncReplicas }
  const dead = new Set<number>()
  const leader = new PartitionLeader(
    { brokerId: 1, lagMaxMs, configs, isAlive: (id) => !dead.has(id) },
    term(fields),
    { highWatermark, logEndOffset },
    0
  )
  const fetched = (id: number, offset: number, nowMs = 0, isEligible = true): readonly LeaderEffect[] => {
    leader.followerFetched(id, { offset, isEligible }, nowMs)
    return leader.takeEffects()
  }
  const proposal = (): IsrProposal => {
    const effect = leader.takeEffects().find(({ type }) => type === 'proposeIsr')
    return effect?.type === 'proposeIsr' ? effect.proposal : expect.fail('nothing is proposed')
  }
  return { leader, configs, dead, fetched, proposal }
}

describe('the only replica', () => {
  it('commits its whole log as it becomes leader, and everything with its append', () => {
    const { leader } = leading({ isr: [1], replicas: [1] })
    expect(leader.takeEffects()).toEqual([
      { type: 'beginEpoch', leaderEpoch: 4 },
      { type: 'commit', to: 10 }
    ])

    leader.appended(12, 0)

    expect(leader.takeEffects()).toEqual([{ type: 'commit', to: 12 }])
    expect([leader.outcomeOf(12), leader.outcomeOf(13)]).toEqual(['NONE', undefined])
  })

  it('is enough, whatever min.insync.replicas says', () => {
    const { leader } = leading({ isr: [1], replicas: [1] }, { minInSyncReplicas: 3 })

    expect([leader.isUnderMinIsr, leader.highWatermark]).toEqual([false, 10])
  })
})

describe('the high watermark', () => {
  it('is the lowest end in the ISR', () => {
    const { leader, fetched } = leading()
    leader.takeEffects()

    expect(fetched(2, 10)).toEqual([])
    expect(fetched(3, 8)).toEqual([{ type: 'commit', to: 8 }])
    expect(fetched(3, 10)).toEqual([{ type: 'commit', to: 10 }])
  })

  it('rests until every member of the ISR has fetched in this term', () => {
    const { leader, fetched } = leading()
    fetched(2, 10)

    leader.appended(20, 0)

    expect([leader.takeEffects(), leader.highWatermark]).toEqual([[], 5])
  })

  it('does not wait for a follower outside the ISR that lags', () => {
    const { leader, fetched } = leading({ isr: [1, 2] })
    fetched(3, 0, 0)
    leader.appended(20, 40_000)

    expect(fetched(2, 20, 40_000)).toEqual([{ type: 'commit', to: 20 }])
  })

  it.each([
    ['waits for one that is caught up and about to join', true, 10],
    ['does not wait for one that may not join', false, 30]
  ])('%s', (_what, isEligible, highWatermark) => {
    const { leader, fetched } = leading({ isr: [1, 2], replicas: [1, 2, 3, 4] })
    fetched(4, 10)
    fetched(3, 10, 0, isEligible)
    leader.appended(30, 1_000)

    fetched(4, 30, 1_000)
    fetched(2, 30, 1_000)

    expect(leader.highWatermark).toBe(highWatermark)
  })

  it('does not wait for who was about to join and is gone, as soon as the controller tells', () => {
    const { leader, dead, fetched } = leading({ isr: [1, 2] })
    leader.takeEffects()
    // Broker 3 led before, stops, and has asked once: the controller takes none that stops.
    fetched(3, 10)
    leader.isrRefused(1, 'INELIGIBLE_REPLICA', 0)
    leader.appended(15, 1_000)
    expect(fetched(2, 15, 1_000)).toEqual([{ type: 'commit', to: 10 }])

    dead.add(3)
    leader.brokersChanged(1_001)

    expect(leader.takeEffects()).toEqual([{ type: 'commit', to: 15 }])
  })

  it('does not wait for ever for who lives, was about to join and asks no more, though nothing is written', () => {
    const { leader, fetched } = leading({ isr: [1, 2] })
    leader.takeEffects()
    fetched(3, 10)
    leader.isrRefused(1, 'INELIGIBLE_REPLICA', 0)
    leader.appended(15, 1_000)
    fetched(2, 15, 1_000)
    leader.takeEffects()

    leader.tick(lagMaxMs - 1)
    expect(leader.takeEffects()).toEqual([])
    leader.tick(lagMaxMs + 1_001)

    expect(leader.takeEffects()).toEqual([{ type: 'commit', to: 15 }])
  })

  it('rests while fewer are in sync than min.insync.replicas, and a lowered one lets it go on', () => {
    const { leader, configs } = leading({ isr: [1] }, { minInSyncReplicas: 2 })
    leader.appended(11, 0)
    expect([leader.isUnderMinIsr, leader.highWatermark]).toEqual([true, 5])

    configs.minInSyncReplicas = 1
    leader.appended(12, 0)

    expect([leader.isUnderMinIsr, leader.highWatermark]).toEqual([false, 12])
  })

  it('that passed a position while too few are in sync is no success', () => {
    const { leader, configs } = leading({ isr: [1, 2], replicas: [1, 2] })
    leader.followerFetched(2, { offset: 10, isEligible: true }, 0)

    configs.minInSyncReplicas = 2
    expect(leader.outcomeOf(10)).toBe('NONE')
    leader.isrChanged({ leaderEpoch: 4, partitionEpoch: 8, isr: [1] }, 0, 0)

    expect(leader.outcomeOf(10)).toBe('NOT_ENOUGH_REPLICAS_AFTER_APPEND')
    expect(leader.outcomeOf(11)).toBeUndefined()
  })
})

describe('joining the ISR', () => {
  it('is proposed for who has all that is committed and what was here when the term began', () => {
    const { leader, fetched } = leading({ isr: [1, 2] })
    leader.takeEffects()

    expect(fetched(3, 9)).toEqual([])
    expect(fetched(3, 10)).toEqual([
      {
        type: 'proposeIsr',
        proposal: { id: 1, leaderEpoch: 4, partitionEpoch: 7, isr: [1, 2, 3], brokerEpochs: [-1n, -1n, -1n] }
      }
    ])
  })

  it('is not proposed for who may not, nor while another change is under way', () => {
    const { fetched } = leading({ isr: [1] })

    expect(fetched(2, 10, 0, false).filter(({ type }) => type === 'proposeIsr')).toEqual([])
    expect(fetched(2, 10).filter(({ type }) => type === 'proposeIsr')).toHaveLength(1)
    expect(fetched(3, 10).filter(({ type }) => type === 'proposeIsr')).toEqual([])
  })

  it('binds the watermark from the proposal on', () => {
    const { leader, fetched, proposal } = leading({ isr: [1, 2] })
    fetched(2, 10)
    leader.followerFetched(3, { offset: 10, isEligible: true }, 0)
    proposal()
    leader.appended(20, 90_000)

    fetched(2, 20, 90_000)

    expect(leader.highWatermark).toBe(10)
  })

  it('counts when it is stored, and the next change may come', () => {
    const { leader, fetched } = leading({ isr: [1] })
    fetched(2, 10)

    leader.isrChanged({ leaderEpoch: 4, partitionEpoch: 8, isr: [1, 2] }, 1, 0)

    expect(leader.inspect()).toMatchObject({ isr: [1, 2], partitionEpoch: 8, proposal: undefined })
    expect(fetched(3, 10).at(-1)).toMatchObject({ proposal: { id: 2, partitionEpoch: 8, isr: [1, 2, 3] } })
  })
})

describe('leaving the ISR', () => {
  it('is proposed for who has not been caught up for replica.lag.time.max.ms, in one change', () => {
    const { leader, fetched, proposal } = leading()
    leader.takeEffects()
    fetched(2, 10, 0)
    fetched(3, 10, 1_000)
    leader.appended(20, 1_000)

    leader.tick(30_000)
    expect(leader.takeEffects()).toEqual([])
    leader.tick(31_001)

    expect(proposal().isr).toEqual([1])
  })

  it('lets nobody go who is at the leader’s end, however long it is silent', () => {
    const { leader, fetched } = leading()
    leader.takeEffects()
    fetched(2, 10, 0)
    fetched(3, 10, 0)

    leader.tick(9_000_000)

    expect(leader.takeEffects()).toEqual([])
  })

  it('frees the watermark when it is stored, not before', () => {
    const { leader, fetched, proposal } = leading()
    fetched(2, 10, 0)
    leader.appended(20, 0)
    fetched(2, 20, 40_000)
    leader.tick(40_000)
    expect([proposal().isr, leader.highWatermark]).toEqual([[1, 2], 5])

    leader.isrChanged({ leaderEpoch: 4, partitionEpoch: 8, isr: [1, 2] }, 1, 40_000)

    expect(leader.takeEffects()).toEqual([{ type: 'commit', to: 20 }])
  })
})

describe('an answer to a proposal', () => {
  function proposed() {
    const test = leading({ isr: [1] })
    test.leader.takeEffects()
    test.leader.followerFetched(2, { offset: 10, isEligible: true }, 0)
    return { ...test, made: test.proposal() }
  }

  it.each(['INELIGIBLE_REPLICA', 'OPERATION_NOT_ATTEMPTED'] as const)('%s withdraws it', (error) => {
    const { leader, made } = proposed()

    leader.isrRefused(made.id, error, 0)

    expect(leader.inspect()['proposal']).toBeUndefined()
  })

  it.each(['FENCED_LEADER_EPOCH', 'INVALID_UPDATE_VERSION', 'NEW_LEADER_ELECTED'] as const)(
    '%s keeps the largest ISR that may be stored until the controller orders anew',
    (error) => {
      const { leader, fetched, made } = proposed()

      leader.isrRefused(made.id, error, 0)
      expect(fetched(3, 10)).toEqual([])
      leader.becameLeader(term({ leaderEpoch: 5, partitionEpoch: 9, isr: [1] }), 0)

      expect(leader.inspect()).toMatchObject({ isr: [1], proposal: undefined, partitionEpoch: 9 })
    }
  )

  it('of an earlier one leaves the one under way waiting for its own', () => {
    const { leader, made } = proposed()

    // As it was stored before this one was made: a controller has told of it in between.
    leader.isrChanged({ leaderEpoch: 4, partitionEpoch: 7, isr: [1] }, made.id - 1, 0)
    expect(leader.inspect()).toMatchObject({ proposal: made.isr })

    // Something newer is stored: what it was about is no more.
    leader.isrChanged({ leaderEpoch: 4, partitionEpoch: 8, isr: [1] }, made.id - 1, 0)
    expect(leader.inspect()).toMatchObject({ proposal: undefined, partitionEpoch: 8 })
  })

  // Of a topic hears nothing who was controller before there was one, and has not heard that it is no more.
  it.each(['REQUEST_TIMED_OUT', 'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID'] as const)(
    '%s has it proposed again, as whatever else goes by',
    (error) => {
      const { leader, made, proposal } = proposed()

      leader.isrRefused(made.id, error, 0)

      expect(proposal()).toEqual({ ...made, id: made.id + 1 })
    }
  )

  it('that is late, or of another term, does nothing', () => {
    const { leader, made } = proposed()
    const before = leader.inspect()

    leader.isrRefused(made.id - 1, 'INELIGIBLE_REPLICA', 0)
    leader.isrChanged({ leaderEpoch: 3, partitionEpoch: 9, isr: [1] }, made.id, 0)
    leader.isrChanged({ leaderEpoch: 4, partitionEpoch: 6, isr: [1, 3] }, made.id, 0)

    expect(leader.inspect()).toEqual(before)
  })
})

describe('a later term of the same leader', () => {
  it('begins at the log’s end with the ordered ISR, and what followers have is still known', () => {
    const { leader, fetched } = leading({ isr: [1, 2], replicas: [1, 2, 3] })
    fetched(2, 10)
    leader.appended(20, 0)
    leader.takeEffects()

    leader.becameLeader(term({ leaderEpoch: 6, isr: [1, 2], replicas: [1, 2, 4] }), 0)

    expect(leader.takeEffects()).toEqual([{ type: 'beginEpoch', leaderEpoch: 6 }])
    expect(leader.followerFetched(3, { offset: 0, isEligible: true }, 0)).toBe(false)
    expect(fetched(2, 20)).toEqual([{ type: 'commit', to: 20 }])
  })

  it('is none that is older', () => {
    expect(() => leading().leader.becameLeader(term({ leaderEpoch: 4 }), 0)).toThrow('follows')
  })
})

describe('any history of a leader and its followers', () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant('append' as const), count: fc.integer({ min: 1, max: 4 }) }),
    fc.record({
      type: fc.constant('fetch' as const),
      id: fc.integer({ min: 2, max: 5 }),
      back: fc.nat(6),
      isEligible: fc.boolean()
    }),
    fc.record({ type: fc.constant('time' as const), ms: fc.nat(40_000) }),
    fc.record({ type: fc.constant('tick' as const) }),
    fc.record({
      type: fc.constant('answer' as const),
      how: fc.constantFrom(
        'stored' as const,
        'INELIGIBLE_REPLICA' as const,
        'INVALID_UPDATE_VERSION' as const,
        'UNKNOWN_SERVER_ERROR' as const
      )
    }),
    fc.record({ type: fc.constant('order' as const), isr: fc.subarray([2, 3, 4, 5]) }),
    fc.record({ type: fc.constant('minIsr' as const), count: fc.integer({ min: 1, max: 5 }) })
  )

  it('moves the watermark forward only, never past anybody who may be in the ISR, and tells each write once, in order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let nowMs = 0
        let logEnd = 3
        let stored = { leaderEpoch: 1, partitionEpoch: 1, isr: [1, 2, 3] as readonly number[] }
        const ends = new Map([2, 3, 4, 5].map((id) => [id, -1]))
        const configs = { minInSyncReplicas: 1 }
        const first = { ...stored, replicas: [1, 2, 3, 4, 5] }
        const leader = new PartitionLeader(
          { brokerId: 1, lagMaxMs, configs },
          first,
          { highWatermark: 2, logEndOffset: logEnd },
          nowMs
        )
        const pending = new PendingPositions()
        const told: number[] = []
        let open: IsrProposal | undefined
        /** All that the ensemble may hold: a proposal may have been stored although its answer was lost. */
        let mayBe: readonly (readonly number[])[] = [stored.isr]
        let watermark = 2
        const obey = (): void => {
          for (const effect of leader.takeEffects()) {
            if (effect.type === 'proposeIsr') {
              open = effect.proposal
              expect(open.isr).toContain(1)
              mayBe = [stored.isr, open.isr]
            }
            if (effect.type !== 'commit') continue
            expect(effect.to).toBeGreaterThan(watermark)
            expect(leader.isUnderMinIsr).toBe(false)
            for (const isr of mayBe)
              for (const id of isr) if (id !== 1) expect(ends.get(id)).toBeGreaterThanOrEqual(effect.to)
            watermark = effect.to
            pending.complete(watermark, leader.outcomeOf(watermark) ?? 'NONE')
          }
          expect(leader.highWatermark).toBe(watermark)
          expect(watermark).toBeLessThanOrEqual(logEnd)
        }
        const written: number[] = []
        for (const one of steps) {
          if (one.type === 'append') {
            logEnd += one.count
            const endOffset = logEnd
            written.push(endOffset)
            pending.add({ endOffset, done: () => told.push(endOffset) })
            leader.appended(logEnd, nowMs)
          } else if (one.type === 'fetch') {
            const offset = Math.max(ends.get(one.id) ?? 0, logEnd - one.back, 0)
            ends.set(one.id, offset)
            leader.followerFetched(one.id, { offset, isEligible: one.isEligible }, nowMs)
          } else if (one.type === 'time') nowMs += one.ms
          else if (one.type === 'tick') leader.tick(nowMs)
          else if (one.type === 'minIsr') configs.minInSyncReplicas = one.count
          else if (one.type === 'order') {
            // The controller's orders take members out; only a leader lets one join.
            const isr = [1, ...one.isr.filter((id) => mayBe.every((known) => known.includes(id)))]
            stored = { leaderEpoch: stored.leaderEpoch + 1, partitionEpoch: stored.partitionEpoch + 2, isr }
            mayBe = [isr]
            open = undefined
            leader.becameLeader({ ...stored, replicas: [1, 2, 3, 4, 5] }, nowMs)
          } else if (open !== undefined && one.how === 'stored') {
            stored = { ...stored, partitionEpoch: stored.partitionEpoch + 1, isr: open.isr }
            mayBe = [stored.isr]
            const { id } = open
            open = undefined
            leader.isrChanged(stored, id, nowMs)
          } else if (open !== undefined && one.how === 'INELIGIBLE_REPLICA') {
            mayBe = [stored.isr]
            const { id } = open
            open = undefined
            leader.isrRefused(id, 'INELIGIBLE_REPLICA', nowMs)
          } else if (open !== undefined && one.how !== 'stored') leader.isrRefused(open.id, one.how, nowMs)
          obey()
        }
        expect(told).toEqual(written.filter((endOffset) => endOffset <= watermark))
      }),
      { numRuns: 500 }
    )
  })
})
