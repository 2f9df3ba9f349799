/**
 * A whole cluster of production modules in one thread: members of the ensemble and brokers with everything in them, each on a
 * machine with its own clock, disk and links. What ends a process for good is kept as a failure; so is a start that fails.
 */
import { nodeChecksum } from '../../../src-main/adapters/node-checksum'
import { BrokerNode } from '../../../src-main/broker/broker-node'
import { configData, configPath, paths, topicData } from '../../../src-main/broker/core/znodes'
import { groupPartition } from '../../../src-main/broker/core/group/group-log'
import { groupOffsetsPartitions } from '../../../src-main/broker/core/offsets-topic'
import { groupOffsetsConfigs, type TopicConfigs } from '../../../src-main/broker/core/topic-configs'
import { groupOffsetsTopic } from '../../../src-main/broker/core/topic-name'
import { EnsembleClient } from '../../../src-main/coordination/ensemble-client'
import type { Applied } from '../../../src-main/coordination/core/replicated-state'
import type { EnsembleNode } from '../../../src-main/coordination/ensemble-node'
import { compareZxid, zxidZero, type Zxid } from '../../../src-main/coordination/wire/zxid'
import type { Compression, Network } from '../../../src-main/kernel/ports'
import { randomUuid } from '../../../src-main/kernel/uuid'
import { MemoryDisk } from '../../support/memory-disk'
import { SimMembers } from '../ensemble/sim-members'
import { SimClock } from '../world/sim-clock'
import { SimNetwork } from '../world/sim-network'
import { SimNode } from '../world/sim-node'
import { ReplicaLog } from './replica-log'
import { mixed, SimRandom } from '../world/sim-random'
import type { SimOptions } from './sim-options'

export const topic = 't'
export const nameOf = (partition: number): string => `${topic}-${partition}`
/** A group of this name has its coordinator where the only partition of `__consumer_offsets` is led: fifty of them would take much longer. */
export const groupId = groupOfPartition(0)
export const dataDir = '/log'
const sessionTimeoutMinMs = 500
const brokerPort = (id: number): number => 9091 + id
const startMaxMs = 30_000
const quietAfterMs = 300
/** Followed within 1.2 s, by a clock that may be slow, and the way of the answer. */
const answersAfterMs = 1_500

const uncompressed: Compression = {
  decompress: () => {
    throw new Error('nothing in a simulation is compressed')
  }
}

/** The first name that Kafka's hash puts there. */
function groupOfPartition(partition: number): string {
  for (let n = 1; ; n++) {
    const name = `group-${n}`
    if (groupPartition(name, groupOffsetsPartitions) === partition) return name
  }
}

export interface SimPartition {
  readonly topic: string
  readonly index: number
  readonly name: string
}

export interface SimBroker {
  readonly id: number
  readonly host: string
  readonly machine: SimNode
  /** Undefined while no process runs. */
  node: BrokerNode | undefined
  /** Counts its processes. */
  life: number
  /** It was asked to stop: what fails from then on is nobody's, as in src-main/entry/node-process.ts. */
  isStopping: boolean
  /** Its files of each partition, in the order of `SimCluster.partitions`. */
  readonly logs: readonly ReplicaLog[]
}

export interface StoredZnode {
  readonly data: Uint8Array | null
  readonly version: number
}

export interface ClusterObserver {
  /** A line of the story. */
  readonly told: (who: string, what: string) => void
  /** Something that must not happen: a broken invariant, a disk that nobody trusts any more, a start that fails. */
  readonly failed: (who: string, error: unknown) => void
}

export class SimCluster {
  readonly clock = new SimClock()
  readonly network: SimNetwork
  readonly options: SimOptions
  readonly brokers: readonly SimBroker[]
  /** Those of the topic, then that of the group's offsets, if there is one. */
  readonly partitions: readonly SimPartition[]
  readonly #observer: ClusterObserver
  readonly #random: SimRandom
  readonly ensemble: SimMembers
  /** As the first member that applied it has it: others have it then, or will. */
  readonly #znodes = new Map<string, StoredZnode>()
  #storedUpTo: Zxid = zxidZero
  #stirredAtMs = 0
  #coordinator = { brokerId: -1, sinceMs: 0 }
  #hasLost = false

  constructor(options: SimOptions, observer: ClusterObserver) {
    this.options = options
    this.#observer = observer
    this.#random = new SimRandom(mixed(options.seed ^ 0x5eed))
    this.network = new SimNetwork(this.clock, this.#random.fork())
    this.ensemble = new SimMembers(
      {
        count: options.members,
        // Members of the group have clients of that name.
        hostPrefix: 'ensemble',
        snapshotEntriesMax: options.snapshotEntriesMax,
        sessionTimeoutMinMs,
        machine: (host) => this.#machine(host),
        random: this.#random.fork()
      },
      {
        ...observer,
        applied: (_member, node, { zxid, command }, { outcome, changes }) => {
          if (compareZxid(zxid, this.#storedUpTo) <= 0) return
          this.#storedUpTo = zxid
          this.#store(node, changes)
          if (command.type !== 'expireSession' || outcome.type !== 'sessionClosed') return
          this.stir()
          observer.told('ensemble', `session 0x${outcome.sessionId.toString(16)} expired`)
        },
        diskFailed: ({ host }) => observer.failed(host, new Error('no disk was made to fail'))
      }
    )
    const partitionsOf = (name: string, count: number): readonly SimPartition[] =>
      Array.from({ length: count }, (_, index) => ({ topic: name, index, name: `${name}-${index}` }))
    this.partitions = [
      ...partitionsOf(topic, options.partitions),
      ...partitionsOf(groupOffsetsTopic, options.groupMembers > 0 ? 1 : 0)
    ]
    this.brokers = Array.from({ length: options.brokers }, (_, index) => {
      const host = `broker-${index + 1}`
      const machine = this.#machine(host)
      const logs = this.partitions.map(({ name }) => new ReplicaLog(machine.disk, `${dataDir}/${name}`))
      return { id: index + 1, host, machine, node: undefined, life: 0, isStopping: false, logs }
    })
  }

  #machine(host: string): SimNode {
    const disk = new MemoryDisk(this.clock)
    disk.syncDelayMs = this.options.syncDelayMs
    return new SimNode(host, this.clock, this.network, disk)
  }

  get memberHosts(): readonly string[] {
    return this.ensemble.members.map(({ host }) => host)
  }

  get brokerHosts(): readonly string[] {
    return this.brokers.map(({ host }) => host)
  }

  #store(node: EnsembleNode, changes: Applied['changes']): void {
    for (const { type, path } of changes) {
      if (type === 'deleted') this.#znodes.delete(path)
      if (type !== 'created' && type !== 'dataChanged') continue
      const znode = node.znode(path)
      if (znode !== undefined) this.#znodes.set(path, { data: znode.data, version: znode.version })
    }
  }

  broker(id: number): SimBroker {
    const broker = this.brokers.find((one) => one.id === id)
    if (broker === undefined) throw new Error(`there is no broker ${id}`)
    return broker
  }

  /** A disk has lost something of what it had. */
  get hasLost(): boolean {
    return this.#hasLost
  }

  /** Something happens that makes others happen: clients are busy for a while. */
  stir(): void {
    this.#stirredAtMs = this.clock.monotonicMs()
  }

  /** Nothing has happened for a while: what clients do now is what they did before. */
  get isQuiet(): boolean {
    return this.clock.monotonicMs() - this.#stirredAtMs > quietAfterMs
  }

  /** The controller has stored that another broker coordinates the group, or that none does. */
  coordinatorStored(brokerId: number): void {
    this.#coordinator = { brokerId, sinceMs: this.clock.monotonicMs() }
  }

  /** Whose sessions live, as the ensemble has it. */
  get registeredBrokers(): ReadonlySet<number> {
    return new Set(this.brokers.flatMap(({ id }) => (this.#znodes.has(paths.broker(id)) ? [id] : [])))
  }

  /**
   * Another one was put in its place, so lately that it may not have heard of it: while its session lives it tells what was committed
   * before (ADR 39).
   */
  wasJustReplaced(brokerId: number): boolean {
    const { brokerId: coordinator, sinceMs } = this.#coordinator
    return coordinator !== brokerId && this.clock.monotonicMs() - sinceMs < answersAfterMs
  }

  /** As it is stored at the moment. */
  znode(path: string): StoredZnode | undefined {
    return this.#znodes.get(path)
  }

  // ── processes ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Resolves when everything runs and the topic is there. */
  async start(): Promise<void> {
    this.setLinks()
    await this.#until(Promise.all(this.ensemble.members.map((member) => this.ensemble.start(member, true))))
    await this.#until(Promise.all(this.brokers.map((broker) => this.startBroker(broker))))
    await this.#createTopics()
  }

  /** Delay and jitter of every link, and nothing else wrong with any. */
  setLinks(): void {
    this.network.heal()
    const { linkDelayMs: delayMs, linkJitterMs: jitterMs } = this.options
    if (delayMs === 0 && jitterMs === 0) return
    const hosts = [...this.memberHosts, ...this.brokerHosts]
    for (const from of hosts)
      for (const to of hosts) if (from !== to) this.network.fault(from, to, { delayMs, jitterMs })
  }

  async #until<T>(work: Promise<T>): Promise<T> {
    let outcome: { readonly value: T } | { readonly error: unknown } | undefined
    work.then(
      (value) => (outcome = { value }),
      (error: unknown) => (outcome = { error })
    )
    for (let passedMs = 0; passedMs < startMaxMs; passedMs += 10) {
      await this.clock.run(10)
      if (outcome === undefined) continue
      if ('error' in outcome) throw outcome.error
      return outcome.value
    }
    throw new Error('the cluster did not start in time')
  }

  /** Resolves when it serves, or its process has ended before. */
  async startBroker(broker: SimBroker): Promise<void> {
    const { clock, network, disk } = broker.machine.begin()
    const life = ++broker.life
    broker.isStopping = false
    for (const log of broker.logs) log.forget()
    const isThis = (): boolean => broker.life === life
    const failed = (error: unknown): void => {
      if (isThis() && !broker.isStopping) this.#observer.failed(broker.host, error)
    }
    const { sessionTimeoutMs, lagMaxMs: replicaLagMaxMs } = this.options
    const node = new BrokerNode(
      {
        clock,
        network,
        random: this.#random.fork(),
        disk,
        checksum: nodeChecksum,
        compression: uncompressed,
        bootId: broker.machine.bootId,
        log: (level, message, fields) => {
          if (isThis() && level !== 'debug')
            this.#observer.told(broker.host, `${level}: ${message} ${JSON.stringify(fields ?? {})}`)
        },
        volume: () => undefined,
        event: (name, fields) => {
          // What lies behind a cut may be as long as what was there.
          if (name === 'logTruncated') for (const log of broker.logs) log.forget()
          if (!isThis() || name === 'stats') return
          this.stir()
          this.#observer.told(broker.host, `${name} ${JSON.stringify(fields)}`)
        },
        failed
      },
      {
        brokerId: broker.id,
        address: { host: 'sim', port: brokerPort(broker.id) },
        dataDir,
        ensemble: this.ensemble.addresses,
        sessionTimeoutMs,
        replicaLagMaxMs
      }
    )
    broker.node = node
    this.#observer.told(broker.host, 'starts')
    await node.start().catch(failed)
  }

  /** SIGTERM; resolves when it has stopped. */
  async stopBroker(broker: SimBroker): Promise<void> {
    this.#observer.told(broker.host, 'stops cleanly')
    broker.isStopping = true
    await broker.node?.stop()
  }

  /** Peers are told, unless its machine goes with it. */
  killBroker(broker: SimBroker, isTold = true): void {
    this.#observer.told(broker.host, isTold ? 'is killed' : 'loses its power')
    broker.life += 1
    broker.node = undefined
    broker.machine.kill(isTold)
  }

  /** One that does not run: of what was not synced a part that chance decides is lost. */
  crashBroker(broker: SimBroker): void {
    this.#hasLost = true
    this.#observer.told(broker.host, 'has lost what was not synced')
    broker.machine.crash((_path, unsynced) => this.#random.below(unsynced + 1))
    for (const log of broker.logs) log.forget()
  }

  /** All that one which does not run had is gone. */
  wipeBroker(broker: SimBroker): void {
    this.#hasLost = true
    this.#observer.told(broker.host, 'is wiped')
    broker.machine.disk.remove(dataDir)
    for (const log of broker.logs) log.forget()
  }

  /** As the last process on this disk registered them (src-main/broker/log-incarnation.ts); undefined when none did. */
  logsNameOf({ machine: { disk } }: SimBroker): string | undefined {
    const path = disk.join(dataDir, 'log-incarnation')
    if (!disk.exists(path)) return undefined
    const { incarnation } = JSON.parse(new TextDecoder().decode(disk.read(path))) as { readonly incarnation: string }
    return incarnation
  }

  // ── clients ────────────────────────────────────────────────────────────────────────────────────────────────────

  networkOf(host: string): Network {
    return this.network.of(host)
  }

  addressOf(id: number): { readonly host: string; readonly port: number } {
    return { host: 'sim', port: brokerPort(id) }
  }

  async #createTopics(): Promise<void> {
    const { partitions, minInSyncReplicas, groupMembers } = this.options
    const client = new EnsembleClient({
      addresses: this.ensemble.addresses,
      sessionTimeoutMs: 40_000,
      clock: this.clock,
      network: this.networkOf('admin'),
      random: this.#random.fork()
    })
    client.start()
    await this.#until(client.whenConnected())
    const configs = { 'min.insync.replicas': String(minInSyncReplicas) }
    await this.#createTopic(client, topic, partitions, configs)
    if (groupMembers > 0) await this.#createTopic(client, groupOffsetsTopic, 1, { ...groupOffsetsConfigs, ...configs })
    await this.#until(client.close())
  }

  async #createTopic(client: EnsembleClient, name: string, partitions: number, configs: TopicConfigs): Promise<void> {
    const { brokers } = this.options
    const assignment = Array.from({ length: partitions }, (_, partition) =>
      Array.from({ length: brokers }, (_, replica) => ((partition + replica) % brokers) + 1)
    )
    await this.#until(client.create(configPath({ type: 'topic', topic: name }), configData(configs)))
    const id = randomUuid(this.#random.fork())
    await this.#until(client.create(paths.topic(name), topicData(id, assignment)))
  }
}
