/** How a command ends: 0; 1 with a sentence on stderr; 2 wrong usage. */
import { ApiError } from '../../api/api'
import { AppError, messageOf } from '../../kernel/errors'
import { visible } from './visible'

export const exitCodes = { done: 0, failed: 1, usage: 2 } as const

/** Ends the process; the sentence names Kafka's own error first when there is one. */
export function failWith(error: unknown): never {
  const kafkaError = error instanceof ApiError ? error.kafkaError : undefined
  const message = process.stderr.isTTY ? visible(messageOf(error)) : messageOf(error)
  process.stderr.write(`${kafkaError === undefined ? '' : `${kafkaError}: `}${message}\n`)
  const isUsage =
    (error instanceof AppError && error.code === 'USAGE') ||
    (error instanceof ApiError && error.code === 'INVALID_INPUT')
  process.exit(isUsage ? exitCodes.usage : exitCodes.failed)
}
