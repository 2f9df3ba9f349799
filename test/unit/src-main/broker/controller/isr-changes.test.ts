import { describe, expect, it } from 'vitest'
import { parsePartitionState, paths, topicData } from '../../../../../src-main/broker/core/znodes'
import type { EnsembleClient } from '../../../../../src-main/coordination/ensemble-client'
import { metadataRequest, metadataResponse } from '../../../../../src-main/protocol/api/03-metadata'
import { alterPartitionRequest, alterPartitionResponse } from '../../../../../src-main/protocol/api/56-alter-partition'
import { errorName } from '../../../../../src-main/protocol/wire/error-codes'
import { BrokerWorld } from '../../../../support/broker-world'

const alterCall = (version: number) =>
  ({ apiKey: 56, version, request: alterPartitionRequest, response: alterPartitionResponse }) as const
const metadataCall = { apiKey: 3, version: 12, request: metadataRequest, response: metadataResponse } as const
const topicId = 'Jj8xA1fFTrGKVqPIfMCsWA'

interface Cluster {
  readonly world: BrokerWorld
  readonly ensemble: EnsembleClient
  readonly epochOf: (id: number) => Promise<bigint>
}

/** Three brokers, of which 1 is the controller, and a topic whose partitions 1 leads for 2 and 3. */
async function started(partitions = 1): Promise<Cluster> {
  const world = await BrokerWorld.start([1, 2, 3])
  const ensemble = await world.ensemble()
  const assignment = Array.from({ length: partitions }, () => [1, 2, 3])
  await world.clock.until(ensemble.create(paths.topic('t'), topicData(topicId, assignment)))
  await world.clock.run(1_000)
  const epochOf = async (id: number) => (await world.clock.until(ensemble.exists(paths.broker(id))))?.czxid ?? -1n
  return { world, ensemble, epochOf }
}

async function propose(cluster: Cluster, isr: readonly number[], part: Partial<Proposal> = {}) {
  const { world, epochOf } = cluster
  const {
    version = 3,
    brokerId = 1,
    to = 1,
    count = 1,
    leaderEpoch = 0,
    partitionEpoch = 0,
    id = topicId,
    topicName = 't'
  } = part
  const members: { readonly brokerId: number; readonly brokerEpoch: bigint }[] = []
  for (const member of isr) members.push({ brokerId: member, brokerEpoch: part.memberEpoch ?? (await epochOf(member)) })
  const partitions = Array.from({ length: count }, (_, i) => ({
    partitionIndex: part.partition ?? i,
    leaderEpoch,
    partitionEpoch,
    ...(version >= 3 ? { newIsrWithEpochs: members } : { newIsr: isr })
  }))
  const topic = version >= 2 ? { topicId: id, partitions } : { topicName, partitions }
  const brokerEpoch = part.brokerEpoch ?? (await epochOf(brokerId))
  const answer = await world.ask(to, alterCall(version), { brokerId, brokerEpoch, topics: [topic] })
  const answered = answer.topics.flatMap((one) => one.partitions)
  return { error: errorName(answer.errorCode), answered, errors: answered.map(({ errorCode }) => errorName(errorCode)) }
}

interface Proposal {
  readonly version: number
  readonly brokerId: number
  readonly to: number
  readonly count: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  readonly brokerEpoch: bigint
  readonly memberEpoch: bigint
  readonly id: string
  readonly topicName: string
  readonly partition: number
}

async function storedOf({ world, ensemble }: Cluster, partition = 0) {
  const znode = await world.clock.until(ensemble.getData(paths.state('t', partition)))
  return { ...parsePartitionState(znode?.data ?? null), version: znode?.stat.version }
}

describe('AlterPartition', () => {
  it.each([0, 1, 2, 3])('version %i stores an ISR, and all brokers hear of it', async (version) => {
    const cluster = await started()

    const { error, answered } = await propose(cluster, [1, 3], { version })
    await cluster.world.clock.run(100)

    expect(error).toBe('NONE')
    expect(answered).toMatchObject([{ errorCode: 0, leaderId: 1, leaderEpoch: 0, isr: [1, 3], partitionEpoch: 1 }])
    expect(await storedOf(cluster)).toMatchObject({
      leader: 1,
      leaderEpoch: 0,
      isr: [1, 3],
      controllerEpoch: 1,
      version: 1
    })
    for (const id of [1, 2, 3]) {
      const known = await cluster.world.ask(id, metadataCall, {
        topics: [{ name: 't' }],
        allowAutoTopicCreation: false
      })
      expect(known.topics[0]?.partitions).toMatchObject([{ leaderId: 1, isrNodes: [1, 3] }])
    }
    expect(cluster.world.failures).toEqual([])
  })

  it('answers a proposal that is stored already with what is stored', async () => {
    const cluster = await started()
    await propose(cluster, [1, 3])

    const { answered } = await propose(cluster, [1, 3])

    expect(answered).toMatchObject([{ errorCode: 0, isr: [1, 3], partitionEpoch: 1 }])
    expect(await storedOf(cluster)).toMatchObject({ version: 1 })
  })

  it.each<[string, readonly number[], Partial<Proposal>, string]>([
    ['of an earlier registration', [1, 2], { brokerEpoch: 1n }, 'STALE_BROKER_EPOCH'],
    ['of a broker that is not there', [1, 2], { brokerId: 9, brokerEpoch: 1n }, 'STALE_BROKER_EPOCH'],
    ['to who is no controller', [1, 2], { to: 2 }, 'NOT_CONTROLLER']
  ])('refuses a request %s', async (_what, isr, part, error) => {
    const cluster = await started()
    expect(await propose(cluster, isr, part)).toMatchObject({ error, answered: [] })
    expect(await storedOf(cluster)).toMatchObject({ isr: [1, 2, 3], version: 0 })
  })

  it.each<[string, readonly number[], Partial<Proposal>, string]>([
    ['of a leader of later elections', [1, 2], { leaderEpoch: 4 }, 'NOT_CONTROLLER'],
    ['about a later version', [1, 2], { partitionEpoch: 4 }, 'NOT_CONTROLLER'],
    ['of a follower', [2, 3], { brokerId: 2 }, 'INVALID_REQUEST'],
    ['without its leader', [2, 3], {}, 'INVALID_REQUEST'],
    ['with an earlier self of a member', [1, 2], { memberEpoch: 7n }, 'INELIGIBLE_REPLICA'],
    ['of a topic id that is nobody’s', [1, 2], { id: 'AAAAAAAAAAAAAAAAAAAAAQ' }, 'UNKNOWN_TOPIC_ID'],
    ['of a topic that is not there', [1, 2], { version: 1, topicName: 'u' }, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['of a partition that is not there', [1, 2], { partition: 7 }, 'UNKNOWN_TOPIC_OR_PARTITION']
  ])('refuses a proposal %s', async (_what, isr, part, error) => {
    const cluster = await started()
    expect((await propose(cluster, isr, part)).errors).toEqual([error])
    expect(await storedOf(cluster)).toMatchObject({ isr: [1, 2, 3], version: 0 })
  })

  it.each([
    [1, 'OPERATION_NOT_ATTEMPTED'],
    [2, 'INELIGIBLE_REPLICA']
  ])('refuses a member that is dead, in words of version %i', async (version, error) => {
    const cluster = await started()
    await cluster.world.cutOff(3)
    const { leaderEpoch, version: partitionEpoch } = await storedOf(cluster)

    const { errors } = await propose(cluster, [1, 2, 3], {
      version,
      leaderEpoch: leaderEpoch ?? 0,
      partitionEpoch: partitionEpoch ?? 0
    })

    expect(errors).toEqual([error])
    expect(await storedOf(cluster)).toMatchObject({ isr: [1, 2] })
  })

  it('fences who has been succeeded, and what is about an earlier version', async () => {
    const cluster = await started()
    await propose(cluster, [1, 2])
    expect((await propose(cluster, [1])).errors).toEqual(['INVALID_UPDATE_VERSION'])

    await cluster.world.cutOff(2)
    expect((await propose(cluster, [1], { partitionEpoch: 1 })).errors).toEqual(['FENCED_LEADER_EPOCH'])
  })

  it('stores many of one request with few writes', async () => {
    const cluster = await started(300)
    const before = cluster.world.memberDisk.syncCount

    const { errors } = await propose(cluster, [1, 3], { count: 300 })

    expect(new Set(errors)).toEqual(new Set(['NONE']))
    expect(cluster.world.memberDisk.syncCount - before).toBeLessThanOrEqual(2)
  })

  it('stores what it can of many, and what somebody else wrote is not written over', async () => {
    const cluster = await started(300)
    const { world, ensemble } = cluster
    const theirs = await world.clock.until(ensemble.getData(paths.state('t', 150)))
    await world.clock.until(ensemble.setData(paths.state('t', 150), theirs?.data ?? null))

    const { errors } = await propose(cluster, [1, 3], { count: 300 })

    expect(errors.filter((error) => error === 'NONE')).toHaveLength(299)
    expect(errors[150]).toBe('INVALID_UPDATE_VERSION')
    expect(await storedOf(cluster, 150)).toMatchObject({ isr: [1, 2, 3], version: 1 })
    expect(await storedOf(cluster, 299)).toMatchObject({ isr: [1, 3], version: 1 })
    expect(world.failures).toEqual([])
  })
})
