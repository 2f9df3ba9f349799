/** A member of the ensemble as a process of its own; see node-process.ts for how it is spoken to. */
import { EnsembleNode } from '../coordination/ensemble-node'
import type { PeerOptions } from '../coordination/member-options'
import type { NodeFaults } from '../kernel/node-faults'
import { nodePorts } from './node-ports'
import { descriptors, processEnvironment } from './process-environment'
import { configurationFrom, faultsOf, runNode, tellEvent } from './node-process'

interface Configuration {
  readonly memberId: number
  readonly host: string
  readonly port: number
  readonly dataDir: string
  readonly sessionTimeoutMinMs: number
  readonly sessionTimeoutMaxMs: number
  /** Absent: an ensemble of one. */
  readonly peers?: Peers
  /** Bounds of recovery; absent: the node's own. */
  readonly snapshotEntriesMax?: number
  readonly snapshotBytesMax?: number
  /** Who may do everything: `user:base64(sha1("user:password"))`; absent: nobody. */
  readonly superDigest?: string
  /** What is to go wrong from the beginning. */
  readonly faults?: NodeFaults
}

interface Peers {
  readonly ensembleId: string
  /** Where the others connect to. */
  readonly port: number
  readonly isFounding: boolean
  readonly others: readonly { readonly memberId: number; readonly port: number }[]
}

const usage = 'ensemble-process {"memberId","host","port","dataDir","sessionTimeoutMinMs","sessionTimeoutMaxMs"}'

const config = configurationFrom<Configuration>(
  usage,
  (fields) =>
    ['memberId', 'port', 'sessionTimeoutMinMs', 'sessionTimeoutMaxMs'].every((name) =>
      Number.isSafeInteger(fields[name])
    ) &&
    ['host', 'dataDir'].every((name) => typeof fields[name] === 'string') &&
    arePeers(fields['peers'])
)

function isPeer(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { memberId, port } = value as Record<string, unknown>
  return Number.isSafeInteger(memberId) && Number.isSafeInteger(port)
}

function arePeers(value: unknown): boolean {
  if (value === undefined) return true
  if (typeof value !== 'object' || value === null) return false
  const { ensembleId, port, isFounding, others } = value as Record<string, unknown>
  const areOthers = Array.isArray(others) && others.length > 0 && others.every(isPeer)
  return typeof ensembleId === 'string' && Number.isSafeInteger(port) && typeof isFounding === 'boolean' && areOthers
}

function peerOptions({ host, peers }: Configuration): { readonly peers?: PeerOptions } {
  if (peers === undefined) return {}
  const { ensembleId, port, isFounding, others } = peers
  const at = (other: Peers['others'][number]) => ({ memberId: other.memberId, address: { host, port: other.port } })
  return { peers: { ensembleId, isFounding, address: { host, port }, others: others.map(at) } }
}

runNode((failed) => {
  const node = new EnsembleNode({
    ...nodePorts(config.dataDir, faultsOf(config), { refusesWhoeverConnects: true }),
    memberId: config.memberId,
    address: { host: config.host, port: config.port },
    dataDir: config.dataDir,
    ...peerOptions(config),
    sessionTimeouts: { minMs: config.sessionTimeoutMinMs, maxMs: config.sessionTimeoutMaxMs },
    ...(config.snapshotEntriesMax === undefined ? {} : { snapshotEntriesMax: config.snapshotEntriesMax }),
    ...(config.snapshotBytesMax === undefined ? {} : { snapshotBytesMax: config.snapshotBytesMax }),
    ...(config.superDigest === undefined ? {} : { superDigest: config.superDigest }),
    environment: processEnvironment(config.host),
    descriptors,
    failed,
    told: (report) => tellEvent('member', { ...report }),
    sessionsExpired: ({ count, ephemerals, sample }) =>
      tellEvent('sessionsExpired', {
        count,
        ephemerals,
        sessionId: `0x${BigInt.asUintN(64, sample).toString(16)}`
      }),
    snapshotRefused: ({ totalBytes, bytesMax }) => tellEvent('snapshotRefused', { totalBytes, bytesMax })
  })
  return {
    start: async () => (await node.start()).port,
    stop: () => node.stop(),
    inspect: () => node.inspect()
  }
})
