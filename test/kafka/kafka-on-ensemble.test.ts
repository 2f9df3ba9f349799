/** Apache Kafka 3.9.1 in ZooKeeper mode with our ensemble as its zookeeper.connect, while its members are killed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EnsembleProcesses } from '../support/ensemble-processes'
import { askWord } from '../support/four-letter-word'
import { kafkaClassPath, runKafkaTool } from '../support/kafka-tools'
import { kcatMetadata } from '../support/kcat-metadata'
import { until } from '../support/lab-cluster'
import { RawClient } from '../support/raw-client'
import { RealBroker } from '../support/real-kafka'

describe('Apache Kafka on an ensemble of three of ours', () => {
  let ensemble: EnsembleProcesses
  const brokers: RealBroker[] = []

  beforeAll(async () => {
    await kafkaClassPath()
    ensemble = await EnsembleProcesses.start(3)
    const connect = ensemble.ports.map((port) => `127.0.0.1:${port}`).join(',')
    const settings = { 'zookeeper.session.timeout.ms': '6000', 'offsets.topic.replication.factor': '2' }
    for (const id of [1, 2]) brokers.push(await RealBroker.join(id, connect, settings))
  })
  afterAll(async () => {
    for (const broker of brokers) await broker.discard()
    expect(await ensemble.discard()).toEqual([0, 0, 0])
  })

  const bootstrap = (): string => brokers.map(({ port }) => `127.0.0.1:${port}`).join(',')
  const create = (name: string): Promise<unknown> =>
    runKafkaTool('org.apache.kafka.tools.TopicCommand', [
      ...['--bootstrap-server', bootstrap(), '--create', '--topic', name],
      ...['--partitions', '3', '--replication-factor', '2']
    ])
  const leader = (): Promise<number> =>
    until('a member leads', async () => {
      for (const [index, port] of ensemble.ports.entries())
        if ((await askWord(port, 'srvr').catch(() => '')).includes('Mode: leader')) return index + 1
      return undefined
    })
  const controller = async (): Promise<number> => {
    const [first] = brokers
    const client = await RawClient.connect(first?.port ?? 0)
    try {
      return (await client.ask('metadata', 12, { topics: [], allowAutoTopicCreation: false })).controllerId
    } finally {
      client.close()
    }
  }

  it('creates topics, keeps its sessions over the loss of the leading member, and elects another controller', async () => {
    await create('before')
    const killed = await leader()
    await ensemble.kill([killed])
    await create('with-one-dead')

    const before = await controller()
    const deposed = brokers.find(({ id }) => id === before)
    expect(deposed).toBeDefined()
    // Which of both is asked afterwards must live.
    brokers.sort((a) => (a.id === before ? 1 : -1))
    await deposed?.kill()
    await until('the other one is the controller', async () => (await controller()) !== before, 60_000)

    await ensemble.startMember(killed)
    await deposed?.start()
    const seen = await until(
      'both brokers are there with all they had',
      async () => {
        const metadata = await kcatMetadata(bootstrap())
        const isWhole = metadata?.topics.every(({ partitions }) => partitions.every(({ isrs }) => isrs.length === 2))
        return metadata?.brokers.length === 2 && isWhole === true ? metadata : undefined
      },
      60_000
    )
    expect(seen.topics.map(({ topic }) => topic)).toEqual(expect.arrayContaining(['before', 'with-one-dead']))
  })
})
