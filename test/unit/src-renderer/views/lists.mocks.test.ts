import { ApiError } from '@api/api'
import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { GroupView } from '@api/views'
import LagPanel from '@/components/groups/LagPanel.vue'
import MembersTable from '@/components/groups/MembersTable.vue'
import OffsetsTable from '@/components/groups/OffsetsTable.vue'
import MessagesPane from '@/components/topics/MessagesPane.vue'
import PartitionsTable from '@/components/topics/PartitionsTable.vue'
import { useRouteStore } from '@/stores/route'
import BrokersView from '@/views/BrokersView.vue'
import GroupsView from '@/views/GroupsView.vue'
import TopicsView from '@/views/TopicsView.vue'
import TopicView from '@/views/TopicView.vue'
import ConfigTable from '@/components/configs/ConfigTable.vue'
import GroupFigures from '@/components/groups/GroupFigures.vue'
import { useTopicsStore } from '@/stores/topics'
import { totalLag } from '@/components/groups/group-lag'
import type { FakeApi } from '../support/fake-api'
import { byRole, one, show, shownText, useFakeHost } from '../support/mount'
import { clusterView, nodeView, statsView, topicRow } from '../support/views'

// There is no canvas here; what a chart draws is tested as functions.
vi.mock('@/composables/use-chart', () => ({ useChart: () => undefined }))

let api: FakeApi
beforeEach(() => {
  api = useFakeHost()
})

const press = async (key: string): Promise<void> => {
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
  await flushPromises()
}
const names = (): string[] => byRole('link', '').map((link) => link.textContent.trim())

describe('topics', () => {
  beforeEach(async () => {
    await show(TopicsView)
    api.push('topics', {
      observedAtMs: 1,
      topics: [
        topicRow('b', { recordCount: null }),
        topicRow('a'),
        topicRow('__consumer_offsets', { leaderlessPartitions: 2, recordCount: 99 })
      ]
    })
    await flushPromises()
  })

  it('are sorted, by name at first, by another column when its head is pressed', async () => {
    expect(names()).toEqual(['__consumer_offsets', 'a', 'b'])

    one('button', /^Records$/).click()
    await flushPromises()

    expect(names()).toEqual(['a', '__consumer_offsets', 'b'])
    expect(one('columnheader', /^Records$/).getAttribute('aria-sort')).toBe('ascending')
  })

  it('are filtered by name and by being internal', async () => {
    one('button', /^Internal$/).click()
    await flushPromises()
    expect(names()).toEqual(['a', 'b'])

    const field = one('textbox', 'Filter topics') as HTMLInputElement
    field.value = 'zzz'
    field.dispatchEvent(new Event('input'))
    await flushPromises()
    expect(shownText()).toContain('No topic matches “zzz”')
  })

  it('are walked with j and k and opened with Enter', async () => {
    await press('j')
    await press('j')
    expect(document.querySelector('[aria-selected=true]')?.textContent).toContain('a')

    await press('Enter')

    expect(window.location.hash).toBe('#/topics/a')
  })

  it('show a dash for a count that is not known and a mark for partitions without leader', () => {
    expect(one('row', /^\s*b/).textContent).toContain('—')
    expect(one('row', '__consumer_offsets').querySelector('[role=img]')?.getAttribute('aria-label')).toBe('Critical')
  })
})

describe('a topic of which some partitions do not answer', () => {
  it('shows what the others make at least, and how many are missing', async () => {
    await show(TopicsView)
    const partial = { unknownPartitions: 4, recordCount: 8000, sizeBytes: 2000, recordsInPerSecond: 12 }
    api.push('topics', {
      observedAtMs: 1,
      topics: [
        topicRow('t', { partitionCount: 12, recordCount: null, sizeBytes: null, recordsInPerSecond: null, partial })
      ]
    })
    await flushPromises()

    const text = one('row', /^\s*t/).textContent.replaceAll('\u2009', ' ')
    expect(text).toContain('≥ 8 000')
    expect(text).toContain('≥ 2.0')
    expect(text).toContain('≥ 12')
    expect(text).toContain('At least: 4 of 12 partitions do not answer')
  })
})

describe('a topic that was created here', () => {
  it('is waited for, not called deleted, until the monitor has seen it', async () => {
    const created = useTopicsStore().create({ topic: 'fresh' })
    api.last('topic.create').resolve({ topic: 'fresh', topicId: 'id' })
    await created
    await show(TopicView, { name: 'fresh' })
    api.push('topic:fresh', null)
    await flushPromises()

    expect(one('status', 'Loading')).toBeTruthy()
    expect(shownText()).not.toContain('There is no topic')
  })
})

describe('an internal topic', () => {
  it('offers no Delete', async () => {
    await show(TopicView, { name: '__consumer_offsets' })
    const view = { name: '__consumer_offsets', topicId: 'id', configs: {}, configsProblem: null, partitions: [] }
    api.push('topic:__consumer_offsets', { ...view, isInternal: true })
    await flushPromises()

    expect(byRole('button', 'Delete')).toHaveLength(0)
  })
})

describe('the configs of a topic', () => {
  const resource = { type: 'topic', topic: 't' }
  const mounted = async (): Promise<void> => {
    await show(ConfigTable, { resource, revision: '' })
  }

  it('are waited for, said to be unavailable with the reason, or listed with what sets them', async () => {
    await mounted()
    expect(one('status', 'Loading')).toBeTruthy()

    api.last('config.describe').reject(new ApiError({ code: 'TIMED_OUT', message: 'Broker 1 did not answer.' }))
    await flushPromises()
    expect(shownText()).toContain('Configs could not be read')
    expect(shownText()).not.toContain('No configs are set')
    one('button', 'Refresh').click()

    api.last('config.describe').resolve({
      configs: [
        {
          name: 'retention.ms',
          type: 'long',
          isReadOnly: false,
          isSensitive: false,
          isSet: true,
          value: '9223372036854775807',
          source: 'topic',
          otherwise: { value: '604800000', source: 'default' }
        }
      ]
    })
    await flushPromises()
    const row = one('row', /retention\.ms/).textContent
    expect(row).toContain('9223372036854775807')
    expect(row).toContain('this topic')
    expect(row).toContain('7 d')
  })

  it('are said in one unit, in the language of the window, with the value as it is beside it', async () => {
    const known = { isReadOnly: false, isSensitive: false, isSet: false, source: 'default' } as const
    const config = (name: string, value: string) =>
      ({ ...known, name, type: 'long', value, otherwise: { value, source: 'default' } }) as const
    const configs = [config('retention.ms', '604800000'), config('segment.bytes', '1073741824')]
    const cells = (name: RegExp): string[] =>
      [...one('row', name).querySelectorAll('td')].map((cell) => cell.textContent.replace(/\s+/g, ' ').trim())

    const english = await show(ConfigTable, { resource, revision: '' })
    api.last('config.describe').resolve({ configs })
    await flushPromises()
    expect(cells(/retention\.ms/).slice(1, 4)).toEqual(['7 d 604800000', 'Kafka default', '7 d'])
    expect(cells(/segment\.bytes/).slice(1, 4)).toEqual(['1 GiB 1073741824', 'Kafka default', '1 GiB'])
    english.unmount()

    await show(ConfigTable, { resource, revision: '' }, 'ko')
    api.last('config.describe').resolve({ configs })
    await flushPromises()
    expect(cells(/retention\.ms/).slice(1, 4)).toEqual(['7일 604800000', 'Kafka 기본값', '7일'])
  })

  it('are asked for once, and again when they were changed by others', async () => {
    useRouteStore().go('topics', 't', 'config')
    await show(TopicView, { name: 't' })
    const view = { name: 't', topicId: 'id', isInternal: false, configs: {}, configsProblem: null, partitions: [] }
    const asked = (): number => api.calls.filter(({ name }) => name === 'config.describe').length
    for (let push = 0; push < 3; push++) {
      api.push('topic:t', { ...view })
      await flushPromises()
    }
    expect(asked()).toBe(1)

    api.push('topic:t', { ...view, configs: { 'retention.ms': '1' } })
    await flushPromises()
    expect(asked()).toBe(2)
  })

  it('that are not set are said not to be, when those that are set are asked for', async () => {
    await mounted()
    api.last('config.describe').resolve({ configs: [] })
    await flushPromises()

    expect(shownText()).toContain('No configs are set')
  })
})

describe('rows without a link', () => {
  it('are one Tab stop, taken along by the arrows, and selected with Enter', async () => {
    await show(BrokersView)
    api.push('cluster', clusterView())
    await flushPromises()
    const stops = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('tr[tabindex="0"]')]
    expect(stops().map((stop) => stop.textContent)).toEqual([expect.stringContaining('Broker 1')])
    stops()[0]?.focus()
    document.activeElement?.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true })
    )
    await flushPromises()
    expect(window.location.hash).toBe('#/brokers/broker-1')

    document.activeElement?.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true, cancelable: true })
    )
    await flushPromises()

    expect(window.location.hash).toBe('#/brokers/broker-2')
    expect(document.activeElement?.textContent).toContain('Broker 2')
  })
})

describe('the plots of brokers', () => {
  it('keep the unit of what they show when no broker is left to have a rate', async () => {
    await show(BrokersView)
    const dead = ['broker-1', 'broker-2'].map((name) =>
      statsView(name, { registered: false, bytesInPerSecond: null, bytesOutPerSecond: null })
    )
    api.push(
      'cluster',
      clusterView({
        nodes: [nodeView('broker-1', 'killed'), nodeView('broker-2', 'killed')],
        brokers: dead,
        bytesInPerSecond: null,
        bytesOutPerSecond: null
      })
    )
    const now = Date.now()
    const rates = { inPerSecond: [2_840_000, null], outPerSecond: [5_680_000, null] }
    api.push('rates', { atMs: [now - 2000, now - 1000], brokers: [{ name: 'broker-1', ...rates }] })
    await flushPromises()

    const plots = document.querySelector('.plots')
    expect(plots?.textContent).toContain('MB/s')
    expect(plots?.textContent).not.toContain('kB/s')
  })
})

describe('the filter field', () => {
  it('gives the arrows on to the rows', async () => {
    await show(TopicsView)
    api.push('topics', { observedAtMs: 1, topics: [topicRow('a'), topicRow('b')] })
    await flushPromises()
    const field = one('textbox', 'Filter topics')
    field.focus()
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true, cancelable: true }))
    await flushPromises()

    expect(document.querySelector('[aria-selected=true]')?.textContent).toContain('a')
    expect(document.activeElement).not.toBe(field)
  })
})

describe('rows that do not come', () => {
  it('are not promised for ever', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await show(GroupsView)
    expect(one('status', 'Loading')).toBeTruthy()
    vi.advanceTimersByTime(5_000)
    await flushPromises()
    vi.useRealTimers()

    expect(shownText()).toContain('Still waiting for an answer')
  })

  it('are said to be unknown without a connection', async () => {
    await show(GroupsView)
    api.setConnected(false)
    await flushPromises()

    expect(shownText()).toContain('Not known: there is no connection')
  })

  it('are not taken for none before anybody has told of any', async () => {
    await show(TopicsView)
    api.push('topics', { observedAtMs: null, topics: [] })
    await flushPromises()

    expect(shownText()).not.toContain('No topics yet')
  })
})

describe('an empty or unknown list', () => {
  it('says why there are no topics and offers to create one', async () => {
    await show(TopicsView)
    api.push('topics', { observedAtMs: 1, topics: [] })
    await flushPromises()

    expect(shownText()).toContain('A client that writes to a topic creates it too.')
    expect(byRole('button', /^Create topic$/)).toHaveLength(2)
  })

  it('says why there are no groups', async () => {
    await show(GroupsView)
    expect(one('status', 'Loading')).toBeTruthy()
    api.push('groups', { observedAtMs: 1, groups: [] })
    await flushPromises()

    expect(shownText()).toContain('A consumer with a group id appears here')
  })

  it('says that a topic is not there', async () => {
    await show(TopicView, { name: 'gone' })
    api.push('topic:gone', null)
    await flushPromises()

    expect(shownText()).toContain('There is no topic gone')
    expect(byRole('button', 'Delete…')).toEqual([])
    expect(byRole('tab', /./)).toEqual([])
    expect(one('link', 'To all topics').getAttribute('href')).toBe('#/topics')
  })
})

describe('brokers', () => {
  it('have a row for every node, the ensemble member too, and a detail with what can be done', async () => {
    await show(BrokersView)
    api.push(
      'cluster',
      clusterView({
        nodes: [
          nodeView('broker-1'),
          nodeView('broker-2', 'killed', { exit: { code: null, signal: 'SIGKILL' } }),
          nodeView('ensemble-1')
        ]
      })
    )
    await flushPromises()
    expect(byRole('row', /^(Broker|Ensemble) \d/)).toHaveLength(3)

    one('row', /^Broker 2/).click()
    await flushPromises()

    expect(window.location.hash).toBe('#/brokers/broker-2')
    expect(one('complementary', 'Broker 2')).toBeTruthy()
  })

  it('list the partitions that a broker holds, however many, and those without a leader alone', async () => {
    await show(BrokersView)
    api.push('cluster', clusterView({ nodes: [nodeView('broker-1'), nodeView('broker-2', 'killed')] }))
    await flushPromises()
    one('row', /^Broker 2/).click()
    await flushPromises()
    const held = (topic: string, partition: number, leader: number | null) => ({
      topic,
      partition,
      leader,
      isr: [2],
      level: leader === null ? ('critical' as const) : ('healthy' as const)
    })
    api.push('held:broker-2', {
      observedAtMs: 1,
      partitions: [held('orders', 4, null), ...Array.from({ length: 20_000 }, (_, index) => held('wide', index, 2))]
    })
    await flushPromises()

    expect(one('table', 'Partitions').getAttribute('aria-rowcount')).toBe('20002')
    one('radio', 'No leader 1').click()
    await flushPromises()
    expect(one('row', /^orders-4/).textContent).toMatch(/No leader.*2/)
    expect(one('link', 'orders-4').getAttribute('href')).toBe('#/topics/orders')
  })
})

describe('partitions', () => {
  it('without leader say so and show no invented offsets', async () => {
    const partition = { leaderEpoch: 3, replicas: [2], isr: [2], sizeBytes: 5 }
    await show(PartitionsTable, {
      at: undefined,
      topic: {
        name: 't',
        topicId: 'id',
        configs: {},
        configsProblem: null,
        isInternal: false,
        partitions: [
          { ...partition, partition: 0, leader: 1, startOffset: 0, endOffset: 9007199254740991 },
          { ...partition, partition: 1, leader: null, startOffset: null, endOffset: null }
        ]
      }
    })

    expect(one('row', 'Broker 1').textContent.replaceAll('\u2009', '')).toContain('9007199254740991')
    expect(one('row', 'No leader').textContent).toContain('—')
  })
})

describe('the list of groups', () => {
  const groupRow = {
    state: 'Stable',
    protocol: 'range',
    memberCount: 3,
    topics: ['t'],
    lagRecords: 0,
    coordinatorId: 1
  }

  it('marks what the page of a group has sentences about, in words', async () => {
    await show(GroupsView)
    api.push('groups', {
      observedAtMs: 1,
      groups: [
        { ...groupRow, groupId: 'fine', lagUnknown: null, isBehind: false },
        { ...groupRow, groupId: 'crowded', lagUnknown: null, isBehind: true, advice: ['outnumbered', 'standing'] }
      ]
    })
    await flushPromises()

    const mark = one('row', 'crowded').querySelector('[role=img]')
    expect(mark?.getAttribute('aria-label')).toBe('Behind · More members than partitions · A commit stands still')
    expect(one('row', 'fine').querySelector('[role=img]')).toBeNull()
  })
})

describe('the throughput of a group', () => {
  it('has a table twin beside that of the lag', async () => {
    const history = {
      groupId: 'g',
      fromMs: 0,
      toMs: 2_000,
      atMs: [1_000, 2_000],
      total: [4, 5],
      written: [7, 1234],
      read: [null, 8],
      partitions: []
    }
    await show(LagPanel, { groupId: 'g', history, error: undefined, isTable: true })

    const table = one('table', 'Throughput, records/s')
    const cells = [...table.querySelectorAll('tbody tr')].map((tr) =>
      [...tr.querySelectorAll('td')].slice(1, 3).map((td) => td.textContent.replaceAll('\u2009', ' ').trim())
    )
    expect(cells).toEqual([
      ['1 234', '8'],
      ['7', '—']
    ])
  })
})

describe('a group', () => {
  const group: GroupView = {
    groupId: 'g',
    state: 'Stable',
    protocol: 'range',
    coordinatorId: 1,
    isBehind: false,
    areCommitsKnown: true,
    advice: [],
    members: [
      { memberId: 'm-1', clientId: 'app', clientHost: '/127.0.0.1', assignments: [{ topic: 't', partitions: [0, 1] }] }
    ],
    partitions: [
      { topic: 't', partition: 0, committedOffset: 4, startOffset: 0, endOffset: 9, lagRecords: 5, memberId: 'm-1' },
      {
        topic: 't',
        partition: 1,
        committedOffset: null,
        startOffset: 0,
        endOffset: 9,
        lagRecords: null,
        memberId: 'm-1'
      }
    ]
  }
  const cells = (name: string): string[] =>
    [...one('row', name).querySelectorAll('td')].map((cell) => cell.textContent.trim())

  it('shows a dash, not 0, where nothing was committed', async () => {
    await show(OffsetsTable, { group })

    expect(cells('t-0')).toEqual(['t-0', '0', '9', '4', '5', 'app /127.0.0.1'])
    expect(cells('t-1')).toEqual(['t-1', '0', '9', '—', '—', 'app /127.0.0.1'])
  })

  it('shows what each member owns and its lag', async () => {
    await show(MembersTable, { group })

    expect(cells('app')).toEqual(['app', '/127.0.0.1', '2', '5', 'm-1', 't: 0 1'])
  })

  it('whose coordinator is silent is not said to have no members or commits', async () => {
    const silent = { ...group, state: 'Unknown', members: null, areCommitsKnown: false, partitions: [] }
    await show(OffsetsTable, { group: silent })
    await show(MembersTable, { group: silent })

    expect(shownText().match(/The coordinator of the group does not answer/g)).toHaveLength(2)
    expect(shownText()).not.toMatch(/No members|No partitions/)
  })

  it('whose coordinator is silent has figures that are not known, rather than none', async () => {
    const silent = { ...group, state: 'Unknown', members: null, areCommitsKnown: false, partitions: [] }
    await show(GroupFigures, { group: silent, history: undefined })

    expect(shownText()).toMatch(/Members\s*—\s*Without commit\s*—\s*Coordinator/)
    expect(shownText()).not.toContain('for 0 partitions')
  })

  it('has the mark of being behind on its page, named in the verdict or not', async () => {
    await show(GroupFigures, { group: { ...group, isBehind: true }, history: undefined })

    expect(document.querySelector('.total [data-status]')?.getAttribute('data-status')).toBe('degraded')
  })

  it('that has committed more than the log holds shows it below 0, says why, and sums it as none', async () => {
    const [first] = group.partitions
    const beyond = [
      { ...first, lagRecords: -3 },
      { ...first, partition: 1, lagRecords: 5 }
    ] as GroupView['partitions']
    await show(OffsetsTable, { group: { ...group, partitions: beyond } })

    expect(cells('t-0').slice(-2)).toContain('−3')
    expect(shownText()).toContain('t-0: more is committed than the log holds, so the lag is below 0')
    expect(totalLag(beyond)).toBe(5)
  })

  it('lists its partitions with the largest lag first', async () => {
    const [first] = group.partitions
    const partitions = [2, 40, null].map((lagRecords, partition) => ({ ...first, partition, lagRecords }))
    await show(OffsetsTable, { group: { ...group, partitions } })

    expect(byRole('link', /^t-/).map((link) => link.getAttribute('aria-label'))).toEqual(['t-1', 't-0', 't-2'])
  })

  it('of which nothing is there is said to have none', async () => {
    await show(OffsetsTable, { group: { ...group, state: 'Empty', members: [], partitions: [] } })

    expect(shownText()).toContain('The group has neither members nor committed offsets')
  })
})

describe('messages', () => {
  const record = {
    topic: 't',
    partition: 0,
    offset: 7,
    timestampMs: -1,
    key: null,
    value: '{"seq":9223372036854775807}',
    headers: [{ key: 'h', value: 'v' }]
  }

  beforeEach(async () => {
    await show(MessagesPane, { topic: 't' })
    expect(api.last('records.newest').input).toEqual({ topic: 't', limit: 200 })
  })

  it('open in a detail with exact numbers and headers', async () => {
    api.last('records.newest').resolve({
      records: [record, { ...record, offset: 6, value: null }],
      unreachablePartitions: [],
      unreadable: [],
      places: []
    })
    await flushPromises()
    expect(byRole('row', 'Tombstone')).toHaveLength(1)

    one('row', '9223372036854775807').click()
    await flushPromises()

    const detail = one('complementary', 'Record')
    expect(detail.textContent).toContain('9223372036854775807')
    expect(detail.textContent).toMatch(/h\s*v/)
  })

  it('are followed by older ones, and by newer ones no more', async () => {
    const positions = [{ partition: 0, offset: 7 }]
    api
      .last('records.newest')
      .resolve({ records: [record], unreachablePartitions: [], unreadable: [], positions, places: [], isStart: false })
    await flushPromises()
    one('button', 'Older records').click()
    expect(api.last('records.newest').input).toEqual({ topic: 't', limit: 200, before: positions })
    api.last('records.newest').resolve({
      records: [],
      unreachablePartitions: [],
      unreadable: [],
      positions: [{ partition: 0, offset: 3 }],
      places: [],
      isStart: false
    })
    await flushPromises()
    expect(shownText()).toContain('No records in this stretch')
    one('button', 'Older records').click()
    expect(api.last('records.newest').input).toMatchObject({ before: [{ partition: 0, offset: 3 }] })
    api.last('records.newest').resolve({
      records: [record],
      unreachablePartitions: [],
      unreadable: [],
      positions: [],
      places: [],
      isStart: true
    })
    await flushPromises()

    expect(byRole('row', '9223372036854775807')).toHaveLength(1)
    expect(byRole('button', 'Older records')).toHaveLength(0)
  })

  it('of what was asked for last are shown, whatever comes later', async () => {
    const first = api.last('records.newest')
    one('button', 'Refresh').click()
    const answer = { unreachablePartitions: [], unreadable: [], positions: [], places: [], isStart: true }
    api.last('records.newest').resolve({ ...answer, records: [{ ...record, value: 'second' }] })
    await flushPromises()
    first.resolve({ ...answer, records: [{ ...record, value: 'first' }] })
    await flushPromises()

    expect(byRole('row', 'second')).toHaveLength(1)
    expect(byRole('row', 'first')).toHaveLength(0)
  })

  it('say which partitions could not be read', async () => {
    api.last('records.newest').resolve({ records: [record], unreachablePartitions: [2, 5], unreadable: [], places: [] })
    await flushPromises()

    expect(shownText()).toContain('Partitions 2, 5 do not answer')
  })

  it('are not said to be none while partitions do not answer', async () => {
    api.last('records.newest').resolve({ records: [], unreachablePartitions: [0, 1], unreadable: [], places: [] })
    await flushPromises()

    expect(shownText()).toContain('No records in the partitions that answered')
    expect(shownText()).not.toContain('No records yet')
  })

  it('show a time of nanoseconds as the number that it is, and the size of the value alone', async () => {
    const cut = {
      ...record,
      key: 'k'.repeat(50),
      value: 'v'.repeat(9),
      wholeBytes: { key: 50, value: 70_000, headers: [0] },
      cutFromBytes: 70_050
    }
    api.last('records.newest').resolve({
      records: [{ ...cut, timestampMs: '1732251982506000000' }],
      unreachablePartitions: [],
      unreadable: [],
      places: []
    })
    await flushPromises()

    const text = one('row', 'v'.repeat(9)).textContent.replaceAll('\u2009', '')
    expect(text).toContain('1732251982506000000')
    expect(text).toContain('70000')
  })

  it('claim nothing of what lies behind a cut, and copy a cut value whole', async () => {
    const cut = {
      ...record,
      value: 'v'.repeat(9),
      wholeBytes: { key: 0, value: 70_000, headers: [1] },
      cutFromBytes: 70_000
    }
    api.last('records.newest').resolve({ records: [cut], unreachablePartitions: [], unreadable: [], places: [] })
    await flushPromises()
    one('row', 'v'.repeat(9)).click()
    await flushPromises()
    expect(shownText()).toContain('Shown are the first 9 of 70 000 B')
    one('button', 'Copy value').click()
    await flushPromises()
    expect(api.last('record.whole').input).toEqual({ topic: 't', partition: 0, offset: 7 })

    const field = one('textbox', 'Filter these records') as HTMLInputElement
    field.value = 'zzz'
    field.dispatchEvent(new Event('input'))
    await flushPromises()

    expect(shownText()).toContain('contains “zzz” in what was looked at')
    expect(shownText()).toContain('1 record is cut for the screen')
  })

  it('are read again on Refresh, one reading at a time', async () => {
    const button = one('button', 'Refresh') as HTMLButtonElement
    expect(button.disabled).toBe(true)
    api.last('records.newest').resolve({ records: [], unreachablePartitions: [], unreadable: [], places: [] })
    await flushPromises()
    expect(shownText()).toContain('No records yet')

    button.click()
    await flushPromises()

    expect(api.calls).toHaveLength(2)
  })
})
