/**
 * Members of an ensemble of production modules in one thread, each on a machine with its own clock, disk and links. What ends a
 * process for good is a failure, but for a disk that was made to fail.
 */
import { nodeChecksum } from '../../../src-main/adapters/node-checksum'
import { EnsembleNode } from '../../../src-main/coordination/ensemble-node'
import { AppError } from '../../../src-main/kernel/errors'
import { decodePeerFrame } from '../../../src-main/coordination/core/consensus/message-codec'
import type { PeerMessage } from '../../../src-main/coordination/core/consensus/messages'
import type { Address, Connection } from '../../../src-main/kernel/ports'
import type { SimNode } from '../world/sim-node'
import type { SimRandom } from '../world/sim-random'

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

export interface MembersObserver {
  /** A line of the story. */
  readonly told: (who: string, what: string) => void
  /** Something that must not happen: a broken invariant, a start that fails. */
  readonly failed: (who: string, error: unknown) => void
  /** A process that has just ended may be in the middle of something: then `node` is not the member's any more. */
  readonly applied: (member: SimMember, node: EnsembleNode, ...applied: Parameters<AppliedObserver>) => void
  /** A process of it ended because its disk failed. */
  readonly diskFailed: (member: SimMember) => void
}

type AppliedObserver = NonNullable<ConstructorParameters<typeof EnsembleNode>[0]['applied']>

export interface MembersOptions {
  readonly count: number
  /** Hosts are called so, and their number: like nobody else in the same network. */
  readonly hostPrefix: string
  readonly snapshotEntriesMax: number
  readonly sessionTimeoutMinMs: number
  readonly machine: (host: string) => SimNode
  /** For what members, and what happens to them, is left to. */
  readonly random: SimRandom
}

/** What is to happen when a member says something of this type to another. */
interface Trap {
  readonly member: SimMember
  readonly type: PeerMessage['type']
  readonly sprung: () => void
}

export class SimMembers {
  readonly members: readonly SimMember[]
  readonly #options: MembersOptions
  readonly #observer: MembersObserver

  #trap: Trap | undefined

  constructor(options: MembersOptions, observer: MembersObserver) {
    this.#options = options
    this.#observer = observer
    this.members = Array.from({ length: options.count }, (_, index) => {
      const host = `${options.hostPrefix}-${index + 1}`
      const machine = options.machine(host)
      return { id: index + 1, host, machine, node: undefined, life: 0, isServing: false, isStopping: false }
    })
  }

  get addresses(): readonly Address[] {
    return this.members.map(({ id }) => ({ host: 'sim', port: clientPort(id) }))
  }

  get isAlone(): boolean {
    return this.members.length === 1
  }

  /** The member that leads and is ready. */
  get leader(): SimMember | undefined {
    return this.members.find(({ node, machine }) => !machine.isPaused && node?.consensus?.isReady === true)
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
      sessionTimeouts: { minMs: this.#options.sessionTimeoutMinMs, maxMs: 40_000 },
      snapshotEntriesMax: this.#options.snapshotEntriesMax,
      clock,
      random: this.#options.random.fork(),
      disk,
      network: {
        listen: (...at) => network.listen(...at),
        connect: (to, handlerFor) => network.connect(to, (near) => handlerFor(this.#watched(member, near)))
      },
      checksum: nodeChecksum,
      log: (level, message, fields) => {
        if (isThis() && level !== 'debug')
          this.#observer.told(member.host, `${message} ${JSON.stringify(fields ?? {})}`)
      },
      failed: (error) => {
        if (isThis()) this.#failed(member, error)
      },
      applied: (...applied) => this.#observer.applied(member, node, ...applied),
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

  /** Of all members there is one trap at a time; it springs once. */
  setTrap(member: SimMember, type: Trap['type'], sprung: () => void): void {
    this.#trap = { member, type, sprung }
  }

  clearTrap(): void {
    this.#trap = undefined
  }

  #watched(member: SimMember, connection: Connection): Connection {
    const send = connection.send.bind(connection)
    connection.send = (bytes, whenTaken) => {
      send(bytes, whenTaken)
      const trap = this.#trap
      if (trap?.member !== member || messageType(bytes) !== trap.type) return
      this.#trap = undefined
      trap.sprung()
    }
    return connection
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
    const { random } = this.#options
    const keepsAll = random.below(4) === 0
    member.machine.crash((_path, unsynced) => (keepsAll ? unsynced : random.below(unsynced + 1)))
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

const lengthBytes = 4

/** Of a frame with its length before it; an append without entries is none. */
function messageType(bytes: Uint8Array): PeerMessage['type'] | undefined {
  const frame = decodePeerFrame(bytes.subarray(lengthBytes), nodeChecksum)
  if (frame.type !== 'consensus') return undefined
  const { message } = frame
  if (message.type === 'append' && message.entries.length === 0) return undefined
  return message.type === 'voteAnswer' && !message.isGranted ? undefined : message.type
}
