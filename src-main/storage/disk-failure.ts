/** Which errors of the disk end the log directory, and which only wait for room. */
import { AppError, messageOf } from '../kernel/errors'

/** Fatal for the log directory: after a failed fsync, rename or close nobody knows what the disk has, unless it is only full. */
export function asDiskFailure(error: unknown, path: string): AppError {
  if (error instanceof AppError && (error.code === 'DISK_FULL' || error.code === 'DISK_FAILED')) return error
  return new AppError('DISK_FAILED', `The disk failed at ${path}: ${messageOf(error)}`, { cause: error })
}

export const isDiskFull = (error: unknown): error is AppError => error instanceof AppError && error.code === 'DISK_FULL'
