/** The productions under way: each begins when it is watched and ends with its watch. */
import { ApiError } from '../api/api'
import type { CommandInput } from '../api/commands'
import type { ProductionView } from '../api/producing'
import type { Random, Timer } from '../kernel/ports'
import { said } from '../kernel/said'
import { Production, type ProductionPorts } from './production'

/** More are refused. */
const productionsMax = 20
/** With those that have ended. */
const keptMax = 100
/** One that nobody watches is forgotten after this, and so is the result of one that has ended. */
const forgottenAfterMs = 60_000
const pushEveryMs = 200

export interface ProductionsPorts extends ProductionPorts {
  readonly random: Random
  readonly push: (id: string, view: ProductionView) => void
}

interface Entry {
  readonly production: Production
  hasBegun: boolean
  timer: Timer | undefined
}

const lost: ProductionView = {
  state: 'lost',
  sent: 0,
  acked: 0,
  failed: 0,
  elapsedMs: 0,
  problem: null,
  failures: [],
  last: []
}

export class Productions {
  readonly #ports: ProductionsPorts
  readonly #known = new Map<string, Entry>()
  /** Another for each process: an id of one that has died is nobody's. */
  readonly #prefix: string
  #lastId = 0

  constructor(ports: ProductionsPorts) {
    this.#ports = ports
    this.#prefix = ports.random.uint32().toString(36)
  }

  open(input: CommandInput<'production.start'>): string {
    const entries = [...this.#known]
    if (entries.filter(([, { production }]) => production.view().state === 'running').length >= productionsMax) {
      const message = said`${productionsMax} productions are under way already. Stop one and try again.`
      throw new ApiError({ code: 'CONFLICT', message })
    }
    // Of those that have ended the oldest result goes first.
    const ended = entries.find(([, { production }]) => production.view().state !== 'running')
    if (entries.length >= keptMax && ended !== undefined) this.#known.delete(ended[0])
    const id = `${this.#prefix}-${++this.#lastId}`
    this.#known.set(id, { production: new Production(this.#ports, input), hasBegun: false, timer: undefined })
    this.#ports.clock.after(forgottenAfterMs, () => {
      if (this.#known.get(id)?.hasBegun === false) this.#known.delete(id)
    })
    return id
  }

  /** Idempotent; whoever comes gets the present view. */
  begin(id: string): void {
    const entry = this.#known.get(id)
    this.#ports.push(id, entry?.production.view() ?? lost)
    if (entry === undefined || entry.hasBegun) return
    entry.hasBegun = true
    this.#pushAgain(id, entry)
    void entry.production.run().finally(() => {
      entry.timer?.cancel()
      this.#ports.push(id, entry.production.view())
      this.#ports.clock.after(forgottenAfterMs, () => this.#known.delete(id))
    })
  }

  #pushAgain(id: string, entry: Entry): void {
    entry.timer = this.#ports.clock.after(pushEveryMs, () => {
      this.#ports.push(id, entry.production.view())
      this.#pushAgain(id, entry)
    })
  }

  /** Idempotent: of one that has ended nothing is left to stop. */
  stop(id: string): void {
    this.#known.get(id)?.production.stop()
  }

  stopAll(): void {
    for (const { production } of this.#known.values()) production.stop()
  }
}
