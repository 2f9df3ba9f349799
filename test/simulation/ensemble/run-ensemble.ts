/** One seed of the scenario "ensemble": faults and clients for a while, then all is healed and has to come to rest. */
import { AppError } from '../../../src-main/kernel/errors'
import { EnsembleChecks, keyOf, textOf } from './ensemble-checks'
import { EnsembleFaults } from './ensemble-faults'
import { ensembleOptions, type EnsembleOptions } from './ensemble-options'
import { EnsembleWorker, initialOf } from './ensemble-worker'
import { RegisterRecord } from './register-record'
import { SimEnsemble } from './sim-ensemble'
import type { SimMember } from './sim-members'
import { ToldToAll } from './told-to-all'

const startMaxMs = 30_000
/** In which everything has to come to rest once it is healed: many times what every timeout in it takes. */
const restMaxMs = 30_000
const stepMs = 20
/** The same for members alone: no client goes elsewhere by itself within it (two thirds of a session). */
const patientRestMaxMs = 10_000
/** Once all is at rest, sessions must live for so many of their timeouts. */
const healthyTimeouts = 1.5
/** Of each client, once all is healed. */
const answersAfterHealing = 3

export interface EnsembleResult {
  readonly options: EnsembleOptions
  readonly violations: readonly string[]
  /** Of everything that was told and done: the same seed has the same. */
  readonly digest: string
  readonly answered: number
  readonly applied: number
  readonly elections: number
  readonly faults: number
  readonly events: number
  readonly simulatedMs: number
}

export interface RunOptions {
  /** Told each line of the story. */
  readonly line?: (line: string) => void
}

export async function runEnsemble(seed: number, { line }: RunOptions = {}): Promise<EnsembleResult> {
  const run = new Run(ensembleOptions(seed), line)
  await run.all()
  return run.result()
}

class Run {
  readonly #options: EnsembleOptions
  readonly #line: ((line: string) => void) | undefined
  readonly #ensemble: SimEnsemble
  readonly #checks: EnsembleChecks
  readonly #workers: readonly EnsembleWorker[]
  readonly #faults: EnsembleFaults
  readonly #registers = new RegisterRecord()
  readonly #all = new ToldToAll(this.#registers)
  readonly #violations: string[] = []
  #working = 0
  #digest = 0x811c9dc5

  constructor(options: EnsembleOptions, line: ((line: string) => void) | undefined) {
    this.#options = options
    this.#line = line
    const told = (who: string, what: string): void => this.#told(who, what)
    const violated = (what: string): void => this.#violated(what)
    this.#ensemble = new SimEnsemble(options, {
      told,
      failed: (who, error) => violated(`${who} cannot go on: ${textOfError(error)}`),
      applied: (...applied) => this.#checks.applied(...applied),
      diskFailed: (member) => this.#faults.diskFailed(member)
    })
    this.#checks = new EnsembleChecks(this.#ensemble, {
      told,
      violated,
      sessionClosed: (sessionId, isExpired) => {
        // A client's word for it is as good as the clocks are.
        if (!isExpired || options.faults.includes('drift')) return
        for (const worker of this.#workers)
          if (worker.isSurelyAlive(sessionId))
            violated(`the session of ${worker.name} expired while it was surely alive`)
      }
    })
    const observer = { told, violated }
    const shared = { checks: this.#checks, all: this.#all, observer }
    this.#workers = this.#ensemble.clientHosts.map((name, index, { length }) => {
      const habits = options.hasQuietClient && index === length - 1 ? 'quiet' : 'busy'
      return new EnsembleWorker(name, habits, this.#ensemble, shared)
    })
    this.#faults = new EnsembleFaults(this.#ensemble, this.#workers, this.#ensemble.random(), told)
  }

  #told(who: string, what: string): void {
    for (let i = 0; i < what.length; i++) this.#digest = Math.imul(this.#digest ^ what.charCodeAt(i), 0x01000193)
    if (this.#line === undefined) return
    const atMs = (this.#ensemble.clock.monotonicMs() - 1_000_000).toFixed(1)
    this.#line(`${atMs.padStart(8)} ${who.padEnd(9)} ${what}`)
  }

  #violated(what: string): void {
    if (this.#violations.includes(what)) return
    this.#violations.push(what)
    this.#told('VIOLATION', what)
  }

  get #isOver(): boolean {
    return this.#violations.length > 0
  }

  async all(): Promise<void> {
    const { clock, members } = this.#ensemble
    this.#told('options', JSON.stringify(this.#options))
    clock.afterEach = () => this.#checks.check()
    try {
      for (const member of members) void this.#ensemble.start(member, true)
      await this.#within(startMaxMs, 'nobody serves', () => members.every(({ isServing }) => isServing))
      await this.#prepare()
      for (const worker of this.#workers) this.#begin(worker)
      this.#faults.begin()
      const endMs = clock.monotonicMs() + this.#options.durationMs
      while (clock.monotonicMs() < endMs && !this.#isOver) await clock.run(stepMs)
      this.#faults.end()
      if (!this.#isOver) await this.#comeToRest()
      if (!this.#isOver) this.#checkEnd()
    } catch (error) {
      this.#violated(`the simulation broke off: ${textOfError(error)}`)
    } finally {
      clock.afterEach = () => undefined
      for (const worker of this.#workers) worker.end()
    }
  }

  async #within(ms: number, what: string, isSo: () => boolean): Promise<boolean> {
    const { clock } = this.#ensemble
    const endMs = clock.monotonicMs() + ms
    while (!this.#isOver && clock.monotonicMs() < endMs) {
      if (isSo()) return true
      await clock.run(stepMs)
    }
    if (!this.#isOver) this.#violated(`${what}: not within ${ms} ms; ${this.#state()}`)
    return false
  }

  async #prepare(): Promise<void> {
    let outcome: { readonly error?: Error } | undefined
    this.#workers[0]?.prepare().then(
      () => (outcome = {}),
      (error: unknown) => (outcome = { error: error instanceof Error ? error : new Error(String(error)) })
    )
    await this.#within(startMaxMs, 'nothing is answered', () => outcome !== undefined)
    if (outcome?.error !== undefined) throw outcome.error
  }

  #begin(worker: EnsembleWorker): void {
    this.#working++
    worker.work().then(
      () => this.#working--,
      (error: unknown) => this.#violated(`${worker.name} broke off: ${textOfError(error)}`)
    )
  }

  async #comeToRest(): Promise<void> {
    const workers = this.#workers
    const { clock } = this.#ensemble
    const before = workers.map(({ answered }) => answered)
    const isServed = (worker: EnsembleWorker, index: number): boolean =>
      worker.isConnected && worker.answered >= (before[index] ?? 0) + answersAfterHealing
    const isWhole = (): boolean => this.#ensemble.members.every(isWholeMember) && workers.every(isServed)
    const { isPatient } = this.#options
    const wholeMaxMs = isPatient ? patientRestMaxMs : restMaxMs
    if (!(await this.#within(wholeMaxMs, 'nothing is written any more', isWhole))) return
    for (const worker of workers) worker.isHealthyNow()
    const endMs = clock.monotonicMs() + (isPatient ? 0 : healthyTimeouts * this.#options.sessionTimeoutMs)
    // What clients ask for now is what they asked for before.
    for (const worker of workers) worker.end()
    if (!(await this.#within(restMaxMs, 'a client waits for an answer', () => this.#working === 0))) return
    while (clock.monotonicMs() < endMs && !this.#isOver) await clock.run(stepMs)
    const isSame = (): boolean =>
      this.#checks.difference() === undefined &&
      workers.every(({ isConnected }) => isConnected) &&
      (isPatient || this.#hasNoOtherSession())
    if (!(await this.#within(restMaxMs, 'members do not become the same', isSame))) return
    // A client that came back a moment ago has yet to say what it watches, and to be told what it missed.
    const { linkDelayMs, linkJitterMs } = this.#options
    await clock.run(4 * (linkDelayMs + linkJitterMs))
  }

  /** Those that nobody knows of any more have expired. */
  #hasNoOtherSession(): boolean {
    const sessions = this.#ensemble.members[0]?.node?.state.sessions.all() ?? []
    return sessions.every(({ sessionId }) => this.#workers.some(({ client }) => client.sessionId === sessionId))
  }

  #checkEnd(): void {
    const tree = this.#ensemble.members[0]?.node?.state.tree
    for (const [path, value] of this.#all.created)
      if (textOf(tree?.find(path)?.data) !== value) this.#violated(`${path} was answered, and it is not there`)
    for (const value of this.#all.refused)
      if (this.#checks.writeOf(value) !== undefined) this.#violated(`${value} was refused, and it was written`)
    for (const problem of this.#registers.problems(initialOf)) this.#violated(problem)
    for (const worker of this.#workers)
      worker.checkEnd((path) => {
        const znode = tree?.find(path)
        return znode === undefined ? undefined : { version: znode.version, pzxidKey: keyOf(znode.pzxid) }
      })
  }

  #state(): string {
    return JSON.stringify({
      members: this.#ensemble.members.map(({ id, node, isServing }) => ({ id, isServing, ...node?.inspect() })),
      clients: this.#workers.map(({ name, client, answered }) => ({ name, answered, ...client.inspect() })),
      working: this.#working
    })
  }

  result(): EnsembleResult {
    const { clock } = this.#ensemble
    return {
      options: this.#options,
      violations: this.#violations,
      digest: (this.#digest >>> 0).toString(16).padStart(8, '0'),
      answered: this.#workers.reduce((sum, { answered }) => sum + answered, 0),
      applied: this.#checks.appliedCount,
      elections: this.#checks.elections,
      faults: this.#faults.count,
      events: clock.count,
      simulatedMs: Math.round(clock.monotonicMs() - 1_000_000)
    }
  }
}

const isWholeMember = ({ node, isServing }: SimMember): boolean => isServing && node?.consensus?.isVoter === true

function textOfError(error: unknown): string {
  const details = error instanceof AppError ? ` ${JSON.stringify(error.details)}` : ''
  return error instanceof Error ? `${error.stack ?? error.message}${details}` : String(error)
}
