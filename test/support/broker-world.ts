/** A member and brokers in one thread on a simulated clock and network, for tests of the control plane. */
import { nodeCompression } from '../../src-main/adapters/node-compression'
import { BrokerNode } from '../../src-main/broker/broker-node'
import { EnsembleClient } from '../../src-main/coordination/ensemble-client'
import { EnsembleNode } from '../../src-main/coordination/ensemble-node'
import type { Message, InputOf, ValueOf } from '../../src-main/protocol/wire/schema'
import { BrokerChannel, type BrokerCall } from '../../src-main/broker/broker-channel'
import { nodeChecksum, silent, SimClock, SimDisk, SimNetwork, SimRandom } from './ensemble-world'
import { MemoryDisk } from './memory-disk'

const ensembleAddress = { host: 'sim', port: 2181 }

export class BrokerWorld {
  readonly clock = new SimClock()
  readonly network = new SimNetwork(this.clock)
  readonly failures: unknown[] = []
  readonly brokers = new Map<number, BrokerNode>()
  readonly #disks = new Map<number, MemoryDisk>()
  readonly events: { readonly broker: number; readonly name: string; readonly fields: unknown }[] = []
  #seed = 1

  static async start(brokerIds: readonly number[] = [1]): Promise<BrokerWorld> {
    const world = new BrokerWorld()
    await world.startEnsemble()
    for (const id of brokerIds) await world.startBroker(id)
    return world
  }

  async startEnsemble(): Promise<void> {
    const node = new EnsembleNode({
      memberId: 1,
      address: ensembleAddress,
      dataDir: '/member',
      sessionTimeouts: { minMs: 4_000, maxMs: 40_000 },
      clock: this.clock,
      random: new SimRandom(this.#seed++),
      disk: new SimDisk(this.clock),
      network: this.network,
      checksum: nodeChecksum,
      log: silent,
      failed: (error) => this.failures.push(error)
    })
    await this.clock.until(node.start())
  }

  diskOf(id: number): MemoryDisk {
    const disk = this.#disks.get(id) ?? new MemoryDisk()
    this.#disks.set(id, disk)
    return disk
  }

  async startBroker(id: number): Promise<BrokerNode> {
    const { clock, network } = this
    const node = new BrokerNode(
      {
        clock,
        network,
        random: new SimRandom(this.#seed++),
        disk: this.diskOf(id),
        checksum: nodeChecksum,
        compression: nodeCompression,
        log: silent,
        volume: () => undefined,
        event: (name, fields) => this.events.push({ broker: id, name, fields }),
        failed: (error) => this.failures.push(error)
      },
      {
        brokerId: id,
        address: { host: 'sim', port: 9091 + id },
        dataDir: '/log',
        ensemble: [ensembleAddress],
        sessionTimeoutMs: 6_000
      }
    )
    this.brokers.set(id, node)
    await this.clock.until(node.start())
    return node
  }

  /** A session of the test's own with the ensemble. */
  async ensemble(): Promise<EnsembleClient> {
    const { clock, network } = this
    const random = new SimRandom(this.#seed++)
    const client = new EnsembleClient({
      addresses: [ensembleAddress],
      sessionTimeoutMs: 40_000,
      clock,
      network,
      random
    })
    client.start()
    await clock.until(client.whenConnected())
    return client
  }

  /** One request to one broker. */
  ask<Request extends Message, Response extends Message>(
    brokerId: number,
    call: BrokerCall<Request, Response>,
    value: InputOf<Request>
  ): Promise<ValueOf<Response>> {
    const channel = new BrokerChannel(this, { host: 'sim', port: 9091 + brokerId }, 'test')
    return this.clock.until(channel.ask(call, value, 30_000).finally(() => channel.close()))
  }
}
