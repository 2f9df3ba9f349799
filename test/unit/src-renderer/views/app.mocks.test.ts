import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { GroupView as Group, LagHistoryView } from '@api/views'
import App from '@/App.vue'
import GroupFigures from '@/components/groups/GroupFigures.vue'
import GroupView from '@/views/GroupView.vue'
import type { FakeApi } from '../support/fake-api'
import { byRole, one, show, shownText, useFakeHost } from '../support/mount'
import { clusterView, eventView, nodeView, NOW_MS } from '../support/views'

// There is no canvas here; what a chart draws is tested as functions.
vi.mock('@/composables/use-chart', () => ({ useChart: () => undefined }))

let api: FakeApi
beforeEach(() => {
  api = useFakeHost()
})

const press = async (key: string, rest: KeyboardEventInit = {}): Promise<void> => {
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...rest }))
  await flushPromises()
}

describe('the shell', () => {
  it('says that it connects while the host never answered', async () => {
    api.setConnected(false)
    await show(App)

    expect(shownText()).toContain('Connecting to Lagoon')
    expect(shownText()).toContain('Not live')
  })

  it('tells the desktop its language once, not with each view that comes', async () => {
    await show(App)
    const view = { shell: 'window', closing: 'ask', notifies: true, state: 'open' } as const
    api.push('app', view)
    await flushPromises()
    api.push('app', { ...view })
    await flushPromises()

    expect(api.calls.filter(({ name }) => name === 'app.set').map(({ input }) => input)).toEqual([{ language: 'en' }])
  })

  it('shows no lost connection before the first view has come', async () => {
    await show(App)

    expect(shownText()).not.toContain('Disconnected')
  })

  it('says how to get back in when the host no longer knows the page', async () => {
    await show(App)
    api.push('cluster', clusterView())
    api.setConnected(false, true)
    await flushPromises()

    expect(one('alert', 'Open the address that it printed')).toBeTruthy()
  })

  it('says since when the connection is lost, keeps what it knew, and forgets the verdict', async () => {
    await show(App)
    api.push('cluster', clusterView())
    await flushPromises()
    expect(one('link', 'Healthy').textContent).toContain('2 of 2 brokers')

    api.setConnected(false)
    await flushPromises()

    expect(one('alert', 'No connection to Lagoon since')).toBeTruthy()
    expect(one('link', 'Disconnected').textContent).not.toContain('brokers')
    expect(byRole('row', /^Broker 1/)).toHaveLength(1)
  })

  it('shows only sections that exist, and which one is open', async () => {
    await show(App)
    const rail = one('navigation', 'Sections')
    expect([...rail.querySelectorAll('a')].map((link) => link.textContent.trim())).toEqual([
      'Overview',
      'Brokers',
      'Ensemble',
      'Topics',
      'Groups',
      'Lab',
      'Settings'
    ])

    await press('5', { ctrlKey: true })

    expect(rail.querySelector('[aria-current=page]')?.textContent).toContain('Groups')
  })

  it('marks a broker that is down in the rail and counts those that run', async () => {
    await show(App)
    api.push(
      'cluster',
      clusterView({ nodes: [nodeView('broker-1'), nodeView('broker-2', 'killed'), nodeView('ensemble-1')] })
    )
    await flushPromises()

    expect(one('link', /^Brokers/).textContent).toContain('1/2')
    expect(
      one('link', /^Broker 2 ?9093/)
        .querySelector('[role=img]')
        ?.getAttribute('aria-label')
    ).toBe('Critical')
  })

  it('tells the newest event in the rail and all of them in the list that opens', async () => {
    await show(App)
    api.push('events', {
      events: [eventView(1, NOW_MS - 2000, { code: 'nodeRunning', level: 'healthy' }), eventView(2, NOW_MS)]
    })
    await flushPromises()
    expect(one('button', 'Broker 2 killed (SIGKILL)')).toBeTruthy()

    one('button', 'Open event list').click()
    await flushPromises()

    expect(one('region', 'Events').textContent).toMatch(/Broker 2 killed.*Broker 2 started/)
    const lines = [...one('region', 'Events').querySelectorAll<HTMLElement>('li button')]
    expect(lines.map((line) => line.tabIndex)).toEqual([0, 0])
    lines[1]?.click()
    await flushPromises()
    expect(lines[1]?.closest('li')?.getAttribute('aria-current')).toBe('true')
    await press('Escape')
    expect(byRole('region', 'Events')).toEqual([])
  })

  it('goes back to the list on Esc, but not before what is open has had it', async () => {
    window.location.hash = '#/topics/orders/config'
    await show(App)
    await press('?')
    await press('Escape')
    await flushPromises()
    expect(byRole('dialog', '')).toEqual([])
    expect(window.location.hash).toBe('#/topics/orders/config')

    one('button', 'Open event list').click()
    await press('Escape')
    expect(window.location.hash).toBe('#/topics/orders/config')

    await press('Escape')
    expect(window.location.hash).toBe('#/topics')
    await press('Escape')
    expect(window.location.hash).toBe('#/topics')
  })

  it('gives the keys to the page that opens, and marks in the list where one came from', async () => {
    await show(App)
    one('link', /^Topics/).focus()
    await press('4', { ctrlKey: true })
    expect(document.activeElement?.tagName).toBe('MAIN')

    api.push('topics', {
      observedAtMs: 1,
      topics: ['a', 'b'].map((name) => ({
        name,
        topicId: name,
        isInternal: false,
        partitionCount: 1,
        replicationFactor: 1,
        leaderlessPartitions: 0,
        recordCount: 0,
        sizeBytes: 0,
        recordsInPerSecond: 0,
        partial: null,
        readers: null
      }))
    })
    await flushPromises()
    await press('j')
    await press('j')
    await press('Enter')
    expect(window.location.hash).toBe('#/topics/b')
    await press('Escape')

    expect(one('row', /^b/).getAttribute('aria-selected')).toBe('true')
  })

  it('gives the focus to the event list while it is open, and back', async () => {
    await show(App)
    api.push('events', { events: [eventView(1, NOW_MS), eventView(2, NOW_MS)] })
    await flushPromises()
    const opener = one('button', 'Open event list')
    opener.focus()
    opener.click()
    await flushPromises()
    const list = one('region', 'Events')
    expect(document.activeElement).toBe(list)

    const lines = [...list.querySelectorAll('button')]
    lines[0]?.focus()
    lines[0]?.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true, cancelable: true }))
    expect(document.activeElement).toBe(lines[1])
    await press('Escape')

    expect(document.activeElement).toBe(opener)
  })

  it('gives the focus back to the menu that a dialog was opened from', async () => {
    await show(App)
    api.push('cluster', clusterView())
    await flushPromises()
    const opener = one('button', 'Actions for broker 1')
    opener.focus()
    opener.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }))
    await flushPromises()
    one('menuitem', 'Stop…').click()
    await vi.waitFor(() => expect(byRole('alertdialog', 'Stop broker 1?')).toHaveLength(1))
    await press('Escape')

    await vi.waitFor(() => expect(document.activeElement).toBe(opener))
  })

  it('leads a link to nowhere to the overview, and says so in the URL', async () => {
    window.location.hash = '#/nonsense/at/all'
    await show(App)

    expect(window.location.hash).toBe('#/overview')
    expect(one('link', /^Overview/).getAttribute('aria-current')).toBe('page')
  })

  it.each([
    ['#/topics/', '#/topics'],
    ['#/overview/x', '#/overview'],
    ['#/topics/orders/x', '#/topics/orders'],
    ['#/brokers/broker-1/config', '#/brokers/broker-1'],
    ['#/groups/my%20group/members', '#/groups/my%20group/members'],
    ['#/groups/a:b', '#/groups/a:b']
  ])('leaves out of %s what leads nowhere', async (asked, shown) => {
    window.location.hash = asked
    await show(App)

    expect(window.location.hash).toBe(shown)
  })

  it('says that a broker does not exist, with a way back to those that do', async () => {
    window.location.hash = '#/brokers/broker-99'
    await show(App)
    api.push('cluster', clusterView({ nodes: [nodeView('broker-1'), nodeView('ensemble-1')] }))
    await flushPromises()

    expect(one('heading', 'There is no broker 99')).toBeTruthy()
    expect(one('link', 'To all brokers').getAttribute('href')).toBe('#/brokers')
    await press('Escape')
    expect(window.location.hash).toBe('#/brokers')
    expect(byRole('heading', 'There is no broker 99')).toEqual([])
  })

  it('opens a node from the palette', async () => {
    await show(App)
    api.push('cluster', clusterView({ nodes: [nodeView('broker-1'), nodeView('ensemble-1')] }))
    await press('k', { ctrlKey: true })
    const field = one('textbox', 'Command palette') as HTMLInputElement
    field.value = 'broker 1'
    field.dispatchEvent(new Event('input'))
    await flushPromises()

    byRole('option', 'Broker 1')
      .find((option) => option.textContent.includes('Broker 1') && !/stop|kill|restart/i.test(option.textContent))
      ?.click()
    await flushPromises()

    expect(window.location.hash).toBe('#/brokers/broker-1')
  })

  it('runs what is found in the palette', async () => {
    await show(App)
    api.push('cluster', clusterView({ nodes: [nodeView('broker-1'), nodeView('broker-2', 'stopped')] }))
    await press('k', { ctrlKey: true })
    const field = one('textbox', 'Command palette') as HTMLInputElement
    field.value = 'start 2'
    field.dispatchEvent(new Event('input'))
    await flushPromises()

    one('option', 'Start broker 2').click()
    await flushPromises()

    expect(api.last('node.start').input).toEqual({ node: 'broker-2' })
  })

  it('finds commands by their Korean words while English is shown', async () => {
    await show(App)
    api.push('cluster', clusterView())
    await press('k', { ctrlKey: true })
    const field = one('textbox', 'Command palette') as HTMLInputElement
    field.value = '강제 종료 브로커 2'
    field.dispatchEvent(new Event('input'))
    await flushPromises()

    expect(one('option', 'Kill broker 2')).toBeTruthy()
    expect(one('listbox', 'Command palette')).toBeTruthy()
  })

  it('changes language, theme and density at once', async () => {
    window.location.hash = '#/settings'
    api = useFakeHostKeepingHash()
    await show(App)

    one('radio', '한국어').click()
    one('radio', 'Light').click()
    await flushPromises()

    expect(document.documentElement.lang).toBe('ko')
    expect(document.documentElement.dataset.theme).toBe('light')
    expect(one('heading', '설정')).toBeTruthy()
  })
})

function useFakeHostKeepingHash(): FakeApi {
  const { hash } = window.location
  const fake = useFakeHost()
  window.location.hash = hash
  return fake
}

describe('the page of a group', () => {
  const group: Group = {
    groupId: 'g',
    state: 'Stable',
    protocol: 'range',
    coordinatorId: 1,
    isBehind: false,
    areCommitsKnown: true,
    advice: [],
    members: [],
    partitions: [
      { topic: 't', partition: 0, committedOffset: 4, startOffset: 0, endOffset: 9, lagRecords: 5, memberId: null }
    ]
  }
  const history = (): LagHistoryView => {
    const now = Date.now()
    return {
      groupId: 'g',
      fromMs: now - 900_000,
      toMs: now,
      atMs: [now - 2000, now - 1000],
      total: [9, 1234],
      written: [null, 80.4],
      read: [null, 70],
      partitions: [{ topic: 't', partition: 0, lag: [9, 1234] }]
    }
  }
  const total = (): string => document.querySelector('[data-testid=lag-total]')?.textContent ?? ''

  beforeEach(async () => {
    await show(GroupView, { groupId: 'g' })
    api.push('group:g', group)
    await flushPromises()
  })

  it('does not say that there is none while a broker that could know it does not answer', async () => {
    api.push('cluster', clusterView({ nodes: [nodeView('broker-1'), nodeView('broker-2', 'killed')] }))
    api.push('group:g', null)
    await flushPromises()
    expect(shownText()).toContain('Nothing is known of group')
    expect(shownText()).not.toContain('There is no group')

    api.push('cluster', clusterView())
    await flushPromises()
    expect(shownText()).toContain('There is no group')
  })

  it('shows the sum of the partitions until the series is there, then its newest sample', async () => {
    expect(total()).toBe('5')

    const loaded = history()
    api.last('group.lag').resolve(loaded)
    await flushPromises()
    expect(total()).toBe('1\u2009234')
    expect(shownText()).toMatch(/Written\s*80 \/s\s*Read\s*70 \/s/)

    api.push('lag:g', { groupId: 'g', atMs: loaded.toMs, total: null, written: null, read: null, partitions: [] })
    await flushPromises()
    expect(total()).toBe('—')
    expect(shownText()).toMatch(/Written\s*— \s*Read\s*—/)
  })

  it('says in Korean, too, that nobody reads its partitions when it has no member', async () => {
    const members = [{ memberId: 'm', clientId: 'c', clientHost: 'h', groupInstanceId: null, partitions: [] }]
    await show(GroupFigures, { group, history: undefined }, 'ko')
    expect(shownText()).toMatch(/멤버\s*0 \(파티션 1개에 담당 멤버 없음\)/)

    await show(GroupFigures, { group: { ...group, members }, history: undefined }, 'ko')
    expect(shownText()).toMatch(/멤버\s*1 \(대상 파티션 1개\)/)
  })

  it('says in words what the chart draws, and shows the same samples as a table', async () => {
    api.last('group.lag').resolve(history())
    await flushPromises()
    const chart = document.querySelector('[data-testid=lag-chart] canvas')
    expect(chart?.getAttribute('role')).toBe('img')
    expect(chart?.getAttribute('aria-label')).toMatch(
      /Lag of g from .*: 9 records at first, 1\u2009234 now, 1\u2009234 at most\./
    )

    one('button', 'Show as table').click()
    await flushPromises()

    expect(one('table', 'Lag of the group over time').textContent).toContain('1\u2009234')
  })

  it('draws the partitions that were known when the total never was', async () => {
    const partitions = [{ topic: 't', partition: 0, lag: [9, null] }]
    api.last('group.lag').resolve({ ...history(), total: [null, null], partitions })
    await flushPromises()

    expect(document.querySelector('[data-testid=lag-chart] canvas')).toBeTruthy()
    expect(document.querySelector('.legend')?.textContent).toContain('t-0—')
    expect(shownText()).not.toContain('Nothing known in this range')
  })

  it('says that nothing is known rather than drawing a zero', async () => {
    const loaded = history()
    api.last('group.lag').resolve({ ...loaded, total: [null, null], partitions: [] })
    await flushPromises()

    expect(shownText()).toContain('Nothing known in this range')
    expect(total()).toBe('—')
  })
})
