/** Which errors of the disk take a log out of service, and which only wait for room. */
import { AppError, messageOf } from '../kernel/errors'
import { said } from '../kernel/said'

/** After a failed fsync, rename or close nobody knows what the disk has of that log, unless it is only full. */
export function asDiskFailure(error: unknown, path: string): AppError {
  if (error instanceof AppError && (error.code === 'DISK_FULL' || error.code === 'DISK_FAILED')) return error
  if (error instanceof AppError && error.code === 'TOO_MANY_FILES')
    return new AppError('DISK_FAILED', error.message, { cause: error, details: error.details })
  return new AppError('DISK_FAILED', said`The disk failed at ${path}: ${messageOf(error)}`, { cause: error })
}

export const isDiskFull = (error: unknown): error is AppError => error instanceof AppError && error.code === 'DISK_FULL'
