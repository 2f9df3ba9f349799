/**
 * The three steps of a new user: a topic, a client of their own, a broker killed. What was done stays done over restarts of
 * page and cluster, since it is kept in the browser, by the cluster's folder; so is that somebody put the steps away.
 */
import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { useClusterStore } from './cluster'
import { useEventsStore } from './events'

export const FIRST_STEPS = ['topic', 'client', 'kill'] as const
export type FirstStep = (typeof FIRST_STEPS)[number]

const KEY = 'lagoon.firstSteps'
const AWAY = 'away'
/** Folders whose steps are remembered; the oldest go. */
const CLUSTERS_MAX = 50

/** By folder: what was done there. Anything that cannot be read is nothing. */
export function readDone(text: string | null): Record<string, readonly string[]> {
  if (text === null) return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return {}
    return Object.fromEntries(Object.entries(value).filter(([, steps]) => Array.isArray(steps)))
  } catch {
    return {} // not ours, or of another version
  }
}

export const useFirstStepsStore = defineStore('firstSteps', () => {
  const cluster = useClusterStore()
  const events = useEventsStore()
  const all = ref(readDone(window.localStorage.getItem(KEY)))

  const dir = computed(() => cluster.view?.dataDir)
  const done = computed(() => new Set(dir.value === undefined ? [] : all.value[dir.value]))

  const mark = (step: string): void => {
    if (dir.value === undefined || done.value.has(step)) return
    const others = Object.entries(all.value).filter(([name]) => name !== dir.value)
    all.value = Object.fromEntries([...others.slice(1 - CLUSTERS_MAX), [dir.value, [...done.value, step]]])
    window.localStorage.setItem(KEY, JSON.stringify(all.value))
  }
  watch(
    [() => cluster.view, () => events.events] as const,
    ([view, list]) => {
      if ((view?.topicCount ?? 0) > 0) mark('topic')
      if ((view?.groupCount ?? 0) > 0) mark('client')
      if (list.some(({ code }) => code === 'nodeKilled')) mark('kill')
    },
    { immediate: true }
  )

  /** A cluster that cannot be read does not say that there is no topic: what is not known is not taken for not done. */
  const isKnown = (step: FirstStep): boolean => {
    if (step === 'kill') return events.hasArrived
    return typeof cluster.view?.[step === 'topic' ? 'topicCount' : 'groupCount'] === 'number'
  }
  /** undefined when all is done, was put away, or it is not known whether it was done. */
  const next = computed<FirstStep | undefined>(() => {
    if (dir.value === undefined || done.value.has(AWAY)) return undefined
    const step = FIRST_STEPS.find((one) => !done.value.has(one))
    return step !== undefined && isKnown(step) ? step : undefined
  })
  const isDone = (step: FirstStep): boolean => done.value.has(step)
  const putAway = (): void => mark(AWAY)

  return { next, isDone, putAway }
})
