import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import OverviewView from '@/views/OverviewView.vue'
import type { ClusterView, ReasonView } from '@api/views'
import type { FakeApi } from '../../support/fake-api'
import { byRole, one, show, shownText, useFakeHost } from '../../support/mount'
import { clusterView, nodeView, NOW_MS, statsView } from '../../support/views'

let api: FakeApi
beforeEach(() => {
  api = useFakeHost()
})

const offline: ReasonView = {
  code: 'partitionsOffline',
  level: 'critical',
  sinceMs: NOW_MS,
  node: 'broker-2',
  count: 4,
  sample: ['orders-1', 'orders-3']
}
const broken = clusterView({
  health: 'critical',
  reasons: [offline],
  leaderlessPartitions: 4,
  nodes: [nodeView('broker-1'), nodeView('broker-2', 'killed'), nodeView('ensemble-1')],
  brokers: [
    statsView('broker-1'),
    statsView('broker-2', { leaders: 0, bytesInPerSecond: null, bytesOutPerSecond: null })
  ]
})

const figure = (name: string): string => {
  const value = [...document.querySelectorAll('dt')].find((term) => term.textContent === name)?.nextElementSibling
  return [...(value?.children ?? [])]
    .map((part) => part.textContent.trim())
    .filter((text) => text !== '')
    .join(' ')
}

describe('the overview', () => {
  it('shows a skeleton before the first view', async () => {
    await show(OverviewView)

    expect(one('status', 'Loading')).toBeTruthy()
  })

  it('names what broke, where, and offers the way to its cause', async () => {
    await show(OverviewView)
    api.push('cluster', broken)
    await flushPromises()

    expect(document.querySelector('[data-testid=verdict]')?.textContent).toContain('4 partitions have no leader')
    expect(shownText()).toContain('orders-1, orders-3 and 2 more; the only replica is on broker 2')
    one('button', 'Start broker 2').click()
    expect(api.last('node.start').input).toEqual({ node: 'broker-2' })
  })

  it('says what is not noticed yet beside all that it makes untrue', async () => {
    await show(OverviewView)
    const down: ReasonView = {
      code: 'brokerDown',
      level: 'critical',
      sinceMs: NOW_MS,
      node: 'broker-2',
      count: 5,
      sample: []
    }
    const brokers = [statsView('broker-1'), statsView('broker-2')]
    api.push('cluster', { ...broken, reasons: [down], leaderlessPartitions: 0, brokers })
    await flushPromises()

    expect(document.querySelector('[data-testid=verdict]')?.textContent).toContain('in up to 5 s')
    expect(document.querySelector('.partitions')?.textContent).toContain('its session ends in up to 5 s')
    expect(one('row', /^Broker 2/).textContent).toContain('Killed, not noticed yet')

    api.push('cluster', { ...broken, brokers: [statsView('broker-1'), statsView('broker-2', { registered: false })] })
    await flushPromises()
    expect(document.querySelector('.partitions')?.textContent).not.toContain('session')
    expect(one('row', /^Broker 2/).textContent).not.toContain('noticed')
  })

  it('starts all that is down at once, the ensemble first', async () => {
    await show(OverviewView)
    api.push('cluster', broken)
    await flushPromises()
    expect(byRole('button', /Start all/)).toEqual([])

    const nodes = ['broker-1', 'broker-2', 'ensemble-1'].map((name) => nodeView(name, 'killed'))
    api.push('cluster', { ...broken, nodes })
    await flushPromises()
    one('button', 'Start all 3').click()
    expect(api.calls.filter(({ name }) => name === 'node.start').map(({ input }) => input)).toEqual([
      { node: 'ensemble-1' }
    ])
    api.last('node.start').resolve(nodeView('ensemble-1'))
    await flushPromises()
    expect(api.calls.filter(({ name }) => name === 'node.start').map(({ input }) => input)).toEqual([
      { node: 'ensemble-1' },
      { node: 'broker-1' },
      { node: 'broker-2' }
    ])
  })

  it('explains what behind means where the word stands', async () => {
    await show(OverviewView)
    api.push('cluster', clusterView({ groupCount: 3, groupsBehind: 1 }))
    await flushPromises()
    one('button', 'Groups behind').focus()
    await vi.waitFor(() => expect(shownText()).toContain('A group is behind when its lag'))
  })

  it('has a headline that is none of its reasons', async () => {
    await show(OverviewView)
    api.push('cluster', broken)
    await flushPromises()

    expect(document.querySelector('[data-testid=verdict] h2')?.textContent).toContain(
      'Part of the data is out of reach'
    )
  })

  it('does not name one of three brokers that are down', async () => {
    const down = ['broker-1', 'broker-2', 'broker-3'].map((name) => nodeView(name, 'killed'))
    await show(OverviewView)
    api.push('cluster', clusterView({ health: 'critical', nodes: down, reasons: [offline] }))
    await flushPromises()

    expect(document.querySelector('[data-testid=verdict] h2')?.textContent).toContain('No broker can be reached')
  })

  it('gives a broker that hangs one mark everywhere, and does not count it as one that serves', async () => {
    await show(OverviewView)
    api.push(
      'cluster',
      clusterView({
        health: 'degraded',
        reasons: [{ ...offline, code: 'brokerSilent', count: null, sample: [] }],
        brokers: [statsView('broker-1'), statsView('broker-2', { registered: false, isSilent: true })]
      })
    )
    await flushPromises()

    expect(one('row', /^Broker 2/).textContent).toContain('Not answering')
    expect(
      one('row', /^Broker 2/)
        .querySelector('[data-status]')
        ?.getAttribute('data-status')
    ).toBe('critical')
    expect(figure('Brokers')).toBe('1 of 2')
    expect(shownText()).toContain(
      'Broker 2 does not answer: its process runs, but its session with the ensemble has ended'
    )
    expect(document.querySelector('[data-testid=verdict] h2')?.textContent).toContain('1 of 2 brokers serve')
  })

  it('gives no verdict while the host is gone', async () => {
    await show(OverviewView)
    api.push('cluster', clusterView({ health: 'stopped' }))
    api.setConnected(false)
    await flushPromises()

    expect(document.querySelector('[data-testid=verdict] h2')?.textContent).toContain(
      'The state of the cluster is not known'
    )
  })

  it('says of groups behind only what is known', async () => {
    await show(OverviewView)
    const groups = async (rest: Partial<ClusterView>): Promise<string> => {
      api.push('cluster', clusterView(rest))
      await flushPromises()
      return figure('Groups behind').replaceAll('\u2009', ' ')
    }

    expect(await groups({ groupCount: 3, groupsBehind: 2, groupsUnknown: 0 })).toBe('2 of 3')
    expect(await groups({ groupCount: 3, groupsBehind: 1, groupsUnknown: 1 })).toBe('1 of 2 known')
    expect(await groups({ groupCount: 3, groupsBehind: 0, groupsUnknown: 1 })).toBe('0 of 2 known')
    expect(await groups({ groupCount: 3, groupsBehind: 0, groupsUnknown: 3 })).toBe('— of 3')
    expect(await groups({ groupCount: 0, groupsBehind: 0, groupsUnknown: 0 })).toBe('0 of 0')
  })

  it('shows a dash where a dead broker reports nothing', async () => {
    await show(OverviewView)
    api.push('cluster', broken)
    await flushPromises()

    expect(one('row', /^Broker 2/).textContent).toMatch(/Killed.*0.*4.*—.*—/)
  })

  it('shows the bootstrap address to copy', async () => {
    await show(OverviewView)
    api.push('cluster', clusterView())
    await flushPromises()

    expect(document.querySelector('[data-testid=bootstrap]')?.textContent).toBe('127.0.0.1:9092,127.0.0.1:9093')
    expect(one('button', 'Copy bootstrap address')).toBeTruthy()
  })

  it('shows each partition of the worst topics in a strip that leads to the topic', async () => {
    await show(OverviewView)
    api.push('cluster', broken)
    await flushPromises()
    api.push('partitions', {
      observedAtMs: NOW_MS,
      topicCount: 9,
      topics: [
        { name: 'orders', partitionCount: 3, leaderlessPartitions: 2, cells: ['healthy', 'critical', 'critical'] },
        ...Array.from({ length: 8 }, (_, index) => ({
          name: `calm-${index}`,
          partitionCount: 1,
          leaderlessPartitions: 0,
          cells: ['healthy' as const]
        }))
      ]
    })
    await flushPromises()

    expect(one('img', '2 of 3 partitions without a leader').closest('a')?.hash).toBe('#/topics/orders')
    expect(byRole('img', '1 partition, with a leader')).toHaveLength(5)
    expect(one('link', '3 more topics').getAttribute('href')).toBe('#/topics')
  })

  it('leads an empty cluster to its first topic and client', async () => {
    await show(OverviewView)
    api.push('cluster', clusterView({ topicCount: 0, partitionCount: 0, groupCount: 0 }))
    await flushPromises()

    expect(shownText()).toContain('The cluster runs and has no topics yet')
    expect(document.querySelectorAll('[data-testid=bootstrap]')).toHaveLength(1)
    expect(byRole('tab', '').map((tab) => tab.textContent.trim())).toEqual(['kcat', 'Java', 'Python', 'Node'])
  })

  it('says the same in Korean', async () => {
    await show(OverviewView, {}, 'ko')
    api.push('cluster', broken)
    await flushPromises()

    expect(document.querySelector('[data-testid=verdict]')?.textContent).toContain('리더 없는 파티션 4개')
    expect(one('button', '브로커 2 시작')).toBeTruthy()
  })
})
