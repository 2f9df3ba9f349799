/** A broker as a process of its own; see node-process.ts for how it is spoken to. */
import { bootId } from '../adapters/boot-id'
import { nodeCompression } from '../adapters/node-compression'
import { BrokerNode } from '../broker/broker-node'
import type { NodeFaults } from '../kernel/node-faults'
import type { Address } from '../kernel/ports'
import { nodePorts } from './node-ports'
import { configurationFrom, faultsOf, runNode, tellEvent } from './node-process'

interface Configuration {
  readonly brokerId: number
  readonly host: string
  readonly port: number
  readonly dataDir: string
  readonly ensemble: readonly Address[]
  /** Of an ensemble of several members of ours. */
  readonly ensembleId?: string
  readonly sessionTimeoutMs: number
  /** All that belong to the cluster, alive or not; absent: not known. */
  readonly clusterBrokers?: readonly number[]
  /** log.retention.check.interval.ms; absent: Kafka's own. */
  readonly retentionCheckMs?: number
  /** group.initial.rebalance.delay.ms; absent: 0. */
  readonly initialRebalanceDelayMs?: number
  /** replica.lag.time.max.ms; absent: Kafka's own. */
  readonly replicaLagMaxMs?: number
  /** Defaults of topics, by broker config name (`log.retention.ms`). */
  readonly configs?: Readonly<Record<string, string>>
  /** What is to go wrong from the beginning. */
  readonly faults?: NodeFaults
}

const usage = 'broker-process {"brokerId","host","port","dataDir","ensemble":[{"host","port"}],"sessionTimeoutMs"}'

const config = configurationFrom<Configuration>(
  usage,
  (fields) =>
    ['brokerId', 'port', 'sessionTimeoutMs'].every((name) => Number.isSafeInteger(fields[name])) &&
    ['host', 'dataDir'].every((name) => typeof fields[name] === 'string') &&
    Array.isArray(fields['ensemble'])
)

/** What was spoilt at rest is found soon after a start, which itself is not held up. */
const verificationMs = 1_000

const faults = faultsOf(config)

runNode((failed) => {
  const node = new BrokerNode(
    {
      ...nodePorts(config.dataDir, faults, { refusesWhoeverConnects: false }),
      compression: nodeCompression,
      bootId: bootId(),
      event: tellEvent,
      failed
    },
    {
      brokerId: config.brokerId,
      address: { host: config.host, port: config.port },
      dataDir: config.dataDir,
      ensemble: config.ensemble,
      ...(config.ensembleId === undefined ? {} : { ensembleId: config.ensembleId }),
      sessionTimeoutMs: config.sessionTimeoutMs,
      verificationMs,
      ...(config.clusterBrokers === undefined ? {} : { clusterBrokers: config.clusterBrokers }),
      ...(config.retentionCheckMs === undefined ? {} : { retentionCheckMs: config.retentionCheckMs }),
      ...(config.initialRebalanceDelayMs === undefined
        ? {}
        : { initialRebalanceDelayMs: config.initialRebalanceDelayMs }),
      ...(config.replicaLagMaxMs === undefined ? {} : { replicaLagMaxMs: config.replicaLagMaxMs }),
      ...(config.configs === undefined ? {} : { configs: config.configs })
    }
  )
  const refuse = (): void => node.refuseClients(faults.now.refusesClients)
  refuse()
  faults.onChange(refuse)
  return {
    start: async () => (await node.start()).port,
    stop: () => node.stop(),
    repair: (asked) => node.repairLog(asked),
    inspect: () => node.inspect()
  }
})
