/**
 * Gives back what a burst has left. V8 collects when something allocates: a process that has nothing to do after a request of
 * a hundred megabytes keeps what that took, and one that does a little all the time lets its heap grow to several times of
 * what lives in it. Looked at every few seconds; when the process rests and holds much more than after the last collection,
 * it collects once. What it holds is told by V8 at once; that its pages are gone is seen in RSS only later. A collection may
 * fall into a burst, and what lives then be given up without anything growing: a process that goes on resting collects again.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock } from '../kernel/ports'

const lookEveryMs = 10_000

export interface IdleMemoryLimits {
  /** Below this nothing is done. */
  readonly residentBytesMin: number
  /** Held by V8 and for it, more than after the last collection. */
  readonly grownBytesMin: number
}

/** Half of what is resident are Node's own pages. */
const limitsOfNodes: IdleMemoryLimits = { residentBytesMin: 96 * 1024 * 1024, grownBytesMin: 32 * 1024 * 1024 }
/** Of a process of which there may be dozens, and for which nobody waits who would notice a collection. */
export const limitsOfMany: IdleMemoryLimits = { residentBytesMin: 64 * 1024 * 1024, grownBytesMin: 16 * 1024 * 1024 }
/** Share of a CPU below which a process rests. */
const restingShare = 0.1

/** Looks at rest after which it collects although nothing has grown: a minute; twice as many after each that gave nothing. */
const againLooksMin = 6
const againLooksMax = 60

/** From now on. */
export function giveMemoryBackWhenIdle(
  clock: Clock,
  { residentBytesMin, grownBytesMin } = limitsOfNodes,
  collect = collector()
): void {
  let keptBytes = 0
  let restingLooks = 0
  let againLooks = againLooksMin
  const heldBytes = (): number => {
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  let last = process.cpuUsage()
  const look = (): void => {
    const { user, system } = process.cpuUsage(last)
    last = process.cpuUsage()
    const isResting = (user + system) / 1000 < lookEveryMs * restingShare
    const before = heldBytes()
    // V8 has collected by itself.
    keptBytes = Math.min(keptBytes, before)
    if (isResting) restingLooks += 1
    if (isResting && process.memoryUsage.rss() > residentBytesMin && before > grownBytesMin) {
      const hasGrown = before > keptBytes + grownBytesMin
      if (hasGrown || restingLooks >= againLooks) {
        collect()
        keptBytes = heldBytes()
        const hasGiven = before - keptBytes > grownBytesMin
        againLooks = hasGrown || hasGiven ? againLooksMin : Math.min(againLooks * 2, againLooksMax)
        restingLooks = 0
      }
    }
    clock.after(lookEveryMs, look)
  }
  clock.after(lookEveryMs, look)
}

/** `gc` without a flag on the command line, which a process that others start cannot be sure of. */
function collector(): () => void {
  setFlagsFromString('--expose-gc')
  const gc: unknown = runInNewContext('gc')
  return typeof gc === 'function' ? () => void Reflect.apply(gc, undefined, []) : () => undefined
}
