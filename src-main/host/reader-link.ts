/**
 * The reader process, which is there only while it has something to do: begun by the first search, tail or export, ended
 * a while after the last. When it dies its jobs are over: whoever watches one is told so, and begins anew.
 */
import type { ApiError } from '../api/api'
import type { CommandInput, CommandName, CommandOutput } from '../api/commands'
import type { WatchKey, WatchValue } from '../api/watch'
import type { Timer } from '../kernel/ports'
import { MonitorLink, type MonitorLinkPorts } from './monitor-link'

/** Without work it ends after this. */
const idleMsMax = 60_000

export class ReaderLink {
  readonly #ports: Omit<MonitorLinkPorts, 'kind' | 'observed' | 'event'>
  #link: MonitorLink | undefined
  #ending: Promise<void> = Promise.resolve()
  #users = 0
  #idle: Timer | undefined
  #isStopped = false

  constructor(ports: Omit<MonitorLinkPorts, 'kind' | 'observed' | 'event'>) {
    this.#ports = ports
  }

  /** Rejects with ApiError. */
  async ask<Name extends CommandName>(name: Name, input: CommandInput<Name>): Promise<CommandOutput<Name>> {
    const link = this.#used()
    try {
      return await link.ask(name, input)
    } finally {
      this.#unused()
    }
  }

  watch<Key extends WatchKey>(
    key: Key,
    changed: (value: WatchValue<Key>) => void,
    refused?: (error: ApiError) => void
  ): () => void {
    const end = this.#used().watch(key, changed, refused)
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      end()
      this.#unused()
    }
  }

  #used(): MonitorLink {
    this.#users += 1
    this.#idle?.cancel()
    if (this.#link !== undefined) return this.#link
    const link = new MonitorLink({ ...this.#ports, kind: 'reader', observed: nothing, event: nothing })
    this.#link = link
    if (!this.#isStopped) link.start()
    return link
  }

  #unused(): void {
    this.#users -= 1
    if (this.#users > 0) return
    this.#idle?.cancel()
    this.#idle = this.#ports.clock.after(idleMsMax, () => {
      this.#ending = this.#end()
    })
  }

  async #end(): Promise<void> {
    const link = this.#link
    this.#link = undefined
    await link?.stop()
  }

  /** Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#idle?.cancel()
    await Promise.all([this.#ending, this.#end()])
  }
}

function nothing(): void {
  // A reader observes nothing.
}
