/**
 * One producer or consumer on purpose, as a process of its own: a client like any other, which reaches the brokers over
 * TCP. See node-process.ts for how it is spoken to; beside that orders come in (what it is to be from now on) and
 * tellings go out (what became of it).
 */
import { limitsOfMany } from '../adapters/idle-memory'
import { nodeChecksum } from '../adapters/node-checksum'
import { nodeClock } from '../adapters/node-clock'
import { nodeCompression } from '../adapters/node-compression'
import { nodeRandom } from '../adapters/node-random'
import { openKafkaCluster } from '../admin/kafka-cluster'
import { consumerSettingsSchema, producerSettingsSchema } from '../api/workloads'
import { ClusterIdentity } from '../kernel/cluster-identity'
import type { Address } from '../kernel/ports'
import type { Order } from '../workload/core/telling'
import { WorkloadConsumer } from '../workload/workload-consumer'
import { WorkloadProducer } from '../workload/workload-producer'
import { configurationFrom, runNode, tellEvent } from './node-process'

interface Configuration {
  readonly name: string
  readonly kind: 'producer' | 'consumer'
  /** host:port, comma-separated. */
  readonly bootstrapServers: string
  readonly settings: unknown
}

const usage = 'workload-process {"name","kind":"producer"|"consumer","bootstrapServers":"h:p,h:p","settings":{…}}'
const tellEveryMs = 1000

const config = configurationFrom<Configuration>(
  usage,
  ({ name, kind, bootstrapServers }) =>
    typeof name === 'string' && (kind === 'producer' || kind === 'consumer') && typeof bootstrapServers === 'string'
)

function addresses(list: string): readonly Address[] {
  return list.split(',').map((address) => {
    const colon = address.lastIndexOf(':')
    return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) }
  })
}

runNode((failed) => {
  const recordBytes = { compression: nodeCompression, checksum: nodeChecksum }
  // Which cluster it belongs to it learns from whoever answers first, as any client does.
  const identity = new ClusterIdentity(undefined, () => undefined)
  const cluster = openKafkaCluster(addresses(config.bootstrapServers), config.name, recordBytes, identity)
  const tell = (): void => tellEvent('workload', { ...client.telling() })
  const ports = { clock: nodeClock, random: nodeRandom, cluster, changed: () => nodeClock.soon(tell) }
  const client =
    config.kind === 'producer'
      ? new WorkloadProducer(ports, producerSettingsSchema.parse(config.settings))
      : new WorkloadConsumer(ports, config.name, consumerSettingsSchema.parse(config.settings))
  process.on('message', (message: unknown) => {
    const { type, mode, slowedBy, leavesForGood } = (message ?? {}) as Partial<Order>
    if (type === 'order') client.order(mode ?? 'run', slowedBy ?? 1, leavesForGood ?? false)
  })
  const tellAgain = (): void => {
    nodeClock.after(tellEveryMs, () => {
      tell()
      tellAgain()
    })
  }
  return {
    start: () => {
      client.run().catch(failed)
      tell()
      tellAgain()
      return Promise.resolve(0)
    },
    stop: () => client.stop(),
    inspect: () => ({ ...client.telling() })
  }
}, limitsOfMany)
