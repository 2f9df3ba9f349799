/** Long work that yields where it may be interrupted, so that whoever runs it can let others have their turn. */
export type Steps<Result> = Generator<undefined, Result, unknown>

/** All of it without an interruption. */
export function allAtOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
