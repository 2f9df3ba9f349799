// What the rows of the app's table share: clusters, the API on the control socket, processes and what they cost.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

export const root = resolve(import.meta.dirname, '../../..')
export const cli = join(root, 'out/main/cli.js')
export const pause = (ms) => new Promise((done) => setTimeout(done, ms))

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
/** Median and range. */
export const spread = (values, digits = 0) =>
  values.length === 1
    ? values[0].toFixed(digits)
    : `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`

/** `lagoon up`; `command` is Node, or Electron as Node. */
export async function up(dir, { brokers = 3, hasScreens = false, command = process.execPath } = {}) {
  const args = [cli, 'up', '--json', '--data', dir, '--brokers', String(brokers), ...(hasScreens ? ['--ui'] : [])]
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' }
  })
  const failed = once(child, 'exit').then(([code]) => Promise.reject(new Error(`lagoon up ended with ${code}`)))
  failed.catch(() => undefined)
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), failed])
  return { child, dir, ready: JSON.parse(line), stop: () => stop(child) }
}

export async function stop(child, signal = 'SIGINT') {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill(signal)
  await once(child, 'exit')
}

/** The API on the control socket: a line of JSON each way (src-main/api/wire.ts). */
export async function client(dir) {
  const socket = connect(join(dir, 'lagoon.sock'))
  await once(socket, 'connect')
  const calls = new Map()
  const watches = new Map()
  createInterface({ input: socket, crlfDelay: Infinity }).on('line', (line) => {
    const message = JSON.parse(line)
    if (message.type === 'push') watches.get(message.key)?.(message.value)
    else calls.get(message.id)?.(message)
  })
  let id = 0
  const send = (message) => socket.write(`${JSON.stringify(message)}\n`)
  return {
    call: async (name, input) => {
      const own = ++id
      const answer = new Promise((done) => calls.set(own, done))
      send({ type: 'call', id: own, name, input })
      const { type, value, error } = await answer
      if (type === 'error') throw new Error(error.message)
      return value
    },
    watch: (key, listener) => {
      watches.set(key, listener)
      send({ type: 'watch', key })
    },
    close: () => socket.destroy()
  }
}

// ── processes ────────────────────────────────────────────────────────────────────────────────────────────────────

/** User and system time of a process with all its threads, in seconds. */
export function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

export const statusMb = (pid, field) =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024

/** Proportional set size: pages that several processes share are counted by parts. */
export const pssMb = (pid) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1024

/** Every process below this one, itself included, with its command line. */
export function family(pid) {
  const parents = new Map()
  const lines = new Map()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      parents.set(Number(name), Number(readFileSync(`/proc/${name}/stat`, 'latin1').split(') ')[1].split(' ')[1]))
      lines.set(Number(name), readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' '))
    } catch {
      // gone meanwhile
    }
  }
  const found = [pid]
  for (const at of found) for (const [child, parent] of parents) if (parent === at) found.push(child)
  return found.map((one) => ({ pid: one, line: lines.get(one) ?? '' }))
}

export function processIn(pid, script) {
  const found = family(pid).find(({ line }) => line.includes(script))
  if (found === undefined) throw new Error(`${script} does not run`)
  return found.pid
}

/** Of one core, in per cent, of a process while `work` runs. */
export async function cpuShare(pid, work) {
  const [before, startedMs] = [cpuSeconds(pid), performance.now()]
  const value = await work()
  return { share: ((cpuSeconds(pid) - before) / ((performance.now() - startedMs) / 1000)) * 100, value }
}
