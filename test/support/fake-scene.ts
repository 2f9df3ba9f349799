/**
 * One invented cluster for screenshots of the renderer: topics, groups and events agree with each other, because all
 * views are computed from the same few tables. Nothing here is measured. Times count back from `nowMs`.
 */
import type {
  BrokerStatsView,
  ClusterEvent,
  ClusterView,
  ConfigView,
  GroupView,
  GroupsView,
  HeldPartitionsView,
  LagHistoryView,
  LagSampleView,
  NodeCostView,
  NodeView,
  OfflineLogView,
  PartitionMapView,
  PlacementView,
  PartitionView,
  RatesView,
  ReasonView,
  RecordView,
  TopicReader,
  TopicReadersView,
  TopicRow,
  TopicView,
  TopicsView
} from '../../src-main/api/views'
import type { WorkloadsView, WorkloadView } from '../../src-main/api/workloads'
import type { ActView } from '../../src-main/api/acts'
import type { FaultView } from '../../src-main/api/faults'
import type { CommandInput } from '../../src-main/api/commands'
import type {
  AskedCost,
  PartitionHistoryView,
  PartitionMove,
  ReassignmentPlan,
  ReplicaState
} from '../../src-main/api/failures'
import { topicPartitionName } from '../../src-main/kernel/ids'
import { blastRadius, effectOf } from '../../src-main/monitor/core/blast-radius'
import { brokerIdOf } from '../../src-main/monitor/core/broker-name'
import { heldPartitions, partitionMap, placement } from '../../src-main/monitor/core/partition-map'
import { planned } from '../../src-main/monitor/core/reassignment-plan'
import type { GroupFacts, TopicFacts } from '../../src-main/monitor/core/snapshot'
import { builtInScenes } from '../../src-main/workload/core/scenes'
import { fakeEnsemble } from './fake-ensemble'
import { fakeActs } from './fake-acts'

/** `strange` has the longest and the most misleading names that Kafka takes; in `down` no broker is left; in `spoilt` logs are offline; in `minority` and
 * `majority` so many members of the ensemble are dead; in `damaged` a file of one of them is; in `gone` the folder of the cluster. */
export const SCENES = [
  'healthy',
  'broken',
  'down',
  'spoilt',
  'minority',
  'damaged',
  'majority',
  'empty',
  'many',
  'strange',
  'closing',
  'stopping',
  'stopped',
  'gone',
  'old'
] as const
export type SceneName = (typeof SCENES)[number]

const BROKERS = [1, 2, 3]
const KILLED = 2
const KILLED_BEFORE_MS = 265_000
const DIR = '/home/you/Lagoon/local-lab'
const MANY = 10_000
/** The longest list that a dialog has to fold. */
const COST_TOPICS_MAX = 300

interface TopicSeed {
  readonly name: string
  readonly partitions: number
  /** Absent: one replica. */
  readonly factor?: 3
  readonly recordsPerPartition: number
  readonly perSecond: number
  readonly recordBytes: number
}

const TOPICS: readonly TopicSeed[] = [
  { name: '__consumer_offsets', factor: 3, partitions: 50, recordsPerPartition: 4_821, perSecond: 25, recordBytes: 96 },
  { name: 'app-logs', partitions: 12, recordsPerPartition: 8_044_123, perSecond: 1_640, recordBytes: 332 },
  { name: 'audit.trail', factor: 3, partitions: 3, recordsPerPartition: 634_805, perSecond: 40, recordBytes: 410 },
  { name: 'inventory.changes', partitions: 6, recordsPerPartition: 853_394, perSecond: 210, recordBytes: 280 },
  { name: 'orders', partitions: 6, recordsPerPartition: 1_580_200, perSecond: 480, recordBytes: 512 },
  {
    name: 'payments.events',
    factor: 3,
    partitions: 8,
    recordsPerPartition: 1_776_123,
    perSecond: 620,
    recordBytes: 640
  },
  { name: 'scratch.load-test', partitions: 4, recordsPerPartition: 151_000, perSecond: 0, recordBytes: 1_024 }
]

interface GroupSeed {
  readonly groupId: string
  readonly topic: string
  readonly members: number
  readonly coordinatorId: number
  /** Lag each partition has in the healthy and the broken scene. */
  readonly calm: number
  readonly behind: number
}

const GROUPS: readonly GroupSeed[] = [
  { groupId: 'es-sink', topic: 'app-logs', members: 4, coordinatorId: 3, calm: 50, behind: 6_015 },
  { groupId: 'fraud-check', topic: 'payments.events', members: 2, coordinatorId: 1, calm: 9, behind: 1_240 },
  { groupId: 'billing', topic: 'orders', members: 3, coordinatorId: 1, calm: 6, behind: 10 },
  { groupId: 'inventory-sync', topic: 'inventory.changes', members: 1, coordinatorId: 2, calm: 12, behind: 12 },
  { groupId: 'audit-archive', topic: 'audit.trail', members: 1, coordinatorId: 3, calm: 4, behind: 4 }
]

const LONG = 'telemetry.europe-west.vehicles.positions.enriched.by-driver'
/** 249 characters, Kafka's limit. */
const LONGEST_TOPIC = `${LONG}.${'x'.repeat(185)}.end`
const STRANGE_TOPICS: readonly TopicSeed[] = [
  { name: LONGEST_TOPIC, partitions: 12, recordsPerPartition: 8_000_000_000_000, perSecond: 90, recordBytes: 900_000 },
  { name: LONG, partitions: 3, recordsPerPartition: 1_000, perSecond: 12_000_000, recordBytes: 10 }
]
const STRANGE_GROUPS: readonly GroupSeed[] = [
  ...[
    '',
    'payments\u202Exs.evil',
    'תשלומים',
    'two\nlines\tand a tab',
    '결제-서비스-소비자-그룹-한국-리전-운영-환경-2026',
    `group-${'0123456789abcdef'.repeat(15)}`
  ].map((groupId, index): GroupSeed => ({
    groupId,
    topic: index === 0 ? LONGEST_TOPIC : LONG,
    members: 1 + (index % 2),
    coordinatorId: 1,
    calm: 7_000_000_000 + index,
    behind: 9_000_000_000
  }))
]

export interface Scene {
  readonly cluster: () => ClusterView
  readonly topics: () => TopicsView
  readonly topic: (name: string) => TopicView | null
  readonly readers: (topic: string) => TopicReadersView
  readonly partitions: () => PartitionMapView
  readonly held: (node: string) => HeldPartitionsView
  readonly groups: () => GroupsView
  readonly group: (groupId: string) => GroupView | null
  readonly lagHistory: (groupId: string, rangeMs: number) => LagHistoryView
  readonly lagSample: (groupId: string) => LagSampleView
  readonly rates: (sinceMs: number) => RatesView
  readonly events: () => ClusterEvent[]
  readonly placement: () => PlacementView
  readonly moves: readonly PartitionMove[]
  readonly replicas: (topic: string, partition: number) => readonly ReplicaState[]
  readonly history: (topic: string, partition: number) => PartitionHistoryView
  readonly plan: (input: CommandInput<'partition.plan'>) => ReassignmentPlan
  readonly cost: (asked: AskedCost) => NodeCostView
  readonly acts: () => readonly ActView[]
  readonly records: (topic: string, limit: number) => RecordView[]
  readonly configs: (input: unknown) => { readonly configs: ConfigView[] }
  readonly workloads: () => WorkloadsView
}

/** At the first broker: one that another leads for, one that nobody else has, one whose disk fails. */
function offlineLogs(): { readonly broker: number; readonly log: OfflineLogView }[] {
  const spoilt = (topic: string, partition: number, segment: string, offset: number, endOffset: number) => {
    const [file, position, fault] = [`${segment}.log`, 734_003_112, 'its CRC is wrong']
    const place = `the batch at offset ${offset} (byte ${position}) cannot be read`
    const message = `${DIR}/broker-1/${topic}-${partition}/${file}: ${place}: ${fault}.`
    const badBatch = { file, position, offset, endOffset, isEndKnown: true, fault }
    return { broker: 1, log: { topic, partition, cause: 'corrupt' as const, message, badBatch } }
  }
  const message = `${DIR}/broker-1/inventory.changes-1: EIO: i/o error, scandir '${DIR}/broker-1/inventory.changes-1'`
  return [
    spoilt('payments.events', 4, '00000000000000412000', 1_204_118, 1_847_166),
    spoilt('orders', 0, '00000000000001120400', 1_530_044, 1_580_200),
    { broker: 1, log: { topic: 'inventory.changes', partition: 1, cause: 'failed', message, badBatch: null } }
  ]
}

export function createScene(name: SceneName, clock: () => number): Scene {
  const startedAtMs = clock()
  const killedAtMs = startedAtMs - KILLED_BEFORE_MS
  const isDown = name === 'down'
  const isBroken = name === 'broken' || isDown
  const isDead = (broker: number): boolean => isDown || (isBroken && broker === KILLED)
  const leaderOf = (topic: TopicSeed, partition: number): number => ((partition + topic.name.length) % 3) + 1

  const replicasOf = (topic: TopicSeed, partition: number): number[] => {
    const first = leaderOf(topic, partition)
    return Array.from({ length: topic.factor ?? 1 }, (_, i) => ((first - 1 + i) % 3) + 1)
  }

  const manyTopics = Array.from({ length: MANY }, (_, index): TopicSeed => ({
    name: `tenant-${String(Math.floor(index / 20)).padStart(3, '0')}.stream-${index % 20}`,
    partitions: 1 + (index % 6),
    recordsPerPartition: (index * 7_919) % 900_000,
    perSecond: index % 40,
    recordBytes: 300
  }))
  const more = name === 'many' ? manyTopics : name === 'strange' ? STRANGE_TOPICS : []
  const seeds = name === 'empty' ? [] : [...TOPICS, ...more]
  const groupSeeds = name === 'empty' ? [] : name === 'strange' ? [...STRANGE_GROUPS, ...GROUPS] : GROUPS
  const seedOf = (topic: string): TopicSeed | undefined => seeds.find((seed) => seed.name === topic)

  const offline = name === 'spoilt' ? offlineLogs() : []
  const offlineOf = (topic: string, partition: number, id: number): OfflineLogView | undefined =>
    offline.find(({ broker, log }) => broker === id && log.topic === topic && log.partition === partition)?.log

  const partitionsOf = (seed: TopicSeed): PartitionView[] =>
    Array.from({ length: seed.partitions }, (_, partition) => {
      const replicas = replicasOf(seed, partition)
      const inSync = replicas.filter((id) => !isDead(id) && offlineOf(seed.name, partition, id) === undefined)
      const end = endOffset(seed, partition)
      const leader = inSync[0] ?? null
      const gone = leader === null
      return {
        partition,
        leader,
        leaderEpoch: 3 + (partition % 2),
        replicas,
        isr: gone ? replicas.slice(0, 1) : inSync,
        startOffset: gone ? null : Math.floor(seed.recordsPerPartition * 0.04),
        endOffset: gone ? null : end,
        sizeBytes: gone ? null : Math.round(end * 0.96 * seed.recordBytes)
      }
    })

  function endOffset(seed: TopicSeed, partition: number): number {
    const grown = ((clock() - startedAtMs) / 1000) * (seed.perSecond / seed.partitions)
    return Math.floor(seed.recordsPerPartition * (1 + partition / 100) + grown)
  }

  /** Who leads and follows is the same as long as the same brokers are dead; ten thousand topics are looked at each second. */
  let known: { readonly dead: string; readonly partitions: readonly PartitionView[] } | undefined
  const allPartitions = (): readonly PartitionView[] => {
    const dead = BROKERS.filter(isDead).join()
    if (known?.dead !== dead) known = { dead, partitions: seeds.flatMap(partitionsOf) }
    return known.partitions
  }
  const leaderless = allPartitions().filter(({ leader }) => leader === null).length

  const offlineAt = (id: number): Pick<NodeView, 'offlineLogs'> => {
    const named = offline.filter(({ broker }) => broker === id).map(({ log }) => log)
    return named.length === 0 ? {} : { offlineLogs: { count: named.length, named } }
  }
  /** A folder from before there were several has one. */
  const ensembleIds = name === 'old' ? [1] : [1, 2, 3]
  const isMemberDead = (id: number): boolean =>
    ((name === 'minority' || name === 'damaged') && id === 3) || (name === 'majority' && id !== 1)
  const nodes = (): NodeView[] => [
    ...BROKERS.map((id): NodeView => {
      const dead = isDead(id)
      return {
        name: `broker-${id}`,
        role: 'broker',
        id,
        state: dead ? 'killed' : 'running',
        pid: dead ? null : 48_210 + id,
        port: 9091 + id,
        dataDir: `${DIR}/broker-${id}`,
        sinceMs: dead ? killedAtMs : startedAtMs - 4_320_000,
        exit: dead ? { code: null, signal: 'SIGKILL' } : null,
        restartAtMs: null,
        problem: null,
        ...offlineAt(id)
      }
    }),
    ...ensembleIds.map((id): NodeView => {
      const dead = isMemberDead(id)
      const damage = {
        state: 'failed',
        exit: { code: 1, signal: null },
        problem: `${DIR}/ensemble-3/log.300000012 is damaged at byte 48211: a record there has a wrong checksum.`,
        isCorrupt: true
      } as const
      return {
        name: `ensemble-${id}`,
        role: 'ensemble',
        id,
        state: dead ? 'killed' : 'running',
        pid: dead ? null : 48_219 + id,
        port: 2180 + id,
        dataDir: `${DIR}/ensemble-${id}`,
        sinceMs: dead ? killedAtMs : startedAtMs - 4_321_000,
        exit: dead ? { code: null, signal: 'SIGKILL' } : null,
        restartAtMs: null,
        problem: null,
        ...(dead && name === 'damaged' ? damage : {})
      }
    })
  ]

  const wobble = (seed: number, atMs: number): number => {
    const x = Math.sin(seed * 12.9898 + Math.floor(atMs / 1000) * 78.233) * 43_758.5453
    return x - Math.floor(x)
  }

  const brokers = (): BrokerStatsView[] =>
    BROKERS.map((id): BrokerStatsView => {
      const dead = isDead(id)
      const rate = name === 'empty' ? 0 : 770_000 * (0.9 + 0.2 * wobble(id, clock()))
      return {
        name: `broker-${id}`,
        registered: !dead,
        isSilent: false,
        isController: id === 1 && name !== 'majority',
        leaders: allPartitions().filter(({ leader }) => leader === id).length,
        replicas: allPartitions().filter(({ replicas }) => replicas.includes(id)).length,
        outOfSync: allPartitions().filter(({ replicas, isr }) => replicas.includes(id) && !isr.includes(id)).length,
        diskBytes: name === 'empty' ? 4_096 : 4_100_000_000 + id * 73_000_000,
        ...(dead ? { diskAtMs: killedAtMs } : {}),
        bytesInPerSecond: dead ? null : rate,
        bytesOutPerSecond: dead ? null : rate * 1.35,
        recordsInPerSecond: dead ? null : rate / 420
      }
    })

  const rates = (sinceMs: number): RatesView => {
    const count = Math.max(1, Math.floor((clock() - sinceMs) / 1000))
    const atMs = Array.from({ length: count }, (_, index) => clock() - (count - 1 - index) * 1000)
    const rateAt = (id: number, at: number): number | null =>
      isDead(id) && at >= killedAtMs ? null : name === 'empty' ? 0 : 770_000 * (0.9 + 0.2 * wobble(id, at))
    return {
      atMs,
      brokers: BROKERS.map((id) => {
        const inPerSecond = atMs.map((at) => rateAt(id, at))
        return {
          name: `broker-${id}`,
          inPerSecond,
          outPerSecond: inPerSecond.map((rate) => (rate === null ? null : rate * 1.35))
        }
      })
    }
  }

  const underReplicated = (): readonly PartitionView[] =>
    allPartitions().filter(({ leader, isr, replicas }) => leader !== null && isr.length < replicas.length)
  const behind = (): string[] => (isBroken && !isDown ? ['es-sink', 'fraud-check'] : [])

  /** As in the verdict itself: that none is behind is no reason. */
  const groupsReason = (): ReasonView[] => {
    const common = { code: 'groupsBehind', level: 'degraded', sinceMs: killedAtMs + 22_000, node: null } as const
    return behind().length === 0 ? [] : [{ ...common, count: behind().length, sample: behind() }]
  }

  const underReplicatedReason = (): ReasonView[] => {
    const common = { code: 'partitionsUnderReplicated', level: 'degraded', node: 'broker-2' } as const
    const sample = ['audit.trail-0', 'audit.trail-1', 'audit.trail-2']
    return isDown ? [] : [{ ...common, sinceMs: killedAtMs + 6_300, count: underReplicated().length, sample }]
  }

  const reasons = (): ReasonView[] =>
    isBroken
      ? [
          {
            code: 'partitionsOffline',
            level: 'critical',
            sinceMs: killedAtMs + 6_200,
            node: isDown ? null : 'broker-2',
            count: leaderless,
            sample: ['app-logs-2', 'orders-1', 'orders-4']
          },
          ...BROKERS.filter(isDead).map((id): ReasonView => ({
            code: 'brokerDown',
            level: 'critical',
            sinceMs: killedAtMs,
            node: `broker-${id}`,
            count: null,
            sample: []
          })),
          ...underReplicatedReason(),
          ...groupsReason()
        ]
      : offline.length > 0
        ? offlineReasons()
        : memberReasons()

  const memberReasons = (): ReasonView[] => {
    const dead = ensembleIds.filter(isMemberDead)
    const common = { level: 'critical' as const, sinceMs: killedAtMs, count: null, sample: [] }
    const down = dead.map((id): ReasonView => ({ ...common, code: 'ensembleDown', node: `ensemble-${id}` }))
    if (dead.length < 2) return down
    const away: ReasonView = { ...common, code: 'foreignEnsemble', node: 'broker-3', sample: ['127.0.0.1:2182'] }
    return [{ ...common, code: 'quorumLost', node: null, count: 1, sample: ['1', '3', '2'] }, away, ...down]
  }

  const offlineReasons = (): ReasonView[] => {
    const common = { sinceMs: startedAtMs - 61_000, node: 'broker-1' }
    const sample = offline.map(({ log }) => `${log.topic}-${log.partition}`)
    return [
      { ...common, code: 'partitionsOffline', level: 'critical', count: leaderless, sample: sample.slice(1) },
      { ...common, code: 'logsOffline', level: 'critical', count: offline.length, sample }
    ]
  }

  const sum = (values: readonly (number | null)[]): number => values.reduce<number>((all, one) => all + (one ?? 0), 0)

  const storm = { node: 'broker-1', done: 3, count: 20, intervalMs: 5000, sinceMs: startedAtMs - 61_000 }
  const faults = (): FaultView[] => {
    const fault = { to: null, oneWay: false, value: null, sinceMs: startedAtMs - 104_000, untilMs: null }
    return [
      { ...fault, id: 'fault-1', kind: 'slow-disk', node: 'broker-3', value: 40 },
      {
        ...fault,
        id: 'fault-2',
        kind: 'cut-link',
        node: 'broker-1',
        to: 'broker-3',
        oneWay: true,
        untilMs: clock() + 48_000
      }
    ]
  }

  const ensembleState = (): ClusterView['ensembleState'] => {
    const { quorum, leader, term } = fakeEnsemble(nodes(), clock())
    return { quorum, leader, term }
  }
  const cluster = (): ClusterView => ({
    name: 'local-lab',
    kind: 'lab',
    dataDir: DIR,
    historyDays: 7,
    cli: 'lagoon',
    bootstrapServers: '127.0.0.1:9092,127.0.0.1:9093,127.0.0.1:9094',
    ensemble: ensembleIds.map((id) => `127.0.0.1:${2180 + id}`).join(','),
    observedAtMs: clock(),
    health:
      isBroken || offline.length > 0 || name === 'majority'
        ? 'critical'
        : name === 'minority' || name === 'damaged'
          ? 'degraded'
          : 'healthy',
    reasons: reasons(),
    controllerId: isDown || name === 'majority' ? null : 1,
    controllerEpoch: name === 'majority' ? null : isBroken ? 8 : 1,
    nodes: nodes(),
    ensembleState: ensembleState(),
    ...(name === 'old'
      ? { oldTopics: { factor: 3, count: 5, topics: ['__consumer_offsets', 'app-logs', 'inventory.changes'] } }
      : {}),
    ...(isBroken && !isDown ? { faults: faults(), storms: [storm] } : {}),
    brokers: brokers(),
    topicCount: seeds.length,
    partitionCount: sum(seeds.map((seed) => seed.partitions)),
    leaderlessPartitions: leaderless,
    underMinIsrPartitions: 0,
    underReplicatedPartitions: underReplicated().length,
    groupCount: groupSeeds.length,
    groupsBehind: behind().length,
    groupsUnknown: isDown ? groupSeeds.length : isBroken ? 1 : 0,
    bytesInPerSecond: sum(brokers().map((one) => one.bytesInPerSecond)),
    bytesOutPerSecond: sum(brokers().map((one) => one.bytesOutPerSecond))
  })

  const topics = (): TopicsView => ({
    observedAtMs: clock(),
    topics: seeds.map((seed) => {
      const partitions = partitionsOf(seed)
      const dead = partitions.some((one) => one.leader === null)
      const recordCount = sum(partitions.map((one) => (one.endOffset ?? 0) - (one.startOffset ?? 0)))
      return {
        name: seed.name,
        topicId: topicId(seed),
        isInternal: seed.name.startsWith('__'),
        partitionCount: seed.partitions,
        replicationFactor: seed.factor ?? 1,
        underReplicated: partitions.filter((one) => one.leader !== null && one.isr.length < one.replicas.length).length,
        underMinIsr: 0,
        leaderlessPartitions: partitions.filter((one) => one.leader === null).length,
        recordCount: dead ? null : recordCount,
        sizeBytes: dead ? null : sum(partitions.map((one) => one.sizeBytes)),
        recordsInPerSecond: dead ? null : seed.perSecond,
        partial: dead
          ? {
              unknownPartitions: partitions.filter((one) => one.endOffset === null).length,
              recordCount,
              sizeBytes: sum(partitions.map((one) => one.sizeBytes)),
              recordsInPerSecond: seed.perSecond * 0.6
            }
          : null,
        readers: readersIn(seed.name)
      }
    })
  })

  const readers = (topicName: string): TopicReadersView => {
    const seen = groupSeeds.filter((one) => one.topic === topicName)
    const known = seen.filter((one) => !isDead(one.coordinatorId))
    return {
      observedAtMs: clock(),
      groups: known.map((one): TopicReader => {
        const lags = lagSampleAt(one, clock()).partitions.map(({ lag }) => lag)
        const counted = lags.filter((lag) => lag !== null)
        return {
          groupId: one.groupId,
          state: 'Stable',
          memberCount: one.members,
          membersHere: one.members,
          partitionsCommitted: lags.length,
          lagRecords: counted.length === 0 ? null : sum(counted),
          isLagPartial: counted.length < lags.length,
          isBehind: behind().includes(one.groupId)
        }
      }),
      groupCount: known.length,
      silentGroups: groupSeeds.filter((one) => isDead(one.coordinatorId)).length
    }
  }
  const isSilent = (): boolean => groupSeeds.some((one) => isDead(one.coordinatorId))
  const readersIn = (topicName: string): TopicRow['readers'] => {
    const { groups: all } = readers(topicName)
    const known = all.flatMap(({ lagRecords }) => (lagRecords === null ? [] : [lagRecords]))
    return {
      named: all.slice(0, 3).map(({ groupId }) => groupId),
      count: all.length,
      isPartial: isSilent(),
      worstLag: known.length === 0 ? null : Math.max(...known),
      isLagPartial: isSilent()
    }
  }

  const topicId = (seed: TopicSeed): string => Buffer.from(seed.name.padEnd(16, 'x')).toString('base64url').slice(0, 22)

  const topic = (topicName: string): TopicView | null => {
    const seed = seedOf(topicName)
    if (seed === undefined) return null
    return {
      name: seed.name,
      topicId: topicId(seed),
      isInternal: seed.name.startsWith('__'),
      configsProblem: null,
      configs: {
        'cleanup.policy': seed.name.startsWith('__') ? 'compact' : 'delete',
        'compression.type': 'producer',
        'file.delete.delay.ms': '60000',
        'index.interval.bytes': '4096',
        'max.message.bytes': '1048588',
        'message.timestamp.type': 'CreateTime',
        'min.insync.replicas': '1',
        'retention.bytes': '-1',
        'retention.ms': '604800000',
        'segment.bytes': '1073741824',
        'segment.ms': '604800000'
      },
      minInSyncReplicas: seed.factor === 3 ? 2 : 1,
      partitions: partitionsOf(seed)
    }
  }

  const facts = (): { topicsAtMs: number; topics: ReadonlyMap<string, TopicFacts> } => ({
    topicsAtMs: clock(),
    topics: new Map(
      seeds.map((seed) => [
        seed.name,
        {
          name: seed.name,
          topicId: topicId(seed),
          isInternal: seed.name.startsWith('__'),
          minIsr: seed.factor === 3 ? 2 : 1,
          isUncleanAllowed: false,
          partitions: partitionsOf(seed),
          recordsInPerSecond: seed.perSecond,
          knownRecordsInPerSecond: seed.perSecond
        }
      ])
    )
  })
  const partitions = (): PartitionMapView => partitionMap(facts())
  const placed = (): PlacementView => placement(facts())
  const moves: readonly PartitionMove[] =
    name === 'broken'
      ? [
          { topic: 'payments.events', partition: 1, replicas: [3, 1, 2], adding: [2], removing: [1] },
          { topic: 'payments.events', partition: 4, replicas: [1, 2, 3], adding: [2], removing: [] }
        ]
      : []
  /** The broker that is down says nothing of its log. */
  const replicas = (name: string, index: number): readonly ReplicaState[] => {
    const found = facts().topics.get(name)?.partitions[index]
    const end = found?.endOffset ?? 0
    return (found?.replicas ?? []).map((broker, at) => {
      const isSilent = found?.isr.includes(broker) === false
      const isLeader = broker === found?.leader
      const behind = isSilent ? null : { ms: isLeader ? 0 : at * 1900, isAtLeast: at > 1 }
      return { broker, logEnd: isSilent ? null : isLeader ? end : end - at, behind }
    })
  }
  /** Known for ten minutes: its last follower fell behind for a while, and then the broker was killed. */
  const history = (name: string, index: number): PartitionHistoryView => {
    const found = facts().topics.get(name)?.partitions[index]
    const sinceMs = startedAtMs - 600_000
    const { topicId = '' } = facts().topics.get(name) ?? {}
    if (found === undefined) return { topicId, looks: [], live: [], changes: [] }
    const { leader, leaderEpoch, replicas, isr } = found
    const first = {
      leader: replicas[0] ?? null,
      leaderEpoch: leaderEpoch - Number(leader !== replicas[0]),
      replicas: [...replicas]
    }
    const noticedMs = killedAtMs + 6_200
    const living = BROKERS.filter((id) => !isDead(id))
    const all = [...replicas]
    return {
      topicId,
      looks: [{ fromMs: sinceMs, toMs: clock() }],
      live: [{ atMs: sinceMs, brokers: [...BROKERS] }, ...(isBroken ? [{ atMs: noticedMs, brokers: living }] : [])],
      changes: [
        { ...first, atMs: sinceMs, isr: all },
        { ...first, atMs: sinceMs + 80_000, isr: all.length > 2 ? all.slice(0, -1) : all },
        { ...first, atMs: sinceMs + 140_000, isr: all },
        { atMs: noticedMs, leader, leaderEpoch, replicas: all, isr: [...isr] }
      ]
    }
  }
  const plan = ({ goal, topics: only }: CommandInput<'partition.plan'>): ReassignmentPlan => {
    const known = [...facts().topics.values()].filter(({ name }) => only === undefined || only.includes(name))
    const live = [1, 2, 3].filter((id) => goal.type !== 'away' || id !== goal.broker)
    return planned(goal, known, live, new Set(moves.map(topicPartitionName)))
  }
  const held = (node: string): HeldPartitionsView => heldPartitions(facts(), brokerIdOf(node))

  /** The last partition of a topic was never committed by its group, to show what is not known. */
  const hasCommit = (seed: GroupSeed, partition: number): boolean =>
    !(seed.groupId === 'inventory-sync' && partition === 5)

  const lagOf = (seed: GroupSeed, partition: number, atMs: number): number | null => {
    const topicSeed = seedOf(seed.topic)
    if (topicSeed === undefined || !hasCommit(seed, partition)) return null
    const noise = 0.6 + 0.8 * wobble(partition + seed.groupId.length, atMs)
    if (!isBroken || atMs < killedAtMs) return Math.round(seed.calm * noise)
    if (replicasOf(topicSeed, partition).every(isDead) || isDead(seed.coordinatorId)) return null
    if (atMs < killedAtMs + 22_000) return null
    const share = (atMs - killedAtMs) / KILLED_BEFORE_MS
    return Math.round(seed.calm * noise + (seed.behind - seed.calm) * share * (1 + partition / 20))
  }

  /** What comes in, and what is read: as much, until a broker is killed; then less of both, and too little is read. */
  const paceAt = (seed: GroupSeed, atMs: number): { readonly written: number | null; readonly read: number | null } => {
    const isKnown = !isBroken || atMs < killedAtMs || (atMs > killedAtMs + 30_000 && !isDead(seed.coordinatorId))
    if (!isKnown) return { written: null, read: null }
    const written = 1500 + 140 * wobble(seed.groupId.length, atMs)
    const isAfter = isBroken && atMs >= killedAtMs
    const grows = ((seed.behind - seed.calm) * 1000 * (seed.behind > 0 ? 10 : 0)) / KILLED_BEFORE_MS
    return { written, read: isAfter ? Math.max(0, written - grows) : written - 40 + 80 * wobble(3, atMs) }
  }

  const lagSampleAt = (seed: GroupSeed, atMs: number): LagSampleView => {
    const partitions = Array.from({ length: seedOf(seed.topic)?.partitions ?? 0 }, (_, partition) => ({
      topic: seed.topic,
      partition,
      lag: lagOf(seed, partition, atMs)
    }))
    const known = partitions.flatMap((one) => (one.lag === null ? [] : [one.lag]))
    return {
      groupId: seed.groupId,
      atMs,
      total: known.length === 0 ? null : sum(known),
      ...paceAt(seed, atMs),
      partitions
    }
  }

  const groupSeed = (groupId: string): GroupSeed | undefined => groupSeeds.find((seed) => seed.groupId === groupId)

  const lagHistory = (groupId: string, rangeMs: number): LagHistoryView => {
    const toMs = Math.floor(clock() / 1000) * 1000
    const seed = groupSeed(groupId)
    const empty = { groupId, fromMs: toMs - rangeMs, toMs, atMs: [], total: [], written: [], read: [], partitions: [] }
    if (seed === undefined) return empty
    const atMs = Array.from({ length: rangeMs / 1000 }, (_, index) => toMs - rangeMs + (index + 1) * 1000)
    const samples = atMs.map((at) => lagSampleAt(seed, at))
    return {
      ...empty,
      atMs,
      total: samples.map((sample) => sample.total),
      written: samples.map((sample) => sample.written),
      read: samples.map((sample) => sample.read),
      partitions: (samples[0]?.partitions ?? []).map((one, index) => ({
        topic: one.topic,
        partition: one.partition,
        lag: samples.map((sample) => sample.partitions[index]?.lag ?? null)
      }))
    }
  }

  const lagSample = (groupId: string): LagSampleView => {
    const seed = groupSeed(groupId)
    const atMs = Math.floor(clock() / 1000) * 1000
    return seed === undefined
      ? { groupId, atMs, total: null, written: null, read: null, partitions: [] }
      : lagSampleAt(seed, atMs)
  }

  const memberIds = (seed: GroupSeed): string[] =>
    Array.from(
      { length: seed.members },
      (_, index) => `${seed.groupId}-${index + 1}-6f1c2a9e-${index}b7d-4c1e-8a55-0e2d9c3b7a1${index}`
    )

  const group = (groupId: string): GroupView | null => {
    const seed = groupSeed(groupId)
    const topicSeed = seed === undefined ? undefined : seedOf(seed.topic)
    if (seed === undefined || topicSeed === undefined) return null
    const isSilent = isDead(seed.coordinatorId)
    const members = isSilent ? [] : memberIds(seed)
    const owner = (partition: number): string | null =>
      members[Math.floor((partition * members.length) / topicSeed.partitions)] ?? null
    const atMs = Math.floor(clock() / 1000) * 1000
    const partitions = partitionsOf(topicSeed).map((one) => {
      const lagRecords = lagOf(seed, one.partition, atMs)
      return {
        topic: seed.topic,
        partition: one.partition,
        committedOffset: lagRecords === null || one.endOffset === null ? null : Math.max(0, one.endOffset - lagRecords),
        startOffset: one.startOffset,
        endOffset: one.endOffset,
        lagRecords,
        memberId: owner(one.partition)
      }
    })
    return {
      groupId,
      state: isDead(seed.coordinatorId) ? 'Unknown' : 'Stable',
      protocol: isDead(seed.coordinatorId) ? '' : 'range',
      coordinatorId: isDead(seed.coordinatorId) ? null : seed.coordinatorId,
      isBehind: behind().includes(groupId),
      areCommitsKnown: !isSilent,
      advice: isSilent || !isBroken || groupId !== 'es-sink' ? [] : adviceAt(killedAtMs),
      members: isSilent
        ? null
        : members.map((memberId, index) => ({
            memberId,
            clientId: `${groupId}-${index + 1}`,
            clientHost: '/127.0.0.1',
            assignments: [
              {
                topic: seed.topic,
                partitions: partitions.filter((one) => one.memberId === memberId).map((one) => one.partition)
              }
            ]
          })),
      partitions: isSilent ? [] : partitions
    }
  }

  const groups = (): GroupsView => ({
    observedAtMs: clock(),
    groups: groupSeeds.flatMap((seed) => {
      const view = group(seed.groupId)
      if (view === null) return []
      const known = view.partitions.flatMap((one) => (one.lagRecords === null ? [] : [one.lagRecords]))
      return [
        {
          groupId: seed.groupId,
          state: view.state,
          protocol: view.protocol,
          memberCount: view.members?.length ?? null,
          topics: [seed.topic],
          lagRecords: known.length === 0 ? null : sum(known),
          lagUnknown: known.length > 0 ? null : view.areCommitsKnown ? 'notCommitted' : 'coordinatorSilent',
          isBehind: view.isBehind,
          ...(view.advice.length === 0 ? {} : { advice: view.advice.map(({ code }) => code) }),
          coordinatorId: view.coordinatorId ?? null
        }
      ]
    })
  })

  const events = (): ClusterEvent[] => {
    if (name === 'gone') return []
    const list: Omit<ClusterEvent, 'id'>[] = []
    const add = (
      atMs: number,
      code: ClusterEvent['code'],
      level: ClusterEvent['level'],
      kind: ClusterEvent['kind'],
      subject: string | null,
      params: ClusterEvent['params'] = {}
    ): void => {
      list.push({ atMs, code, level, kind, subject, params })
    }
    const up = startedAtMs - (name === 'empty' ? 24_000 : 800_000)
    add(up, 'nodeRunning', 'healthy', 'process', 'ensemble-1')
    for (const id of BROKERS) add(up + 300 + id * 90, 'nodeRunning', 'healthy', 'process', `broker-${id}`)
    add(up + 700, 'controllerElected', 'healthy', 'cluster', 'broker-1', { epoch: 1 })
    if (name === 'healthy' || isBroken) {
      add(startedAtMs - 700_000, 'workloadKilled', 'critical', 'process', 'orders-reader-2')
      add(startedAtMs - 690_000, 'workloadZombied', 'degraded', 'process', 'orders-reader-1', { sessionSeconds: 10 })
      add(startedAtMs - 660_000, 'workloadEnded', 'critical', 'process', 'orders-in', {
        exit: 'exit code 1',
        problem: 'Out of memory.'
      })
      const t = startedAtMs - 640_000
      add(t, 'nodeStopped', 'stopped', 'process', 'broker-3')
      add(t + 300, 'partitionsOffline', 'critical', 'cluster', null, { count: 29 })
      add(t + 41_000, 'nodeStarting', 'recovering', 'process', 'broker-3')
      add(t + 41_600, 'nodeRunning', 'healthy', 'process', 'broker-3')
      add(t + 42_100, 'partitionsOnline', 'healthy', 'cluster', null, { count: 29 })
      add(startedAtMs - 500_000, 'topicCreated', 'healthy', 'cluster', 'scratch.load-test', { partitions: 4 })
    }
    if (isBroken) {
      add(killedAtMs, 'nodeKilled', 'critical', 'process', 'broker-2')
      add(killedAtMs + 6_100, 'brokerSessionExpired', 'critical', 'cluster', 'broker-2')
      add(killedAtMs + 6_200, 'partitionsOffline', 'critical', 'cluster', null, { count: leaderless })
      add(killedAtMs + 22_000, 'groupStateChanged', 'recovering', 'group', 'es-sink', {
        from: 'PreparingRebalance',
        to: 'Stable'
      })
      add(killedAtMs + 60_000, 'groupBehind', 'degraded', 'group', 'es-sink', { lag: 10_000 })
      add(killedAtMs + 150_000, 'groupBehind', 'degraded', 'group', 'fraud-check', { lag: 5_000 })
    }
    if (name === 'minority') {
      add(killedAtMs, 'nodeKilled', 'critical', 'process', 'ensemble-3')
      add(killedAtMs + 410, 'memberElected', 'healthy', 'cluster', 'ensemble-1', { term: 5, votes: 2, members: 3 })
      add(killedAtMs + 9_000, 'sessionExpired', 'degraded', 'cluster', 'ensemble-1', {
        sessionId: '0x3000a41c7d20007',
        count: 3
      })
    }
    if (name === 'majority') {
      add(killedAtMs - 60_000, 'quorumRegained', 'healthy', 'cluster', null, { seconds: 41 })
      add(killedAtMs + 200, 'quorumLost', 'critical', 'cluster', null, { running: 1, majority: 2, members: 3 })
      add(killedAtMs + 900, 'clientTurnedAway', 'critical', 'process', 'broker-3', { member: '127.0.0.1:2182' })
    }
    return list.sort((a, b) => a.atMs - b.atMs).map((event, index) => ({ ...event, id: index + 1 }))
  }

  const cost = (asked: AskedCost): NodeCostView => {
    const isBroker = asked.node.startsWith('broker')
    const groups = groupSeeds.map(({ groupId, coordinatorId }): [string, GroupFacts] => [
      groupId,
      {
        groupId,
        coordinatorId,
        lastCoordinatorId: coordinatorId,
        state: 'Stable',
        lastState: 'Stable',
        protocol: 'range',
        members: [],
        committed: null
      }
    ])
    const seen = {
      ...facts(),
      hasMetadata: true,
      liveBrokers: BROKERS.filter((id) => !isDead(id)),
      groups: new Map(groups)
    }
    const radius = blastRadius(seen, effectOf(asked, ensembleIds.length))
    return {
      node: asked.node,
      isController: isBroker && brokerIdOf(asked.node) === 1,
      ...radius,
      topics: radius.topics.slice(0, COST_TOPICS_MAX)
    }
  }

  const records = (topicName: string, limit: number): RecordView[] => {
    const seed = seedOf(topicName)
    if (seed === undefined || seed.perSecond === 0) return []
    const live = partitionsOf(seed).filter((one) => one.leader !== null)
    return Array.from({ length: limit }, (_, index): RecordView => {
      const place = live[index % live.length] ?? { partition: 0, endOffset: 1 }
      const offset = (place.endOffset ?? 1) - 1 - Math.floor(index / live.length)
      return {
        topic: topicName,
        partition: place.partition,
        offset,
        timestampMs: clock() - index * 731 - 120,
        ...body(index)
      }
    })
  }

  return {
    cluster,
    topics,
    topic,
    readers,
    partitions,
    placement: placed,
    moves,
    replicas,
    history,
    plan,
    held,
    groups,
    group,
    lagHistory,
    lagSample,
    rates,
    events,
    cost,
    acts: () => (name === 'healthy' || isBroken ? fakeActs(startedAtMs) : []),
    records,
    configs: configsOf,
    workloads: () => workloads(name, clock())
  }
}

const adviceAt = (sinceMs: number): GroupView['advice'] => [
  {
    code: 'outnumbered',
    count: 5,
    sample: ['es-sink-13', 'es-sink-14', 'es-sink-15'],
    members: 17,
    partitions: 12,
    sinceMs: null
  },
  {
    code: 'standing',
    count: 4,
    sample: ['app-logs-0', 'app-logs-1', 'app-logs-3'],
    members: 17,
    partitions: 4,
    sinceMs
  }
]

function workloads(scene: SceneName, atMs: number): WorkloadsView {
  const common = {
    sinceMs: atMs - 6_000,
    scene: 'steady',
    problem: null,
    records: 659_417,
    unsent: 0,
    isJoining: false,
    slowedBy: 1,
    evictedAtMs: null,
    isEvicted: false
  }
  const rates = (rate: number, was = rate, until = 0): number[] =>
    Array.from({ length: 60 }, (_, i) => Math.round((i < until ? was : rate) * (1 + Math.sin(i * 1.7) * 0.04)))
  const producer = (name: string, topic: string, rate: number, rest: Partial<WorkloadView> = {}): WorkloadView => ({
    ...common,
    name,
    kind: 'producer',
    topic,
    groupId: null,
    state: 'running',
    pid: 50_001,
    settings: {
      topic,
      ratePerSecond: rate,
      valueBytes: 100,
      keys: 100,
      hotShare: 0,
      serializer: 'json',
      acks: rate > 1000 ? '1' : 'all'
    },
    ratePerSecond: rate,
    rates: rates(rate),
    errors: rate > 1000 ? 214 : 0,
    lastError: rate > 1000 ? 'NOT_LEADER_OR_FOLLOWER: This broker does not lead the partition (any more).' : null,
    partitions: null,
    generation: null,
    memberId: null,
    lagRecords: null,
    ...rest
  })
  const member = (
    name: string,
    [group, topic]: readonly [string, string],
    rate: number,
    partitions: number[],
    rest: Partial<WorkloadView> = {}
  ): WorkloadView => ({
    ...common,
    name,
    kind: 'consumer',
    topic,
    groupId: group,
    state: 'running',
    pid: 50_101,
    settings: {
      topic,
      group,
      processingMs: 0,
      commit: 'auto',
      staticId: name.endsWith('2'),
      sessionTimeoutMs: 10_000,
      from: 'earliest'
    },
    ratePerSecond: rate,
    rates: rates(rate),
    errors: 0,
    lastError: null,
    partitions,
    generation: 8,
    memberId: `${name}-6f1c2a9e`,
    lagRecords: Math.round(rate / 10),
    ...rest
  })
  const gone = { pid: null, ratePerSecond: 0, partitions: null, generation: null, memberId: null, lagRecords: null }
  const billing = ['billing', 'orders'] as const
  const fraud = ['fraud-check', 'payments.events'] as const
  const rows: WorkloadView[] = [
    producer('clicks-in', 'app-logs', 1200),
    producer('orders-in', 'orders', 801),
    producer('burst-in', 'scratch.load-test', 0, { state: 'paused', ratePerSecond: 0, rates: rates(0) }),
    member('billing-1', billing, 267, [0, 1]),
    member('billing-2', billing, 0, [2, 3], {
      state: 'zombie',
      evictedAtMs: atMs + 4_000,
      rates: rates(0, 267, 54),
      lagRecords: null
    }),
    member('billing-3', billing, 0, [], {
      ...gone,
      state: 'failed',
      problem: 'FENCED_INSTANCE_ID: Another member has this static id.'
    }),
    member('fraud-1', fraud, 150, [0, 1, 2, 3]),
    member('fraud-2', fraud, 25, [4, 5, 6, 7], {
      state: 'slowed',
      slowedBy: 10,
      lagRecords: 4_380,
      rates: rates(25, 150, 25)
    }),
    member('fraud-3', fraud, 0, [], { ...gone, state: 'killed' })
  ]
  const strange = [
    producer('x'.repeat(60), LONGEST_TOPIC, 99_999, { errors: 214_740 }),
    member(
      'strange-1',
      ['two\nlines\tand a tab', LONG],
      0,
      Array.from({ length: 40 }, (_, i) => i),
      { isJoining: true }
    )
  ]
  return {
    atMs,
    workloads: scene === 'empty' ? [] : scene === 'strange' ? [...strange, ...rows] : rows,
    notKept:
      scene === 'strange'
        ? { sinceMs: atMs - 90_000, reason: 'There is no room on the disk of /home/you/Lagoon.' }
        : null,
    scenes: [
      ...builtInScenes.map((one) => ({ scene: one, isBuiltIn: true })),
      ...(scene === 'empty'
        ? []
        : builtInScenes.slice(0, 1).map((one) => ({ scene: { ...one, name: 'Monday 아침' }, isBuiltIn: false })))
    ]
  }
}

const CONFIGS = [
  ['cleanup.policy', 'log.cleanup.policy', 'list', 'delete'],
  ['compression.type', 'compression.type', 'string', 'producer'],
  ['follower.replication.throttled.replicas', 'follower.replication.throttled.rate', 'list', ''],
  ['leader.replication.throttled.replicas', 'leader.replication.throttled.rate', 'list', ''],
  ['file.delete.delay.ms', 'log.segment.delete.delay.ms', 'long', '60000'],
  ['index.interval.bytes', 'log.index.interval.bytes', 'int', '4096'],
  ['max.message.bytes', 'message.max.bytes', 'int', '1048588'],
  ['message.timestamp.type', 'log.message.timestamp.type', 'string', 'CreateTime'],
  ['min.insync.replicas', 'min.insync.replicas', 'int', '1'],
  ['retention.bytes', 'log.retention.bytes', 'long', '-1'],
  ['retention.ms', 'log.retention.ms', 'long', '604800000'],
  ['segment.bytes', 'log.segment.bytes', 'int', '1073741824'],
  ['segment.ms', 'log.roll.ms', 'long', '604800000']
] as const
const SET: Readonly<Record<string, string>> = { 'retention.ms': '86400000', 'segment.bytes': '104857600' }

function configsOf(input: unknown): { configs: ConfigView[] } {
  const { resource } = input as { resource: { type: 'topic' | 'broker' } }
  return {
    configs: CONFIGS.map(([topicName, brokerName, type, otherwise]) => {
      const name = resource.type === 'topic' ? topicName : brokerName
      const set = resource.type === 'topic' ? SET[name] : undefined
      return {
        name,
        type,
        isReadOnly: false,
        isSensitive: false,
        isSet: set !== undefined,
        value: set ?? otherwise,
        source: set === undefined ? 'default' : 'topic',
        otherwise: { value: otherwise, source: 'default' }
      }
    })
  }
}

function body(index: number): Pick<RecordView, 'key' | 'value' | 'headers'> {
  const keys = ['payments-7f932', 'orders-5d2e7', 'checkout-c81bc', 'search-0a4d1']
  const key = keys[index % keys.length] ?? null
  if (index % 17 === 5) return { key, value: null, headers: [] }
  if (index % 11 === 7) return { key, value: { base64: 'AAAAKhZhY2NvdW50LTQyAgDIAQ==' }, headers: [] }
  const value = `{"level":"info","service":"${key ?? ''}","seq":9223372036854775807,"ledger":23958446825181076828,"amount":129.90,"retry":{"attempt":${index % 5},"backoffMs":1000,"fatal":false},"tags":["eu-1","card"],"cause":null}`
  return {
    key,
    value,
    headers: [
      { key: 'content-type', value: 'application/json' },
      { key: 'trace-id', value: '7be3c0d2f1a84b0e9c55' },
      { key: 'schema-id', value: { base64: 'AAAAKg==' } }
    ]
  }
}
