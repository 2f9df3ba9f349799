import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'
import { ApiError } from '@api/api'
import AppDialogs from '@/components/shell/AppDialogs.vue'
import { purgeLoss } from '@/components/topics/purge-loss'
import { useClusterStore } from '@/stores/cluster'
import { useDialogsStore } from '@/stores/dialogs'
import { useNoticesStore } from '@/stores/notices'
import type { FakeApi } from '../../support/fake-api'
import { byRole, one, show, shownText, useFakeHost } from '../../support/mount'
import { clusterView } from '../../support/views'

const partition = (id: number, startOffset: number | null, endOffset: number | null) => ({
  partition: id,
  leader: 1,
  leaderEpoch: 0,
  replicas: [1],
  isr: [1],
  startOffset,
  endOffset,
  sizeBytes: 0
})

it('counts what a purge deletes from the offsets that are known', () => {
  const partitions = [partition(0, 10, 100), partition(1, 50, 60), partition(2, null, 7)]

  expect(purgeLoss(partitions, undefined)).toEqual({ records: 100, unknown: 1 })
  expect(purgeLoss(partitions, 55)).toEqual({ records: 50, unknown: 1 })
  expect(purgeLoss(partitions, 5)).toEqual({ records: 0, unknown: 1 })
})

let api: FakeApi
beforeEach(async () => {
  api = useFakeHost()
  useClusterStore()
  api.push('cluster', clusterView())
  await show(AppDialogs)
})

async function type(element: HTMLElement, text: string): Promise<void> {
  if (!(element instanceof HTMLInputElement)) throw new Error('not a field')
  element.value = text
  element.dispatchEvent(new Event('input'))
  await flushPromises()
}

describe('purging a topic', () => {
  const button = () => one('button', /^Purge$/) as HTMLButtonElement
  beforeEach(async () => {
    useDialogsStore().open({ type: 'purgeTopic', topic: 'orders' })
    await flushPromises()
    const partitions = [partition(0, 0, 100), partition(1, 0, 20)]
    api.push('topic:orders', {
      name: 'orders',
      topicId: 'id',
      isInternal: false,
      configs: {},
      configsProblem: null,
      partitions
    })
    await flushPromises()
  })

  it('says how many records go, and waits for the name', async () => {
    expect(shownText()).toContain('120 records are lost')
    expect(button().disabled).toBe(true)
    await type(one('textbox', 'Type the name'), 'orders')
    button().click()

    expect(api.last('topic.purge').input).toEqual({ topic: 'orders' })
  })

  it('goes before an offset of one partition', async () => {
    one('radio', 'Before an offset').click()
    await flushPromises()
    await type(one('textbox', 'Offset'), '30')
    await type(one('textbox', 'Partition'), '1')
    expect(shownText()).toContain('20 records are lost')
    await type(one('textbox', 'Type the name'), 'orders')
    button().click()

    expect(api.last('topic.purge').input).toEqual({
      topic: 'orders',
      partition: 1,
      before: { type: 'offset', offset: 30 }
    })
  })

  it('claims no number before a time, and sends nothing that is no time', async () => {
    one('radio', 'Before a time').click()
    await flushPromises()
    expect(shownText()).toContain('how many is not known')
    await type(one('textbox', 'Type the name'), 'orders')
    await type(one('textbox', /^Time/), 'yesterday')

    expect(button().disabled).toBe(true)
  })

  it.each([
    ['Before an offset', 'Offset', '-3', 'An offset is a whole number from 0 to 9007199254740991; given was “-3”.'],
    ['Before an offset', 'Offset', ' ', 'An offset is a whole number from 0 to 9007199254740991; nothing was given.'],
    ['Before a time', /^Time/, 'yesterday', 'given was “yesterday”'],
    ['All', 'Partition', 'x', 'A partition of this topic is a whole number from 0 to 1; given was “x”.'],
    ['All', 'Partition', '2', 'A partition of this topic is a whole number from 0 to 1; given was “2”.']
  ])('says in words what may be given: %s, %s “%s”', async (before, name, text, sentence) => {
    one('radio', before).click()
    await flushPromises()
    const field = one('textbox', name)
    await type(field, text)
    await type(one('textbox', 'Type the name'), 'orders')

    const hint = document.getElementById(field.getAttribute('aria-describedby') ?? '')
    expect(hint?.getAttribute('role')).toBe('alert')
    expect(hint?.textContent.replace(/[\u2066-\u2069]/g, '')).toContain(sentence)
    expect(field.getAttribute('aria-invalid')).toBe('true')
    expect(button().disabled).toBe(true)
  })

  it('stays open and names the partitions that were not purged', async () => {
    await type(one('textbox', 'Type the name'), 'orders')
    button().click()
    const failed = [{ partition: 1, kafkaError: 'NOT_LEADER_OR_FOLLOWER', message: 'It moved.' }]
    api.last('topic.purge').resolve({ topic: 'orders', partitions: [{ partition: 0, startOffset: 100 }], failed })
    await flushPromises()

    expect(one('alert', 'Partition 1 was not purged').textContent).toContain('NOT_LEADER_OR_FOLLOWER: It moved.')
    // Of partition 0 the records are gone: that cannot be cancelled.
    expect(byRole('button', 'Cancel')).toEqual([])
    expect(shownText()).toContain('closes')
    expect(useNoticesStore().notices).toEqual([])
  })
})

describe('adding partitions', () => {
  beforeEach(async () => {
    useDialogsStore().open({ type: 'addPartitions', topic: 'orders', now: 6 })
    await flushPromises()
  })

  it('says that keys will map elsewhere and that it is final', () => {
    expect(shownText()).toContain('Keys map to other partitions from then on')
    expect(shownText()).toContain('It cannot be undone')
  })

  it('takes more than there are, and shows the refusal', async () => {
    const button = one('button', /^Add partitions$/) as HTMLButtonElement
    await type(one('textbox', 'Partitions in all'), '6')
    expect(button.disabled).toBe(true)
    await type(one('textbox', 'Partitions in all'), '9')
    button.click()
    await flushPromises()
    expect(api.last('topic.addPartitions').input).toEqual({ topic: 'orders', to: 9 })
    api.last('topic.addPartitions').reject(new ApiError({ code: 'FAILED', message: 'No controller.' }))
    await flushPromises()

    expect(one('alert', 'No controller.')).toBeTruthy()
  })
})
