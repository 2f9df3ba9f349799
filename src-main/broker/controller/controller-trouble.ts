/** What a client is told of a request that could not be done. */
import { EnsembleError, isPassing } from '../../coordination/ensemble-client'
import { said } from '../../kernel/said'
import type { KafkaError } from '../../protocol/wire/error-codes'

export interface Outcome {
  readonly error: KafkaError
  readonly message: string | null
}

/** Because of the ensemble; undefined: no controller is here any more. */
export function troubleOf(error: unknown): Outcome {
  if (error instanceof EnsembleError && error.code === 'SYSTEMERROR')
    return { error: 'KAFKA_STORAGE_ERROR', message: said`The ensemble could not store it; its disk may be full.` }
  if (error instanceof EnsembleError && !isPassing(error))
    return {
      error: 'UNKNOWN_SERVER_ERROR',
      message: said`The ensemble could not store it: ${error.message}. Try again.`
    }
  const message =
    error instanceof EnsembleError
      ? said`The controller has lost the ensemble. Try again when it is back.`
      : said`This broker is not the controller any more. Try again.`
  return { error: 'NOT_CONTROLLER', message }
}
