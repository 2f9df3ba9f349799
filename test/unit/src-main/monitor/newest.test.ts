import { describe, expect, it } from 'vitest'
import type { CommandOutput } from '../../../../src-main/api/commands'
import { newestRecords } from '../../../../src-main/monitor/newest'
import { SimClock } from '../../../support/ensemble-world'
import { FakeCluster } from './fake-cluster'

type Page = CommandOutput<'records.newest'>

/** A topic, each of whose partitions holds records of these times; partition p is led by broker p + 1. */
function world(...times: readonly (readonly number[])[]) {
  const cluster = new FakeCluster()
  cluster.topic(
    't',
    times.map((_, partition) => partition + 1)
  )
  times.forEach((own, partition) => own.forEach((time) => cluster.append('t', partition, ['v'], time)))
  const read = (limit: number, before?: Page['positions']): Promise<Page> =>
    newestRecords(new SimClock(), cluster, cluster.facts('t'), { partitions: undefined, limit, before })
  /** All pages, as somebody presses "older" until there is no more. */
  const readAll = async (limit: number, from?: Page['positions']): Promise<string[]> => {
    const shown: string[] = []
    let page = await read(limit, from)
    for (let i = 0; ; i++) {
      if (i > 100) throw new Error('it never ends')
      shown.push(...shownOf(page))
      if (page.isStart) return shown
      page = await read(limit, page.positions)
    }
  }
  return { cluster, read, readAll }
}

const shownOf = ({ records }: Page): string[] => records.map(({ partition, offset }) => `${partition}:${offset}`)

describe('the newest records, and those before them', () => {
  it.each([1, 2, 3, 5, 100])('come once each, %i a page, when times do not follow offsets', async (limit) => {
    const { readAll } = world([50, 10, 90, 20, 30], [40, 5, 60], [])
    const shown = await readAll(limit)

    expect(shown.toSorted()).toEqual(['0:0', '0:1', '0:2', '0:3', '0:4', '1:0', '1:1', '1:2'])
    for (const partition of ['0', '1']) {
      const own = shown.filter((place) => place.startsWith(partition))
      expect(own).toEqual(own.toSorted().reverse())
    }
  })

  it('are the latest of all partitions first, where times follow offsets', async () => {
    const { read } = world([1, 4, 5], [2, 3, 6])
    expect(shownOf(await read(3))).toEqual(['1:2', '0:2', '0:1'])
  })

  it('are looked for further back where compaction left few', async () => {
    const { cluster, read, readAll } = world(Array.from({ length: 40 }, (_, i) => i))
    for (let offset = 3; offset < 39; offset++) cluster.compacted.add(`t 0 ${offset}`)

    expect(shownOf(await read(3))).toEqual(['0:39', '0:2', '0:1'])
    expect(await readAll(3)).toEqual(['0:39', '0:2', '0:1', '0:0'])
  })

  it('of a partition are shown though its leader fails while it is looked at further back, and the rest comes later', async () => {
    const { cluster, read, readAll } = world(Array.from({ length: 40 }, (_, i) => i))
    for (let offset = 3; offset < 39; offset++) cluster.compacted.add(`t 0 ${offset}`)
    const fetch = cluster.fetch.bind(cluster)
    let fetches = 0
    cluster.fetch = (...args) => {
      if (++fetches > 1) cluster.away.add(1)
      return fetch(...args)
    }
    const first = await read(3)
    expect([shownOf(first), first.unreachablePartitions, first.isStart]).toEqual([['0:39'], [], false])

    cluster.fetch = fetch
    cluster.away.clear()
    expect(await readAll(3, first.positions)).toEqual(['0:2', '0:1', '0:0'])
  })

  it('end with an empty page and a place to go on from when the gap is longer than what one page looks through', async () => {
    const { cluster, read, readAll } = world(Array.from({ length: 400 }, (_, i) => i))
    for (let offset = 1; offset < 400; offset++) cluster.compacted.add(`t 0 ${offset}`)

    const first = await read(1)
    expect([shownOf(first), first.isStart]).toEqual([[], false])
    expect(await readAll(1)).toEqual(['0:0'])
  })

  it('of a partition whose leader was away come with a later page, from the place where they were left', async () => {
    const { cluster, read, readAll } = world([1, 3, 5, 7], [2, 4, 6, 8])
    const first = await read(4)
    expect(shownOf(first)).toEqual(['1:3', '0:3', '1:2', '0:2'])
    cluster.away.add(2)
    const second = await read(4, first.positions)
    expect([shownOf(second), second.unreachablePartitions, second.isStart]).toEqual([['0:1', '0:0'], [1], false])

    cluster.away.clear()
    expect(await readAll(4, second.positions)).toEqual(['1:1', '1:0'])
  })

  it('end where deletion ended them meanwhile', async () => {
    const { cluster, read } = world([1, 2, 3, 4])
    const first = await read(2)
    const log = cluster.topics.get('t')?.[0]
    if (log === undefined) throw new Error('no log')
    log.startOffset = 3
    log.records.splice(0, 3)

    const second = await read(2, first.positions)
    expect([shownOf(second), second.isStart]).toEqual([[], true])
  })
})
