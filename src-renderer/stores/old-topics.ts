/**
 * Topics from before there were replicas, which Overview offers to raise. That somebody put the offer away is remembered in the
 * browser, by the cluster's folder.
 */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { useClusterStore } from './cluster'

const KEY = 'lagoon.oldTopics'
/** Folders that are remembered; the oldest go. */
const CLUSTERS_MAX = 50

/** Anything that cannot be read is nothing. */
export function readFolders(text: string | null): readonly string[] {
  if (text === null) return []
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
  } catch {
    return [] // not ours, or of another version
  }
}

export const useOldTopicsStore = defineStore('oldTopics', () => {
  const cluster = useClusterStore()
  const away = ref(readFolders(window.localStorage.getItem(KEY)))

  /** undefined: there are none, nobody knows, or the offer was put away. */
  const offer = computed(() => {
    const { view } = cluster
    return view === null || away.value.includes(view.dataDir) ? undefined : view.oldTopics
  })
  const putAway = (): void => {
    const dir = cluster.view?.dataDir
    if (dir === undefined) return
    away.value = [...away.value.filter((one) => one !== dir).slice(1 - CLUSTERS_MAX), dir]
    window.localStorage.setItem(KEY, JSON.stringify(away.value))
  }

  return { offer, putAway }
})
