import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@api/api'
import type { ClusterProblem, KnownCluster } from '@api/clusters'
import AppDialogs from '@/components/shell/AppDialogs.vue'
import { isRunning, useClustersStore } from '@/stores/clusters'
import { useDialogsStore } from '@/stores/dialogs'
import { useNoticesStore } from '@/stores/notices'
import type { FakeApi } from '../../support/fake-api'
import { one, show, shownText, useFakeHost } from '../../support/mount'

const cluster = (id: string, more: Partial<KnownCluster> = {}): KnownCluster => ({
  id,
  name: id,
  dir: `/labs/${id}`,
  state: 'running',
  health: 'healthy',
  brokers: 1,
  brokerPorts: [9092],
  ensemblePorts: [2181],
  processes: { running: 2, all: 2 },
  pid: null,
  problem: null,
  progress: null,
  ...more
})
const failure = new ApiError({ code: 'FAILED', message: 'The disk is full.' })

let api: FakeApi
const known = (...clusters: KnownCluster[]): void =>
  api.push('clusters', { current: 'first', clusters, leftOut: 0, root: '/labs', newBrokers: 3, host: null })
beforeEach(() => {
  api = useFakeHost()
})
const told = (): unknown[] =>
  useNoticesStore().notices.map(({ what, subject, level, error }) => [what, subject, level, error?.message])

describe('the clusters of a machine', () => {
  it('are those that the host tells: the one that is looked at, and those that end with the app', () => {
    const clusters = useClustersStore()
    expect([clusters.current, clusters.isDown]).toEqual([undefined, false])

    known(cluster('first'), cluster('second', { state: 'elsewhere', processes: null }))
    expect([clusters.current?.id, clusters.isDown, clusters.here.map(({ id }) => id)]).toEqual([
      'first',
      false,
      ['first']
    ])
    expect(clusters.all.filter(isRunning)).toHaveLength(2)

    known(cluster('first', { state: 'stopped' }))
    expect(clusters.isDown).toBe(true)
    known()
    expect(clusters.isDown).toBe(true)
  })

  it('are started once at a time, and what failed is told once, of the one that it was about', async () => {
    const clusters = useClustersStore()
    known(cluster('first'), cluster('second', { state: 'stopped' }))
    const first = clusters.start('second')
    expect([await clusters.start('second'), [...clusters.asked]]).toEqual([false, ['second']])
    api.last('clusters.start').reject(failure)

    expect([await first, [...clusters.asked]]).toEqual([false, []])
    expect(told()).toEqual([['cluster.start', 'second', 'critical', 'The disk is full.']])
    expect(api.calls.filter(({ name }) => name === 'clusters.start')).toHaveLength(1)
  })

  it('are said to be forgotten when they are, and not when that failed', async () => {
    const clusters = useClustersStore()
    known(cluster('first'), cluster('second'))
    const forgotten = clusters.forget('second')
    api.last('clusters.forget').resolve({})
    await forgotten
    const refused = clusters.forget('first')
    api.last('clusters.forget').reject(failure)
    await refused

    expect(told()).toEqual([
      ['clusterForgotten', 'second', 'healthy', undefined],
      ['cluster.forget', 'first', 'critical', 'The disk is full.']
    ])
  })

  it('are entered on a page of their own; the one that is looked at stays on its page', () => {
    const clusters = useClustersStore()
    known(cluster('first'), cluster('second'))
    clusters.enter('first', '#/lab/cluster')
    expect(window.location.hash).toBe('#/lab/cluster')
  })
})

async function type(id: string, text: string): Promise<void> {
  const field = document.querySelector(id)
  if (!(field instanceof HTMLInputElement)) throw new Error('not a field')
  field.value = text
  field.dispatchEvent(new Event('input'))
  await flushPromises()
}
/** What is typed is checked a moment after the last key. */
async function checkedWith(name: 'clusters.check' | 'clusters.checkFolder', problems: ClusterProblem[]): Promise<void> {
  await vi.advanceTimersByTimeAsync(200)
  api.last(name).resolve({ dir: '/labs/there', problems })
  await flushPromises()
}

describe('the dialog of', () => {
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await show(AppDialogs)
    useClustersStore()
    known(cluster('first'), cluster('second', { state: 'stopped' }))
  })
  afterEach(() => void vi.useRealTimers())

  describe('a new cluster', () => {
    beforeEach(async () => {
      useDialogsStore().open({ type: 'newCluster' })
      await flushPromises()
      await checkedWith('clusters.check', [{ field: 'name', code: 'empty', params: {} }])
    })
    const button = (): HTMLButtonElement => document.querySelector('.dialog-foot .primary') as HTMLButtonElement

    it('says nothing against a name before one was typed, and then what is wrong at its field', async () => {
      expect(shownText()).not.toContain('A cluster needs a name.')
      await type('#cluster-name', 'x/y')
      await checkedWith('clusters.check', [{ field: 'name', code: 'characters', params: {} }])

      expect(document.querySelector('#cluster-name-problem')?.textContent).toContain('A name may have letters')
      expect(document.querySelector('#cluster-name')?.getAttribute('aria-invalid')).toBe('true')
      button().click()
      expect(api.calls.filter(({ name }) => name === 'clusters.create')).toEqual([])
    })

    it('refuses an even number of members with the reason', async () => {
      await type('#cluster-name', 'fine')
      await type('#cluster-members', '4')
      await vi.advanceTimersByTimeAsync(200)
      expect(api.last('clusters.check').input).toMatchObject({ members: 4 })
      api.last('clusters.check').resolve({
        dir: '/labs/fine',
        problems: [{ field: 'members', code: 'even', params: { count: 4, less: 3 } }]
      })
      await flushPromises()

      expect(document.querySelector('#cluster-members-problem')?.textContent.replace(/[\u2066-\u2069]/g, '')).toContain(
        '4 survive no more losses than 3: a write needs more than half of the members'
      )
      expect(button().disabled).toBe(true)
    })

    it('takes no answer about what is no longer typed', async () => {
      await type('#cluster-name', 'x/y')
      await vi.advanceTimersByTimeAsync(200)
      const earlier = api.last('clusters.check')
      await type('#cluster-name', 'fine')
      earlier.resolve({ dir: '/labs/x', problems: [{ field: 'name', code: 'characters', params: {} }] })
      await flushPromises()
      expect(document.querySelector('#cluster-name-problem')).toBeNull()
    })

    it('keeps what was typed and the error when it could not be made, and checks again', async () => {
      await type('#cluster-name', 'fine')
      await checkedWith('clusters.check', [])
      const checks = api.calls.filter(({ name }) => name === 'clusters.check').length
      button().click()
      await flushPromises()
      expect(api.last('clusters.create').input).toMatchObject({
        name: 'fine',
        dir: null,
        brokers: 3,
        members: 3,
        brokerPort: null
      })
      api.last('clusters.create').reject(failure)
      await flushPromises()

      expect(shownText()).toContain('The disk is full.')
      expect((document.querySelector('#cluster-name') as HTMLInputElement).value).toBe('fine')
      expect(api.calls.filter(({ name }) => name === 'clusters.check')).toHaveLength(checks + 1)
    })

    it('tells that it is made, and leads nowhere, when it was closed meanwhile', async () => {
      await type('#cluster-name', 'fine')
      await checkedWith('clusters.check', [])
      button().click()
      await flushPromises()
      useDialogsStore().close()
      api.last('clusters.create').resolve({ id: 'first' })
      await flushPromises()
      expect([told(), window.location.hash]).toEqual([[['clusterCreated', 'fine', 'healthy', undefined]], ''])
    })
  })

  describe('a move', () => {
    beforeEach(async () => {
      useDialogsStore().open({ type: 'moveCluster', id: 'second' })
      await flushPromises()
      await type('#cluster-to', '/disk/second')
    })
    const move = async (): Promise<void> => {
      one('button', /Move/).click()
      await flushPromises()
    }

    it('says what is wrong with the place before it is asked for', async () => {
      await checkedWith('clusters.checkFolder', [{ field: 'dir', code: 'foreign', params: { dir: '/disk/second' } }])
      expect(document.querySelector('#cluster-to-problem')?.textContent).not.toBe('')
      await move()
      expect(api.calls.filter(({ name }) => name === 'clusters.move')).toEqual([])
    })

    it.each([
      [{ kept: [], isDurable: true }, ['clusterMoved', '/disk/second', 'healthy', undefined]],
      [{ kept: ['/labs/second'], isDurable: true }, ['clusterMovedBut', '/labs/second', 'degraded', undefined]],
      [{ kept: ['/labs/second'], isDurable: false }, ['clusterMovedUnsynced', '/labs/second', 'degraded', undefined]]
    ])('says where it is now, and what is left: %j', async (answer, notice) => {
      await checkedWith('clusters.checkFolder', [])
      await move()
      api.last('clusters.move').resolve({ id: 'moved', dir: '/disk/second', ...answer })
      await flushPromises()
      expect([told(), useDialogsStore().dialog]).toEqual([[notice], undefined])
    })

    it('that failed after it was closed is told with its sentence', async () => {
      await checkedWith('clusters.checkFolder', [])
      await move()
      useDialogsStore().close()
      await flushPromises()
      api.last('clusters.move').reject(failure)
      await flushPromises()
      expect(told()).toEqual([['unseen.moveCluster', 'second', 'critical', 'The disk is full.']])
    })
  })
})
