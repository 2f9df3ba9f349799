import { expect, it } from 'vitest'
import type { JobPush, SearchCriterion } from '../../../../src-main/api/search'
import { TailJob } from '../../../../src-main/monitor/tail-job'
import { silent, SimClock } from '../../../support/ensemble-world'
import { ScannedCluster } from './scanned-cluster'

type Push = Extract<JobPush, { type: 'tail' }>

function world(leaders: readonly (number | null)[], criteria: readonly SearchCriterion[] = []) {
  const clock = new SimClock()
  const cluster = new ScannedCluster()
  const logs = cluster.topic('t', leaders)
  const pushes: Push[] = []
  const push = (one: JobPush): Promise<void> => {
    if (one.type === 'tail') pushes.push(one)
    return Promise.resolve()
  }
  const job = new TailJob({ clock, log: silent, cluster, push }, { topic: 't', criteria }, 'lane')
  const shown = (): string[] =>
    pushes.flatMap(({ records }) =>
      records.map(({ partition, value }) => `${partition} ${typeof value === 'string' ? value : '-'}`)
    )
  return { clock, cluster, logs, pushes, job, shown }
}

it.each([5, 500])('a tail shows or counts all %i records of a partition that is made meanwhile', async (count) => {
  const { clock, cluster, logs, pushes, job, shown } = world([1])
  cluster.append('t', 0, ['old'])
  const run = job.run()
  await clock.run(1000)
  logs.push({ leader: 2, replica: 2, startOffset: 0, records: [] })
  cluster.append(
    't',
    1,
    Array.from({ length: count }, (_, i) => `new ${i}`)
  )
  await clock.run(20_000)
  job.stop()
  await clock.run(1000)
  await run

  const last = pushes.at(-1)
  expect([last?.arrived, (last?.skipped ?? 0) + shown().length, last?.silentPartitions]).toEqual([count, count, []])
  expect(shown().at(-1)).toBe(`1 new ${count - 1}`)
})

it('a tail begins at the end of a partition that was there, though its leader was away', async () => {
  const { clock, cluster, logs, pushes, job, shown } = world([1, null])
  cluster.append('t', 1, ['old'])
  const run = job.run()
  await clock.run(1000)
  expect(pushes.at(-1)?.silentPartitions).toEqual([1])
  const log = logs[1]
  if (log !== undefined) log.leader = 2
  await clock.run(10_000)
  cluster.append('t', 1, ['new'])
  await clock.run(1000)
  job.stop()
  await clock.run(1000)
  await run

  expect(shown()).toEqual(['1 new'])
  expect(pushes.at(-1)?.silentPartitions).toEqual([])
})

const numbered = (from: number, count: number): string[] => Array.from({ length: count }, (_, i) => `${from + i}`)

it.each([1, 3])(
  'a tail counts as skipped what comes between a look at the end and the fetch, of %i',
  async (partitions) => {
    const { clock, cluster, pushes, job, shown } = world(Array<number>(partitions).fill(1))
    cluster.recordsPerFetch = 5000
    let written = 0
    const fetchRaw = cluster.fetchRaw.bind(cluster)
    cluster.fetchRaw = (broker, positions) => {
      for (const { partition } of positions) cluster.append('t', partition, numbered(written, 700))
      written += 700
      return fetchRaw(broker, positions)
    }
    const run = job.run()
    await clock.run(1000)
    for (let partition = 0; partition < partitions; partition++) cluster.append('t', partition, ['first'])
    await clock.run(1000)
    job.stop()
    await clock.run(1000)
    await run

    const last = pushes.at(-1)
    expect(written).toBeGreaterThan(0)
    expect(shown().length + (last?.skipped ?? 0)).toBe(last?.arrived)
    expect(shown().at(-1)).toBe(`${partitions - 1} ${written - 1}`)
  }
)

it('a tail of what fits shows the newest of more than it shows at once, and counts the others as skipped', async () => {
  const { clock, cluster, pushes, job, shown } = world([1], [{ type: 'text', text: 'v' }])
  cluster.recordsPerFetch = 5000
  const run = job.run()
  await clock.run(1000)
  cluster.append('t', 0, numbered(0, 1000))
  await clock.run(1000)
  job.stop()
  await clock.run(1000)
  await run

  expect(pushes.at(-1)).toMatchObject({ arrived: 1000, skipped: 900 })
  expect(shown()).toEqual(numbered(900, 100).map((value) => `0 ${value}`))
})

it('a tail that ends counts what it has not looked at as skipped', async () => {
  const { clock, cluster, pushes, job, shown } = world([1])
  const run = job.run()
  await clock.run(1000)
  job.pause(true)
  cluster.append('t', 0, numbered(0, 30))
  await clock.run(1000)
  expect(pushes.at(-1)).toMatchObject({ arrived: 30, skipped: 0, waiting: 30 })
  job.stop()
  await clock.run(1000)
  await run

  expect(pushes.at(-1)).toMatchObject({ arrived: 30, skipped: 30, waiting: 0 })
  expect(shown()).toEqual([])
})

it('a tail of what fits goes to the last of what it cannot look through, and counts the rest as skipped', async () => {
  const { clock, cluster, pushes, job, shown } = world([1], [{ type: 'text', text: 'v' }])
  const run = job.run()
  await clock.run(1000)
  cluster.append('t', 0, numbered(0, 250_000))
  await clock.run(3000)
  job.stop()
  await clock.run(1000)
  await run

  expect(pushes.at(-1)).toMatchObject({ arrived: 250_000, skipped: 249_900 })
  expect(shown()).toEqual(numbered(249_900, 100).map((value) => `0 ${value}`))
})
