import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Component } from 'vue'
import type { GroupView, RecordView } from '@api/views'
import SampleTable from '@/components/data/SampleTable.vue'
import LagPanel from '@/components/groups/LagPanel.vue'
import MembersTable from '@/components/groups/MembersTable.vue'
import OffsetsTable from '@/components/groups/OffsetsTable.vue'
import PaletteDialog from '@/components/shell/PaletteDialog.vue'
import EditConfigsDialog from '@/components/configs/EditConfigsDialog.vue'
import DeleteTopicDialog from '@/components/topics/DeleteTopicDialog.vue'
import RecordDetail from '@/components/topics/RecordDetail.vue'
import ForeignText from '@/components/ui/ForeignText.vue'
import { nameParts } from '@/foreign-text'
import GroupsView from '@/views/GroupsView.vue'
import GroupView_ from '@/views/GroupView.vue'
import TopicsView from '@/views/TopicsView.vue'
import TopicView_ from '@/views/TopicView.vue'
import type { FakeApi } from './support/fake-api'
import { one, show, useFakeHost } from './support/mount'

vi.mock('@/composables/use-chart', () => ({ useChart: () => undefined }))

let api: FakeApi
beforeEach(() => {
  api = useFakeHost()
})

/** Turns what follows, breaks the line, and cannot be seen. */
const EVIL = 'pay\u202egnp.\t\n\u200bments'
const SEEN = 'pay‹U+202E›gnp.‹TAB›‹LF›‹U+200B›ments'
const RAW = /[\u202e\u200b]|gnp\.\t|\t\n/

function groupOf(name: string): GroupView {
  return {
    groupId: name,
    state: 'Stable',
    protocol: name,
    coordinatorId: 1,
    isBehind: false,
    areCommitsKnown: true,
    advice: [],
    members: [{ memberId: name, clientId: name, clientHost: '/::1', assignments: [{ topic: name, partitions: [0] }] }],
    partitions: [
      { topic: name, partition: 0, committedOffset: 9, startOffset: 0, endOffset: 4, lagRecords: -5, memberId: name },
      {
        topic: name,
        partition: 1,
        committedOffset: 1,
        startOffset: 0,
        endOffset: 4,
        lagRecords: 3,
        memberId: `${name}!`
      }
    ]
  }
}
const historyOf = (name: string) => ({
  groupId: name,
  fromMs: 0,
  toMs: Date.now(),
  atMs: [Date.now() - 1000],
  total: [3],
  partitions: [{ topic: name, partition: 0, lag: [3] }]
})
const topicOf = (name: string) => ({
  name,
  topicId: 'id',
  isInternal: false,
  configs: { 'retention.ms': name },
  configsProblem: null,
  partitions: []
})
const recordOf = (name: string): RecordView => ({
  topic: name,
  partition: 0,
  offset: 1,
  timestampMs: 1,
  key: name,
  // Lines and tabs of a value are its own.
  value: name.replaceAll(/\s/g, ' '),
  headers: [{ key: name, value: name }]
})
const push = (): void => {
  api.push('groups', {
    observedAtMs: 1,
    groups: [
      {
        groupId: EVIL,
        state: 'Stable',
        protocol: EVIL,
        coordinatorId: 1,
        memberCount: 1,
        lagRecords: 3,
        lagUnknown: null,
        isBehind: false,
        topics: [EVIL]
      }
    ]
  })
  const counts = { partitionCount: 1, replicationFactor: 1, leaderlessPartitions: 0, recordCount: 1, sizeBytes: 1 }
  api.push('topics', {
    observedAtMs: 1,
    topics: [
      { ...counts, name: EVIL, topicId: 'id', isInternal: false, recordsInPerSecond: 0, partial: null, readers: null }
    ]
  })
  api.push(`group:${EVIL}`, groupOf(EVIL))
  api.push(`topic:${EVIL}`, topicOf(EVIL))
}
const series = [{ name: EVIL, series: 1, points: [{ x: 1, y: 1 }] }]
const SCREENS: readonly (readonly [string, Component, Record<string, unknown>])[] = [
  ['list of groups', GroupsView, {}],
  ['page of a group', GroupView_, { groupId: EVIL }],
  ['lag chart', LagPanel, { groupId: EVIL, history: historyOf(EVIL), error: undefined, isTable: false }],
  ['offsets', OffsetsTable, { group: groupOf(EVIL) }],
  ['members', MembersTable, { group: groupOf(EVIL) }],
  ['list of topics', TopicsView, {}],
  ['page of a topic', TopicView_, { name: EVIL }],
  ['dialog that changes configs', EditConfigsDialog, { resource: { type: 'topic', topic: EVIL } }],
  ['record', RecordDetail, { record: recordOf(EVIL) }],
  ['table of samples', SampleTable, { label: 'x', series, formatValue: String }],
  ['palette', PaletteDialog, {}],
  ['dialog that deletes a topic', DeleteTopicDialog, { topic: EVIL }]
]

describe('what others named', () => {
  it.each(SCREENS)('shows what cannot be seen and turns nothing around it: %s', async (_, component, props) => {
    await show(component, props)
    push()
    await flushPromises()

    const said = [...document.querySelectorAll('*')].flatMap((element) =>
      ['title', 'aria-label'].map((name) => element.getAttribute(name) ?? '')
    )
    const texts = [...document.querySelectorAll('*')].flatMap((element) =>
      [...element.childNodes].flatMap((node) => (node.nodeType === Node.TEXT_NODE ? [node.textContent ?? ''] : []))
    )
    expect(document.body.textContent).toContain('‹U+202E›')
    expect([...said, ...texts].filter((text) => RAW.test(text))).toEqual([])
  })

  it('is isolated, and whole in its title', async () => {
    await show(ForeignText, { text: EVIL })
    const name = document.querySelector('bdi')

    expect(name?.textContent).toBe(SEEN)
    expect(name?.getAttribute('dir')).toBe('auto')
    expect(name?.title).toBe(SEEN)
  })

  it('that is nothing is said to be empty, in a list and on its page', async () => {
    await show(MembersTable, { group: groupOf('') })
    expect(document.querySelector('td')?.textContent).toBe('(empty)')
    document.body.innerHTML = ''

    await show(GroupView_, { groupId: '' })
    expect(one('heading', '(empty)')).toBeTruthy()
  })

  it('is copied as it is, not as its pictures nor in two pieces', async () => {
    const long = `\tconsumer-of-orders-in-europe-west-7`
    await show(ForeignText, { text: long })
    const name = document.querySelector('bdi')
    const [head, tail] = [...(name?.children ?? [])].map((part) => part.textContent)
    vi.spyOn(window, 'getSelection').mockReturnValue({ toString: () => `${head}\n${tail}` } as Selection)
    const copied = new Map<string, string>()
    const event = Object.assign(new Event('copy', { cancelable: true }), {
      clipboardData: { setData: (type: string, text: string) => copied.set(type, text) }
    })
    name?.dispatchEvent(event)

    expect(copied.get('text/plain')).toBe(long)
    expect(event.defaultPrevented).toBe(true)
    vi.restoreAllMocks()
  })
})

describe('a long name', () => {
  it('gives way in its middle: its end stays', () => {
    expect(nameParts('consumer-of-orders-in-europe-west-7')).toEqual({
      head: 'consumer-of-orders-in-eur',
      tail: 'ope-west-7'
    })
    expect(nameParts('orders')).toEqual({ head: 'orders', tail: '' })
  })

  it('is not parted within a character, nor where letters join', () => {
    const { head, tail } = nameParts(`${'a'.repeat(30)}😀123456789`)
    expect(head + tail).toBe(`${'a'.repeat(30)}😀123456789`)
    expect(tail).toBe('😀123456789')
    expect(nameParts('م'.repeat(40)).tail).toBe('')
  })

  it('shows spaces at its ends', () => {
    expect(nameParts(' a b ').head).toBe('·a b·')
  })
})
