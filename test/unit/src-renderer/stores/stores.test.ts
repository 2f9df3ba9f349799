import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref } from 'vue'
import { ApiError } from '@api/api'
import { useClusterStore } from '@/stores/cluster'
import { useClustersStore } from '@/stores/clusters'
import { useConnectionStore } from '@/stores/connection'
import { mergeEvents, useEventsStore } from '@/stores/events'
import { useLagStore } from '@/stores/lag'
import { useNodesStore } from '@/stores/nodes'
import { useNoticesStore } from '@/stores/notices'
import { linkTo, parseRoute } from '@/stores/route'
import { isoLocal } from '@/format'
import { grownRangeMs, readSettings, useSettingsStore } from '@/stores/settings'
import { useTopicsStore } from '@/stores/topics'
import type { FakeApi } from '../support/fake-api'
import { useFakeHost } from '../support/mount'
import { clusterView, eventView, nodeView, NOW_MS } from '../support/views'

let api: FakeApi
beforeEach(() => {
  api = useFakeHost()
})

describe('the sizes of clusters', () => {
  it('are measured once at a time, and not known after a lost connection', async () => {
    const clusters = useClustersStore()
    const measuring = clusters.readSizes()
    await clusters.readSizes()
    expect(api.calls.filter(({ name }) => name === 'clusters.sizes')).toHaveLength(1)
    api.last('clusters.sizes').resolve({ sizes: { one: { bytes: 7, isPartial: false } } })
    await measuring
    expect(clusters.sizes).toEqual({ one: { bytes: 7, isPartial: false } })

    const again = clusters.readSizes()
    api.last('clusters.sizes').reject(new ApiError({ code: 'DISCONNECTED', message: 'The page lost its host.' }))
    await again

    expect(clusters.sizes).toBeUndefined()
  })
})

describe('an action on a node', () => {
  it('stays pending until the observed state has caught up with the answer', async () => {
    const nodes = useNodesStore()
    api.push('cluster', clusterView())
    void nodes.run('kill', 'broker-2')
    expect(nodes.pending.get('broker-2')).toBe('kill')

    const killed = nodeView('broker-2', 'killed', { sinceMs: NOW_MS })
    api.last('node.kill').resolve(killed)
    await flushPromises()
    expect(nodes.pending.get('broker-2')).toBe('kill')

    api.push('cluster', clusterView({ nodes: [nodeView('broker-1'), killed] }))
    expect(nodes.pending.has('broker-2')).toBe(false)
  })

  it('never changes the state on the screen by itself', async () => {
    const nodes = useNodesStore()
    const cluster = useClusterStore()
    api.push('cluster', clusterView())

    void nodes.run('kill', 'broker-2')
    api.last('node.kill').resolve(nodeView('broker-2', 'killed', { sinceMs: NOW_MS }))
    await flushPromises()

    expect(cluster.node('broker-2')?.state).toBe('running')
  })

  it('is not asked twice while it is pending', () => {
    const nodes = useNodesStore()
    api.push('cluster', clusterView())

    void nodes.run('stop', 'broker-2')
    void nodes.run('stop', 'broker-2')

    expect(api.calls).toHaveLength(1)
  })

  it('that fails is no longer pending and leaves a notice', async () => {
    const nodes = useNodesStore()
    api.push('cluster', clusterView())
    void nodes.run('start', 'broker-2')

    api.last('node.start').reject(new ApiError({ code: 'FAILED', message: 'Port 9093 is taken.' }))
    await flushPromises()

    expect(nodes.pending.size).toBe(0)
    expect(useNoticesStore().notices).toMatchObject([
      { what: 'nodeAction.start', subject: 'broker-2', error: { message: 'Port 9093 is taken.' } }
    ])
  })
})

describe('events', () => {
  it('are merged by identity and kept in the order of time', () => {
    const store = useEventsStore()
    api.push('events', { events: [eventView(1, 100), eventView(2, 200)] })
    api.push('events', { events: [eventView(3, 150)] })
    api.push('events', { events: [eventView(1, 100), eventView(2, 200), eventView(3, 150)] })

    expect(store.events.map((event) => event.id)).toEqual([1, 3, 2])
    expect(store.latest?.id).toBe(2)
  })

  it('are bounded', () => {
    const many = Array.from({ length: 5000 }, (_, id) => eventView(id, id))

    const merged = mergeEvents([], many)

    expect(merged).toHaveLength(2000)
    expect(merged.at(-1)?.id).toBe(4999)
  })
})

describe('a watched list', () => {
  it('is watched only while somebody holds it, and stays when nobody does', () => {
    const topics = useTopicsStore()
    const scope = effectScope()
    scope.run(() => topics.hold())
    const release = topics.hold()
    api.push('topics', { observedAtMs: 1, topics: [] })

    scope.stop()
    expect(api.watched()).toEqual(['topics'])
    release()

    expect(api.watched()).toEqual([])
    expect(topics.view).toEqual({ observedAtMs: 1, topics: [] })
  })
})

describe('lag', () => {
  const history = {
    groupId: 'g',
    fromMs: 0,
    toMs: 2000,
    atMs: [1000, 2000],
    total: [1, 2],
    written: [null, 2],
    read: [null, 1],
    partitions: []
  }
  const sample = (atMs: number, total: number | null) => ({
    groupId: 'g',
    atMs,
    total,
    written: atMs / 1000,
    read: null,
    partitions: []
  })

  it('is history, then one sample a second, with what arrived while the history was read', async () => {
    const lag = effectScope().run(() => useLagStore().follow('g', ref(60_000)))
    api.push('lag:g', sample(2000, 99))
    api.push('lag:g', sample(3000, 3))
    expect(lag?.history.value).toBeUndefined()

    api.last('group.lag').resolve(history)
    await flushPromises()
    api.push('lag:g', sample(4000, null))

    expect(lag?.history.value?.total.slice(-3)).toEqual([2, 3, null])
    expect(lag?.history.value?.written.slice(-3)).toEqual([2, 3, 4])
    expect(lag?.history.value?.read.slice(-3)).toEqual([1, null, null])
  })

  it('is read again for another range and after a lost connection', async () => {
    const range = ref(60_000)
    effectScope().run(() => useLagStore().follow('g', range))
    range.value = 900_000
    await flushPromises()
    api.setConnected(false)
    await flushPromises()
    api.setConnected(true)
    await flushPromises()

    expect(api.calls.map((call) => call.input)).toEqual([
      { groupId: 'g', rangeMs: 60_000 },
      { groupId: 'g', rangeMs: 900_000 },
      { groupId: 'g', rangeMs: 900_000 }
    ])
  })

  it('of an older range that answers late is dropped', async () => {
    const range = ref(60_000)
    const lag = effectScope().run(() => useLagStore().follow('g', range))
    range.value = 900_000
    await flushPromises()

    api.calls[1]?.resolve(history)
    api.calls[0]?.resolve({ ...history, total: [7, 7] })
    await flushPromises()

    expect(lag?.history.value?.total).toEqual([1, 2])
  })

  it('stops with its scope', () => {
    const scope = effectScope()
    scope.run(() => useLagStore().follow('g', ref(60_000)))
    expect(api.watched()).toContain('lag:g')

    scope.stop()

    expect(api.watched()).not.toContain('lag:g')
  })
})

describe('the connection', () => {
  it('remembers since when it is lost', () => {
    vi.useFakeTimers({ now: NOW_MS })
    const connection = useConnectionStore()
    api.setConnected(false)
    expect(connection).toMatchObject({ isConnected: false, wasConnected: true, lostAtMs: NOW_MS })

    api.setConnected(true)

    expect(connection.lostAtMs).toBeNull()
    vi.useRealTimers()
  })
})

describe('a route', () => {
  it('is what its link says, for names of any characters', () => {
    const name = 'a/b #%한'
    expect(parseRoute(linkTo('groups', name, 'members'))).toEqual({ section: 'groups', subject: name, tab: 'members' })
    expect(parseRoute(linkTo('groups', ''))).toEqual({ section: 'groups', subject: '', tab: undefined })
    expect(parseRoute(linkTo('groups'))).toEqual({ section: 'groups', subject: undefined, tab: undefined })
    expect(parseRoute('#/topics/')).toEqual({ section: 'topics', subject: undefined, tab: undefined })
    expect(parseRoute('')).toEqual({ section: 'overview', subject: undefined, tab: undefined })
    expect(parseRoute('#/topics/%E0%A4%A')).toEqual({ section: 'topics', subject: '%E0%A4%A', tab: undefined })
    expect(parseRoute('#/settings/x')).toEqual({ section: 'settings', subject: undefined, tab: undefined })
    expect(parseRoute('#/topics/orders/x')).toEqual({ section: 'topics', subject: 'orders', tab: undefined })
    expect(parseRoute('#/nowhere/at/all')).toEqual({ section: 'overview', subject: undefined, tab: undefined })
  })
})

describe('a route to a record', () => {
  it('is what its link says, and nothing where it names no place', () => {
    const record = { partition: 3, offset: Number.MAX_SAFE_INTEGER }
    expect(parseRoute(linkTo('topics', 'a/b', 'messages', record))).toEqual({
      section: 'topics',
      subject: 'a/b',
      tab: 'messages',
      record
    })
    for (const place of ['0', '0/', '0/-1', '0/9007199254740993', 'x/1', '1/1.5'])
      expect(parseRoute(`#/topics/t/messages/${place}`).record).toBeUndefined()
    expect(parseRoute('#/topics/t/config/0/1').record).toBeUndefined()
  })
})

describe('a route to a partition', () => {
  it('is what its link says, and the table of partitions where it names none', () => {
    expect(parseRoute(linkTo('topics', 'a/b', 'partitions', 7))).toEqual({
      section: 'topics',
      subject: 'a/b',
      tab: 'partitions',
      partition: 7
    })
    for (const place of ['', '-1', 'x', '1234567890'])
      expect(parseRoute(`#/topics/t/partitions/${place}`).partition).toBeUndefined()
    expect(parseRoute('#/topics/t/config/7').partition).toBeUndefined()
  })
})

describe('settings', () => {
  it('that cannot be read are the defaults', () => {
    const defaults = { theme: 'system', language: 'en', density: 'normal', timeZone: null, rangeMs: null }
    expect(readSettings(null, 'en-GB')).toEqual(defaults)
    expect(readSettings('{', 'en-GB')).toEqual(defaults)
    expect(readSettings('{"theme":"pink","rangeMs":5,"timeZone":"Mars/Olympus_Mons"}', 'en-GB')).toEqual(defaults)
    expect(readSettings(null, 'ko-KR').language).toBe('ko')
  })

  it('show as much time as there is to show, until somebody chooses', () => {
    expect([0, 59_999, 60_000, 299_999, 300_000, 86_400_000].map(grownRangeMs)).toEqual([
      60_000, 60_000, 300_000, 300_000, 900_000, 900_000
    ])
    const settings = useSettingsStore()
    expect(settings.rangeMs).toBe(60_000)
    settings.rangeMs = 3_600_000
    expect(settings.rangeMs).toBe(3_600_000)
  })

  it('reach the document and the storage', async () => {
    const settings = useSettingsStore()
    settings.theme = 'light'
    settings.language = 'ko'
    settings.density = 'compact'
    settings.timeZone = 'Asia/Kathmandu'
    expect(isoLocal(0)).toBe('1970-01-01 05:30:00.000')
    expect(isoLocal(Date.UTC(2026, 10, 22))).toBe('2026-11-22 05:45:00.000')
    await flushPromises()

    expect(document.documentElement.dataset).toMatchObject({ theme: 'light', density: 'compact' })
    expect(document.documentElement.lang).toBe('ko')
    expect(readSettings(window.localStorage.getItem('lagoon.settings'), 'en')).toMatchObject({
      theme: 'light',
      language: 'ko',
      timeZone: 'Asia/Kathmandu'
    })
    settings.timeZone = null
  })
})
