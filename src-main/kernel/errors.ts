/**
 * Environment errors: thrown by adapters, handled by a service that names its policy. `code` is for
 * programs, `message` is one sentence for people that says what to do.
 */
export type AppErrorCode =
  | 'ADDRESS_IN_USE'
  | 'CONNECTION_REFUSED'
  | 'CONNECTION_LOST'
  | 'DISK_FULL'
  | 'DISK_FAILED'
  /** This process, or the machine, has as many open as it may; others may close theirs. */
  | 'TOO_MANY_FILES'
  | 'NOT_FOUND'
  | 'EXISTS'
  | 'ACCESS_DENIED'
  | 'LOCKED'
  | 'FOREIGN_FOLDER'
  | 'CORRUPT'
  | 'TOO_LARGE'
  | 'TIMED_OUT'
  | 'ABORTED'
  | 'USAGE'
  | 'NOT_RUNNING'
  | 'KAFKA'
  | 'FAILED'

export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: AppErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: AppErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly details?: Readonly<Record<string, unknown>> } = {}
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details ?? {}
  }
}

/** A deliberate ignore; `why` is read by people only. */
export function ignore(_error: unknown, _why: string): void {
  // Nothing: that is the point.
}

/**
 * For a catch whose policy is about the environment: anything else, a broken invariant above all, goes on up and ends the
 * process, where it is seen.
 */
export function expectAppError(error: unknown): asserts error is AppError {
  if (!(error instanceof AppError)) throw error
}

/** The same for a catch around the system's own calls, which say what failed by a code (ENOENT). */
export function expectSystemError(error: unknown): asserts error is Error & { readonly code: string } {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) throw error
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
