/**
 * What the group coordinator writes into `__consumer_offsets` and reads back (Kafka's GroupMetadataManager): keys and values with their
 * version first; a null value is a tombstone. Values are written as version 3, versions 0 to 4 are read.
 */
import {
  groupMetadataKey,
  groupMetadataValue,
  offsetCommitKey,
  offsetCommitValue
} from '../../../protocol/api/group-records'
import { decode, encode, isDecodeFailure, supports } from '../../../protocol/wire/codec'
import { Reader } from '../../../protocol/wire/reader'
import type { InputOf, Message, ValueOf } from '../../../protocol/wire/schema'
import { Writer } from '../../../protocol/wire/writer'
import type { CommittedOffset, GroupView } from './group-types'

const offsetKeyVersion = 1
const groupKeyVersion = 2
const valueVersion = 3

export interface LogRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

function versioned<M extends Message>(message: M, version: number, value: InputOf<M>): Uint8Array {
  const writer = new Writer()
  writer.int16(version)
  encode(message, version, value, writer)
  return writer.finished()
}

export function offsetRecord(
  groupId: string,
  topic: string,
  partition: number,
  committed: CommittedOffset | null
): LogRecord {
  const key = versioned(offsetCommitKey, offsetKeyVersion, { group: groupId, topic, partition })
  if (committed === null) return { key, value: null }
  const { offset, leaderEpoch, metadata, commitTimestampMs } = committed
  return {
    key,
    value: versioned(offsetCommitValue, valueVersion, {
      offset,
      leaderEpoch,
      metadata,
      commitTimestamp: commitTimestampMs
    })
  }
}

export function groupRecord(group: GroupView): LogRecord {
  const value = versioned(groupMetadataValue, valueVersion, {
    protocolType: group.protocolType ?? '',
    generation: group.generationId,
    protocol: group.protocolName,
    leader: group.leader,
    currentStateTimestamp: group.stateTimestampMs,
    members: group.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: member.metadata,
      assignment: member.assignment
    }))
  })
  return { key: groupKey(group.groupId), value }
}

export function groupTombstone(groupId: string): LogRecord {
  return { key: groupKey(groupId), value: null }
}

function groupKey(groupId: string): Uint8Array {
  return versioned(groupMetadataKey, groupKeyVersion, { group: groupId })
}

export type GroupLogEntry =
  | {
      readonly type: 'offset'
      readonly groupId: string
      readonly topic: string
      readonly partition: number
      /** null: forgotten. */
      readonly committed: CommittedOffset | null
    }
  | { readonly type: 'group'; readonly groupId: string; readonly group: Omit<GroupView, 'groupId' | 'state'> | null }
  /** Records of later protocols (KIP-848) and bytes that are none of ours. */
  | { readonly type: 'unknown' }

const unknown: GroupLogEntry = { type: 'unknown' }

export function readGroupLogEntry(key: Uint8Array | null, value: Uint8Array | null): GroupLogEntry {
  if (key === null || key.length < 2) return unknown
  const reader = new Reader(key)
  const version = reader.int16()
  if (supports(offsetCommitKey, version)) {
    const fields = decode(offsetCommitKey, version, reader)
    if (isDecodeFailure(fields)) return unknown
    const committed = value === null ? null : offsetOf(value)
    if (committed === undefined) return unknown
    return { type: 'offset', groupId: fields.group, topic: fields.topic, partition: fields.partition, committed }
  }
  if (version !== groupKeyVersion) return unknown
  const fields = decode(groupMetadataKey, version, reader)
  if (isDecodeFailure(fields)) return unknown
  const group = value === null ? null : groupOf(value)
  return group === undefined ? unknown : { type: 'group', groupId: fields.group, group }
}

function readVersioned<M extends Message>(message: M, bytes: Uint8Array): ValueOf<M> | undefined {
  if (bytes.length < 2) return undefined
  const reader = new Reader(bytes)
  const version = reader.int16()
  if (!supports(message, version)) return undefined
  const value = decode(message, version, reader)
  return isDecodeFailure(value) ? undefined : value
}

function offsetOf(bytes: Uint8Array): CommittedOffset | undefined {
  const value = readVersioned(offsetCommitValue, bytes)
  if (value === undefined) return undefined
  const { offset, leaderEpoch, metadata, commitTimestamp } = value
  return { offset, leaderEpoch, metadata, commitTimestampMs: commitTimestamp }
}

function groupOf(bytes: Uint8Array): Omit<GroupView, 'groupId' | 'state'> | undefined {
  const value = readVersioned(groupMetadataValue, bytes)
  if (value === undefined) return undefined
  return {
    protocolType: value.protocolType === '' ? null : value.protocolType,
    protocolName: value.protocol,
    leader: value.leader,
    generationId: value.generation,
    stateTimestampMs: value.currentStateTimestamp,
    members: value.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeout < 0 ? member.sessionTimeout : member.rebalanceTimeout,
      sessionTimeoutMs: member.sessionTimeout,
      metadata: member.subscription.slice(),
      assignment: member.assignment.slice()
    }))
  }
}

/** Which partition of `__consumer_offsets` holds a group: Java's String.hashCode, made non-negative Kafka's way. */
export function groupPartition(groupId: string, partitionCount: number): number {
  let hash = 0
  for (let i = 0; i < groupId.length; i++) hash = (Math.imul(31, hash) + groupId.charCodeAt(i)) | 0
  return (hash === -2147483648 ? 0 : Math.abs(hash)) % partitionCount
}
