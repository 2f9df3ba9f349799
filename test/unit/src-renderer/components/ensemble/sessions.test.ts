import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { flushPromises } from '@vue/test-utils'
import { ApiError } from '@api/api'
import { SESSION_ROWS_MAX } from '@api/sessions'
import type { NodeState } from '@api/views'
import { useRouteStore } from '@/stores/route'
import EnsembleView from '@/views/EnsembleView.vue'
import { fakeEnsemble, fakeSessions, fakeWatchedPaths, fakeWatchers } from '../../../../support/fake-ensemble'
import { byRole, one, show, shownText, useFakeHost } from '../../support/mount'
import { clusterView, nodeView } from '../../support/views'

beforeEach(
  () =>
    void vi.useFakeTimers({
      shouldAdvanceTime: true,
      toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval']
    })
)
afterEach(() => void vi.useRealTimers())

const states: readonly NodeState[] = ['running', 'running', 'killed']
const nodes = states.map((state, i) => ({ ...nodeView(`ensemble-${i + 1}`, state), port: 2181 + i }))
const press = async (key: string): Promise<void> => {
  document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
  await flushPromises()
}
const shownAs = (): string | null | undefined => document.querySelector('[data-testid=shown]')?.textContent
const plain = (text: string | null | undefined): string => (text ?? '').replace(/[\u2066-\u2069\u2009]/g, '')

async function shown(page: 'sessions' | 'watches' | undefined) {
  const api = useFakeHost()
  if (page !== undefined) useRouteStore().go('ensemble', page)
  await show(EnsembleView)
  api.push('cluster', clusterView({ nodes: [nodeView('broker-1'), ...nodes] }))
  api.push('ensemble', fakeEnsemble(nodes, Date.now()))
  await flushPromises()
  return api
}
const filter = async (text: string): Promise<void> => {
  const input = document.querySelector<HTMLInputElement>('.filter input')
  if (input === null) throw new Error('no filter')
  input.value = text
  input.dispatchEvent(new Event('input'))
  await vi.advanceTimersByTimeAsync(300)
}

describe('the tabs of the ensemble', () => {
  it('say how many sessions and watches there are, and are walked with the arrow keys', async () => {
    await shown(undefined)
    expect(byRole('tab', '').map((tab) => plain(tab.textContent).trim())).toEqual([
      'Members',
      'Sessions 10004',
      'Watches 41'
    ])

    one('tab', 'Members').focus()
    await press('ArrowRight')

    expect(useRouteStore().route.subject).toBe('sessions')
    expect(one('tab', 'Sessions').getAttribute('aria-selected')).toBe('true')
    await press('ArrowRight')
    expect(useRouteStore().route.subject).toBe('watches')
    await press('Home')
    expect(useRouteStore().route.subject).toBeUndefined()
  })
})

describe('sessions', () => {
  it('are asked for by pages, with their owner, member and what is known of them', async () => {
    const api = await shown('sessions')
    expect(api.last('session.list').input).toEqual({ limit: 200 })
    // A longer table shows only the rows that there is room for, and here is none.
    api.last('session.list').resolve(fakeSessions(nodes, { limit: 50 }, Date.now()))
    await flushPromises()

    const rows = [...document.querySelectorAll('tbody tr')].map((row) => plain(row.textContent).replace(/\s+/g, ' '))
    expect(rows[0]).toContain('Broker 1127.0.0.1:400000x3000a41c7d30000Ensemble 1180002')
    expect(document.querySelector('tbody a')?.getAttribute('href')).toBe('#/brokers/broker-1')
    expect(rows[3]).toContain('Lagoon')
    // Its client is connected nowhere: that is no address of ours, and not an empty one.
    expect(rows[6]).toContain('—0x3000a41c7d3002aNot connected')
    expect(plain(shownAs())).toBe('50 of 10004 sessions are shown')
    expect(plain(shownText())).toContain('Ensemble 3 tells nothing: what only it knows is missing')
  })

  it('grow by a page on demand up to a bound, and are filtered by the host beyond', async () => {
    const api = await shown('sessions')
    const answer = async (): Promise<void> => {
      const { input } = api.last('session.list')
      api.last('session.list').resolve(fakeSessions(nodes, input as { limit: number }, Date.now()))
      await flushPromises()
    }
    await answer()
    for (let rows = 200; rows < SESSION_ROWS_MAX; rows += 200) {
      one('button', 'Show more').click()
      await flushPromises()
      // What was there stays until more is.
      expect(plain(shownAs())).toContain(`${rows} of`)
      expect(api.last('session.list').input).toEqual({ limit: rows + 200 })
      await answer()
    }
    expect(byRole('button', 'Show more')).toEqual([])
    expect(shownText()).toContain('To see others, filter')

    await filter(' 0x3000a41c7d30000 ')
    expect(api.last('session.list').input).toEqual({ limit: SESSION_ROWS_MAX, contains: '0x3000a41c7d30000' })
    api.last('session.list').resolve(fakeSessions(nodes, { contains: '0x3000a41c7d30000' }, Date.now()))
    await flushPromises()

    expect(plain(shownAs())).toBe('1 of 1 that match are shown; 10004 sessions')
  })

  it('say which member tells nothing of its own', async () => {
    const api = await shown('sessions')
    const told = fakeSessions(nodes, {}, Date.now())
    api.last('session.list').resolve({ ...told, silent: ['127.0.0.1:2183', '127.0.0.1:9999'] })
    await flushPromises()

    expect(document.querySelector('[data-testid=silent]')?.textContent).toContain('Ensemble 3, 127.0.0.1:9999 tell')
  })

  it('are not said to be none when nobody tells, nor when nothing matches', async () => {
    const api = await shown('sessions')
    const silent = { sessions: [], total: 0, matching: 0, silent: ['127.0.0.1:2181'], isCut: false }
    api.last('session.list').resolve(silent)
    await flushPromises()
    expect(shownText()).toContain('No member of the ensemble tells anything')

    await filter('x')
    api.last('session.list').resolve({ ...silent, total: 9, silent: [] })
    await flushPromises()
    expect(shownText()).toContain('Nothing matches the filter')
    byRole('button', 'Clear').at(-1)?.click()
    await vi.advanceTimersByTimeAsync(300)
    api.last('session.list').reject(new ApiError({ code: 'NOT_RUNNING', message: 'The monitor is not running.' }))
    await flushPromises()

    expect(shownText()).toContain('No member of the ensemble tells anything')
  })

  it('are asked for again while the tab is open, and no more when it is left', async () => {
    const api = await shown('sessions')
    const asked = (): number => api.calls.filter(({ name }) => name === 'session.list').length
    api.last('session.list').resolve(fakeSessions(nodes, { limit: 200 }, Date.now()))
    await flushPromises()
    await vi.advanceTimersByTimeAsync(2_100)
    expect(asked()).toBe(2)
    api.last('session.list').resolve(fakeSessions(nodes, { limit: 200 }, Date.now()))
    await flushPromises()

    useRouteStore().go('ensemble')
    await flushPromises()
    expect(document.querySelector('[data-testid=shown]')).toBeNull()
    await vi.advanceTimersByTimeAsync(5_000)

    expect(asked()).toBe(2)
  })
})

describe('watches', () => {
  it('are told by path, which opens its znode, with who waits', async () => {
    const api = await shown('watches')
    api.last('watch.paths').resolve(fakeWatchedPaths(nodes, { limit: 200 }))
    await flushPromises()

    const row = one('row', '/app/locks')
    expect(row.querySelector('a')?.getAttribute('href')).toBe('#/ensemble/%2Fapp%2Flocks')
    expect(plain(row.textContent)).toContain('9990')
    expect(plain(row.textContent)).toContain('and 9985 more')
    expect(plain(shownAs())).toBe('11 paths are watched')
  })

  it('are told by session, too', async () => {
    const api = await shown('watches')
    api.last('watch.paths').resolve(fakeWatchedPaths(nodes, { limit: 200 }))
    await flushPromises()
    one('radio', 'By path').focus()
    await press('ArrowRight')
    expect(document.activeElement).toBe(one('radio', 'By session'))
    // What is shown of paths is nothing about sessions.
    expect(document.querySelector('[data-testid=shown]')).toBeNull()
    api.last('watch.sessions').resolve(fakeWatchers(nodes, { limit: 50 }))
    await flushPromises()

    const [first] = document.querySelectorAll('tbody tr')
    expect(plain(first?.textContent)).toContain('Broker 1')
    expect(plain(first?.textContent)).toContain('and 5 more')
    expect(plain(shownAs())).toBe('50 of 10004 sessions that watch are shown')
  })
})
