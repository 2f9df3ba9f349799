/** The events of node states, from the states themselves. */
import type { FaultView, StormView } from '../api/faults'
import type { ClusterEvent, EventCode, HealthLevel, NodeState, NodeView } from '../api/views'

const codes: Readonly<Record<NodeState, EventCode>> = {
  starting: 'nodeStarting',
  running: 'nodeRunning',
  paused: 'nodePaused',
  stopping: 'nodeStopping',
  stopped: 'nodeStopped',
  killed: 'nodeKilled',
  crashed: 'nodeCrashed',
  failed: 'nodeFailed'
}

const levels: Readonly<Record<NodeState, HealthLevel>> = {
  starting: 'recovering',
  running: 'healthy',
  paused: 'critical',
  stopping: 'stopped',
  stopped: 'stopped',
  killed: 'critical',
  crashed: 'critical',
  failed: 'critical'
}

/** Elections that somebody asked for, or that put right what others had moved. */
const onPurpose: ReadonlySet<string> = new Set(['shutdown', 'preferred', 'reassigned'])

/** Between the two ends of a rebalance: to go from one of them to the next is no news. */
const rebalancing: ReadonlySet<string> = new Set(['PreparingRebalance', 'CompletingRebalance'])

const brokerName = (id: unknown): string => `broker-${Number(id)}`

const partitionIn = (fields: Readonly<Record<string, unknown>>): string =>
  `${String(fields['topic'])}-${Number(fields['partition'])}`

/** Of one broker; nothing where it was several, or none. */
function named(name: string, id: unknown): ClusterEvent['params'] {
  return typeof id === 'number' ? { [name]: brokerName(id) } : {}
}

/** What a node said that people are to know; undefined for what is only for figures. */
export function toldEvent(
  node: NodeView,
  name: string,
  fields: Readonly<Record<string, unknown>>,
  atMs: number
): Omit<ClusterEvent, 'id'> | undefined {
  const about = (
    code: EventCode,
    level: HealthLevel,
    params: ClusterEvent['params'] = {},
    subject: string = node.name,
    kind: ClusterEvent['kind'] = 'process'
  ): Omit<ClusterEvent, 'id'> => ({ atMs, code, level, kind, subject, params })
  const ofCluster = (code: EventCode, level: HealthLevel, params: ClusterEvent['params'], subject?: string) =>
    about(code, level, params, subject, 'cluster')
  switch (name) {
    case 'disk':
      return fields['isFull'] === true ? about('diskFull', 'degraded') : about('diskHasRoom', 'healthy')
    case 'recovery': {
      const [done, count] = [Number(fields['done']), Number(fields['total'])]
      if (count === 0) return undefined
      if (done === 0) return about('recoveryStarted', 'recovering', { count })
      return done === count ? about('recoveryEnded', 'healthy', { count }) : undefined
    }
    case 'logsFailed': {
      const params = {
        count: Number(fields['count']),
        sample: String(fields['sample']),
        problem: String(fields['message'])
      }
      return about(fields['cause'] === 'corrupt' ? 'logsCorrupt' : 'logsFailed', 'critical', params)
    }
    case 'logsBack':
      return about('logsBack', 'healthy', { count: Number(fields['count']), sample: String(fields['sample']) })
    case 'logCut': {
      const [from, to] = [Number(fields['from']), Number(fields['to'])]
      return about('logCut', 'critical', { count: Math.max(0, from - to), partition: partitionIn(fields), to })
    }
    case 'logBegunAnew':
      return about('logBegunAnew', 'recovering', { partition: partitionIn(fields) })
    case 'partitionsRefused': {
      const params = {
        count: Number(fields['count']),
        sample: String(fields['sample']),
        error: String(fields['error'])
      }
      return about('partitionsRefused', 'critical', params, `broker-${Number(fields['broker'])}`)
    }
    case 'isrShrunk':
    case 'isrExpanded': {
      const params = { count: Number(fields['count']), sample: String(fields['sample']) }
      return about(name, name === 'isrShrunk' ? 'degraded' : 'healthy', params)
    }
    case 'sessionsExpired': {
      const [sessions, count] = [Number(fields['count']), Number(fields['ephemerals'])]
      const sessionId = String(fields['sessionId'])
      if (sessions === 1) return ofCluster('sessionExpired', 'degraded', { sessionId, count })
      return ofCluster('sessionsExpired', 'degraded', { sessions, sessionId, count })
    }
    case 'snapshotRefused': {
      const [size, sizeMax] = [Number(fields['totalBytes']), Number(fields['bytesMax'])].map((bytes) =>
        Math.ceil(bytes / 2 ** 20)
      )
      return about('snapshotRefused', 'critical', { size: size ?? 0, sizeMax: sizeMax ?? 0 })
    }
    case 'turnedAway':
      return about('clientTurnedAway', 'critical', { member: String(fields['member']) })
    case 'brokerLeft':
      // One that is back already has another session: how the one before ended, nobody saw.
      return fields['cause'] === 'session'
        ? ofCluster('brokerSessionExpired', 'critical', {}, brokerName(fields['broker']))
        : ofCluster(
            'brokerLeft',
            fields['cause'] === 'shutdown' ? 'stopped' : 'critical',
            {},
            brokerName(fields['broker'])
          )
    case 'brokerJoined':
      return ofCluster('brokerRegistered', 'healthy', {}, brokerName(fields['broker']))
    case 'partitionsElected': {
      const cause = String(fields['cause'])
      const params = {
        count: Number(fields['count']),
        sample: String(fields['sample']),
        leaderEpoch: Number(fields['leaderEpoch']),
        ...named('broker', fields['broker']),
        ...named('leader', fields['leader'])
      }
      if (cause === 'unclean') return ofCluster('uncleanElection', 'critical', params)
      return ofCluster('partitionsElected', onPurpose.has(cause) ? 'healthy' : 'recovering', { ...params, cause })
    }
    case 'groupStateChanged': {
      const [from, to] = [String(fields['from']), String(fields['state'])]
      // Dead is a group that somebody deleted, and one that this coordinator gave away: which of both, it does not say.
      return from === to || to === 'Dead' || (rebalancing.has(from) && rebalancing.has(to))
        ? undefined
        : about(name, 'recovering', { from, to }, String(fields['groupId']), 'group')
    }
    case 'reassignmentsBegan':
    case 'reassignmentsEnded': {
      const params = { count: Number(fields['count']), sample: String(fields['sample']) }
      return ofCluster(name, name === 'reassignmentsBegan' ? 'recovering' : 'healthy', params)
    }
    case 'logTruncated': {
      const [from, to] = [Number(fields['from']), Number(fields['to'])]
      const partition = partitionIn(fields)
      // A log that begins anew at a later offset has lost what its leader has no more, either.
      const params = { count: Math.max(0, from - to), partition, to }
      const isLoss = fields['isBelowHighWatermark'] === true
      return about(isLoss ? 'committedCut' : 'logTruncated', isLoss ? 'critical' : 'recovering', params)
    }
    default:
      return undefined
  }
}

/** `before`: the state that was told of last. */
export function nodeEvent(node: NodeView, before: NodeState | undefined): Omit<ClusterEvent, 'id'> {
  const params: Record<string, string | number> = { node: node.name, id: node.id, role: node.role }
  if (node.exit !== null && (node.state === 'crashed' || node.state === 'failed')) {
    params['exit'] = node.exit.signal ?? `exit code ${String(node.exit.code)}`
  }
  if (node.restartAtMs !== null) params['restartInSeconds'] = Math.max(0, (node.restartAtMs - node.sinceMs) / 1000)
  if (node.problem !== null) params['problem'] = node.problem
  return {
    atMs: node.sinceMs,
    code: before === 'paused' && hasProcess(node) ? 'nodeResumed' : codes[node.state],
    level: levels[node.state],
    kind: 'process',
    subject: node.name,
    params
  }
}

const hasProcess = ({ state }: NodeView): boolean => state === 'running' || state === 'starting'

/** `atMs`: when its data was gone. */
export function wipedEvent({ name }: NodeView, atMs: number): Omit<ClusterEvent, 'id'> {
  return { atMs, code: 'nodeWiped', level: 'critical', kind: 'process', subject: name, params: {} }
}

export function faultEvent(
  code: 'faultAdded' | 'faultHealed',
  { kind, node, to, oneWay, value }: FaultView,
  atMs: number
): Omit<ClusterEvent, 'id'> {
  const params = {
    kind,
    ...(to === null ? {} : { to }),
    ...(oneWay ? { oneWay: 1 } : {}),
    ...(value === null ? {} : { value })
  }
  return { atMs, code, level: code === 'faultAdded' ? 'degraded' : 'healthy', kind: 'process', subject: node, params }
}

export function stormEvent(
  code: 'stormBegan' | 'stormEnded',
  { node, done, count }: StormView,
  atMs: number
): Omit<ClusterEvent, 'id'> {
  const isEnd = code === 'stormEnded'
  const params = isEnd ? { done, count } : { count }
  return { atMs, code, level: isEnd ? 'healthy' : 'degraded', kind: 'process', subject: node, params }
}
