/**
 * Long work in steps, so that it may give way between them: a generator that yields after each piece and returns the
 * result. The same work runs to its end in one turn where it is known to be short.
 */
export type Steps<Result> = Generator<void, Result, void>

/** All steps, one after the other, without giving way. */
export function allAtOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
