/**
 * The faults that a cluster has at the moment. They are this process's: whoever obeys them ends with it, so that nothing of
 * them outlives the cluster.
 */
import { FAULTS_MAX, faultValueRule, type AskedFault } from '../api/faults'
import { AppError, expectAppError, ignore } from '../kernel/errors'
import type { NodeFaults } from '../kernel/node-faults'
import type { Clock, Timer } from '../kernel/ports'
import { said } from '../kernel/said'
import { faultProblem, isSameFault, nodeFaults, type Fault } from './core/faults'
import type { ClusterSpec } from './core/cluster-spec'

export interface ClusterFaultsPorts {
  readonly clock: Clock
  readonly spec: () => Pick<ClusterSpec, 'host' | 'nodes'>
  /** Resolves when every node that runs obeys what it has to now. */
  readonly tell: () => Promise<void>
  readonly added: (fault: Fault) => void
  readonly healed: (fault: Fault) => void
}

export class ClusterFaults {
  readonly #ports: ClusterFaultsPorts
  readonly #faults = new Map<string, Fault>()
  readonly #timers = new Map<string, Timer>()
  #lastId = 0

  constructor(ports: ClusterFaultsPorts) {
    this.#ports = ports
  }

  /** In the order in which they were added. */
  list(): readonly Fault[] {
    return [...this.#faults.values()]
  }

  of(node: string): NodeFaults {
    return nodeFaults(node, this.list(), this.#ports.spec())
  }

  /** Resolves when it is there. Rejects with AppError USAGE, in a sentence. */
  async add(asked: AskedFault): Promise<Fault> {
    const problem = faultProblem(asked, this.#ports.spec().nodes)
    if (problem !== undefined) throw new AppError('USAGE', problem)
    const known = this.list().find((fault) => isSameFault(fault, asked))
    if (known === undefined && this.#faults.size >= FAULTS_MAX) {
      throw new AppError('USAGE', said`There are ${FAULTS_MAX} faults already. Heal some of them first.`)
    }
    const nowMs = this.#ports.clock.nowMs()
    const fault: Fault = {
      id: known?.id ?? `fault-${++this.#lastId}`,
      kind: asked.kind,
      node: known?.node ?? asked.node,
      to: known?.to ?? asked.to ?? null,
      oneWay: asked.oneWay ?? false,
      value: asked.value ?? faultValueRule(asked.kind)?.default ?? null,
      sinceMs: known?.sinceMs ?? nowMs,
      untilMs: asked.forMs === undefined ? null : nowMs + asked.forMs
    }
    this.#faults.set(fault.id, fault)
    this.#healLater(fault.id, asked.forMs)
    this.#ports.added(fault)
    await this.#ports.tell()
    return fault
  }

  /** One, or all without an id; resolves with what was healed when nobody obeys it any more. Rejects with NOT_FOUND. */
  async heal(id?: string): Promise<readonly Fault[]> {
    const healed = id === undefined ? this.list() : [...this.#faults.values()].filter((fault) => fault.id === id)
    if (id !== undefined && healed.length === 0 && !this.#wasThere(id)) {
      throw new AppError('NOT_FOUND', said`There is no fault ${id}. lagoon fault list shows those that there are.`)
    }
    for (const fault of healed) {
      this.#faults.delete(fault.id)
      this.#healLater(fault.id, undefined)
    }
    for (const fault of healed) this.#ports.healed(fault)
    await this.#ports.tell()
    return healed
  }

  /** Healing what is healed already changes nothing. */
  #wasThere(id: string): boolean {
    const number = /^fault-([1-9]\d{0,8})$/.exec(id)?.[1]
    return number !== undefined && Number(number) <= this.#lastId
  }

  #healLater(id: string, delayMs: number | undefined): void {
    this.#timers.get(id)?.cancel()
    this.#timers.delete(id)
    if (delayMs === undefined) return
    this.#timers.set(
      id,
      this.#ports.clock.after(delayMs, () => {
        this.heal(id).catch((error: unknown) => {
          expectAppError(error)
          ignore(error, 'the fault is gone; a node that does not answer is told of by its own state')
        })
      })
    )
  }

  /** Nobody is to be told any more. */
  close(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }
}
