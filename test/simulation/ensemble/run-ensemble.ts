/**
 * Members of production code with clients on them, in one thread, and faults for a while: what was answered is there, nobody's
 * reads go back, a read after a sync is not older than what was answered before it, and all come to have the same.
 */
import { EnsembleError, type EnsembleClient } from '../../../src-main/coordination/ensemble-client'
import { pause } from '../../../src-main/kernel/waiting'
import { EnsembleMembers, type SimMember } from '../../support/ensemble-members'
import { mixed, SimRandom } from '../world/sim-random'

export interface EnsembleResult {
  readonly seed: number
  readonly violations: readonly string[]
  readonly figures: Readonly<Record<string, number>>
}

const clientHosts = ['client-1', 'client-2']
const faultsMs = 6_000
const restMs = 30_000
/** Of a client, before it asks for something. */
const thinkingMs = 30
/** A leader is elected, clients have found it, and every session has begun anew or ended. */
const healthyAfterMs = 4_000
const healthyMs = 5_000

const text = (bytes: Uint8Array | null | undefined): string => new TextDecoder().decode(bytes ?? new Uint8Array(0))
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value)

export async function runEnsemble(seed: number): Promise<EnsembleResult> {
  const run = new Run(seed)
  await run.all()
  return { seed, violations: run.violations, figures: run.figures }
}

class Run {
  readonly violations: string[] = []
  readonly figures = { created: 0, counted: 0, synced: 0, faults: 0, wipes: 0 }
  readonly #random: SimRandom
  readonly #world: EnsembleMembers
  readonly #created = new Map<string, string>()
  /** Version that each answered setData of the counter made. */
  readonly #counted = new Set<number>()
  #highestCounted = 0
  #isOver = false
  /** For longer than a session lasts. */
  #isHealthy = false
  #running = 0
  readonly #starting = new Set<SimMember>()

  constructor(seed: number) {
    this.#random = new SimRandom(mixed(seed))
    const isSmall = this.#random.below(2) === 0
    this.#world = new EnsembleMembers(this.#random.below(4) === 0 ? 5 : 3, isSmall ? { snapshotEntriesMax: 40 } : {})
    for (const { machine } of this.#world.members) machine.disk.syncDelayMs = 1 + this.#random.below(8)
  }

  async all(): Promise<void> {
    const world = this.#world
    this.#setLinks()
    await world.startAll()
    const first = await world.connected()
    await world.do(first.create('/counter', bytes('0')))
    await world.do(first.create('/set', null))
    const clients = [first]
    for (const host of clientHosts) clients.push(await world.connected(undefined, 2_000, host))
    for (const [index, client] of clients.entries()) void this.#work(`c${index}`, client)

    const endMs = world.clock.monotonicMs() + faultsMs
    while (world.clock.monotonicMs() < endMs && this.#isFine()) {
      await world.clock.run(this.#random.below(400))
      this.#fault()
    }
    this.#heal()
    await this.#rest(clients)
  }

  #isFine(): boolean {
    for (const failure of this.#world.failures)
      this.violations.push(failure instanceof Error ? (failure.stack ?? failure.message) : String(failure))
    return this.violations.length === 0
  }

  // ── clients ────────────────────────────────────────────────────────────────────────────────────────────────────

  async #work(name: string, client: EnsembleClient): Promise<void> {
    this.#running++
    let made = 0
    let lastRead = 0
    client.onSession((event) => {
      if (event !== 'expired') return
      if (this.#isHealthy) this.violations.push(`${name} lost its session, although all was well`)
      if (!this.#isOver) client.start()
    })
    while (!this.#isOver) {
      try {
        await client.whenConnected()
        await pause(this.#world.clock, this.#random.below(thinkingMs))
        const kind = this.#random.below(3)
        if (kind === 0) {
          const path = `/set/${name}-${made++}`
          await client.create(path, bytes(path))
          this.#created.set(path, path)
          this.figures.created++
        } else {
          const before = this.#highestCounted
          if (kind === 1) await client.sync('/counter')
          const read = await client.getData('/counter')
          const version = read?.stat.version ?? 0
          if (Number(text(read?.data)) !== version)
            this.violations.push(`the counter is ${text(read?.data)} at ${version}`)
          if (version < lastRead) this.violations.push(`${name} read ${version} after ${lastRead}`)
          lastRead = version
          if (kind === 1) {
            this.figures.synced++
            if (version < before)
              this.violations.push(`${name} read ${version} after a sync, when ${before} was answered`)
          }
          const { version: now } = await client.setData('/counter', bytes(`${version + 1}`), version)
          if (this.#counted.has(now)) this.violations.push(`two were told that they made version ${now}`)
          this.#counted.add(now)
          this.#highestCounted = Math.max(this.#highestCounted, now)
          this.figures.counted++
        }
      } catch (error) {
        if (!(error instanceof EnsembleError)) throw error
        await pause(this.#world.clock, 20)
      }
    }
    this.#running--
  }

  // ── faults ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #fault(): void {
    const { members, network } = this.#world
    const member = members[this.#random.below(members.length)]
    if (member === undefined || this.#starting.has(member)) return
    this.figures.faults++
    const kind = this.#random.below(8)
    if (member.node === undefined) this.#start(member)
    else if (member.machine.isPaused) member.machine.resume()
    else if (kind === 0) this.#world.kill(member)
    else if (kind === 1) this.#crash(member)
    else if (kind === 7) for (const one of members) this.#crash(one)
    else if (kind === 2) member.machine.pause()
    else if (kind === 3) this.#wipe(member)
    else if (kind === 4) {
      const other = members[this.#random.below(members.length)]
      if (other !== undefined && other !== member)
        network.fault(member.machine.name, other.machine.name, { isCut: true })
    } else if (kind === 5) {
      for (const other of members) {
        if (other === member) continue
        network.fault(member.machine.name, other.machine.name, { delayMs: 30, jitterMs: 100, loss: 0.05 })
      }
    } else this.#setLinks()
  }

  /** Nothing is wrong with any. */
  #setLinks(): void {
    const { network, members } = this.#world
    network.heal()
    const hosts = [...members.map(({ machine }) => machine.name), 'client', ...clientHosts]
    for (const from of hosts) for (const to of hosts) if (from !== to) network.fault(from, to, { delayMs: 1 })
  }

  /** Its machine loses its power. */
  #crash(member: SimMember): void {
    if (this.#starting.has(member)) return
    member.machine.crash((_path, unsynced) => this.#random.below(unsynced + 1))
    member.node = undefined
  }

  /** What a majority has must stay: nobody else was wiped and does not count yet. */
  #wipe(member: SimMember): void {
    const mayBe = this.#world.members.every(({ node, id }) => {
      const consensus = node?.inspect()['consensus'] as { readonly isVoter?: boolean } | undefined
      return id === member.id || consensus?.isVoter === true
    })
    if (!mayBe) return
    this.figures.wipes++
    this.#world.wipe(member)
  }

  #start(member: SimMember): void {
    this.#starting.add(member)
    this.#world
      .begin(member)
      .catch((error: unknown) => void this.violations.push(`a start failed: ${String(error)}`))
      .finally(() => this.#starting.delete(member))
      .catch((error: unknown) => void this.violations.push(String(error)))
  }

  #heal(): void {
    this.#setLinks()
    for (const member of this.#world.members) {
      if (member.machine.isPaused) member.machine.resume()
      if (member.node === undefined && !this.#starting.has(member)) this.#start(member)
    }
  }

  // ── the end ────────────────────────────────────────────────────────────────────────────────────────────────────

  async #rest(clients: readonly EnsembleClient[]): Promise<void> {
    const { clock } = this.#world
    const before = this.figures.created + this.figures.counted
    const endMs = clock.monotonicMs() + restMs
    await clock.run(healthyAfterMs)
    this.#isHealthy = true
    await clock.run(healthyMs)
    while (clock.monotonicMs() < endMs && this.figures.created + this.figures.counted < before + 20 && this.#isFine())
      await clock.run(50)
    this.#isOver = true
    while (clock.monotonicMs() < endMs && (this.#running > 0 || this.#differences().length > 0) && this.#isFine())
      await clock.run(50)
    if (!this.#isFine()) return
    const differences = this.#differences()
    if (this.figures.created + this.figures.counted < before + 20) this.violations.push('nothing is written any more')
    if (this.#running > 0) this.violations.push('a client waits for an answer that never comes')
    if (differences.length > 0) this.violations.push(`members differ: ${differences.join('; ')}`)
    for (const [path, value] of this.#created)
      for (const { id, node } of this.#world.members)
        if (text(node?.znode(path)?.data) !== value) this.violations.push(`${path} was answered, and ${id} lacks it`)
    for (const client of clients) client.dropConnection()
  }

  #differences(): readonly string[] {
    const states = this.#world.members.map(({ node }) =>
      JSON.stringify([node?.inspect()['state'], text(node?.znode('/counter')?.data)])
    )
    return new Set(states).size === 1 ? [] : [...states, JSON.stringify(this.#world.inspect())]
  }
}
