/** Who can be asked: bootstrap servers from the start, then what Metadata answers name. Ids stay known when a broker dies. */
import type { BrokerAddress } from '../kernel/cluster-ports'
import type { ClusterIdentity } from '../kernel/cluster-identity'
import { AppError } from '../kernel/errors'
import type { BrokerId } from '../kernel/ids'
import { said } from '../kernel/said'
import { BrokerLanes, type Ask, type HostPort } from './broker-lanes'
import { candidates } from './candidates'

export const commandLane = 'command'
export const sampleLane = 'sample'

export class Brokers {
  readonly lanes: BrokerLanes
  readonly #bootstrap: readonly HostPort[]
  readonly #known = new Map<number, HostPort>()
  #controllerId: number | null = null
  /** Whoever answered last is asked first. */
  #lastGood: HostPort | undefined
  #registered: readonly BrokerId[] | null = null

  readonly #identity: ClusterIdentity

  constructor(bootstrapServers: readonly HostPort[], clientId: string, identity: ClusterIdentity) {
    this.#bootstrap = bootstrapServers
    this.#identity = identity
    this.lanes = new BrokerLanes(clientId)
  }

  /** Throws when what answered is another cluster: the next broker is asked then. */
  admit(clusterId: string | null | undefined): void {
    if (this.#identity.admits(clusterId)) return
    throw new AppError('CONNECTION_REFUSED', said`Another cluster answers at this address.`, { details: { clusterId } })
  }

  learn(brokers: readonly BrokerAddress[], controllerId: number | null): void {
    for (const { id, host, port } of brokers) this.#known.set(id, { host, port })
    this.#controllerId = controllerId
  }

  /** As the ensemble tells; null: it tells nothing. */
  prefer(registered: readonly BrokerId[] | null): void {
    this.#registered = registered
  }

  get controllerId(): number | null {
    return this.#controllerId
  }

  /** Throws CONNECTION_REFUSED while there is none. */
  controller(): number {
    if (this.#controllerId !== null) return this.#controllerId
    throw new AppError('CONNECTION_REFUSED', said`The cluster has no controller at the moment.`)
  }

  async ask<T>(broker: number, lane: string, timeoutMs: number, ask: Ask<T>): Promise<T> {
    const to = this.#known.get(broker)
    if (to === undefined) throw new AppError('CONNECTION_REFUSED', said`The address of broker ${broker} is not known.`)
    return await this.lanes.ask(to, lane, timeoutMs, ask)
  }

  /** One after the other until one answers; the last failure when none does. */
  async askAny<T>(lane: string, timeoutMs: number, ask: Ask<T>): Promise<T> {
    let failure: unknown = new AppError('CONNECTION_REFUSED', said`No broker is known.`)
    for (const to of this.#candidates) {
      try {
        const answer = await this.lanes.ask(to, lane, timeoutMs, ask)
        this.#lastGood = to
        return answer
      } catch (error) {
        if (error instanceof AppError && error.code === 'KAFKA') throw error
        failure = error
      }
    }
    if (!(failure instanceof AppError)) throw failure
    throw new AppError(failure.code, said`No broker answers. ${failure.message}`, {
      cause: failure,
      details: failure.details
    })
  }

  get #candidates(): readonly HostPort[] {
    return candidates({
      known: this.#known,
      bootstrap: this.#bootstrap,
      lastGood: this.#lastGood,
      registered: this.#registered
    })
  }
}
