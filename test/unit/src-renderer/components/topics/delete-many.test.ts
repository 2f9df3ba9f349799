import { ApiError } from '@api/api'
import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'
import type { TopicRow } from '@api/views'
import DeleteTopicsDialog from '@/components/topics/DeleteTopicsDialog.vue'
import TopicGroups from '@/components/topics/TopicGroups.vue'
import { deleteTopics } from '@/components/topics/delete-many'
import { asApiError } from '@/stores/api-error'
import { useDialogsStore } from '@/stores/dialogs'
import TopicsView from '@/views/TopicsView.vue'
import type { FakeApi } from '../../support/fake-api'
import { byRole, one, show, shownText, useFakeHost } from '../../support/mount'
import { topicRow } from '../../support/views'

let api: FakeApi
beforeEach(() => {
  api = useFakeHost()
})

const row = (name: string, rest: Partial<TopicRow> = {}): TopicRow =>
  topicRow(name, {
    readers: { named: [], count: 0, isPartial: false, worstLag: null, isLagPartial: false },
    ...rest
  })
const press = async (key: string, rest: KeyboardEventInit = {}): Promise<void> => {
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...rest }))
  await flushPromises()
}
const type = async (text: string): Promise<void> => {
  const field = document.querySelector<HTMLInputElement>('#delete-count')
  if (field === null) throw new Error('no field')
  field.value = text
  field.dispatchEvent(new Event('input', { bubbles: true }))
  await flushPromises()
}
const failure = new ApiError({ code: 'KAFKA', kafkaError: 'TOPIC_AUTHORIZATION_FAILED', message: 'Not yours.' })
const gone = new ApiError({ code: 'DISCONNECTED', message: 'gone' })
const ports = (errors: Readonly<Record<string, Error>>, asked: string[] = [], isStopped = () => false) => ({
  remove: (topic: string) => {
    asked.push(topic)
    const error = errors[topic]
    return error === undefined ? Promise.resolve() : Promise.reject(error)
  },
  errorOf: asApiError,
  told: () => undefined,
  isStopped
})

describe('deleting many topics', () => {
  it('goes on after an error, and says of each what has become of it', async () => {
    const ended = await deleteTopics(['a', 'b', 'c'], ports({ b: failure }))

    expect(ended.done).toEqual(['a', 'c'])
    expect(ended.failed.map(({ topic, error }) => [topic, error.kafkaError])).toEqual([
      ['b', 'TOPIC_AUTHORIZATION_FAILED']
    ])
    expect(ended.left).toEqual([])
  })

  it('ends when it is stopped, or when the host is lost, with the rest left', async () => {
    const asked: string[] = []
    const stopped = await deleteTopics(
      ['a', 'b', 'c'],
      ports({}, asked, () => asked.length === 2)
    )
    expect([stopped.done, stopped.left]).toEqual([['a', 'b'], ['c']])

    const lost = await deleteTopics(['a', 'b', 'c'], ports({ a: gone }))
    expect([lost.done, lost.left]).toEqual([[], ['b', 'c']])
  })

  it('is told after each, so that progress is what was done', async () => {
    const told: number[] = []
    await deleteTopics(['a', 'b', 'c'], { ...ports({ a: failure }), told: ({ done }) => told.push(done.length) })
    expect(told).toEqual([0, 1, 2])
  })
})

describe('the dialog that deletes many topics', () => {
  it('waits for their number to be typed, shows each error, and stops when asked', async () => {
    useDialogsStore().open({ type: 'deleteTopics', topics: ['a', 'b', 'c'] })
    await show(DeleteTopicsDialog, { topics: ['a', 'b', 'c'] })
    api.push('topics', { observedAtMs: 1, topics: [row('a'), row('b'), row('c', { recordCount: null })] })
    await flushPromises()
    expect(shownText()).toContain('At least 20 records are lost')
    const button = one('button', /^Delete 3 topics/) as HTMLButtonElement
    await type('2')
    expect(button.disabled).toBe(true)
    await type('3')
    button.click()
    await flushPromises()

    expect(api.last('topic.delete').input).toEqual({ topic: 'a' })
    api.last('topic.delete').reject(failure)
    await flushPromises()
    expect(api.last('topic.delete').input).toEqual({ topic: 'b' })
    expect(shownText()).toContain('0 of 3 deleted…')
    expect(shownText()).toContain('TOPIC_AUTHORIZATION_FAILED: Not yours.')
    one('button', /^Stop$/).click()
    api.last('topic.delete').resolve({ topic: 'b' })
    await flushPromises()

    expect(api.calls.filter(({ name }) => name === 'topic.delete')).toHaveLength(2)
    expect(shownText()).toContain('1 of 3 deleted.')
    expect(shownText()).toContain('1 was not tried.')
  })
})

describe('rows of topics', () => {
  beforeEach(async () => {
    await show(TopicsView)
    api.push('topics', { observedAtMs: 1, topics: ['__offsets', 'a', 'b', 'c'].map((name) => row(name)) })
    await flushPromises()
  })
  const marked = (): (string | null)[] =>
    [...document.querySelectorAll<HTMLInputElement>('tbody input:checked')].map((box) => box.getAttribute('aria-label'))

  it('are marked with Space and Shift and an arrow, the internal ones never', async () => {
    await press('j')
    await press(' ')
    expect(marked()).toEqual([])
    await press('j')
    await press('ArrowDown', { shiftKey: true })
    expect(marked()).toEqual(['Mark a', 'Mark b'])
    await press(' ')
    expect(marked()).toEqual(['Mark a'])

    one('button', /^Delete 1…/).click()
    expect(useDialogsStore().dialog).toEqual({ type: 'deleteTopic', topic: 'a' })
  })

  it('are all marked that the filter leaves, and what is gone is marked no more', async () => {
    document.querySelector<HTMLInputElement>('thead input')?.click()
    await flushPromises()
    expect(marked()).toEqual(['Mark a', 'Mark b', 'Mark c'])
    api.push('topics', { observedAtMs: 2, topics: ['__offsets', 'b', 'c'].map((name) => row(name)) })
    await flushPromises()

    one('button', /^Delete 2…/).click()
    expect(useDialogsStore().dialog).toEqual({ type: 'deleteTopics', topics: ['b', 'c'] })
  })

  it('name the groups that read them, the first few, and say what is not known', async () => {
    const readers = { named: ['g1', 'g2', 'g3'], count: 5, isPartial: false, worstLag: 4200, isLagPartial: true }
    const none = { named: [], count: 0, isPartial: true, worstLag: null, isLagPartial: true }
    api.push('topics', { observedAtMs: 2, topics: [row('a', { readers }), row('b', { readers: none })] })
    await flushPromises()

    const text = (name: string): string => one('row', new RegExp(`^${name}`)).textContent.replaceAll('\u2009', ' ')
    expect(text('a')).toContain('g1, g2, g3, +2')
    expect(text('a')).toContain('≥ 4 200')
    expect(text('b').match(/—/g)).toHaveLength(2)
  })
})

describe('the groups of a topic', () => {
  it('are listed with their lag here; that there is none is said only when all coordinators answered', async () => {
    await show(TopicGroups, { topic: 't', partitionCount: 4 })
    const reader = {
      groupId: 'billing',
      state: 'Stable',
      memberCount: 3,
      membersHere: 2,
      partitionsCommitted: 4,
      lagRecords: 12,
      isLagPartial: true,
      isBehind: false
    }
    api.push('readers:t', { observedAtMs: 1, groups: [reader], groupCount: 1, silentGroups: 0 })
    await flushPromises()
    expect(one('row', 'billing').textContent.replaceAll('\u2009', ' ')).toContain('≥ 12')
    expect(byRole('link', 'billing')[0]?.getAttribute('href')).toBe('#/groups/billing')

    api.push('readers:t', { observedAtMs: 1, groups: [], groupCount: 0, silentGroups: 1 })
    await flushPromises()
    expect(shownText()).toContain('not known now')
    expect(shownText()).not.toContain('No group reads')

    api.push('readers:t', { observedAtMs: 1, groups: [], groupCount: 0, silentGroups: 0 })
    await flushPromises()
    expect(shownText()).toContain('No group reads this topic')
  })
})
