/**
 * One workload as the host sees it: its settings, its process when there is one, and what that told last. What it is is
 * taken from what was observed; a row whose process ended stays, with how it ended, until it is removed.
 */
import type { ConsumerSettings, ProducerSettings, WorkloadState, WorkloadView } from '../api/workloads'
import { AppError } from '../kernel/errors'
import type { ChildProcess, Clock, Log, ProcessExit, ProcessLauncher } from '../kernel/ports'
import { said } from '../kernel/said'
import { endEvent, failedEvent, zombieEvent, type End, type WorkloadEvent } from './workload-events'
import { rateBetween, stateOf, type Mode, type Telling } from '../workload/core/telling'

/** It commits and leaves its group within this, or is killed. */
const stopTimeoutMs = 5000
/** A process answers an order at once; one that hangs does not. */
const orderTimeoutMs = 5000
/** What was told longer ago says nothing about now. */
const toldMaxAgeMs = 3500
const ratesKept = 60
/** A rate over less says little. */
const rateOverMs = 500
const lineMax = 300

export interface RowSpec {
  readonly name: string
  readonly kind: 'producer' | 'consumer'
  /** The scene that it came with. */
  readonly scene: string | null
  readonly settings: ProducerSettings | ConsumerSettings
}

export interface RowPorts {
  readonly clock: Clock
  readonly launcher: ProcessLauncher
  readonly log: Log
  readonly bootstrapServers: () => string
  readonly changed: () => void
  readonly happened: (event: WorkloadEvent) => void
}

export class WorkloadRow {
  readonly #ports: RowPorts
  #spec: RowSpec
  #child: ChildProcess | undefined
  #told: Telling | undefined
  #toldAtMs = 0
  #lastForRate: Telling | undefined
  #rate: number | null = null
  #rates: (number | null)[] = []
  #exit: ProcessExit | undefined
  #endedBy: End['by']
  #problem: string | null = null
  #lastLine: string | null = null
  #state: WorkloadState = 'stopped'
  #sinceMs: number
  #launches = 0
  #waiting: (() => void)[] = []

  constructor(spec: RowSpec, ports: RowPorts) {
    this.#spec = spec
    this.#ports = ports
    this.#sinceMs = ports.clock.nowMs()
  }

  get spec(): RowSpec {
    return this.#spec
  }

  set spec(spec: RowSpec) {
    this.#spec = spec
  }

  get hasProcess(): boolean {
    return this.#child !== undefined
  }

  get state(): WorkloadState {
    return this.#state
  }

  /** Of a member that the group knows, or knew. */
  get generation(): number | null {
    return this.#told?.generation ?? null
  }

  // ── what it is told ──────────────────────────────────────────────────────────────────────────────────────────

  /** Launches its process unless there is one. */
  start(): void {
    if (this.#child !== undefined) return
    const { launcher, bootstrapServers, log } = this.#ports
    const { name, kind, settings } = this.#spec
    this.#told = undefined
    this.#rate = null
    this.#exit = undefined
    this.#problem = null
    this.#lastLine = null
    this.#endedBy = undefined
    const launch = ++this.#launches
    const config = { name, kind, bootstrapServers: bootstrapServers(), settings }
    try {
      this.#child = launcher.launch('workload', config, {
        // The last words of a process may arrive after its exit: they are not those of the next one.
        message: (message) => {
          if (launch === this.#launches) this.#message(message)
        },
        line: (line) => {
          this.#lastLine = line.slice(0, lineMax)
          log('warn', line, { workload: name })
        },
        exited: (exit) => this.#exited(exit)
      })
    } catch (error) {
      // No process could be made: too many, too little memory.
      if (!(error instanceof AppError)) throw error
      this.#problem = error.message
      this.#ports.happened(failedEvent(error.message))
    }
    this.#look()
  }

  /** The host asked it to stop, be it obeyed or not: one that was killed on purpose was not asked. */
  get #wasAsked(): boolean {
    return this.#endedBy === 'stop' || this.#endedBy === 'timeout'
  }

  /** Resolves when its exit was observed. */
  async stop(isForGood: boolean): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    this.#endedBy ??= 'stop'
    if (isForGood) child.send({ type: 'order', mode: this.#told?.mode ?? 'run', slowedBy: 1, leavesForGood: true })
    child.send({ type: 'stop' })
    const timer = this.#ports.clock.after(stopTimeoutMs, () => {
      if (this.#child === child && this.#endedBy === 'stop') this.#endedBy = 'timeout'
      child.kill()
    })
    await this.#until(() => this.#child !== child)
    timer.cancel()
  }

  /** SIGKILL; resolves when its exit was observed. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    this.#endedBy = 'kill'
    child.kill()
    await this.#until(() => this.#child !== child)
  }

  /** What it is told to be, and has said that it is. */
  get mode(): Mode {
    return this.#told?.mode ?? 'run'
  }

  /** Resolves when its process said that it does so; rejects with AppError when that does not come. */
  async order(mode: Mode, slowedBy: number): Promise<void> {
    const child = this.#child
    const { name } = this.#spec
    if (child === undefined) throw new AppError('NOT_RUNNING', said`${name} is not running. Start it first.`)
    child.send({ type: 'order', mode, slowedBy, leavesForGood: false })
    const obeys = (): boolean => this.#told?.mode === mode && this.#told.slowedBy === slowedBy
    await this.#until(() => this.#child !== child || obeys(), orderTimeoutMs)
    if (this.#child !== child) throw new AppError('NOT_RUNNING', said`${name} ended before it could do so.`)
    if (!obeys()) throw new AppError('TIMED_OUT', said`${name} has not answered for ${orderTimeoutMs / 1000} s.`)
  }

  /** Until it is more than starting, or for so long. */
  whenSettled(timeoutMs: number): Promise<void> {
    return this.#until(() => this.#state !== 'starting', timeoutMs)
  }

  #until(isSo: () => boolean, timeoutMs?: number): Promise<void> {
    if (isSo()) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        timer?.cancel()
        this.#waiting = this.#waiting.filter((one) => one !== look)
        resolve()
      }
      const look = (): void => {
        if (isSo()) done()
      }
      const timer = timeoutMs === undefined ? undefined : this.#ports.clock.after(timeoutMs, done)
      this.#waiting.push(look)
    })
  }

  // ── what is observed ─────────────────────────────────────────────────────────────────────────────────────────

  #message(message: unknown): void {
    const { type, name, fields, message: text } = (message ?? {}) as Readonly<Record<string, unknown>>
    if (type === 'problem') this.#problem = String(text)
    if (type === 'event' && name === 'workload') this.#heard(fields as Telling)
  }

  #heard(told: Telling): void {
    // What comes at once with a change of state is too near to the last telling for a rate.
    const isLater = this.#told === undefined || told.atMs - (this.#lastForRate?.atMs ?? 0) >= rateOverMs
    if (isLater) {
      this.#rate = rateBetween(this.#lastForRate, told)
      this.#lastForRate = told
    }
    this.#told = told
    this.#toldAtMs = this.#ports.clock.monotonicMs()
    this.#look()
  }

  #exited(exit: ProcessExit): void {
    this.#child = undefined
    this.#exit = exit
    this.#lastForRate = undefined
    const isOdd = !this.#wasAsked && exit.signal !== 'SIGKILL' && exit.code !== 0
    if (isOdd)
      this.#problem ??=
        this.#lastLine ?? said`Its process ended (${exit.signal ?? said`exit code ${exit.code ?? '?'}`}).`
    const event = endEvent({ exit, by: this.#endedBy, stopTimeoutMs, problem: this.#problem })
    if (event !== undefined) this.#ports.happened(event)
    this.#look()
  }

  #look(): void {
    const state = stateOf({
      hasProcess: this.#child !== undefined,
      told: this.#told,
      exit: this.#exit,
      wasAsked: this.#wasAsked,
      problem: this.#problem
    })
    if (state !== this.#state) {
      this.#sinceMs = this.#ports.clock.nowMs()
      const { settings } = this.#spec
      if (state === 'zombie' && 'group' in settings) this.#ports.happened(zombieEvent(settings.sessionTimeoutMs))
    }
    this.#state = state
    for (const look of [...this.#waiting]) look()
    this.#ports.changed()
  }

  /** Once a second: the rate of the last minute. */
  sample(): void {
    this.#rates = [...this.#rates.slice(1 - ratesKept), this.#rateNow()]
  }

  /** Without a process nothing is sent and read: that is known. */
  #rateNow(): number | null {
    if (this.#child === undefined) return 0
    return this.#isFresh() ? this.#rate : null
  }

  #isFresh(): boolean {
    return this.#told !== undefined && this.#ports.clock.monotonicMs() - this.#toldAtMs <= toldMaxAgeMs
  }

  /** `groupGeneration` is the highest that any member of the group here has told. */
  view(groupGeneration: number | null): WorkloadView {
    const { name, kind, scene, settings } = this.#spec
    const told = this.#told
    const isMember = this.#child !== undefined && told !== undefined && told.generation !== null
    const isZombie = this.#state === 'zombie'
    const isEvicted = isZombie && isMember && groupGeneration !== null && (told.generation ?? 0) < groupGeneration
    const sessionMs = 'sessionTimeoutMs' in settings ? settings.sessionTimeoutMs : 0
    return {
      name,
      kind,
      topic: settings.topic,
      groupId: 'group' in settings ? settings.group : null,
      state: this.#state,
      sinceMs: this.#sinceMs,
      scene,
      pid: this.#child?.pid ?? null,
      settings,
      ratePerSecond: rounded(this.#rateNow()),
      rates: this.#rates.map(rounded),
      records: told?.records ?? 0,
      errors: told?.errors ?? 0,
      lastError: told?.lastError ?? null,
      unsent: told?.unsent ?? 0,
      partitions: isMember && !isEvicted ? [...(told.partitions ?? [])] : null,
      generation: isMember ? told.generation : null,
      memberId: isMember ? told.memberId : null,
      isJoining: this.#child !== undefined && told?.isJoining === true,
      lagRecords: isMember && this.#isFresh() ? told.lagRecords : null,
      slowedBy: told?.slowedBy ?? 1,
      evictedAtMs: isZombie && !isEvicted && isMember ? this.#sinceMs + sessionMs : null,
      isEvicted,
      problem: this.#problem
    }
  }
}

/** A tenth is what can be told apart. */
function rounded(rate: number | null): number | null {
  return rate === null ? null : Math.round(rate * 10) / 10
}
