/** Topics with several replicas in a world of simulated brokers, and what is asked of them. */
import { expect } from 'vitest'
import { produceRequest, produceResponse } from '../../src-main/protocol/api/00-produce'
import { metadataRequest, metadataResponse } from '../../src-main/protocol/api/03-metadata'
import { errorName, type KafkaError } from '../../src-main/protocol/wire/error-codes'
import { configData, configPath, paths, topicData } from '../../src-main/broker/core/znodes'
import { randomUuid } from '../../src-main/kernel/uuid'
import { BrokerWorld } from './broker-world'
import { SimRandom } from './ensemble-world'
import { batchOf } from './record-samples'

const produceCall = { apiKey: 0, version: 9, request: produceRequest, response: produceResponse } as const
const metadataCall = { apiKey: 3, version: 12, request: metadataRequest, response: metadataResponse } as const

export interface PartitionSeen {
  readonly leader: number
  readonly leaderEpoch: number
  readonly isr: readonly number[]
}

export class ReplicaWorld {
  readonly world: BrokerWorld

  private constructor(world: BrokerWorld) {
    this.world = world
  }

  static async start(brokerIds: readonly number[] = [1, 2, 3]): Promise<ReplicaWorld> {
    return new ReplicaWorld(await BrokerWorld.start(brokerIds))
  }

  /** Resolves when every partition is led, which the world's first broker knows. */
  async create(
    name: string,
    assignment: readonly (readonly number[])[],
    configs: Readonly<Record<string, string>> = {}
  ): Promise<void> {
    const client = await this.world.ensemble()
    const { clock } = this.world
    await clock.until(client.create(configPath({ type: 'topic', topic: name }), configData(configs)))
    await clock.until(client.create(paths.topic(name), topicData(randomUuid(new SimRandom(name.length)), assignment)))
    await clock.until(client.close())
    for (const index of assignment.keys()) await this.until(name, index, ({ leader }) => leader >= 0)
  }

  /** As one broker says. */
  async seen(topic: string, partition = 0, brokerId = this.anyBroker()): Promise<PartitionSeen> {
    const { topics } = await this.world.ask(brokerId, metadataCall, { topics: [{ name: topic }] })
    const found = topics[0]?.partitions.find(({ partitionIndex }) => partitionIndex === partition)
    if (found === undefined) return { leader: -1, leaderEpoch: -1, isr: [] }
    return { leader: found.leaderId, leaderEpoch: found.leaderEpoch, isr: [...found.isrNodes].sort() }
  }

  anyBroker(): number {
    const [first] = this.world.brokers.keys()
    return first ?? expect.fail('no broker runs')
  }

  async until(topic: string, partition: number, holds: (seen: PartitionSeen) => boolean): Promise<PartitionSeen> {
    for (let tries = 0; tries < 600; tries++) {
      const seen = await this.seen(topic, partition)
      if (holds(seen)) return seen
      await this.world.clock.run(100)
    }
    return expect.fail(`not within a minute: ${JSON.stringify(await this.seen(topic, partition))}`)
  }

  /** One batch to the leader. */
  async produce(topic: string, values: readonly string[], acks = -1, partition = 0): Promise<KafkaError> {
    const { leader } = await this.seen(topic, partition)
    return this.produceTo(leader, topic, batchOf([...values]), acks, partition)
  }

  async produceTo(leader: number, topic: string, records: Uint8Array, acks = -1, partition = 0): Promise<KafkaError> {
    const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }]
    const request = { transactionalId: null, acks, timeoutMs: 2_000, topicData }
    const { responses } = await this.world.ask(leader, produceCall, request)
    return errorName(responses[0]?.partitionResponses[0]?.errorCode ?? expect.fail('no answer'))
  }

  /** SIGKILL; its session ends with its time. */
  kill(id: number): void {
    this.world.machine(id).kill()
    this.world.brokers.delete(id)
  }

  /** Power cut. */
  crash(id: number, keep?: (path: string, unsyncedBytes: number) => number): void {
    this.world.machine(id).crash(keep)
    this.world.brokers.delete(id)
  }

  /** All bytes of a replica's log, as hex. */
  logOf(id: number, topic: string, partition = 0): string {
    const disk = this.world.diskOf(id)
    const folder = `/log/${topic}-${partition}`
    const segments = disk
      .list(folder)
      .map(({ name }) => name)
      .filter((name) => name.endsWith('.log'))
      .sort()
    return segments.map((name) => Buffer.from(disk.read(disk.join(folder, name))).toString('hex')).join('')
  }
}
