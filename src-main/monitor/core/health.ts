/**
 * The verdict on a cluster: a level and its reasons, worst first. Pure: node states as observed by the supervisor, and
 * the monitor's last observation. What is not known is said to be unknown, never taken for healthy.
 */
import type { HealthLevel, NodeView, ReasonView } from '../../api/views'
import type { Observation } from '../observation'

/** Worst first. */
const severity: readonly HealthLevel[] = ['critical', 'degraded', 'recovering', 'unknown', 'stopped', 'healthy']
/** Without a sample for so long, what is shown is no longer what is. */
const staleAfterMs = 5000

export interface Verdict {
  readonly health: HealthLevel
  readonly reasons: readonly ReasonView[]
}

export function judge(nodes: readonly NodeView[], observation: Observation | undefined, nowMs: number): Verdict {
  const reasons = [
    ...offlineReasons(observation),
    ...ensembleReasons(nodes),
    ...controllerReasons(nodes, observation),
    ...brokerReasons(nodes),
    ...diskReasons(nodes),
    ...groupReasons(observation),
    ...observationReasons(nodes, observation, nowMs)
  ].sort((a, b) => severity.indexOf(a.level) - severity.indexOf(b.level))
  return { health: reasons[0]?.level ?? 'healthy', reasons }
}

function reason(fields: Partial<ReasonView> & Pick<ReasonView, 'code' | 'level' | 'sinceMs'>): ReasonView {
  return { node: null, count: null, sample: [], ...fields }
}

function offlineReasons(observation: Observation | undefined): readonly ReasonView[] {
  const leaderless = observation?.leaderless
  if (leaderless === undefined || leaderless === null || leaderless.count === 0) return []
  const holders = Object.keys(leaderless.byBroker)
  const node = holders.length === 1 ? `broker-${holders[0] ?? ''}` : null
  const { count, sample, sinceMs } = leaderless
  return [reason({ code: 'partitionsOffline', level: 'critical', sinceMs, node, count, sample: [...sample] })]
}

function ensembleReasons(nodes: readonly NodeView[]): readonly ReasonView[] {
  return nodes
    .filter(({ role, state }) => role === 'ensemble' && state !== 'running')
    .map(({ name, state, sinceMs }) =>
      reason({ code: 'ensembleDown', level: state === 'starting' ? 'recovering' : 'critical', sinceMs, node: name })
    )
}

function controllerReasons(nodes: readonly NodeView[], observation: Observation | undefined): readonly ReasonView[] {
  if (observation?.registeredBrokers === null || observation === undefined) return []
  const hasBroker = nodes.some(({ role, state }) => role === 'broker' && state === 'running')
  if (observation.controllerId !== null || !hasBroker) return []
  return [reason({ code: 'noController', level: 'critical', sinceMs: observation.atMs })]
}

function brokerReasons(nodes: readonly NodeView[]): readonly ReasonView[] {
  const brokers = nodes.filter(({ role }) => role === 'broker')
  const isAnyUp = brokers.some(({ state }) => state === 'running' || state === 'starting')
  // With none left no client can do anything: worse than one that is missing.
  const level = isAnyUp ? 'degraded' : 'critical'
  return brokers
    .filter(({ state }) => state !== 'running')
    .map(({ name, state, sinceMs, recovery }) => {
      const common = { node: name, sinceMs }
      if (state === 'starting' && recovery !== undefined) {
        const sample = [`${recovery.done} / ${recovery.total}`]
        return reason({ code: 'brokerRecovering', level: 'recovering', ...common, count: recovery.total, sample })
      }
      if (state === 'starting') return reason({ code: 'brokerStarting', level: 'recovering', ...common })
      const code = state === 'stopped' || state === 'stopping' ? 'brokerStopped' : 'brokerDown'
      return reason({ code, level, ...common })
    })
}

/** Reads go on; what needs room is refused. */
function diskReasons(nodes: readonly NodeView[]): readonly ReasonView[] {
  return nodes
    .filter(({ isDiskFull }) => isDiskFull === true)
    .map(({ name, sinceMs }) => reason({ code: 'diskFull', level: 'degraded', sinceMs, node: name }))
}

function groupReasons(observation: Observation | undefined): readonly ReasonView[] {
  const behind = observation?.groupsBehind ?? []
  if (behind.length === 0) return []
  const sinceMs = Math.min(...behind.map((group) => group.sinceMs))
  const sample = behind.slice(0, 3).map(({ groupId }) => groupId)
  return [reason({ code: 'groupsBehind', level: 'degraded', sinceMs, count: behind.length, sample })]
}

function observationReasons(
  nodes: readonly NodeView[],
  observation: Observation | undefined,
  nowMs: number
): readonly ReasonView[] {
  const isAnyRunning = nodes.some(({ state }) => state === 'running')
  if (!isAnyRunning) return []
  if (observation !== undefined && nowMs - observation.atMs <= staleAfterMs) return []
  return [reason({ code: 'notObserved', level: 'unknown', sinceMs: observation?.atMs ?? nowMs })]
}
