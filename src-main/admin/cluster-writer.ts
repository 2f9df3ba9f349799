/** Topics and records: what changes a cluster, and reading what lies in a partition. */
import { createTopicsV7, deleteTopicsV6, fetchV12, produceV9, type RecordsBatch } from '@platformatic/kafka'
import type {
  ClusterWriter,
  FetchedPartition,
  FetchedRecord,
  FetchOptions,
  FetchPosition,
  NewRecord,
  PayloadText
} from '../kernel/cluster-ports'
import { AppError } from '../kernel/errors'
import { bytesFromPayload, cutBytes, payloadFromBytes } from '../serdes/payload'
import { check, kafkaError, kafkaProblem, partial } from './broker-lanes'
import { commandLane, type Brokers } from './brokers'
import { byTopic, kafkaUuid, safe } from './cluster-reader'

const isControlBatch = 1 << 5
const isLogAppendTime = 1 << 3
const noSession = { id: 0, epoch: -1 } as const

export function clusterWriter(brokers: Brokers): ClusterWriter {
  return {
    async createTopic({ name, partitions, replicationFactor, configs }, timeoutMs) {
      const topic = {
        name,
        numPartitions: partitions,
        replicationFactor,
        assignments: [],
        configs: Object.entries(configs).map(([config, value]) => ({ name: config, value }))
      }
      const answer = await brokers.ask(controllerOf(brokers), commandLane, timeoutMs, (connection) =>
        partial(createTopicsV7.api.async(connection, [topic], timeoutMs, false))
      )
      const created = only(answer.topics)
      check(created.errorCode, created.errorMessage)
      return { topicId: kafkaUuid(created.topicId) }
    },

    async deleteTopic(topic, timeoutMs) {
      const answer = await brokers.ask(controllerOf(brokers), commandLane, timeoutMs, (connection) =>
        partial(deleteTopicsV6.api.async(connection, [{ name: topic }], timeoutMs))
      )
      const deleted = only(answer.responses)
      check(deleted.errorCode, deleted.errorMessage)
    },

    async produce(broker, { topic, partition, acks, records }, timeoutMs) {
      const messages = records.map((record) => message(topic, partition, record))
      const answer = await brokers.ask(broker, commandLane, timeoutMs, (connection) =>
        partial(produceV9.api.async(connection, acks, timeoutMs, messages))
      )
      if (typeof answer === 'boolean') return null
      const answered = only(only(answer.responses).partitionResponses)
      check(answered.errorCode, answered.errorMessage)
      return safe(answered.baseOffset)
    },

    fetch: (broker, positions, options) => fetch(brokers, broker, positions, options),

    payloadBytes: bytesFromPayload,

    closeLane(lane) {
      brokers.lanes.closeLane(lane)
      return Promise.resolve()
    }
  }
}

function controllerOf(brokers: Brokers): number {
  if (brokers.controllerId !== null) return brokers.controllerId
  throw new AppError('CONNECTION_REFUSED', 'The cluster has no controller at the moment.')
}

function only<T>(answers: readonly T[]): T {
  const answer = answers[0]
  if (answer === undefined) throw kafkaError({ name: 'UNKNOWN_SERVER_ERROR', message: 'There was no answer.' })
  return answer
}

// ── produce ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** The library takes null keys, values and header values as they are, although its types do not say so. */
type Message = Parameters<typeof produceV9.api.async>[3][number]

function message(topic: string, partition: number, record: NewRecord): Message {
  const bytes = (payload: PayloadText): Buffer | null => {
    const own = bytesFromPayload(payload)
    return own === null ? null : Buffer.from(own.buffer, own.byteOffset, own.byteLength)
  }
  // A Map by identity of its keys: a header that is there twice stays there twice.
  const headers = new Map(record.headers.map(({ key, value }) => [Buffer.from(key), bytes(value)]))
  return { topic, partition, key: bytes(record.key), value: bytes(record.value), headers } as Message
}

// ── fetch ────────────────────────────────────────────────────────────────────────────────────────────────────────

async function fetch(
  brokers: Brokers,
  broker: number,
  positions: readonly FetchPosition[],
  options: FetchOptions
): Promise<readonly FetchedPartition[]> {
  const offsets = new Map(positions.map((at) => [`${at.partition} ${at.topic}`, at.offset]))
  const topics = byTopic(positions).map(([topic, partitions]) => ({
    topicId: topic,
    partitions: partitions.map((partition) => ({
      partition,
      currentLeaderEpoch: -1,
      fetchOffset: BigInt(offsets.get(`${partition} ${topic}`) ?? 0),
      lastFetchedEpoch: -1,
      partitionMaxBytes: options.partitionBytesMax
    }))
  }))
  const { maxWaitMs, answerBytesMax, lane, timeoutMs } = options
  const { id, epoch } = noSession
  const answer = await brokers.ask(broker, lane, timeoutMs, (connection) =>
    partial(fetchV12.api.async(connection, maxWaitMs, 1, answerBytesMax, 0, id, epoch, topics, [], ''))
  )
  check(answer.errorCode)
  return answer.responses.flatMap(({ topicId: topic, partitions }) =>
    partitions.map(({ partitionIndex: partition, errorCode, records }) => {
      const from = offsets.get(`${partition} ${topic}`) ?? 0
      const batches = records ?? []
      return {
        topic,
        partition,
        problem: kafkaProblem(errorCode),
        records: batches.flatMap((batch) => recordsOf(batch, from, options.payloadBytesMax)),
        nextOffset: Math.max(from, ...batches.map((batch) => safe(batch.firstOffset) + batch.lastOffsetDelta + 1))
      }
    })
  )
}

/** A batch comes whole: what lies before the offset asked for is left out. */
function recordsOf(batch: RecordsBatch, from: number, payloadBytesMax: number | undefined): FetchedRecord[] {
  if ((batch.attributes & isControlBatch) !== 0) return []
  const firstOffset = safe(batch.firstOffset)
  const hasAppendTime = (batch.attributes & isLogAppendTime) !== 0
  const found: FetchedRecord[] = []
  for (const record of batch.records) {
    const offset = firstOffset + record.offsetDelta
    if (offset < from) continue
    const timestamp = hasAppendTime ? batch.maxTimestamp : batch.firstTimestamp + record.timestampDelta
    const bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0)
    let isCut = false
    const payload = (whole: Uint8Array | null): PayloadText => {
      if (whole === null || payloadBytesMax === undefined || whole.length <= payloadBytesMax) {
        return payloadFromBytes(whole)
      }
      isCut = true
      return payloadFromBytes(cutBytes(whole, payloadBytesMax))
    }
    const shown = {
      offset,
      timestampMs: exact(timestamp),
      key: payload(record.key),
      value: payload(record.value),
      headers: record.headers.map(([key, value]) => ({ key: key?.toString('utf8') ?? '', value: payload(value) }))
    }
    found.push(isCut ? { ...shown, cutFromBytes: bytes } : shown)
  }
  return found
}

function exact(timestamp: bigint): number | string {
  const number = Number(timestamp)
  return Number.isSafeInteger(number) ? number : String(timestamp)
}
