/** What a failure costs, as lines of the dialog: worst first, then what stays safe. Pure. */
import type { FailureAct } from '@api/failures'
import type { ClusterView, HealthLevel, NodeCostView } from '@api/views'

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

const OFFSETS = '__consumer_offsets'

const line = (key: string, level: HealthLevel, named: CostLine['named'] = {}, count = 1): CostLine => ({
  key,
  level,
  named,
  count
})

/** Ends the process, and by that the session: at once, or when it has expired. */
const ENDS: readonly FailureAct[] = ['kill', 'stop', 'restart', 'storm', 'wipe']
const SILENT: readonly FailureAct[] = ['pause', 'drop-ensemble']
const takesOut = (act: FailureAct): boolean => ENDS.includes(act) || SILENT.includes(act)
/** Asked to go, it hands over what it leads first. */
export const handsOver = (act: FailureAct): boolean => act === 'stop' || act === 'restart' || act === 'storm'

export function costLines(cost: NodeCostView, view: ClusterView, act: FailureAct): CostLines {
  const node = view.nodes.find((one) => one.name === cost.node)
  const isMember = node?.role === 'ensemble'
  if (isMember && (act === 'slow-disk' || act === 'full-disk')) return memberDiskLines(cost, view, act)
  return isMember && takesOut(act) ? memberLines(cost, view, act) : brokerLines(cost, view, act)
}

/**
 * Whether its name has to be typed: a kill of the last in-sync replica, or a wipe of it; of data that nobody can say
 * where else it is, too.
 */
export function needsName(cost: NodeCostView | undefined, act: FailureAct, isMember: boolean): boolean {
  if (act !== 'kill' && act !== 'wipe') return false
  if (isMember) return act === 'wipe'
  const isLast = cost?.topics.some(({ lastInSync }) => lastInSync.length > 0) === true
  return isLast || (cost?.isComplete !== true && act === 'wipe')
}

function wayBack({ node }: NodeCostView, act: FailureAct): CostLine {
  if (act === 'restart' || act === 'storm') return line('comesBack', 'healthy', { node })
  if (act === 'pause') return line('resumes', 'healthy', { node })
  if (act === 'wipe') return line('copied', 'healthy', { node })
  return line(ENDS.includes(act) ? 'undo' : 'heals', 'healthy', { node })
}

function memberLines(cost: NodeCostView, view: ClusterView, act: FailureAct): CostLines {
  const members = view.nodes.filter((one) => one.role === 'ensemble')
  const left = members.filter((one) => one.state === 'running' && one.name !== cost.node).length
  const needed = Math.floor(members.length / 2) + 1
  const isLeader = members.length > 1 && view.ensembleState?.leader === cost.node
  const losses = [
    ...(act === 'wipe' && left < needed ? [line('ensembleLost', 'critical')] : []),
    ...(left < needed ? [line('noQuorum', 'critical', { left, all: members.length, needed })] : []),
    ...(left < needed ? [line('noChanges', 'degraded'), line('noFailover', 'degraded')] : []),
    ...(left === needed ? [line('noSpare', 'degraded', { left, all: members.length })] : []),
    ...(isLeader && left >= needed
      ? [line(handsOver(act) ? 'memberLeader.stop' : 'memberLeader.kill', 'recovering', { node: cost.node })]
      : []),
    ...(act === 'wipe' && left >= needed ? [line('memberWiped', 'recovering', { node: cost.node })] : []),
    ...(cost.isComplete ? [] : [line('incomplete', 'unknown')])
  ]
  if (losses.length === 0) losses.push(line('nothingOfMember', 'healthy'))
  const isKept = act !== 'wipe'
  return {
    losses,
    safe: [
      ...(left >= needed ? [line('quorum', 'healthy', { running: left, all: members.length, needed })] : []),
      ...(isKept || left >= needed ? [line('ensembleLog', 'healthy')] : []),
      ...(left < needed ? [line('recordsGoOn', 'healthy')] : []),
      ...(isKept || left >= needed ? [wayBack(cost, act)] : [])
    ]
  }
}

/** A full disk gives the leadership away and takes no more part; a slow one holds up every change while it is the leader's. */
function memberDiskLines(cost: NodeCostView, view: ClusterView, act: FailureAct): CostLines {
  if (act === 'full-disk') {
    const { losses, safe } = memberLines(cost, view, 'stop')
    return { losses, safe: safe.map((one) => (one.key === 'undo' ? line('heals', 'healthy', one.named) : one)) }
  }
  const isLeader = view.ensembleState?.leader === cost.node
  const members = view.nodes.filter((one) => one.role === 'ensemble').length
  const isFelt = isLeader || members === 1
  return {
    losses: [isFelt ? line('ensembleSlow', 'degraded', { node: cost.node }) : line('followerSlow', 'healthy')],
    safe: [line('ensembleLog', 'healthy'), line('recordsGoOn', 'healthy')]
  }
}

type Places = 'offline' | 'unclean' | 'underMinIsr' | 'refused' | 'lastInSync'

function brokerLines(cost: NodeCostView, view: ClusterView, act: FailureAct): CostLines {
  const count = (which: Places | 'moves'): number => cost.topics.reduce((sum, topic) => sum + topic[which].length, 0)
  const counted = (key: string, level: HealthLevel, all: number): CostLine[] =>
    all > 0 ? [line(key, level, { count: all, node: cost.node }, all)] : []
  const hasOtherBroker = view.nodes.some(
    (one) => one.role === 'broker' && one.name !== cost.node && one.state === 'running'
  )
  const isOut = takesOut(act)
  const handed = cost.groups.filter(({ to }) => to !== null).length
  const left = cost.groups.length - handed
  const offsets = cost.topics.find(({ topic }) => topic === OFFSETS)
  const losses: CostLine[] = [
    ...(act === 'wipe' ? counted('dataLost', 'critical', count('lastInSync')) : []),
    ...counted('offline', 'critical', count('offline')),
    ...counted('unclean', 'critical', count('unclean')),
    ...(isOut && !hasOtherBroker ? [line('lastBroker', 'critical')] : []),
    ...(act === 'full-disk' ? counted('writesRefused', 'degraded', count('refused')) : []),
    ...(act === 'refuse-clients' ? counted('clientsRefused', 'degraded', count('refused')) : []),
    ...counted('underMinIsr', 'degraded', count('underMinIsr')),
    ...((offsets?.underMinIsr.length ?? 0) > 0 ? [line('noCommits', 'degraded')] : []),
    ...counted('groups', 'degraded', left),
    ...counted('groupsMove', 'recovering', handed),
    ...(isOut && cost.isController && hasOtherBroker
      ? [line(handsOver(act) ? 'controller.stop' : 'controller.kill', 'degraded')]
      : []),
    ...counted(handsOver(act) ? 'moves.handed' : 'moves.elected', 'recovering', count('moves')),
    ...counted(isOut ? 'shrinks.gone' : 'shrinks.lagging', 'degraded', cost.shrinks ?? 0),
    ...counted('slowed', 'degraded', cost.slowed),
    ...(act === 'skew-clock' ? [line('clock', 'degraded')] : []),
    ...(cost.isComplete ? [] : [line('incomplete', 'unknown')]),
    ...(cost.isMinIsrKnown ? [] : [line('minIsrUnknown', 'unknown')])
  ]
  if (losses.length === 0) losses.push(line(isOut ? 'nothing' : 'nothingOfFault', 'healthy'))
  return { losses, safe: safeLines(cost, view, act, losses) }
}

/** Keys of losses that leave no word about what goes on. */
const STOPS: readonly string[] = [
  'offline',
  'unclean',
  'lastBroker',
  'writesRefused',
  'clientsRefused',
  'underMinIsr',
  'incomplete',
  'minIsrUnknown'
]

function safeLines(
  cost: NodeCostView,
  view: ClusterView,
  act: FailureAct,
  losses: readonly CostLine[]
): readonly CostLine[] {
  const members = view.nodes.filter((one) => one.role === 'ensemble')
  const running = members.filter((one) => one.state === 'running').length
  const needed = Math.floor(members.length / 2) + 1
  const controller = view.controllerId
  // The id outlives its process until the session expires; who is gone does not stay.
  const controllerRuns = view.nodes.some(
    (one) => one.role === 'broker' && one.id === controller && one.state === 'running'
  )
  const isOut = takesOut(act)
  const atStake = cost.topics.some(({ lastInSync }) => lastInSync.length > 0)
  const safe: CostLine[] = []
  if (!losses.some(({ key }) => STOPS.includes(key))) safe.push(line('acksAll', 'healthy'))
  if (isOut && running >= needed) safe.push(line('quorum', 'healthy', { running, all: members.length, needed }))
  if (isOut && !cost.isController && controller !== null && controllerRuns) {
    safe.push(line('controllerStays', 'healthy', { id: controller, epoch: view.controllerEpoch ?? '—' }))
  }
  if (act !== 'wipe') safe.push(line('records', 'healthy', { node: cost.node }))
  else if (!atStake && cost.isComplete) safe.push(line('recordsElsewhere', 'healthy'))
  if (act !== 'wipe' || !atStake) safe.push(wayBack(cost, act))
  return safe
}
