/** The clusters of this machine: which there are, which one the page looks at, and what is done to them as wholes. */
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { ClusterProblem, ClusterState, FolderSize, KnownCluster, NewCluster } from '@api/clusters'
import type { CommandOutput } from '@api/commands'
import { host } from './host'
import { useNoticesStore } from './notices'
import { createWatched } from './watched'

/** States in which somebody runs it. */
const RUNS: readonly ClusterState[] = ['starting', 'running', 'stopping', 'elsewhere']
export const isRunning = ({ state }: KnownCluster): boolean => RUNS.includes(state)

/** The page of a cluster. A whole new page, so that nothing of one is ever shown with another. */
export const addressOf = (id: string, hash = '#/overview'): string => `?cluster=${id}${hash}`

export const useClustersStore = defineStore('clusters', () => {
  const notices = useNoticesStore()
  const watched = createWatched('clusters')
  watched.hold()
  const { view } = watched
  const sizes = shallowRef<Readonly<Record<string, FolderSize>>>()
  /** Asked for, and not answered yet. */
  const asked = shallowRef<ReadonlySet<string>>(new Set())

  const all = computed<readonly KnownCluster[]>(() => view.value?.clusters ?? [])
  const byId = (id: string): KnownCluster | undefined => all.value.find((one) => one.id === id)
  const current = computed(() => byId(view.value?.current ?? ''))
  /** The one that is looked at does not run, or is not known any more. */
  const isDown = computed(() => view.value !== undefined && (current.value === undefined || !isRunning(current.value)))
  /** Those that end with the app. */
  const here = computed(() => all.value.filter(({ processes }) => processes !== null))

  const enter = (id: string, hash?: string): void => {
    if (id === view.value?.current) window.location.hash = hash ?? '#/overview'
    else window.location.assign(addressOf(id, hash))
  }
  const openWindow = async (id: string, isInApp: boolean): Promise<void> => {
    if (!isInApp) window.open(addressOf(id))
    else await during(id, 'cluster.openWindow', () => host().call('app.openWindow', { id }))
  }

  const during = async (id: string, what: string, work: () => Promise<unknown>): Promise<boolean> => {
    if (asked.value.has(id)) return false
    const name = byId(id)?.name ?? ''
    asked.value = new Set([...asked.value, id])
    try {
      await work()
      return true
    } catch (cause) {
      notices.failed(what, name, cause)
      return false
    } finally {
      asked.value = new Set([...asked.value].filter((one) => one !== id))
    }
  }
  const start = (id: string): Promise<boolean> =>
    during(id, 'cluster.start', () => host().call('clusters.start', { id }))
  const forget = async (id: string): Promise<void> => {
    const cluster = byId(id)
    const isDone = await during(id, 'cluster.forget', () => host().call('clusters.forget', { id }))
    if (isDone && cluster !== undefined) notices.add('clusterForgotten', cluster.name)
  }
  let isMeasuring = false
  /** One walk over the folders at a time, however long it takes. */
  const readSizes = async (): Promise<void> => {
    if (isMeasuring) return
    isMeasuring = true
    try {
      sizes.value = (await host().call('clusters.sizes', {})).sizes
    } catch {
      // A lost connection, which the page tells of itself: until it is asked again they are not known.
      sizes.value = undefined
    } finally {
      isMeasuring = false
    }
  }
  const setNewBrokers = async (newBrokers: number): Promise<void> => {
    await during('', 'settings', () => host().call('clusters.set', { newBrokers }))
  }
  const keepHistory = async (days: number): Promise<void> => {
    await during('', 'settings', () => host().call('cluster.keepHistory', { days }))
  }

  /** These answer to a dialog, which shows their error. */
  const check = (asks: NewCluster): Promise<CommandOutput<'clusters.check'>> => host().call('clusters.check', asks)
  const checkFolder = (id: string, to: string): Promise<{ dir: string; problems: readonly ClusterProblem[] }> =>
    host().call('clusters.checkFolder', { id, to })
  const create = async (asks: NewCluster): Promise<string> => (await host().call('clusters.create', asks)).id
  const stop = (id: string): Promise<unknown> => host().call('clusters.stop', { id })
  const remove = (id: string, name: string): Promise<CommandOutput<'clusters.delete'>> =>
    host().call('clusters.delete', { id, name })
  const reset = (id: string, name: string): Promise<unknown> => host().call('clusters.reset', { id, name })
  const move = (id: string, to: string): Promise<CommandOutput<'clusters.move'>> =>
    host().call('clusters.move', { id, to })

  return {
    view,
    all,
    byId,
    current,
    isDown,
    here,
    sizes,
    asked,
    enter,
    openWindow,
    start,
    forget,
    readSizes,
    setNewBrokers,
    keepHistory,
    check,
    checkFolder,
    create,
    stop,
    remove,
    reset,
    move
  }
})
