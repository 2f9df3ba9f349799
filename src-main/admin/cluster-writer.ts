/** Topics and records: what changes a cluster, and reading what lies in a partition. */
import { createTopicsV7, deleteTopicsV6, produceV9 } from '@platformatic/kafka'
import type { ClusterWriter, NewRecord } from '../kernel/cluster-ports'
import { check, only, partial } from './broker-lanes'
import { commandLane, type Brokers } from './brokers'
import { kafkaUuid, safe } from './cluster-reader'
import type { RecordBytes } from './fetched-records'
import { recordFetch } from './record-fetch'

export function clusterWriter(brokers: Brokers, recordBytes: RecordBytes): ClusterWriter {
  return {
    async createTopic({ name, partitions, replicationFactor, configs }, timeoutMs) {
      const topic = {
        name,
        numPartitions: partitions,
        replicationFactor,
        assignments: [],
        configs: Object.entries(configs).map(([config, value]) => ({ name: config, value }))
      }
      const answer = await brokers.ask(brokers.controller(), commandLane, timeoutMs, (connection) =>
        partial(createTopicsV7.api.async(connection, [topic], timeoutMs, false))
      )
      const created = only(answer.topics)
      check(created.errorCode, created.errorMessage)
      return { topicId: kafkaUuid(created.topicId) }
    },

    async deleteTopic(topic, timeoutMs) {
      const answer = await brokers.ask(brokers.controller(), commandLane, timeoutMs, (connection) =>
        partial(deleteTopicsV6.api.async(connection, [{ name: topic }], timeoutMs))
      )
      const deleted = only(answer.responses)
      check(deleted.errorCode, deleted.errorMessage)
    },

    async produce(broker, { topic, partition, acks, codec, records }, timeoutMs) {
      const messages = records.map((record) => message(topic, partition, record))
      const answer = await brokers.ask(broker, commandLane, timeoutMs, (connection) =>
        partial(produceV9.api.async(connection, acks, timeoutMs, messages, { compression: codec }))
      )
      if (typeof answer === 'boolean') return null
      const answered = only(only(answer.responses).partitionResponses)
      check(answered.errorCode, answered.errorMessage)
      return safe(answered.baseOffset)
    },

    fetch: recordFetch(brokers, recordBytes),

    closeLane(lane) {
      brokers.lanes.closeLane(lane)
      return Promise.resolve()
    }
  }
}

// ── produce ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** The library takes null keys, values and header values as they are, although its types do not say so. */
type Message = Parameters<typeof produceV9.api.async>[3][number]

function message(topic: string, partition: number, record: NewRecord): Message {
  const bytes = (own: Uint8Array | null): Buffer | null =>
    own === null ? null : Buffer.from(own.buffer, own.byteOffset, own.byteLength)
  // A Map by identity of its keys: a header that is there twice stays there twice.
  const headers = new Map(record.headers.map(({ key, value }) => [Buffer.from(key), bytes(value)]))
  const timestamp = record.timestampMs === undefined ? {} : { timestamp: record.timestampMs }
  return { topic, partition, key: bytes(record.key), value: bytes(record.value), headers, ...timestamp } as Message
}
