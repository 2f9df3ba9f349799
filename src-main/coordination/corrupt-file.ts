import { AppError } from '../kernel/errors'
import { said } from '../kernel/said'

/** Durable bytes that are not what was written. Nothing is touched; the sentence names the file. */
export function corruptFile(path: string, what: string): AppError {
  return new AppError(
    'CORRUPT',
    said`${path} is damaged: ${what}. Restore this file from a copy, or move the folder away to start with an empty ensemble.`,
    { details: { path } }
  )
}
