/** A broker as a process of its own; see node-process.ts for how it is spoken to. */
import { nodeChecksum } from '../adapters/node-checksum'
import { nodeClock } from '../adapters/node-clock'
import { nodeCompression } from '../adapters/node-compression'
import { nodeDisk, volume } from '../adapters/node-disk'
import { nodeNetwork } from '../adapters/node-network'
import { nodeRandom } from '../adapters/node-random'
import { watchedDisk } from '../adapters/watched-disk'
import { BrokerNode } from '../broker/broker-node'
import type { Address } from '../kernel/ports'
import { configurationFrom, processLog, runNode, tellEvent } from './node-process'

interface Configuration {
  readonly brokerId: number
  readonly host: string
  readonly port: number
  readonly dataDir: string
  readonly ensemble: readonly Address[]
  readonly sessionTimeoutMs: number
  /** log.retention.check.interval.ms; absent: Kafka's own. */
  readonly retentionCheckMs?: number
  /** group.initial.rebalance.delay.ms; absent: 0. */
  readonly initialRebalanceDelayMs?: number
  /** Defaults of topics, by broker config name (`log.retention.ms`). */
  readonly configs?: Readonly<Record<string, string>>
}

const usage = 'broker-process {"brokerId","host","port","dataDir","ensemble":[{"host","port"}],"sessionTimeoutMs"}'

const config = configurationFrom<Configuration>(
  usage,
  (fields) =>
    ['brokerId', 'port', 'sessionTimeoutMs'].every((name) => Number.isSafeInteger(fields[name])) &&
    ['host', 'dataDir'].every((name) => typeof fields[name] === 'string') &&
    Array.isArray(fields['ensemble'])
)

runNode((failed) => {
  const node = new BrokerNode(
    {
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
      compression: nodeCompression,
      log: processLog,
      volume,
      event: tellEvent,
      failed
    },
    {
      brokerId: config.brokerId,
      address: { host: config.host, port: config.port },
      dataDir: config.dataDir,
      ensemble: config.ensemble,
      sessionTimeoutMs: config.sessionTimeoutMs,
      ...(config.retentionCheckMs === undefined ? {} : { retentionCheckMs: config.retentionCheckMs }),
      ...(config.initialRebalanceDelayMs === undefined
        ? {}
        : { initialRebalanceDelayMs: config.initialRebalanceDelayMs }),
      ...(config.configs === undefined ? {} : { configs: config.configs })
    }
  )
  return {
    start: async () => (await node.start()).port,
    stop: () => node.stop(),
    inspect: () => node.inspect()
  }
})
