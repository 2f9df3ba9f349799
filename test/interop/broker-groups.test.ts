/** The classic group protocol and committed offsets, request by request. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { code } from '../../src-main/protocol/wire/headers'
import { LabCluster, lagoon, temporaryDir, until } from '../support/lab-cluster'
import { RawCluster } from '../support/raw-cluster'
import { RawClient, readAnswer, type AnswerOf, type RequestOf } from '../support/raw-client'
import { bytesOf } from '../support/record-samples'

type Join = RequestOf<'joinGroup'>
const protocols = [{ name: 'range', metadata: bytesOf('subscription') }]

describe('groups', () => {
  let cluster: RawCluster
  let groups = 0

  beforeAll(async () => {
    cluster = await RawCluster.start({ brokers: 2 })
    await cluster.createTopic('topic', { partitions: 2 })
    await cluster.coordinatorId('any')
  })

  afterAll(async () => {
    expect(await cluster.discard()).toBe(0)
  })

  async function fresh(): Promise<{ groupId: string; client: RawClient }> {
    const groupId = `group-${++groups}`
    return { groupId, client: await cluster.connect(await cluster.coordinatorId(groupId)) }
  }

  const joining = (groupId: string, more: Partial<Join> = {}): Join => ({
    groupId,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 3_000,
    memberId: '',
    protocolType: 'consumer',
    protocols,
    ...more
  })

  /** First join, then the second with the member id that was given. */
  async function join(client: RawClient, groupId: string, more: Partial<Join> = {}): Promise<AnswerOf<'joinGroup'>> {
    const first = await client.ask('joinGroup', 5, joining(groupId, more))
    if (first.errorCode !== code('MEMBER_ID_REQUIRED')) return first
    return client.ask('joinGroup', 5, joining(groupId, { ...more, memberId: first.memberId }))
  }

  async function stable(groupId: string, client: RawClient) {
    const { memberId, generationId } = await join(client, groupId)
    const assignments = [{ memberId, assignment: bytesOf('all of it') }]
    const synced = await client.ask('syncGroup', 3, { groupId, generationId, memberId, assignments })
    expect(synced).toMatchObject({ errorCode: 0, assignment: bytesOf('all of it') })
    return { memberId, generationId }
  }

  it('have their first member at work at once: a development cluster does not wait for more of them', async () => {
    const { groupId, client } = await fresh()
    const askedMs = performance.now()

    await stable(groupId, client)

    // Kafka waits for 3,000 ms.
    expect(performance.now() - askedMs).toBeLessThan(2_500)
  })

  const heartbeat = async (client: RawClient, groupId: string, memberId: string, generationId: number, more = {}) =>
    (await client.ask('heartbeat', 3, { groupId, memberId, generationId, ...more })).errorCode

  const commit = async (
    client: RawClient,
    groupId: string,
    offset: number,
    more: {
      memberId?: string
      generationIdOrMemberEpoch?: number
      version?: number
      topic?: string
      partition?: number
      metadata?: string
    } = {}
  ) => {
    const { version = 7, topic = 'topic', partition = 0, metadata = 'note', ...identity } = more
    const partitions = [
      {
        partitionIndex: partition,
        committedOffset: offset,
        committedLeaderEpoch: version >= 6 ? 3 : -1,
        committedMetadata: metadata
      }
    ]
    const answer = await client.ask('offsetCommit', version, {
      groupId,
      ...identity,
      topics: [{ name: topic, partitions }]
    })
    return answer.topics[0]?.partitions[0]?.errorCode
  }

  // Each waits for Kafka's three seconds before a new group's first generation: they wait together.
  it.concurrent('tell a first join from version 4 on which member id to come with', async () => {
    const { groupId, client } = await fresh()
    const first = await client.ask('joinGroup', 4, joining(groupId))
    expect(first.errorCode).toBe(code('MEMBER_ID_REQUIRED'))
    expect(first.memberId).toMatch(/^raw-client-[0-9a-zA-Z_-]{20,}$/)
    const second = await client.ask('joinGroup', 4, joining(groupId, { memberId: first.memberId }))
    expect(second).toMatchObject({
      errorCode: 0,
      memberId: first.memberId,
      leader: first.memberId,
      generationId: 1,
      protocolName: 'range'
    })
    expect(second.members.map(({ memberId }) => memberId)).toEqual([first.memberId])
  })

  it.concurrent('admit an old client at once, in versions 0 to 3', async () => {
    const { groupId, client } = await fresh()
    const answer = await client.ask('joinGroup', 0, { ...joining(groupId), rebalanceTimeoutMs: -1 })
    expect(answer).toMatchObject({ errorCode: 0, generationId: 1 })
  })

  it.concurrent(
    'refuse what cannot be: empty id 24, session out of bounds 26, unknown member 25, other protocol 23',
    async () => {
      const { groupId, client } = await fresh()
      const error = async (request: Join) => (await client.ask('joinGroup', 5, request)).errorCode
      expect(await error(joining('', { memberId: '' }))).toBe(code('INVALID_GROUP_ID'))
      expect(await error(joining(groupId, { sessionTimeoutMs: 5_999 }))).toBe(code('INVALID_SESSION_TIMEOUT'))
      expect(await error(joining(groupId, { sessionTimeoutMs: 1_800_001 }))).toBe(code('INVALID_SESSION_TIMEOUT'))
      expect(await error(joining(groupId, { memberId: 'ghost' }))).toBe(code('UNKNOWN_MEMBER_ID'))
      expect(await error(joining(groupId, { protocols: [] }))).toBe(code('INCONSISTENT_GROUP_PROTOCOL'))
      await stable(groupId, client)
      expect(await error(joining(groupId, { protocolType: 'connect' }))).toBe(code('INCONSISTENT_GROUP_PROTOCOL'))
      expect(await error(joining(groupId, { protocols: [{ name: 'sticky', metadata: bytesOf('') }] }))).toBe(23)
    }
  )

  it.concurrent('answer heartbeats: 0 in order, 22 for another generation, 25 for a stranger', async () => {
    const { groupId, client } = await fresh()
    const { memberId, generationId } = await stable(groupId, client)
    expect(await heartbeat(client, groupId, memberId, generationId)).toBe(0)
    expect(await heartbeat(client, groupId, memberId, generationId + 1)).toBe(code('ILLEGAL_GENERATION'))
    expect(await heartbeat(client, groupId, 'ghost', generationId)).toBe(code('UNKNOWN_MEMBER_ID'))
    expect(await heartbeat(client, 'no-such-group-here', 'ghost', 1)).not.toBe(0)
  })

  it.concurrent('tell members to join again while somebody joins (27), and share between both', async () => {
    const { groupId, client } = await fresh()
    const one = await stable(groupId, client)
    const other = await cluster.connect(await cluster.coordinatorId(groupId))
    const asked = await other.ask('joinGroup', 5, joining(groupId))
    other.send('joinGroup', 5, joining(groupId, { memberId: asked.memberId }))
    await until(
      'the rebalance has begun',
      async () => (await heartbeat(client, groupId, one.memberId, one.generationId)) === code('REBALANCE_IN_PROGRESS')
    )
    const early = await client.ask('syncGroup', 3, { groupId, ...one, assignments: [] })
    expect(early.errorCode).toBe(code('REBALANCE_IN_PROGRESS'))

    const again = await client.ask('joinGroup', 5, joining(groupId, { memberId: one.memberId }))

    expect(again).toMatchObject({ errorCode: 0, generationId: 2, leader: one.memberId })
    expect(again.members).toHaveLength(2)
    const joined = readAnswer('joinGroup', 5, await other.frame()).value
    expect(joined).toMatchObject({ errorCode: 0, generationId: 2, leader: one.memberId, members: [] })
    const assignments = [
      { memberId: one.memberId, assignment: bytesOf('p0') },
      { memberId: joined.memberId, assignment: bytesOf('p1') }
    ]
    expect(await commit(client, groupId, 1, { memberId: one.memberId, generationIdOrMemberEpoch: 2 })).toBe(27)
    other.send('syncGroup', 3, { groupId, generationId: 2, memberId: joined.memberId, assignments: [] })
    const led = await client.ask('syncGroup', 3, { groupId, generationId: 2, memberId: one.memberId, assignments })
    expect(led.assignment).toEqual(bytesOf('p0'))
    expect(readAnswer('syncGroup', 3, await other.frame()).value.assignment).toEqual(bytesOf('p1'))
    // A late question for the assignment is answered.
    const late = await other.ask('syncGroup', 3, {
      groupId,
      generationId: 2,
      memberId: joined.memberId,
      assignments: []
    })
    expect(late).toMatchObject({ errorCode: 0, assignment: bytesOf('p1') })

    const left = await other.ask('leaveGroup', 3, {
      groupId,
      members: [{ memberId: joined.memberId }, { memberId: 'ghost' }]
    })
    expect(left.errorCode).toBe(0)
    expect(left.members.map(({ errorCode }) => errorCode)).toEqual([0, 25])
    expect(await heartbeat(client, groupId, one.memberId, 2)).toBe(27)
  })

  it.concurrent('fence a static member whose instance id another has taken (82)', async () => {
    const { groupId, client } = await fresh()
    const first = await client.ask('joinGroup', 5, joining(groupId, { groupInstanceId: 'pod-1' }))
    expect(first.errorCode).toBe(0)
    const assignments = [{ memberId: first.memberId, assignment: bytesOf('mine') }]
    await client.ask('syncGroup', 3, {
      groupId,
      generationId: 1,
      memberId: first.memberId,
      groupInstanceId: 'pod-1',
      assignments
    })

    const second = await client.ask('joinGroup', 5, joining(groupId, { groupInstanceId: 'pod-1' }))

    expect(second).toMatchObject({ errorCode: 0, generationId: 1 })
    expect(second.memberId).not.toBe(first.memberId)
    const fenced = code('FENCED_INSTANCE_ID')
    expect(await heartbeat(client, groupId, first.memberId, 1, { groupInstanceId: 'pod-1' })).toBe(fenced)
    expect(await heartbeat(client, groupId, second.memberId, 1, { groupInstanceId: 'pod-1' })).toBe(0)
    const old = await client.ask(
      'joinGroup',
      5,
      joining(groupId, { memberId: first.memberId, groupInstanceId: 'pod-1' })
    )
    expect(old.errorCode).toBe(fenced)
  })

  it.concurrent('take commits of their members, of nobody while they are empty, and of no strangers', async () => {
    const { groupId, client } = await fresh()
    expect(await commit(client, groupId, 5)).toBe(0)
    const member = await stable(groupId, client)
    const own = { memberId: member.memberId, generationIdOrMemberEpoch: member.generationId }
    expect(await commit(client, groupId, 6, own)).toBe(0)
    expect(await commit(client, groupId, 7)).toBe(code('UNKNOWN_MEMBER_ID'))
    expect(await commit(client, groupId, 7, { ...own, generationIdOrMemberEpoch: 99 })).toBe(code('ILLEGAL_GENERATION'))
    expect(await commit(client, groupId, 7, { ...own, memberId: 'ghost' })).toBe(code('UNKNOWN_MEMBER_ID'))
    expect(await commit(client, groupId, 7, { ...own, topic: 'nowhere' })).toBe(code('UNKNOWN_TOPIC_OR_PARTITION'))
    expect(await commit(client, groupId, 7, { ...own, metadata: 'x'.repeat(4097) })).toBe(
      code('OFFSET_METADATA_TOO_LARGE')
    )
    const never = await fresh()
    expect(await commit(never.client, never.groupId, 1, { memberId: 'x', generationIdOrMemberEpoch: 3 })).toBe(22)
    const fetched = await client.ask('offsetFetch', 5, { groupId, topics: [{ name: 'topic', partitionIndexes: [0] }] })
    expect(fetched.topics[0]?.partitions[0]).toMatchObject({
      committedOffset: 6,
      committedLeaderEpoch: 3,
      metadata: 'note'
    })
  })

  it.concurrent(
    'answer every partition asked for; without a commit the offset is -1 and there is no error',
    async () => {
      const { groupId, client } = await fresh()
      await commit(client, groupId, 5)
      for (const version of [1, 2, 5, 7]) {
        const topics = [
          { name: 'topic', partitionIndexes: [1, 0] },
          { name: 'nowhere', partitionIndexes: [4] }
        ]
        const answer = await client.ask('offsetFetch', version, { groupId, topics })
        const flat = answer.topics.flatMap(({ name, partitions }) =>
          partitions.map(({ partitionIndex, committedOffset, errorCode }) => [
            name,
            partitionIndex,
            committedOffset,
            errorCode
          ])
        )
        expect(flat).toEqual([
          ['topic', 1, -1, 0],
          ['topic', 0, 5, 0],
          ['nowhere', 4, -1, 0]
        ])
      }
      const all = await client.ask('offsetFetch', 2, { groupId, topics: null })
      expect(all.topics).toMatchObject([{ name: 'topic', partitions: [{ partitionIndex: 0, committedOffset: 5 }] }])
      const many = await client.ask('offsetFetch', 8, {
        groups: [
          { groupId, topics: null },
          { groupId: `${groupId}-none`, topics: [] }
        ]
      })
      expect(many.groups.map((group) => group.groupId)).toEqual([groupId, `${groupId}-none`])
      expect(many.groups[0]?.topics).toHaveLength(1)
    }
  )

  it.concurrent('are found at their coordinator only: elsewhere it is NOT_COORDINATOR', async () => {
    const { groupId, client } = await fresh()
    await commit(client, groupId, 5)
    const elsewhere = await cluster.client(cluster.otherThan(await cluster.coordinatorId(groupId)))
    expect((await join(elsewhere, groupId)).errorCode).toBe(code('NOT_COORDINATOR'))
    expect(await commit(elsewhere, groupId, 9)).toBe(16)
    const fetched = await elsewhere.ask('offsetFetch', 2, { groupId, topics: null })
    expect(fetched.errorCode).toBe(16)
  })

  it.concurrent('have their coordinators at the top level up to version 3, in the array only from 4 on', async () => {
    const top = await cluster.ask(1, 'findCoordinator', 3, { key: 'any', keyType: 0 })
    expect(top).toMatchObject({ errorCode: 0, coordinators: [] })
    const many = await cluster.ask(1, 'findCoordinator', 4, { keyType: 0, coordinatorKeys: ['any', 'other'] })
    expect(many.coordinators[0]).toMatchObject({ key: 'any', nodeId: top.nodeId, host: top.host, port: top.port })
    expect(many.coordinators).toHaveLength(2)
    const zero = await cluster.ask(1, 'findCoordinator', 0, { key: 'any' })
    expect(zero.nodeId).toBe(top.nodeId)
    expect((await cluster.ask(1, 'findCoordinator', 2, { key: 'x', keyType: 9 })).errorCode).toBe(42)
  })

  it.concurrent('that are not there are Dead without an error, from version 6 on GROUP_ID_NOT_FOUND', async () => {
    const { groupId, client } = await fresh()
    const old = await client.ask('describeGroups', 5, { groups: [groupId], includeAuthorizedOperations: false })
    expect(old.groups[0]).toMatchObject({
      errorCode: 0,
      groupState: 'Dead',
      members: [],
      authorizedOperations: -2147483648
    })
    const told = await client.ask('describeGroups', 6, { groups: [groupId], includeAuthorizedOperations: false })
    expect(told.groups[0]).toMatchObject({ errorCode: code('GROUP_ID_NOT_FOUND'), groupState: 'Dead' })
  })

  it.concurrent('are described with their members, listed by state and type, and deleted only when empty', async () => {
    const { groupId, client } = await fresh()
    const { memberId } = await stable(groupId, client)
    const described = await client.ask('describeGroups', 5, { groups: [groupId], includeAuthorizedOperations: true })
    expect(described.groups[0]).toMatchObject({
      groupState: 'Stable',
      protocolType: 'consumer',
      protocolData: 'range',
      authorizedOperations: (1 << 3) | (1 << 6) | (1 << 8)
    })
    expect(described.groups[0]?.members[0]).toMatchObject({
      memberId,
      clientId: 'raw-client',
      clientHost: '/127.0.0.1',
      memberMetadata: bytesOf('subscription'),
      memberAssignment: bytesOf('all of it')
    })
    const list = async (statesFilter: string[], typesFilter: string[]) =>
      (await client.ask('listGroups', 5, { statesFilter, typesFilter })).groups.filter(
        (group) => group.groupId === groupId
      )
    expect(await list([], [])).toEqual([
      { groupId, protocolType: 'consumer', groupState: 'Stable', groupType: 'classic' }
    ])
    expect(await list(['Empty'], [])).toEqual([])
    expect(await list([], ['share'])).toEqual([])
    const remove = async () => (await client.ask('deleteGroups', 2, { groupsNames: [groupId] })).results[0]?.errorCode
    expect(await remove()).toBe(code('NON_EMPTY_GROUP'))
    expect((await client.ask('leaveGroup', 1, { groupId, memberId })).errorCode).toBe(0)
    expect(await list(['empty'], [])).toHaveLength(1)
    expect(await remove()).toBe(0)
    expect(await remove()).toBe(code('GROUP_ID_NOT_FOUND'))
  })

  it.concurrent('notice a member that falls silent: it is expelled and the others share anew', async () => {
    const { groupId, client } = await fresh()
    const { memberId } = await join(client, groupId, { sessionTimeoutMs: 6_000 })
    await client.ask('syncGroup', 3, { groupId, generationId: 1, memberId, assignments: [] })
    const startMs = performance.now()
    await until('the silent member is expelled', async () => {
      const asked = { groups: [groupId], includeAuthorizedOperations: false }
      return (await client.ask('describeGroups', 5, asked)).groups[0]?.groupState === 'Empty'
    })
    expect(performance.now() - startMs).toBeGreaterThan(5_000)
    expect(await heartbeat(client, groupId, memberId, 1)).toBe(25)
  })

  it('keep members, generation and offsets over a restart of their coordinator', async () => {
    const { groupId, client } = await fresh()
    const member = await stable(groupId, client)
    await commit(client, groupId, 11, { memberId: member.memberId, generationIdOrMemberEpoch: member.generationId })
    const id = await cluster.coordinatorId(groupId)
    await cluster.lab.call('node.kill', { node: `broker-${id}` })
    await cluster.lab.call('node.start', { node: `broker-${id}` })

    // The same one, or whoever has taken over.
    await expect
      .poll(async () => heartbeat(await cluster.coordinator(groupId), groupId, member.memberId, member.generationId), {
        timeout: 15_000
      })
      .toBe(0)
    const again = await cluster.coordinator(groupId)
    const asked = { groupId, topics: [{ name: 'topic', partitionIndexes: [0] }] }
    // What it has read it tells when its followers have it, too: clients wait out COORDINATOR_LOAD_IN_PROGRESS.
    await expect.poll(async () => (await again.ask('offsetFetch', 5, asked)).errorCode, { timeout: 15_000 }).toBe(0)
    const fetched = await again.ask('offsetFetch', 5, asked)
    expect(fetched.topics[0]?.partitions[0]).toMatchObject({ committedOffset: 11, metadata: 'note' })
    const described = await again.ask('describeGroups', 5, { groups: [groupId], includeAuthorizedOperations: false })
    expect(described.groups[0]?.members[0]?.memberAssignment).toEqual(bytesOf('all of it'))
  })
})

describe('a folder with --broker-config', () => {
  it('has brokers that obey it, also when it is started without it', async () => {
    const name = 'group.initial.rebalance.delay.ms'
    const configs = ['--broker-config', `${name}=1500`, '--broker-config', 'log.retention.ms=9223372036854775807']
    let lab = await LabCluster.start({ brokers: 1, args: configs })
    await lab.stop()
    lab = await LabCluster.start({ dir: lab.dir })
    const client = await RawClient.connect(lab.port(1))
    const find = { key: 'g', keyType: 0 }
    await until(
      'the group has a coordinator',
      async () => (await client.ask('findCoordinator', 2, find)).errorCode === 0
    )
    const resources = [{ resourceType: 4, resourceName: '1', configurationKeys: [name] }]

    const described = await client.ask('describeConfigs', 1, { resources, includeSynonyms: false })
    const askedMs = performance.now()
    const joined = await client.ask('joinGroup', 3, {
      groupId: 'g',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      memberId: '',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: bytesOf('m') }]
    })

    await lab.call('topic.create', { topic: 'kept' })
    const ofTopic = [{ resourceType: 2, resourceName: 'kept', configurationKeys: ['retention.ms'] }]
    const retention = await client.ask('describeConfigs', 1, { resources: ofTopic, includeSynonyms: false })

    expect(described.results[0]?.configs).toMatchObject([{ name, value: '1500' }])
    // Source 4: what the broker was started with.
    expect(retention.results[0]?.configs).toMatchObject([{ value: '9223372036854775807', configSource: 4 }])
    expect(joined.errorCode).toBe(0)
    expect(performance.now() - askedMs).toBeGreaterThan(1450)
    client.close()
    await lab.discard()
    const refused = await lagoon(['up', '--data', temporaryDir(), '--broker-config', 'no.such.config=1'])
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be set at the start') as string })
  })
})
