/** The events of workloads: what happened to one that was not simply asked to stop. */
import type { ClusterEvent, EventCode, HealthLevel } from '../api/views'
import type { ProcessExit } from '../kernel/ports'

export type WorkloadEvent = Omit<ClusterEvent, 'id' | 'atMs' | 'subject'>

const about = (code: EventCode, level: HealthLevel, params: ClusterEvent['params'] = {}): WorkloadEvent => ({
  code,
  level,
  kind: 'process',
  params
})

export interface End {
  readonly exit: ProcessExit
  /** Why the host ended it; undefined when it did not. */
  readonly by: 'stop' | 'kill' | 'timeout' | undefined
  readonly stopTimeoutMs: number
  readonly problem: string | null
}

/** undefined for one that stopped as it was asked to. */
export function endEvent({ exit, by, stopTimeoutMs, problem }: End): WorkloadEvent | undefined {
  const wasKilled = exit.signal === 'SIGKILL'
  if (by === 'timeout' && wasKilled) return about('workloadHung', 'critical', { seconds: stopTimeoutMs / 1000 })
  if (by === 'kill' && wasKilled) return about('workloadKilled', 'critical')
  if (by === 'stop' || by === 'timeout') return undefined
  const how = { exit: exit.signal ?? `exit code ${String(exit.code)}`, ...(problem === null ? {} : { problem }) }
  return about('workloadEnded', exit.code === 0 ? 'stopped' : 'critical', how)
}

export const failedEvent = (problem: string): WorkloadEvent => about('workloadFailed', 'critical', { problem })

export const zombieEvent = (sessionTimeoutMs: number): WorkloadEvent =>
  about('workloadZombied', 'degraded', { sessionSeconds: sessionTimeoutMs / 1000 })
