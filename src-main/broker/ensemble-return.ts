/**
 * An ensemble that elects a leader is back in some hundred milliseconds: who is to change something waits for it, as Kafka does
 * (KafkaZkClient.retryRequestUntilConnected), but no longer than a client should wait to hear that there is no quorum.
 */
import { EnsembleError, type EnsembleClient } from '../coordination/ensemble-client'
import { ignore } from '../kernel/errors'
import type { Clock } from '../kernel/ports'
import { withinTime } from '../kernel/waiting'

const awayMaxMs = 3000

export class EnsembleReturn {
  readonly #ensemble: EnsembleClient
  readonly #clock: Clock
  /** All requests that wait for the ensemble wait for this. */
  #back: Promise<void> | undefined

  constructor({ ensemble, clock }: { readonly ensemble: EnsembleClient; readonly clock: Clock }) {
    this.#ensemble = ensemble
    this.#clock = clock
  }

  /** Resolves at once unless it is away, and whatever became of it: who goes on then hears it from the ensemble. */
  async awaited(timeoutMs = awayMaxMs): Promise<void> {
    if (this.#ensemble.state !== 'connecting') return
    this.#back ??= this.#whenBack()
    await withinTime(this.#clock, Math.min(timeoutMs, awayMaxMs), this.#back)
  }

  async #whenBack(): Promise<void> {
    try {
      await this.#ensemble.whenConnected()
    } catch (error) {
      if (!(error instanceof EnsembleError)) throw error
      ignore(error, 'the session has ended, and the office of a controller with it')
    }
    this.#back = undefined
  }
}
