import { expect, it } from 'vitest'
import type { JobPush } from '../../../../src-main/api/search'
import { AppError } from '../../../../src-main/kernel/errors'
import type { FileSink } from '../../../../src-main/kernel/ports'
import { ExportJob, type ExportQuery } from '../../../../src-main/monitor/export-job'
import { silent, SimClock } from '../../../support/ensemble-world'
import { ScannedCluster } from './scanned-cluster'

type Push = Extract<JobPush, { type: 'export' }>

/** Pushes of an export to a disk that takes so many pieces and is slow to remove what it has. */
async function exported(piecesTaken: number, meanwhile: (job: ExportJob) => void = () => undefined) {
  const clock = new SimClock()
  const cluster = new ScannedCluster()
  cluster.recordsPerFetch = 700
  cluster.topic('t', [1])
  for (let i = 0; i < 1000; i++) cluster.append('t', 0, ['v'], 1000 + i)
  const pushes: Push[] = []
  const push = (one: JobPush): Promise<void> => {
    if (one.type === 'export') pushes.push(one)
    return Promise.resolve()
  }
  let pieces = 0
  let isDiscarded = false
  const later = (): Promise<void> => new Promise((resolve) => clock.after(2000, resolve))
  const sink: FileSink = {
    write: async (texts) => {
      await later()
      if (pieces++ >= piecesTaken) throw new AppError('DISK_FULL', 'The disk is full.')
      return texts.length
    },
    finish: () => Promise.resolve('/x.jsonl'),
    discard: async () => {
      await later()
      isDiscarded = true
    }
  }
  const files = { create: () => Promise.resolve(sink) }
  const query: ExportQuery = { topic: 't', criteria: [], order: 'oldestFirst', format: 'jsonl', path: '/x.jsonl' }
  const job = new ExportJob({ clock, log: silent, cluster, push, files }, query, 'lane')
  const run = job.run()
  await clock.run(3000)
  meanwhile(job)
  await clock.run(60_000)
  await run
  return { ends: pushes.filter(({ state }) => state !== 'running'), isDiscarded }
}

it('an export that fails tells once that it has, with the reason, when its file is gone', async () => {
  const { ends, isDiscarded } = await exported(1)

  expect(ends).toMatchObject([{ state: 'failed', error: 'The disk is full.', path: null }])
  expect(isDiscarded).toBe(true)
})

it('an export that is stopped tells so once, when its file is gone', async () => {
  const { ends, isDiscarded } = await exported(1000, (job) => job.stop())

  expect(ends).toMatchObject([{ state: 'stopped', error: null, path: null }])
  expect(isDiscarded).toBe(true)
})

it('an export that is whole tells its path', async () => {
  const { ends, isDiscarded } = await exported(1000)

  expect(ends).toMatchObject([{ state: 'done', error: null, path: '/x.jsonl' }])
  expect(isDiscarded).toBe(false)
})
