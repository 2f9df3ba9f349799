/**
 * The verdict on a cluster: a level and its reasons, worst first. Pure: node states as observed by the supervisor, and
 * the monitor's last observation. What is not known is said to be unknown, never taken for healthy.
 *
 * A reason has the mark of what it is about, the same as in every list: a dead broker is critical, one that was stopped
 * on purpose is stopped. What it means for the cluster is another thing: with another broker up it is degraded. Groups
 * are clients: one that is behind, or that nobody reads for any more, is told of and leaves the cluster as healthy as it
 * is.
 */
import { majorityOf, type EnsembleView } from '../../api/ensemble'
import type { FaultView } from '../../api/faults'
import type { HealthLevel, NodeView, ReasonView } from '../../api/views'
import type { Observation } from '../observation'

/** Worst first. */
const severity: readonly HealthLevel[] = ['critical', 'degraded', 'recovering', 'unknown', 'stopped', 'healthy']
/** Without a sample for so long, what is shown is no longer what is. */
const staleAfterMs = 5000
/** A broker is ready before the monitor sees its registration, but not by so much. */
const registrationMs = 5000

/** An election takes tenths of a second; who has none for so long gets none by waiting. */
const electionMs = 3000

/** What the members say of their ensemble. */
export interface EnsembleStanding {
  /** How long it keeps the session of a broker that says nothing, counted from its last word (zookeeper.session.timeout.ms). */
  readonly brokerSessionMs?: number
  /** Since when enough of them run and none leads; absent: one does, or nobody has told. */
  readonly leaderlessSinceMs?: number | null
  /** Members that run and do not count, while another leads. */
  readonly apart?: EnsembleView['apart']
  /** Brokers that find another cluster's ensemble at `member`, host:port, where theirs was. */
  readonly turnedAway?: readonly { readonly node: string; readonly member: string; readonly sinceMs: number }[]
}

export interface Verdict {
  readonly health: HealthLevel
  readonly reasons: readonly ReasonView[]
}

interface Finding {
  readonly reason: ReasonView
  /** What it means for the cluster. */
  readonly impact: HealthLevel
}

const bySeverity = (a: HealthLevel, b: HealthLevel): number => severity.indexOf(a) - severity.indexOf(b)

export function judge(
  nodes: readonly NodeView[],
  observation: Observation | undefined,
  nowMs: number,
  faults: readonly FaultView[] = [],
  ensemble: EnsembleStanding = {}
): Verdict {
  const findings = [
    ...offlineFindings(observation),
    ...replicationFindings(observation),
    ...ensembleFindings(nodes, ensemble, nowMs),
    ...(ensemble.turnedAway ?? []).map(({ node, member, sinceMs }) =>
      finding({ code: 'foreignEnsemble', level: 'critical', node, sinceMs, sample: [member] }, 'degraded')
    ),
    ...controllerFindings(nodes, observation),
    ...brokerFindings(nodes, observation, nowMs, ensemble.brokerSessionMs ?? null),
    ...diskFindings(nodes),
    ...logFindings(nodes),
    ...faultFindings(faults),
    ...groupFindings(observation),
    ...observationFindings(nodes, observation, nowMs)
  ].sort((a, b) => bySeverity(a.impact, b.impact) || bySeverity(a.reason.level, b.reason.level))
  return { health: findings[0]?.impact ?? 'healthy', reasons: findings.map(({ reason }) => reason) }
}

/**
 * Its process runs, and the ensemble no longer has its session: it hangs, was paused, or was cut off. One that has only
 * just become ready is not that, and without the ensemble's word nobody is.
 */
export function isSilent(node: NodeView, observation: Observation | undefined): boolean {
  const registered = observation?.registeredBrokers
  if (observation === undefined || registered === null || registered === undefined) return false
  if (node.role !== 'broker' || node.state !== 'running' || registered.includes(node.id)) return false
  return observation.atMs - node.sinceMs > registrationMs
}

type Fields = Partial<ReasonView> & Pick<ReasonView, 'code' | 'level' | 'sinceMs'>

function finding(fields: Fields, impact: HealthLevel = fields.level): Finding {
  return { reason: { node: null, count: null, sample: [], ...fields }, impact }
}

function offlineFindings(observation: Observation | undefined): readonly Finding[] {
  const leaderless = observation?.leaderless
  if (leaderless === undefined || leaderless === null || leaderless.count === 0) return []
  const holders = Object.keys(leaderless.byBroker)
  const node = holders.length === 1 ? `broker-${holders[0] ?? ''}` : null
  const { count, sample, sinceMs } = leaderless
  return [finding({ code: 'partitionsOffline', level: 'critical', sinceMs, node, count, sample: [...sample] })]
}

/** Writes that are refused before replicas that are missing. */
function replicationFindings(observation: Observation | undefined): readonly Finding[] {
  const codes = [
    ['partitionsUnderMinIsr', observation?.underMinIsr],
    ['partitionsUnderReplicated', observation?.underReplicated]
  ] as const
  return codes.flatMap(([code, missing]) => {
    if (missing == null || missing.count === 0) return []
    const { count, sample, brokers, sinceMs } = missing
    const node = brokers.length === 1 ? `broker-${brokers[0] ?? ''}` : null
    return [finding({ code, level: 'degraded', sinceMs, node, count, sample: [...sample] })]
  })
}

/**
 * One dead member of three costs nothing yet: with a majority the cluster is degraded, without one nothing can be changed, while
 * records are still written and read.
 */
function ensembleFindings(
  nodes: readonly NodeView[],
  { leaderlessSinceMs, apart = [] }: EnsembleStanding,
  nowMs: number
): readonly Finding[] {
  const members = nodes.filter(({ role }) => role === 'ensemble')
  const running = members.filter(({ state }) => state === 'running').length
  const coming = members.filter(({ state }) => state === 'starting').length
  const needed = majorityOf(members.length)
  const hasMajority = running >= needed
  const impact = hasMajority ? 'degraded' : 'critical'
  const down = members
    .filter(({ state }) => state !== 'running')
    .map(({ name, state, sinceMs }) => {
      const common = { node: name, sinceMs }
      if (state === 'starting') return finding({ code: 'ensembleDown', level: 'recovering', ...common })
      if (state === 'stopping') return finding({ code: 'memberStopping', level: 'recovering', ...common }, impact)
      if (state === 'stopped') return finding({ code: 'memberStopped', level: 'stopped', ...common }, impact)
      const code = state === 'paused' ? 'memberPaused' : 'ensembleDown'
      return finding({ code, level: 'critical', ...common }, impact)
    })
  const standing = apart.map(({ member, role, sinceMs }) =>
    role === 'learner'
      ? finding({ code: 'memberCopies', level: 'recovering', sinceMs, node: member })
      : finding({ code: 'memberCutOff', level: 'degraded', sinceMs, node: member })
  )
  const sample = [String(running), String(members.length), String(needed)]
  if (!hasMajority && running + coming < needed) {
    const sinceMs = Math.max(...members.filter(({ state }) => state !== 'running').map((one) => one.sinceMs))
    return [finding({ code: 'quorumLost', level: 'critical', sinceMs, count: running, sample }), ...down]
  }
  if (!hasMajority || leaderlessSinceMs == null) return [...standing, ...down]
  const level = nowMs - leaderlessSinceMs > electionMs ? 'critical' : 'recovering'
  return [finding({ code: 'noEnsembleLeader', level, sinceMs: leaderlessSinceMs, count: running, sample }), ...down]
}

function controllerFindings(nodes: readonly NodeView[], observation: Observation | undefined): readonly Finding[] {
  if (observation?.registeredBrokers === null || observation === undefined) return []
  const hasBroker = nodes.some(({ role, state }) => role === 'broker' && state === 'running')
  if (observation.controllerId !== null || !hasBroker) return []
  return [finding({ code: 'noController', level: 'critical', sinceMs: observation.atMs })]
}

function brokerFindings(
  nodes: readonly NodeView[],
  observation: Observation | undefined,
  nowMs: number,
  sessionMs: number | null
): readonly Finding[] {
  const brokers = nodes.filter(({ role }) => role === 'broker')
  const serves = (node: NodeView): boolean => node.state === 'running' && !isSilent(node, observation)
  const isAnyUp = brokers.some((node) => serves(node) || node.state === 'starting')
  // With none left no client can do anything: worse than one that is missing.
  const impact = isAnyUp ? 'degraded' : 'critical'
  return brokers
    .filter((node) => !serves(node))
    .map((node) => {
      const { name, state, sinceMs, recovery } = node
      const common = { node: name, sinceMs }
      if (state === 'starting' && recovery !== undefined) {
        const sample = [`${recovery.done} / ${recovery.total}`]
        return finding({ code: 'brokerRecovering', level: 'recovering', ...common, count: recovery.total, sample })
      }
      if (state === 'starting') return finding({ code: 'brokerStarting', level: 'recovering', ...common })
      if (state === 'stopping') return finding({ code: 'brokerStopping', level: 'recovering', ...common }, impact)
      if (state === 'paused') return finding({ code: 'brokerPaused', level: 'critical', ...common }, impact)
      if (state === 'stopped') return finding({ code: 'brokerStopped', level: 'stopped', ...common }, impact)
      if (state !== 'running')
        return finding(
          { code: 'brokerDown', level: 'critical', ...common, count: sessionLeft(node, observation, nowMs, sessionMs) },
          impact
        )
      return finding(
        { code: 'brokerSilent', level: 'critical', node: name, sinceMs: observation?.atMs ?? sinceMs },
        impact
      )
    })
}

/**
 * A dead broker is a leader until its session ends: what the cluster says until then is from before. Seconds that this
 * may take still; null when the cluster has noticed, or cannot be asked, or nobody knows how long a session is.
 */
function sessionLeft(
  node: NodeView,
  observation: Observation | undefined,
  nowMs: number,
  sessionMs: number | null
): number | null {
  if (sessionMs === null || observation?.registeredBrokers?.includes(node.id) !== true) return null
  return Math.max(1, Math.ceil((node.sinceMs + sessionMs - nowMs) / 1000))
}

/** Reads go on; what needs room is refused. */
function diskFindings(nodes: readonly NodeView[]): readonly Finding[] {
  return nodes
    .filter(({ isDiskFull }) => isDiskFull === true)
    .map(({ name, sinceMs }) => finding({ code: 'diskFull', level: 'degraded', sinceMs, node: name }))
}

const logsNamedMax = 3

/** The rest of the broker goes on, and so do the partitions where another replica leads. */
function logFindings(nodes: readonly NodeView[]): readonly Finding[] {
  return nodes.flatMap(({ name, sinceMs, offlineLogs }) => {
    if (offlineLogs === undefined) return []
    const { count, named } = offlineLogs
    const sample = named.slice(0, logsNamedMax).map(({ topic, partition }) => `${topic}-${partition}`)
    return [finding({ code: 'logsOffline', level: 'critical', sinceMs, node: name, count, sample }, 'degraded')]
  })
}

/** Nobody is to wonder, a day later, why a link is slow. */
function faultFindings(faults: readonly FaultView[]): readonly Finding[] {
  const [first] = faults
  if (first === undefined) return []
  // All of them: there are no more than kinds of faults.
  const sample = [...new Set(faults.map(({ kind }) => kind))]
  const isOfOne = faults.every(({ node, to }) => node === first.node && to === null)
  return [
    finding({
      code: 'faultsActive',
      level: 'degraded',
      sinceMs: first.sinceMs,
      node: isOfOne ? first.node : null,
      count: faults.length,
      sample
    })
  ]
}

function groupFindings(observation: Observation | undefined): readonly Finding[] {
  const behind = observation?.groupsBehind ?? []
  if (behind.length === 0) return []
  const sinceMs = Math.min(...behind.map((group) => group.sinceMs))
  const sample = behind.slice(0, 3).map(({ groupId }) => groupId)
  return [finding({ code: 'groupsBehind', level: 'degraded', sinceMs, count: behind.length, sample }, 'healthy')]
}

function observationFindings(
  nodes: readonly NodeView[],
  observation: Observation | undefined,
  nowMs: number
): readonly Finding[] {
  const isAnyRunning = nodes.some(({ state }) => state === 'running')
  if (!isAnyRunning) return []
  if (observation !== undefined && nowMs - observation.atMs <= staleAfterMs) return []
  return [finding({ code: 'notObserved', level: 'unknown', sinceMs: observation?.atMs ?? nowMs })]
}
