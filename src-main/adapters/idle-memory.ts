/**
 * Gives back what a burst has left. V8 collects when something allocates: a process that has nothing to do after a request of
 * a hundred megabytes keeps what that took. Looked at every few seconds; when the process rests and holds much more than
 * after the last collection, it collects once.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock } from '../kernel/ports'

const lookEveryMs = 10_000
/** Below this nothing is done. */
const residentBytesMin = 128 * 1024 * 1024
/** More than after the last collection by this factor. */
const growthMin = 1.2
/** Share of a CPU below which a process rests. */
const restingShare = 0.1

/** From now on. */
export function giveMemoryBackWhenIdle(clock: Clock): void {
  const collect = collector()
  let keptBytes = 0
  let last = process.cpuUsage()
  const look = (): void => {
    const { user, system } = process.cpuUsage(last)
    last = process.cpuUsage()
    const isResting = (user + system) / 1000 < lookEveryMs * restingShare
    const residentBytes = process.memoryUsage.rss()
    if (isResting && residentBytes > residentBytesMin && residentBytes > keptBytes * growthMin) {
      collect()
      keptBytes = process.memoryUsage.rss()
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
