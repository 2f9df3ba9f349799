import { flushPromises } from '@vue/test-utils'
import { ApiError } from '@api/api'
import type { JobPush, NotReadView } from '@api/search'
import { beforeEach, expect, it } from 'vitest'
import { defineComponent, h } from 'vue'
import ExportDialog from '@/components/topics/ExportDialog.vue'
import JobStatus from '@/components/topics/JobStatus.vue'
import { useRecordJob, type RecordJobs } from '@/components/topics/use-record-job'
import type { FakeApi } from '../../support/fake-api'
import { byRole, one, show, shownText, useFakeHost } from '../../support/mount'

const progress = (unreadableCount = 0): Extract<JobPush, { type: 'export' }>['progress'] => ({
  recordsTotal: 10,
  recordsScanned: 5,
  bytesScanned: 500,
  found: 5,
  elapsedMs: 100,
  bytesPerSecond: 5000,
  partitions: [],
  unreadableCount,
  unreadable: [],
  notRead: []
})
const gone = new ApiError({ code: 'NOT_FOUND', message: 'The reader ended.' })

let api: FakeApi
let lose: (error: ApiError) => void
beforeEach(() => {
  api = useFakeHost()
  const watch = api.watch.bind(api)
  api.watch = (key, changed, refused) => {
    if (refused !== undefined) lose = refused
    return watch(key, changed, refused)
  }
})

async function exported(push: Partial<Extract<JobPush, { type: 'export' }>>): Promise<void> {
  await show(ExportDialog, { topic: 't', shown: [], query: { order: 'oldestFirst', criteria: [] } })
  one('button', 'Export').click()
  api.last('export.open').resolve({ job: '1' })
  await flushPromises()
  api.push('job:1', {
    type: 'export',
    state: 'running',
    progress: progress(),
    bytesWritten: 0,
    path: null,
    error: null,
    ...push
  })
  await flushPromises()
}

it('an export says which offsets are not in its file, of a partition that was read in part, too', async () => {
  const notRead: readonly NotReadView[] = [
    { partition: 2, fromOffset: 1200, untilOffset: 3000, code: 'other', reason: 'Topic t was deleted.' },
    { partition: 3, fromOffset: null, untilOffset: null, code: 'leaderless', reason: 'It has no leader.' }
  ]
  await exported({ state: 'done', path: '/tmp/t.jsonl', progress: { ...progress(), notRead: [...notRead] } })

  const words = shownText().replaceAll(/\s+/g, ' ')
  expect(words).toContain('Partition 2, offsets 1 200 to 2 999 not read: Topic t was deleted.')
  expect(words).toContain('Partition 3 not read: It has no leader now.')
  expect(words).toContain('What is in the file is all that was read.')
})

it('an export whose reader dies is over: it can be begun again', async () => {
  await exported({})
  expect(byRole('button', 'Stop')).toHaveLength(1)
  lose(gone)
  await flushPromises()

  expect(shownText()).toContain('The reader ended.')
  expect(shownText()).not.toContain('No file was left.')
  expect(byRole('button', 'Stop')).toHaveLength(0)
  expect(byRole('button', 'Export')).toHaveLength(1)
})

it('an export says how many batches could not be read', async () => {
  await exported({ state: 'done', progress: progress(3) })
  expect(shownText()).toContain('3 batches cannot be read; they are not in the file.')
})

it('a search and a tail whose reader dies are over', async () => {
  let jobs: RecordJobs | undefined
  await show(
    defineComponent(() => {
      jobs = useRecordJob()
      return () => h('p')
    })
  )
  void jobs?.startSearch({ topic: 't', order: 'newestFirst', criteria: [] })
  api.last('search.open').resolve({ job: '1' })
  await flushPromises()
  api.push('job:1', { type: 'search', state: 'running', records: [], progress: progress(), error: null })
  expect(jobs?.search.value?.state).toBe('running')
  lose(gone)
  expect([jobs?.search.value?.state, jobs?.error.value?.message]).toEqual(['failed', 'The reader ended.'])

  void jobs?.startTail({ topic: 't', criteria: [] })
  api.last('tail.open').resolve({ job: '2' })
  await flushPromises()
  const counts = { arrived: 0, skipped: 0, waiting: 0, recordsPerSecond: 0, unreadableCount: 0 }
  const push = {
    type: 'tail',
    state: 'running',
    records: [],
    isPaused: false,
    silentPartitions: [],
    error: null
  } as const
  api.push('job:2', { ...push, records: [], silentPartitions: [], ...counts })
  expect(jobs?.tail.value?.state).toBe('running')
  lose(gone)
  expect(jobs?.tail.value?.state).toBe('failed')
})

it.each([
  ['en', 'One batch cannot be read; it was not searched.', '2 batches cannot be read; they were not searched.'],
  ['ko', '배치 1개를 읽을 수 없어 검색하지 못했습니다.', '배치 2개를 읽을 수 없어 검색하지 못했습니다.']
] as const)('a search says how many batches it could not read, in %s', async (language, one_, two) => {
  const search = (count: number) =>
    ({ type: 'search', state: 'done', records: [], error: null, progress: progress(count) }) as const
  const first = await show(JobStatus, { search: search(1), tail: undefined, shown: 0 }, language)
  expect(shownText()).toContain(one_)
  first.unmount()
  await show(JobStatus, { search: search(2), tail: undefined, shown: 0 }, language)
  expect(shownText()).toContain(two)
})

it('a tail says how many batches it could not read', async () => {
  const counts = { arrived: 0, skipped: 0, waiting: 0, recordsPerSecond: 0, unreadableCount: 1 }
  const state = { type: 'tail', state: 'running', records: [], isPaused: false, silentPartitions: [], error: null }
  await show(JobStatus, { search: undefined, tail: { ...state, ...counts }, shown: 0 })
  expect(shownText()).toContain('One batch cannot be read; it is not shown.')
})

it('a search of several partitions that found more than is shown says which are shown', async () => {
  const search = (found: number, partitions: number): Extract<JobPush, { type: 'search' }> => ({
    type: 'search',
    state: 'done',
    records: [],
    error: null,
    progress: {
      ...progress(),
      found,
      partitions: Array.from({ length: partitions }, (_, partition) => ({
        partition,
        state: 'done',
        fromOffset: 0,
        untilOffset: 5,
        scanned: 5
      }))
    }
  })
  const why = (): (string | null)[] =>
    [...document.querySelectorAll('.scan [title]')].map((one) => one.getAttribute('title'))

  const one_ = await show(JobStatus, { search: search(2000, 1), tail: undefined, shown: 1000 })
  expect(shownText()).toContain('the 1 000 found first are shown')
  expect(why()).toEqual([])
  one_.unmount()
  await show(JobStatus, { search: search(2000, 3), tail: undefined, shown: 1000 })
  expect(why()).toEqual([expect.stringContaining('may include newer records of another partition')])
})
