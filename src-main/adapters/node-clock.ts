import { performance } from 'node:perf_hooks'
import type { Clock, Timer } from '../kernel/ports'

export const nodeClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs: number, callback: () => void): Timer {
    const timer = setTimeout(callback, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
  soon(callback: () => void): void {
    setImmediate(callback)
  }
}
