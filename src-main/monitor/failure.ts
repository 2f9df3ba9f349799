/** What went wrong, as the API tells it. */
import { ApiError, type ApiErrorBody } from '../api/api'
import { AppError, messageOf } from '../kernel/errors'
import { said } from '../kernel/said'

/** Kafka's name of the error that a broker answered; undefined for anything else. */
export function kafkaErrorOf(error: unknown): string | undefined {
  const name = error instanceof AppError && error.code === 'KAFKA' ? error.details['kafkaError'] : undefined
  return typeof name === 'string' ? name : undefined
}

const notFound = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'GROUP_ID_NOT_FOUND', 'UNKNOWN_TOPIC_ID'])

export function failureOf(error: unknown): ApiErrorBody {
  if (error instanceof ApiError) {
    const { code, message, kafkaError } = error
    return kafkaError === undefined ? { code, message } : { code, message, kafkaError }
  }
  const kafkaError = kafkaErrorOf(error)
  const message = messageOf(error)
  if (kafkaError !== undefined) return { code: notFound.has(kafkaError) ? 'NOT_FOUND' : 'KAFKA', message, kafkaError }
  return { code: error instanceof AppError && error.code === 'TIMED_OUT' ? 'TIMED_OUT' : 'FAILED', message }
}

export function unknownTopic(topic: string): ApiError {
  return new ApiError({
    code: 'NOT_FOUND',
    message: said`There is no topic ${topic}.`,
    kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION'
  })
}

export function noBroker(): ApiError {
  return new ApiError({ code: 'FAILED', message: said`No broker answers at the moment.` })
}
