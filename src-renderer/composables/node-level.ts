/** What a node's state means for the eye: the level of its mark. Healthy ones show none. */
import type { BrokerStatsView, HealthLevel, NodeState, NodeView } from '@api/views'

const LEVELS = {
  starting: 'recovering',
  running: 'healthy',
  stopping: 'recovering',
  stopped: 'stopped',
  killed: 'critical',
  crashed: 'critical',
  failed: 'critical'
} as const satisfies Record<NodeState, HealthLevel>

/** A broker that runs but is not registered serves nobody yet. */
export function nodeLevel(node: NodeView, stats: BrokerStatsView | undefined): HealthLevel {
  if (node.state === 'running' && stats?.registered === false) return 'recovering'
  return LEVELS[node.state]
}

const DOWN: readonly NodeState[] = ['stopped', 'killed', 'crashed', 'failed']
export const isDown = (node: NodeView): boolean => DOWN.includes(node.state)
