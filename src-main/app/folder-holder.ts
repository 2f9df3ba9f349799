/**
 * What a launch does about a folder that somebody has already: the window of whoever has it comes to the front. Two launches
 * at the same moment are no exception: whoever takes the folder opens its socket a moment later, so it is asked again
 * until it answers, lets go, or the patience is over.
 */
import { AppError, expectAppError, ignore } from '../kernel/errors'
import type { Clock } from '../kernel/ports'
import { pause, withinTime } from '../kernel/waiting'
import { ApiError } from '../api/api'

/** Between the lock and the socket a host reads its folder, and what is left of an earlier run is ended. */
const patienceMs = 20_000
const pauseMs = 100

export interface FolderHolderPorts {
  readonly clock: Clock
  readonly isHeld: () => boolean
  /** Rejects with AppError NOT_RUNNING while there is no socket, with ApiError when whoever is there has no window. */
  readonly ask: () => Promise<void>
}

/** `free`: nobody has the folder any more. `windowless`: whoever has it cannot show anything, or says nothing. */
export async function showHolder({ clock, isHeld, ask }: FolderHolderPorts): Promise<'shown' | 'free' | 'windowless'> {
  const endMs = clock.monotonicMs() + patienceMs
  for (;;) {
    try {
      const answered = ask().then(() => true)
      // One that stands still has taken the connection all the same.
      if ((await withinTime(clock, Math.max(0, endMs - clock.monotonicMs()), answered)) === true) return 'shown'
    } catch (error) {
      if (!(error instanceof ApiError)) expectAppError(error)
      ignore(error, 'who has the folder is named by whoever asked')
      if (!isPassing(error)) return 'windowless'
    }
    if (!isHeld()) return 'free'
    if (clock.monotonicMs() >= endMs) return 'windowless'
    await pause(clock, pauseMs)
  }
}

/** It does not listen yet, or does not any more: the folder may be free in a moment. */
function isPassing(error: unknown): boolean {
  return (
    (error instanceof AppError && error.code === 'NOT_RUNNING') ||
    (error instanceof ApiError && error.code === 'DISCONNECTED')
  )
}
