/**
 * The monitor process, or the reader, and what is asked of it. It speaks the same messages as any client of ours, only the other way
 * round: we call and watch, it answers and pushes. When it dies it is started again, as nodes are, and its watches are
 * renewed; what it was asked fails with NOT_RUNNING.
 */
import { ApiError, type ApiErrorBody } from '../api/api'
import type { CommandInput, CommandName, CommandOutput } from '../api/commands'
import type { WatchKey, WatchValue } from '../api/watch'
import { hostMessageSchema, type ClientMessage } from '../api/wire'
import { messageOf } from '../kernel/errors'
import type { ChildProcess, Clock, Log, ProcessLauncher, Timer } from '../kernel/ports'
import { said } from '../kernel/said'
import { afterCrash, noCrashes, type RestartHistory } from '../supervisor/core/restart-policy'
import type { MonitorMessage, Observation, ObservedEvent } from '../monitor/observation'

const answerTimeoutMs = 60_000

export interface MonitorLinkPorts {
  /** The reader speaks as the monitor does, and observes nothing. */
  readonly kind: 'monitor' | 'reader'
  readonly launcher: ProcessLauncher
  readonly clock: Clock
  readonly log: Log
  /** Asked at each launch: a new lab's ports are settled only when its nodes have bound them. */
  readonly config: () => unknown
  readonly observed: (observation: Observation) => void
  readonly event: (event: ObservedEvent) => void
}

interface Watcher {
  readonly changed: (value: unknown) => void
  readonly refused: (error: ApiError) => void
}

interface Asked {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: ApiError) => void
  readonly timer: Timer
}

export class MonitorLink {
  readonly #ports: MonitorLinkPorts
  readonly #asked = new Map<number, Asked>()
  readonly #watches = new Map<string, Set<Watcher>>()
  #child: ChildProcess | undefined
  #lastId = 0
  #isStopped = false
  #history: RestartHistory = noCrashes
  #startedMs = 0
  #exited: (() => void) | undefined

  constructor(ports: MonitorLinkPorts) {
    this.#ports = ports
  }

  start(): void {
    this.#startedMs = this.#ports.clock.monotonicMs()
    try {
      this.#child = this.#launch()
    } catch (error) {
      this.#ports.log('error', `the ${this.#ports.kind} process could not be made`, { reason: messageOf(error) })
      this.#ended()
      return
    }
    for (const key of this.#watches.keys()) this.#send({ type: 'watch', key })
  }

  #launch(): ChildProcess {
    return this.#ports.launcher.launch(this.#ports.kind, this.#ports.config(), {
      message: (message) => this.#message(message),
      line: (line) => this.#ports.log('warn', line, { node: this.#ports.kind }),
      exited: () => this.#ended()
    })
  }

  /** Rejects with ApiError. */
  ask<Name extends CommandName>(name: Name, input: CommandInput<Name>): Promise<CommandOutput<Name>> {
    if (this.#child === undefined) return Promise.reject(notRunning(this.#ports.kind))
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      const timer = this.#ports.clock.after(answerTimeoutMs, () => {
        this.#asked.delete(id)
        reject(
          new ApiError({ code: 'TIMED_OUT', message: said`${name} took longer than ${answerTimeoutMs / 1000} s.` })
        )
      })
      this.#asked.set(id, { resolve: resolve as (value: unknown) => void, reject, timer })
      this.#send({ type: 'call', id, name, input })
    })
  }

  watch<Key extends WatchKey>(
    key: Key,
    changed: (value: WatchValue<Key>) => void,
    refused: (error: ApiError) => void = () => undefined
  ): () => void {
    const listener: Watcher = { changed: changed as (value: unknown) => void, refused }
    const listeners = this.#watches.get(key) ?? new Set<Watcher>()
    this.#watches.set(key, listeners.add(listener))
    // Asked again for every watcher: each wants the present value at once.
    this.#send({ type: 'watch', key })
    return () => {
      listeners.delete(listener)
      if (listeners.size > 0 || this.#watches.get(key) !== listeners) return
      this.#watches.delete(key)
      this.#send({ type: 'unwatch', key })
    }
  }

  #send(message: ClientMessage): void {
    this.#child?.send(message)
  }

  #message(message: unknown): void {
    const own = message as MonitorMessage
    if (own.type === 'observation') {
      this.#ports.observed(own.value)
      return
    }
    if (own.type === 'observed') {
      this.#ports.event(own.event)
      return
    }
    const log = message as {
      type?: unknown
      level?: 'info' | 'warn' | 'error'
      message?: string
      fields?: Record<string, unknown>
    }
    if (log.type === 'log') {
      this.#ports.log(log.level ?? 'info', log.message ?? '', { node: this.#ports.kind, ...log.fields })
      return
    }
    const answer = hostMessageSchema.safeParse(message)
    if (!answer.success) return
    if (answer.data.type === 'push') {
      for (const listener of this.#watches.get(answer.data.key) ?? []) listener.changed(answer.data.value)
      return
    }
    if (answer.data.type === 'refused') {
      const { key, error } = answer.data
      const refusedOnes = this.#watches.get(key) ?? []
      this.#watches.delete(key)
      for (const listener of refusedOnes) listener.refused(new ApiError(error as ApiErrorBody))
      return
    }
    // Between processes views are whole.
    if (answer.data.type === 'rows' || answer.data.type === 'part') return
    const asked = this.#asked.get(answer.data.id)
    if (asked === undefined) return
    this.#asked.delete(answer.data.id)
    asked.timer.cancel()
    if (answer.data.type === 'result') asked.resolve(answer.data.value)
    else asked.reject(new ApiError(answer.data.error as ApiErrorBody))
  }

  #ended(): void {
    this.#child = undefined
    for (const asked of this.#asked.values()) {
      asked.timer.cancel()
      asked.reject(notRunning(this.#ports.kind))
    }
    this.#asked.clear()
    this.#exited?.()
    if (this.#isStopped) return
    const { history, delayMs } = afterCrash(this.#history, this.#ports.clock.monotonicMs() - this.#startedMs)
    this.#history = history
    this.#ports.log('error', `the ${this.#ports.kind} process ended and is started again`, { inMs: delayMs })
    this.#ports.clock.after(delayMs, () => {
      if (!this.#isStopped) this.start()
    })
  }

  /** Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#isStopped = true
    if (this.#child === undefined) return
    const child = this.#child
    const gone = new Promise<void>((resolve) => (this.#exited = resolve))
    child.send({ type: 'stop' })
    const timer = this.#ports.clock.after(3000, () => child.kill())
    await gone
    timer.cancel()
  }
}

function notRunning(kind: MonitorLinkPorts['kind']): ApiError {
  return new ApiError({
    code: 'NOT_RUNNING',
    message: said`The ${kind} is not running at the moment. Try again in a second.`
  })
}
