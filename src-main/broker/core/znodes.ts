/**
 * Kafka 3.9's znodes: where they are and what is in them (Kafka's ZkData.scala). Text in, values out; undefined for text that
 * is none of ours, so that a foreign write cannot stop a broker.
 */
import type { LeaderEpoch, ControllerEpoch, BrokerId } from '../../kernel/ids'
import { uuidToBytes, zeroUuid, type Uuid } from '../../kernel/uuid'
import type { BrokerEndpoint } from './metadata-image'
import type { TopicConfigs } from './topic-configs'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const paths = {
  brokerIds: '/brokers/ids',
  broker: (id: BrokerId) => `/brokers/ids/${id}`,
  topics: '/brokers/topics',
  topic: (topic: string) => `/brokers/topics/${topic}`,
  partitions: (topic: string) => `/brokers/topics/${topic}/partitions`,
  partition: (topic: string, partition: number) => `/brokers/topics/${topic}/partitions/${partition}`,
  state: (topic: string, partition: number) => `/brokers/topics/${topic}/partitions/${partition}/state`,
  controller: '/controller',
  controllerEpoch: '/controller_epoch',
  topicConfigs: '/config/topics',
  topicConfig: (topic: string) => `/config/topics/${topic}`,
  /** Undefined: of all brokers. */
  brokerConfig: (id: number | undefined) => `/config/brokers/${id ?? '<default>'}`,
  configChanges: '/config/changes',
  newConfigChange: '/config/changes/config_change_',
  configChange: (number: number) => `/config/changes/config_change_${String(number).padStart(10, '0')}`,
  deleteTopics: '/admin/delete_topics',
  deleteTopic: (topic: string) => `/admin/delete_topics/${topic}`,
  logDirEvents: '/log_dir_event_notification',
  newLogDirEvent: '/log_dir_event_notification/log_dir_event_',
  logDirEvent: (name: string) => `/log_dir_event_notification/${name}`,
  clusterId: '/cluster/id',
  producerIdBlock: '/latest_producer_id_block'
} as const

/** Made by every broker at its start when missing. */
export const persistentPaths = [
  '/consumers',
  '/brokers',
  '/brokers/ids',
  '/brokers/topics',
  '/brokers/seqid',
  '/config',
  '/config/changes',
  '/config/topics',
  '/config/clients',
  '/config/users',
  '/config/brokers',
  '/config/ips',
  '/admin',
  '/admin/delete_topics',
  '/isr_change_notification',
  '/latest_producer_id_block',
  '/log_dir_event_notification',
  '/cluster'
] as const

export function textOf(data: Uint8Array | null): string {
  return data === null ? '' : decoder.decode(data)
}

export function dataOf(text: string): Uint8Array {
  return encoder.encode(text)
}

type JsonObject = Readonly<Record<string, unknown>>

function parsed(data: Uint8Array | null): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(textOf(data))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}

const json = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value))
const isIds = (value: unknown): value is number[] => Array.isArray(value) && value.every((id) => Number.isInteger(id))

// ── brokers ──────────────────────────────────────────────────────────────────────────────────────────────────────

export interface BrokerRegistration extends BrokerEndpoint {
  readonly timestampMs: number
  /** Ours, beside Kafka's fields: tells this process from others of the same id. */
  readonly guid: string
  /** Ours: another one when it may have come back with less than it had (KIP-903); empty: it says none. */
  readonly logIncarnation: string
}

export function brokerData(broker: BrokerRegistration): Uint8Array {
  return json({
    version: 5,
    host: broker.host,
    port: broker.port,
    jmx_port: -1,
    timestamp: String(broker.timestampMs),
    endpoints: [`PLAINTEXT://${broker.host}:${broker.port}`],
    listener_security_protocol_map: { PLAINTEXT: 'PLAINTEXT' },
    features: {},
    guid: broker.guid,
    log_incarnation: broker.logIncarnation
  })
}

export function parseBroker(id: BrokerId, data: Uint8Array | null): BrokerRegistration | undefined {
  const value = parsed(data)
  if (value === undefined || typeof value['host'] !== 'string' || typeof value['port'] !== 'number') return undefined
  const { host, port, rack, guid, timestamp, log_incarnation: logIncarnation } = value
  return {
    id,
    host,
    port,
    rack: typeof rack === 'string' ? rack : null,
    guid: typeof guid === 'string' ? guid : '',
    logIncarnation: typeof logIncarnation === 'string' ? logIncarnation : '',
    timestampMs: Number(timestamp)
  }
}

// ── controller ───────────────────────────────────────────────────────────────────────────────────────────────────

export function controllerData(brokerId: BrokerId, nowMs: number): Uint8Array {
  return json({ version: 2, brokerid: brokerId, timestamp: String(nowMs), kraftControllerEpoch: -1 })
}

export function parseControllerEpoch(data: Uint8Array | null): number {
  const epoch = Number(textOf(data))
  return Number.isSafeInteger(epoch) ? epoch : 0
}

// ── topics ───────────────────────────────────────────────────────────────────────────────────────────────────────

export interface StoredAssignment {
  /** The first is the preferred leader. */
  readonly replicas: readonly number[]
  /** While a reassignment is under way: which of the replicas are being added, and which are to go. */
  readonly reassignment?: { readonly adding: readonly number[]; readonly removing: readonly number[] } | undefined
}

export interface TopicAssignment {
  readonly topicId: Uuid | undefined
  /** By partition index. */
  readonly partitions: readonly StoredAssignment[]
}

/** Of a topic at rest. */
export function topicData(topicId: Uuid, partitions: readonly (readonly number[])[]): Uint8Array {
  return assignmentData(
    topicId,
    partitions.map((replicas) => ({ replicas }))
  )
}

export function assignmentData(topicId: Uuid, partitions: readonly StoredAssignment[]): Uint8Array {
  const listed = (listOf: (assignment: StoredAssignment) => readonly number[] | undefined) =>
    Object.fromEntries(
      partitions.flatMap((assignment, partition) => {
        const ids = listOf(assignment)
        return ids === undefined || ids.length === 0 ? [] : [[String(partition), ids] as const]
      })
    )
  return json({
    version: 3,
    topic_id: topicId,
    partitions: listed(({ replicas }) => replicas),
    adding_replicas: listed(({ reassignment }) => reassignment?.adding),
    removing_replicas: listed(({ reassignment }) => reassignment?.removing)
  })
}

export function parseTopic(data: Uint8Array | null): TopicAssignment | undefined {
  const value = parsed(data)
  const partitions = value?.['partitions']
  if (value === undefined || typeof partitions !== 'object' || partitions === null) return undefined
  const byIndex: StoredAssignment[] = []
  for (const [index, replicas] of Object.entries(partitions)) {
    if (!/^\d{1,6}$/.test(index) || !isIds(replicas) || replicas.length === 0) return undefined
    const idsIn = (field: string): readonly number[] => {
      const ids = (value[field] as JsonObject | null | undefined)?.[index]
      return isIds(ids) ? ids.filter((id) => replicas.includes(id)) : []
    }
    const [adding, removing] = [idsIn('adding_replicas'), idsIn('removing_replicas')]
    const isAtRest = adding.length === 0 && removing.length === 0
    byIndex[Number(index)] = isAtRest ? { replicas } : { replicas, reassignment: { adding, removing } }
  }
  if (byIndex.length === 0 || Object.keys(byIndex).length !== byIndex.length) return undefined
  const topicId = value['topic_id']
  return { topicId: isTopicId(topicId) ? topicId : undefined, partitions: byIndex }
}

function isTopicId(value: unknown): value is Uuid {
  return typeof value === 'string' && value !== zeroUuid && uuidToBytes(value) !== undefined
}

export interface PartitionState {
  readonly leader: BrokerId
  readonly leaderEpoch: LeaderEpoch
  readonly isr: readonly BrokerId[]
  readonly controllerEpoch: ControllerEpoch
  /**
   * The log incarnations with which members came into the ISR, where they are known: who has another one by now may lack what it
   * had. Beside Kafka's own fields; a controller of Kafka's drops it.
   */
  readonly isrLogs?: Readonly<Record<BrokerId, string>>
  /**
   * While nobody leads it: who else was in the ISR when that began, with their logs in `isrLogs`. Nothing has been committed since, so
   * that each has all that is: one of them leads when the last leader comes back with less (KIP-966 calls them eligible).
   */
  readonly lastIsr?: readonly BrokerId[]
  /**
   * Who was in the ISR and left it, the last ones first, with the logs they had then: they have more than a leader that comes back with
   * nothing.
   */
  readonly formerIsr?: readonly BrokerId[]
}

export function partitionStateData(state: PartitionState): Uint8Array {
  return json({
    controller_epoch: state.controllerEpoch,
    leader: state.leader,
    version: 1,
    leader_epoch: state.leaderEpoch,
    isr: state.isr,
    ...(state.isrLogs === undefined ? {} : { isr_log_epochs: state.isr.map((id) => state.isrLogs?.[id] ?? '') }),
    ...(state.lastIsr === undefined
      ? {}
      : { last_isr: state.lastIsr, last_isr_log_epochs: state.lastIsr.map((id) => state.isrLogs?.[id] ?? '') }),
    ...(state.formerIsr === undefined
      ? {}
      : { former_isr: state.formerIsr, former_isr_log_epochs: state.formerIsr.map((id) => state.isrLogs?.[id] ?? '') })
  })
}

export function parsePartitionState(data: Uint8Array | null): PartitionState | undefined {
  const value = parsed(data)
  if (value === undefined) return undefined
  const { leader, leader_epoch: leaderEpoch, isr, controller_epoch: controllerEpoch } = value
  if (typeof leader !== 'number' || typeof leaderEpoch !== 'number' || !isIds(isr)) return undefined
  const lastIsr = value['last_isr']
  const logs = isrLogsOf(isr, value['isr_log_epochs'])
  const formerIsr = value['former_isr']
  const lastLogs = isIds(lastIsr) ? isrLogsOf(lastIsr, value['last_isr_log_epochs']) : undefined
  const formerLogs = isIds(formerIsr) ? isrLogsOf(formerIsr, value['former_isr_log_epochs']) : undefined
  const areLogsKnown = logs !== undefined || lastLogs !== undefined || formerLogs !== undefined
  return {
    leader,
    leaderEpoch,
    isr,
    controllerEpoch: typeof controllerEpoch === 'number' ? controllerEpoch : 0,
    ...(areLogsKnown ? { isrLogs: { ...logs, ...lastLogs, ...formerLogs } } : {}),
    ...(isIds(lastIsr) ? { lastIsr } : {}),
    ...(isIds(formerIsr) ? { formerIsr } : {})
  }
}

/** In the order of the ISR; of no use when somebody who does not know them has changed that. */
function isrLogsOf(isr: readonly BrokerId[], logs: unknown): Readonly<Record<BrokerId, string>> | undefined {
  if (!Array.isArray(logs) || logs.length !== isr.length) return undefined
  const known = isr.flatMap((id, i): [BrokerId, string][] => {
    const log: unknown = logs[i]
    return typeof log === 'string' && log !== '' ? [[id, log]] : []
  })
  return Object.fromEntries(known)
}

// ── configs, cluster, producer ids ───────────────────────────────────────────────────────────────────────────────

export function configData(configs: TopicConfigs): Uint8Array {
  return json({ version: 1, config: configs })
}

export function parseConfig(data: Uint8Array | null): TopicConfigs {
  const config = parsed(data)?.['config']
  if (typeof config !== 'object' || config === null) return {}
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, String(value)]))
}

/** Whose configs: a topic's, a broker's, or (no id) those of all brokers. */
export type ConfigEntity =
  { readonly type: 'topic'; readonly topic: string } | { readonly type: 'broker'; readonly id: number | undefined }

export function configPath(entity: ConfigEntity): string {
  return entity.type === 'topic' ? paths.topicConfig(entity.topic) : paths.brokerConfig(entity.id)
}

/** What a broker reads to learn whose configs changed (Kafka's ConfigEntityChangeNotificationZNode). */
export function configChangeData(entity: ConfigEntity): Uint8Array {
  return json({ version: 2, entity_path: configPath(entity).slice('/config/'.length) })
}

export function parseConfigChange(data: Uint8Array | null): ConfigEntity | undefined {
  const path = parsed(data)?.['entity_path']
  if (typeof path !== 'string') return undefined
  const [type, name, ...rest] = path.split('/')
  if (name === undefined || rest.length > 0) return undefined
  if (type === 'topics') return { type: 'topic', topic: name }
  if (type !== 'brokers') return undefined
  if (name === '<default>') return { type: 'broker', id: undefined }
  return /^\d{1,10}$/.test(name) ? { type: 'broker', id: Number(name) } : undefined
}

/** Kafka's LogDirEventNotificationZNode; 1 is the only event there is: a log directory failed. */
export function logDirFailureData(brokerId: BrokerId): Uint8Array {
  return encoder.encode(JSON.stringify({ version: 1, broker: brokerId, event: 1 }))
}

/** Of which broker it is; undefined when it is none. */
export function parseLogDirEvent(data: Uint8Array | null): BrokerId | undefined {
  const value = parsed(data)
  const broker = value?.['broker']
  return value?.['event'] === 1 && Number.isSafeInteger(broker) ? Number(broker) : undefined
}

export function clusterIdData(id: Uuid): Uint8Array {
  return json({ version: '1', id })
}

export function parseClusterId(data: Uint8Array | null): Uuid | undefined {
  const id = parsed(data)?.['id']
  return typeof id === 'string' ? id : undefined
}

export const producerIdBlockSize = 1000

export function producerIdBlockData(brokerId: BrokerId, blockStart: bigint): Uint8Array {
  const blockEnd = blockStart + BigInt(producerIdBlockSize - 1)
  return json({ version: 1, broker: brokerId, block_start: String(blockStart), block_end: String(blockEnd) })
}

/** The first id after the block that is stored; 0 when there is none. */
export function parseNextProducerId(data: Uint8Array | null): bigint {
  const end = parsed(data)?.['block_end']
  return typeof end === 'string' && /^\d{1,19}$/.test(end) ? BigInt(end) + 1n : 0n
}
