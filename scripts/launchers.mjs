// Notices when what launched us has ended. A signal to npm ends npm alone: it goes neither to the shell that npm runs
// scripts with nor to us, and nobody would ever stop what we started.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const lookEveryMs = 500
const shells = new Set(['sh', 'bash', 'dash', 'zsh', 'ash', 'ksh', 'busybox'])

/** Parent, start time and program of a process; undefined when it is gone. A zombie is gone. */
function processOf(pid) {
  if (process.platform === 'linux') {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
      const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'))
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
      return fields[0] === 'Z' || fields[0] === 'X'
        ? undefined
        : { pid, parent: Number(fields[1]), started: fields[19], name }
    } catch {
      return undefined
    }
  }
  const { status, stdout } = spawnSync('ps', ['-o', 'ppid=,lstart=,comm=', '-p', String(pid)], { encoding: 'utf8' })
  const match = /^\s*(\d+)\s+(.{24})\s+(.*)$/m.exec(stdout ?? '')
  if (status !== 0 || match === null) return undefined
  return { pid, parent: Number(match[1]), started: match[2], name: match[3].trim().split('/').at(-1) }
}

/** The shells above us and the first program above them: `npm`, or whatever runs scripts like it. */
function launchers() {
  const chain = []
  for (let pid = process.ppid; pid > 0;) {
    const one = processOf(pid)
    if (one === undefined) break
    chain.push(one)
    if (!shells.has(one.name.replace(/^-/, ''))) break
    pid = one.parent
  }
  return chain
}

/** Calls back once when one of those that launched us as a package script has ended. Without such there is nothing to see. */
export function whenLaunchersEnd(ended) {
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') return
  const known = launchers()
  const timer = setInterval(() => {
    const isOver = ({ pid, started }) => processOf(pid)?.started !== started
    // A launcher that was dead before we looked leaves us to a process that adopts orphans.
    if (process.ppid === known[0]?.pid && !known.some(isOver)) return
    clearInterval(timer)
    ended()
  }, lookEveryMs)
  timer.unref()
}
