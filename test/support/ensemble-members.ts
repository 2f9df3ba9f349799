/** Several members of an ensemble on machines of a simulated world, each of which can be killed, paused, wiped and cut off. */
import { EnsembleClient } from '../../src-main/coordination/ensemble-client'
import { EnsembleNode } from '../../src-main/coordination/ensemble-node'
import type { EnsembleNodeOptions } from '../../src-main/coordination/member-options'
import { SimNode } from '../simulation/world/sim-node'
import { nodeChecksum, silent, SimClock, SimNetwork, SimRandom } from './ensemble-world'

export interface SimMember {
  readonly id: number
  readonly machine: SimNode
  node: EnsembleNode | undefined
}

const clientPort = (id: number): number => 2180 + id
const peerPort = (id: number): number => 2880 + id

export class EnsembleMembers {
  readonly clock = new SimClock()
  readonly network: SimNetwork
  readonly members: readonly SimMember[]
  readonly failures: unknown[] = []
  readonly #options: Partial<EnsembleNodeOptions>
  #seed = 1

  constructor(count: number, options: Partial<EnsembleNodeOptions> = {}) {
    this.#options = options
    this.network = new SimNetwork(this.clock, new SimRandom(99))
    this.members = Array.from({ length: count }, (_, index) => {
      return { id: index + 1, machine: new SimNode(`member-${index + 1}`, this.clock, this.network), node: undefined }
    })
  }

  member(id: number): SimMember {
    const member = this.members[id - 1]
    if (member === undefined) throw new Error(`there is no member ${id}`)
    return member
  }

  /** Begins a life of its process; whether it serves is another matter. */
  async start(member: SimMember, isFounding = false): Promise<void> {
    await this.clock.until(this.begin(member, isFounding))
  }

  /** The same, for whoever lets time pass himself. Never ends when the process ends before. */
  async begin(member: SimMember, isFounding = false): Promise<void> {
    const { clock, network, disk } = member.machine.begin()
    const node: EnsembleNode = new EnsembleNode({
      memberId: member.id,
      address: { host: 'sim', port: clientPort(member.id) },
      dataDir: '/data',
      sessionTimeouts: { minMs: 1_000, maxMs: 40_000 },
      clock,
      random: new SimRandom(this.#seed++),
      disk,
      network,
      checksum: nodeChecksum,
      log: silent,
      failed: (error) => {
        // What a dead process still says is nobody's.
        if (member.node === node) this.failures.push(error)
      },
      ...this.#options,
      peers: {
        ensembleId: 'e',
        address: { host: 'sim', port: peerPort(member.id) },
        others: this.members
          .filter(({ id }) => id !== member.id)
          .map(({ id }) => ({ memberId: id, address: { host: 'sim', port: peerPort(id) } })),
        isFounding
      }
    })
    member.node = node
    await node.start()
  }

  async startAll(): Promise<void> {
    for (const member of this.members) await this.start(member, true)
    await this.leader()
  }

  kill(member: SimMember): void {
    member.machine.kill()
    member.node = undefined
  }

  async stop(member: SimMember): Promise<void> {
    await this.clock.until(member.node?.stop() ?? Promise.resolve())
    member.node = undefined
  }

  wipe(member: SimMember): void {
    this.kill(member)
    member.machine.disk.remove('/data')
  }

  /** The member that leads and is ready, when there is one. */
  async leader(): Promise<SimMember> {
    return this.eventually('a leader', () =>
      this.members.find(({ node, machine }) => !machine.isPaused && consensusOf(node)?.['isReady'] === true)
    )
  }

  async eventually<T>(what: string, look: () => T | undefined, withinMs = 10_000): Promise<T> {
    for (let passedMs = 0; passedMs < withinMs; passedMs += 10) {
      const found = look()
      if (found !== undefined) return found
      await this.clock.run(10)
    }
    throw new Error(`${what}: not within ${withinMs} ms; ${JSON.stringify(this.inspect())}`)
  }

  /** A client of these members, or of all. */
  async connected(
    ids: readonly number[] = this.members.map(({ id }) => id),
    timeoutMs = 4_000,
    host = 'client'
  ): Promise<EnsembleClient> {
    const client = new EnsembleClient({
      addresses: ids.map((id) => ({ host: 'sim', port: clientPort(id) })),
      sessionTimeoutMs: timeoutMs,
      clock: this.clock,
      network: this.network.of(host),
      random: new SimRandom(this.#seed++)
    })
    client.start()
    await this.clock.until(client.whenConnected())
    return client
  }

  do<Value>(promise: Promise<Value>): Promise<Value> {
    return this.clock.until(promise)
  }

  /** All that run have applied the same, and `path` has that data everywhere. */
  async agree(path: string, text: string): Promise<void> {
    await this.eventually(`${path} is ${text} everywhere`, () => {
      const nodes = this.members.flatMap(({ node }) => (node === undefined ? [] : [node]))
      const texts = nodes.map((node) => new TextDecoder().decode(node.znode(path)?.data ?? new Uint8Array(0)))
      const applied = new Set(nodes.map((node) => JSON.stringify(node.inspect()['state'])))
      return texts.every((one) => one === text) && applied.size === 1 ? true : undefined
    })
  }

  inspect(): readonly unknown[] {
    return this.members.map(({ id, node }) => ({ id, ...consensusOf(node) }))
  }
}

export function consensusOf(node: EnsembleNode | undefined): Readonly<Record<string, unknown>> | undefined {
  return node?.inspect()['consensus'] as Readonly<Record<string, unknown>> | undefined
}
