/** Who listens at a TCP port of this machine, in words, where the system tells (Linux: proc(5), /proc/net/tcp). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { AppError, ignore } from '../kernel/errors'
import type { Address } from '../kernel/ports'
import { said } from '../kernel/said'

/** TCP_LISTEN in /proc/net/tcp. */
const listening = '0A'
const nodeScript = /(broker|ensemble)-process\.js$/

/** "broker-1 of the cluster in /home/kim/lab (process 4711)", "python3 (process 4711)"; undefined when it is not known. */
export function portHolder(port: number): string | undefined {
  if (process.platform !== 'linux') return undefined
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listenersIn(table, port)))
  if (inodes.size === 0) return undefined
  for (const pid of namesIn('/proc').filter((name) => /^\d+$/.test(name))) {
    if (holdsOneOf(pid, inodes)) return said`${programOf(pid)} (process ${pid})`
  }
  return undefined
}

/** What is said of a port that cannot be had; `remedy` is what to do besides stopping that program. */
export function portTaken({ host, port }: Address, remedy: string, cause: unknown): AppError {
  const holder = portHolder(port)
  const message = said`Port ${port} on ${host} is taken by ${holder ?? said`another program`}. Stop that, or ${remedy}.`
  return new AppError('ADDRESS_IN_USE', message, { cause, details: { host, port, holder } })
}

function listenersIn(table: string, port: number): readonly string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return textOf(table)
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(suffix) === true && state === listening)
    .flatMap((fields) => fields[9] ?? [])
}

function holdsOneOf(pid: string, inodes: ReadonlySet<string>): boolean {
  const dir = `/proc/${pid}/fd`
  return namesIn(dir).some((fd) => {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`${dir}/${fd}`))?.[1]
      return inode !== undefined && inodes.has(inode)
    } catch (error) {
      ignore(error, 'closed since it was listed')
      return false
    }
  })
}

/** A node of ours by its name and folder, anything else by the name of its program. */
function programOf(pid: string): string {
  const args = textOf(`/proc/${pid}/cmdline`).split('\0')
  const script = args.findIndex((arg) => nodeScript.test(arg))
  if (script !== -1) {
    const dir = dataDirIn(args[script + 1] ?? '')
    const match = /^(.*)[\\/]([^\\/]+)$/.exec(dir ?? '')
    if (match !== null) return said`${match[2] ?? ''} of the cluster in ${match[1] ?? ''}`
  }
  return textOf(`/proc/${pid}/comm`).trim() || said`another program`
}

function dataDirIn(config: string): string | undefined {
  try {
    const { dataDir } = JSON.parse(config) as { readonly dataDir?: unknown }
    return typeof dataDir === 'string' ? dataDir : undefined
  } catch (error) {
    ignore(error, 'not started by us')
    return undefined
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    ignore(error, 'gone, or not ours to read')
    return ''
  }
}

function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir)
  } catch (error) {
    ignore(error, 'gone, or not ours to read')
    return []
  }
}
