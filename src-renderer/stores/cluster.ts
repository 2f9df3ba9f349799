/** The cluster view: verdict, nodes, brokers; and the rates of each broker, which the host keeps. */
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { BrokerStatsView, ClusterView, NodeView, OfflineLogView, ReasonView } from '@api/views'
import { mergeRates } from '@/charts/rate-history'
import type { RateHistory } from '@/charts/rate-history'
import { rateUnit } from '@/format'
import type { Unit } from '@/format'
import { host } from './host'

const MEMBER_APART: ReadonlySet<ReasonView['code']> = new Set(['memberCutOff', 'memberCopies'])

export const useClusterStore = defineStore('cluster', () => {
  const view = shallowRef<ClusterView | null>(null)
  const rates = shallowRef<RateHistory>([])

  const unitOfRates = shallowRef<Unit>(rateUnit([]))

  host().watch('cluster', (next) => {
    view.value = next
    unitOfRates.value = rateUnit([next.bytesInPerSecond, next.bytesOutPerSecond], unitOfRates.value)
  })
  host().watch('rates', (arrived) => {
    rates.value = mergeRates(rates.value, arrived)
  })

  const nodes = computed<readonly NodeView[]>(() => view.value?.nodes ?? [])
  const brokerStats = computed(
    () => new Map<string, BrokerStatsView>((view.value?.brokers ?? []).map((stats) => [stats.name, stats]))
  )
  const node = (name: string): NodeView | undefined => nodes.value.find((one) => one.name === name)
  /** Why that member of the ensemble runs and takes no part; undefined when it does, or does not run. */
  const memberApart = (name: string): ReasonView | undefined =>
    view.value?.reasons.find((reason) => MEMBER_APART.has(reason.code) && reason.node === name)

  const offlineLogs = computed(() => {
    const byPlace = new Map<string, OfflineLogView>()
    for (const { id, offlineLogs: known } of nodes.value)
      for (const log of known?.named ?? []) byPlace.set(`${id} ${log.topic}-${log.partition}`, log)
    return byPlace
  })
  /** Why that broker cannot use its log of a partition; undefined when it can. */
  const offlineLog = (topic: string, partition: number, broker: number): OfflineLogView | undefined =>
    offlineLogs.value.size === 0 ? undefined : offlineLogs.value.get(`${broker} ${topic}-${partition}`)

  return { offlineLog, view, rates, unitOfRates, nodes, brokerStats, node, memberApart }
})
