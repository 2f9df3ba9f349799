/**
 * Reading a cluster. Versions are those that Kafka 3.9 and our own brokers both serve; int64 arrive as bigint and leave
 * as safe integers.
 */
import {
  ConfigResourceTypes,
  ConfigSources,
  describeConfigsV4,
  describeGroupsV5,
  describeLogDirsV4,
  listGroupsV4,
  listOffsetsV7,
  metadataV12,
  offsetFetchV8
} from '@platformatic/kafka'
import type {
  ClusterReader,
  DescribedGroup,
  PartitionOffset,
  PartitionSize,
  ReplicaRules,
  TopicMetadata
} from '../kernel/cluster-ports'
import type { TopicPartition } from '../kernel/ids'
import { said } from '../kernel/said'
import { uuidFromBytes, type Uuid } from '../kernel/uuid'
import { check, kafkaError, partial } from './broker-lanes'
import { commandLane, sampleLane, type Brokers } from './brokers'

const timestampOf = { latest: -1n, earliest: -2n } as const

export function clusterReader(brokers: Brokers): ClusterReader {
  return {
    async metadata({ timeoutMs, topics, registered }) {
      if (registered !== undefined) brokers.prefer(registered)
      const lane = topics === undefined ? sampleLane : commandLane
      const wanted = topics === undefined ? null : [...topics]
      const answer = await brokers.askAny(lane, timeoutMs, async (connection) => {
        const told = await partial(metadataV12.api.async(connection, wanted as string[], false, false))
        brokers.admit(told.clusterId)
        return told
      })
      const found = {
        brokers: answer.brokers.map(({ nodeId, host, port }) => ({ id: nodeId, host, port })),
        controllerId: answer.controllerId < 0 ? null : answer.controllerId,
        topics: answer.topics.filter(({ errorCode }) => errorCode === 0).map(topicMetadata)
      }
      brokers.learn(found.brokers, found.controllerId)
      return found
    },

    async offsets(broker, at, partitions, timeoutMs) {
      const topics = byTopic(partitions).map(([name, indexes]) => ({
        name,
        partitions: indexes.map((partitionIndex) => ({
          partitionIndex,
          currentLeaderEpoch: -1,
          timestamp: timestampOf[at]
        }))
      }))
      const answer = await brokers.ask(broker, sampleLane, timeoutMs, (connection) =>
        partial(listOffsetsV7.api.async(connection, -1, 0, topics))
      )
      return answer.topics.flatMap(({ name, partitions: answered }) =>
        answered.map(({ partitionIndex, errorCode, offset }): PartitionOffset => ({
          topic: name,
          partition: partitionIndex,
          offset: errorCode === 0 && offset >= 0n ? safe(offset) : null
        }))
      )
    },

    async sizes(broker, timeoutMs) {
      const answer = await brokers.ask(broker, sampleLane, timeoutMs, (connection) =>
        partial(describeLogDirsV4.api.async(connection, null))
      )
      check(answer.errorCode)
      return answer.results.flatMap(({ topics }) =>
        topics.flatMap(({ name, partitions }) =>
          partitions
            .filter(({ isFutureKey }) => !isFutureKey)
            .map(({ partitionIndex, partitionSize }) => ({
              topic: name,
              partition: partitionIndex,
              sizeBytes: safe(partitionSize)
            }))
            .filter((size): size is PartitionSize => size.sizeBytes !== null)
        )
      )
    },

    async groups(broker, timeoutMs) {
      const answer = await brokers.ask(broker, sampleLane, timeoutMs, (connection) =>
        partial(listGroupsV4.api.async(connection, [], []))
      )
      check(answer.errorCode)
      return answer.groups.map(({ groupId, groupState }) => ({ groupId, state: groupState }))
    },

    async describeGroups(broker, groupIds, timeoutMs) {
      const answer = await brokers.ask(broker, sampleLane, timeoutMs, (connection) =>
        partial(describeGroupsV5.api.async(connection, [...groupIds], false))
      )
      return answer.groups.filter(({ errorCode }) => errorCode === 0).map(describedGroup)
    },

    async committed(broker, groupIds, timeoutMs) {
      const groups = groupIds.map((groupId) => ({ groupId, memberEpoch: -1, topics: null }))
      const answer = await brokers.ask(broker, sampleLane, timeoutMs, (connection) =>
        partial(offsetFetchV8.api.async(connection, groups, false))
      )
      return answer.groups
        .filter(({ errorCode }) => errorCode === 0)
        .map(({ groupId, topics }) => ({ groupId, committed: committedIn(topics) }))
    },

    async topicConfigs(topic, timeoutMs) {
      const resources = [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configurationKeys: null }]
      const answer = await brokers.askAny(commandLane, timeoutMs, (connection) =>
        partial(describeConfigsV4.api.async(connection, resources, false, false))
      )
      const result = answer.results[0]
      if (result === undefined) throw kafkaError({ name: 'UNKNOWN_SERVER_ERROR', message: said`There was no answer.` })
      check(result.errorCode, result.errorMessage)
      const own = result.configs.filter(({ configSource }) => configSource === ConfigSources.DYNAMIC_TOPIC_CONFIG)
      return Object.fromEntries(own.map(({ name, value }) => [name, value ?? '']))
    },

    async replicaRules(topics, timeoutMs) {
      const resources = topics.map((resourceName) => ({
        resourceType: ConfigResourceTypes.TOPIC,
        resourceName,
        configurationKeys: ['min.insync.replicas', 'unclean.leader.election.enable']
      }))
      const answer = await brokers.askAny(sampleLane, timeoutMs, (connection) =>
        partial(describeConfigsV4.api.async(connection, resources, false, false))
      )
      const rules = new Map<string, ReplicaRules>()
      for (const { errorCode, resourceName, configs } of answer.results) {
        if (errorCode !== 0) continue
        const value = (name: string): string | null | undefined => configs.find((one) => one.name === name)?.value
        const minIsr = Number(value('min.insync.replicas') ?? NaN)
        if (!Number.isInteger(minIsr)) continue
        rules.set(resourceName, { minIsr, isUncleanAllowed: value('unclean.leader.election.enable') === 'true' })
      }
      return rules
    }
  }
}

type GroupAnswer = Awaited<ReturnType<typeof describeGroupsV5.api.async>>['groups'][number]

export function describedGroup(answer: GroupAnswer): DescribedGroup {
  const { groupId, groupState, protocolType, protocolData, members } = answer
  return {
    groupId,
    state: groupState,
    protocolType,
    protocol: protocolData,
    members: members.map(({ memberId, clientId, clientHost, memberAssignment }) => ({
      memberId,
      clientId,
      clientHost,
      assignment: memberAssignment
    }))
  }
}

type CommittedTopics = Awaited<ReturnType<typeof offsetFetchV8.api.async>>['groups'][number]['topics']

export function committedIn(topics: CommittedTopics): readonly PartitionOffset[] {
  return topics.flatMap(({ name, partitions }) =>
    partitions
      .filter(({ errorCode, committedOffset }) => errorCode === 0 && committedOffset >= 0n)
      .map(({ partitionIndex, committedOffset }) => ({
        topic: name,
        partition: partitionIndex,
        offset: safe(committedOffset)
      }))
  )
}

interface TopicAnswer {
  readonly name?: string | null | undefined
  readonly topicId: string
  readonly isInternal: boolean
  readonly partitions: readonly {
    readonly partitionIndex: number
    readonly leaderId: number
    readonly leaderEpoch: number
    readonly replicaNodes: readonly number[]
    readonly isrNodes: readonly number[]
  }[]
}

function topicMetadata(topic: TopicAnswer): TopicMetadata {
  return {
    name: topic.name ?? '',
    topicId: kafkaUuid(topic.topicId),
    isInternal: topic.isInternal,
    partitions: topic.partitions
      .map(({ partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes }) => ({
        partition: partitionIndex,
        leader: leaderId < 0 ? null : leaderId,
        leaderEpoch,
        replicas: replicaNodes,
        isr: isrNodes
      }))
      .sort((a, b) => a.partition - b.partition)
  }
}

/** The library writes ids in hexadecimal with hyphens, Kafka in base64 (KIP-516). */
export function kafkaUuid(hyphenated: string): Uuid {
  return uuidFromBytes(Buffer.from(hyphenated.replaceAll('-', ''), 'hex'))
}

export function byTopic(partitions: readonly TopicPartition[]): readonly (readonly [string, number[]])[] {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of partitions) {
    const indexes = topics.get(topic)
    if (indexes === undefined) topics.set(topic, [partition])
    else indexes.push(partition)
  }
  return [...topics]
}

/** null beyond 2^53: not known, rather than known wrongly. A broker's word is no invariant of ours. */
export function safe(value: bigint): number | null {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : null
}
