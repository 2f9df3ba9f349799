/** Registration, the controller and Kafka's znodes, as a foreign ZooKeeper client sees them, through deaths of all kinds. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureKazoo } from '../support/ensemble-kazoo'
import { runToEnd, until } from '../support/lab-cluster'
import { fetchFrom, produceTo, RawCluster } from '../support/raw-cluster'
import { batchOf } from '../support/record-samples'

interface Znode {
  readonly data: string | null
  readonly ephemeral: boolean
  readonly version: number
}

/** Of now: records of another year are deleted by the first look at retention, 30 s after a broker's start. */
const freshBatch = (...values: readonly string[]) => batchOf(values, { timestamp: BigInt(Date.now()) })

describe('the control plane', () => {
  let cluster: RawCluster

  beforeAll(async () => {
    ensureKazoo()
    cluster = await RawCluster.start({ brokers: 3 })
  })

  afterAll(async () => {
    expect(await cluster.discard()).toBe(0)
  })

  async function kazoo<T>(verb: string, ...args: readonly string[]): Promise<T> {
    const script = join(import.meta.dirname, 'broker-control-plane.py')
    const ended = await runToEnd('/usr/bin/python3', [script, cluster.lab.ready.ensemble, verb, ...args])
    if (ended.code !== 0) throw new Error(`kazoo ${verb} ended with ${ended.code}: ${ended.stderr}`)
    return JSON.parse(ended.stdout) as T
  }
  const layout = (topic = '-'): Promise<Record<string, Znode>> => kazoo('layout', topic)
  const json = (znode: Znode | undefined): unknown => JSON.parse(znode?.data ?? 'null')

  const serves = async (topic: string, partition = 0): Promise<boolean> => {
    try {
      const leader = await cluster.leader(topic, partition)
      return (await produceTo(leader, topic, freshBatch('served'), { partition })).errorCode === 0
    } catch {
      // Not yet: the next look tells.
      return false
    }
  }

  it('keeps Kafka 3.9’s znodes', async () => {
    const { topicId } = await cluster.createTopic('layout', { partitions: 2, configs: { 'retention.ms': '60000' } })
    await cluster.ask(1, 'initProducerId', 1, { transactionalId: null, transactionTimeoutMs: 0 })
    const controllerId = await cluster.controllerId()
    const leaders = (await cluster.topic('layout')).partitions.map(({ leaderId }) => leaderId)

    const znodes = await layout('layout')

    for (const path of [
      ...['/consumers', '/brokers/ids', '/brokers/topics', '/brokers/seqid', '/config/changes', '/config/topics'],
      ...['/config/clients', '/config/users', '/config/brokers', '/config/ips', '/admin/delete_topics'],
      ...['/isr_change_notification', '/latest_producer_id_block', '/log_dir_event_notification']
    ])
      expect(znodes[path], path).toMatchObject({ ephemeral: false })
    for (const id of [1, 2, 3]) {
      expect(znodes[`/brokers/ids/${id}`]?.ephemeral).toBe(true)
      expect(json(znodes[`/brokers/ids/${id}`])).toMatchObject({
        version: 5,
        host: '127.0.0.1',
        port: cluster.lab.port(id),
        jmx_port: -1,
        timestamp: expect.stringMatching(/^\d{13}$/),
        endpoints: [`PLAINTEXT://127.0.0.1:${cluster.lab.port(id)}`],
        listener_security_protocol_map: { PLAINTEXT: 'PLAINTEXT' },
        features: {}
      })
    }
    expect(znodes['/controller']?.ephemeral).toBe(true)
    expect(json(znodes['/controller'])).toMatchObject({
      version: 2,
      brokerid: controllerId,
      timestamp: expect.stringMatching(/^\d{13}$/),
      kraftControllerEpoch: -1
    })
    expect(znodes['/controller_epoch']?.data).toMatch(/^[1-9]\d*$/)
    expect(json(znodes['/cluster/id'])).toEqual({ version: '1', id: (await cluster.metadata([])).clusterId })
    expect(json(znodes['/brokers/topics/layout'])).toEqual({
      version: 3,
      topic_id: topicId,
      partitions: { 0: [leaders[0]], 1: [leaders[1]] },
      adding_replicas: {},
      removing_replicas: {}
    })
    expect(json(znodes['/brokers/topics/layout/partitions/0/state'])).toEqual({
      version: 1,
      controller_epoch: Number(znodes['/controller_epoch']?.data),
      leader: leaders[0],
      leader_epoch: 0,
      isr: [leaders[0]],
      // Ours, beside Kafka's own (ADR 36): as the member of the ISR registered.
      isr_log_epochs: [
        (json(znodes[`/brokers/ids/${String(leaders[0])}`]) as Record<string, unknown>)['log_incarnation']
      ]
    })
    expect(json(znodes['/config/topics/layout'])).toEqual({ version: 1, config: { 'retention.ms': '60000' } })
    expect(json(znodes['/latest_producer_id_block'])).toMatchObject({
      version: 1,
      block_start: expect.stringMatching(/^\d+000$|^0$/),
      block_end: expect.stringMatching(/999$/)
    })
  })

  it('takes over a topic that a tool wrote, gives it an id, and obeys a mark of deletion', async () => {
    // The second partition is on a broker that does not exist: it has no leader, and the first serves all the same.
    await kazoo('write_topic', 'written', '2', '9')
    await until('it has a leader', () => serves('written'))
    const topic = await cluster.topic('written')
    expect(topic.errorCode).toBe(0)
    expect(topic.topicId).toMatch(/^(?!A{22})[\w-]{22}$/)
    expect(topic.partitions[0]).toMatchObject({ partitionIndex: 0, leaderId: 2 })
    for (const id of [1, 2, 3]) expect((await cluster.metadata(null, id)).topics.length).toBeGreaterThan(0)

    await kazoo('write_topic', 'marked', '1')
    await until('it has a leader', () => serves('marked'))
    await kazoo('mark_deleted', 'marked')
    await until('it is gone', async () => (await cluster.topic('marked')).errorCode === 3)
    expect(Object.keys(await layout()).filter((path) => path.includes('marked'))).toEqual([])
  })

  it('knows of a killed broker by its session: the znode goes 4 to 7 s after the kill; a deleted topic’s name waits for it', async () => {
    const victim = cluster.otherThan(await cluster.controllerId())
    await kazoo('write_topic', 'waits', String(victim))
    await until('it has a leader', () => serves('waits'))
    const gone = kazoo<{ seconds: number }>('until_gone', `/brokers/ids/${victim}`)
    const startMs = performance.now()
    await cluster.lab.verb('node', 'kill', `broker-${victim}`)
    const killedMs = performance.now() - startMs
    await gone
    const seconds = (performance.now() - startMs - killedMs) / 1000
    expect(seconds).toBeGreaterThan(3.8)
    expect(seconds).toBeLessThan(7.2)

    const controller = await cluster.controllerId()
    const request = { topics: [{ name: 'waits' }], timeoutMs: 300 }
    const answer = await cluster.ask(controller, 'deleteTopics', 6, request)
    expect(answer.responses[0]?.errorCode).toBe(0)
    const living = cluster.otherThan(victim)
    expect((await cluster.metadata(['waits'], living)).topics[0]?.errorCode).toBe(3)
    const anew = { name: 'waits', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    const taken = await cluster.ask(controller, 'createTopics', 5, { topics: [anew], timeoutMs: 10_000 })
    expect(taken.topics[0]?.errorCode).toBe(36)
    expect(Object.keys(await layout())).toContain('/admin/delete_topics/waits')
    await cluster.lab.verb('node', 'start', `broker-${victim}`)
    await until('the deletion is completed', async () => {
      const paths = Object.keys(await layout())
      return !paths.some((path) => path.includes('waits'))
    })
    expect((await cluster.createTopic('waits')).errorCode).toBe(0)
  })

  it('elects another controller, with a higher epoch, when the controller is killed', async () => {
    const before = await cluster.controllerId()
    const epoch = Number((await layout())['/controller_epoch']?.data)
    await cluster.lab.verb('node', 'kill', `broker-${before}`)
    const witness = cluster.otherThan(before)
    const after = await until('there is another controller', async () => {
      const { controllerId } = await cluster.metadata([], witness)
      return controllerId > 0 && controllerId !== before && controllerId
    })
    expect(Number((await layout())['/controller_epoch']?.data)).toBeGreaterThan(epoch)
    const topic = { name: 'later', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }
    const created = await cluster.ask(after, 'createTopics', 5, { topics: [topic], timeoutMs: 10_000 })
    expect(created.topics[0]?.errorCode).toBe(0)
    await cluster.lab.verb('node', 'start', `broker-${before}`)
    await until('all are there', async () => (await cluster.metadata([], after)).brokers.length === 3)
  })

  it('lets a broker come back at once that is started right after a kill', async () => {
    const victim = cluster.otherThan(await cluster.controllerId())
    const witness = cluster.otherThan(victim)
    await kazoo('write_topic', 'at.once', String(victim))
    await until('it has a leader', () => serves('at.once'))
    const expirations = async (): Promise<number> => {
      const { events } = await cluster.lab.call('cluster.events', {})
      return events.filter(({ code }) => code === 'sessionExpired' || code === 'sessionsExpired').length
    }
    const before = await expirations()
    await cluster.lab.verb('node', 'kill', `broker-${victim}`)
    await cluster.lab.verb('node', 'start', `broker-${victim}`)
    await until('it serves again', () => serves('at.once'))
    // However slow the machine: it did not wait until the session of the process before had run out.
    expect(await expirations()).toBe(before)
    expect((await cluster.metadata([], witness)).brokers).toHaveLength(3)
  })

  it('goes on serving while the member is down, and is whole again when it is back after the sessions ended', async () => {
    await cluster.createTopic('served', { partitions: 3 })
    for (let partition = 0; partition < 3; partition++) expect(await serves('served', partition)).toBe(true)
    const epochs = (await cluster.topic('served')).partitions.map(({ leaderEpoch }) => leaderEpoch)
    await cluster.lab.verb('node', 'kill', 'ensemble-1')
    const downMs = performance.now()
    // Longer than the session time-out of 6 s.
    while (performance.now() - downMs < 8_000) {
      for (let partition = 0; partition < 3; partition++) expect(await serves('served', partition)).toBe(true)
      const fetched = await fetchFrom(await cluster.leader('served'), 'served', 0)
      expect(fetched.errorCode).toBe(0)
    }
    await cluster.lab.verb('node', 'start', 'ensemble-1')
    await until('all brokers and a controller are there', async () => {
      const znodes = await layout()
      return ['/brokers/ids/1', '/brokers/ids/2', '/brokers/ids/3', '/controller'].every((path) => path in znodes)
    })
    await until('topics can be created', async () => {
      try {
        return (await cluster.createTopic('after.the.member')).errorCode === 0
      } catch {
        // The controller may be a moment away.
        return (await cluster.topic('after.the.member')).errorCode === 0
      }
    })
    for (let partition = 0; partition < 3; partition++) await until('it serves', () => serves('served', partition))
    const after = (await cluster.topic('served')).partitions.map(({ leaderEpoch }) => leaderEpoch)
    for (const [i, epoch] of after.entries()) expect(epoch).toBeGreaterThanOrEqual(epochs[i] ?? 0)
  })

  it('keeps topics, offsets, groups and ports over a restart of everything', async () => {
    await cluster.createTopic('kept', { configs: { 'retention.bytes': '12345678' } })
    await produceTo(await cluster.leader('kept'), 'kept', freshBatch('one', 'two'))
    const committing = async () => {
      const coordinator = await cluster.coordinator('kept.group')
      const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: 'mine' }]
      const topics = [{ name: 'kept', partitions }]
      return (await coordinator.ask('offsetCommit', 2, { groupId: 'kept.group', topics })).topics[0]?.partitions[0]
    }
    await until('it is committed', async () => (await committing())?.errorCode === 0)
    const before = await cluster.topic('kept')
    const { dir, bootstrap } = cluster.lab
    expect((await cluster.lab.stop()).code).toBe(0)

    const again = await RawCluster.start({ dir })
    try {
      expect(again.lab.bootstrap).toBe(bootstrap)
      const after = await again.topic('kept')
      expect(after).toMatchObject({ errorCode: 0, topicId: before.topicId })
      expect((await fetchFrom(await again.leader('kept'), 'kept', 0)).highWatermark).toBe(2)
      const topics = [{ name: 'kept', partitionIndexes: [0] }]
      const coordinator = await again.coordinator('kept.group')
      const asked = { groupId: 'kept.group', topics }
      // What it has read it tells when its followers have it, too: clients wait out COORDINATOR_LOAD_IN_PROGRESS.
      await expect
        .poll(async () => (await coordinator.ask('offsetFetch', 2, asked)).errorCode, { timeout: 15_000 })
        .toBe(0)
      const fetched = await coordinator.ask('offsetFetch', 2, asked)
      expect(fetched.topics[0]?.partitions[0]).toMatchObject({ committedOffset: 1, metadata: 'mine' })
      const resources = [{ resourceType: 2, resourceName: 'kept', configurationKeys: ['retention.bytes'] }]
      const [configs] = (await again.ask(1, 'describeConfigs', 1, { resources, includeSynonyms: false })).results
      expect(configs?.configs[0]?.value).toBe('12345678')
    } finally {
      await again.lab.stop()
    }
  })
})
