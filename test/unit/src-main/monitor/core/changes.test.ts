import { describe, expect, it } from 'vitest'
import { EVENT_PARAMS } from '../../../../../src-main/api/event-params'
import type { ObservedEvent } from '../../../../../src-main/monitor/observation'
import { behindEvents, ensembleEvents, snapshotEvents } from '../../../../../src-main/monitor/core/changes'
import { group, snapshot, topic } from '../snapshots'

const short = (events: readonly ObservedEvent[]): unknown[] => events.map(({ code, subject }) => [code, subject])
const ensemble = { brokerIds: [1, 2, 3], controllerId: 1, controllerEpoch: 4 }

describe('events of the ensemble', () => {
  it('tell a session that expired and a broker that registered', () => {
    const without = { ...ensemble, brokerIds: [1, 3] }

    expect(short(ensembleEvents(ensemble, without, 5))).toEqual([['brokerSessionExpired', 'broker-2']])
    expect(short(ensembleEvents(without, ensemble, 5))).toEqual([['brokerRegistered', 'broker-2']])
  })

  it('tell that there is no controller, then who is with which epoch', () => {
    const none = { ...ensemble, controllerId: null }
    const next = { ...ensemble, controllerId: 3, controllerEpoch: 5 }

    expect(short(ensembleEvents(ensemble, none, 5))).toEqual([['controllerGone', null]])
    expect(ensembleEvents(none, next, 5)).toMatchObject([
      { code: 'controllerElected', subject: 'broker-3', params: { epoch: 5 } }
    ])
  })

  it('tell nothing when one side was not known: a monitor that starts saw no change', () => {
    expect(ensembleEvents(null, ensemble, 5)).toEqual([])
    expect(ensembleEvents(ensemble, null, 5)).toEqual([])
  })
})

describe('events of two snapshots', () => {
  it('tell topics that came and went, by their id', () => {
    const before = snapshot({ topics: [topic('a', [{}]), topic('b', [{}], 'first')] })
    const after = snapshot({ topics: [topic('b', [{}, {}], 'second'), topic('c', [{}])] })

    expect(short(snapshotEvents(before, after))).toEqual([
      ['topicDeleted', 'a'],
      ['topicDeleted', 'b'],
      ['topicCreated', 'b'],
      ['topicCreated', 'c']
    ])
  })

  it('tell partitions that lost their leader once, and when they have one again', () => {
    const healthy = snapshot({ topics: [topic('a', [{}, { leader: 2, replicas: [2] }, { leader: 2, replicas: [2] }])] })
    const broken = snapshot({
      topics: [topic('a', [{}, { leader: null, replicas: [2] }, { leader: null, replicas: [2] }])]
    })

    expect(snapshotEvents(healthy, broken)).toMatchObject([
      { code: 'partitionsOffline', level: 'critical', params: { count: 2, sample: 'a-1, a-2', broker: 'broker-2' } }
    ])
    expect(snapshotEvents(broken, broken)).toEqual([])
    expect(snapshotEvents(broken, healthy)).toMatchObject([{ code: 'partitionsOnline', params: { count: 2 } }])
  })

  it('do not call a topic that is being made, or was deleted, a loss or a return', () => {
    const empty = snapshot()
    const making = snapshot({ topics: [topic('a', [{ leader: null }])] })

    expect(short(snapshotEvents(empty, making))).toEqual([['topicCreated', 'a']])
    expect(short(snapshotEvents(making, empty))).toEqual([['topicDeleted', 'a']])
  })

  it('tell nothing of topics and partitions when no broker answered', () => {
    const before = snapshot({ topics: [topic('a', [{}])] })

    expect(snapshotEvents(before, snapshot({ hasMetadata: false, topics: [topic('a', [{ leader: null }])] }))).toEqual(
      []
    )
  })

  it('tell a group’s state by Kafka’s names, not that its coordinator is away', () => {
    const at = (options: Parameters<typeof group>[1]): ReturnType<typeof snapshot> =>
      snapshot({ groups: [group('g', options)] })
    const away = at({ state: 'Unknown', lastState: 'Stable', coordinatorId: null })

    expect(snapshotEvents(at({ state: 'Stable' }), away)).toEqual([])
    expect(snapshotEvents(away, at({ state: 'Stable' }))).toEqual([])
    expect(snapshotEvents(away, at({ state: 'Empty' }))).toMatchObject([
      { code: 'groupStateChanged', subject: 'g', params: { from: 'Stable', to: 'Empty' } }
    ])
  })
})

describe('every event', () => {
  it('has the params that its sentence needs', () => {
    const events = [
      ...ensembleEvents(ensemble, { ...ensemble, controllerId: 2, controllerEpoch: 5 }, 1),
      ...snapshotEvents(
        snapshot({ topics: [topic('a', [{}])], groups: [group('g')] }),
        snapshot({
          topics: [topic('a', [{ leader: null }]), topic('b', [{}])],
          groups: [group('g', { state: 'Dead' })]
        })
      ),
      ...behindEvents({ behind: [{ groupId: 'g', lagRecords: 5, sinceMs: 1 }], caughtUp: ['h'] }, 1)
    ]

    expect(events.map(({ code }) => code)).toEqual([
      'controllerElected',
      'topicCreated',
      'partitionsOffline',
      'groupStateChanged',
      'groupBehind',
      'groupCaughtUp'
    ])
    for (const { code, params } of events)
      expect(Object.keys(params)).toEqual(expect.arrayContaining([...EVENT_PARAMS[code]]))
  })
})
