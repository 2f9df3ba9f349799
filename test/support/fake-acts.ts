/** Acts of the invented cluster, with what came of them: one of each kind of verdict, and one that is still followed. */
import type { ActItem, ActOutcome, ActView } from '../../src-main/api/acts'

const item = (what: ActItem['what'], predicted: number | null, happened: number | null): ActItem => ({
  what,
  predicted,
  happened,
  isAlike: predicted === null || happened === null ? null : predicted === happened
})

const outcome = (more: Partial<ActOutcome>): ActOutcome => ({
  verdict: 'asPredicted',
  whys: [],
  items: [],
  leaders: [],
  elsewhere: { count: 0, sample: [] },
  offline: { count: 0, sample: [] },
  electedMs: null,
  writes: null,
  looked: 29,
  left: 0,
  ...more
})

export function fakeActs(startedAtMs: number): readonly ActView[] {
  const act = (id: number, atMs: number, more: Partial<ActView>): ActView => ({
    id,
    atMs,
    act: 'kill',
    node: 'broker-2',
    to: null,
    oneWay: false,
    value: null,
    settledAtMs: atMs + 9_000,
    outcome: outcome({}),
    mixedWith: [],
    ...more
  })
  return [
    act(1, startedAtMs - 640_000, {
      act: 'stop',
      node: 'broker-3',
      outcome: outcome({ items: [item('moves', 8, 8), item('shrinks', 29, 29)], leaders: [{ broker: 1, count: 8 }] })
    }),
    act(2, startedAtMs - 520_000, {
      act: 'cut-link',
      node: 'broker-1',
      to: 'broker-3',
      oneWay: true,
      mixedWith: [
        { what: 'slow-disk', node: 'broker-3', atMs: startedAtMs - 519_000 },
        { what: 'crash', node: 'broker-2', atMs: startedAtMs - 515_000 }
      ],
      outcome: outcome({ verdict: 'unclear', whys: ['mixed'], items: [item('shrinks', 12, 17)] })
    }),
    act(3, startedAtMs - 300_000, {
      act: 'pause',
      outcome: outcome({
        verdict: 'differs',
        whys: ['returned'],
        items: [item('moves', 11, 0), item('groupsMoved', 2, 0), item('shrinks', 29, null)],
        writes: { taken: 29, refused: 0, unknown: 0, arriving: 17 }
      })
    }),
    act(4, startedAtMs - 104_000, {
      outcome: outcome({
        verdict: 'differs',
        items: [
          item('offline', 0, 1),
          item('underMinIsr', 3, 2),
          item('moves', 11, 10),
          item('groupsMoved', 2, 2),
          item('shrinks', 29, 28)
        ],
        leaders: [
          { broker: 1, count: 7 },
          { broker: 3, count: 3 }
        ],
        elsewhere: { count: 2, sample: ['orders-1', 'payments.settled.europe-west.reconciliation.replay-4'] },
        offline: { count: 1, sample: ['clicks-4'] },
        electedMs: 6_104,
        writes: { taken: 26, refused: 3, unknown: 0, arriving: 17 }
      })
    }),
    act(5, startedAtMs - 4_000, {
      act: 'restart',
      node: 'broker-1',
      settledAtMs: null,
      outcome: outcome({ verdict: 'unclear', items: [item('moves', 10, null), item('shrinks', 29, null)] })
    })
  ]
}
