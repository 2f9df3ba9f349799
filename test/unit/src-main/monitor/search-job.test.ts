import { expect, it } from 'vitest'
import type { JobPush } from '../../../../src-main/api/search'
import { SearchJob } from '../../../../src-main/monitor/search-job'
import type { PlacedQuery } from '../../../../src-main/monitor/topic-scan'
import { silent, SimClock } from '../../../support/ensemble-world'
import { ScannedCluster } from './scanned-cluster'

type Push = Extract<JobPush, { type: 'search' }>

/** What is shown of a search through partitions with so many records each, one a millisecond, and its last push. */
async function searched(
  counts: readonly number[],
  asked: Omit<PlacedQuery, 'topic' | 'criteria'> & { readonly limit: number }
) {
  const clock = new SimClock()
  const cluster = new ScannedCluster()
  cluster.recordsPerFetch = 700
  cluster.topic(
    't',
    counts.map(() => 1)
  )
  counts.forEach((count, partition) => {
    for (let i = 0; i < count; i++) cluster.append('t', partition, ['v'], 1000 + i)
  })
  const pushes: Push[] = []
  const push = (one: JobPush): Promise<void> => {
    if (one.type === 'search') pushes.push(one)
    return Promise.resolve()
  }
  const query = { topic: 't', criteria: [], ...asked }
  const run = new SearchJob({ clock, log: silent, cluster, push }, query, 'lane').run()
  await clock.run(10_000)
  await run
  const shown = pushes.flatMap(({ records }) => records.map(({ partition, offset }) => `${partition}:${offset}`))
  return { shown, last: pushes.at(-1) }
}

const down = (partition: number, from: number, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${partition}:${from - i}`)

it.each([1, 10, 1000, 3000, 100_000])('a search for the newest shows the newest %i, newest first', async (limit) => {
  const { shown, last } = await searched([50_000], { limit, order: 'newestFirst' })

  expect(shown).toEqual(down(0, 49_999, Math.min(limit, 50_000)))
  expect(last).toMatchObject({ state: 'done', progress: { found: 50_000, recordsScanned: 50_000 } })
})

it('a search for the newest shows as many as are wanted, of each partition its newest', async () => {
  const { shown, last } = await searched([5000, 4000, 5000], { limit: 100, order: 'newestFirst' })

  expect(shown).toHaveLength(100)
  for (const [partition, end] of [4999, 3999, 4999].entries()) {
    const own = shown.filter((place) => place.startsWith(`${partition}:`))
    expect(own).toEqual(down(partition, end, own.length))
  }
  expect(last?.progress.found).toBe(14_000)
})

it('a search for the oldest shows the oldest', async () => {
  const { shown, last } = await searched([50_000], { limit: 10, order: 'oldestFirst' })

  expect(shown).toEqual(Array.from({ length: 10 }, (_, i) => `0:${i}`))
  expect(last?.progress.found).toBe(50_000)
})

it.each(['oldestFirst', 'newestFirst'] as const)(
  'a search from the commits of a group, %s, names the partitions where it has none as not read',
  async (order) => {
    const committed = new Map([
      [0, 4990],
      [1, 300],
      [3, 5000]
    ])
    const from = { type: 'group', groupId: 'g' } as const
    const { shown, last } = await searched([5000, 300, 70, 1000], { limit: 100, order, from, committed })

    expect(shown.toSorted()).toEqual(down(0, 4999, 10).toSorted())
    expect(last?.progress).toMatchObject({ recordsScanned: 10, found: 10 })
    expect(last?.progress.notRead).toEqual([
      {
        partition: 2,
        fromOffset: 0,
        untilOffset: 70,
        code: 'uncommitted',
        reason: 'The group has committed nothing there.'
      }
    ])
  }
)

it('a search ends before the place where it is to end', async () => {
  const [from, to] = [
    { type: 'offset', offset: 10 },
    { type: 'offset', offset: 14 }
  ] as const
  const { shown } = await searched([100], { limit: 100, order: 'newestFirst', from, to })

  expect(shown).toEqual(down(0, 13, 4))
})
