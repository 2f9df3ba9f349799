/** Small views that tests bend to their need. */
import type { BrokerStatsView, ClusterEvent, ClusterView, NodeState, NodeView, TopicRow } from '@api/views'

export const NOW_MS = Date.UTC(2026, 10, 22, 5, 6, 32)

export function nodeView(name: string, state: NodeState = 'running', rest: Partial<NodeView> = {}): NodeView {
  const [role = '', id = '0'] = name.split('-')
  return {
    name,
    role: role === 'ensemble' ? 'ensemble' : 'broker',
    id: Number(id),
    state,
    pid: state === 'running' ? 48_210 + Number(id) : null,
    port: (role === 'ensemble' ? 2180 : 9091) + Number(id),
    dataDir: `/data/${name}`,
    sinceMs: NOW_MS - 60_000,
    exit: null,
    restartAtMs: null,
    problem: null,
    ...rest
  }
}

export function statsView(name: string, rest: Partial<BrokerStatsView> = {}): BrokerStatsView {
  return {
    name,
    registered: true,
    isSilent: false,
    isController: name === 'broker-1',
    leaders: 4,
    replicas: 4,
    diskBytes: 1_500_000,
    bytesInPerSecond: 1_420_000,
    bytesOutPerSecond: 1_960_000,
    recordsInPerSecond: 900,
    ...rest
  }
}

export function clusterView(rest: Partial<ClusterView> = {}): ClusterView {
  return {
    name: 'local-lab',
    kind: 'lab',
    dataDir: '/data',
    cli: 'lagoon',
    bootstrapServers: '127.0.0.1:9092,127.0.0.1:9093',
    ensemble: '127.0.0.1:2181',
    observedAtMs: NOW_MS,
    health: 'healthy',
    reasons: [],
    controllerId: 1,
    controllerEpoch: 3,
    nodes: [nodeView('broker-1'), nodeView('broker-2'), nodeView('ensemble-1')],
    brokers: [statsView('broker-1'), statsView('broker-2')],
    topicCount: 2,
    partitionCount: 8,
    leaderlessPartitions: 0,
    groupCount: 1,
    groupsBehind: 0,
    groupsUnknown: 0,
    bytesInPerSecond: 2_840_000,
    bytesOutPerSecond: 3_920_000,
    ...rest
  }
}

export function eventView(id: number, atMs: number, rest: Partial<ClusterEvent> = {}): ClusterEvent {
  return {
    id,
    atMs,
    code: 'nodeKilled',
    level: 'critical',
    kind: 'process',
    subject: 'broker-2',
    params: {},
    ...rest
  }
}

export function topicRow(name: string, rest: Partial<TopicRow> = {}): TopicRow {
  return {
    name,
    topicId: name,
    isInternal: name.startsWith('__'),
    partitionCount: 6,
    replicationFactor: 1,
    leaderlessPartitions: 0,
    recordCount: 10,
    sizeBytes: 100,
    recordsInPerSecond: 0,
    partial: null,
    readers: null,
    ...rest
  }
}
