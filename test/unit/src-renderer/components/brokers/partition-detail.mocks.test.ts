import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PartitionHistoryView, ReplicaState } from '@api/failures'
import type { TopicView } from '@api/views'
import PartitionDetail from '@/components/brokers/PartitionDetail.vue'
import PlacementPane from '@/components/brokers/PlacementPane.vue'
import PartitionsTable from '@/components/topics/PartitionsTable.vue'
import { PLACEMENT, useRouteStore } from '@/stores/route'
import type { FakeApi } from '../../support/fake-api'
import { show, shownText, useFakeHost } from '../../support/mount'
import { eventView, NOW_MS } from '../../support/views'

// There is no canvas here; what a chart draws is tested as functions.
vi.mock('@/composables/use-chart', () => ({ useChart: () => undefined }))

const topic = (replicas: number[], topicId = 'id'): TopicView => ({
  name: 't',
  topicId,
  isInternal: false,
  partitions: [0, 1].map((partition) => ({
    partition,
    leader: 1,
    leaderEpoch: 3,
    replicas,
    isr: replicas,
    startOffset: 0,
    endOffset: 100,
    sizeBytes: 5
  })),
  configs: {},
  configsProblem: null
})
const states = (ends: Readonly<Record<number, number | null>>): ReplicaState[] =>
  Object.entries(ends).map(([broker, logEnd]) => ({ broker: Number(broker), logEnd }))

let api: FakeApi
beforeEach(() => {
  vi.useFakeTimers({ now: NOW_MS })
  api = useFakeHost()
})
afterEach(() => void vi.useRealTimers())

async function look(ends: Readonly<Record<number, number | null>>): Promise<void> {
  api.last('partition.replicas').resolve({ replicas: states(ends) })
  await flushPromises()
  await vi.advanceTimersByTimeAsync(2000)
}
async function open(replicas = [1, 2, 3], partition = 0) {
  const shown = await show(PartitionDetail, { topic: 't', partition, move: undefined })
  api.push('topic:t', topic(replicas))
  await flushPromises()
  return shown
}
const asTable = (section: string): void =>
  document.querySelector<HTMLElement>(`${section} button[aria-label='Show as table']`)?.click()
const sentence = (): string =>
  (document.querySelector('[data-testid=replica-chart] canvas')?.getAttribute('aria-label') ?? '').replace(
    /[\u2066-\u2069\u2009]/g,
    ''
  )

describe('how far the followers of a partition were behind', () => {
  it('is told in words, of each of them, since it is looked at', async () => {
    await open()
    await look({ 1: 100, 2: 93, 3: 100 })
    await look({ 1: 200, 2: 150, 3: 200 })

    expect(shownText()).toMatch(/Behind, records ?looked at since \d\d:\d\d:\d\d/)
    expect(sentence()).toMatch(/Lag of Broker 2 from [\d:]+ to [\d:]+: 7 records at first, 50 now, 50 at most\./)
    expect(sentence()).toContain('Lag of Broker 3')
    expect(sentence()).not.toContain('Broker 1')
  })

  it('is not known of a follower that stands still: a gap, and no 0', async () => {
    await open()
    await look({ 1: 100, 2: 93, 3: 100 })
    await look({ 1: 200, 2: null, 3: 200 })

    expect(sentence()).toContain('7 records at first, — now, 7 at most; at times it was not known.')
    expect(shownText()).toContain('Broker 2—')
  })

  it('is not known while nobody answers, and goes on when somebody does', async () => {
    await open()
    await look({ 1: 100, 2: 93, 3: 100 })
    api.last('partition.replicas').reject(new Error('gone'))
    await flushPromises()
    expect(shownText()).toContain('Broker 2—')

    await vi.advanceTimersByTimeAsync(2000)
    await look({ 1: 100, 2: 99, 3: 100 })
    expect(sentence()).toContain('7 records at first, 1 now, 7 at most; at times it was not known.')
  })

  it('is of the partition that is open, and is there again when one comes back to it', async () => {
    const first = await open()
    await look({ 1: 100, 2: 93, 3: 100 })
    first.unmount()

    const second = await open([1, 2, 3], 1)
    expect(sentence()).toContain('Lag of Broker 2 is not known.')
    second.unmount()

    await open()
    expect(sentence()).toContain('7 records at first')
  })

  it('is not that of a topic of the same name which was there before', async () => {
    const first = await open()
    await look({ 1: 100, 2: 93, 3: 100 })
    api.push('topic:t', topic([1, 2, 3], 'another'))
    await flushPromises()
    expect(sentence()).toContain('Lag of Broker 2 is not known.')

    // Asked before it was another, then after.
    await look({ 1: 100, 2: 93, 3: 100 })
    await look({ 1: 5, 2: 3, 3: 5 })
    expect(sentence()).toContain('2 records at first, 2 now, 2 at most.')
    first.unmount()

    await open()
    expect(sentence()).toContain('7 records at first, 7 now, 7 at most')
  })

  it('has a table twin, and is not there where there are no followers', async () => {
    const shown = await open()
    await look({ 1: 100, 2: 93, 3: null })
    asTable('.behind')
    await flushPromises()
    const twin = [...document.querySelectorAll('.samples tbody td')].map(({ textContent }) => textContent.trim())
    expect(twin.slice(1)).toEqual(['7', '—'])
    shown.unmount()

    await open([1], 0)
    expect(shownText()).not.toContain('Behind, records')
  })
})

describe('who led a partition, and who was in sync', () => {
  const at = (secondsAgo: number): number => NOW_MS - secondsAgo * 1000
  const led = (secondsAgo: number, leader: number, leaderEpoch: number, isr: number[]) => ({
    atMs: at(secondsAgo),
    leader,
    leaderEpoch,
    replicas: [1, 2, 3],
    isr
  })
  const history: PartitionHistoryView = {
    topicId: 'id',
    looks: [{ fromMs: at(100), toMs: at(0) }],
    live: [{ atMs: at(100), brokers: [1, 2, 3] }],
    changes: [led(100, 2, 2, [1, 2, 3]), led(40, 1, 3, [1, 3]), led(10, 1, 3, [1, 3, 2])]
  }
  const bars = (): string =>
    document.querySelector('[data-testid=replica-spans] [role=img]')?.getAttribute('aria-label') ?? ''
  const titles = (): (string | null)[] =>
    [...document.querySelectorAll('.span')].map((one) =>
      (one.getAttribute('title') ?? '').replace(/\d\d:\d\d:\d\d/g, (time) => time.slice(-5))
    )

  it('is told in words, with since when anything is known', async () => {
    await open()
    expect(shownText()).toMatch(/Leader and ISR ?not known yet/)
    expect(bars()).toBe('Broker 1: not known now. Broker 2: not known now. Broker 3: not known now.')

    api.push('events', { events: [eventView(1, at(45), { code: 'nodeKilled', subject: 'broker-2' })] })
    api.push('events', { events: [eventView(2, at(20), { code: 'nodeRunning', subject: 'broker-2' })] })
    api.last('partition.history').resolve(history)
    await flushPromises()

    expect(bars()).toMatch(
      /^Broker 1: Leader in epoch 3 since \S+:52\. Broker 2: In sync since \S+:22\. Broker 3: In sync at least since \S+:52\.$/
    )
    expect(shownText()).toMatch(/Leader and ISR ?known since \S+:52/)
    expect(titles()).toEqual([
      'Broker 1: In sync, 04:52–05:52',
      'Broker 1: Leader in epoch 3, 05:52–06:32',
      'Broker 2: Leader in epoch 2, 04:52–05:47',
      'Broker 2: Offline, 05:47–06:12',
      'Broker 2: Out of sync, 06:12–06:22',
      'Broker 2: In sync, 06:22–06:32',
      'Broker 3: In sync, 04:52–06:32'
    ])
    expect(shownText()).toMatch(/Leader epoch ?3 ?since \S+:52/)
  })

  it('has a table twin of every change, the newest first', async () => {
    await open()
    api.last('partition.history').resolve(history)
    await flushPromises()
    asTable('.spans')
    await flushPromises()

    const rows = [...document.querySelectorAll('.spans tbody tr')].map((row) =>
      [...row.querySelectorAll('td')].slice(1).map(({ textContent }) => textContent.trim())
    )
    expect(rows).toEqual([
      ['3', '1', '1 3 2', ''],
      ['3', '1', '1 3', ''],
      ['2', '2', '1 2 3', '']
    ])
  })

  it('is asked for again as soon as somebody else leads', async () => {
    await open()
    api.last('partition.history').resolve(history)
    await flushPromises()
    const asked = api.calls.filter(({ name }) => name === 'partition.history').length
    const next = topic([1, 2, 3])
    api.push('topic:t', { ...next, partitions: next.partitions.map((one) => ({ ...one, leader: 2, leaderEpoch: 4 })) })
    await flushPromises()

    expect(api.calls.filter(({ name }) => name === 'partition.history')).toHaveLength(asked + 1)
    // What was known stays until it is answered.
    expect(bars()).toContain('Leader in epoch 3')

    api.push('topic:t', topic([1, 2, 3], 'another'))
    await flushPromises()
    expect(bars()).toContain('Broker 1: not known now.')
  })
})

describe('a partition of a topic’s page that is being moved', () => {
  const own = topic([1, 2, 3])
  const moved = { ...own, partitions: own.partitions.map((one) => ({ ...one, isr: [1, 2] })) }
  const stateOf = (broker: number): string | undefined =>
    [...document.querySelectorAll('.replicas tbody tr')]
      .find((row) => row.querySelector('th')?.textContent.trim() === `Broker ${broker}`)
      ?.querySelector('td')
      ?.textContent.trim()
  const refuse = async (): Promise<void> => {
    api.last('partition.moves').reject(new Error('no controller'))
    await flushPromises()
  }
  beforeEach(async () => {
    await show(PartitionsTable, { topic: moved, at: 0 })
    api.push('topic:t', moved)
    await flushPromises()
  })

  it('is not taken for one that fell behind while the controller does not answer, which is said', async () => {
    const move = { topic: 't', partition: 0, replicas: [1, 2, 3], adding: [3], removing: [] }
    api.last('partition.moves').resolve({ moves: [move], count: 1 })
    await flushPromises()
    expect(stateOf(3)).toBe('Being copied')
    expect(shownText()).not.toContain('What is being moved is not known')

    await vi.advanceTimersByTimeAsync(2000)
    await refuse()
    expect(shownText()).toContain('What is being moved is not known: the controller does not answer')
    expect(stateOf(3)).toBe('Being copied')

    await vi.advanceTimersByTimeAsync(2000)
    api.last('partition.moves').resolve({ moves: [], count: 0 })
    await flushPromises()
    expect(shownText()).not.toContain('What is being moved is not known')
    expect(stateOf(3)).toBe('Out of sync')
  })

  it('is not known to be one where nobody ever said', async () => {
    await refuse()

    expect(shownText()).toContain('What is being moved is not known: the controller does not answer')
  })
})

describe('what is being moved, beside the grid of replicas', () => {
  it('stays while the controller does not answer, which is said there and in the partition’s pane', async () => {
    useRouteStore().go('brokers', PLACEMENT, 't-0')
    await show(PlacementPane)
    const own = topic([1, 2, 3])
    const partitions = own.partitions.map(({ leader, replicas }) => ({ leader, replicas, isr: [1, 2] }))
    api.push('placement', { observedAtMs: NOW_MS, partitionCount: 2, topics: [{ name: 't', partitions }] })
    await flushPromises()
    api.push('topic:t', { ...own, partitions: own.partitions.map((one) => ({ ...one, isr: [1, 2] })) })
    const move = { topic: 't', partition: 0, replicas: [1, 2, 3], adding: [3], removing: [] }
    api.last('partition.moves').resolve({ moves: [move], count: 1 })
    await flushPromises()
    expect(shownText()).toContain('1 partition is being moved')

    await vi.advanceTimersByTimeAsync(2000)
    api.last('partition.moves').reject(new Error('no controller'))
    await flushPromises()

    expect(shownText()).toContain('1 partition is being moved')
    expect(document.querySelector('.replicas')?.textContent).toContain('Being copied')
    expect(shownText().split('What is being moved is not known')).toHaveLength(3)
  })
})
