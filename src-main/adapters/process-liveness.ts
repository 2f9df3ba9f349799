/**
 * Whether a process still runs, told apart from a later one that got the same pid: by its start time where the system
 * shows one (Linux). A zombie is dead: it holds no file and no port, and where pid 1 does not reap it stays for ever.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface ProcessIdentity {
  readonly pid: number
  /** Start time in clock ticks since boot; '' where unknown. */
  readonly startedAt: string
}

interface ProcStat {
  readonly state: string
  readonly startedAt: string
}

function procStat(pid: number): ProcStat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The command name may hold spaces and parentheses; fields count from after the last one.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', startedAt: fields[19] ?? '' }
  } catch {
    return undefined
  }
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, startedAt: procStat(pid)?.startedAt ?? '' }
}

/** Whether it stands still by SIGSTOP; undefined when there is no such process, or nobody says. */
export function isPaused(pid: number): boolean | undefined {
  const state = process.platform === 'linux' ? procStat(pid)?.state : psState(pid)
  return state === undefined || state === '' ? undefined : state.startsWith('T')
}

function psState(pid: number): string | undefined {
  const { status, stdout } = spawnSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

export function isAlive(process_: ProcessIdentity): boolean {
  if (process.platform === 'linux') {
    const stat = procStat(process_.pid)
    if (stat === undefined || stat.state === 'Z' || stat.state === 'X') return false
    return process_.startedAt === '' || stat.startedAt === process_.startedAt
  }
  try {
    process.kill(process_.pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
