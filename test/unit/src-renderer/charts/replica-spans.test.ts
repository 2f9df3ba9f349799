import { describe, expect, it } from 'vitest'
import type { PartitionHistoryView } from '@api/failures'
import { brokersOf, downtimes, epochSince, momentsOf, spansOf } from '@/charts/replica-spans'
import type { Down, Moment } from '@/charts/replica-spans'
import { eventView } from '../support/views'

const none: Down = new Map()
const change = (atMs: number, leader: number | null, leaderEpoch: number, isr: number[], replicas = [1, 2, 3]) => ({
  atMs,
  leader,
  leaderEpoch,
  replicas,
  isr
})
const history = (rest: Partial<PartitionHistoryView>): PartitionHistoryView => ({
  topicId: 'id',
  looks: [{ fromMs: 1000, toMs: 100_000 }],
  live: [{ atMs: 1000, brokers: [1, 2, 3] }],
  changes: [change(1000, 1, 6, [1, 2, 3])],
  ...rest
})
const killed = history({
  live: [
    { atMs: 1000, brokers: [1, 2, 3] },
    { atMs: 26_000, brokers: [2, 3] },
    { atMs: 60_000, brokers: [1, 2, 3] }
  ],
  changes: [
    change(1000, 1, 6, [1, 2, 3]),
    change(26_000, 2, 7, [2, 3]),
    change(70_000, 2, 7, [2, 3, 1]),
    change(80_000, 1, 8, [2, 3, 1])
  ]
})
const events = [
  eventView(1, 20_000, { code: 'nodeKilled', subject: 'broker-1' }),
  eventView(2, 50_000, { code: 'nodeStarting', subject: 'broker-1' }),
  eventView(3, 55_000, { code: 'nodeRunning', subject: 'broker-1' })
]
const down = (broker: number, fromMs: number, toMs: number): Down => new Map([[broker, [{ fromMs, toMs }]]])
const said = (moments: readonly Moment[], broker: number, range = { fromMs: 0, toMs: 100_000 }): string[] =>
  spansOf(moments, broker, range).map(
    ({ kind, epoch, fromMs, toMs }) => `${kind}${epoch === null ? '' : ` ${epoch}`} ${fromMs}–${toMs}`
  )

describe('the spans of a replica', () => {
  const moments = momentsOf(killed, downtimes(events, [{ broker: 1, isDown: false, sinceMs: 0 }], 100_000), 100_000)

  it('tell of a leader that died: from its end on it is offline, whoever leads on paper, until the cluster knows it again', () => {
    expect(said(moments, 1)).toEqual([
      'leader 6 1000–20000',
      'offline 20000–60000',
      'out 60000–70000',
      'sync 70000–80000',
      'leader 8 80000–100000'
    ])
    expect(said(moments, 2)).toEqual(['sync 1000–26000', 'leader 7 26000–80000', 'sync 80000–100000'])
    expect(said(moments, 3)).toEqual(['sync 1000–100000'])
  })

  it('are those of the range', () => {
    expect(said(moments, 1, { fromMs: 30_000, toMs: 65_000 })).toEqual(['offline 30000–60000', 'out 60000–65000'])
    expect(said(moments, 2, { fromMs: 90_000, toMs: 95_000 })).toEqual(['sync 90000–95000'])
  })

  it('are none before anything is known of it', () => {
    expect(said(moments, 2, { fromMs: 0, toMs: 900 })).toEqual([])
    expect(momentsOf(history({ changes: [] }), none, 100_000)).toEqual([])
  })

  it('are two where a leader was elected again', () => {
    const twice = history({ changes: [change(1000, 1, 6, [1, 2, 3]), change(5000, 1, 8, [1, 2, 3])] })

    expect(said(momentsOf(twice, none, 100_000), 1)).toEqual(['leader 6 1000–5000', 'leader 8 5000–100000'])
  })

  it('have a hole where nobody told: what was before it may have been another within', () => {
    const looks = [
      { fromMs: 1000, toMs: 5000 },
      { fromMs: 9000, toMs: 20_000 }
    ]
    const moments = momentsOf(history({ looks }), down(2, 7000, 9000), 22_000)

    expect(said(moments, 1, { fromMs: 0, toMs: 22_000 })).toEqual(['leader 6 1000–5000', 'leader 6 9000–22000'])
    // Its process ended: that is known of itself.
    expect(said(moments, 2, { fromMs: 0, toMs: 22_000 })).toEqual([
      'sync 1000–5000',
      'offline 7000–9000',
      'sync 9000–22000'
    ])
  })

  it('end with the last look where that is long past', () => {
    expect(said(momentsOf(history({ looks: [{ fromMs: 1000, toMs: 50_000 }] }), none, 100_000), 3)).toEqual([
      'sync 1000–50000'
    ])
    expect(said(momentsOf(history({ looks: [{ fromMs: 1000, toMs: 98_000 }] }), none, 100_000), 3)).toEqual([
      'sync 1000–100000'
    ])
  })

  it('are there of a replica that is moved while it is one, and of those that are in their order', () => {
    const moved = history({
      changes: [
        change(1000, 1, 6, [1, 2, 3]),
        change(5000, 1, 6, [1, 2, 3], [1, 2, 4, 3]),
        change(9000, 1, 6, [1, 2, 4], [1, 2, 4])
      ],
      live: []
    })
    const moments = momentsOf(moved, none, 100_000)

    expect(said(moments, 4)).toEqual(['out 5000–9000', 'sync 9000–100000'])
    expect(said(moments, 3)).toEqual(['sync 1000–9000'])
    expect(brokersOf(moments, [4, 1, 2], 0)).toEqual([4, 1, 2, 3])
    expect(brokersOf(moments, [4, 1, 2], 9000)).toEqual([4, 1, 2])
  })
})

describe('when a broker was not there', () => {
  it('goes on while it is down, also where the event of its end is kept no more', () => {
    const now = downtimes([], [{ broker: 1, isDown: true, sinceMs: 40_000 }], 100_000)

    expect(now.get(1)).toEqual([{ fromMs: 40_000, toMs: 100_000 }])
    expect(said(momentsOf(history({}), now, 100_000), 1)).toEqual(['leader 6 1000–40000', 'offline 40000–100000'])
  })

  it('is nothing that happened to another', () => {
    expect(downtimes(events, [{ broker: 2, isDown: false, sinceMs: 0 }], 100_000).get(2)).toEqual([])
  })
})

describe('the epoch of a leader', () => {
  it('has a beginning where it was seen to begin, and none where it may have begun before', () => {
    const moments = momentsOf(killed, none, 100_000)

    expect(epochSince(moments, 8)).toBe(80_000)
    expect(epochSince(moments, 6)).toBeUndefined()
    expect(epochSince(moments, 9)).toBeUndefined()
  })
})
