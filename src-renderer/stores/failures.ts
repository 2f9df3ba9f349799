/** Faults of links, disks and clocks, and storms of restarts: those that there are, and what is done to them. */
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { AskedFault, FaultView, StormView } from '@api/faults'
import { useClusterStore } from './cluster'
import { host } from './host'
import { useNodesStore } from './nodes'
import { useNoticesStore } from './notices'

export const useFailuresStore = defineStore('failures', () => {
  const cluster = useClusterStore()
  const nodes = useNodesStore()
  const notices = useNoticesStore()
  /** Ids of faults that are being healed. */
  const healing = shallowRef<ReadonlySet<string>>(new Set())
  const isAdding = shallowRef(false)

  const faults = computed<readonly FaultView[]>(() => cluster.view?.faults ?? [])
  const storms = computed<readonly StormView[]>(() => cluster.view?.storms ?? [])
  const isStormy = (node: string): boolean => storms.value.some((storm) => storm.node === node)
  const paused = computed(() => cluster.nodes.filter(({ state }) => state === 'paused').map(({ name }) => name))
  const canHeal = computed(
    () => faults.value.length + storms.value.length + paused.value.length + nodes.down.length > 0
  )

  const add = async (fault: AskedFault): Promise<void> => {
    isAdding.value = true
    try {
      await host().call('fault.add', fault)
    } catch (cause) {
      notices.failed('fault.add', fault.node, cause, { type: 'faultCost', fault })
    } finally {
      isAdding.value = false
    }
  }

  const heal = async (id: string): Promise<void> => {
    if (healing.value.has(id)) return
    healing.value = new Set([...healing.value, id])
    try {
      await host().call('fault.heal', { id })
    } catch (cause) {
      notices.failed('fault.heal', id, cause)
    } finally {
      healing.value = new Set([...healing.value].filter((one) => one !== id))
    }
  }

  /** Faults and storms first, since what starts or goes on would meet them; then what stands still, then what is down. */
  const healAll = async (): Promise<void> => {
    if (faults.value.length + storms.value.length > 0) {
      try {
        await host().call('fault.heal', {})
      } catch (cause) {
        notices.failed('fault.heal', '', cause)
      }
    }
    await Promise.all(paused.value.map((name) => nodes.run('resume', name)))
    await nodes.startAll()
  }

  return { faults, storms, isStormy, paused, canHeal, healing, isAdding, add, heal, healAll }
})
