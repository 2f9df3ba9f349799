/** A clock whose wall time is wrong by as much as NodeFaults says; durations are right. */
import type { FaultSwitch } from '../kernel/node-faults'
import type { Clock } from '../kernel/ports'

export function faultyClock(clock: Clock, faults: FaultSwitch): Clock {
  return {
    nowMs: () => clock.nowMs() + faults.now.clockSkewMs,
    monotonicMs: () => clock.monotonicMs(),
    after: (delayMs, callback) => clock.after(delayMs, callback),
    soon: (callback) => clock.soon(callback)
  }
}
