/** How a cluster of this machine is, as a mark and in words. */
import type { HealthLevel } from '@api/views'
import type { KnownCluster } from '@api/clusters'
import { integer } from '@/format'
import type { Text } from './use-text'

/** Of one that another process runs only that process knows. */
export function clusterLevel({ state, health }: KnownCluster): HealthLevel {
  switch (state) {
    case 'running':
      return health ?? 'unknown'
    case 'starting':
    case 'stopping':
    case 'busy':
      return 'recovering'
    case 'stopped':
      return 'stopped'
    case 'newer':
    case 'damaged':
    case 'denied':
      return 'degraded'
    default:
      return 'unknown'
  }
}

export function clusterWord({ t, levelWord }: Pick<Text, 't' | 'levelWord'>, cluster: KnownCluster): string {
  const { state, health, pid, processes } = cluster
  if (state === 'running') return levelWord(health ?? 'unknown')
  if (state === 'stopping' && processes !== null)
    return t('clusters.state.stoppingOf', { left: integer(processes.running), all: integer(processes.all) })
  return t(`clusters.state.${state}`, { pid: String(pid ?? '') })
}

/** `9092–9094`, or each where they do not follow each other. */
export function portRange(ports: readonly number[]): string {
  const [first, ...more] = ports
  if (first === undefined) return ''
  const last = more.at(-1) ?? first
  if (last - first === more.length && more.length > 0) return `${first}–${last}`
  return ports.join(', ')
}
