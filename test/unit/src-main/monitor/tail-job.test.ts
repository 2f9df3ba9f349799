import { expect, it } from 'vitest'
import type { JobPush } from '../../../../src-main/api/search'
import { TailJob } from '../../../../src-main/monitor/tail-job'
import { silent, SimClock } from '../../../support/ensemble-world'
import { ScannedCluster } from './scanned-cluster'

type Push = Extract<JobPush, { type: 'tail' }>

function world(leaders: readonly (number | null)[]) {
  const clock = new SimClock()
  const cluster = new ScannedCluster()
  const logs = cluster.topic('t', leaders)
  const pushes: Push[] = []
  const push = (one: JobPush): Promise<void> => {
    if (one.type === 'tail') pushes.push(one)
    return Promise.resolve()
  }
  const job = new TailJob({ clock, log: silent, cluster, push }, { topic: 't', criteria: [] }, 'lane')
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
