/**
 * Faults of a simulated ensemble, as a seed has them: one after another, each healed by itself after a while, several at a time.
 * What cannot be survived by design is not done: a member is wiped only while all others count (ADR 43), and never the only one.
 */
import { pause } from '../../../src-main/kernel/waiting'
import type { LinkFault } from '../world/sim-network'
import type { SimNode } from '../world/sim-node'
import type { SimRandom } from '../world/sim-random'
import type { EnsembleFaultKind } from './ensemble-options'
import type { SimEnsemble } from './sim-ensemble'
import type { SimMember } from './sim-members'

/** A clean stop that has not ended by then is ended. */
const stopMaxMs = 2_000
const bounceMs = 3
/** Of what a member says to others. */
const trapTypes = ['voteAnswer', 'appendAnswer', 'append'] as const

export interface FaultedClient {
  readonly name: string
  readonly machine: SimNode
}

export class EnsembleFaults {
  readonly #ensemble: SimEnsemble
  readonly #clients: readonly FaultedClient[]
  readonly #random: SimRandom
  readonly #told: (who: string, what: string) => void
  #isOver = false
  count = 0
  wipes = 0

  constructor(
    ensemble: SimEnsemble,
    clients: readonly FaultedClient[],
    random: SimRandom,
    told: (who: string, what: string) => void
  ) {
    this.#ensemble = ensemble
    this.#clients = clients
    this.#random = random
    this.#told = told
  }

  begin(): void {
    const { faultEveryMs, faults } = this.#ensemble.options
    // Between whole milliseconds, too: a crash is to come between any two things that happen.
    this.#ensemble.clock.after(this.#random.below(2_000 * faultEveryMs) / 1_000, () => {
      if (this.#isOver) return
      const kind = faults[this.#random.below(faults.length)]
      if (kind !== undefined) this.#cause(kind)
      this.count++
      this.begin()
    })
  }

  /** Everything is healed, and everybody runs. */
  end(): void {
    this.#isOver = true
    this.#told('faults', 'all is healed')
    this.#ensemble.clearTrap()
    this.#ensemble.setLinks()
    for (const member of this.#ensemble.members) {
      const { machine } = member
      this.#mend(machine)
      if (member.node === undefined) void this.#ensemble.start(member)
    }
    for (const { machine } of this.#clients) this.#mend(machine)
  }

  #mend(machine: SimNode): void {
    machine.rate = 1
    machine.skewMs = 0
    machine.disk.isFull = false
    machine.disk.failsToSync = false
    machine.disk.syncDelayMs = this.#ensemble.options.syncDelayMs
    if (machine.isPaused) machine.resume()
  }

  /** Its process ended because its disk failed. */
  diskFailed(member: SimMember): void {
    this.#ensemble.crash(member)
    this.#startsAgain(member, this.#ensemble.options.restartWithinMs)
  }

  /** Unless all has been healed by then. */
  #later(ms: number, callback: () => void): void {
    this.#ensemble.clock.after(ms, () => {
      if (!this.#isOver) callback()
    })
  }

  #oneOf<T>(all: readonly T[]): T {
    const one = all[this.#random.below(all.length)]
    if (one === undefined) throw new Error('there is none')
    return one
  }

  /** The leader as often as all others together: that is where it hurts. */
  #anyMember(): SimMember {
    const any = this.#oneOf(this.#ensemble.members)
    return this.#random.below(2) === 0 ? any : (this.#ensemble.leader ?? any)
  }

  #cause(kind: EnsembleFaultKind): void {
    const { members, options } = this.#ensemble
    const member = this.#anyMember()
    const { disk } = member.machine
    switch (kind) {
      case 'kill':
        return this.#ended(member, options.restartWithinMs, () => this.#ensemble.kill(member))
      case 'bounce':
        return this.#ended(member, bounceMs, () => this.#ensemble.crash(member))
      case 'powerCut':
        return this.#ended(member, options.restartWithinMs, () => this.#ensemble.crash(member))
      case 'allAtOnce': {
        const isShort = this.#random.below(2) === 0
        for (const one of members)
          this.#ended(one, isShort ? bounceMs : options.restartWithinMs, () => this.#ensemble.crash(one))
        return
      }
      case 'wipe':
        return this.#wipe(member)
      case 'stop':
        return void this.#stop(member)
      case 'pause':
        if (member.node === undefined) return
        return this.#pause(member.host, member.machine, 20 + this.#random.below(1_500))
      case 'cut':
        return this.#link({ isCut: true }, true)
      case 'cutOneWay':
        return this.#link({ isCut: true }, false)
      case 'isolate':
        return this.#isolate(member)
      case 'slowLink':
        return this.#link({ delayMs: 20 + this.#random.below(300), jitterMs: 80 }, this.#random.below(2) === 0)
      case 'lossyLink':
        return this.#link({ loss: 0.05 + this.#random.below(30) / 100 }, this.#random.below(2) === 0)
      case 'drift':
        return this.#drift(member)
      case 'fullDisk':
        return this.#sick(member, 'its disk is full', () => (disk.isFull = true))
      case 'failedSync':
        return this.#sick(member, 'its disk will fail', () => (disk.failsToSync = true))
      case 'slowDisk':
        return this.#sick(member, 'its disk is slow', () => (disk.syncDelayMs = 20 + this.#random.below(400)))
      case 'reset':
        return this.#reset(member)
      case 'trap':
        return this.#trap(member)
      case 'clientCut': {
        const { name } = this.#oneOf(this.#clients)
        return this.#linkOf(name, member.host, { isCut: true }, this.#random.below(2) === 0)
      }
      case 'clientPause': {
        const { name, machine } = this.#oneOf(this.#clients)
        return this.#pause(name, machine, 20 + this.#random.below(2 * options.sessionTimeoutMs))
      }
    }
  }

  #ended(member: SimMember, withinMs: number, end: () => void): void {
    if (member.node === undefined) return
    end()
    this.#startsAgain(member, withinMs)
  }

  #startsAgain(member: SimMember, withinMs: number): void {
    const { life } = member
    this.#later(this.#random.below(1_000 * withinMs) / 1_000, () => {
      if (member.life === life) void this.#ensemble.start(member)
    })
  }

  #wipe(member: SimMember): void {
    const { members, isAlone, options } = this.#ensemble
    if (isAlone || !members.every(({ node, id }) => id === member.id || node?.consensus?.isVoter === true)) return
    this.wipes++
    this.#ensemble.wipe(member)
    this.#startsAgain(member, options.restartWithinMs)
  }

  /** SIGTERM: a leader hands over first. */
  async #stop(member: SimMember): Promise<void> {
    const { life } = member
    if (!member.isServing || member.isStopping || member.machine.isPaused) return
    await Promise.race([this.#ensemble.stop(member), pause(this.#ensemble.clock, stopMaxMs)])
    if (member.life !== life) return
    this.#ensemble.kill(member)
    if (this.#isOver) void this.#ensemble.start(member)
    else this.#startsAgain(member, this.#ensemble.options.restartWithinMs)
  }

  #pause(name: string, machine: SimNode, forMs: number): void {
    if (machine.isPaused) return
    this.#told(name, 'is paused')
    machine.pause()
    this.#later(forMs, () => {
      if (!machine.isPaused) return
      this.#told(name, 'goes on')
      machine.resume()
    })
  }

  #drift({ host, machine }: SimMember): void {
    machine.rate = 0.95 + this.#random.below(100) / 1000
    machine.skewMs = this.#random.below(120_000) - 60_000
    this.#told(host, `its clock runs at ${machine.rate}, off by ${machine.skewMs} ms`)
  }

  #sick({ host, machine }: SimMember, what: string, makeSo: () => void): void {
    const { disk } = machine
    this.#told(host, what)
    makeSo()
    this.#later(20 + this.#random.below(1_500), () => {
      this.#told(host, 'its disk is well')
      disk.isFull = false
      disk.failsToSync = false
      disk.syncDelayMs = this.#ensemble.options.syncDelayMs
    })
  }

  #link(fault: LinkFault, isBothWays: boolean): void {
    const from = this.#oneOf(this.#ensemble.members)
    const to = this.#oneOf(this.#ensemble.members)
    if (from !== to) this.#linkOf(from.host, to.host, fault, isBothWays)
  }

  /** From all other members, and with luck from the clients, too. */
  #isolate(member: SimMember): void {
    const way = this.#random.below(3)
    for (const { host } of this.#ensemble.members) {
      if (host === member.host) continue
      if (way === 0) this.#linkOf(member.host, host, { isCut: true }, true)
      else if (way === 1) this.#linkOf(member.host, host, { isCut: true }, false)
      else this.#linkOf(host, member.host, { isCut: true }, false)
    }
  }

  /** Its connections to others break, or theirs to it; at times nobody gets through for a while after that. */
  #reset(member: SimMember): void {
    const isOutgoing = this.#random.below(2) === 0
    const isCut = this.#random.below(2) === 0
    const isAll = this.#random.below(2) === 0
    const others = this.#ensemble.members.filter((other) => other !== member && (isAll || this.#random.below(2) === 0))
    for (const { host } of others) {
      const [from, to] = isOutgoing ? [member.host, host] : [host, member.host]
      this.#told(from, `its connections to ${to} break`)
      this.#ensemble.network.reset(from, to)
      if (isCut) this.#linkOf(from, to, { isCut: true }, this.#random.below(2) === 0)
    }
  }

  /** It loses its power as it has said something, and before it has done anything else. */
  #trap(member: SimMember): void {
    const type = this.#oneOf(trapTypes)
    this.#told(member.host, `loses its power with its next ${type}`)
    const withinMs = this.#random.below(3) > 0 ? bounceMs : this.#ensemble.options.restartWithinMs
    this.#ensemble.setTrap(member, type, () =>
      this.#later(0, () => this.#ended(member, withinMs, () => this.#ensemble.crash(member)))
    )
  }

  #linkOf(from: string, to: string, fault: LinkFault, isBothWays: boolean): void {
    const { linkDelayMs: delayMs, linkJitterMs: jitterMs } = this.#ensemble.options
    this.#told(from, `${isBothWays ? '↔' : '→'} ${to}: ${JSON.stringify(fault)}`)
    const set = (now: LinkFault): void => {
      this.#ensemble.network.fault(from, to, { delayMs, jitterMs, ...now })
      if (isBothWays) this.#ensemble.network.fault(to, from, { delayMs, jitterMs, ...now })
    }
    set(fault)
    this.#later(20 + this.#random.below(2_000), () => {
      this.#told(from, `${isBothWays ? '↔' : '→'} ${to} is whole again`)
      set({})
    })
  }
}
