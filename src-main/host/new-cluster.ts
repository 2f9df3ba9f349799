/** What is wrong with a cluster that is to be made, field by field, before anything is made. */
import { constants, lstatSync, readdirSync, statSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { NEW_CLUSTER, type ClusterField, type ClusterProblem, type NewCluster } from '../api/clusters'
import { expectSystemError, ignore } from '../kernel/errors'
import type { PortFinder } from '../kernel/ports'
import { specFile } from '../supervisor/cluster-folder'
import { clusterHost, sizesProblem } from '../supervisor/core/cluster-spec'
import { realFolder } from './control-path'

/** Not to be had in a folder's name on some system, or not to be seen. */

const forbiddenInName = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff<>:"/\\|?*]|^\.|\.$/

export interface OtherCluster {
  readonly name: string
  readonly dir: string
  readonly ports: readonly number[]
}

export interface CheckPorts {
  /** Where a cluster is made that is given no folder. */
  readonly root: string
  readonly ports: PortFinder
  /** Who listens at a port of this machine, in words. */
  readonly holderOf: (port: number) => string | undefined
  readonly others: readonly OtherCluster[]
}

export interface Checked {
  readonly dir: string
  readonly problems: readonly ClusterProblem[]
}

export async function checkNewCluster(ports: CheckPorts, asked: NewCluster): Promise<Checked> {
  const name = asked.name.trim()
  const isNameUsable = name !== '' && !forbiddenInName.test(name) && name.length <= NEW_CLUSTER.nameMax
  const typed = asked.dir?.trim() ?? ''
  const dir = typed === '' ? join(ports.root, isNameUsable ? name : '') : fullPath(typed)
  const areBrokersUsable = sizesProblem({ brokers: asked.brokers, ensemble: 1 }) === undefined
  const members = asked.members ?? NEW_CLUSTER.members
  const wrongMembers = membersProblem(members)
  // Without a name there is no folder to look at.
  const folder = typed === '' && !isNameUsable ? undefined : await folderProblem(dir, ports.others)
  const found = [
    nameProblem(name, ports.others),
    folder,
    areBrokersUsable ? undefined : problem('brokers', 'range', { max: NEW_CLUSTER.brokersMax }),
    wrongMembers,
    await portProblem(ports, 'brokerPort', asked.brokerPort, areBrokersUsable ? asked.brokers : 1),
    await portProblem(ports, 'ensemblePort', asked.ensemblePort, wrongMembers === undefined ? members : 1),
    overlap(asked, wrongMembers === undefined ? members : 1)
  ]
  return { dir, problems: found.filter((one) => one !== undefined) }
}

function problem(field: ClusterField, code: string, params: ClusterProblem['params'] = {}): ClusterProblem {
  return { field, code, params }
}

function nameProblem(name: string, others: readonly OtherCluster[]): ClusterProblem | undefined {
  if (name === '') return problem('name', 'empty')
  if (name.length > NEW_CLUSTER.nameMax)
    return problem('name', 'long', { length: name.length, max: NEW_CLUSTER.nameMax })
  if (forbiddenInName.test(name)) return problem('name', 'characters')
  const other = others.find((one) => one.name === name)
  return other === undefined ? undefined : problem('name', 'taken', { dir: other.dir })
}

/** `~/` is the user's home. What is no whole path stays as it was typed, and is refused. */
export function fullPath(typed: string): string {
  const path = typed === '~' || typed.startsWith('~/') ? join(homedir(), typed.slice(1)) : typed
  return isAbsolute(path) ? realFolder(path) : path
}

/** Nothing may be there, or an empty folder; and no cluster around it. */
export async function folderProblem(
  dir: string,
  others: readonly { readonly dir: string }[]
): Promise<ClusterProblem | undefined> {
  if (!isAbsolute(dir)) return problem('dir', 'relative')
  const around = others.find((other) => other.dir !== dir && isWithin(dir, other.dir))
  if (around !== undefined) return problem('dir', 'within', { dir: around.dir })
  try {
    if (statSync(dir, { throwIfNoEntry: false }) !== undefined) {
      if (!statSync(dir).isDirectory()) return problem('dir', 'file')
      const names = readdirSync(dir)
      if (names.includes(specFile)) return problem('dir', 'cluster')
      const foreign = names.find((name) => !name.startsWith('.'))
      if (foreign !== undefined) return problem('dir', 'foreign', { entry: foreign })
    }
    const nearest = nearestFolder(dir)
    // Whether a path below a file is told as missing or as an error is another from one version of Node to the next.
    if (!statSync(nearest).isDirectory()) return problem('dir', 'file', { dir: nearest })
    await access(nearest, constants.W_OK | constants.X_OK)
    return undefined
  } catch (error) {
    expectSystemError(error)
    const isFileAmongParents = ['ENOTDIR', 'EEXIST'].includes(error.code)
    return problem('dir', isFileAmongParents ? 'file' : 'access', { dir: nearestFolder(dir) })
  }
}

/** In it, or it itself. */
export function isWithin(dir: string, outer: string): boolean {
  for (let path = dir; ; path = dirname(path)) {
    if (path === outer) return true
    if (path === dirname(path)) return false
  }
}

/** The folder, or the next one above it that is there. */
export function nearestFolder(dir: string): string {
  for (let path = dir; ; path = dirname(path)) {
    try {
      if (lstatSync(path, { throwIfNoEntry: false }) !== undefined || path === dirname(path)) return path
    } catch (error) {
      expectSystemError(error)
      ignore(error, 'a file among its parents, or a folder that may not be looked into')
    }
  }
}

async function portProblem(
  { ports, others, holderOf }: CheckPorts,
  field: 'brokerPort' | 'ensemblePort',
  first: number | null,
  count: number
): Promise<ClusterProblem | undefined> {
  if (first === null) return undefined
  const { portMin, portMax } = NEW_CLUSTER
  const last = first + count - 1
  if (!Number.isInteger(first) || first < portMin || last > portMax)
    return problem(field, 'range', { min: portMin, max: portMax - count + 1 })
  for (let port = first; port <= last; port++) {
    const other = others.find((one) => one.ports.includes(port))
    if (other !== undefined) return problem(field, 'known', { port, cluster: other.name })
    if (!(await ports.isFree(clusterHost, port))) return problem(field, 'taken', { port, holder: holderOf(port) ?? '' })
  }
  return undefined
}

/** More than half of the members have to have a write: an even number survives no more losses than the odd one below it. */
function membersProblem(members: number): ClusterProblem | undefined {
  if (sizesProblem({ brokers: 1, ensemble: members }) === undefined) return undefined
  const isEven = Number.isInteger(members) && members > 0 && members <= NEW_CLUSTER.membersMax
  return isEven ? problem('members', 'even', { count: members, less: members - 1 }) : problem('members', 'range')
}

function overlap({ brokerPort, ensemblePort, brokers }: NewCluster, members: number): ClusterProblem | undefined {
  if (brokerPort === null || ensemblePort === null) return undefined
  const isAmong = ensemblePort + members > brokerPort && ensemblePort < brokerPort + brokers
  return isAmong ? problem('ensemblePort', 'overlaps', { port: ensemblePort }) : undefined
}
