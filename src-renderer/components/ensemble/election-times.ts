/** The steps of an election on their own clock: the first that is known by the time of day, the others by how long after it. Pure. */
import type { ElectionStep } from '@api/ensemble'
import { decimal, integer } from '@/format'

/** From here on milliseconds say nothing any more. */
const SECONDS_FROM_MS = 10_000

export type StepTime =
  | { readonly type: 'unknown' }
  | { readonly type: 'first'; readonly atMs: number }
  | { readonly type: 'after'; readonly unit: 'ms' | 's'; readonly text: string }

export interface TimedStep extends Pick<ElectionStep, 'what' | 'member'> {
  readonly time: StepTime
}

export function electionTimes(steps: readonly ElectionStep[]): readonly TimedStep[] {
  const first = steps.find(({ atMs }) => atMs !== null)
  return steps.map((step) => ({ what: step.what, member: step.member, time: timeOf(step, first) }))
}

function timeOf(step: ElectionStep, first: ElectionStep | undefined): StepTime {
  if (step.atMs === null || first?.atMs == null) return { type: 'unknown' }
  if (step === first) return { type: 'first', atMs: step.atMs }
  // Hosts hear of two things in the order in which two processes tell them.
  const afterMs = Math.max(0, step.atMs - first.atMs)
  if (afterMs < SECONDS_FROM_MS) return { type: 'after', unit: 'ms', text: integer(afterMs) }
  return { type: 'after', unit: 's', text: decimal(afterMs / 1000, 1) }
}
