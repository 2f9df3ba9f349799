/** Programmer errors: what must hold, checked in production too. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
  readonly details: Readonly<Record<string, unknown>>

  constructor(message: string, details: Readonly<Record<string, unknown>>) {
    super(
      `${message} ${JSON.stringify(details, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`
    )
    this.details = details
  }
}

export function invariant(
  condition: boolean,
  mustHold: string,
  details: Readonly<Record<string, unknown>> = {}
): asserts condition {
  if (!condition) throw new InvariantError(`must hold: ${mustHold}`, details)
}

/** Ends a switch over a union: a case that types say cannot be. */
export function unreachable(value: never): never {
  throw new InvariantError('must hold: every case is handled', { value })
}
