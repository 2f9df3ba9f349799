import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'
import { ApiError } from '@api/api'
import type { ProductionView } from '@api/producing'
import type { JobPush } from '@api/search'
import AppDialogs from '@/components/shell/AppDialogs.vue'
import NoticeStack from '@/components/shell/NoticeStack.vue'
import { useClusterStore } from '@/stores/cluster'
import { useDialogsStore } from '@/stores/dialogs'
import { useNoticesStore } from '@/stores/notices'
import { useProduceStore } from '@/stores/produce'
import type { FakeApi } from '../support/fake-api'
import { one, show, shownText, useFakeHost } from '../support/mount'
import { clusterView } from '../support/views'

const refused = new ApiError({ code: 'KAFKA', kafkaError: 'NOT_CONTROLLER', message: 'It moved.' })

let api: FakeApi
beforeEach(async () => {
  api = useFakeHost()
  useClusterStore()
  api.push('cluster', clusterView())
  await show(AppDialogs)
  await show(NoticeStack)
})

async function type(element: HTMLElement | null, text: string): Promise<void> {
  if (!(element instanceof HTMLInputElement)) throw new Error('not a field')
  element.value = text
  element.dispatchEvent(new Event('input'))
  await flushPromises()
}
async function open(dialog: NonNullable<ReturnType<typeof useDialogsStore>['dialog']>): Promise<void> {
  useDialogsStore().open(dialog)
  await flushPromises()
}
/** As the palette does it: another dialog takes its place. */
async function replaced(): Promise<void> {
  useDialogsStore().open({ type: 'shortcuts' })
  await flushPromises()
  useDialogsStore().close()
  await flushPromises()
}

describe('topics that are deleted together, when their dialog is gone', () => {
  beforeEach(async () => {
    await open({ type: 'deleteTopics', topics: ['a', 'b', 'c'] })
    await type(document.querySelector('#delete-count'), '3')
    one('button', 'Delete 3 topics').click()
    await flushPromises()
  })

  it('end, and a notice says how many are gone and what the first error was', async () => {
    api.last('topic.delete').resolve({})
    await flushPromises()
    await replaced()
    api.last('topic.delete').reject(refused)
    await flushPromises()

    expect(shownText()).toContain('1 of 3 topics deleted')
    expect(shownText()).toContain('NOT_CONTROLLER')
    expect(api.calls.filter(({ name }) => name === 'topic.delete')).toHaveLength(2)
  })
})

describe('a purge whose dialog is gone', () => {
  beforeEach(async () => {
    await open({ type: 'purgeTopic', topic: 'orders' })
    await type(document.querySelector('#purge-name'), 'orders')
    one('button', /^Purge$/).click()
    await flushPromises()
    await replaced()
  })

  it('says which part was not done, and opens again', async () => {
    const failed = [{ partition: 1, kafkaError: 'NOT_LEADER_OR_FOLLOWER', message: 'It moved.' }]
    api.last('topic.purge').resolve({ topic: 'orders', partitions: [{ partition: 0, startOffset: 100 }], failed })
    await flushPromises()
    expect(shownText()).toContain('1 partitions purged, 1 not')

    one('button', 'Open again').click()
    await flushPromises()
    expect(useDialogsStore().dialog).toEqual({ type: 'purgeTopic', topic: 'orders' })
    expect(useNoticesStore().notices).toEqual([])
  })

  it('leaves the dialog alone that was opened since', async () => {
    await open({ type: 'shortcuts' })
    api.last('topic.purge').resolve({ topic: 'orders', partitions: [], failed: [] })
    await flushPromises()

    expect(useDialogsStore().dialog).toEqual({ type: 'shortcuts' })
    expect(useNoticesStore().notices).toMatchObject([{ what: 'topicPurged', level: 'healthy' }])
  })

  it('does not say that it failed when that is not known', async () => {
    api.last('topic.purge').reject(new ApiError({ code: 'DISCONNECTED', message: 'x' }))
    await flushPromises()
    expect(shownText()).toContain('Purge topic')
    expect(shownText()).toContain('Whether it took effect is not known.')
  })
})

describe('an export whose dialog is gone', () => {
  const push = (more: Partial<Extract<JobPush, { type: 'export' }>>): void =>
    api.push('job:1', {
      type: 'export',
      state: 'running',
      progress: {
        recordsTotal: 10,
        recordsScanned: 5,
        bytesScanned: 500,
        found: 5,
        elapsedMs: 100,
        bytesPerSecond: 5000,
        partitions: [],
        unreadableCount: 0,
        unreadable: [],
        notRead: []
      },
      bytesWritten: 0,
      path: null,
      error: null,
      ...more
    })
  beforeEach(async () => {
    await open({ type: 'exportRecords', topic: 'orders', shown: [], query: { order: 'oldestFirst', criteria: [] } })
    one('button', 'Export').click()
    await flushPromises()
  })

  it('is ended, and said to have left no file', async () => {
    api.last('export.open').resolve({ job: '1' })
    await flushPromises()
    push({})
    await replaced()
    expect(api.last('job.close').input).toEqual({ job: '1' })
    push({ state: 'stopped' })
    await flushPromises()

    expect(shownText()).toContain('The export was stopped with its dialog')
    expect(useNoticesStore().notices).toMatchObject([{ level: 'degraded' }])
  })

  it('is ended, too, when it had not begun yet', async () => {
    await replaced()
    api.last('export.open').resolve({ job: '1' })
    await flushPromises()
    expect(api.last('job.close').input).toEqual({ job: '1' })
  })

  it('tells its failure in words', async () => {
    api.last('export.open').resolve({ job: '1' })
    await flushPromises()
    await replaced()
    push({ state: 'failed', error: 'No room is left in /tmp.' })
    await flushPromises()
    expect(shownText()).toContain('No room is left in /tmp.')
  })

  it('stops first when its dialog is closed, so that what became of it can be read', async () => {
    api.last('export.open').resolve({ job: '1' })
    await flushPromises()
    push({})
    await flushPromises()
    one('button', 'Close').click()
    await flushPromises()
    expect(useDialogsStore().dialog?.type).toBe('exportRecords')

    push({ state: 'stopped' })
    await flushPromises()
    expect(shownText()).toContain('Stopped: no file was left.')
    one('button', 'Close (Esc)').click()
    await flushPromises()
    expect([useDialogsStore().dialog, useNoticesStore().notices]).toEqual([undefined, []])
  })
})

describe('what is produced, when its dialog is gone', () => {
  const view = (more: Partial<ProductionView>): ProductionView => ({
    state: 'running',
    sent: 70,
    acked: 60,
    failed: 10,
    elapsedMs: 1000,
    problem: null,
    failures: [],
    last: [],
    ...more
  })
  const start = async (): Promise<void> => {
    const produce = useProduceStore()
    await open({ type: 'produce', topic: 'orders' })
    const { draft } = produce
    Object.assign(draft, { mode: 'many', rate: '5' })
    draft.value.text = 'x'
    void produce.start(undefined, { ratePerSecond: 5 })
    await flushPromises()
  }

  it('ends, and a notice counts it and names the error', async () => {
    await start()
    api.last('production.start').resolve({ production: 'p' })
    await flushPromises()
    api.push('production:p', view({}))
    await replaced()
    expect(api.last('production.stop').input).toEqual({ production: 'p' })
    const failures = [{ message: 'It moved.', kafkaError: 'NOT_LEADER_OR_FOLLOWER', records: 10 }]
    api.push('production:p', view({ state: 'stopped', sent: 80, acked: 70, failures }))
    await flushPromises()

    expect(shownText()).toContain('80 sent, 70 acknowledged, 10 failed')
    expect(shownText()).toContain('NOT_LEADER_OR_FOLLOWER')
    expect(api.watched()).not.toContain('production:p')
  })

  it('is not begun when it was not yet', async () => {
    await start()
    await replaced()
    api.last('production.start').resolve({ production: 'p' })
    await flushPromises()
    expect(api.watched()).not.toContain('production:p')
  })

  it('counts the lines that had been sent', async () => {
    const produce = useProduceStore()
    await open({ type: 'produce', topic: 'orders' })
    produce.draft.mode = 'lines'
    produce.draft.value.text = 'one\ntwo'
    void produce.sendLines(undefined, () => 0)
    await flushPromises()
    await replaced()
    api.last('records.produce').reject(refused)
    await flushPromises()

    expect(useNoticesStore().notices).toMatchObject([
      { what: 'linesEnded', subject: 'orders', level: 'critical', named: { sent: '2', acked: '0', failed: '2' } }
    ])
  })
})

it('good news never pushes out a failure, and there is an end to both', () => {
  const notices = useNoticesStore()
  notices.failed('unseen.export', 'first', refused)
  for (let n = 0; n < 10; n++) notices.add('topicCreated', `t${n}`)
  expect(notices.notices.map(({ subject }) => subject)).toEqual(['first', 't7', 't8', 't9'])

  for (let n = 0; n < 60; n++) notices.failed('unseen.export', `e${n}`, refused)
  expect(notices.notices).toHaveLength(50)
  expect(notices.notices.at(-1)?.subject).toBe('e59')
})

describe('notices on the keyboard', () => {
  const dismissing = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('.notices [data-dismiss]')]
  const sentences = (): string[] => [...document.querySelectorAll('.notices strong')].map((one) => one.textContent)
  const failed = async (...subjects: readonly string[]): Promise<void> => {
    for (const subject of subjects) useNoticesStore().failed('unseen.export', subject, refused, { type: 'shortcuts' })
    await flushPromises()
  }

  it('stand with the newest first, and each is told once', async () => {
    await failed('a', 'b')
    expect(sentences()).toEqual(['Export of topic b', 'Export of topic a'])
    const stack = document.querySelector('.notices')
    expect(stack?.getAttribute('role')).toBe('status')
    expect(stack?.getAttribute('aria-atomic')).toBe('false')
  })

  it('hand the focus to the next one when they are dismissed, and the last one to the page', async () => {
    const page = document.createElement('main')
    page.tabIndex = -1
    document.body.append(page)
    page.append(...document.querySelectorAll('.notices'))
    await failed('a', 'b', 'c')
    dismissing()[1]?.focus()
    for (const left of [['c', 'a'], ['c'], []]) {
      const focused = document.activeElement
      if (!(focused instanceof HTMLElement)) throw new Error('nothing has the focus')
      focused.click()
      await flushPromises()
      expect(useNoticesStore().notices.map(({ subject }) => subject)).toEqual(left.reverse())
      expect(document.activeElement).toBe(left.length === 0 ? page : dismissing().at(-1))
    }
    page.remove()
  })

  it('leave the focus where it is when the pointer dismisses one', async () => {
    await failed('a', 'b')
    const field = document.createElement('input')
    document.body.append(field)
    field.focus()
    dismissing()[0]?.click()
    await flushPromises()
    expect(document.activeElement).toBe(field)
    field.remove()
  })
})
