/** A member of the ensemble as a process of its own; see node-process.ts for how it is spoken to. */
import { EnsembleNode } from '../coordination/ensemble-node'
import type { NodeFaults } from '../kernel/node-faults'
import { nodePorts } from './node-ports'
import { configurationFrom, faultsOf, runNode, tellEvent } from './node-process'

interface Configuration {
  readonly memberId: number
  readonly host: string
  readonly port: number
  readonly dataDir: string
  readonly sessionTimeoutMinMs: number
  readonly sessionTimeoutMaxMs: number
  /** Bounds of recovery; absent: the node's own. */
  readonly snapshotEntriesMax?: number
  readonly snapshotBytesMax?: number
  /** What is to go wrong from the beginning. */
  readonly faults?: NodeFaults
}

const usage = 'ensemble-process {"memberId","host","port","dataDir","sessionTimeoutMinMs","sessionTimeoutMaxMs"}'

const config = configurationFrom<Configuration>(
  usage,
  (fields) =>
    ['memberId', 'port', 'sessionTimeoutMinMs', 'sessionTimeoutMaxMs'].every((name) =>
      Number.isSafeInteger(fields[name])
    ) && ['host', 'dataDir'].every((name) => typeof fields[name] === 'string')
)

runNode((failed) => {
  const node = new EnsembleNode({
    ...nodePorts(config.dataDir, faultsOf(config), { refusesWhoeverConnects: true }),
    memberId: config.memberId,
    address: { host: config.host, port: config.port },
    dataDir: config.dataDir,
    sessionTimeouts: { minMs: config.sessionTimeoutMinMs, maxMs: config.sessionTimeoutMaxMs },
    ...(config.snapshotEntriesMax === undefined ? {} : { snapshotEntriesMax: config.snapshotEntriesMax }),
    ...(config.snapshotBytesMax === undefined ? {} : { snapshotBytesMax: config.snapshotBytesMax }),
    failed,
    told: (report) => tellEvent('member', { ...report }),
    sessionExpired: (sessionId) => tellEvent('sessionExpired', { sessionId: `0x${sessionId.toString(16)}` })
  })
  return {
    start: async () => (await node.start()).port,
    stop: () => node.stop(),
    inspect: () => node.inspect()
  }
})
