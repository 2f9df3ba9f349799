/** The world of the scenario "ensemble": members, clients, and links between all of them. */
import { MemoryDisk } from '../../support/memory-disk'
import { SimClock } from '../world/sim-clock'
import { SimNetwork } from '../world/sim-network'
import { SimNode } from '../world/sim-node'
import { mixed, SimRandom } from '../world/sim-random'
import type { EnsembleOptions } from './ensemble-options'
import { SimMembers, type MembersObserver } from './sim-members'

const sessionTimeoutMinMs = 500

export class SimEnsemble extends SimMembers {
  readonly clock: SimClock
  readonly network: SimNetwork
  readonly options: EnsembleOptions
  readonly clientHosts: readonly string[]
  readonly machine: (host: string) => SimNode
  readonly #random: SimRandom

  constructor(options: EnsembleOptions, observer: MembersObserver) {
    const random = new SimRandom(mixed(options.seed ^ 0x5eed))
    const clock = new SimClock()
    const network = new SimNetwork(clock, random.fork())
    const machine = (host: string): SimNode => {
      const disk = new MemoryDisk(clock)
      disk.syncDelayMs = options.syncDelayMs
      return new SimNode(host, clock, network, disk)
    }
    const { members: count, snapshotEntriesMax } = options
    super(
      { count, hostPrefix: 'member', snapshotEntriesMax, sessionTimeoutMinMs, machine, random: random.fork() },
      observer
    )
    this.clock = clock
    this.network = network
    this.options = options
    this.machine = machine
    this.#random = random
    this.clientHosts = Array.from({ length: options.clients }, (_, index) => `client-${index + 1}`)
    this.setLinks()
  }

  /** For whoever lives in this world. */
  random(): SimRandom {
    return this.#random.fork()
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
}
