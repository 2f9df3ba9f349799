/**
 * A broker of Apache Kafka 3.9.1 (ZooKeeper mode) in a cluster of ours: it registers in our ensemble, follows our leaders, leads for
 * our followers, obeys our controller and is the controller of our brokers.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kafkaClassPath } from '../support/kafka-tools'
import { LabCluster, until } from '../support/lab-cluster'
import { NumberedLoad, storedNumbers } from '../support/numbered-load'
import { RealBroker } from '../support/real-kafka'
import { RawClient, type AnswerOf } from '../support/raw-client'

type TopicMetadata = AnswerOf<'metadata'>['topics'][number]

const theirs = 3
const ids = [1, 2, theirs]
/** Ours leads the first and the last, theirs the second. */
const assignments = [
  [1, theirs, 2],
  [theirs, 2, 1],
  [2, 1, theirs]
]

describe('a broker of Kafka 3.9.1 in a cluster of ours', () => {
  let lab: LabCluster
  let real: RealBroker

  beforeAll(async () => {
    await kafkaClassPath()
    lab = await LabCluster.start({ brokers: 2, args: ['--broker-config', 'auto.leader.rebalance.enable=false'] })
    const settings = { 'zookeeper.session.timeout.ms': '6000', 'auto.leader.rebalance.enable': 'false' }
    real = await RealBroker.join(theirs, lab.ready.ensemble, settings)
  })

  afterAll(async () => {
    await real?.discard()
    expect((await lab.discard()).code).toBe(0)
  })

  const portOf = (id: number): number => (id === theirs ? real.port : lab.port(id))
  const dataDirOf = (id: number): string => (id === theirs ? real.dataDir : lab.node(`broker-${id}`).dataDir)
  const bootstrap = (): string => ids.map((id) => `127.0.0.1:${portOf(id)}`).join(',')

  async function asking<T>(id: number, work: (client: RawClient) => Promise<T>): Promise<T> {
    const client = await RawClient.connect(portOf(id))
    try {
      return await work(client)
    } finally {
      client.close()
    }
  }

  const metadata = (id: number, topics: readonly string[]) =>
    asking(id, (client) =>
      client.ask('metadata', 12, { topics: topics.map((name) => ({ name })), allowAutoTopicCreation: false })
    )

  const topicAt = async (id: number, name: string): Promise<TopicMetadata | undefined> =>
    (await metadata(id, [name])).topics[0]

  async function createTopic(name: string): Promise<void> {
    const { controllerId } = await metadata(1, [])
    const topic = {
      name,
      numPartitions: -1,
      replicationFactor: -1,
      assignments: assignments.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
      configs: [{ name: 'min.insync.replicas', value: '2' }]
    }
    const answer = await asking(controllerId, (client) =>
      client.ask('createTopics', 7, { topics: [topic], timeoutMs: 20_000 })
    )
    expect(answer.topics).toMatchObject([{ name, errorCode: 0 }])
  }

  /** Of each partition, once all brokers that are asked say the same. */
  const untilAll = (what: string, at: readonly number[], name: string, holds: (topic: TopicMetadata) => boolean) =>
    until(
      what,
      async () => {
        const seen = await Promise.all(at.map((id) => topicAt(id, name)))
        return seen.every((topic) => topic !== undefined && topic.errorCode === 0 && holds(topic))
      },
      60_000
    )
  const isWhole = ({ partitions }: TopicMetadata): boolean =>
    partitions.length === assignments.length && partitions.every(({ isrNodes }) => isrNodes.length === ids.length)

  const segment = (id: number, name: string, partition: number): Uint8Array =>
    readFileSync(join(dataDirOf(id), `${name}-${partition}`, '00000000000000000000.log'))

  it('is known to all, as all are to it', async () => {
    for (const id of ids)
      await until(`broker ${id} knows all`, async () => {
        const { brokers } = await metadata(id, [])
        return (
          brokers
            .map(({ nodeId }) => nodeId)
            .sort()
            .join() === ids.join()
        )
      })
    expect([1, 2]).toContain((await metadata(theirs, [])).controllerId)
  })

  it('follows our leaders and leads our followers: what is acked is on all, byte for byte', async () => {
    await createTopic('mixed')
    await untilAll('all are in sync', ids, 'mixed', isWhole)
    const load = new NumberedLoad(bootstrap(), 'mixed', 'idempotent', assignments.length)
    await until('each partition has acked a thousand', () => load.counts().every((count) => count > 1000))
    await load.stop()
    expect(load.end).toMatchObject({ left: 0, failed: [] })
    await untilAll('all are in sync', ids, 'mixed', isWhole)
    for (const [partition] of assignments.entries()) {
      await until(
        'all logs are as long',
        () => new Set(ids.map((id) => segment(id, 'mixed', partition).length)).size === 1
      )
      for (const id of ids) expect(segment(id, 'mixed', partition)).toEqual(segment(1, 'mixed', partition))
      const stored = await storedNumbers(bootstrap(), 'mixed', partition)
      expect(stored).toEqual(load.acked[partition]?.map(({ number, offset }) => ({ offset, number })))
    }
  })
})
