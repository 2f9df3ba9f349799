/**
 * Members of an ensemble of production modules in one thread, each on a machine with its own clock, disk and links. What ends a
 * process for good is a failure, but for a disk that was made to fail.
 */
import { nodeChecksum } from '../../../src-main/adapters/node-checksum'
import { EnsembleNode } from '../../../src-main/coordination/ensemble-node'
import { AppError } from '../../../src-main/kernel/errors'
import { MemoryDisk } from '../../support/memory-disk'
import { SimClock } from '../world/sim-clock'
import { SimNetwork } from '../world/sim-network'
import { SimNode } from '../world/sim-node'
import { mixed, SimRandom } from '../world/sim-random'
import type { EnsembleOptions } from './ensemble-options'

export const sessionTimeoutMinMs = 500
const dataDir = '/member'
const clientPort = (id: number): number => 2180 + id
const peerPort = (id: number): number => 2880 + id

export interface SimMember {
  readonly id: number
  readonly host: string
  readonly machine: SimNode
  /** Undefined while no process runs. */
  node: EnsembleNode | undefined
  /** Counts its processes. */
  life: number
  isServing: boolean
  /** It was asked to stop: what fails from then on is nobody's, as in src-main/entry/node-process.ts. */
  isStopping: boolean
}

export interface EnsembleObserver {
  /** A line of the story. */
  readonly told: (who: string, what: string) => void
  /** Something that must not happen: a broken invariant, a start that fails. */
  readonly failed: (who: string, error: unknown) => void
  readonly applied: (member: SimMember, ...applied: Parameters<AppliedObserver>) => void
  /** A process of it ended because its disk failed. */
  readonly diskFailed: (member: SimMember) => void
}

type AppliedObserver = NonNullable<ConstructorParameters<typeof EnsembleNode>[0]['applied']>

export class SimEnsemble {
  readonly clock = new SimClock()
  readonly network: SimNetwork
  readonly options: EnsembleOptions
  readonly members: readonly SimMember[]
  readonly clientHosts: readonly string[]
  readonly #observer: EnsembleObserver
  readonly #random: SimRandom

  constructor(options: EnsembleOptions, observer: EnsembleObserver) {
    this.options = options
    this.#observer = observer
    this.#random = new SimRandom(mixed(options.seed ^ 0x5eed))
    this.network = new SimNetwork(this.clock, this.#random.fork())
    this.members = Array.from({ length: options.members }, (_, index) => {
      const host = `member-${index + 1}`
      const machine = this.machine(host)
      return { id: index + 1, host, machine, node: undefined, life: 0, isServing: false, isStopping: false }
    })
    this.clientHosts = Array.from({ length: options.clients }, (_, index) => `client-${index + 1}`)
    this.setLinks()
  }

  machine(host: string): SimNode {
    const disk = new MemoryDisk(this.clock)
    disk.syncDelayMs = this.options.syncDelayMs
    return new SimNode(host, this.clock, this.network, disk)
  }

  /** For whoever lives in this world. */
  random(): SimRandom {
    return this.#random.fork()
  }

  get addresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.members.map(({ id }) => ({ host: 'sim', port: clientPort(id) }))
  }

  get isAlone(): boolean {
    return this.members.length === 1
  }

  /** The member that leads and is ready. */
  get leader(): SimMember | undefined {
    return this.members.find(({ node, machine }) => !machine.isPaused && node?.consensus?.isReady === true)
  }

  /** Delay and jitter of every link, and nothing else wrong with any. */
  setLinks(): void {
    this.network.heal()
    const { linkDelayMs: delayMs, linkJitterMs: jitterMs } = this.options
    if (delayMs === 0 && jitterMs === 0) return
    const hosts = [...this.members.map(({ host }) => host), ...this.clientHosts]
    for (const from of hosts)
      for (const to of hosts) if (from !== to) this.network.fault(from, to, { delayMs, jitterMs })
  }

  /** Resolves when it serves, or has failed; never when its process has ended before. */
  async start(member: SimMember, isFounding = false): Promise<void> {
    const { clock, network, disk } = member.machine.begin()
    const life = ++member.life
    member.isStopping = false
    member.isServing = false
    const isThis = (): boolean => member.life === life
    const node: EnsembleNode = new EnsembleNode({
      memberId: member.id,
      address: { host: 'sim', port: clientPort(member.id) },
      dataDir,
      sessionTimeouts: { minMs: sessionTimeoutMinMs, maxMs: 40_000 },
      snapshotEntriesMax: this.options.snapshotEntriesMax,
      clock,
      random: this.random(),
      disk,
      network,
      checksum: nodeChecksum,
      log: (level, message, fields) => {
        if (isThis() && level !== 'debug')
          this.#observer.told(member.host, `${message} ${JSON.stringify(fields ?? {})}`)
      },
      failed: (error) => {
        if (isThis()) this.#failed(member, error)
      },
      applied: (...applied) => this.#observer.applied(member, ...applied),
      ...(this.isAlone ? {} : { peers: this.#peersOf(member, isFounding) })
    })
    member.node = node
    this.#observer.told(member.host, 'starts')
    try {
      await node.start()
      if (isThis()) member.isServing = true
    } catch (error) {
      if (isThis()) this.#failed(member, error)
    }
  }

  #peersOf(
    { id }: SimMember,
    isFounding: boolean
  ): NonNullable<ConstructorParameters<typeof EnsembleNode>[0]['peers']> {
    const others = this.members
      .filter((other) => other.id !== id)
      .map((other) => ({ memberId: other.id, address: { host: 'sim', port: peerPort(other.id) } }))
    return { ensembleId: 'e', address: { host: 'sim', port: peerPort(id) }, others, isFounding }
  }

  #failed(member: SimMember, error: unknown): void {
    if (member.isStopping) return
    if (error instanceof AppError && error.code === 'DISK_FAILED' && member.machine.disk.failsToSync) {
      this.#observer.told(member.host, 'its disk fails: it ends')
      this.#observer.diskFailed(member)
    } else this.#observer.failed(member.host, error)
  }

  /** SIGTERM; resolves when it has stopped. */
  async stop(member: SimMember): Promise<void> {
    this.#observer.told(member.host, 'stops cleanly')
    member.isStopping = true
    await member.node?.stop()
  }

  /** What was written stays; its peers see their connections break. */
  kill(member: SimMember): void {
    this.#observer.told(member.host, 'is killed')
    this.#ended(member)
    member.machine.kill()
  }

  /** Of what was not synced a part that chance decides is lost; nobody is told. */
  crash(member: SimMember): void {
    this.#observer.told(member.host, 'loses its power')
    this.#ended(member)
    const keepsAll = this.#random.below(4) === 0
    member.machine.crash((_path, unsynced) => (keepsAll ? unsynced : this.#random.below(unsynced + 1)))
  }

  /** All that it had is gone. */
  wipe(member: SimMember): void {
    this.kill(member)
    this.#observer.told(member.host, 'is wiped')
    if (member.machine.disk.exists(dataDir)) member.machine.disk.remove(dataDir)
  }

  #ended(member: SimMember): void {
    member.life += 1
    member.node = undefined
    member.isServing = false
    member.machine.disk.failsToSync = false
  }
}
