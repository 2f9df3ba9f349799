/**
 * One node of the cluster as the supervisor sees it: the process, its observed state, what it is to be. The state is
 * never guessed: `running` follows the node's own word, the end follows the observed exit.
 *
 * Verbs may overlap in any order; the last one wins. A start while the process is ending waits for its exit and launches
 * then; a stop or kill takes such a start back. Whoever waits for a verb that a later one took back is told so.
 */
import { invariant } from '../kernel/invariant'
import { AppError, type AppErrorCode } from '../kernel/errors'
import type { AskedRepair, Repaired } from '../kernel/log-repair'
import type { ChildProcess, Clock, Log, ProcessExit, ProcessLauncher, Timer } from '../kernel/ports'
import type { NodeView, NodeState } from '../api/views'
import type { NodeFaults } from '../kernel/node-faults'
import { said } from '../kernel/said'
import type { NodeSpec } from './core/cluster-spec'
import { afterCrash, afterPassingProblem, noCrashes, type RestartHistory } from './core/restart-policy'

/** A clean stop may take so long (a log is made safe); then the node is killed. */
const stopTimeoutMs = 15_000
/** Longer than the slowest disk holds a node at one write. */
const obeyTimeoutMs = 15_000

/** Paused is no state of its own (see #isPaused): the node goes on as what it was. */
type OwnState = Exclude<NodeState, 'paused'>

/** Which state may follow which. */
const previousStates: Readonly<Record<OwnState, readonly OwnState[]>> = {
  starting: ['stopped', 'killed', 'crashed', 'failed'],
  running: ['starting'],
  stopping: ['starting', 'running'],
  stopped: ['stopping', 'starting', 'running', 'crashed', 'failed', 'killed'],
  killed: ['starting', 'running', 'stopping', 'crashed', 'failed', 'stopped'],
  crashed: ['starting', 'running'],
  failed: ['starting', 'running']
}

export interface NodeRunnerPorts {
  readonly clock: Clock
  readonly launcher: ProcessLauncher
  readonly log: Log
  readonly dataDir: string
  /** The configuration to launch with; asked anew each time. */
  readonly configOf: (spec: NodeSpec) => unknown
  readonly changed: (runner: NodeRunner) => void
  readonly event: (runner: NodeRunner, name: string, fields: Readonly<Record<string, unknown>>) => void
}

/** Exit code of a node that cannot run on this machine as it is; a broken invariant has another one. */
const machineProblem = 1

/** Problems that others may take away without telling us: a port that is let go, a disk that gets room, a flood of connections that ends. */
const passesByItself: ReadonlySet<string> = new Set(['ADDRESS_IN_USE', 'DISK_FULL', 'TOO_MANY_FILES'])

interface RepairAnswer {
  readonly done?: Repaired
  readonly refused?: { readonly code: AppErrorCode; readonly message: string }
}

interface Settled {
  readonly resolve: () => void
}

export class NodeRunner {
  readonly #ports: NodeRunnerPorts
  #spec: NodeSpec
  #state: OwnState
  #sinceMs: number
  #child: ChildProcess | undefined
  #exit: ProcessExit | null = null
  #problem: { readonly code: string; readonly message: string } | undefined
  #restart: { readonly atMs: number; readonly timer: Timer } | undefined
  #history: RestartHistory = noCrashes
  #startedMs = 0
  /** What the next observed exit means. */
  #ending: 'stopped' | 'killed' | undefined
  /** Launched again as soon as the process that is ending is gone. */
  #startsAfterExit = false
  #launches = 0
  /** What the process said of itself last; forgotten with it. */
  #recovery: { readonly done: number; readonly total: number } | undefined
  #isDiskFull = false
  /** The process stands still; what it was doing when it was paused is its state underneath. */
  #isPaused = false
  /** Of the latest pause or resume: an earlier one that is still being observed has no say any more. */
  #pauses = 0
  #faultsTold = 0
  #faultsObeyed = 0
  #repairsAsked = 0
  /** Answers that nobody has taken yet. */
  readonly #repairs = new Map<number, RepairAnswer>()
  #offlineLogs: NodeView['offlineLogs']
  #waiting: Settled[] = []

  constructor(spec: NodeSpec, ports: NodeRunnerPorts) {
    this.#spec = spec
    this.#ports = ports
    this.#state = spec.desired === 'killed' ? 'killed' : 'stopped'
    this.#sinceMs = ports.clock.nowMs()
  }

  get spec(): NodeSpec {
    return this.#spec
  }

  set spec(spec: NodeSpec) {
    this.#spec = spec
  }

  get state(): NodeState {
    return this.#isPaused ? 'paused' : this.#state
  }

  /** It ended by itself and will be started again by itself. */
  get isToRestart(): boolean {
    return this.#restart !== undefined
  }

  /** It runs, or will without anybody's doing. */
  get isComing(): boolean {
    return this.#startsAfterExit || this.#state === 'starting' || this.#state === 'running'
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  get identity(): { readonly pid: number; readonly startedAt: string } | undefined {
    return this.#child === undefined ? undefined : { pid: this.#child.pid, startedAt: this.#child.startedAt }
  }

  get problem(): { readonly code: string; readonly message: string } | undefined {
    return this.#problem
  }

  view(): NodeView {
    return {
      name: this.#spec.name,
      role: this.#spec.role,
      id: this.#spec.id,
      state: this.state,
      pid: this.#child?.pid ?? null,
      port: this.#spec.port,
      dataDir: this.#ports.dataDir,
      sinceMs: this.#sinceMs,
      exit: this.#exit,
      restartAtMs: this.#restart?.atMs ?? null,
      problem: this.#problem?.message ?? null,
      ...(this.#recovery === undefined ? {} : { recovery: this.#recovery }),
      ...(this.#state === 'failed' && this.#problem?.code === 'CORRUPT' ? { isCorrupt: true as const } : {}),
      ...(this.#isDiskFull ? { isDiskFull: true as const } : {}),
      ...(this.#offlineLogs === undefined ? {} : { offlineLogs: this.#offlineLogs })
    }
  }

  // ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Launches the process unless there is one, which goes on if it was paused; after the exit of one that is ending. */
  start(): void {
    this.#cancelRestart()
    if (this.#child !== undefined) {
      this.#startsAfterExit = this.#ending !== undefined
      this.#goOn(this.#child)
      return
    }
    this.#problem = undefined
    this.#ending = undefined
    this.#startsAfterExit = false
    this.#startedMs = this.#ports.clock.monotonicMs()
    this.#enter('starting')
    try {
      this.#child = this.#launch()
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      // No process could be made (too many, too little memory): like one that ended at once.
      this.#problem = error
      this.#exited({ code: null, signal: null })
      return
    }
    this.#ports.changed(this)
  }

  #launch(): ChildProcess {
    const { launcher, configOf, log } = this.#ports
    const launch = ++this.#launches
    return launcher.launch(this.#spec.role, configOf(this.#spec), {
      // The last words of a process may arrive after its exit: they are not those of the next one.
      message: (message) => {
        if (launch === this.#launches) this.#message(message)
      },
      line: (line) => log('warn', line, { node: this.#spec.name }),
      exited: (exit) => this.#exited(exit)
    })
  }

  /** Asks for a clean stop; kills when that takes too long. Resolves when the exit was observed. */
  async stop(): Promise<void> {
    this.#cancelRestart()
    this.#startsAfterExit = false
    if (this.#child === undefined) {
      if (this.#state !== 'stopped') this.#enter('stopped')
      return
    }
    const child = this.#child
    const wasEnding = this.#ending !== undefined
    this.#ending = 'stopped'
    if (!wasEnding) {
      // What stands still cannot end cleanly.
      this.#goOn(child)
      this.#enter('stopping')
      child.send({ type: 'stop' })
    }
    const timer = this.#ports.clock.after(stopTimeoutMs, () => {
      this.#ports.log('warn', 'a node did not stop in time and is killed', { node: this.#spec.name })
      child.kill()
    })
    await this.#untilSettled(() => this.#child !== child)
    timer.cancel()
  }

  /** SIGKILL. Resolves when the exit was observed. */
  async kill(): Promise<void> {
    this.#cancelRestart()
    this.#startsAfterExit = false
    if (this.#child === undefined) {
      if (this.#state !== 'killed') this.#enter('killed')
      return
    }
    const child = this.#child
    this.#ending = 'killed'
    child.kill()
    await this.#untilSettled(() => this.#child !== child)
  }

  /** SIGSTOP. Resolves when it was seen to stand still; rejects with AppError when it cannot, or when a later verb undid it. */
  async pause(): Promise<void> {
    const { name } = this.#spec
    const child = this.#child
    if (child === undefined || this.#ending !== undefined) {
      throw new AppError(
        'NOT_RUNNING',
        said`${name} does not run (${this.#state}), so it cannot be paused. Start it first.`
      )
    }
    if (this.#isPaused) return
    const pause = ++this.#pauses
    await child.pause()
    if (this.#child !== child || this.#pauses !== pause) {
      throw new AppError('ABORTED', said`${name} was told something else before it stood still.`)
    }
    this.#setPaused(true)
  }

  /** SIGCONT. Resolves when it was seen to go on; nothing to do for one that is not paused. Rejects with AppError. */
  async resume(): Promise<void> {
    const child = this.#child
    if (child === undefined) {
      throw new AppError('NOT_RUNNING', said`${this.#spec.name} does not run (${this.#state}). Start it instead.`)
    }
    this.#pauses += 1
    await child.resume()
    if (this.#child === child) this.#setPaused(false)
  }

  #goOn(child: ChildProcess): void {
    this.#pauses += 1
    if (!this.#isPaused) return
    this.#setPaused(false)
    child.resume().catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error
      this.#ports.log('error', 'a paused node does not go on', { node: this.#spec.name, reason: error.message })
    })
  }

  #setPaused(isPaused: boolean): void {
    if (this.#isPaused === isPaused) return
    this.#isPaused = isPaused
    this.#moved()
  }

  /**
   * Resolves when the process obeys them, or cannot: it has ended, or stands still and obeys when it goes on. Rejects with
   * TIMED_OUT when it says nothing; it obeys all the same when it goes on.
   */
  async tellFaults(faults: NodeFaults): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    const serial = ++this.#faultsTold
    child.send({ type: 'faults', serial, faults })
    const isSettled = (): boolean => this.#child !== child || this.#isPaused || this.#faultsObeyed >= serial
    let isLate = false
    const timer = this.#ports.clock.after(obeyTimeoutMs, () => {
      isLate = true
      this.#settle()
    })
    await this.#untilSettled(() => isLate || isSettled())
    timer.cancel()
    if (isSettled()) return
    const seconds = obeyTimeoutMs / 1000
    throw new AppError(
      'TIMED_OUT',
      said`${this.#spec.name} has not answered within ${seconds} s: its faults change when it does.`
    )
  }

  /** Resolves when the process has done it. Rejects with AppError: it does not run, refuses, or has not answered in time. */
  async repair(asked: AskedRepair): Promise<Repaired> {
    const { name } = this.#spec
    const child = this.#child
    if (child === undefined || this.#state !== 'running' || this.#isPaused)
      throw new AppError('NOT_RUNNING', said`${name} does not run (${this.state}). Start or resume it first.`)
    const serial = ++this.#repairsAsked
    child.send({ type: 'repair', serial, asked })
    let isLate = false
    const timer = this.#ports.clock.after(obeyTimeoutMs, () => {
      isLate = true
      this.#settle()
    })
    await this.#untilSettled(() => isLate || this.#child !== child || this.#repairs.has(serial))
    timer.cancel()
    const answer = this.#repairs.get(serial)
    this.#repairs.delete(serial)
    if (answer?.refused !== undefined) throw new AppError(answer.refused.code, answer.refused.message)
    if (answer?.done !== undefined) return answer.done
    const message =
      this.#child === child
        ? said`${name} has not answered within ${obeyTimeoutMs / 1000} s: look whether the partition is back before you try again.`
        : said`${name} ended before it answered: look whether the partition is back before you try again.`
    throw new AppError('TIMED_OUT', message)
  }

  /** Kills what runs, then lets `empty` take its data away, not before `known` has resolved; it stays stopped. */
  async wipe(known: Promise<void>, empty: () => void): Promise<void> {
    await Promise.all([this.kill(), known])
    if (this.#child !== undefined) {
      throw new AppError(
        'ABORTED',
        said`${this.#spec.name} was started before its data was gone; nothing was taken away.`
      )
    }
    // In one turn: nothing is launched into a folder that is half empty.
    empty()
    if (this.#state !== 'stopped') this.#enter('stopped')
  }

  /** Resolves when the node serves; rejects with AppError when it ended, or was told to end, instead. */
  async whenRunning(): Promise<void> {
    await this.#untilSettled(() => this.#state !== 'starting' && !this.#startsAfterExit && !this.#isPaused)
    if (this.#state === 'running') return
    if (this.#state === 'stopping' || this.#state === 'stopped' || this.#state === 'killed') {
      const { name, desired } = this.#spec
      const message =
        desired === 'killed' ? said`${name} was killed before it served.` : said`${name} was stopped before it served.`
      throw new AppError('ABORTED', message)
    }
    const message =
      this.#problem?.message ?? said`${this.#spec.name} ended while it was starting (${this.#exitText()}).`
    throw new AppError('FAILED', message, { details: { node: this.#spec.name, code: this.#problem?.code ?? 'FAILED' } })
  }

  #untilSettled(isSettled: () => boolean): Promise<void> {
    if (isSettled()) return Promise.resolve()
    return new Promise((resolve) => {
      const look = { resolve: () => (isSettled() ? resolve() : void this.#waiting.push(look)) }
      this.#waiting.push(look)
    })
  }

  // ── observations ─────────────────────────────────────────────────────────────────────────────────────────────

  #message(message: unknown): void {
    if (typeof message !== 'object' || message === null || !('type' in message)) return
    const fields = message as Readonly<Record<string, unknown>>
    if (fields['type'] === 'ready') {
      this.#recovery = undefined
      if (this.#state === 'starting') this.#enter('running')
    } else if (fields['type'] === 'problem') {
      this.#problem = { code: String(fields['code']), message: String(fields['message']) }
    } else if (fields['type'] === 'faultsObeyed') {
      this.#faultsObeyed = Number(fields['serial'])
      this.#settle()
    } else if (fields['type'] === 'repaired') {
      this.#repairs.set(Number(fields['serial']), fields)
      this.#settle()
    } else if (fields['type'] === 'event') {
      this.#told(String(fields['name']), (fields['fields'] ?? fields) as Readonly<Record<string, unknown>>)
    } else if (fields['type'] === 'log') {
      const level = fields['level'] as 'debug' | 'info' | 'warn' | 'error'
      const more = fields['fields'] as Readonly<Record<string, unknown>> | undefined
      this.#ports.log(level, String(fields['message']), { node: this.#spec.name, ...more })
    }
  }

  #told(name: string, fields: Readonly<Record<string, unknown>>): void {
    const { done, total } = fields
    if (name === 'recovery' && typeof done === 'number' && typeof total === 'number') {
      this.#recovery = { done, total }
      this.#ports.changed(this)
    }
    if (name === 'disk') {
      this.#isDiskFull = fields['isFull'] === true
      this.#ports.changed(this)
    }
    if (name === 'offlineLogs') {
      this.#offlineLogs = fields['count'] === 0 ? undefined : (fields as NodeView['offlineLogs'])
      this.#ports.changed(this)
    }
    this.#ports.event(this, name, fields)
  }

  #exited(exit: ProcessExit): void {
    this.#child = undefined
    this.#exit = exit
    this.#recovery = undefined
    this.#isDiskFull = false
    this.#offlineLogs = undefined
    this.#repairs.clear()
    this.#isPaused = false
    if (this.#ending !== undefined) {
      const ending = this.#ending
      this.#ending = undefined
      this.#enter(ending)
      if (this.#startsAfterExit) this.start()
      return
    }
    const isMachineProblem = this.#problem !== undefined && exit.code === machineProblem
    if (isMachineProblem && !passesByItself.has(this.#problem?.code ?? '')) {
      // It said what is wrong with the machine: starting again would say it again.
      this.#enter('failed')
      return
    }
    const ranForMs = this.#ports.clock.monotonicMs() - this.#startedMs
    const { history, delayMs } = isMachineProblem
      ? afterPassingProblem(this.#history)
      : afterCrash(this.#history, ranForMs)
    this.#history = history
    const timer = this.#ports.clock.after(delayMs, () => {
      this.#restart = undefined
      this.start()
    })
    this.#restart = { atMs: this.#ports.clock.nowMs() + delayMs, timer }
    this.#enter(isMachineProblem ? 'failed' : 'crashed')
  }

  #exitText(): string {
    if (this.#exit === null) return said`no exit seen`
    return this.#exit.signal ?? said`exit code ${String(this.#exit.code)}`
  }

  #cancelRestart(): void {
    this.#restart?.timer.cancel()
    this.#restart = undefined
  }

  #enter(state: OwnState): void {
    invariant(previousStates[state].includes(this.#state), 'a node state follows one that may come before it', {
      node: this.#spec.name,
      from: this.#state,
      to: state
    })
    this.#state = state
    this.#moved()
  }

  #moved(): void {
    this.#sinceMs = this.#ports.clock.nowMs()
    this.#ports.changed(this)
    this.#settle()
  }

  /** Whoever waits looks again. */
  #settle(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const look of waiting) look.resolve()
  }
}
