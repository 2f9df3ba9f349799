/**
 * A write is complete when its position is committed. One broker leads partitions of which a second replica, broker 9, is the
 * test itself: it orders what a controller would, and fetches as a follower does.
 */
import { describe, expect, it } from 'vitest'
import { groupOffsetsPartitions } from '../../../../src-main/broker/core/offsets-topic'
import { groupPartition } from '../../../../src-main/broker/core/group/group-log'
import { BrokerChannel, type BrokerCall } from '../../../../src-main/broker/broker-channel'
import { ReplicaManager, type ReplicaManagerOptions } from '../../../../src-main/broker/replica-manager'
import { ReplicationQuota } from '../../../../src-main/broker/core/replication-quota'
import { ReplicaFetchers } from '../../../../src-main/broker/replica-fetchers'
import type { Clock, Log } from '../../../../src-main/kernel/ports'
import { produceRequest, produceResponse } from '../../../../src-main/protocol/api/00-produce'
import { fetchRequest, fetchResponse } from '../../../../src-main/protocol/api/01-fetch'
import { listOffsetsRequest, listOffsetsResponse } from '../../../../src-main/protocol/api/02-list-offsets'
import { leaderAndIsrRequest, leaderAndIsrResponse } from '../../../../src-main/protocol/api/04-leader-and-isr'
import { stopReplicaRequest, stopReplicaResponse } from '../../../../src-main/protocol/api/05-stop-replica'
import { metadataRequest, metadataResponse } from '../../../../src-main/protocol/api/03-metadata'
import { offsetCommitRequest, offsetCommitResponse } from '../../../../src-main/protocol/api/08-offset-commit'
import { offsetFetchRequest, offsetFetchResponse } from '../../../../src-main/protocol/api/09-offset-fetch'
import { findCoordinatorRequest, findCoordinatorResponse } from '../../../../src-main/protocol/api/10-find-coordinator'
import { joinGroupRequest, joinGroupResponse } from '../../../../src-main/protocol/api/11-join-group'
import { syncGroupRequest, syncGroupResponse } from '../../../../src-main/protocol/api/14-sync-group'
import { describeGroupsRequest, describeGroupsResponse } from '../../../../src-main/protocol/api/15-describe-groups'
import { createTopicsRequest, createTopicsResponse } from '../../../../src-main/protocol/api/19-create-topics'
import { deleteGroupsRequest, deleteGroupsResponse } from '../../../../src-main/protocol/api/42-delete-groups'
import { offsetDeleteRequest, offsetDeleteResponse } from '../../../../src-main/protocol/api/47-offset-delete'
import { errorName } from '../../../../src-main/protocol/wire/error-codes'
import type { InputOf, Message, ValueOf } from '../../../../src-main/protocol/wire/schema'
import { BrokerWorld } from '../../../support/broker-world'
import { SimClock, SimNetwork } from '../../../support/ensemble-world'
import { batchOf, sequencedBatch } from '../../../support/record-samples'
import { fixture, openPartition } from '../../../support/storage-fixture'

const produceCall = { apiKey: 0, version: 9, request: produceRequest, response: produceResponse } as const
const fetchCall = { apiKey: 1, version: 12, request: fetchRequest, response: fetchResponse } as const
const listCall = { apiKey: 2, version: 6, request: listOffsetsRequest, response: listOffsetsResponse } as const
const metadataCall = { apiKey: 3, version: 12, request: metadataRequest, response: metadataResponse } as const
const orderCall = { apiKey: 4, version: 6, request: leaderAndIsrRequest, response: leaderAndIsrResponse } as const
const stopCall = { apiKey: 5, version: 3, request: stopReplicaRequest, response: stopReplicaResponse } as const
const commitCall = { apiKey: 8, version: 7, request: offsetCommitRequest, response: offsetCommitResponse } as const
const committedCall = { apiKey: 9, version: 5, request: offsetFetchRequest, response: offsetFetchResponse } as const
const findCall = { apiKey: 10, version: 2, request: findCoordinatorRequest, response: findCoordinatorResponse } as const
const joinCall = { apiKey: 11, version: 3, request: joinGroupRequest, response: joinGroupResponse } as const
const syncCall = { apiKey: 14, version: 4, request: syncGroupRequest, response: syncGroupResponse } as const
const describeCall = {
  apiKey: 15,
  version: 4,
  request: describeGroupsRequest,
  response: describeGroupsResponse
} as const
const createCall = { apiKey: 19, version: 7, request: createTopicsRequest, response: createTopicsResponse } as const
const deleteCall = { apiKey: 42, version: 1, request: deleteGroupsRequest, response: deleteGroupsResponse } as const
const forgetCall = { apiKey: 47, version: 0, request: offsetDeleteRequest, response: offsetDeleteResponse } as const

const follower = 9
/** Above any that the broker's own controller has: its orders are over. */
const controllerEpoch = 100

class ReplicatedWorld {
  readonly world: BrokerWorld
  readonly topic: string
  readonly index: number
  #topicId = ''
  #leaderEpoch = 50
  /** With which a follower's session ends. */
  #fetching: BrokerChannel | undefined

  private constructor(world: BrokerWorld, topic: string, index: number) {
    this.world = world
    this.topic = topic
    this.index = index
  }

  /** `t` has one partition, `__consumer_offsets` its fifty; the partition named has a second replica. */
  static async start(topic = 't', index = 0): Promise<ReplicatedWorld> {
    const world = await BrokerWorld.start()
    const created = { name: 't', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    await world.ask(1, createCall, { topics: [created], timeoutMs: 10_000 })
    while ((await world.ask(1, findCall, { key: 'g', keyType: 0 })).errorCode !== 0) await world.clock.run(100)
    const replicated = new ReplicatedWorld(world, topic, index)
    const { topics } = await world.ask(1, metadataCall, { topics: null })
    replicated.#topicId = topics.find(({ name }) => name === topic)?.topicId ?? expect.fail()
    await replicated.order(1)
    return replicated
  }

  async order(leader: number): Promise<void> {
    const partition = { partitionIndex: this.index, controllerEpoch, leader, leaderEpoch: ++this.#leaderEpoch }
    const state = { ...partition, isr: [1, follower], replicas: [1, follower], partitionEpoch: this.#leaderEpoch }
    const topicStates = [{ topicName: this.topic, topicId: this.#topicId, partitionStates: [state] }]
    const request = { controllerId: follower, controllerEpoch, brokerEpoch: -1n, type: 0, topicStates, liveLeaders: [] }
    expect((await this.world.ask(1, orderCall, request)).errorCode).toBe(0)
  }

  /** As broker 9, which has everything below `offset`. */
  async follow(offset: number, { replicaId = follower, currentLeaderEpoch = this.#leaderEpoch } = {}) {
    const partition = { partition: this.index, fetchOffset: offset, partitionMaxBytes: 1_000_000, currentLeaderEpoch }
    const topics = [{ topic: this.topic, partitions: [partition] }]
    const answer = await this.world.ask(1, fetchCall, { replicaId, maxWaitMs: 0, minBytes: 0, topics })
    return answer.responses[0]?.partitions[0] ?? expect.fail()
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch
  }

  /** As broker 9, in a session that goes on, or begins. */
  async fetchInSession(
    fetchOffset: number,
    { id = 0, epoch = 0, lastFetchedEpoch = -1 }: { id?: number; epoch?: number; lastFetchedEpoch?: number }
  ) {
    const partition = { partition: this.index, fetchOffset, partitionMaxBytes: 1_000_000, lastFetchedEpoch }
    const topics = [{ topic: this.topic, partitions: [{ ...partition, currentLeaderEpoch: this.#leaderEpoch }] }]
    const session = { sessionId: id, sessionEpoch: epoch }
    const request = { replicaId: follower, maxWaitMs: 0, minBytes: 1, ...session, topics }
    this.#fetching ??= new BrokerChannel(this.world, { host: 'sim', port: 9092 }, 'test')
    const answer = await this.world.clock.until(this.#fetching.ask(fetchCall, request, 30_000))
    return { id: answer.sessionId, epoch: epoch + 1, told: answer.responses[0]?.partitions[0] }
  }

  /** Asks without waiting for the answer. */
  begin<Request extends Message, Response extends Message>(
    call: BrokerCall<Request, Response>,
    value: InputOf<Request>
  ): { readonly answer: Promise<ValueOf<Response>>; readonly isAnswered: () => Promise<boolean> } {
    const channel = new BrokerChannel(this.world, { host: 'sim', port: 9092 }, 'test')
    let isAnswered = false
    const answer = channel.ask(call, value, 30_000).finally(() => (isAnswered = true))
    return {
      answer: answer.finally(() => channel.close()),
      isAnswered: async () => {
        await this.world.clock.run(50)
        return isAnswered
      }
    }
  }

  produce(acks: number, records = batchOf(['v']), timeoutMs = 1_000) {
    const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }]
    return this.begin(produceCall, { transactionalId: null, acks, timeoutMs, topicData })
  }

  async outcome(produced: { readonly answer: Promise<ValueOf<typeof produceResponse>> }) {
    const { responses } = await this.world.clock.until(produced.answer)
    const { errorCode, baseOffset } = responses[0]?.partitionResponses[0] ?? expect.fail()
    return [errorName(errorCode), baseOffset]
  }

  /** The end that clients are told, or the error. */
  async latest(version = 6, timestamp = -1n): Promise<number | string> {
    const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }]
    const call = { ...listCall, version }
    const answer = await this.world.ask(1, call, { replicaId: -1, topics: [{ name: 't', partitions }] })
    const { errorCode, offset } = answer.topics[0]?.partitions[0] ?? expect.fail()
    return errorCode === 0 ? offset : errorName(errorCode)
  }
}

describe('a write to a partition with a follower', () => {
  it('with acks=1 is answered when it is written, and read when the follower has it', async () => {
    const world = await ReplicatedWorld.start()

    const written = world.produce(1)
    expect(await world.outcome(written)).toEqual(['NONE', 0])
    expect([await world.latest(), (await world.follow(0)).highWatermark]).toEqual([0, 0])
    const heard = await world.follow(1)

    expect([heard.highWatermark, await world.latest()]).toEqual([1, 1])
  })

  it('with acks=all is answered when the follower has it, in the turn in which it asks for more', async () => {
    const world = await ReplicatedWorld.start()
    const written = world.produce(-1)
    expect(await written.isAnswered()).toBe(false)
    expect((await world.follow(0)).records?.length).toBeGreaterThan(0)
    expect(await written.isAnswered()).toBe(false)

    await world.follow(1)

    expect(await written.isAnswered()).toBe(true)
    expect(await world.outcome(written)).toEqual(['NONE', 0])
  })

  it('is told in full to a follower that has first heard where its history parts from ours', async () => {
    const world = await ReplicatedWorld.start()
    const firstEpoch = world.leaderEpoch
    await world.outcome(world.produce(1))
    await world.order(1)
    await world.outcome(world.produce(1))
    await world.follow(2)

    const parted = await world.fetchInSession(2, { lastFetchedEpoch: firstEpoch })
    expect(parted.told).toMatchObject({ divergingEpoch: { epoch: firstEpoch, endOffset: 1 } })
    const agreed = await world.fetchInSession(2, { ...parted, lastFetchedEpoch: world.leaderEpoch })

    expect(agreed.told).toMatchObject({ highWatermark: 2 })
  })

  it('that comes again before it is committed waits for the same position', async () => {
    const world = await ReplicatedWorld.start()
    const first = world.produce(-1, sequencedBatch(7, 0, 0, ['v']))
    expect(await first.isAnswered()).toBe(false)
    const again = world.produce(-1, sequencedBatch(7, 0, 0, ['v']))
    expect(await again.isAnswered()).toBe(false)

    await world.follow(1)

    expect([await world.outcome(first), await world.outcome(again)]).toEqual([
      ['NONE', 0],
      ['NONE', 0]
    ])
  })

  it('is told when its time is over, and where it stands', async () => {
    const world = await ReplicatedWorld.start()
    await world.outcome(world.produce(1))

    const written = world.produce(-1, batchOf(['v']), 700)
    await world.world.clock.run(600)
    expect(await written.isAnswered()).toBe(false)
    await world.world.clock.run(100)

    expect(await written.isAnswered()).toBe(true)
    expect(await world.outcome(written)).toEqual(['REQUEST_TIMED_OUT', 1])
  })

  it.each(['another leads', 'it is taken away'])('is told at once when %s', async (what) => {
    const world = await ReplicatedWorld.start()
    const written = world.produce(-1, batchOf(['v']), 20_000)
    expect(await written.isAnswered()).toBe(false)

    if (what === 'another leads') await world.order(follower)
    else {
      const partitionStates = [{ partitionIndex: 0, leaderEpoch: -1, deletePartition: false }]
      const topicStates = [{ topicName: 't', partitionStates }]
      await world.world.ask(1, stopCall, { controllerId: 9, controllerEpoch, brokerEpoch: -1n, topicStates })
    }

    expect(await written.isAnswered()).toBe(true)
    expect(await world.outcome(written)).toEqual(['NOT_LEADER_OR_FOLLOWER', 0])
  })

  it('goes on waiting over a later term of the same leader', async () => {
    const world = await ReplicatedWorld.start()
    const written = world.produce(-1, batchOf(['v']), 20_000)
    expect(await written.isAnswered()).toBe(false)

    await world.order(1)
    expect(await written.isAnswered()).toBe(false)
    await world.follow(1)

    expect(await world.outcome(written)).toEqual(['NONE', 0])
  })
})

describe('a leader whose followers have not told how far they are', () => {
  it('tells no end before it knows what was committed, and everything else (KIP-207)', async () => {
    const world = await ReplicatedWorld.start()
    await world.outcome(world.produce(1))
    await world.follow(1)
    await world.outcome(world.produce(1))
    await world.order(follower)

    await world.order(1)

    expect([await world.latest(), await world.latest(4)]).toEqual(['OFFSET_NOT_AVAILABLE', 'LEADER_NOT_AVAILABLE'])
    expect([await world.latest(6, -2n), await world.latest(6, 1n)]).toEqual([0, 0])
    expect(await world.latest(6, 9_000_000_000_000n)).toBe('OFFSET_NOT_AVAILABLE')
    await world.follow(2)
    expect([await world.latest(), await world.latest(6, 9_000_000_000_000n)]).toEqual([2, -1])
  })
})

describe('a fetch that says it is a follower’s', () => {
  it.each([
    ['of a broker that has no replica, and knows the term', { replicaId: 8 }, 0, 'UNKNOWN_LEADER_EPOCH'],
    ['of a broker that has no replica', { replicaId: 8, currentLeaderEpoch: -1 }, 0, 'NOT_LEADER_OR_FOLLOWER'],
    ['beyond the leader’s log', {}, 5, 'OFFSET_OUT_OF_RANGE'],
    ['of an older term', { currentLeaderEpoch: 3 }, 0, 'FENCED_LEADER_EPOCH']
  ])('%s is refused', async (_what, fields, offset, error) => {
    const world = await ReplicatedWorld.start()

    expect(errorName((await world.follow(offset, fields)).errorCode)).toBe(error)

    expect(world.world.failures).toEqual([])
  })
})

describe('what a group is told', () => {
  const index = groupPartition('g', groupOffsetsPartitions)
  const offsets = (offset: number) => ({
    groupId: 'g',
    generationIdOrMemberEpoch: -1,
    memberId: '',
    topics: [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }] }]
  })
  const start = () => ReplicatedWorld.start('__consumer_offsets', index)

  async function committed(world: ReplicatedWorld): Promise<number | undefined> {
    const answer = await world.world.ask(1, committedCall, {
      groupId: 'g',
      topics: [{ name: 't', partitionIndexes: [0] }]
    })
    return answer.topics[0]?.partitions[0]?.committedOffset
  }

  it('of a commit is committed: nobody reads it before', async () => {
    const world = await start()
    const written = world.begin(commitCall, offsets(5))
    expect(await written.isAnswered()).toBe(false)
    expect(await committed(world)).toBe(-1)

    await world.follow(1)

    expect(await written.isAnswered()).toBe(true)
    expect(await committed(world)).toBe(5)
  })

  it('of a commit that is not committed within five seconds is that', async () => {
    const world = await start()
    const written = world.begin(commitCall, offsets(5))

    await world.world.clock.run(5_100)

    const { topics } = await world.world.clock.until(written.answer)
    expect(errorName(topics[0]?.partitions[0]?.errorCode ?? -1)).toBe('REQUEST_TIMED_OUT')
    expect(await committed(world)).toBe(-1)
  })

  it('of a commit whose coordinator lost its partition is to ask the next one', async () => {
    const world = await start()
    const written = world.begin(commitCall, offsets(5))
    expect(await written.isAnswered()).toBe(false)

    await world.order(follower)

    const { topics } = await world.world.clock.until(written.answer)
    expect(errorName(topics[0]?.partitions[0]?.errorCode ?? -1)).toBe('NOT_COORDINATOR')
  })

  it('of its assignment is committed: it is Stable then', async () => {
    const world = await start()
    const joining = { groupId: 'g', sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, memberId: '' }
    const protocols = [{ name: 'range', metadata: Uint8Array.of(1) }]
    const { memberId } = await world.world.ask(1, joinCall, { ...joining, protocolType: 'consumer', protocols })
    const assignments = [{ memberId, assignment: Uint8Array.of(7) }]
    const synced = world.begin(syncCall, { groupId: 'g', generationId: 1, memberId, assignments })
    const state = async () => (await world.world.ask(1, describeCall, { groups: ['g'] })).groups[0]?.groupState
    expect([await synced.isAnswered(), await state()]).toEqual([false, 'CompletingRebalance'])

    await world.follow(1)

    expect([await synced.isAnswered(), await state()]).toEqual([true, 'Stable'])
    expect(await synced.answer).toMatchObject({ errorCode: 0, assignment: Uint8Array.of(7) })
  })

  it('of offsets that are forgotten, and of its own end, is committed', async () => {
    const world = await start()
    const written = world.begin(commitCall, offsets(5))
    await written.isAnswered()
    await world.follow(1)
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0 }] }]

    const refused = world.begin(commitCall, offsets(6))
    expect(await refused.isAnswered()).toBe(false)
    expect((await world.world.ask(1, deleteCall, { groupsNames: ['g'] })).results[0]?.errorCode).toBe(68)
    await world.follow(2)
    const forgotten = world.begin(forgetCall, { groupId: 'g', topics })
    expect([await forgotten.isAnswered(), await committed(world)]).toEqual([false, 6])
    await world.follow(3)
    expect([await forgotten.isAnswered(), await committed(world)]).toEqual([true, -1])

    const again = world.begin(commitCall, offsets(7))
    await again.isAnswered()
    await world.follow(4)
    const deleted = world.begin(deleteCall, { groupsNames: ['g'] })
    expect([await deleted.isAnswered(), await committed(world)]).toEqual([false, -1])
    // Two tombstones: of its offset and of itself.
    await world.follow(6)

    expect(await deleted.isAnswered()).toBe(true)
    expect((await deleted.answer).results).toMatchObject([{ groupId: 'g', errorCode: 0 }])
  })
})

function fetchersOfNobody(clock: Clock, log: Log): ReplicaFetchers {
  const ports = {
    clock,
    log,
    network: new SimNetwork(new SimClock()),
    quota: new ReplicationQuota(1, { rate: () => '9223372036854775807', replicas: () => undefined }),
    logStartsSafe: () => Promise.resolve(),
    storageFailed: (_replica: unknown, error: Error) => expect.fail(error.message),
    failed: () => expect.fail()
  }
  return new ReplicaFetchers(ports, { brokerId: 1, brokerEpoch: () => 0n, addressOf: () => undefined })
}

describe('a partition with fewer in-sync replicas than min.insync.replicas', () => {
  it('refuses acks=all before it writes, and takes acks=1, which nobody reads yet', async () => {
    const one = fixture()
    const log = openPartition(one, { config: { minInSyncReplicas: 2 } })
    const logs = { create: () => Promise.resolve(log) } as unknown as ReplicaManagerOptions['logs']
    const { clock, log: told } = one.ports
    const replicas = new ReplicaManager({
      lagMaxMs: 30_000,
      brokerId: 1,
      brokerEpochMin: 0n,
      logs,
      clock,
      log: told,
      configOf: () => log.config,
      fetchers: fetchersOfNobody(clock, told),
      isAlive: () => true,
      isrProposed: () => undefined,
      truncated: () => undefined
    })
    const role = { leader: 1, leaderEpoch: 3, isr: [1], replicas: [1, 9], partitionEpoch: 0 }
    await replicas.assume({ topic: 'events', partition: 0, topicId: 'id', ...role })
    const partition = replicas.partition('events', 0) ?? expect.fail()

    const refused = replicas.append(partition, batchOf(['v']), { needsMinIsr: true })
    expect([refused.type === 'error' && refused.error, log.logEndOffset]).toEqual(['NOT_ENOUGH_REPLICAS', 0])
    const taken = replicas.append(partition, batchOf(['v']), { needsMinIsr: false })

    expect([taken.type, log.logEndOffset, log.highWatermark]).toEqual(['appended', 1, 0])
  })
})
