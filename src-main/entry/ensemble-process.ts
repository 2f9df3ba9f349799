/** A member of the ensemble as a process of its own; see node-process.ts for how it is spoken to. */
import { nodeChecksum } from '../adapters/node-checksum'
import { nodeClock } from '../adapters/node-clock'
import { nodeDisk, volume } from '../adapters/node-disk'
import { nodeNetwork } from '../adapters/node-network'
import { nodeRandom } from '../adapters/node-random'
import { watchedDisk } from '../adapters/watched-disk'
import { EnsembleNode } from '../coordination/ensemble-node'
import { configurationFrom, processLog, runNode, tellEvent } from './node-process'

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
    memberId: config.memberId,
    address: { host: config.host, port: config.port },
    dataDir: config.dataDir,
    sessionTimeouts: { minMs: config.sessionTimeoutMinMs, maxMs: config.sessionTimeoutMaxMs },
    ...(config.snapshotEntriesMax === undefined ? {} : { snapshotEntriesMax: config.snapshotEntriesMax }),
    ...(config.snapshotBytesMax === undefined ? {} : { snapshotBytesMax: config.snapshotBytesMax }),
    clock: nodeClock,
    random: nodeRandom,
    disk: watchedDisk(nodeDisk, {
      dir: config.dataDir,
      clock: nodeClock,
      usableBytes: () => volume(config.dataDir)?.usableBytes,
      told: (problem) => tellEvent('disk', { isFull: problem !== undefined, problem: problem ?? null })
    }),
    network: nodeNetwork,
    checksum: nodeChecksum,
    log: processLog,
    failed,
    sessionExpired: (sessionId) => tellEvent('sessionExpired', { sessionId: `0x${sessionId.toString(16)}` })
  })
  return {
    start: async () => (await node.start()).port,
    stop: () => node.stop(),
    inspect: () => node.inspect()
  }
})
