/** The classic group protocol, a request at a time; what to do with an answer is the member's to decide. */
import {
  findCoordinatorV4,
  heartbeatV4,
  joinGroupV9,
  leaveGroupV5,
  offsetCommitV8,
  syncGroupV5
} from '@platformatic/kafka'
import type { GroupMembership } from '../kernel/cluster-ports'
import { check, kafkaError, kafkaProblem, partial } from './broker-lanes'
import { commandLane, type Brokers } from './brokers'
import { byTopic } from './cluster-reader'

const groupKey = 0
const protocolType = 'consumer'

export function groupMembership(brokers: Brokers): GroupMembership {
  return {
    async coordinator(groupId, timeoutMs) {
      const answer = await brokers.askAny(commandLane, timeoutMs, (connection) =>
        partial(findCoordinatorV4.api.async(connection, groupKey, [groupId]))
      )
      const found = answer.coordinators[0]
      check(found?.errorCode ?? 15, found?.errorMessage)
      const { nodeId, host, port } = found ?? { nodeId: -1, host: '', port: -1 }
      brokers.learn([{ id: nodeId, host, port }], brokers.controllerId)
      return nodeId
    },

    async join(
      { coordinator, groupId, memberId, lane, groupInstanceId = null },
      { protocols, sessionTimeoutMs, rebalanceTimeoutMs, timeoutMs }
    ) {
      const offered = protocols.map(({ name, metadata }) => ({ name, metadata: asBuffer(metadata) }))
      const answer = await brokers.ask(coordinator, lane, timeoutMs, (connection) =>
        partial(
          joinGroupV9.api.async(
            connection,
            groupId,
            sessionTimeoutMs,
            rebalanceTimeoutMs,
            memberId,
            groupInstanceId,
            protocolType,
            offered
          )
        )
      )
      const problem = kafkaProblem(answer.errorCode)
      if (problem !== null) throw kafkaError(problem, { memberId: answer.memberId })
      return {
        generation: answer.generationId,
        memberId: answer.memberId,
        isLeader: answer.leader === answer.memberId,
        protocol: answer.protocolName ?? '',
        members: answer.members.map((member) => ({ memberId: member.memberId, metadata: member.metadata }))
      }
    },

    async sync(
      { coordinator, groupId, memberId, lane, groupInstanceId = null },
      { generation, protocol, assignments, timeoutMs }
    ) {
      const given = assignments.map((one) => ({ memberId: one.memberId, assignment: asBuffer(one.assignment) }))
      const answer = await brokers.ask(coordinator, lane, timeoutMs, (connection) =>
        partial(
          syncGroupV5.api.async(
            connection,
            groupId,
            generation,
            memberId,
            groupInstanceId,
            protocolType,
            protocol,
            given
          )
        )
      )
      check(answer.errorCode)
      return answer.assignment
    },

    async heartbeat({ coordinator, groupId, memberId, lane, groupInstanceId = null }, generation, timeoutMs) {
      const answer = await brokers.ask(coordinator, lane, timeoutMs, (connection) =>
        partial(heartbeatV4.api.async(connection, groupId, generation, memberId, groupInstanceId))
      )
      check(answer.errorCode)
    },

    async leave({ coordinator, groupId, memberId, lane, groupInstanceId = null }, timeoutMs) {
      const answer = await brokers.ask(coordinator, lane, timeoutMs, (connection) =>
        partial(leaveGroupV5.api.async(connection, groupId, [{ memberId, groupInstanceId, reason: null }]))
      )
      check(answer.errorCode)
    },

    async commit({ coordinator, groupId, memberId, lane, groupInstanceId = null }, generation, offsets, timeoutMs) {
      const positions = new Map(offsets.map((at) => [`${at.partition} ${at.topic}`, at.offset]))
      const topics = byTopic(offsets).map(([name, partitions]) => ({
        name,
        partitions: partitions.map((partitionIndex) => ({
          partitionIndex,
          committedOffset: BigInt(positions.get(`${partitionIndex} ${name}`) ?? 0),
          committedLeaderEpoch: -1,
          committedMetadata: ''
        }))
      }))
      const answer = await brokers.ask(coordinator, lane, timeoutMs, (connection) =>
        partial(offsetCommitV8.api.async(connection, groupId, generation, memberId, groupInstanceId, topics))
      )
      for (const topic of answer.topics) for (const { errorCode } of topic.partitions) check(errorCode)
    }
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
