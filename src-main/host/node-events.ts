/** The events of node states, from the states themselves. */
import type { ClusterEvent, EventCode, HealthLevel, NodeState, NodeView } from '../api/views'

const codes: Readonly<Record<NodeState, EventCode>> = {
  starting: 'nodeStarting',
  running: 'nodeRunning',
  stopping: 'nodeStopping',
  stopped: 'nodeStopped',
  killed: 'nodeKilled',
  crashed: 'nodeCrashed',
  failed: 'nodeFailed'
}

const levels: Readonly<Record<NodeState, HealthLevel>> = {
  starting: 'recovering',
  running: 'healthy',
  stopping: 'stopped',
  stopped: 'stopped',
  killed: 'critical',
  crashed: 'critical',
  failed: 'critical'
}

export function nodeEvent(node: NodeView): Omit<ClusterEvent, 'id'> {
  const params: Record<string, string | number> = { node: node.name, id: node.id, role: node.role }
  if (node.exit !== null && (node.state === 'crashed' || node.state === 'failed')) {
    params['exit'] = node.exit.signal ?? `exit code ${String(node.exit.code)}`
  }
  if (node.restartAtMs !== null) params['restartInSeconds'] = Math.max(0, (node.restartAtMs - node.sinceMs) / 1000)
  if (node.problem !== null) params['problem'] = node.problem
  return {
    atMs: node.sinceMs,
    code: codes[node.state],
    level: levels[node.state],
    kind: 'process',
    subject: node.name,
    params
  }
}
