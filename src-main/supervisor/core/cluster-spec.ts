/**
 * What a cluster folder says the cluster is: its nodes, their ports, and which of them are to stay down. Kept in
 * cluster.json; made once, changed only by stopping, killing and starting nodes.
 */
import type { AppErrorCode } from '../../kernel/errors'
import { brokerConfigProblem, isOfLaterVersion, type BrokerConfigs } from './broker-configs'

export type NodeRole = 'broker' | 'ensemble'
/** down: through us, until started again. */
export type Desired = 'running' | 'stopped' | 'killed'

export interface NodeSpec {
  readonly name: string
  readonly role: NodeRole
  /** broker.id or member id, from 1. */
  readonly id: number
  readonly port: number
  readonly desired: Desired
  /** Of a member of several: where the others connect to. */
  readonly peerPort?: number
  /** Of a member of several: its data was taken away, and it has not served since. */
  readonly isEmptied?: true
  /** Of a member of several that is not founded yet: it has served, so without data it has lost some. */
  readonly hasServed?: true
}

/** Of a folder: raised when an earlier Lagoon could not work with it any more. The latest that this one knows. */
export const specVersion = 3
/** Of one whose ensemble has one member: it has what the first version had. */
const versionOfOneMember = 1
const versionOfSeveralMembers = 2
/** Of one that sets configs which the versions before do not know, and would take for damage. */
const versionOfMoreConfigs = 3

export interface ClusterSpec {
  readonly version: number
  readonly name: string
  readonly host: string
  readonly nodes: readonly NodeSpec[]
  /** Of an ensemble of several members; one of one has nobody to be told from. */
  readonly ensemble?: EnsembleSpec
  /** Of all its brokers; those that are not named have their default. */
  readonly brokerConfigs?: BrokerConfigs
  /** Who may do everything in the tree of the ensemble: see superDigestProblem. Nobody without it. */
  readonly superDigest?: string
  /** How long its history is kept; HISTORY_DAYS.default without it. */
  readonly historyDays?: number
}

export interface EnsembleSpec {
  /** Members of another are not listened to. */
  readonly id: string
  /** Each member has served once: from now on one without data has lost it. */
  readonly isFounded: boolean
}

export const HISTORY_DAYS = { min: 1, max: 365, default: 7 } as const

export interface Sizes {
  readonly brokers: number
  readonly ensemble: number
}

export const defaultSizes: Sizes = { brokers: 3, ensemble: 3 }
export const ensembleSizes: readonly number[] = [1, 3, 5, 7]
export const brokersMax = 30
export const firstBrokerPort = 9092
export const firstEnsemblePort = 2181
export const firstPeerPort = 2888
export const clusterHost = '127.0.0.1'

export interface SpecProblem {
  readonly code: AppErrorCode
  readonly message: string
}

/** What is wrong with sizes that were asked for; undefined when they can be had. */
export function sizesProblem({ brokers, ensemble }: Sizes): SpecProblem | undefined {
  if (!Number.isInteger(brokers) || brokers < 1 || brokers > brokersMax) {
    return { code: 'USAGE', message: `--brokers must be a whole number from 1 to ${brokersMax}.` }
  }
  if (ensembleSizes.includes(ensemble)) return undefined
  const isEven = Number.isInteger(ensemble) && ensemble > 0 && ensemble % 2 === 0
  const reason = isEven
    ? `: a write needs more than half of the members, so that ${ensemble} may lose no more of them than ${ensemble - 1} may`
    : ''
  return { code: 'USAGE', message: `--ensemble must be 1, 3, 5 or 7; ${ensemble} is not one of them${reason}.` }
}

/** A folder keeps the sizes it was made with. */
export function resizeProblem(spec: ClusterSpec, asked: Partial<Sizes>): SpecProblem | undefined {
  const own = sizesOf(spec)
  for (const [option, role] of [
    ['brokers', 'broker'],
    ['ensemble', 'ensemble member']
  ] as const) {
    const wanted = asked[option]
    if (wanted === undefined || wanted === own[option]) continue
    const plural = own[option] === 1 ? role : `${role}s`
    return {
      code: 'USAGE',
      message: `This folder holds a cluster of ${own[option]} ${plural}; --${option} ${wanted} would change that. Leave the option out, or use another folder with --data.`
    }
  }
  return undefined
}

export function sizesOf(spec: ClusterSpec): Sizes {
  const count = (role: NodeRole): number => spec.nodes.filter((node) => node.role === role).length
  return { brokers: count('broker'), ensemble: count('ensemble') }
}

export function makeSpec(
  name: string,
  ports: { readonly brokers: readonly number[]; readonly ensemble: readonly number[] },
  /** Of an ensemble of several members. */
  peers?: { readonly ensembleId: string; readonly ports: readonly number[] }
): ClusterSpec {
  const node = (role: NodeRole, port: number, index: number): NodeSpec => ({
    name: `${role}-${index + 1}`,
    role,
    id: index + 1,
    port,
    desired: 'running'
  })
  const member = (port: number, index: number): NodeSpec => {
    const peerPort = peers?.ports[index]
    return { ...node('ensemble', port, index), ...(peerPort === undefined ? {} : { peerPort }) }
  }
  return {
    version: peers === undefined ? versionOfOneMember : versionOfSeveralMembers,
    name,
    host: clusterHost,
    nodes: [...ports.ensemble.map(member), ...ports.brokers.map((port, index) => node('broker', port, index))],
    ...(peers === undefined ? {} : { ensemble: { id: peers.ensembleId, isFounded: false } })
  }
}

export function withDesired(spec: ClusterSpec, name: string, desired: Desired): ClusterSpec {
  return { ...spec, nodes: spec.nodes.map((node) => (node.name === name ? { ...node, desired } : node)) }
}

export function withPort(spec: ClusterSpec, name: string, port: number, peerPort?: number): ClusterSpec {
  const ports = peerPort === undefined ? { port } : { port, peerPort }
  return { ...spec, nodes: spec.nodes.map((node) => (node.name === name ? { ...node, ...ports } : node)) }
}

/** Those of a node: what clients connect to, and what other members do. */
export function portsOf({ port, peerPort }: NodeSpec): readonly number[] {
  return peerPort === undefined ? [port] : [port, peerPort]
}

// ── an ensemble of several members ───────────────────────────────────────────────────────────────────────────────

/**
 * Whether a member without data may vote at once: it has never had any. One that has served, or was emptied, may have voted before,
 * and is a learner (ADR 45).
 */
export function isFounding({ ensemble }: ClusterSpec, { isEmptied, hasServed }: NodeSpec): boolean {
  return ensemble?.isFounded === false && isEmptied !== true && hasServed !== true
}

/** The same spec when there is nothing to say of it. */
export function withServed(spec: ClusterSpec, name: string): ClusterSpec {
  const { ensemble } = spec
  const served = spec.nodes.find((node) => node.name === name && node.role === 'ensemble')
  if (ensemble === undefined || served === undefined) return spec
  const isNews = served.isEmptied === true || (!ensemble.isFounded && served.hasServed !== true)
  if (!isNews) return spec
  const { isEmptied: _, ...withData } = served
  const now: NodeSpec = ensemble.isFounded ? withData : { ...withData, hasServed: true }
  const nodes = spec.nodes.map((node) => (node === served ? now : node))
  const isLast = nodes.every(({ role, hasServed }) => role !== 'ensemble' || hasServed === true)
  if (ensemble.isFounded || !isLast) return { ...spec, nodes }
  return { ...spec, ensemble: { ...ensemble, isFounded: true }, nodes: nodes.map(asFounded) }
}

/** When nobody has anything any more the ensemble begins anew. */
export function withEmptied(spec: ClusterSpec, name: string): ClusterSpec {
  const { ensemble } = spec
  if (ensemble === undefined || !spec.nodes.some((node) => node.name === name && node.role === 'ensemble')) return spec
  const nodes = spec.nodes.map((node) => (node.name === name ? { ...node, isEmptied: true as const } : node))
  if (nodes.some(({ role, isEmptied }) => role === 'ensemble' && isEmptied !== true)) return { ...spec, nodes }
  return withNothing({ ...spec, nodes })
}

/** No member has anything: the ensemble begins. The same spec when it does already. */
export function withNothing(spec: ClusterSpec): ClusterSpec {
  const { ensemble, nodes } = spec
  const isSo = ensemble?.isFounded === false && nodes.every((node) => !node.isEmptied && !node.hasServed)
  if (ensemble === undefined || isSo) return spec
  return { ...spec, ensemble: { ...ensemble, isFounded: false }, nodes: nodes.map(asBegun) }
}

/** That all have served is said of the ensemble. Who was emptied since has nothing, founded or not. */
function asFounded({ hasServed: _served, ...node }: NodeSpec): NodeSpec {
  return node
}

/** What the ensemble says of all of them goes for each. */
function asBegun({ isEmptied: _emptied, hasServed: _served, ...node }: NodeSpec): NodeSpec {
  return node
}

/** Those that are named replace what was set before. */
export function withBrokerConfigs(spec: ClusterSpec, configs: BrokerConfigs): ClusterSpec {
  const brokerConfigs = { ...spec.brokerConfigs, ...configs }
  const version = Object.keys(brokerConfigs).some(isOfLaterVersion) ? versionOfMoreConfigs : spec.version
  return { ...spec, version, brokerConfigs }
}

/** As ZooKeeper's zookeeper.DigestAuthenticationProvider.superDigest. */
const superDigestShape = /^[^:\s]{1,100}:[A-Za-z0-9+/]{27}=$/

/** One sentence; undefined of what ZooKeeper takes, too. */
export function superDigestProblem(superDigest: string): string | undefined {
  if (superDigestShape.test(superDigest)) return undefined
  return (
    '--super-digest must be user:digest, the digest as ZooKeeper has it: base64(sha1("user:password")). ' +
    'To make one: printf super:secret | openssl sha1 -binary | base64'
  )
}

/** Undefined: nobody may any more. */
export function withSuperDigest(spec: ClusterSpec, superDigest: string | undefined): ClusterSpec {
  if (spec.superDigest === superDigest) return spec
  const { superDigest: _before, ...rest } = spec
  return superDigest === undefined ? rest : { ...rest, superDigest }
}

export function withHistoryDays(spec: ClusterSpec, historyDays: number): ClusterSpec {
  return { ...spec, historyDays }
}

export function addressesOf(spec: ClusterSpec, role: NodeRole): string {
  return spec.nodes
    .filter((node) => node.role === role)
    .map((node) => `${spec.host}:${node.port}`)
    .join(',')
}

export function encodeSpec(spec: ClusterSpec): string {
  return `${JSON.stringify(spec, undefined, 2)}\n`
}

/** The version of a folder that a later Lagoon made; undefined for all that this one should know, and for what is no cluster. */
export function laterVersion(text: string): number | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const version = typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined
    return typeof version === 'number' && version > specVersion ? version : undefined
  } catch {
    return undefined // no JSON: no version of a folder was that
  }
}

const isKnownVersion = (version: unknown): version is number =>
  version === versionOfOneMember || version === versionOfSeveralMembers || version === versionOfMoreConfigs

/** Undefined when the text is no cluster of ours. */
export function parseSpec(text: string): ClusterSpec | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const {
    version,
    name,
    host,
    nodes,
    brokerConfigs = {},
    superDigest,
    historyDays,
    ensemble
  } = value as Record<string, unknown>
  if (!isKnownVersion(version)) return undefined
  if (typeof name !== 'string' || typeof host !== 'string' || !Array.isArray(nodes)) return undefined
  if (nodes.length === 0 || !nodes.every(isNodeSpec) || !areBrokerConfigs(brokerConfigs)) return undefined
  if (!hasPeers(nodes, ensemble)) return undefined
  return {
    version,
    name,
    host,
    nodes,
    ...(isEnsembleSpec(ensemble) ? { ensemble } : {}),
    ...(Object.keys(brokerConfigs).length === 0 ? {} : { brokerConfigs }),
    ...(isSuperDigest(superDigest) ? { superDigest } : {}),
    ...(areHistoryDays(historyDays) ? { historyDays } : {})
  }
}

export function areHistoryDays(value: unknown): value is number {
  const { min, max } = HISTORY_DAYS
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
}

const isSuperDigest = (value: unknown): value is string =>
  typeof value === 'string' && superDigestProblem(value) === undefined

function areBrokerConfigs(value: unknown): value is BrokerConfigs {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).every(([name, set]) => brokerConfigProblem(name, set) === undefined)
}

function isEnsembleSpec(value: unknown): value is EnsembleSpec {
  if (typeof value !== 'object' || value === null) return false
  const { id, isFounded } = value as Record<string, unknown>
  return typeof id === 'string' && typeof isFounded === 'boolean'
}

/** Several members know each other; one has nobody. */
function hasPeers(nodes: readonly NodeSpec[], ensemble: unknown): boolean {
  const members = nodes.filter(({ role }) => role === 'ensemble')
  if (members.length === 1) return ensemble === undefined
  return isEnsembleSpec(ensemble) && members.every(({ peerPort }) => peerPort !== undefined)
}

function isNodeSpec(value: unknown): value is NodeSpec {
  if (typeof value !== 'object' || value === null) return false
  const { name, role, id, port, desired, peerPort, isEmptied, hasServed } = value as Record<string, unknown>
  return (
    (peerPort === undefined || Number.isInteger(peerPort)) &&
    (isEmptied === undefined || isEmptied === true) &&
    (hasServed === undefined || hasServed === true) &&
    (role === 'broker' || role === 'ensemble') &&
    Number.isInteger(id) &&
    name === `${role}-${String(id)}` &&
    Number.isInteger(port) &&
    (desired === 'running' || desired === 'stopped' || desired === 'killed')
  )
}
