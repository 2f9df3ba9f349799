/**
 * Tries again what failed because the cluster is changing: a leader, controller or coordinator that moved or is not
 * there yet, a broker that does not listen. Never after a time-out or a lost connection: it may have been done.
 */
import { AppError } from '../kernel/errors'
import type { Clock } from '../kernel/ports'
import { pause } from '../kernel/waiting'
import { kafkaErrorOf } from './failure'

const pauseMs = 100

const passing = new Set([
  'NOT_CONTROLLER',
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'NOT_COORDINATOR'
])

export function isPassing(error: unknown): boolean {
  const kafkaError = kafkaErrorOf(error)
  if (kafkaError !== undefined) return passing.has(kafkaError)
  return error instanceof AppError && error.code === 'CONNECTION_REFUSED'
}

/** Rejects with the last failure when the time is over. */
export async function retrying<T>(clock: Clock, withinMs: number, work: () => Promise<T>): Promise<T> {
  const endMs = clock.monotonicMs() + withinMs
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isPassing(error) || clock.monotonicMs() + pauseMs > endMs) throw error
      await pause(clock, pauseMs)
    }
  }
}
