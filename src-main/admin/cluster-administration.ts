/** Changes of topics, logs and groups; what single partitions were refused is told, not thrown. */
import {
  ConfigResourceTypes,
  createPartitionsV3,
  deleteGroupsV2,
  deleteRecordsV2,
  describeGroupsV5,
  incrementalAlterConfigsV1,
  IncrementalAlterConfigOperationTypes,
  listOffsetsV7,
  offsetDeleteV0,
  offsetFetchV8
} from '@platformatic/kafka'
import type { ChangedPartition, ClusterAdministration } from '../kernel/cluster-ports'
import type { TopicPartition } from '../kernel/ids'
import { check, kafkaProblem, only, partial } from './broker-lanes'
import { commandLane, type Brokers } from './brokers'
import { byTopic, committedIn, describedGroup, safe } from './cluster-reader'

export function clusterAdministration(brokers: Brokers): ClusterAdministration {
  return {
    async alterTopicConfigs(topic, { set, remove }, timeoutMs) {
      const configs = [
        ...Object.entries(set).map(([name, value]) => ({
          name,
          configOperation: IncrementalAlterConfigOperationTypes.SET,
          value
        })),
        ...remove.map((name) => ({ name, configOperation: IncrementalAlterConfigOperationTypes.DELETE }))
      ]
      const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configs }
      const answer = await brokers.askAny(commandLane, timeoutMs, (connection) =>
        partial(incrementalAlterConfigsV1.api.async(connection, [resource], false))
      )
      const altered = only(answer.responses)
      check(altered.errorCode, altered.errorMessage)
    },

    async createPartitions(topic, count, timeoutMs) {
      const answer = await brokers.ask(brokers.controller(), commandLane, timeoutMs, (connection) =>
        partial(createPartitionsV3.api.async(connection, [{ name: topic, count, assignments: null }], timeoutMs, false))
      )
      const made = only(answer.results)
      check(made.errorCode, made.errorMessage)
    },

    async deleteRecords(broker, positions, timeoutMs) {
      const offsets = new Map(positions.map((at) => [nameOf(at), at.offset]))
      const topics = byTopic(positions).map(([name, indexes]) => ({
        name,
        partitions: indexes.map((partitionIndex) => ({
          partitionIndex,
          offset: BigInt(offsets.get(nameOf({ topic: name, partition: partitionIndex })) ?? 0)
        }))
      }))
      const answer = await brokers.ask(broker, commandLane, timeoutMs, (connection) =>
        partial(deleteRecordsV2.api.async(connection, topics, timeoutMs))
      )
      return answer.topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, errorCode, lowWatermark }) =>
          changed(name, partitionIndex, errorCode, lowWatermark)
        )
      )
    },

    async offsetsAtTime(broker, timestampMs, partitions, timeoutMs) {
      const topics = byTopic(partitions).map(([name, indexes]) => ({
        name,
        partitions: indexes.map((partitionIndex) => ({
          partitionIndex,
          currentLeaderEpoch: -1,
          timestamp: BigInt(timestampMs)
        }))
      }))
      const answer = await brokers.ask(broker, commandLane, timeoutMs, (connection) =>
        partial(listOffsetsV7.api.async(connection, -1, 0, topics))
      )
      return answer.topics.flatMap(({ name, partitions: answered }) =>
        answered.map(({ partitionIndex, errorCode, offset }) => changed(name, partitionIndex, errorCode, offset))
      )
    },

    async describeGroup(coordinator, groupId, timeoutMs) {
      const answer = await brokers.ask(coordinator, commandLane, timeoutMs, (connection) =>
        partial(describeGroupsV5.api.async(connection, [groupId], false))
      )
      const group = only(answer.groups)
      check(group.errorCode)
      return describedGroup(group)
    },

    async committedOffsets(coordinator, groupId, timeoutMs) {
      const groups = [{ groupId, memberEpoch: -1, topics: null }]
      const answer = await brokers.ask(coordinator, commandLane, timeoutMs, (connection) =>
        partial(offsetFetchV8.api.async(connection, groups, false))
      )
      const group = only(answer.groups)
      check(group.errorCode)
      return committedIn(group.topics)
    },

    async deleteGroup(coordinator, groupId, timeoutMs) {
      const answer = await brokers.ask(coordinator, commandLane, timeoutMs, (connection) =>
        partial(deleteGroupsV2.api.async(connection, [groupId]))
      )
      check(only(answer.results).errorCode)
    },

    async deleteOffsets(coordinator, groupId, partitions, timeoutMs) {
      const topics = byTopic(partitions).map(([name, indexes]) => ({
        name,
        partitions: indexes.map((partitionIndex) => ({ partitionIndex }))
      }))
      const answer = await brokers.ask(coordinator, commandLane, timeoutMs, (connection) =>
        partial(offsetDeleteV0.api.async(connection, groupId, topics))
      )
      check(answer.errorCode)
      return answer.topics.flatMap(({ name, partitions: answered }) =>
        answered.map(({ partitionIndex, errorCode }) => changed(name, partitionIndex, errorCode, -1n))
      )
    }
  }
}

function changed(topic: string, partition: number, errorCode: number, offset: bigint): ChangedPartition {
  const problem = kafkaProblem(errorCode)
  return { topic, partition, problem, offset: problem === null && offset >= 0n ? safe(offset) : null }
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${partition} ${topic}`
