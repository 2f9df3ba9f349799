/**
 * Gives back what a burst has left. V8 collects when something allocates: a process that has nothing to do after a request of
 * a hundred megabytes keeps what that took, and one that does a little all the time lets its heap grow to several times of
 * what lives in it. Looked at every few seconds; when the process rests and holds much more than after the last collection,
 * it collects once. What it holds is told by V8 at once; that its pages are gone is seen in RSS only later.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock } from '../kernel/ports'

const lookEveryMs = 10_000
/** Below this nothing is done. */
const residentBytesMin = 128 * 1024 * 1024
/** Held by V8 and for it, more than after the last collection. */
const grownBytesMin = 32 * 1024 * 1024
/** Share of a CPU below which a process rests. */
const restingShare = 0.1

/** From now on. */
export function giveMemoryBackWhenIdle(clock: Clock): void {
  const collect = collector()
  let keptBytes = 0
  const heldBytes = (): number => {
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  let last = process.cpuUsage()
  const look = (): void => {
    const { user, system } = process.cpuUsage(last)
    last = process.cpuUsage()
    const isResting = (user + system) / 1000 < lookEveryMs * restingShare
    if (isResting && process.memoryUsage.rss() > residentBytesMin && heldBytes() > keptBytes + grownBytesMin) {
      collect()
      keptBytes = heldBytes()
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
