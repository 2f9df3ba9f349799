/**
 * A client of a simulated ensemble: the production client, which asks for one thing after another and holds every answer against
 * what members have applied (EnsembleChecks) and what others were told before.
 */
import {
  EnsembleClient,
  EnsembleError,
  isPassing,
  type ZnodeStat
} from '../../../src-main/coordination/ensemble-client'
import type { SessionId } from '../../../src-main/kernel/ids'
import type { Clock, Network } from '../../../src-main/kernel/ports'
import { pause } from '../../../src-main/kernel/waiting'
import type { SimNode } from '../world/sim-node'
import type { SimRandom } from '../world/sim-random'
import { textOf, type EnsembleChecks } from './ensemble-checks'
import type { SimEnsemble } from './sim-ensemble'
import type { ToldToAll } from './told-to-all'
import { WatchWatch } from './watch-watch'

export const registers = ['/r0', '/r1'] as const
export const initialOf = (path: string): string => `init ${path}`
export const folders = ['/set', '/seq', '/pairs', '/e'] as const

/** Then a client deletes those that it has made. */
const sequentialsMax = 2
/** After a failure that says nothing. */
const retryMs = 10
/** Before a quiet client asks for something. */
const quietThinkMs = 400
/** What is asked for just before a connection breaks is on its way somewhere. */
const dropWithinMs = 20

/** `quiet`: asks seldom, and only reads: to it, most of what it knows of its session comes from pings. */
export type Habits = 'busy' | 'quiet'

export interface WorkerObserver {
  readonly told: (who: string, what: string) => void
  readonly violated: (what: string) => void
}

interface Owned {
  readonly path: string
  readonly sessionId: SessionId
}

export class EnsembleWorker {
  readonly name: string
  readonly machine: SimNode
  /** Answers that were as they should be. */
  answered = 0
  readonly #ensemble: SimEnsemble
  readonly #checks: EnsembleChecks
  readonly #all: ToldToAll
  readonly #observer: WorkerObserver
  readonly #random: SimRandom
  readonly #clock: Clock
  readonly #network: Network
  readonly #watches: WatchWatch
  readonly #habits: Habits
  /** Of a quiet one: whether it asks the leader before it reads. */
  readonly #isSyncing: boolean
  #client: EnsembleClient
  #ephemerals: Owned[] = []
  #sequentials: string[] = []
  /** The newest entry that this session was told of: it must never be shown less. */
  #seenKey = 0
  #values = 0
  #isOver = false
  #isHealthy = false

  constructor(
    name: string,
    habits: Habits,
    ensemble: SimEnsemble,
    {
      checks,
      all,
      observer
    }: { readonly checks: EnsembleChecks; readonly all: ToldToAll; readonly observer: WorkerObserver }
  ) {
    this.name = name
    this.#habits = habits
    this.#ensemble = ensemble
    this.#checks = checks
    this.#all = all
    this.#observer = observer
    this.#random = ensemble.random()
    this.#isSyncing = this.#random.below(2) === 0
    this.machine = ensemble.machine(name)
    const { clock, network } = this.machine.begin()
    this.#clock = clock
    this.#network = network
    this.#watches = new WatchWatch(name, observer)
    this.#client = this.#newClient()
  }

  #newClient(): EnsembleClient {
    const client = new EnsembleClient({
      addresses: this.#ensemble.addresses,
      sessionTimeoutMs: this.#ensemble.options.sessionTimeoutMs,
      clock: this.#clock,
      network: this.#network,
      random: this.#random.fork(),
      // No byte is ever wrong here.
      log: (level, message, fields) => {
        if (level !== 'debug') this.#violated(`says: ${message} ${JSON.stringify(fields)}`)
      }
    })
    client.onSession((event) => {
      this.#tell(`session ${event}`)
      if (event !== 'expired') return
      if (this.#isHealthy) this.#violated('lost its session, although all was well')
      this.#beginsAnew()
      if (!this.#isOver) client.start()
    })
    client.start()
    return client
  }

  #beginsAnew(): void {
    this.#seenKey = 0
    this.#watches.clear()
  }

  get client(): EnsembleClient {
    return this.#client
  }

  get isConnected(): boolean {
    return this.#client.state === 'connected'
  }

  /** A moment at which, by its own word, nobody can have taken its session for expired. */
  isSurelyAlive(sessionId: SessionId): boolean {
    return this.#client.sessionId === sessionId && this.#client.aliveUntilMs > this.#clock.monotonicMs()
  }

  /** All has been well for longer than a session lasts: from here on none may end. */
  isHealthyNow(): void {
    this.#isHealthy = true
  }

  #tell(what: string): void {
    this.#observer.told(this.name, what)
  }

  #violated(what: string): void {
    this.#observer.violated(`${this.name} ${what}`)
  }

  /** Makes what all work with. */
  async prepare(): Promise<void> {
    await this.#client.whenConnected()
    for (const path of registers) {
      await this.#client.create(path, bytesOf(initialOf(path)))
      this.#all.versions.set(path, 0)
      this.#all.registers.made(path)
    }
    for (const path of folders) await this.#client.create(path, null)
  }

  /** Until it is told that it is over; resolves then, when nothing is under way. */
  async work(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#client.whenConnected()
        const thinkMs = this.#habits === 'quiet' ? quietThinkMs : this.#ensemble.options.thinkMs
        await pause(this.#clock, this.#random.below(1_000 * thinkMs) / 1_000)
        if (!this.#isOver) await this.#operation()
        this.answered++
      } catch (error) {
        if (!(error instanceof EnsembleError)) throw error
        await pause(this.#clock, retryMs)
      }
    }
  }

  end(): void {
    this.#isOver = true
  }

  #operation(): Promise<void> {
    const path = this.#random.below(3) === 0 ? registers[1] : registers[0]
    const kind = this.#random.below(100)
    if (this.#habits === 'quiet') {
      return kind < 80 ? this.#read(path, this.#isSyncing) : this.#watch(path)
    }
    if (kind < 16) return this.#set(path)
    if (kind < 30) return this.#compareAndSet(path)
    if (kind < 40) return this.#read(path, false)
    if (kind < 52) return this.#read(path, true)
    if (kind < 60) return this.#append()
    if (kind < 66) return this.#sequential()
    if (kind < 76) return this.#ephemeral()
    if (kind < 84) return this.#watch(path)
    if (kind < 89) return this.#pair()
    if (kind < 97) return this.#burst(path)
    if (kind < 98) return this.#drop()
    if (kind < 99) return this.#dropAsking(path)
    return this.#renew()
  }

  #value(): string {
    return `${this.name}.${++this.#values}`
  }

  // ── what is held against answers ───────────────────────────────────────────────────────────────────────────────

  /** What was asked for, and what became of it: a refusal is for good. */
  async #asked<T>(what: string, values: readonly string[], answer: Promise<T>): Promise<T> {
    this.#tell(what)
    try {
      const value = await answer
      for (const one of values) {
        if (this.#checks.writeOf(one) === undefined) this.#violated(`was answered, and nobody has written ${one}`)
      }
      return value
    } catch (error) {
      if (error instanceof EnsembleError) {
        this.#tell(`${what}: ${error.code}`)
        if (!isPassing(error) && error.code !== 'OPERATIONTIMEOUT') for (const one of values) this.#refused(one)
      }
      throw error
    }
  }

  #refused(value: string): void {
    this.#all.refused.add(value)
    if (this.#checks.writeOf(value) !== undefined) this.#violated(`was refused ${value}, which was written`)
  }

  #saw(key: number): void {
    this.#seenKey = Math.max(this.#seenKey, key)
  }

  #wrote(path: string, value: string, { version, mzxid }: ZnodeStat, toldBefore: number): void {
    this.#tell(`${path} is ${value}, version ${version}`)
    const known = this.#checks.valueAt(path, version)
    if (known !== value) this.#violated(`was told that ${value} is version ${version} of ${path}, which is ${known}`)
    if (this.#checks.writeOf(value) !== Number(mzxid)) this.#violated(`was told another zxid of ${value}`)
    if (version <= toldBefore) this.#violated(`made version ${version} of ${path} after ${toldBefore} was known`)
    if (Number(mzxid) <= this.#seenKey) this.#violated(`wrote ${value} before what it had seen`)
    this.#knowsAll(path, version)
    this.#saw(Number(mzxid))
  }

  #knowsAll(path: string, version: number): void {
    this.#all.versions.set(path, Math.max(version, this.#toldOf(path)))
  }

  #toldOf(path: string): number {
    return this.#all.versions.get(path) ?? -1
  }

  /** `least`: the version that it must show at least. */
  #hasRead(path: string, read: { readonly data: Uint8Array | null; readonly stat: ZnodeStat }, least: number): void {
    const { version, mzxid } = read.stat
    const value = textOf(read.data)
    if (this.#checks.valueAt(path, version) !== value)
      this.#violated(
        `read ${value} as version ${version} of ${path}, which is ${this.#checks.valueAt(path, version) ?? 'nowhere'}`
      )
    const seen = this.#checks.versionAt(path, this.#seenKey)
    if (version < seen) this.#violated(`read version ${version} of ${path} after it had seen ${seen}`)
    if (version < least) this.#violated(`read version ${version} of ${path} after a sync, when ${least} was known`)
    this.#watches.saw('data', path, version)
    this.#saw(Number(mzxid))
  }

  // ── what it does ───────────────────────────────────────────────────────────────────────────────────────────────

  async #set(path: string): Promise<void> {
    const value = this.#value()
    const told = this.#toldOf(path)
    const stat = await this.#setData(path, value)
    this.#wrote(path, value, stat, told)
  }

  #setData(path: string, value: string): Promise<ZnodeStat> {
    const set = this.#client.setData(path, bytesOf(value))
    return this.#asked(`sets ${path} to ${value}`, [value], this.#all.registers.set(this.name, path, { value }, set))
  }

  async #compareAndSet(path: string): Promise<void> {
    const read = await this.#client.getData(path)
    if (read === undefined) return this.#violated(`does not find ${path}`)
    this.#hasRead(path, read, 0)
    const { version } = read.stat
    const value = this.#value()
    const told = this.#toldOf(path)
    const what = `sets ${path} to ${value} after version ${version}`
    const set = this.#client.setData(path, bytesOf(value), version)
    const recorded = this.#all.registers.set(this.name, path, { value, at: version }, set)
    const stat = await this.#asked(what, [value], recorded)
    this.#wrote(path, value, stat, told)
    if (stat.version !== version + 1) this.#violated(`set ${path} after ${version}, and it is ${stat.version}`)
  }

  async #read(path: string, hasSync: boolean): Promise<void> {
    const least = hasSync ? this.#toldOf(path) : 0
    const read = await (hasSync ? this.#synced(path) : this.#client.getData(path))
    if (read === undefined) return this.#violated(`does not find ${path}`)
    this.#tell(`reads version ${read.stat.version} of ${path}${hasSync ? ' after a sync' : ''}`)
    this.#hasRead(path, read, least)
    if (hasSync) this.#knowsAll(path, read.stat.version)
  }

  /** The read is asked for behind the sync, or when that is answered. */
  #synced(path: string): ReturnType<EnsembleClient['getData']> {
    const sync = this.#client.sync(path)
    const isAtOnce = this.#random.below(2) === 0
    return this.#all.registers.read(
      this.name,
      path,
      isAtOnce ? this.#behind(sync, path) : sync.then(() => this.#client.getData(path))
    )
  }

  async #behind(sync: Promise<void>, path: string): ReturnType<EnsembleClient['getData']> {
    const [, read] = await Promise.all([sync, this.#client.getData(path)])
    return read
  }

  async #append(): Promise<void> {
    const value = this.#value()
    const path = `/set/${value}`
    const { stat } = await this.#asked(`creates ${path}`, [value], this.#client.create(path, bytesOf(value)))
    this.#all.created.set(path, value)
    this.#watches.saw('exists', path, 0)
    this.#created(value, stat)
  }

  #created(value: string, { czxid }: ZnodeStat): void {
    if (this.#checks.writeOf(value) !== Number(czxid)) this.#violated(`was told another zxid of ${value}`)
    if (Number(czxid) <= this.#seenKey) this.#violated(`wrote ${value} before what it had seen`)
    this.#saw(Number(czxid))
  }

  async #sequential(): Promise<void> {
    const value = this.#value()
    const told = this.#all.sequence
    const create = this.#client.create('/seq/n-', bytesOf(value), { sequential: true })
    const { path, stat } = await this.#asked(`creates /seq/n- with ${value}`, [value], create)
    const number = Number(path.slice(-10))
    if (number <= told) this.#violated(`made ${path} after ${told} was known`)
    this.#all.sequence = Math.max(this.#all.sequence, number)
    this.#all.created.set(path, value)
    this.#created(value, stat)
    this.#sequentials.push(path)
    if (this.#sequentials.length < sequentialsMax) return
    // A number is never given again.
    for (const own of this.#sequentials.splice(0)) {
      this.#all.created.delete(own)
      await this.#asked(`deletes ${own}`, [], this.#client.delete(own))
    }
  }

  async #ephemeral(): Promise<void> {
    const own = this.#ephemerals.findIndex(({ sessionId }) => sessionId === this.#client.sessionId)
    if (own >= 0 && this.#random.below(3) === 0) {
      const [{ path } = { path: '' }] = this.#ephemerals.splice(own, 1)
      await this.#asked(`deletes ${path}`, [], this.#client.delete(path))
      return
    }
    const value = this.#value()
    const path = `/e/${value}`
    const { sessionId } = this.#client
    const create = this.#client.create(path, bytesOf(value), { ephemeral: true })
    const { stat } = await this.#asked(`creates the ephemeral ${path}`, [value], create)
    if (stat.ephemeralOwner !== sessionId) this.#violated(`made ${path}, which belongs to another session`)
    this.#ephemerals.push({ path, sessionId })
    this.#created(value, stat)
  }

  async #watch(path: string): Promise<void> {
    const kind = this.#random.below(3)
    if (kind === 0) {
      const watch = this.#watches.watch('data', path)
      const read = await this.#client.getData(path, watch.fired)
      if (read === undefined) return this.#violated(`does not find ${path}`)
      this.#hasRead(path, read, 0)
      watch.armed(read.stat.version)
    } else if (kind === 1) {
      const folder = folders[this.#random.below(folders.length)] ?? folders[0]
      const watch = this.#watches.watch('children', folder)
      const read = await this.#client.getChildren(folder, watch.fired)
      if (read === undefined) return this.#violated(`does not find ${folder}`)
      const key = Number(read.stat.pzxid)
      this.#watches.saw('children', folder, key)
      this.#saw(key)
      watch.armed(key)
    } else {
      const wanted = `/set/client-${1 + this.#random.below(this.#ensemble.options.clients)}.${this.#values + 3}`
      const watch = this.#watches.watch('exists', wanted)
      const stat = await this.#client.exists(wanted, watch.fired)
      watch.armed(stat === undefined ? -1 : Infinity)
    }
  }

  /** Two znodes and a register, all or nothing; with a wrong version nothing. */
  async #pair(): Promise<void> {
    const value = this.#value()
    const isWrong = this.#random.below(3) === 0
    const operations = [
      { type: 'create', path: `/pairs/a${value}`, data: bytesOf(`${value}a`) },
      { type: 'create', path: `/pairs/b${value}`, data: bytesOf(`${value}b`) },
      { type: 'setData', path: registers[1], data: bytesOf(value), version: isWrong ? 1_000_000 : -1 }
    ] as const
    const told = this.#toldOf(registers[1])
    const values = [value, `${value}a`, `${value}b`]
    try {
      const multi = this.#client.multi(operations)
      const recorded = isWrong ? multi : this.#all.registers.multi(this.name, registers[1], value, multi)
      const results = await this.#asked(`makes the pair ${value}`, values, recorded)
      if (isWrong) this.#violated(`made the pair ${value} with a wrong version`)
      const stat = results[2]?.stat
      if (stat !== undefined) this.#wrote(registers[1], value, stat, told)
      for (const side of ['a', 'b']) this.#all.created.set(`/pairs/${side}${value}`, `${value}${side}`)
    } catch (error) {
      if (!isWrong || !(error instanceof EnsembleError) || error.code !== 'BADVERSION') throw error
    }
  }

  /** Several requests at once: answered in their order, each after those before it. */
  async #burst(path: string): Promise<void> {
    const [one, other, two] = [this.#value(), this.#value(), this.#value()]
    const told = this.#toldOf(path)
    const hasSync = this.#random.below(2) === 0
    const answers = await Promise.allSettled([
      this.#setData(path, one),
      this.#asked(`creates /set/${other}`, [other], this.#client.create(`/set/${other}`, bytesOf(other))),
      hasSync ? this.#behind(this.#client.sync(path), path) : this.#client.getData(path),
      this.#setData(path, two)
    ])
    const [first, created, read, second] = answers
    const lost = answers.findIndex(
      (answer) => answer.status === 'rejected' && answer.reason instanceof EnsembleError && isPassing(answer.reason)
    )
    if (lost >= 0 && answers.slice(lost).some(({ status }) => status === 'fulfilled'))
      this.#violated('was answered what it asked last, and not what it asked before')
    if (first.status === 'fulfilled') this.#wrote(path, one, first.value, told)
    if (created.status === 'fulfilled') {
      this.#all.created.set(`/set/${other}`, other)
      this.#created(other, created.value.stat)
    }
    if (read.status === 'fulfilled' && read.value !== undefined) {
      const own = first.status === 'fulfilled' ? first.value.version : 0
      if (read.value.stat.version < own) this.#violated(`does not read what it wrote to ${path}`)
      if (second.status === 'fulfilled' && read.value.stat.version >= second.value.version)
        this.#violated(`reads of ${path} what it asked for later`)
      this.#hasRead(path, read.value, 0)
    }
    if (second.status === 'fulfilled') this.#wrote(path, two, second.value, told)
    for (const answer of answers) if (answer.status === 'rejected') throw answer.reason
  }

  /** Its connection breaks; the session goes on elsewhere. */
  #drop(): Promise<void> {
    this.#tell('drops its connection')
    this.#client.dropConnection()
    return Promise.resolve()
  }

  /** It breaks while a write is on its way, and what comes after that is asked for elsewhere. */
  async #dropAsking(path: string): Promise<void> {
    const value = this.#value()
    const told = this.#toldOf(path)
    const set = this.#setData(path, value).then((stat) => this.#wrote(path, value, stat, told))
    const dropped = pause(this.#clock, this.#random.below(1_000 * dropWithinMs) / 1_000).then(() => this.#drop())
    const [outcome] = await Promise.allSettled([set, dropped])
    if (outcome.status === 'rejected') throw outcome.reason
  }

  /** Ends its session and begins another. */
  async #renew(): Promise<void> {
    this.#tell('closes its session')
    await this.#client.close()
    this.#beginsAnew()
    this.#client = this.#newClient()
  }

  // ── the end ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Everything has come to rest, and it is connected. `find`: as a member has it. */
  checkEnd(find: (path: string) => { readonly version: number; readonly pzxidKey: number } | undefined): void {
    const { sessionId } = this.#client
    for (const { path, sessionId: owner } of this.#ephemerals) {
      const isThere = find(path) !== undefined
      if (owner === sessionId && !isThere) this.#violated(`has lost ${path}, and not its session`)
    }
    this.#watches.checkEnd(find)
  }
}

const encoder = new TextEncoder()
const bytesOf = (text: string): Uint8Array => encoder.encode(text)
