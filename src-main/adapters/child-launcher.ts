/**
 * Child processes of a cluster: forked from our own executable (Node, or Electron as Node), dead when we are dead. A
 * child notices a closed channel by itself; one that is stopped (SIGSTOP) cannot, so on Linux the kernel kills it with
 * us (prctl PR_SET_PDEATHSIG through setpriv), elsewhere a shell that holds a pipe to us does.
 */
import { spawn, spawnSync, type ChildProcess as NodeChild, type StdioOptions } from 'node:child_process'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { AppError, ignore } from '../kernel/errors'
import { LineSplitter } from '../kernel/line-splitter'
import type { ChildProcess, ProcessHandlers, ProcessKind, ProcessLauncher } from '../kernel/ports'
import { said } from '../kernel/said'
import { identityOf, isAlive, isPaused } from './process-liveness'

const sweepPollMs = 20
const pausePollMs = 5
const pauseTriesMax = 400
/** Of what a child prints, a longer line is cut. */
const lineBytesMax = 64 * 1024
const sweepTriesMax = 250
const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', 'ipc']

let isSetprivHere: boolean | undefined
function hasSetpriv(): boolean {
  isSetprivHere ??= process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0
  return isSetprivHere
}

/** Kills by pid what it was told, when its stdin ends: that is when we die. */
const guardianScript =
  'pids=; while read -r pid; do pids="$pids $pid"; done; [ -z "$pids" ] || kill -9 $pids 2>/dev/null'
let guardian: NodeChild | undefined

function guard(pid: number): void {
  if (process.platform === 'win32') return
  guardian ??= spawn('/bin/sh', ['-c', guardianScript], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  guardian.unref()
  guardian.stdin?.write(`${pid}\n`)
}

function spawnChild(script: string, config: unknown): NodeChild {
  const args = [script, JSON.stringify(config)]
  const options = {
    stdio,
    serialization: 'advanced' as const,
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '' }
  }
  if (hasSetpriv()) return spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, ...args], options)
  const child = spawn(process.execPath, args, options)
  if (child.pid !== undefined) guard(child.pid)
  return child
}

function tellLines(stream: Readable, tell: (line: string) => void): void {
  const decoder = new TextDecoder()
  const lines = new LineSplitter(lineBytesMax, (line, isCut) => tell(`${decoder.decode(line)}${isCut ? ' …' : ''}`))
  stream.on('data', (chunk: Uint8Array) => lines.push(chunk))
  stream.on('end', () => lines.end())
}

/** `scriptDir` holds broker-process.js and the others. */
export function childLauncher(scriptDir: string): ProcessLauncher {
  return {
    launch(kind: ProcessKind, config: unknown, handlers: ProcessHandlers): ChildProcess {
      const child = spawnChild(join(scriptDir, `${kind}-process.js`), config)
      const { pid } = child
      let isGone = false
      const exited = (code: number | null, signal: string | null): void => {
        if (isGone) return
        isGone = true
        handlers.exited({ code, signal })
      }
      // One that never began is told of by the throw below.
      child.on('error', (error) => handlers.line(error.message))
      child.on('exit', exited)
      child.on('message', handlers.message)
      for (const stream of [child.stdout, child.stderr]) {
        if (stream !== null) tellLines(stream, handlers.line)
      }
      if (pid === undefined) throw new AppError('FAILED', said`The ${kind} process could not be started.`)
      const signalled = async (signal: 'SIGSTOP' | 'SIGCONT', isToPause: boolean): Promise<void> => {
        if (process.platform === 'win32') {
          throw new AppError(
            'FAILED',
            said`Windows cannot make a process stand still. Kill the node, or slow its links.`
          )
        }
        if (isGone) return
        process.kill(pid, signal)
        for (let i = 0; i < pauseTriesMax; i++) {
          if (isGone || isPaused(pid) === isToPause) return
          await new Promise((resolve) => setTimeout(resolve, pausePollMs))
        }
        throw new AppError(
          'TIMED_OUT',
          said`Process ${pid} was sent ${signal}, and the system does not show its effect.`
        )
      }
      return {
        pid,
        startedAt: identityOf(pid).startedAt,
        send(message) {
          if (!child.connected) return
          child.send(message, (error) => {
            if (error !== null) ignore(error, 'its exit is observed and told')
          })
        },
        kill: () => {
          if (!isGone) process.kill(pid, 'SIGKILL')
        },
        pause: () => signalled('SIGSTOP', true),
        resume: () => signalled('SIGCONT', false)
      }
    },

    async sweep(pid, startedAt) {
      const leftOver = { pid, startedAt }
      if (startedAt === '' || !isAlive(leftOver)) return false
      process.kill(pid, 'SIGKILL')
      for (let i = 0; i < sweepTriesMax && isAlive(leftOver); i++) {
        await new Promise((resolve) => setTimeout(resolve, sweepPollMs))
      }
      return true
    }
  }
}
