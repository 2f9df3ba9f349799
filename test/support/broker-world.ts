/** A member and brokers in one thread on a simulated clock and network, for tests of the control plane. */
import { nodeCompression } from '../../src-main/adapters/node-compression'
import { BrokerNode } from '../../src-main/broker/broker-node'
import { EnsembleClient } from '../../src-main/coordination/ensemble-client'
import { EnsembleNode } from '../../src-main/coordination/ensemble-node'
import type { Network } from '../../src-main/kernel/ports'
import type { Message, InputOf, ValueOf } from '../../src-main/protocol/wire/schema'
import { BrokerChannel, type BrokerCall } from '../../src-main/broker/broker-channel'
import { nodeChecksum, silent, SimClock, SimNetwork, SimRandom } from './ensemble-world'
import { SimNode } from '../simulation/world/sim-node'
import { MemoryDisk } from './memory-disk'

const ensembleAddress = { host: 'sim', port: 2181 }
const hostOf = (brokerId: number): string => `broker-${brokerId}`

interface NodeEvent {
  readonly broker: number
  readonly name: string
  readonly fields: Readonly<Record<string, unknown>>
}

export class BrokerWorld {
  readonly clock = new SimClock()
  readonly network = new SimNetwork(this.clock)
  readonly failures: unknown[] = []
  readonly brokers = new Map<number, BrokerNode>()
  readonly #machines = new Map<number, SimNode>()
  readonly events: NodeEvent[] = []
  /** Called with each event, in the middle of what tells it. */
  onEvent: (event: NodeEvent) => void = () => undefined
  /** Called when a broker listens, before it has registered. */
  onListening: (port: number) => void = () => undefined
  #member: EnsembleNode | undefined
  /** What each broker that is started is told of the others. */
  clusterBrokers: readonly number[] = []
  /** What each broker that is started is given at its start. */
  configs: Readonly<Record<string, string>> = {}
  readonly memberDisk = new MemoryDisk(this.clock)
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
      disk: this.memberDisk,
      network: this.network,
      checksum: nodeChecksum,
      log: silent,
      failed: (error) => this.failures.push(error)
    })
    this.#member = node
    await this.clock.until(node.start())
  }

  /** Sessions outlive it when they are taken up again in time. */
  async stopEnsemble(): Promise<void> {
    await this.clock.until(this.#member?.stop() ?? Promise.resolve())
  }

  #told(event: NodeEvent): void {
    this.events.push(event)
    this.onEvent(event)
  }

  /** What a broker runs on: it can be paused, killed, and started again with the disk that it left. */
  machine(id: number): SimNode {
    const machine = this.#machines.get(id) ?? new SimNode(hostOf(id), this.clock, this.network)
    this.#machines.set(id, machine)
    return machine
  }

  diskOf(id: number): MemoryDisk {
    return this.machine(id).disk
  }

  async startBroker(id: number): Promise<BrokerNode> {
    const { clock, disk, network: inner } = this.machine(id).begin()
    const network: Network = {
      connect: (options, handlerFor) => inner.connect(options, handlerFor),
      listen: async (options, accept) => {
        const listener = await inner.listen(options, accept)
        this.onListening(listener.address.port)
        return listener
      }
    }
    const node = new BrokerNode(
      {
        clock,
        network,
        random: new SimRandom(this.#seed++),
        disk,
        checksum: nodeChecksum,
        compression: nodeCompression,
        bootId: this.machine(id).bootId,
        log: silent,
        volume: () => undefined,
        event: (name, fields) => this.#told({ broker: id, name, fields }),
        failed: (error) => this.failures.push(error)
      },
      {
        brokerId: id,
        address: { host: 'sim', port: 9091 + id },
        dataDir: '/log',
        ensemble: [ensembleAddress],
        sessionTimeoutMs: 6_000,
        clusterBrokers: this.clusterBrokers,
        configs: this.configs
      }
    )
    this.brokers.set(id, node)
    await this.clock.until(node.start())
    return node
  }

  /** Nothing goes in or out of the broker, until its session has expired and longer. */
  async cutOff(id: number): Promise<void> {
    this.network.disconnect(hostOf(id))
    await this.clock.run(10_000)
  }

  /** Connections are lost, and can be made again after that time. */
  blip(id: number, durationMs: number): void {
    this.network.disconnect(hostOf(id))
    this.clock.after(durationMs, () => this.network.mend(hostOf(id)))
  }

  async reconnect(id: number): Promise<void> {
    this.network.mend(hostOf(id))
    await this.clock.run(5_000)
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
