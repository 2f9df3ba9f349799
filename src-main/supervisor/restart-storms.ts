/**
 * Nodes that are restarted again and again, on purpose. A storm ends after so many restarts, when somebody ends it, when
 * anything else is done to its node, when that cannot be restarted, or with the cluster. It is kept nowhere, and since each
 * restart means the node to run, it runs when the storm is over, however that ends.
 */
import { STORM_COUNT, STORM_INTERVAL_MS } from '../api/failures'
import type { StormView } from '../api/faults'
import { AppError, expectAppError, ignore } from '../kernel/errors'
import type { Clock } from '../kernel/ports'
import { said } from '../kernel/said'

export interface AskedStorm {
  readonly count?: number | undefined
  readonly intervalMs?: number | undefined
}

export interface RestartStormsPorts {
  readonly clock: Clock
  /** Resolves when the node runs again. Rejects with AppError. */
  readonly restart: (node: string) => Promise<unknown>
  readonly began: (storm: StormView) => void
  /** Something of it is another. */
  readonly changed: () => void
  readonly ended: (storm: StormView) => void
}

interface Storm {
  view: StormView
  isOver: boolean
  /** Ends the pause before the next restart. */
  goOn: () => void
  ended: Promise<void>
}

export class RestartStorms {
  readonly #ports: RestartStormsPorts
  readonly #storms = new Map<string, Storm>()

  constructor(ports: RestartStormsPorts) {
    this.#ports = ports
  }

  list(): readonly StormView[] {
    return [...this.#storms.values()].map(({ view }) => view)
  }

  /** The returned promise resolves when it is over. Throws AppError ABORTED when there is one already. */
  begin(node: string, asked: AskedStorm): Promise<void> {
    const known = this.#storms.get(node)
    if (known !== undefined) {
      const { done, count } = known.view
      throw new AppError(
        'ABORTED',
        said`${node} is in a restart storm already (${done} of ${count}). End that one first.`
      )
    }
    const { count = STORM_COUNT.default, intervalMs = STORM_INTERVAL_MS.default } = asked
    const view = { node, done: 0, count, intervalMs, sinceMs: this.#ports.clock.nowMs() }
    const storm: Storm = { view, isOver: false, goOn: () => undefined, ended: Promise.resolve() }
    this.#storms.set(node, storm)
    this.#ports.began(view)
    storm.ended = this.#blow(storm)
    return storm.ended
  }

  async #blow(storm: Storm): Promise<void> {
    const { restart, changed, ended } = this.#ports
    const { node, count, intervalMs } = storm.view
    try {
      while (!storm.isOver && storm.view.done < count) {
        if (storm.view.done > 0) await this.#pause(storm, intervalMs)
        if (storm.isOver) break
        await restart(node)
        storm.view = { ...storm.view, done: storm.view.done + 1 }
        changed()
      }
    } catch (error) {
      expectAppError(error)
      ignore(error, 'the state of the node says what is wrong with it; the storm is over')
    }
    this.#storms.delete(node)
    ended(storm.view)
  }

  #pause(storm: Storm, intervalMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#ports.clock.after(intervalMs, resolve)
      storm.goOn = () => {
        timer.cancel()
        resolve()
      }
    })
  }

  /** No restart follows the one that is under way; resolves when that one has ended, too. */
  async end(node: string): Promise<void> {
    this.leave(node)
    await this.#storms.get(node)?.ended
  }

  /** The same; somebody else has the node from now on. */
  leave(node: string): void {
    const storm = this.#storms.get(node)
    if (storm === undefined) return
    storm.isOver = true
    storm.goOn()
  }

  /** All of them. */
  async endAll(): Promise<void> {
    await Promise.all([...this.#storms.keys()].map((node) => this.end(node)))
  }

  close(): void {
    for (const node of this.#storms.keys()) this.leave(node)
  }
}
