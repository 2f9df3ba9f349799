/** What a kill, stop or restart costs, as lines of the dialog: worst first, then what stays safe. Pure. */
import type { ClusterView, HealthLevel, NodeCostView } from '@api/views'
import type { NodeAction } from '@/stores/nodes'

export interface CostLine {
  readonly key: string
  readonly level: HealthLevel
  readonly named: Readonly<Record<string, string | number>>
  readonly count: number
}

export interface CostLines {
  readonly losses: readonly CostLine[]
  readonly safe: readonly CostLine[]
}

export type FaultAction = Exclude<NodeAction, 'start'>

const line = (key: string, level: HealthLevel, named: CostLine['named'] = {}, count = 1): CostLine => ({
  key,
  level,
  named,
  count
})

export function costLines(cost: NodeCostView, view: ClusterView, action: FaultAction): CostLines {
  const node = view.nodes.find((one) => one.name === cost.node)
  const isMember = node?.role === 'ensemble'
  return isMember ? memberLines(cost, view, action) : brokerLines(cost, view, action)
}

/** A restart comes back by itself; all else has to be undone. */
const wayBack = ({ node }: NodeCostView, action: FaultAction): CostLine =>
  line(action === 'restart' ? 'comesBack' : 'undo', 'healthy', { node })

function memberLines(cost: NodeCostView, view: ClusterView, action: FaultAction): CostLines {
  const members = view.nodes.filter((one) => one.role === 'ensemble')
  const left = members.filter((one) => one.state === 'running' && one.name !== cost.node).length
  const needed = Math.floor(members.length / 2) + 1
  const losses = [
    ...(left < needed ? [line('noQuorum', 'critical', { left, all: members.length, needed })] : []),
    ...(left < needed ? [line('noChanges', 'degraded'), line('noFailover', 'degraded')] : []),
    ...(cost.isComplete ? [] : [line('incomplete', 'unknown')])
  ]
  return {
    losses,
    safe: [line('ensembleLog', 'healthy'), wayBack(cost, action)]
  }
}

function brokerLines(cost: NodeCostView, view: ClusterView, action: FaultAction): CostLines {
  const offline = cost.topics.reduce((sum, topic) => sum + topic.offlinePartitions.length, 0)
  const hasOtherBroker = view.nodes.some(
    (one) => one.role === 'broker' && one.name !== cost.node && one.state === 'running'
  )
  const members = view.nodes.filter((one) => one.role === 'ensemble')
  const running = members.filter((one) => one.state === 'running').length
  const needed = Math.floor(members.length / 2) + 1
  const controller = view.controllerId
  // The id outlives its process until the session expires; who is gone does not stay.
  const controllerRuns = view.nodes.some(
    (one) => one.role === 'broker' && one.id === controller && one.state === 'running'
  )
  const losses: CostLine[] = []
  if (offline > 0) losses.push(line('offline', 'critical', { count: offline, node: cost.node }, offline))
  if (!hasOtherBroker) losses.push(line('lastBroker', 'critical'))
  if (cost.groups.length > 0) {
    losses.push(line('groups', 'degraded', { count: cost.groups.length }, cost.groups.length))
  }
  if (cost.isController && hasOtherBroker) losses.push(line(`controller.${action}`, 'degraded'))
  if (!cost.isComplete) losses.push(line('incomplete', 'unknown'))
  if (losses.length === 0) losses.push(line('nothing', 'healthy'))

  const safe: CostLine[] = []
  if (running >= needed) safe.push(line('quorum', 'healthy', { running, all: members.length, needed }))
  if (!cost.isController && controller !== null && controllerRuns) {
    safe.push(line('controllerStays', 'healthy', { id: controller, epoch: view.controllerEpoch ?? '—' }))
  }
  safe.push(line('records', 'healthy', { node: cost.node }), wayBack(cost, action))
  return { losses, safe }
}
