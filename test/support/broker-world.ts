/** A member and brokers in one thread on a simulated clock and network, for tests of the control plane. */
import { nodeCompression } from '../../src-main/adapters/node-compression'
import { BrokerNode } from '../../src-main/broker/broker-node'
import { EnsembleClient } from '../../src-main/coordination/ensemble-client'
import { EnsembleNode } from '../../src-main/coordination/ensemble-node'
import { AppError } from '../../src-main/kernel/errors'
import type { Connection, FrameHandler, Listener, ListenOptions, Network } from '../../src-main/kernel/ports'
import type { Message, InputOf, ValueOf } from '../../src-main/protocol/wire/schema'
import { BrokerChannel, type BrokerCall } from '../../src-main/broker/broker-channel'
import { nodeChecksum, silent, SimClock, SimDisk, SimNetwork, SimRandom } from './ensemble-world'
import { MemoryDisk } from './memory-disk'

const ensembleAddress = { host: 'sim', port: 2181 }

/** The network of one broker, which can be cut. */
class CuttableNetwork implements Network {
  readonly #network: Network
  readonly #listening: (port: number) => void
  readonly #open = new Set<Connection>()
  #isCut = false

  constructor(network: Network, listening: (port: number) => void) {
    this.#network = network
    this.#listening = listening
  }

  cut(): void {
    this.#isCut = true
    for (const connection of this.#open) connection.destroy()
    this.#open.clear()
  }

  mend(): void {
    this.#isCut = false
  }

  listen(options: ListenOptions, accept: (connection: Connection) => FrameHandler): Promise<Listener> {
    const listening = this.#network.listen(options, (connection) => {
      this.#open.add(connection)
      if (!this.#isCut) return accept(connection)
      connection.destroy()
      return { frame: () => undefined, closed: () => undefined }
    })
    return listening.then((listener) => {
      this.#listening(listener.address.port)
      return listener
    })
  }

  connect(
    options: Parameters<Network['connect']>[0],
    handlerFor: (connection: Connection) => FrameHandler
  ): Promise<Connection> {
    if (this.#isCut) return Promise.reject(new AppError('CONNECTION_REFUSED', 'the network is cut'))
    return this.#network.connect(options, (connection) => {
      this.#open.add(connection)
      return handlerFor(connection)
    })
  }
}

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
  readonly #disks = new Map<number, MemoryDisk>()
  readonly #networks = new Map<number, CuttableNetwork>()
  readonly events: NodeEvent[] = []
  /** Called with each event, in the middle of what tells it. */
  onEvent: (event: NodeEvent) => void = () => undefined
  /** Called when a broker listens, before it has registered. */
  onListening: (port: number) => void = () => undefined
  #member: EnsembleNode | undefined
  readonly memberDisk = new SimDisk(this.clock)
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

  diskOf(id: number): MemoryDisk {
    const disk = this.#disks.get(id) ?? new MemoryDisk()
    this.#disks.set(id, disk)
    return disk
  }

  async startBroker(id: number): Promise<BrokerNode> {
    const { clock } = this
    const network = new CuttableNetwork(this.network, (port) => this.onListening(port))
    this.#networks.set(id, network)
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
        event: (name, fields) => this.#told({ broker: id, name, fields }),
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

  /** Nothing goes in or out of the broker, until its session has expired and longer. */
  async cutOff(id: number): Promise<void> {
    this.#networks.get(id)?.cut()
    await this.clock.run(10_000)
  }

  /** Connections are lost, and can be made again after that time. */
  blip(id: number, durationMs: number): void {
    const network = this.#networks.get(id)
    network?.cut()
    this.clock.after(durationMs, () => network?.mend())
  }

  async reconnect(id: number): Promise<void> {
    this.#networks.get(id)?.mend()
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
