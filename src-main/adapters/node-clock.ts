import { performance } from 'node:perf_hooks'
import type { Clock, Timer } from '../kernel/ports'

/** 24.8 days: what fits a signed 32-bit integer. */
const timeoutMsMax = 2 ** 31 - 1

export const nodeClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs: number, callback: () => void): Timer {
    let timer: NodeJS.Timeout
    const wait = (leftMs: number): void => {
      // Node runs what is to wait longer at once.
      const isLonger = leftMs > timeoutMsMax
      timer = setTimeout(isLonger ? () => wait(leftMs - timeoutMsMax) : callback, Math.min(leftMs, timeoutMsMax))
    }
    wait(delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
  soon(callback: () => void): void {
    setImmediate(callback)
  }
}
