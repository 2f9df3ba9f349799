/** Handlers of groups, read as tables of Kafka's rules (GroupCoordinator, KafkaApis); one broker coordinates all groups. */
import { beforeAll, describe, expect, it } from 'vitest'
import { offsetCommitRequest, offsetCommitResponse } from '../../../../../src-main/protocol/api/08-offset-commit'
import { offsetFetchRequest, offsetFetchResponse } from '../../../../../src-main/protocol/api/09-offset-fetch'
import {
  findCoordinatorRequest,
  findCoordinatorResponse
} from '../../../../../src-main/protocol/api/10-find-coordinator'
import { joinGroupRequest, joinGroupResponse } from '../../../../../src-main/protocol/api/11-join-group'
import { heartbeatRequest, heartbeatResponse } from '../../../../../src-main/protocol/api/12-heartbeat'
import { leaveGroupRequest, leaveGroupResponse } from '../../../../../src-main/protocol/api/13-leave-group'
import { syncGroupRequest, syncGroupResponse } from '../../../../../src-main/protocol/api/14-sync-group'
import { describeGroupsRequest, describeGroupsResponse } from '../../../../../src-main/protocol/api/15-describe-groups'
import { createTopicsRequest, createTopicsResponse } from '../../../../../src-main/protocol/api/19-create-topics'
import { deleteGroupsRequest, deleteGroupsResponse } from '../../../../../src-main/protocol/api/42-delete-groups'
import { errorName } from '../../../../../src-main/protocol/wire/error-codes'
import { BrokerWorld } from '../../../../support/broker-world'

const commitCall = { apiKey: 8, version: 8, request: offsetCommitRequest, response: offsetCommitResponse } as const
const fetchCall = { apiKey: 9, version: 8, request: offsetFetchRequest, response: offsetFetchResponse } as const
const findCall = { apiKey: 10, version: 4, request: findCoordinatorRequest, response: findCoordinatorResponse } as const
const joinCall = { apiKey: 11, version: 7, request: joinGroupRequest, response: joinGroupResponse } as const
const heartbeatCall = { apiKey: 12, version: 4, request: heartbeatRequest, response: heartbeatResponse } as const
const leaveCall = { apiKey: 13, version: 4, request: leaveGroupRequest, response: leaveGroupResponse } as const
const syncCall = { apiKey: 14, version: 4, request: syncGroupRequest, response: syncGroupResponse } as const
const describeCall = {
  apiKey: 15,
  version: 5,
  request: describeGroupsRequest,
  response: describeGroupsResponse
} as const
const createCall = { apiKey: 19, version: 7, request: createTopicsRequest, response: createTopicsResponse } as const
const deleteCall = { apiKey: 42, version: 2, request: deleteGroupsRequest, response: deleteGroupsResponse } as const

let world: BrokerWorld
/** Of group `living`, which is Stable in generation 1. */
let memberId = ''

const joining = {
  groupId: 'living',
  sessionTimeoutMs: 1_000_000,
  rebalanceTimeoutMs: 60_000,
  memberId: '',
  groupInstanceId: null,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Uint8Array.of(0, 0, 0, 0, 0, 0) }]
}

/** `living` has a dynamic member, `static` one with an instance id, `empty` offsets only. */
beforeAll(async () => {
  world = await BrokerWorld.start()
  const topic = { name: 't', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }
  await world.ask(1, createCall, { topics: [topic], timeoutMs: 10_000 })
  for (;;) {
    const { coordinators } = await world.ask(1, findCall, { keyType: 0, coordinatorKeys: ['living'] })
    if (coordinators[0]?.errorCode === 0) break
    await world.clock.run(100)
  }
  memberId = (await world.ask(1, joinCall, joining)).memberId
  await world.ask(1, joinCall, { ...joining, memberId })
  await world.ask(1, syncCall, { groupId: 'living', generationId: 1, memberId, assignments: [] })
  const fixed = await world.ask(1, joinCall, { ...joining, groupId: 'static', groupInstanceId: 'i' })
  await world.ask(1, syncCall, {
    groupId: 'static',
    generationId: 1,
    memberId: fixed.memberId,
    groupInstanceId: 'i',
    assignments: []
  })
  await commit({ groupId: 'empty', generation: -1, memberId: '' })
})

interface Committing {
  readonly groupId?: string
  readonly generation?: number
  readonly memberId?: string
  readonly groupInstanceId?: string | null
  readonly topic?: string
  readonly partition?: number
  readonly offset?: number
  readonly metadata?: string
}

async function commit(fields: Committing): Promise<string> {
  const { groupId = 'living', generation = 1, groupInstanceId = null, topic = 't', partition = 0 } = fields
  const { offset = 3, metadata = '' } = fields
  const partitions = [{ partitionIndex: partition, committedOffset: offset, committedMetadata: metadata }]
  const answer = await world.ask(1, commitCall, {
    groupId,
    generationIdOrMemberEpoch: generation,
    memberId: fields.memberId ?? memberId,
    groupInstanceId,
    topics: [{ name: topic, partitions }]
  })
  return errorName(answer.topics[0]?.partitions[0]?.errorCode ?? -1)
}

describe('OffsetCommit', () => {
  it.each<[string, Committing, string]>([
    ['of a member', {}, 'NONE'],
    ['of an empty group without members', { groupId: 'empty', generation: -1, memberId: '' }, 'NONE'],
    ['of a group that is none, without generation', { groupId: 'fresh', generation: -1, memberId: '' }, 'NONE'],
    ['of the empty group id, as simple consumers do', { groupId: '', generation: -1, memberId: '' }, 'NONE'],
    ['of nobody, while members are alive', { generation: -1, memberId: '' }, 'UNKNOWN_MEMBER_ID'],
    ['of somebody else', { memberId: 'nobody' }, 'UNKNOWN_MEMBER_ID'],
    ['of another generation', { generation: 7 }, 'ILLEGAL_GENERATION'],
    ['of a generation of a group that is none', { groupId: 'nowhere', generation: 1 }, 'ILLEGAL_GENERATION'],
    [
      'of a static member by another id',
      { groupId: 'static', groupInstanceId: 'i', memberId: 'x' },
      'FENCED_INSTANCE_ID'
    ],
    ['of an instance that is none', { groupId: 'static', groupInstanceId: 'j', memberId: 'x' }, 'UNKNOWN_MEMBER_ID'],
    ['in a topic that is not there', { topic: 'nosuch' }, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['in a partition that is not there', { partition: 9 }, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['with too much metadata', { metadata: 'x'.repeat(4097) }, 'OFFSET_METADATA_TOO_LARGE'],
    ['with as much metadata as may be', { metadata: 'x'.repeat(4096) }, 'NONE'],
    ['of an offset that could only be kept rounded', { offset: 2 ** 53 }, 'INVALID_COMMIT_OFFSET_SIZE']
  ])('%s', async (_what, fields, error) => {
    expect(await commit(fields)).toBe(error)
  })
})

describe('OffsetFetch', () => {
  const fetch = async (
    groupId: string,
    topics: readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[] | null
  ) => (await world.ask(1, fetchCall, { requireStable: false, groups: [{ groupId, topics }] })).groups[0]

  it.each<[string, string, number, number]>([
    ['what was committed', 'empty', 0, 3],
    ['-1 where nothing was', 'empty', 1, -1],
    ['-1 in a partition that is not there', 'empty', 9, -1],
    ['-1 of a group that is none', 'nobody', 0, -1]
  ])('tells %s', async (_what, groupId, partition, offset) => {
    const group = await fetch(groupId, [{ name: 't', partitionIndexes: [partition] }])

    expect(group?.errorCode).toBe(0)
    expect(group?.topics[0]?.partitions[0]).toMatchObject({ committedOffset: offset, errorCode: 0 })
  })

  it('tells all of a group when it is not asked for any in particular', async () => {
    expect((await fetch('empty', null))?.topics).toMatchObject([{ name: 't', partitions: [{ partitionIndex: 0 }] }])
    expect((await fetch('nobody', null))?.topics).toEqual([])
  })
})

describe('Heartbeat', () => {
  it.each<[string, { groupId?: string; generationId?: number; memberId?: string; groupInstanceId?: string }, string]>([
    ['of a member', {}, 'NONE'],
    ['of somebody else', { memberId: 'nobody' }, 'UNKNOWN_MEMBER_ID'],
    ['of another generation', { generationId: 9 }, 'ILLEGAL_GENERATION'],
    ['in a group that is none', { groupId: 'nobody' }, 'UNKNOWN_MEMBER_ID'],
    ['without a group', { groupId: '' }, 'INVALID_GROUP_ID'],
    [
      'of a static member by another id',
      { groupId: 'static', memberId: 'x', groupInstanceId: 'i' },
      'FENCED_INSTANCE_ID'
    ]
  ])('%s', async (_what, fields, error) => {
    const answer = await world.ask(1, heartbeatCall, { groupId: 'living', generationId: 1, memberId, ...fields })

    expect(errorName(answer.errorCode)).toBe(error)
  })
})

describe('SyncGroup', () => {
  it.each<[string, { groupId?: string; generationId?: number; memberId?: string }, string]>([
    ['of a member of a stable group gives its assignment again', {}, 'NONE'],
    ['of somebody else', { memberId: 'nobody' }, 'UNKNOWN_MEMBER_ID'],
    ['of another generation', { generationId: 9 }, 'ILLEGAL_GENERATION'],
    ['in a group that is none', { groupId: 'nobody' }, 'UNKNOWN_MEMBER_ID']
  ])('%s', async (_what, fields, error) => {
    const request = { groupId: 'living', generationId: 1, memberId, assignments: [], ...fields }

    expect(errorName((await world.ask(1, syncCall, request)).errorCode)).toBe(error)
  })
})

describe('JoinGroup', () => {
  it.each<[string, Partial<typeof joining>, string]>([
    ['of a new dynamic member names the id to come back with', { groupId: 'first' }, 'MEMBER_ID_REQUIRED'],
    ['of somebody else', { memberId: 'nobody' }, 'UNKNOWN_MEMBER_ID'],
    ['without a group', { groupId: '' }, 'INVALID_GROUP_ID'],
    ['with a session that is too short', { groupId: 'short', sessionTimeoutMs: 5_999 }, 'INVALID_SESSION_TIMEOUT'],
    ['with a session that is too long', { groupId: 'long', sessionTimeoutMs: 1_800_001 }, 'INVALID_SESSION_TIMEOUT'],
    ['of another kind of group', { protocolType: 'connect' }, 'INCONSISTENT_GROUP_PROTOCOL'],
    [
      'without a protocol in common',
      { protocols: [{ name: 'other', metadata: Uint8Array.of(1) }] },
      'INCONSISTENT_GROUP_PROTOCOL'
    ],
    ['without any protocol', { groupId: 'none', protocols: [] }, 'INCONSISTENT_GROUP_PROTOCOL']
  ])('%s', async (_what, fields, error) => {
    expect(errorName((await world.ask(1, joinCall, { ...joining, ...fields })).errorCode)).toBe(error)
  })
})

describe('LeaveGroup', () => {
  it.each<[string, string, { memberId: string; groupInstanceId: string | null }, string]>([
    ['of somebody who is not there', 'living', { memberId: 'nobody', groupInstanceId: null }, 'UNKNOWN_MEMBER_ID'],
    ['in a group that is none', 'nobody', { memberId: 'x', groupInstanceId: null }, 'UNKNOWN_MEMBER_ID'],
    ['of a static member by another id', 'static', { memberId: 'x', groupInstanceId: 'i' }, 'FENCED_INSTANCE_ID'],
    ['of an instance that is none', 'static', { memberId: '', groupInstanceId: 'j' }, 'UNKNOWN_MEMBER_ID']
  ])('%s', async (_what, groupId, member, error) => {
    const answer = await world.ask(1, leaveCall, { groupId, members: [member] })

    expect(answer.errorCode).toBe(0)
    expect(errorName(answer.members[0]?.errorCode ?? -1)).toBe(error)
  })
})

describe('FindCoordinator, DescribeGroups, DeleteGroups', () => {
  it.each<[string, number, string, string]>([
    ['a group', 0, 'living', 'NONE'],
    ['a transaction, of which there are none here', 1, 'tx', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'],
    ['a kind that does not exist', 9, 'x', 'INVALID_REQUEST']
  ])('find the coordinator of %s', async (_what, keyType, key, error) => {
    const { coordinators } = await world.ask(1, findCall, { keyType, coordinatorKeys: [key] })

    expect(errorName(coordinators[0]?.errorCode ?? -1)).toBe(error)
  })

  it.each<[string, string, string, string]>([
    ['living', 'Stable', 'consumer', 'range'],
    ['empty', 'Empty', '', ''],
    ['nobody', 'Dead', '', '']
  ])('describe group %s as %s', async (groupId, groupState, protocolType, protocolData) => {
    const { groups } = await world.ask(1, describeCall, { groups: [groupId], includeAuthorizedOperations: false })

    expect(groups).toMatchObject([{ errorCode: 0, groupId, groupState, protocolType, protocolData }])
  })

  it.each([
    [5, 'NONE'],
    [6, 'GROUP_ID_NOT_FOUND']
  ] as const)(
    'version %i tells what may be done with a group that is not there, unless that is an error: %s',
    async (version, error) => {
      const call = { ...describeCall, version }
      const { groups } = await world.ask(1, call, { groups: ['living', 'nobody'], includeAuthorizedOperations: true })
      const [living, nobody] = groups

      expect(errorName(nobody?.errorCode ?? -1)).toBe(error)
      expect(nobody?.authorizedOperations).toBe(error === 'NONE' ? living?.authorizedOperations : -0x80000000)
      expect(living?.authorizedOperations).toBeGreaterThan(0)
    }
  )

  it.each<[string, string]>([
    ['living', 'NON_EMPTY_GROUP'],
    ['nobody', 'GROUP_ID_NOT_FOUND'],
    ['fresh', 'NONE'],
    ['fresh', 'GROUP_ID_NOT_FOUND']
  ])('delete group %s: %s', async (groupId, error) => {
    await (error === 'NONE' ? commit({ groupId, generation: -1, memberId: '' }) : Promise.resolve())

    const { results } = await world.ask(1, deleteCall, { groupsNames: [groupId] })

    expect(errorName(results[0]?.errorCode ?? -1)).toBe(error)
  })
})
