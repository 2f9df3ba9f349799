/** What a failure costs, as lines of the dialog: worst first, then what stays safe. Pure. */
import type { EnsembleView } from '@api/ensemble'
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
const isLink = (act: FailureAct): boolean => act === 'cut-link' || act === 'slow-link' || act === 'lossy-link'
/** Asked to go, it hands over what it leads first. */
export const handsOver = (act: FailureAct): boolean => act === 'stop' || act === 'restart' || act === 'storm'

/** What the act is about beside its node. */
export interface CostAbout {
  /** The other end of a link. */
  readonly to?: string | undefined
  /** As its members tell it; undefined: nobody has told yet. */
  readonly ensemble?: EnsembleView | undefined
}

export function costLines(cost: NodeCostView, view: ClusterView, act: FailureAct, about: CostAbout = {}): CostLines {
  const isMemberName = (name: string | undefined): boolean =>
    view.nodes.some((one) => one.name === name && one.role === 'ensemble')
  const isMember = isMemberName(cost.node)
  if (isLink(act) && (isMember || isMemberName(about.to))) return memberLinkLines(cost, view, act, about)
  if (!isMember) return brokerLines(cost, view, act)
  if (act === 'slow-disk') return memberSlowLines(cost, view, about)
  if (act === 'skew-clock') return memberClockLines(cost, view)
  return memberLines(cost, view, act, about)
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

function wayBack({ node }: NodeCostView, act: FailureAct, isMember = false): CostLine {
  if (act === 'restart' || act === 'storm') return line('comesBack', 'healthy', { node })
  if (act === 'pause') return line('resumes', 'healthy', { node })
  if (act === 'wipe') return line(isMember ? 'copiedMember' : 'copied', 'healthy', { node })
  return line(ENDS.includes(act) ? 'undo' : 'heals', 'healthy', { node })
}

/** Members without this one, if any, that take part: that run, and do not stand apart from the leader by their own word. */
function membersLeft({ nodes }: ClusterView, out: string | undefined, ensemble: EnsembleView | undefined): number {
  const isApart = (name: string): boolean => {
    if (ensemble?.quorum !== true) return false
    const role = ensemble.members.find((member) => member.name === name)?.role
    return role === 'candidate' || role === 'learner'
  }
  return nodes.filter(
    ({ role, state, name }) => role === 'ensemble' && state === 'running' && name !== out && !isApart(name)
  ).length
}

/** Clients that have to go elsewhere; nothing where there are none. */
function sessionLines(node: string, view: ClusterView, ensemble: EnsembleView | undefined): readonly CostLine[] {
  const isUp = view.nodes.some(({ name, state }) => name === node && (state === 'running' || state === 'paused'))
  if (ensemble === undefined || !isUp) return []
  const sessions = ensemble.members.find(({ name }) => name === node)?.sessions ?? null
  if (sessions === null) return [line('sessionsUnknown', 'recovering', { node })]
  return sessions === 0 ? [] : [line('sessionsMove', 'recovering', { node, count: sessions }, sessions)]
}

/** It takes no part any more. Who refuses clients refuses the other members, too: it hears neither votes nor acknowledgements. */
function memberLines(cost: NodeCostView, view: ClusterView, act: FailureAct, { ensemble }: CostAbout): CostLines {
  const members = view.nodes.filter((one) => one.role === 'ensemble')
  const all = members.length
  const left = membersLeft(view, cost.node, ensemble)
  const running = membersLeft(view, undefined, ensemble)
  const needed = Math.floor(all / 2) + 1
  const isLeader = all > 1 && view.ensembleState?.leader === cost.node
  const losses = [
    // On the disks of those that are down it may be, or not: nobody sees into them.
    ...(act === 'wipe' && left < needed ? [line(all === 1 ? 'ensembleLost' : 'ensembleAtRisk', 'critical')] : []),
    // What is so already is no cost of this.
    ...(running < needed ? [line('stillNoQuorum', 'critical', { running, left, all, needed })] : []),
    ...(left < needed && running >= needed
      ? [
          line('noQuorum', 'critical', { left, all, needed }),
          line('noChanges', 'degraded'),
          line('noFailover', 'degraded')
        ]
      : []),
    ...(left === needed ? [line('noSpare', 'degraded', { left, all })] : []),
    ...(isLeader && left >= needed ? [line(`memberLeader.${wayOut(act)}`, 'recovering', { node: cost.node })] : []),
    ...(act === 'wipe' && left >= needed ? [line('memberWiped', 'recovering', { node: cost.node })] : []),
    ...(left >= needed ? sessionLines(cost.node, view, ensemble) : []),
    ...(cost.isComplete ? [] : [line('incomplete', 'unknown')])
  ]
  if (losses.length === 0) losses.push(line('nothingOfMember', 'healthy'))
  const isKept = act !== 'wipe'
  return {
    losses,
    safe: [
      ...(left >= needed ? [line('quorum', 'healthy', { running: left, all, needed })] : []),
      ...(isKept || left >= needed ? [line('ensembleLog', 'healthy')] : []),
      ...(left < needed ? [line('recordsGoOn', 'healthy')] : []),
      // Of an ensemble that is deleted no session goes on.
      ...(left < needed && isKept ? [line('sessionsWait', 'healthy')] : []),
      ...(isKept || left >= needed ? [wayBack(cost, act, true)] : [])
    ]
  }
}

/** How a leader goes: asked to, having no room for what it would lead, or silent. */
function wayOut(act: FailureAct): 'stop' | 'full' | 'kill' {
  if (act === 'full-disk') return 'full'
  return handsOver(act) ? 'stop' : 'kill'
}

/** A slow disk holds up every change while it is the leader's, or one that the majority needs. */
function memberSlowLines(cost: NodeCostView, view: ClusterView, { ensemble }: CostAbout): CostLines {
  const { node } = cost
  const members = view.nodes.filter((one) => one.role === 'ensemble').length
  const isLeader = view.ensembleState?.leader === node || members === 1
  return {
    losses: [isLeader ? line('ensembleSlow.leader', 'degraded', { node }) : slowFollowerLine(node, view, ensemble)],
    safe: [line('ensembleLog', 'healthy'), line('recordsGoOn', 'healthy'), line('heals', 'healthy', { node })]
  }
}

function slowFollowerLine(node: string, view: ClusterView, ensemble: EnsembleView | undefined): CostLine {
  const members = view.nodes.filter(({ role }) => role === 'ensemble').length
  const isNeeded = membersLeft(view, node, ensemble) < Math.floor(members / 2) + 1
  return isNeeded ? line('ensembleSlow.needed', 'degraded', { node }) : line('followerSlow', 'healthy')
}

/** Entries carry the time of the leader's wall clock; what ends by time ends by it. Sessions are timed by another clock. */
function memberClockLines({ node }: NodeCostView, view: ClusterView): CostLines {
  const isLeader = view.ensembleState?.leader === node
  return {
    losses: [
      line(isLeader ? 'memberClock.leader' : 'memberClock.follower', isLeader ? 'degraded' : 'healthy', { node })
    ],
    safe: [line('sessionsTimed', 'healthy'), line('ensembleLog', 'healthy'), line('heals', 'healthy', { node })]
  }
}

/**
 * Between a member and its leader: the member takes no part. Between two that follow: nothing, until one of them leads. Between a
 * member and a broker: the broker goes on at another member.
 */
function memberLinkLines(cost: NodeCostView, view: ClusterView, act: FailureAct, about: CostAbout): CostLines {
  const ends = [cost.node, about.to ?? cost.node]
  const leader = view.ensembleState?.leader ?? null
  const broker = ends.find((end) => view.nodes.some(({ name, role }) => name === end && role === 'broker'))
  if (broker !== undefined) return brokerLinkLines(cost, view, act, { ...about, broker })
  const safe = [
    line('ensembleLog', 'healthy'),
    line('recordsGoOn', 'healthy'),
    line('heals', 'healthy', { node: cost.node })
  ]
  if (leader === null) return { losses: [line('leaderUnknown', 'unknown')], safe }
  const out = ends.find((end) => end !== leader)
  if (out === undefined || !ends.includes(leader)) return { losses: [line('peersApart', 'healthy')], safe }
  if (act === 'cut-link') {
    // The leader hears the others: it is not the one that is out.
    const { losses, safe: kept } = memberLines({ ...cost, node: out }, view, 'pause', about)
    const own = losses.filter(({ key }) => key !== 'nothingOfMember')
    return {
      losses: own.length > 0 ? own : [line('memberApart', 'recovering', { node: out })],
      safe: [...kept.filter(({ key }) => key !== 'resumes'), line('heals', 'healthy', { node: cost.node })]
    }
  }
  return { losses: [slowFollowerLine(out, view, about.ensemble)], safe }
}

/** Without another member that it reaches the broker is as good as dead, where there is a quorum to say so: that cost is the broker's. */
function brokerLinkLines(
  cost: NodeCostView,
  view: ClusterView,
  act: FailureAct,
  { broker, to, ensemble }: CostAbout & { readonly broker: string }
): CostLines {
  const member = cost.node === broker ? (to ?? '') : cost.node
  const isCutFrom = (name: string): boolean =>
    (view.faults ?? []).some(
      ({ kind, node, to: other }) =>
        kind === 'cut-link' && [node, other].includes(broker) && [node, other].includes(name)
    )
  const others = view.nodes.filter(
    ({ role, state, name }) => role === 'ensemble' && state === 'running' && name !== member && !isCutFrom(name)
  ).length
  const hasQuorum = ensemble?.quorum !== false
  const heals = line('heals', 'healthy', { node: cost.node })
  if (act === 'cut-link' && others === 0 && !hasQuorum) {
    return {
      losses: [line('reachesNone', 'degraded', { node: broker })],
      safe: [line('recordsGoOn', 'healthy'), heals]
    }
  }
  if (act === 'cut-link' && others === 0) {
    const { losses, safe } = brokerLines({ ...cost, node: broker }, view, act)
    return {
      losses: [
        line('sessionEnds', 'critical', { node: broker }),
        ...losses.filter(({ key }) => key !== 'nothingOfFault')
      ],
      safe
    }
  }
  return {
    losses: [line(act === 'cut-link' ? 'brokerMoves' : 'brokerSlowed', 'recovering', { node: broker, member })],
    safe: [...(hasQuorum ? [line('ensembleLog', 'healthy')] : []), line('recordsGoOn', 'healthy'), heals]
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
