/**
 * What the largest requests cost: each handler with its arrays as long as they may be. Time is linear, nobody else waits,
 * the answer is bounded by the request, and nothing is kept (ADR 17).
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { messageElementsMax } from '../../src-main/protocol/wire/reader'
import { zeroUuid } from '../../src-main/kernel/uuid'
import { RawCluster, produceTo } from '../support/raw-cluster'
import { ConnectionClosed, requestFrame, type ApiName, type RawClient, type RequestOf } from '../support/raw-client'
import { batchOf } from '../support/record-samples'
import { until } from '../support/lab-cluster'

const MiB = 1024 * 1024
const othersWaitMsMax = 500
/** Of the request, beside what the cluster holds and tells once (64 KiB here). */
const answerMultipleMax = 64
const onceBytes = 64 * 1024
const residentBytesMax = 200 * MiB
/** As many as are dropped again, since they name the same. */
const often = 1_000_000
/** As many as a message may have. */
const count = messageElementsMax - 1000

const times = <T>(howMany: number, make: (i: number) => T): T[] => Array.from({ length: howMany }, (_, i) => make(i))
const names = (howMany: number, prefix = ''): string[] => times(howMany, (i) => `${prefix}${i.toString(36)}`)

interface Case<Name extends ApiName = ApiName> {
  readonly api: Name
  readonly version: number
  readonly request: () => RequestOf<Name>
}
const of = <Name extends ApiName>(api: Name, version: number, request: () => RequestOf<Name>): Case => ({
  api,
  version,
  request
})

const nothing = new Uint8Array(0)
/** The first controller of a new cluster: what it has not said itself anybody on this machine may say. */
const order = { controllerId: 1, controllerEpoch: 1, brokerEpoch: -1n }
const role = { controllerEpoch: 1, leader: 9, leaderEpoch: 0, isr: [], replicas: [9] }
let brokerPort = 0
const cases: Readonly<Record<string, Case>> = {
  'Metadata, one name often': of('metadata', 4, () => ({
    topics: times(often, () => ({ name: 't' })),
    allowAutoTopicCreation: false
  })),
  'Metadata, unknown names': of('metadata', 12, () => ({
    topics: names(count).map((name) => ({ name })),
    allowAutoTopicCreation: false
  })),
  'Metadata, names that could be created': of('metadata', 9, () => ({
    topics: names(200_000, 'no such/').map((name) => ({ name })),
    allowAutoTopicCreation: true
  })),
  'Produce, partitions without records': of('produce', 9, () => ({
    transactionalId: null,
    acks: 1,
    timeoutMs: 1000,
    topicData: [{ name: 't', partitionData: times(count, (index) => ({ index, records: null })) }]
  })),
  'Produce, topics': of('produce', 3, () => ({
    transactionalId: null,
    acks: 1,
    timeoutMs: 1000,
    topicData: names(count / 2).map((name) => ({ name, partitionData: [{ index: 0, records: null }] }))
  })),
  'Fetch, one partition often': of('fetch', 11, () => ({
    maxWaitMs: 500,
    minBytes: 100 * MiB,
    maxBytes: 1,
    isolationLevel: 0,
    forgottenTopicsData: [],
    topics: [{ topic: 't', partitions: times(count, () => ({ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 })) }]
  })),
  'ListOffsets, one partition often, by time': of('listOffsets', 5, () => ({
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name: 't', partitions: times(count, () => ({ partitionIndex: 0, timestamp: 5n })) }]
  })),
  OffsetCommit: of('offsetCommit', 7, () => ({
    groupId: 'g',
    generationIdOrMemberEpoch: -1,
    memberId: '',
    topics: [
      { name: 't', partitions: times(count, () => ({ partitionIndex: 0, committedOffset: 1, committedMetadata: '' })) }
    ]
  })),
  'OffsetFetch, partitions': of('offsetFetch', 5, () => ({
    groupId: 'g',
    topics: [{ name: 't', partitionIndexes: times(count, (i) => i) }]
  })),
  'OffsetFetch, groups': of('offsetFetch', 8, () => ({ groups: times(often, () => ({ groupId: 'g', topics: null })) })),
  'FindCoordinator, keys': of('findCoordinator', 4, () => ({ keyType: 0, coordinatorKeys: times(often, () => 'g') })),
  'FindCoordinator, keys of their own': of('findCoordinator', 4, () => ({ keyType: 0, coordinatorKeys: names(count) })),
  'JoinGroup, protocols': of('joinGroup', 5, () => ({
    groupId: 'j',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 1000,
    memberId: '',
    protocolType: 'consumer',
    protocols: names(count).map((name) => ({ name, metadata: nothing }))
  })),
  'SyncGroup, assignments': of('syncGroup', 3, () => ({
    groupId: 'g',
    generationId: 1,
    memberId: 'm',
    assignments: names(count).map((memberId) => ({ memberId, assignment: nothing }))
  })),
  'LeaveGroup, members': of('leaveGroup', 3, () => ({
    groupId: 'g',
    members: names(count).map((memberId) => ({ memberId }))
  })),
  DescribeGroups: of('describeGroups', 4, () => ({
    groups: times(often, () => 'g'),
    includeAuthorizedOperations: true
  })),
  'DescribeGroups, unknown': of('describeGroups', 4, () => ({
    groups: names(count),
    includeAuthorizedOperations: true
  })),
  'ListGroups, states': of('listGroups', 5, () => ({ statesFilter: names(count), typesFilter: [] })),
  'CreateTopics, one name often': of('createTopics', 4, () => ({
    timeoutMs: 1000,
    validateOnly: false,
    topics: times(count, () => ({
      name: 'n',
      numPartitions: 1,
      replicationFactor: 1,
      assignments: [],
      configs: []
    }))
  })),
  'CreateTopics, names that exist or are none': of('createTopics', 4, () => ({
    timeoutMs: 1000,
    validateOnly: false,
    topics: names(count, 'a/').map((name) => ({
      name,
      numPartitions: 1,
      replicationFactor: 1,
      assignments: [],
      configs: []
    }))
  })),
  'CreateTopics, only to be validated': of('createTopics', 4, () => ({
    timeoutMs: 1000,
    validateOnly: true,
    topics: names(100_000, 'a.').map((name) => ({
      name,
      numPartitions: 1,
      replicationFactor: 1,
      assignments: [],
      configs: []
    }))
  })),
  'CreateTopics, configs': of('createTopics', 4, () => ({
    timeoutMs: 1000,
    validateOnly: true,
    topics: [
      {
        name: 'c',
        numPartitions: 1,
        replicationFactor: 1,
        assignments: [],
        configs: times(count, () => ({ name: 'retention.ms', value: '1' }))
      }
    ]
  })),
  'CreateTopics, brokers of a partition': of('createTopics', 4, () => ({
    timeoutMs: 1000,
    validateOnly: true,
    topics: [
      {
        name: 'c',
        numPartitions: -1,
        replicationFactor: -1,
        configs: [],
        assignments: [{ partitionIndex: 0, brokerIds: times(count, (i) => i) }]
      }
    ]
  })),
  'DeleteTopics, unknown names': of('deleteTopics', 5, () => ({ topicNames: names(count), timeoutMs: 1000 })),
  'DeleteTopics, one name often': of('deleteTopics', 6, () => ({
    topics: times(often, () => ({ name: 'no-such', topicId: zeroUuid })),
    timeoutMs: 1000
  })),
  DescribeConfigs: of('describeConfigs', 1, () => ({
    includeSynonyms: true,
    resources: times(often, () => ({ resourceType: 2, resourceName: 't', configurationKeys: null }))
  })),
  'DescribeConfigs, keys': of('describeConfigs', 1, () => ({
    includeSynonyms: true,
    resources: [{ resourceType: 2, resourceName: 't', configurationKeys: names(count) }]
  })),
  DescribeLogDirs: of('describeLogDirs', 1, () => ({ topics: [{ topic: 't', partitions: times(count, (i) => i) }] })),
  'LeaderAndIsr, partitions of another broker': of('leaderAndIsr', 7, () => ({
    ...order,
    type: 0,
    topicStates: names(60_000, 'order-').map((topicName) => ({
      topicName,
      topicId: zeroUuid,
      partitionStates: [{ ...role, partitionIndex: 0, partitionEpoch: 0 }]
    })),
    liveLeaders: []
  })),
  'StopReplica, partitions that are not there': of('stopReplica', 4, () => ({
    ...order,
    topicStates: [
      {
        topicName: 'stop',
        partitionStates: times(count, (partitionIndex) => ({ partitionIndex, leaderEpoch: -2, deletePartition: true }))
      }
    ]
  })),
  'UpdateMetadata, topics that are deleted': of('updateMetadata', 8, () => ({
    ...order,
    topicStates: names(60_000, 'gone-').map((topicName) => ({
      topicName,
      topicId: zeroUuid,
      partitionStates: [{ ...role, partitionIndex: 0, zkVersion: 0, leader: -2 }]
    })),
    liveBrokers: [
      { id: 1, endpoints: [{ host: '127.0.0.1', port: brokerPort, listener: 'PLAINTEXT', securityProtocol: 0 }] }
    ]
  })),
  DeleteGroups: of('deleteGroups', 1, () => ({ groupsNames: names(count) })),
  'DeleteRecords, partitions': of('deleteRecords', 2, () => ({
    timeoutMs: 1000,
    topics: [{ name: 't', partitions: times(count, (partitionIndex) => ({ partitionIndex, offset: 0 })) }]
  })),
  'AlterConfigs, unknown topics': of('alterConfigs', 2, () => ({
    validateOnly: false,
    resources: names(count, 'no-such-').map((resourceName) => ({ resourceType: 2, resourceName, configs: [] }))
  })),
  'IncrementalAlterConfigs, one topic often': of('incrementalAlterConfigs', 1, () => ({
    validateOnly: false,
    resources: times(count, () => ({ resourceType: 2, resourceName: 't', configs: [] }))
  })),
  'IncrementalAlterConfigs, configs': of('incrementalAlterConfigs', 1, () => ({
    validateOnly: false,
    resources: [
      {
        resourceType: 2,
        resourceName: 't',
        configs: names(count - 1).map((name) => ({ name, configOperation: 1, value: null }))
      }
    ]
  })),
  'CreatePartitions, unknown topics': of('createPartitions', 3, () => ({
    timeoutMs: 1000,
    validateOnly: false,
    topics: names(count, 'no-such-').map((name) => ({ name, count: 2, assignments: null }))
  })),
  'CreatePartitions, assignments': of('createPartitions', 3, () => ({
    timeoutMs: 1000,
    validateOnly: true,
    topics: [{ name: 't', count: 9000, assignments: times(count / 2, () => ({ brokerIds: [1] })) }]
  })),
  'OffsetDelete, partitions': of('offsetDelete', 0, () => ({
    groupId: 'g',
    topics: [{ name: 't', partitions: times(count, (partitionIndex) => ({ partitionIndex })) }]
  }))
}

describe('the largest request', () => {
  let cluster: RawCluster
  let other: RawClient
  let pid: number

  beforeAll(async () => {
    cluster = await RawCluster.start({ brokers: 1 })
    await cluster.createTopic('t')
    await produceTo(await cluster.client(1), 't', batchOf(['a']))
    await cluster.coordinatorId('g')
    other = await cluster.connect()
    pid = cluster.lab.node('broker-1').pid ?? 0
    brokerPort = cluster.lab.port(1)
  })

  afterAll(async () => {
    expect(await cluster.discard()).toBe(0)
  })

  const residentBytes = (): number =>
    Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024

  /** Asks again and again on a connection of its own; the longest that an answer took. */
  async function longestWaitWhile(work: Promise<unknown>): Promise<number> {
    let isOver = false
    const over = work.finally(() => (isOver = true))
    let longest = 0
    while (!isOver) {
      const sentMs = performance.now()
      await other.ask('heartbeat', 0, { groupId: 'g', generationId: 1, memberId: 'm' })
      longest = Math.max(longest, performance.now() - sentMs)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await over
    return longest
  }

  it.each(Object.entries(cases))('%s: is answered, and nobody else waits', async (name, { api, version, request }) => {
    const frame = requestFrame(api, version, request(), 1)
    const client = await cluster.connect()
    client.write(frame)
    const sentMs = performance.now()

    let answerBytes = 0
    const longest = await longestWaitWhile(client.frame().then((answer) => (answerBytes = answer.length)))

    client.close()
    if (process.env['LAGOON_TEST_FIGURES'] !== undefined)
      console.log(name, {
        requestMB: +(frame.length / 1e6).toFixed(1),
        answerMB: +(answerBytes / 1e6).toFixed(2),
        ms: Math.round(performance.now() - sentMs),
        othersMs: Math.round(longest),
        residentMB: Math.round(residentBytes() / 1e6)
      })
    expect(longest).toBeLessThan(othersWaitMsMax)
    expect(answerBytes).toBeLessThan(answerMultipleMax * frame.length + onceBytes)
  })

  it('as large as a frame may be is refused by rule, and one byte more closes its connection only', async () => {
    // socket.request.max.bytes
    const frameBytesMax = 104_857_600
    const produce = (bytes: number) =>
      requestFrame(
        'produce',
        3,
        {
          transactionalId: null,
          acks: 1,
          timeoutMs: 1000,
          topicData: [{ name: 't', partitionData: [{ index: 0, records: new Uint8Array(bytes) }] }]
        },
        1
      )
    const around = produce(0).length - 4
    const client = await cluster.connect()
    const beyond = await cluster.connect()

    client.write(produce(frameBytesMax - around))
    const longest = await longestWaitWhile(client.frame())
    beyond.write(produce(frameBytesMax - around + 1).subarray(0, 65_536))

    await expect(beyond.frame()).rejects.toBeInstanceOf(ConnectionClosed)
    expect(longest).toBeLessThan(othersWaitMsMax)
    client.close()
  })

  it('with more elements than a message may have closes its connection only', async () => {
    const client = await cluster.connect()
    client.write(
      requestFrame(
        'metadata',
        4,
        { topics: names(messageElementsMax + 1).map((name) => ({ name })), allowAutoTopicCreation: false },
        1
      )
    )

    await expect(client.frame()).rejects.toBeInstanceOf(ConnectionClosed)

    expect((await other.ask('apiVersions', 0, {})).errorCode).toBe(0)
  })

  it('leaves nothing behind', async () => {
    await until(
      'memory is given back',
      () => residentBytes() < residentBytesMax,
      60_000,
      () => `${residentBytes() / MiB} MiB`
    )
  })
})
