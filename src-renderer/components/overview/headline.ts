/** What a cluster's state means, in one headline: never one of the reasons, which stand below it with their causes. Pure. */
import type { BrokerStatsView, ClusterView } from '@api/views'
import { isServing, nodeLevel } from '@/composables/node-level'

export interface Headline {
  readonly key: string
  readonly named: Readonly<Record<string, number>>
}

export function headlineOf(view: ClusterView): Headline {
  const stats = new Map<string, BrokerStatsView>(view.brokers.map((one) => [one.name, one]))
  const brokers = view.nodes.filter(({ role }) => role === 'broker')
  const running = brokers.filter((node) => isServing(nodeLevel(node, stats.get(node.name)))).length
  const has = (code: ClusterView['reasons'][number]['code']): boolean =>
    view.reasons.some((reason) => reason.code === code && reason.level === 'critical')
  const headline = (key: string): Headline => ({ key: `verdict.${key}`, named: { running, all: brokers.length } })

  if (view.health === 'healthy') return headline(view.topicCount === 0 ? 'empty' : 'healthy')
  if (view.health === 'unknown') return headline('unknown')
  if (view.health === 'critical' && running === 0 && brokers.length > 0) return headline('noBroker')
  if (has('quorumLost') || has('noEnsembleLeader') || has('noController')) return headline('unchangeable')
  if (has('partitionsOffline')) return headline('offline')
  return headline(view.health === 'degraded' && running < brokers.length ? 'brokersMissing' : view.health)
}
