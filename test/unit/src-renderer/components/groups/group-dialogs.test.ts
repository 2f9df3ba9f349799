import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'
import { ApiError } from '@api/api'
import type { GroupView } from '@api/views'
import AppDialogs from '@/components/shell/AppDialogs.vue'
import { useClusterStore } from '@/stores/cluster'
import { useDialogsStore } from '@/stores/dialogs'
import { useNoticesStore } from '@/stores/notices'
import type { FakeApi } from '../../support/fake-api'
import { byRole, one, show, shownText, useFakeHost } from '../../support/mount'
import { clusterView } from '../../support/views'

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
async function press(name: string | RegExp): Promise<void> {
  one('button', name).click()
  await flushPromises()
}

const group = (rest: Partial<GroupView> = {}): GroupView => ({
  groupId: 'billing',
  state: 'Empty',
  protocol: '',
  isBehind: false,
  members: [],
  areCommitsKnown: true,
  advice: [],
  partitions: [0, 1].map((partition) => ({
    topic: 'orders',
    partition,
    committedOffset: 10,
    startOffset: 0,
    endOffset: 100,
    lagRecords: 90,
    memberId: null
  })),
  ...rest
})
const rows = [
  { topic: 'orders', partition: 0, before: 10, after: 0 },
  { topic: 'orders', partition: 1, before: 10, after: 100 },
  { topic: 'audit', partition: 0, before: null, after: 4 }
]

const refusal = { code: 'KAFKA', message: 'It has members.', kafkaError: 'NON_EMPTY_GROUP' } as const
const elsewhere = { kafkaError: null, message: 'Somebody commits for group billing.' }
const commit = { offset: 10, leaderEpoch: -1, metadata: '' }
const was = [0, 1].map((partition) => ({ topic: 'orders', partition, ...commit }))
const asked = [
  ...[0, 1].map((partition) => ({ topic: 'orders', partition, commit })),
  { topic: 'audit', partition: 0, commit: null }
]
const back = rows.map(({ topic, partition, before, after }) => ({ topic, partition, before: after, after: before }))

describe('resetting the offsets of a group', () => {
  beforeEach(async () => {
    useDialogsStore().open({ type: 'resetOffsets', groupId: 'billing' })
    await flushPromises()
    api.push('group:billing', group())
    await flushPromises()
  })
  const preview = async (): Promise<void> => {
    await press(/^Preview$/)
    api.last('group.reset').resolve({ groupId: 'billing', applied: false, partitions: rows, was })
    await flushPromises()
  }

  it('changes nothing before its preview was seen', async () => {
    await preview()

    expect(api.calls.map(({ name, input }) => [name, input])).toEqual([
      ['group.reset', { groupId: 'billing', to: { type: 'earliest' }, dryRun: true }]
    ])
    expect(one('row', /^orders-0/).textContent.replace(/\s+/g, ' ')).toContain('10 read again')
    expect(one('row', /^orders-1/).textContent.replace(/\s+/g, ' ')).toContain('90 skipped')
    expect(one('row', /^audit-0/).textContent).toContain('—')
    expect(shownText()).toContain('90 records are skipped')
    expect(shownText()).toContain('10 records are read again')
  })

  it('says which end of which log is taken for a target that is not there', async () => {
    await press(/^Preview$/)
    const ends = ['end', undefined, 'start'] as const
    const partitions = rows.map((row, index) => ({ ...row, startOffset: 0, endOffset: 100, clampedTo: ends[index] }))
    api.last('group.reset').resolve({ groupId: 'billing', applied: false, partitions, was })
    await flushPromises()

    const said = shownText().replace(/[\u2066-\u2069]/g, '')
    expect(said).toContain('orders-0: the log ends before what you chose; its end is taken')
    expect(said).toContain('audit-0: the log begins behind what you chose; its start is taken')
  })

  it('names partitions as they are, of a topic that is called as nodes are, too, and isolates each once', async () => {
    await press(/^Preview$/)
    const partitions = ['broker', 'הזמנות'].map((topic) => ({
      ...{ topic, partition: 1, before: 10, after: 100, startOffset: 0, endOffset: 100 },
      clampedTo: 'end'
    }))
    api.last('group.reset').resolve({ groupId: 'billing', applied: false, partitions, was: [] })
    await flushPromises()

    expect(shownText()).toContain('broker-1, \u2068הזמנות-1\u2069: the logs end before what you chose')
  })

  it('resets the chosen topics and partitions only', async () => {
    one('radio', 'Chosen topics').click()
    await flushPromises()
    await press('orders')
    await type(one('textbox', 'Partitions'), '1')
    await press(/^Preview$/)

    expect(api.last('group.reset').input).toEqual({
      groupId: 'billing',
      to: { type: 'earliest' },
      topics: [{ topic: 'orders', partitions: [1] }],
      dryRun: true
    })
  })

  it('cannot be asked for without a topic, or with a list that is none', async () => {
    one('radio', 'Chosen topics').click()
    await flushPromises()
    expect((one('button', /^Preview$/) as HTMLButtonElement).disabled).toBe(true)

    await press('orders')
    await type(one('textbox', 'Partitions'), 'one')
    expect((one('button', /^Preview$/) as HTMLButtonElement).disabled).toBe(true)
  })

  it('says in words what may be given and what is, in the cell of the field', async () => {
    one('combobox', 'Reset to').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
    await flushPromises()
    one('option', 'A time').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
    await flushPromises()
    const field = one('textbox', 'Time')
    // In a form a select brings a hidden one, which would take a cell of the grid: the select has a cell of its own.
    expect(one('combobox', 'Reset to').parentElement?.id).not.toBe('reset-group')
    expect(byRole('alert', '')).toEqual([])

    await type(field, '2026-02-30 00:00')
    expect(one('alert', 'A time is a date that exists').textContent).toContain('given was “2026-02-30 00:00”')
    expect(field.getAttribute('aria-describedby')).toBe(one('alert', '').id)

    await type(field, '')
    expect(one('alert', '').textContent).toContain('nothing was given')
    await type(field, '2026-02-28')
    expect(byRole('alert', '')).toEqual([])
  })

  it('names the members that are alive, and can be tried again', async () => {
    const member = { memberId: 'c-1', clientId: 'payer', clientHost: '/127.0.0.1', assignments: [] }
    api.push('group:billing', group({ state: 'Stable', members: [member] }))
    await press(/^Preview$/)
    api.last('group.reset').reject(new ApiError(refusal))
    await flushPromises()

    expect(one('alert', 'while the group has members').textContent).toContain('payer /127.0.0.1')
    await press('Try again')
    expect(api.calls).toHaveLength(2)
    expect(byRole('alert', '')).toEqual([])
  })

  it('shows what was read back, and puts it back when undone', async () => {
    await preview()
    await press(/^Reset offsets$/)
    expect(api.last('group.reset').input).toEqual({ groupId: 'billing', to: { type: 'earliest' } })
    api.last('group.reset').resolve({ groupId: 'billing', applied: true, partitions: rows, was })
    await flushPromises()
    expect(shownText()).toContain('This was read back from the group')
    expect(byRole('button', 'Cancel')).toEqual([])
    expect(shownText()).not.toContain('cancels')

    await press(/^Undo$/)
    expect(api.last('group.restore').input).toEqual({ groupId: 'billing', partitions: asked })
    api.last('group.restore').resolve({ groupId: 'billing', partitions: back, failed: [] })
    await flushPromises()

    expect(shownText()).toContain('Undone. This was read back')
    expect(one('row', /^audit-0/).textContent.replace(/\s+/g, ' ')).toContain('4—no commit again')
    expect(shownText()).toContain('1 partition has no commit, as before')
    expect(byRole('button', /^(Undo|Cancel)/)).toEqual([])
    expect(shownText()).not.toContain('cancels')
    expect(document.activeElement?.textContent.trim()).toBe('Done')
  })

  it('says what could not be put back and why, and tries again for that alone', async () => {
    await preview()
    await press(/^Reset offsets$/)
    api.last('group.reset').resolve({ groupId: 'billing', applied: true, partitions: rows, was })
    await flushPromises()
    await press(/^Undo$/)
    const failed = [
      { topic: 'orders', partition: 1, kafkaError: null, message: 'Somebody commits for group billing.' },
      { topic: 'audit', partition: 0, kafkaError: 'NOT_COORDINATOR', message: 'The broker went.' }
    ]
    api.last('group.restore').resolve({ groupId: 'billing', partitions: back.slice(0, 1), failed })
    await flushPromises()

    expect(shownText()).toContain('Undone in part. This was read back')
    expect(shownText()).toContain('orders-1 could not be put back. Somebody commits for the group')
    expect(one('alert', 'The broker went.').textContent).toContain('NOT_COORDINATOR')
    expect(document.activeElement?.textContent.trim()).toBe('Done')
    await press('Undo the rest')
    expect(api.last('group.restore').input).toEqual({ groupId: 'billing', partitions: asked.slice(1) })
    api.last('group.restore').resolve({ groupId: 'billing', partitions: back.slice(1), failed: [] })
    await flushPromises()
    expect(shownText()).toContain('Undone. This was read back')
    expect(byRole('row', /^(orders|audit)-/)).toHaveLength(3)
    expect(byRole('alert', '')).toEqual([])
  })

  it('keeps Undo when undoing failed', async () => {
    await preview()
    await press(/^Reset offsets$/)
    api.last('group.reset').resolve({ groupId: 'billing', applied: true, partitions: rows, was })
    await flushPromises()
    await press(/^Undo$/)
    api.last('group.restore').reject(new ApiError({ code: 'FAILED', message: 'The broker went.' }))
    await flushPromises()

    expect(one('alert', 'The broker went.')).toBeTruthy()
    expect((one('button', /^Undo$/) as HTMLButtonElement).disabled).toBe(false)
  })

  it('keeps Undo, with the focus, when it is refused for members: nothing else tries it again', async () => {
    await preview()
    await press(/^Reset offsets$/)
    api.last('group.reset').resolve({ groupId: 'billing', applied: true, partitions: rows, was })
    await flushPromises()
    await press(/^Undo$/)
    api.last('group.restore').reject(new ApiError(refusal))
    await flushPromises()

    expect(byRole('button', 'Try again')).toEqual([])
    expect(one('button', /^Done$/)).toBeTruthy()
    expect(document.activeElement).toBe(one('button', /^Undo$/))
    await press(/^Undo$/)
    expect(api.last('group.restore').input).toEqual({ groupId: 'billing', partitions: asked })
    api.last('group.restore').resolve({ groupId: 'billing', partitions: back, failed: [] })
    await flushPromises()
    expect(shownText()).toContain('Undone. This was read back')
  })

  it('that nobody confirmed claims nothing, and can be undone to what was previewed', async () => {
    await preview()
    expect(byRole('button', /^Undo/)).toEqual([])
    await press(/^Reset offsets$/)
    const message = 'The reset was committed, but orders-0 stands elsewhere by now.'
    api.last('group.reset').reject(new ApiError({ code: 'FAILED', message }))
    await flushPromises()

    expect(one('alert', message)).toBeTruthy()
    expect(shownText()).not.toContain('Nothing is changed yet')
    expect(shownText()).toContain('The reset is not confirmed; the group may have been changed.')
    await press(/^Undo$/)
    expect(api.last('group.restore').input).toEqual({ groupId: 'billing', partitions: asked })
    api.last('group.restore').resolve({ groupId: 'billing', partitions: back, failed: [] })
    await flushPromises()
    expect(shownText()).toContain('Undone. This was read back')
  })

  it('asked for again is undone to where the group stood before the first time', async () => {
    await preview()
    await press(/^Reset offsets$/)
    api.last('group.reset').reject(new ApiError({ code: 'TIMED_OUT', message: '' }))
    await flushPromises()
    await press(/^Reset offsets$/)
    const found = rows.map((row) => ({ ...row, before: row.after }))
    const left = found.map(({ topic, partition, after }) => ({ ...commit, topic, partition, offset: after }))
    api.last('group.reset').resolve({ groupId: 'billing', applied: true, partitions: found, was: left })
    await flushPromises()

    expect(shownText()).toContain('Reset. This was read back from the group')
    await press(/^Undo$/)
    expect(api.last('group.restore').input).toEqual({ groupId: 'billing', partitions: asked })
  })

  it('that was refused for members changed nothing, so there is nothing to undo', async () => {
    await preview()
    await press(/^Reset offsets$/)
    api.last('group.reset').reject(new ApiError(refusal))
    await flushPromises()

    expect(shownText()).toContain('Nothing is changed yet')
    expect(byRole('button', /^Undo/)).toEqual([])
    await press('Try again')
    expect(api.last('group.reset').input).toEqual({ groupId: 'billing', to: { type: 'earliest' } })
  })

  it.each([
    ['nothing', back.slice(0, 0), 'offsetsNotBack'],
    ['a part', back.slice(0, 1), 'offsetsPartlyBack']
  ] as const)('of which %s was put back behind a closed dialog says so', async (_what, partitions, what) => {
    await preview()
    await press(/^Reset offsets$/)
    api.last('group.reset').resolve({ groupId: 'billing', applied: true, partitions: rows, was })
    await flushPromises()
    await press(/^Undo$/)
    useDialogsStore().close()
    await flushPromises()
    const failed = back.slice(partitions.length).map(({ topic, partition }) => ({ topic, partition, ...elsewhere }))
    api.last('group.restore').resolve({ groupId: 'billing', partitions, failed })
    await flushPromises()

    expect(useNoticesStore().notices).toMatchObject([{ what, subject: 'billing', level: 'critical' }])
  })
})

describe('deleting a group', () => {
  beforeEach(async () => {
    useDialogsStore().open({ type: 'deleteGroup', groupId: 'billing' })
    await flushPromises()
    api.push('group:billing', group())
    await flushPromises()
  })

  it('happens only when its id was typed, and says what is lost', async () => {
    expect(shownText()).toContain('2 committed offsets are lost')
    expect((one('button', 'Delete group') as HTMLButtonElement).disabled).toBe(true)
    await type(one('textbox', 'Type the id'), 'billing')
    await press('Delete group')
    expect(api.last('group.delete').input).toEqual({ groupId: 'billing' })
    api.last('group.delete').resolve({ groupId: 'billing' })
    await flushPromises()

    expect(useNoticesStore().notices).toMatchObject([{ what: 'groupDeleted', subject: 'billing' }])
  })

  it('does not say how many commits are lost while that is not known', async () => {
    api.push('group:billing', group({ areCommitsKnown: false, partitions: [] }))
    await flushPromises()

    expect(shownText()).toContain('how many is not known now')
  })
})

it('deletes the offsets of one topic', async () => {
  useDialogsStore().open({ type: 'deleteOffsets', groupId: 'billing' })
  await flushPromises()
  api.push('group:billing', group())
  await flushPromises()
  expect(shownText()).toContain('2 committed offsets are lost')
  await press(/^Delete offsets$/)

  expect(api.last('group.deleteOffsets').input).toEqual({ groupId: 'billing', topic: 'orders' })
})
