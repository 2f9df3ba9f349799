/** What a workload's process and the host say to each other, and what of it makes the state of a row. */
import type { WorkloadState } from '../../api/workloads'
import type { ProcessExit } from '../../kernel/ports'

export const MODES = ['run', 'pause', 'zombie'] as const
export type Mode = (typeof MODES)[number]

/** Host to process: what it is to be from now on. */
export interface Order {
  readonly type: 'order'
  readonly mode: Mode
  /** 1: as its settings say; divides a producer's rate, multiplies what a record takes a consumer. */
  readonly slowedBy: number
  /** When it stops: a static member leaves its group, too. */
  readonly leavesForGood: boolean
}

/** Process to host, every second and whenever its mode or its group changed. */
export interface Telling {
  /** Monotonic, of that process. */
  readonly atMs: number
  /** Has reached what it is for: its topic's leaders, its group. */
  readonly isReady: boolean
  readonly mode: Mode
  readonly slowedBy: number
  /** Acknowledged, or processed; since it began. */
  readonly records: number
  readonly errors: number
  readonly lastError: string | null
  readonly unsent: number
  readonly isJoining: boolean
  readonly memberId: string | null
  readonly generation: number | null
  /** Null while it is no member. */
  readonly partitions: readonly number[] | null
  readonly lagRecords: number | null
}

export interface Observed {
  readonly hasProcess: boolean
  readonly told: Telling | undefined
  /** How its last process ended; undefined before the first one did. */
  readonly exit: ProcessExit | undefined
  /** We asked it to stop. */
  readonly wasAsked: boolean
  readonly problem: string | null
}

/** By what was seen, never by what was asked for: a process that does not obey an order has the state it had. */
export function stateOf({ hasProcess, told, exit, wasAsked, problem }: Observed): WorkloadState {
  if (hasProcess) return told === undefined ? 'starting' : stateOfLiving(told)
  if (exit === undefined) return problem === null ? 'stopped' : 'failed'
  if (exit.signal === 'SIGKILL') return 'killed'
  return wasAsked || exit.code === 0 ? 'stopped' : 'failed'
}

function stateOfLiving({ mode, slowedBy, isReady }: Telling): WorkloadState {
  if (mode === 'zombie') return 'zombie'
  if (mode === 'pause') return 'paused'
  if (!isReady) return 'starting'
  return slowedBy > 1 ? 'slowed' : 'running'
}

/** Records a second between two tellings of one process; null when they say nothing about it. */
export function rateBetween(before: Telling | undefined, now: Telling): number | null {
  if (before === undefined || now.atMs <= before.atMs || now.records < before.records) return null
  return ((now.records - before.records) * 1000) / (now.atMs - before.atMs)
}

/** The newest errors are told, all are counted. */
export class Errors {
  count = 0
  last: string | null = null

  add(kafkaError: string | undefined, message: string): void {
    this.count += 1
    this.last = kafkaError === undefined ? message : `${kafkaError}: ${message}`
  }
}
