/** Changes of topics, logs and groups; what single partitions were refused is told, not thrown. */
import {
  ConfigResourceTypes,
  ConfigSources,
  ConfigTypes,
  createPartitionsV3,
  deleteGroupsV2,
  deleteRecordsV2,
  describeConfigsV4,
  describeGroupsV5,
  incrementalAlterConfigsV1,
  IncrementalAlterConfigOperationTypes,
  listOffsetsV7,
  offsetCommitV8,
  offsetDeleteV0,
  offsetFetchV8
} from '@platformatic/kafka'
import type {
  ChangedPartition,
  ClusterAdministration,
  ConfigResource,
  ConfigSource,
  ConfigType,
  StoredCommit
} from '../kernel/cluster-ports'
import type { TopicPartition } from '../kernel/ids'
import { electLeadersRequest, electLeadersResponse } from '../protocol/api/43-elect-leaders'
import {
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse
} from '../protocol/api/45-alter-partition-reassignments'
import {
  listPartitionReassignmentsRequest,
  listPartitionReassignmentsResponse
} from '../protocol/api/46-list-partition-reassignments'
import { check, kafkaProblem, only, partial, type Ask } from './broker-lanes'
import { commandLane, type Brokers } from './brokers'
import { byTopic, describedGroup, safe } from './cluster-reader'
import { ownCall } from './own-call'

const electLeaders = { apiKey: 43, version: 2, request: electLeadersRequest, response: electLeadersResponse } as const
const alterReassignments = {
  apiKey: 45,
  version: 0,
  request: alterPartitionReassignmentsRequest,
  response: alterPartitionReassignmentsResponse
} as const
const listReassignments = {
  apiKey: 46,
  version: 0,
  request: listPartitionReassignmentsRequest,
  response: listPartitionReassignmentsResponse
} as const

/** Whoever asks as this one is answered by any replica, of its own log (Kafka's ListOffsetsRequest.DEBUGGING_REPLICA_ID). */
const debuggingReplica = -2
/** Of a commit by whoever is no member of the group. */
const nobodysGeneration = -1
/** ListOffsets' name of the end. */
const latest = -1n

const sources: ReadonlyMap<number, ConfigSource> = new Map<number, ConfigSource>([
  [ConfigSources.DYNAMIC_TOPIC_CONFIG, 'topic'],
  [ConfigSources.DYNAMIC_BROKER_CONFIG, 'broker'],
  [ConfigSources.DYNAMIC_DEFAULT_BROKER_CONFIG, 'everyBroker'],
  [ConfigSources.STATIC_BROKER_CONFIG, 'start'],
  [ConfigSources.DEFAULT_CONFIG, 'default']
])
const types: ReadonlyMap<number, ConfigType> = new Map<number, ConfigType>([
  [ConfigTypes.BOOLEAN, 'boolean'],
  [ConfigTypes.STRING, 'string'],
  [ConfigTypes.INT, 'int'],
  [ConfigTypes.SHORT, 'short'],
  [ConfigTypes.LONG, 'long'],
  [ConfigTypes.DOUBLE, 'double'],
  [ConfigTypes.LIST, 'list'],
  [ConfigTypes.CLASS, 'class'],
  [ConfigTypes.PASSWORD, 'password']
])

export function clusterAdministration(brokers: Brokers): ClusterAdministration {
  /** A broker answers for itself alone. */
  const askAbout = <T>(resource: ConfigResource, timeoutMs: number, ask: Ask<T>): Promise<T> =>
    resource.type === 'broker' && resource.broker !== null
      ? brokers.ask(resource.broker, commandLane, timeoutMs, ask)
      : brokers.askAny(commandLane, timeoutMs, ask)
  return {
    async describeConfigs(resource, timeoutMs) {
      const resources = [{ ...named(resource), configurationKeys: null }]
      const answer = await askAbout(resource, timeoutMs, (connection) =>
        partial(describeConfigsV4.api.async(connection, resources, true, false))
      )
      const described = only(answer.results)
      check(described.errorCode, described.errorMessage)
      return described.configs.map(({ name, value, readOnly, configSource, isSensitive, synonyms, configType }) => ({
        name,
        value: value ?? null,
        source: sources.get(configSource) ?? 'unknown',
        type: types.get(configType) ?? 'unknown',
        isReadOnly: readOnly,
        isSensitive,
        synonyms: synonyms.map((synonym) => ({
          value: synonym.value ?? null,
          source: sources.get(synonym.source) ?? 'unknown'
        }))
      }))
    },

    async alterConfigs(resource, { set, remove }, timeoutMs) {
      const configs = [
        ...Object.entries(set).map(([name, value]) => ({
          name,
          configOperation: IncrementalAlterConfigOperationTypes.SET,
          value
        })),
        ...remove.map((name) => ({ name, configOperation: IncrementalAlterConfigOperationTypes.DELETE }))
      ]
      const answer = await askAbout(resource, timeoutMs, (connection) =>
        partial(incrementalAlterConfigsV1.api.async(connection, [{ ...named(resource), configs }], false))
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

    async logEnds(broker, partitions, timeoutMs) {
      const topics = byTopic(partitions).map(([name, indexes]) => ({
        name,
        partitions: indexes.map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: -1, timestamp: latest }))
      }))
      const answer = await brokers.ask(broker, commandLane, timeoutMs, (connection) =>
        partial(listOffsetsV7.api.async(connection, debuggingReplica, 0, topics))
      )
      return answer.topics.flatMap(({ name: topic, partitions: answered }) =>
        answered.map(({ partitionIndex: partition, errorCode, offset }) => ({
          topic,
          partition,
          offset: errorCode === 0 && offset >= 0n ? safe(offset) : null
        }))
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
      return group.topics.flatMap(({ name: topic, partitions }) =>
        partitions
          .filter(({ errorCode, committedOffset }) => errorCode === 0 && committedOffset >= 0n)
          .map(({ partitionIndex: partition, committedOffset, committedLeaderEpoch: leaderEpoch, metadata }) => ({
            topic,
            partition,
            offset: safe(committedOffset),
            leaderEpoch,
            metadata: metadata ?? ''
          }))
      )
    },

    async storeOffsets(coordinator, groupId, commits, timeoutMs) {
      const committed = new Map<string, ReturnType<typeof commitOf>[]>()
      for (const one of commits) {
        const others = committed.get(one.topic)
        if (others === undefined) committed.set(one.topic, [commitOf(one)])
        else others.push(commitOf(one))
      }
      const topics = [...committed].map(([name, partitions]) => ({ name, partitions }))
      const answer = await brokers.ask(coordinator, commandLane, timeoutMs, (connection) =>
        partial(offsetCommitV8.api.async(connection, groupId, nobodysGeneration, '', null, topics))
      )
      return answer.topics.flatMap(({ name: topic, partitions }) =>
        partitions.map(({ partitionIndex: partition, errorCode }) => ({
          topic,
          partition,
          problem: kafkaProblem(errorCode)
        }))
      )
    },

    async deleteGroup(coordinator, groupId, timeoutMs) {
      const answer = await brokers.ask(coordinator, commandLane, timeoutMs, (connection) =>
        partial(deleteGroupsV2.api.async(connection, [groupId]))
      )
      check(only(answer.results).errorCode)
    },

    async electLeaders(election, partitions, timeoutMs) {
      const topicPartitions = byTopic(partitions).map(([topic, indexes]) => ({ topic, partitions: indexes }))
      const answer = await brokers.ask(brokers.controller(), commandLane, timeoutMs, (connection) =>
        ownCall(connection, electLeaders, {
          electionType: election === 'preferred' ? 0 : 1,
          topicPartitions,
          timeoutMs
        })
      )
      check(answer.errorCode)
      return answer.replicaElectionResults.flatMap(({ topic, partitionResult }) =>
        partitionResult.map(({ partitionId: partition, errorCode, errorMessage }) => ({
          topic,
          partition,
          problem: kafkaProblem(errorCode, errorMessage)
        }))
      )
    },

    async reassign(moves, timeoutMs) {
      const replicasOf = new Map(moves.map((move) => [nameOf(move), move.replicas]))
      const topics = byTopic(moves).map(([name, indexes]) => ({
        name,
        partitions: indexes.map((partitionIndex) => ({
          partitionIndex,
          replicas: replicasOf.get(nameOf({ topic: name, partition: partitionIndex })) ?? null
        }))
      }))
      const answer = await brokers.ask(brokers.controller(), commandLane, timeoutMs, (connection) =>
        ownCall(connection, alterReassignments, { timeoutMs, topics })
      )
      check(answer.errorCode, answer.errorMessage)
      return answer.responses.flatMap(({ name: topic, partitions }) =>
        partitions.map(({ partitionIndex: partition, errorCode, errorMessage }) => ({
          topic,
          partition,
          problem: kafkaProblem(errorCode, errorMessage)
        }))
      )
    },

    async reassignments(partitions, timeoutMs) {
      const topics =
        partitions === undefined
          ? null
          : byTopic(partitions).map(([name, partitionIndexes]) => ({ name, partitionIndexes }))
      const answer = await brokers.ask(brokers.controller(), commandLane, timeoutMs, (connection) =>
        ownCall(connection, listReassignments, { timeoutMs, topics })
      )
      check(answer.errorCode, answer.errorMessage)
      return answer.topics.flatMap(({ name: topic, partitions: moved }) =>
        moved.map(({ partitionIndex: partition, replicas, addingReplicas, removingReplicas }) => ({
          topic,
          partition,
          replicas,
          adding: addingReplicas,
          removing: removingReplicas
        }))
      )
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

const commitOf = ({ partition, offset, leaderEpoch, metadata }: StoredCommit) => ({
  partitionIndex: partition,
  committedOffset: BigInt(offset),
  committedLeaderEpoch: leaderEpoch,
  committedMetadata: metadata
})

function named(resource: ConfigResource) {
  return resource.type === 'topic'
    ? { resourceType: ConfigResourceTypes.TOPIC, resourceName: resource.topic }
    : {
        resourceType: ConfigResourceTypes.BROKER,
        resourceName: resource.broker === null ? '' : String(resource.broker)
      }
}

function changed(topic: string, partition: number, errorCode: number, offset: bigint): ChangedPartition {
  const problem = kafkaProblem(errorCode)
  return { topic, partition, problem, offset: problem === null && offset >= 0n ? safe(offset) : null }
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${partition} ${topic}`
