/** Metadata, topic ids, admin requests and configs as clients see them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { code } from '../../src-main/protocol/wire/headers'
import { zeroUuid } from '../../src-main/kernel/uuid'
import { until } from '../support/lab-cluster'
import { fetchFrom, RawCluster } from '../support/raw-cluster'
import type { RequestOf } from '../support/raw-client'

type Asked = RequestOf<'createTopics'>['topics'][number]

describe('metadata and topics', () => {
  let cluster: RawCluster

  beforeAll(async () => {
    cluster = await RawCluster.start({ brokers: 3 })
    await cluster.createTopic('first', { partitions: 3 })
    await cluster.createTopic('second')
  })

  afterAll(async () => {
    expect(await cluster.discard()).toBe(0)
  })

  const names = (answer: { topics: readonly { name: string | null }[] }): (string | null)[] =>
    answer.topics.map(({ name }) => name).sort()
  const create = async (asked: Partial<Asked> & { name: string }, more: Partial<RequestOf<'createTopics'>> = {}) => {
    const topic = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [], ...asked }
    const request = { topics: [topic], timeoutMs: 10_000, ...more }
    const [answer] = (await cluster.ask(await cluster.controllerId(), 'createTopics', 7, request)).topics
    if (answer === undefined) throw new Error('no answer')
    return answer
  }

  it('takes an empty list for all topics in version 0, null for all and empty for none later', async () => {
    const all = ['first', 'second']
    expect(names(await cluster.ask(1, 'metadata', 0, { topics: [] }))).toEqual(expect.arrayContaining(all))
    expect(names(await cluster.ask(1, 'metadata', 1, { topics: null }))).toEqual(expect.arrayContaining(all))
    expect(names(await cluster.ask(1, 'metadata', 12, { topics: null }))).toEqual(expect.arrayContaining(all))
    for (const version of [1, 4, 9, 12])
      expect(names(await cluster.ask(1, 'metadata', version, { topics: [] }))).toEqual([])
  })

  it('is the same on every broker: brokers, a live controller, leaders', async () => {
    const answers = await Promise.all([1, 2, 3].map((id) => cluster.metadata(['first', 'second'], id)))
    for (const answer of answers) {
      expect(answer.brokers.map(({ nodeId }) => nodeId).sort()).toEqual([1, 2, 3])
      expect([1, 2, 3]).toContain(answer.controllerId)
      expect(answer.topics).toEqual(answers[0]?.topics)
      expect(answer.clusterId).toMatch(/^[\w-]{22}$/)
    }
    const leaders = answers[0]?.topics[0]?.partitions.map(({ leaderId }) => leaderId)
    expect(new Set(leaders).size).toBe(3)
  })

  it('answers an unknown topic with 3 and an invalid name with 17, and creates neither', async () => {
    const { topics } = await cluster.metadata(['nowhere', 'no/where', '', '..', 'x'.repeat(250)])
    expect(topics.map(({ errorCode }) => errorCode)).toEqual([3, 17, 17, 17, 17])
    expect(names(await cluster.metadata(null))).not.toContain('nowhere')
  })

  it('creates a topic that is asked for: first 5, then the topic; from version 4 only when allowed', async () => {
    const asked = { topics: [{ name: 'by.asking' }] }
    const first = await cluster.ask(2, 'metadata', 3, asked)
    expect(first.topics[0]?.errorCode).toBe(code('LEADER_NOT_AVAILABLE'))
    const made = await until('the topic is there', async () => {
      const [topic] = (await cluster.ask(2, 'metadata', 4, { ...asked, allowAutoTopicCreation: false })).topics
      return topic?.errorCode === 0 && topic
    })
    expect(made.partitions).toHaveLength(1)
    expect(made.partitions[0]?.leaderId).toBeGreaterThan(0)

    const refused = await cluster.ask(2, 'metadata', 4, {
      topics: [{ name: 'by.asking.not' }],
      allowAutoTopicCreation: false
    })
    expect(refused.topics[0]?.errorCode).toBe(code('UNKNOWN_TOPIC_OR_PARTITION'))
    const collides = await cluster.ask(2, 'metadata', 12, { topics: [{ name: 'by_asking' }] })
    expect(collides.topics[0]?.errorCode).toBe(code('INVALID_TOPIC_EXCEPTION'))
  })

  it('looks topics up by id in version 12, with 100 and no name for an unknown one; in 10 and 11 ids are invalid', async () => {
    const { topicId } = await cluster.topic('first')
    const byId = (id: string, version: number) =>
      cluster.ask(1, 'metadata', version, { topics: [{ topicId: id, name: version < 12 ? 'first' : null }] })
    const [known] = (await byId(topicId, 12)).topics
    expect(known).toMatchObject({ errorCode: 0, name: 'first', topicId })
    const unknownId = `${topicId.slice(0, 21)}${topicId.endsWith('A') ? 'Q' : 'A'}`
    const [unknown] = (await byId(unknownId, 12)).topics
    expect(unknown).toMatchObject({ errorCode: code('UNKNOWN_TOPIC_ID'), name: null, topicId: unknownId })
    for (const version of [10, 11]) {
      const [invalid] = (await byId(topicId, version)).topics
      expect(invalid?.errorCode).toBe(code('INVALID_REQUEST'))
    }
  })

  it('gives a topic a new id each time it is made, and the same one on every broker', async () => {
    const before = await cluster.createTopic('reborn')
    expect(before.topicId).not.toBe(zeroUuid)
    for (const id of [1, 2, 3]) expect((await cluster.topic('reborn', id)).topicId).toBe(before.topicId)
    await cluster.deleteTopic('reborn')
    const after = await cluster.createTopic('reborn')
    expect(after.topicId).not.toBe(before.topicId)
    const leader = await cluster.leader('reborn')
    const stale = await fetchFrom(leader, 'reborn', 0, { version: 13, topicId: before.topicId })
    expect(stale.errorCode).toBe(code('UNKNOWN_TOPIC_ID'))
    expect((await fetchFrom(leader, 'reborn', 0, { version: 13, topicId: after.topicId })).errorCode).toBe(0)
  })

  it('tells what may be done as bit fields, the smallest number when nobody asked', async () => {
    const asked = { topics: [{ name: 'first' }] }
    const plain = await cluster.ask(1, 'metadata', 8, asked)
    expect(plain.clusterAuthorizedOperations).toBe(-2147483648)
    expect(plain.topics[0]?.topicAuthorizedOperations).toBe(-2147483648)

    const told = await cluster.ask(1, 'metadata', 8, {
      ...asked,
      includeClusterAuthorizedOperations: true,
      includeTopicAuthorizedOperations: true
    })
    const bits = (field: number | undefined): number[] => [...Array(31).keys()].filter((n) => ((field ?? 0) >> n) & 1)
    expect(bits(told.topics[0]?.topicAuthorizedOperations)).toEqual([3, 4, 5, 6, 7, 8, 10, 11])
    expect(bits(told.clusterAuthorizedOperations)).toEqual([5, 7, 8, 9, 10, 11, 12])
    const cluster60 = await cluster.ask(1, 'describeCluster', 1, { includeClusterAuthorizedOperations: true })
    expect(bits(cluster60.clusterAuthorizedOperations)).toEqual([5, 7, 8, 9, 10, 11, 12])
    expect(cluster60.brokers.map(({ brokerId }) => brokerId).sort()).toEqual([1, 2, 3])
    const controllers = await cluster.ask(1, 'describeCluster', 1, {
      includeClusterAuthorizedOperations: false,
      endpointType: 2
    })
    expect(controllers.errorCode).toBe(code('MISMATCHED_ENDPOINT_TYPE'))
  })

  it('refuses topics with Kafka’s own error and a sentence', async () => {
    const refusals: [Parameters<typeof create>[0], string, RegExp][] = [
      [{ name: 'first' }, 'TOPIC_ALREADY_EXISTS', /first.* already exists/],
      [{ name: 'bad name' }, 'INVALID_TOPIC_EXCEPTION', /./],
      [{ name: 'a', numPartitions: 0 }, 'INVALID_PARTITIONS', /partitions/i],
      [{ name: 'a', numPartitions: -5 }, 'INVALID_PARTITIONS', /partitions/i],
      [{ name: 'a', replicationFactor: 4 }, 'INVALID_REPLICATION_FACTOR', /factor: 4 larger than available brokers: 3/],
      [{ name: 'a', replicationFactor: 0 }, 'INVALID_REPLICATION_FACTOR', /larger than 0/],
      [{ name: 'a', configs: [{ name: 'no.such', value: '1' }] }, 'INVALID_CONFIG', /no\.such/],
      [{ name: 'a', configs: [{ name: 'retention.ms', value: 'soon' }] }, 'INVALID_CONFIG', /retention\.ms/],
      [{ name: 'a', configs: [{ name: 'cleanup.policy', value: 'compact' }] }, 'INVALID_CONFIG', /cleanup\.policy/],
      [{ name: 'a', configs: [{ name: 'min.insync.replicas', value: '0' }] }, 'INVALID_CONFIG', /min\.insync/],
      [
        { name: 'a', numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds: [9] }] },
        'INVALID_REPLICA_ASSIGNMENT',
        /Partition 0/
      ],
      [
        { name: 'a', numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 1, brokerIds: [1] }] },
        'INVALID_REPLICA_ASSIGNMENT',
        /from 0/
      ],
      [{ name: '__consumer_offsets' }, 'INVALID_TOPIC_EXCEPTION', /internal/]
    ]
    for (const [asked, error, message] of refusals) {
      const answer = await create(asked)
      expect(answer, JSON.stringify(asked)).toMatchObject({ errorCode: code(error as never) })
      expect(answer.errorMessage).toMatch(message)
    }
    expect((await cluster.topic('a')).errorCode).toBe(3)
  })

  it('refuses a name that collides in . and _ with an existing one, naming that', async () => {
    await cluster.createTopic('col.lides')
    const answer = await create({ name: 'col_lides' })
    expect(answer.errorCode).toBe(code('INVALID_TOPIC_EXCEPTION'))
    expect(answer.errorMessage).toContain('col.lides')
  })

  it('only checks with validateOnly', async () => {
    const answer = await create({ name: 'valid', numPartitions: 4 }, { validateOnly: true })
    expect(answer).toMatchObject({ errorCode: 0, numPartitions: 4, replicationFactor: 1 })
    expect((await create({ name: 'first' }, { validateOnly: true })).errorCode).toBe(code('TOPIC_ALREADY_EXISTS'))
    expect((await cluster.topic('valid')).errorCode).toBe(3)
  })

  it('answers a creation when every broker knows the leaders, with what it made', async () => {
    const answer = await create({
      name: 'made',
      numPartitions: 5,
      replicationFactor: -1,
      configs: [{ name: 'retention.ms', value: '60000' }]
    })
    expect(answer).toMatchObject({ errorCode: 0, numPartitions: 5, replicationFactor: 3 })
    expect(answer.configs?.find(({ name }) => name === 'retention.ms')).toMatchObject({
      value: '60000',
      configSource: 1
    })
    for (const id of [1, 2, 3]) {
      const topic = await cluster.topic('made', id)
      expect(topic.topicId).toBe(answer.topicId)
      expect(topic.partitions.filter(({ leaderId, errorCode }) => leaderId > 0 && errorCode === 0)).toHaveLength(5)
      for (const { replicaNodes, isrNodes, leaderId } of topic.partitions) {
        expect([...replicaNodes].sort()).toEqual([1, 2, 3])
        expect([replicaNodes[0], isrNodes]).toEqual([leaderId, replicaNodes])
      }
    }
  })

  it('places a topic as a given assignment says', async () => {
    const assignments = [
      { partitionIndex: 0, brokerIds: [3] },
      { partitionIndex: 1, brokerIds: [3] }
    ]
    const answer = await create({ name: 'assigned', numPartitions: -1, replicationFactor: -1, assignments })
    expect(answer.errorCode).toBe(0)
    expect((await cluster.topic('assigned')).partitions.map(({ leaderId }) => leaderId)).toEqual([3, 3])
  })

  it('deletes by name and by id, and says what is not there', async () => {
    const { topicId } = await cluster.createTopic('going')
    const remove = async (topic: { name?: string | null; topicId?: string }) =>
      (
        await cluster.ask(await cluster.controllerId(), 'deleteTopics', 6, {
          topics: [{ name: null, ...topic }],
          timeoutMs: 10_000
        })
      ).responses[0]
    expect(await remove({ topicId })).toMatchObject({ errorCode: 0, name: 'going', topicId })
    expect((await remove({ topicId }))?.errorCode).toBe(code('UNKNOWN_TOPIC_ID'))
    expect((await remove({}))?.errorCode).toBe(code('INVALID_REQUEST'))
    expect((await remove({ topicId, name: 'going' }))?.errorCode).toBe(code('INVALID_REQUEST'))
    expect((await remove({ name: 'going' }))?.errorCode).toBe(code('UNKNOWN_TOPIC_OR_PARTITION'))
    for (const id of [1, 2, 3])
      await until('no broker knows it', async () => (await cluster.topic('going', id)).errorCode === 3)
  })

  it('says NOT_CONTROLLER for what only the controller does', async () => {
    const other = cluster.otherThan(await cluster.controllerId())
    const topic = { name: 'elsewhere', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    const created = await cluster.ask(other, 'createTopics', 5, { topics: [topic], timeoutMs: 1_000 })
    expect(created.topics[0]?.errorCode).toBe(code('NOT_CONTROLLER'))
    const deleted = await cluster.ask(other, 'deleteTopics', 4, { topicNames: ['first'], timeoutMs: 1_000 })
    expect(deleted.responses[0]?.errorCode).toBe(code('NOT_CONTROLLER'))
    const allocated = await cluster.ask(other, 'allocateProducerIds', 0, { brokerId: other, brokerEpoch: 1n })
    expect(allocated.errorCode).toBe(code('NOT_CONTROLLER'))
  })

  it('describes configs with source, type and synonyms', async () => {
    await cluster.createTopic('configured', { configs: { 'segment.bytes': '1048576' } })
    const ask = (resourceType: number, resourceName: string, configurationKeys: string[] | null, version = 4) =>
      cluster.ask(1, 'describeConfigs', version, {
        resources: [{ resourceType, resourceName, configurationKeys }],
        includeSynonyms: version > 0
      })
    const [topic] = (await ask(2, 'configured', ['segment.bytes', 'retention.ms'])).results
    expect(topic?.errorCode).toBe(0)
    const configs = Object.fromEntries((topic?.configs ?? []).map((config) => [config.name, config]))
    expect(configs['segment.bytes']).toMatchObject({ value: '1048576', configSource: 1, configType: 3 })
    expect(configs['segment.bytes']?.synonyms).toEqual([
      { name: 'segment.bytes', value: '1048576', source: 1 },
      { name: 'log.segment.bytes', value: '1073741824', source: 5 }
    ])
    expect(configs['retention.ms']).toMatchObject({ value: '604800000', configSource: 5, configType: 5 })
    expect(Object.keys(configs)).toHaveLength(2)
    const [old] = (await ask(2, 'configured', ['segment.bytes'], 0)).results
    expect(old?.configs[0]).toMatchObject({ value: '1048576', isDefault: false })

    const [broker] = (await ask(4, '1', null)).results
    expect(broker?.configs.find(({ name }) => name === 'broker.id')).toMatchObject({ value: '1', readOnly: true })
    const { host, port } = (await cluster.metadata([])).brokers.find(({ nodeId }) => nodeId === 1) ?? {}
    for (const listeners of ['listeners', 'advertised.listeners']) {
      const shown = broker?.configs.find(({ name }) => name === listeners)
      expect(shown).toMatchObject({ value: `PLAINTEXT://${host}:${port}`, configSource: 4, readOnly: true })
    }
    expect((await ask(4, '2', null)).results[0]?.errorCode).toBe(code('INVALID_REQUEST'))
    expect((await ask(2, 'nowhere', null)).results[0]?.errorCode).toBe(code('UNKNOWN_TOPIC_OR_PARTITION'))
    expect((await ask(2, 'no where', null)).results[0]?.errorCode).toBe(code('INVALID_TOPIC_EXCEPTION'))
  })

  it('documents each config that it shows, for who asks', async () => {
    const ask = (resourceType: number, resourceName: string, includeDocumentation: boolean) =>
      cluster.ask(1, 'describeConfigs', 4, {
        resources: [{ resourceType, resourceName, configurationKeys: null }],
        includeDocumentation
      })
    await cluster.createTopic('documented', { configs: { 'delete.retention.ms': '60000' } })
    for (const [type, name] of [
      [2, 'documented'],
      [4, '1']
    ] as const) {
      const shown = (await ask(type, name, true)).results[0]?.configs ?? []
      const texts = shown.map(({ name: config, documentation }) => ({ config, documentation }))
      expect(texts.length).toBeGreaterThan(10)
      expect(texts.filter(({ documentation }) => !documentation?.endsWith('.'))).toEqual([])
      const inert = texts.filter(({ documentation }) => documentation?.includes('changes nothing here'))
      expect(inert.map(({ config }) => config)).toEqual(type === 2 ? ['delete.retention.ms'] : [])
      const silent = (await ask(type, name, false)).results[0]?.configs ?? []
      expect(new Set(silent.map(({ documentation }) => documentation))).toEqual(new Set([null]))
    }
  })

  it('refuses transactions with 53', async () => {
    const found = await cluster.ask(1, 'findCoordinator', 2, { key: 'tx', keyType: 1 })
    expect(found.errorCode).toBe(code('TRANSACTIONAL_ID_AUTHORIZATION_FAILED'))
    const many = await cluster.ask(1, 'findCoordinator', 4, { keyType: 1, coordinatorKeys: ['tx', 'ty'] })
    expect(many.coordinators.map(({ errorCode }) => errorCode)).toEqual([53, 53])
    const init = await cluster.ask(1, 'initProducerId', 4, { transactionalId: 'tx', transactionTimeoutMs: 1000 })
    expect(init).toMatchObject({ errorCode: 53, producerId: -1n })
  })

  it('gives every idempotent producer an id of its own, whatever broker it asks', async () => {
    const ids = new Set<bigint>()
    for (const id of [1, 2, 3, 1, 2, 3]) {
      const answer = await cluster.ask(id, 'initProducerId', 1, { transactionalId: null, transactionTimeoutMs: 0 })
      expect(answer).toMatchObject({ errorCode: 0, producerEpoch: 0 })
      ids.add(answer.producerId)
    }
    expect(ids.size).toBe(6)
  })

  it('tells sizes of log dirs', async () => {
    const [dir] = (await cluster.ask(1, 'describeLogDirs', 4, { topics: null })).results
    expect(dir?.errorCode).toBe(0)
    expect(dir?.totalBytes).toBeGreaterThan(0)
    expect(dir?.usableBytes).toBeGreaterThan(0)
    expect(dir?.logDir).toBe(cluster.lab.node('broker-1').dataDir)
  })

  it('keeps a leaderless partition with its replicas: leader -1, error 5, offline; its epoch rises with the leader', async () => {
    await cluster.createTopic('orphan', { partitions: 3 })
    const victim = cluster.otherThan(await cluster.controllerId())
    const witness = cluster.otherThan(victim)
    const of = async () =>
      (await cluster.topic('orphan', witness)).partitions.find(({ replicaNodes }) => replicaNodes.includes(victim))
    const before = await of()
    await cluster.lab.call('node.kill', { node: `broker-${victim}` })

    const down = await until('its death is known', async () => {
      const seen = await of()
      return seen?.leaderId === -1 && seen
    })
    expect(down).toMatchObject({
      errorCode: code('LEADER_NOT_AVAILABLE'),
      replicaNodes: [victim],
      offlineReplicas: [victim]
    })
    const { brokers, controllerId } = await cluster.metadata([], witness)
    expect(brokers.map(({ nodeId }) => nodeId)).not.toContain(victim)
    expect(controllerId).not.toBe(victim)

    await cluster.lab.call('node.start', { node: `broker-${victim}` })
    const back = await until('it leads again', async () => {
      const seen = await of()
      return seen?.leaderId === victim && seen
    })
    expect(back.leaderEpoch).toBeGreaterThan(before?.leaderEpoch ?? 0)
    const leader = await cluster.client(victim)
    const partition = back.partitionIndex
    const epochs = (currentLeaderEpoch: number) => fetchFrom(leader, 'orphan', 0, { partition, currentLeaderEpoch })
    expect((await epochs(back.leaderEpoch)).errorCode).toBe(0)
    expect((await epochs(-1)).errorCode).toBe(0)
    expect((await epochs(back.leaderEpoch - 1)).errorCode).toBe(code('FENCED_LEADER_EPOCH'))
    expect((await epochs(back.leaderEpoch + 1)).errorCode).toBe(code('UNKNOWN_LEADER_EPOCH'))
    for (const [epoch, error] of [
      [back.leaderEpoch - 1, 74],
      [back.leaderEpoch + 1, 75],
      [back.leaderEpoch, 0]
    ] as const) {
      const partitions = [{ partitionIndex: partition, currentLeaderEpoch: epoch, timestamp: -1n }]
      const asked = { replicaId: -1, topics: [{ name: 'orphan', partitions }] }
      expect((await leader.ask('listOffsets', 4, asked)).topics[0]?.partitions[0]?.errorCode).toBe(error)
    }
  })
})
