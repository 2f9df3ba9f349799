/**
 * The labs of this user, so that a new one leaves alone the ports that another one has recorded, also while that one is
 * down: a file a lab in $LAGOON_STATE, else in the user's folder for state (XDG base directory specification). It is a
 * help, not a ledger: what cannot be read or written there is left out.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { AppError, expectSystemError, ignore, messageOf } from '../kernel/errors'
import type { KnownLab, KnownLabs, LabRegistry, NewClusterDefaults, OwnCluster } from '../kernel/ports'
import { diskError } from './node-disk'

/** More are not looked at. */
const labsMax = 1000
const defaultsFile = 'defaults.json'
const homeFile = 'home.json'

function stateFolder(): string {
  const own = process.env['LAGOON_STATE']
  if (own !== undefined && own !== '') return own
  if (process.platform === 'win32') return join(process.env['LOCALAPPDATA'] ?? homedir(), 'Lagoon', 'labs')
  const xdg = process.env['XDG_STATE_HOME']
  return join(xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.local', 'state'), 'lagoon', 'labs')
}

const idOf = (dir: string): string => createHash('sha256').update(dir).digest('hex').slice(0, 24)

export const labRegistry: LabRegistry & KnownLabs & NewClusterDefaults & OwnCluster = {
  idOf,

  remember(dir, ports, name) {
    const folder = stateFolder()
    const path = join(folder, `${idOf(dir)}.json`)
    const draft = `${path}.${process.pid}`
    try {
      mkdirSync(folder, { recursive: true })
      writeFileSync(draft, `${JSON.stringify({ dir, ports, name })}\n`)
      renameSync(draft, path)
    } catch (error) {
      ignore(error, 'then others do not know of this lab')
    }
  },

  portsOfOthers(dir) {
    const folder = stateFolder()
    const ports = new Set<number>()
    for (const name of namesIn(folder)) {
      const path = join(folder, name)
      const lab = labIn(path)
      if (lab === undefined || lab.dir === dir) continue
      if (isGone(lab.dir)) rmSync(path, { force: true })
      else for (const port of lab.ports) ports.add(port)
    }
    return [...ports]
  },

  list() {
    const folder = stateFolder()
    return namesIn(folder).flatMap((name) => labIn(join(folder, name)) ?? [])
  },

  forget(dir) {
    try {
      rmSync(join(stateFolder(), `${idOf(dir)}.json`), { force: true })
    } catch (error) {
      throw diskError(error, stateFolder())
    }
  },

  newBrokers() {
    try {
      const { brokers } = JSON.parse(readFileSync(join(stateFolder(), defaultsFile), 'utf8')) as { brokers?: unknown }
      return typeof brokers === 'number' ? brokers : undefined
    } catch (error) {
      ignore(error, 'nobody has chosen')
      return undefined
    }
  },

  keepNewBrokers(brokers) {
    keep(defaultsFile, { brokers })
  },

  home() {
    const path = homePath()
    let text: string
    try {
      text = readFileSync(path, 'utf8')
    } catch (error) {
      expectSystemError(error)
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
      throw unreadableHome(path, error)
    }
    try {
      const { home } = JSON.parse(text) as { readonly home?: unknown }
      if (typeof home === 'string' && isAbsolute(home)) return home
    } catch (error) {
      throw unreadableHome(path, error)
    }
    throw unreadableHome(path, new Error('it names no folder'))
  },

  keepHome(dir) {
    if (dir !== undefined) return keep(homeFile, { home: dir })
    try {
      rmSync(homePath(), { force: true })
    } catch (error) {
      throw diskError(error, stateFolder())
    }
  }
}

/** Where it is written down that the user's own cluster has been moved. */
export const homePath = (): string => join(stateFolder(), homeFile)

/** Whole or not at all. Throws AppError. */
function keep(name: string, content: object): void {
  const path = join(stateFolder(), name)
  const draft = `${path}.${process.pid}`
  try {
    mkdirSync(stateFolder(), { recursive: true })
    writeFileSync(draft, `${JSON.stringify(content)}\n`)
    renameSync(draft, path)
  } catch (error) {
    throw diskError(error, path)
  }
}

/** Taken for none, an empty cluster would be made where the user's own was once. */
function unreadableHome(path: string, error: unknown): AppError {
  const why = messageOf(error).replace(/\.$/, '')
  const message = `Which cluster is yours is written in ${path}, and that cannot be read: ${why}. Name its folder with --data; or remove that file, and it is ~/Lagoon/local-lab again.`
  return new AppError('CORRUPT', message, { cause: error })
}

/** Deleted; a folder whose parent is missing too may be on a disk that comes back. */
function isGone(dir: string): boolean {
  return !existsSync(dir) && existsSync(dirname(dir))
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .slice(0, labsMax)
  } catch (error) {
    ignore(error, 'no lab has been made yet')
    return []
  }
}

function labIn(path: string): KnownLab | undefined {
  try {
    const { dir, ports, name } = JSON.parse(readFileSync(path, 'utf8')) as {
      readonly dir?: unknown
      readonly ports?: unknown
      readonly name?: unknown
    }
    if (typeof dir !== 'string' || !Array.isArray(ports)) return undefined
    return {
      id: idOf(dir),
      dir,
      name: typeof name === 'string' ? name : undefined,
      ports: ports.filter((port) => Number.isInteger(port)) as number[]
    }
  } catch (error) {
    ignore(error, 'half a file, or none of ours')
    return undefined
  }
}
