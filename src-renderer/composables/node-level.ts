/** What a node's state means for the eye: the level of its mark. Healthy ones show none. */
import type { BrokerStatsView, HealthLevel, NodeState, NodeView } from '@api/views'

const LEVELS = {
  starting: 'recovering',
  running: 'healthy',
  paused: 'critical',
  stopping: 'recovering',
  stopped: 'stopped',
  killed: 'critical',
  crashed: 'critical',
  failed: 'critical'
} as const satisfies Record<NodeState, HealthLevel>

/** A broker that runs but is not registered serves nobody yet. */
export function nodeLevel(node: NodeView, stats: BrokerStatsView | undefined): HealthLevel {
  if (node.state === 'running' && stats?.isSilent === true) return 'critical'
  if (node.state === 'running' && stats?.registered === false) return 'recovering'
  if (node.state === 'running' && (node.isDiskFull === true || node.offlineLogs !== undefined)) return 'degraded'
  return LEVELS[node.state]
}

/** With a full disk it still answers those that read; without some of its logs, all others. */
export const isServing = (level: HealthLevel): boolean => level === 'healthy' || level === 'degraded'

const DOWN: readonly NodeState[] = ['stopped', 'killed', 'crashed', 'failed']
export const isDown = (node: NodeView): boolean => DOWN.includes(node.state)

/** Marks of nodes from worst to best: several of them have one. */
const BADNESS: readonly HealthLevel[] = ['critical', 'degraded', 'recovering', 'stopped', 'unknown', 'healthy']
export function worstLevel(levels: readonly HealthLevel[]): HealthLevel {
  return BADNESS.find((level) => levels.includes(level)) ?? 'healthy'
}
