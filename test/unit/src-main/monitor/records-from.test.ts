import { describe, expect, it } from 'vitest'
import type { CommandInput, CommandOutput } from '../../../../src-main/api/commands'
import { recordsFrom } from '../../../../src-main/monitor/records-from'
import { SimClock } from '../../../support/ensemble-world'
import { FakeCluster } from './fake-cluster'

type Page = CommandOutput<'records.from'>
type From = CommandInput<'records.from'>['from']

/** A topic, each of whose partitions holds records of these times; partition p is led by broker p + 1. */
function world(...times: readonly (readonly number[])[]) {
  const cluster = new FakeCluster()
  cluster.topic(
    't',
    times.map((_, partition) => partition + 1)
  )
  times.forEach((own, partition) => own.forEach((time) => cluster.append('t', partition, ['v'], time)))
  const read = (from: From, limit: number): Promise<Page> =>
    recordsFrom(new SimClock(), cluster, cluster.facts('t'), { topic: 't', from, limit })
  return { cluster, read }
}

const shownOf = ({ records }: Page): string[] => records.map(({ partition, offset }) => `${partition}:${offset}`)

/** All pages after this one, as somebody presses "next" until there is no more. */
async function rest(read: (from: From, limit: number) => Promise<Page>, first: Page, limit: number): Promise<string[]> {
  const shown: string[] = []
  for (let page = first, i = 0; !page.isEnd; i++) {
    if (i > 100) throw new Error('it never ends')
    page = await read({ type: 'positions', positions: page.positions }, limit)
    shown.push(...shownOf(page))
  }
  return shown
}

describe('records from a place on', () => {
  it.each([1, 2, 3, 5])('come once each, %i a page, when times do not follow offsets', async (limit) => {
    const { read } = world([50, 10, 90, 20, 30], [40, 5, 60], [])
    const first = await read({ type: 'oldest' }, limit)
    const shown = [...shownOf(first), ...(await rest(read, first, limit))]

    const all = ['0:0', '0:1', '0:2', '0:3', '0:4', '1:0', '1:1', '1:2']
    expect(shown.toSorted()).toEqual(all)
    for (const partition of ['0', '1']) {
      const own = shown.filter((place) => place.startsWith(partition))
      expect(own).toEqual(own.toSorted())
    }
  })

  it('are the oldest of all partitions first, where times follow offsets', async () => {
    const { read } = world([1, 4, 5], [2, 3, 6])
    expect(shownOf(await read({ type: 'oldest' }, 4))).toEqual(['0:0', '1:0', '1:1', '0:1'])
  })

  it.each([
    [{ type: 'oldest' }, ['1:0', '1:1', '1:2', '1:3']],
    [{ type: 'offset', offset: 1 }, ['1:1', '1:2', '1:3']],
    [{ type: 'time', timestampMs: 20 }, ['1:2', '1:3']],
    [{ type: 'group', groupId: 'g' }, ['1:3']]
  ] as const)('of a partition whose leader was away come with the next page, from %j', async (from, missing) => {
    const { cluster, read } = world([9, 19, 29, 39], [8, 18, 28, 38])
    const committed = new Map([
      ['t 0', 3],
      ['t 1', 3]
    ])
    cluster.fakeGroups.set('g', { coordinator: 1, state: 'Stable', committed })
    const log = cluster.topics.get('t')?.[1]
    if (log === undefined) throw new Error('no log')
    log.leader = null

    const first = await read(from, 100)
    expect(first.unreachablePartitions).toEqual([1])
    expect(first.isEnd).toBe(false)
    const second = await read({ type: 'positions', positions: first.positions }, 100)
    expect([shownOf(second), second.isEnd]).toEqual([[], false])

    log.leader = 2
    expect(await rest(read, second, 100)).toEqual(missing)
  })

  it('of a group that never committed in a partition whose leader was away begin at its end', async () => {
    const { cluster, read } = world([9], [8, 18])
    cluster.fakeGroups.set('g', { coordinator: 1, state: 'Stable', committed: new Map([['t 0', 0]]) })
    cluster.away.add(2)
    const first = await read({ type: 'group', groupId: 'g' }, 100)
    cluster.away.clear()

    expect(shownOf(first)).toEqual(['0:0'])
    expect(await rest(read, first, 100)).toEqual([])
  })

  it('go on with a partition that was made between two pages, from its start', async () => {
    const { cluster, read } = world([1, 2])
    const first = await read({ type: 'oldest' }, 1)
    cluster.topics.get('t')?.push({ leader: 2, replica: 2, startOffset: 0, records: [] })
    cluster.append('t', 1, ['new'], 9)

    expect(await rest(read, first, 1)).toEqual(['0:1', '1:0'])
  })

  describe('say of a partition that gives nothing, or begins later than asked,', () => {
    const commit = (cluster: FakeCluster, committed: Readonly<Record<number, number>>): void => {
      const places = Object.entries(committed).map(([partition, offset]) => [`t ${partition}`, offset] as const)
      cluster.fakeGroups.set('g', { coordinator: 1, state: 'Empty', committed: new Map([...places, ['other 0', 5]]) })
    }

    it('where its log begins and ends, and what the group has committed', async () => {
      const { cluster, read } = world([1, 2], [1], [], [1, 2, 3])
      commit(cluster, { 0: 2, 3: 1 })
      const page = await read({ type: 'group', groupId: 'g' }, 100)

      expect(shownOf(page)).toEqual(['3:1', '3:2'])
      expect(page.places).toEqual([
        { partition: 0, askedOffset: 2, startOffset: 0, endOffset: 2 },
        { partition: 1, askedOffset: null, startOffset: 0, endOffset: 1 },
        { partition: 2, askedOffset: null, startOffset: 0, endOffset: 0 }
      ])
    })

    it.each([
      [{ type: 'offset', offset: 5 }, 5],
      [{ type: 'offset', offset: 2 }, 2],
      [{ type: 'time', timestampMs: 99 }, null]
    ] as const)('that %j is at or past its end', async (from, askedOffset) => {
      const { read } = world([1, 2])
      const page = await read(from, 100)

      expect([shownOf(page), page.isEnd]).toEqual([[], true])
      expect(page.places).toEqual([{ partition: 0, askedOffset, startOffset: 0, endOffset: 2 }])
    })

    it('that what was asked for was deleted', async () => {
      const { cluster, read } = world([1, 2], [1])
      const log = cluster.topics.get('t')?.[0]
      if (log === undefined) throw new Error('no log')
      log.startOffset = 10
      log.records = log.records.map((record) => ({ ...record, offset: record.offset + 10 }))
      const page = await read({ type: 'offset', offset: 0 }, 100)

      expect(shownOf(page)).toEqual(['0:10', '1:0', '0:11'])
      expect(page.places).toEqual([{ partition: 0, askedOffset: 0, startOffset: 10, endOffset: 12 }])
      expect((await read({ type: 'oldest' }, 100)).places).toEqual([])
    })

    it('that there is no such group', async () => {
      const { cluster, read } = world([1])
      cluster.fakeGroups.set('typo', { coordinator: 1, state: 'Dead', committed: new Map() })
      cluster.fakeGroups.set('idle', { coordinator: 1, state: 'Stable', committed: new Map() })

      await expect(read({ type: 'group', groupId: 'typo' }, 100)).rejects.toMatchObject({
        code: 'NOT_FOUND',
        kafkaError: 'GROUP_ID_NOT_FOUND'
      })
      const idle = await read({ type: 'group', groupId: 'idle' }, 100)
      expect(idle.places).toEqual([{ partition: 0, askedOffset: null, startOffset: 0, endOffset: 1 }])
    })
  })
})
