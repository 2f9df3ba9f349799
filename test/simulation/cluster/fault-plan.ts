/**
 * Faults of a simulated cluster, as a seed has them: one after another, each healed by itself after a while, several at a time.
 * What cannot be survived by design is not done: a disk loses what it had only while another member of each ISR has everything,
 * under the name by which the ISR knows its logs (ADR 36), and nothing is under way that could leave the ISR to the one that loses.
 */
import { parsePartitionState, paths, textOf, type PartitionState } from '../../../src-main/broker/core/znodes'
import { pause } from '../../../src-main/kernel/waiting'
import type { SimMember } from '../ensemble/sim-members'
import type { LinkFault } from '../world/sim-network'
import type { SimRandom } from '../world/sim-random'
import { LeaderMoves } from './leader-moves'
import type { SimBroker, SimCluster, SimPartition } from './sim-cluster'
import type { FaultKind } from './sim-options'

/** A disk that loses something does so when its broker starts again: what was under way when that ended has arrived by then. */
const lossAfterMs = 500

/** A clean stop that has not ended by then is ended. */
const stopMaxMs = 3_000

/** It starts again so much later, and at most `withinMs` after that. */
interface Down {
  readonly fromMs: number
  readonly withinMs: number
  /** Its peers see their connections break. */
  readonly isTold: boolean
}

export class FaultPlan {
  readonly #cluster: SimCluster
  readonly #random: SimRandom
  readonly #told: (who: string, what: string) => void
  #isOver = false
  /** Links that have a fault, by one of their ends. */
  readonly #faultyLinks = new Map<string, number>()
  /** Logs that have lost something, by name: nobody may count with them. */
  readonly #shortened = new Set<string>()
  readonly #moves: LeaderMoves

  constructor(cluster: SimCluster, random: SimRandom, told: (who: string, what: string) => void) {
    this.#cluster = cluster
    this.#random = random
    this.#told = (who, what) => {
      cluster.stir()
      told(who, what)
    }
    this.#moves = new LeaderMoves(cluster, random.fork(), {
      told: this.#told,
      later: (ms, callback) => this.#later(ms, callback),
      cut: (from, to) => this.#linkOf(from, to, { isCut: true }, true)
    })
  }

  begin(): void {
    const { faultEveryMs, faults } = this.#cluster.options
    this.#after(1 + this.#random.below(2 * faultEveryMs), () => {
      if (this.#isOver) return
      const kind = faults[this.#random.below(faults.length)]
      if (kind !== undefined) this.#cause(kind)
      this.begin()
    })
  }

  /** Everything is healed, and everybody runs. */
  end(): void {
    this.#isOver = true
    this.#moves.close()
    this.#told('faults', 'all is healed')
    this.#cluster.setLinks()
    for (const member of this.#cluster.ensemble.members) {
      if (member.machine.isPaused) member.machine.resume()
      if (member.node === undefined) void this.#cluster.ensemble.start(member)
    }
    for (const broker of this.#cluster.brokers) {
      broker.machine.rate = 1
      broker.machine.skewMs = 0
      if (broker.machine.isPaused) broker.machine.resume()
      if (broker.node === undefined) void this.#cluster.startBroker(broker)
    }
  }

  #after(ms: number, callback: () => void): void {
    this.#cluster.clock.after(ms, callback)
  }

  /** Unless all has been healed by then. */
  #later(ms: number, callback: () => void): void {
    this.#after(ms, () => {
      if (!this.#isOver) callback()
    })
  }

  #anyBroker(): SimBroker {
    const { brokers } = this.#cluster
    const broker = brokers[this.#random.below(brokers.length)]
    if (broker === undefined) throw new Error('a cluster has brokers')
    return broker
  }

  #cause(kind: FaultKind): void {
    const broker = this.#anyBroker()
    switch (kind) {
      case 'kill':
      case 'bounce':
        return this.#ended(broker, { fromMs: 1, withinMs: kind === 'bounce' ? 20 : 4_000, isTold: true })
      case 'powerCut':
        return this.#losing(broker, false, () => this.#cluster.crashBroker(broker))
      case 'wipe':
        return this.#losing(broker, true, () => this.#cluster.wipeBroker(broker))
      case 'stop':
        return void this.#stop(broker)
      case 'move':
        return this.#moves.move()
      case 'tangle':
        return this.#moves.tangle()
      case 'pause':
        return this.#pause(this.#random.below(2) === 0 ? broker : (this.#controller() ?? broker))
      case 'cut':
        return this.#link({ isCut: true }, true)
      case 'cutOneWay':
        return this.#link({ isCut: true }, false)
      case 'slowLink':
        return this.#link({ delayMs: 20 + this.#random.below(400), jitterMs: 50 }, this.#random.below(2) === 0)
      case 'lossyLink':
        return this.#link({ loss: 0.05 + this.#random.below(30) / 100 }, this.#random.below(2) === 0)
      case 'noEnsemble':
        return this.#cutOff(broker.host, this.#cluster.memberHosts)
      case 'memberKill':
        return this.#memberEnded((member) => this.#cluster.ensemble.kill(member))
      case 'memberPowerCut':
        return this.#memberEnded((member) => this.#cluster.ensemble.crash(member))
      case 'memberPause':
        return this.#pauseMember(this.#anyMember())
      case 'memberCut': {
        const { host } = this.#anyMember()
        return this.#cutOff(
          host,
          this.#cluster.memberHosts.filter((other) => other !== host)
        )
      }
      case 'memberWipe':
        return this.#wipeMember(this.#anyMember())
      case 'drift':
        broker.machine.rate = 0.95 + this.#random.below(100) / 1000
        broker.machine.skewMs = this.#random.below(120_000) - 60_000
        return this.#told(broker.host, `its clock runs at ${broker.machine.rate}, off by ${broker.machine.skewMs} ms`)
    }
  }

  /** The one that the ensemble has for controller. */
  #controller(): SimBroker | undefined {
    const data = this.#cluster.znode(paths.controller)?.data
    if (data === undefined || data === null) return undefined
    const { brokerid } = JSON.parse(textOf(data)) as { readonly brokerid: number }
    return this.#cluster.broker(brokerid)
  }

  /** SIGTERM: it asks to leave, and gives up its leaderships first. */
  async #stop(broker: SimBroker): Promise<void> {
    const { life } = broker
    if (broker.node === undefined || broker.isStopping || broker.machine.isPaused) return
    this.#cluster.stir()
    await Promise.race([this.#cluster.stopBroker(broker), pause(this.#cluster.clock, stopMaxMs)])
    if (broker.life !== life) return
    this.#ended(broker, { fromMs: 1, withinMs: 2_000, isTold: true })
    if (this.#isOver) void this.#cluster.startBroker(broker)
  }

  /** Killed; before it starts again its disk loses something, unless nobody else has it by then. */
  #losing(broker: SimBroker, isTold: boolean, lose: () => void): void {
    this.#ended(broker, { fromMs: lossAfterMs, withinMs: 3_500, isTold }, () => {
      if (!this.#canLose(broker)) return
      const name = this.#cluster.logsNameOf(broker)
      if (name !== undefined) this.#shortened.add(name)
      lose()
    })
  }

  #canLose({ id, host }: SimBroker): boolean {
    if (this.#isFaulty(host) || !this.#isEnsembleWell()) return false
    return this.#cluster.partitions.every((partition) => {
      const stored = this.#stored(partition)
      return stored?.isr.some((other) => other !== id && this.#isWhole(stored, other)) === true
    })
  }

  #isWhole({ isrLogs }: PartitionState, id: number): boolean {
    const name = isrLogs?.[id]
    return name !== undefined && !this.#shortened.has(name)
  }

  #isFaulty(host: string): boolean {
    return (this.#faultyLinks.get(host) ?? 0) > 0
  }

  #stored({ topic, index }: SimPartition): PartitionState | undefined {
    return parsePartitionState(this.#cluster.znode(paths.state(topic, index))?.data ?? null)
  }

  #ended(broker: SimBroker, { fromMs, withinMs, isTold }: Down, beforeStart?: () => void): void {
    if (broker.node === undefined) return
    this.#cluster.killBroker(broker, isTold)
    const { life } = broker
    this.#later(fromMs + this.#random.below(withinMs), () => {
      if (broker.life !== life) return
      beforeStart?.()
      void this.#cluster.startBroker(broker)
    })
  }

  #pause(broker: SimBroker): void {
    if (broker.node === undefined || broker.machine.isPaused) return
    const { life } = broker
    this.#told(broker.host, 'is paused')
    broker.machine.pause()
    this.#later(50 + this.#random.below(5_000), () => {
      if (broker.life !== life) return
      this.#told(broker.host, 'goes on')
      broker.machine.resume()
    })
  }

  /** Between brokers more often than not: that is where records go. */
  #link(fault: LinkFault, isBothWays: boolean): void {
    const { brokerHosts, memberHosts } = this.#cluster
    const hosts = this.#random.below(3) === 0 ? [...memberHosts, ...brokerHosts] : brokerHosts
    const from = hosts[this.#random.below(hosts.length)]
    const to = hosts[this.#random.below(hosts.length)]
    if (from === undefined || to === undefined || from === to) return
    this.#linkOf(from, to, fault, isBothWays)
  }

  #cutOff(from: string, others: readonly string[]): void {
    const isBothWays = this.#random.below(4) > 0
    for (const to of others) this.#linkOf(from, to, { isCut: true }, isBothWays)
  }

  #linkOf(from: string, to: string, fault: LinkFault, isBothWays: boolean): void {
    const { linkDelayMs: delayMs, linkJitterMs: jitterMs } = this.#cluster.options
    const base = { delayMs, jitterMs }
    this.#told(from, `${isBothWays ? '↔' : '→'} ${to}: ${JSON.stringify(fault)}`)
    const set = (now: typeof fault): void => {
      this.#cluster.network.fault(from, to, { ...base, ...now })
      if (isBothWays) this.#cluster.network.fault(to, from, { ...base, ...now })
    }
    set(fault)
    const count = (by: number): void => {
      for (const host of [from, to]) this.#faultyLinks.set(host, (this.#faultyLinks.get(host) ?? 0) + by)
    }
    count(1)
    this.#later(50 + this.#random.below(4_000), () => {
      this.#told(from, `${isBothWays ? '↔' : '→'} ${to} is whole again`)
      count(-1)
      set({})
    })
  }

  // ── members of the ensemble ────────────────────────────────────────────────────────────────────────────────────

  /** The leader as often as all together. */
  #anyMember(): SimMember {
    const { members, leader } = this.#cluster.ensemble
    const any = members[this.#random.below(members.length)]
    const member = this.#random.below(2) === 0 ? any : (leader ?? any)
    if (member === undefined) throw new Error('an ensemble has members')
    return member
  }

  /** All run, hear each other and everybody, and one of them leads: nothing waits on its way to or from them. */
  #isEnsembleWell(): boolean {
    const { members, leader } = this.#cluster.ensemble
    const isWell = ({ host, isServing, machine }: SimMember): boolean =>
      isServing && !machine.isPaused && !this.#isFaulty(host)
    return leader !== undefined && members.every(isWell)
  }

  /** One or, now and then, all at once: a disk has everything that was answered. */
  #memberEnded(end: (member: SimMember) => void): void {
    const { ensemble } = this.#cluster
    this.#cluster.stir()
    for (const member of this.#random.below(6) === 0 ? ensemble.members : [this.#anyMember()]) {
      if (member.node === undefined) continue
      end(member)
      this.#memberStartsAgain(member)
    }
  }

  #memberStartsAgain(member: SimMember): void {
    const { life } = member
    this.#later(5 + this.#random.below(3_000), () => {
      if (member.life === life) void this.#cluster.ensemble.start(member)
    })
  }

  #pauseMember({ host, machine }: SimMember): void {
    if (machine.isPaused) return
    this.#told(host, 'is paused')
    machine.pause()
    this.#later(50 + this.#random.below(3_000), () => {
      if (!machine.isPaused) return
      this.#told(host, 'goes on')
      machine.resume()
    })
  }

  /** Only while all others count (ADR 43). */
  #wipeMember(member: SimMember): void {
    const { ensemble } = this.#cluster
    if (!ensemble.members.every(({ id, node }) => id === member.id || node?.consensus?.isVoter === true)) return
    this.#cluster.stir()
    ensemble.wipe(member)
    this.#memberStartsAgain(member)
  }
}
