/** Whether a log directory takes files: after it has failed, whoever needs it tries, and not too often (ADR 42). */
import { AppError } from '../kernel/errors'
import type { Clock, Disk, Log } from '../kernel/ports'
import { asDiskFailure } from './disk-failure'
import type { LogProblem } from './log-types'

/** A directory that failed is tried no more often. */
const probeEveryMs = 500
const probeFile = '.probe'

export class LogDirHealth {
  readonly #ports: { readonly clock: Clock; readonly disk: Disk; readonly log: Log }
  readonly #dir: string
  #problem: LogProblem | undefined
  #probedMs = -Infinity

  constructor(ports: { readonly clock: Clock; readonly disk: Disk; readonly log: Log }, dir: string) {
    this.#ports = ports
    this.#dir = dir
  }

  /** Of the directory itself: none of its logs can be used. */
  get isFailed(): boolean {
    return this.#problem !== undefined
  }

  /** False when it had failed before. */
  failed(problem: LogProblem): boolean {
    if (this.#problem !== undefined) return false
    this.#problem = problem
    this.#ports.log('error', 'the log directory failed', { dir: this.#dir, error: problem.message })
    return true
  }

  /** After a failure: throws DISK_FAILED while the directory takes no file. */
  probe(): void {
    if (this.#problem === undefined) return
    const { clock, disk, log } = this.#ports
    const nowMs = clock.monotonicMs()
    if (nowMs - this.#probedMs < probeEveryMs) throw new AppError('DISK_FAILED', this.#problem.message)
    this.#probedMs = nowMs
    const path = disk.join(this.#dir, probeFile)
    try {
      disk.replaceUnsynced(path, new Uint8Array(1))
      disk.remove(path)
    } catch (error) {
      throw asDiskFailure(error, this.#dir)
    }
    this.#problem = undefined
    this.#probedMs = -Infinity
    log('info', 'the log directory can be used again', { dir: this.#dir })
  }
}
