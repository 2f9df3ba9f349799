import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { GroupRow } from '@api/views'
import AppDialogs from '@/components/shell/AppDialogs.vue'
import { useClusterStore } from '@/stores/cluster'
import { useDialogsStore } from '@/stores/dialogs'
import { useRouteStore } from '@/stores/route'
import type { FakeApi } from '../../support/fake-api'
import { show, shownText, useFakeHost } from '../../support/mount'
import { clusterView, NOW_MS } from '../../support/views'

const group = (groupId: string): GroupRow => ({
  groupId,
  state: 'Stable',
  protocol: 'range',
  memberCount: 1,
  topics: [],
  lagRecords: 0,
  lagUnknown: null,
  isBehind: false,
  coordinatorId: 1
})

let api: FakeApi
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  api = useFakeHost()
  useClusterStore()
  api.push('cluster', clusterView())
  await show(AppDialogs)
  useDialogsStore().open({ type: 'palette' })
  await flushPromises()
})
afterEach(() => vi.useRealTimers())

function field(): HTMLInputElement {
  const input = document.querySelector<HTMLInputElement>('.palette input')
  if (input === null) throw new Error('no palette')
  return input
}
async function type(text: string): Promise<void> {
  field().value = text
  field().dispatchEvent(new Event('input', { bubbles: true }))
  await flushPromises()
}
async function press(key: string): Promise<void> {
  field().dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
  await flushPromises()
}
const enter = (): Promise<void> => press('Enter')
async function hear(...groups: readonly string[]): Promise<void> {
  api.push('groups', { observedAtMs: NOW_MS, groups: groups.map(group) })
  api.push('topics', { observedAtMs: NOW_MS, topics: [] })
  api.push('workloads', { rows: [], scenes: [], problem: null } as never)
  await flushPromises()
}

describe('Enter in the palette', () => {
  it('waits for lists that are on their way', async () => {
    await type('billing')
    await enter()
    expect(document.querySelector('.palette')).not.toBeNull()

    await hear('billing', 'audit')

    expect(useRouteStore().route).toMatchObject({ section: 'groups', subject: 'billing' })
    expect(document.querySelector('.palette')).toBeNull()
  })

  it('means what is shown when they do not come', async () => {
    await type('settings')
    await enter()
    expect(useRouteStore().route.section).not.toBe('settings')

    await vi.advanceTimersByTimeAsync(2_000)

    expect(useRouteStore().route.section).toBe('settings')
  })

  it('means what arrows have marked, whatever is on its way', async () => {
    await type('screen')
    const marked = (): string | undefined => document.querySelector('.palette [data-highlighted]')?.textContent
    const before = marked()
    await press('ArrowDown')
    expect(marked()).not.toBe(before)
    const chosen = marked() ?? ''

    await enter()

    expect(document.querySelector('.palette')).toBeNull()
    expect(chosen.toLowerCase()).toContain(useRouteStore().route.section)
  })

  it('is forgotten when typing goes on', async () => {
    await type('billing')
    await enter()
    await type('billing-')

    await hear('billing', 'billing-2')

    expect(document.querySelector('.palette')).not.toBeNull()
    expect(shownText()).toContain('billing-2')
  })

  it('means the first one, also when what was marked has gone meanwhile', async () => {
    await hear('billing', 'billing-2')
    await type('billing')
    await hear('billing-2')

    await enter()

    expect(useRouteStore().route).toMatchObject({ section: 'groups', subject: 'billing-2' })
  })

  it('says that nothing was found, and stays', async () => {
    await hear('billing')
    await type('no such thing')
    await enter()
    expect(document.querySelector('.palette')).not.toBeNull()
  })
})

describe('the palette of a cluster that does not run', () => {
  const known = {
    id: 'lab',
    name: 'lab',
    dir: '/labs/lab',
    health: null,
    brokers: 1,
    brokerPorts: [9092],
    ensemblePorts: [2181],
    processes: null,
    pid: null,
    problem: null,
    progress: null
  }
  const told = async (state: 'running' | 'stopped'): Promise<void> => {
    const clusters = [{ ...known, state }]
    api.push('clusters', { current: 'lab', clusters, leftOut: 0, root: '/labs', newBrokers: 3, host: null })
    await flushPromises()
  }

  it('offers to stop no workloads, whatever was known of them last', async () => {
    api.push('workloads', { workloads: [{ name: 'demo-in', pid: 7 }], scenes: [] } as never)
    await told('running')
    // Of nodes and clusters there is a stop, too: it says of what.
    await type('stop all')
    expect(shownText()).toContain('Stop all workloads')

    await told('stopped')

    expect(shownText()).not.toContain('Stop all')
  })
})
