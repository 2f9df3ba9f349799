/**
 * The monitor as a process of its own; see node-process.ts for how it is spoken to. Beside that, the messages of
 * api/wire.ts: calls and watches come in, answers and pushes go out.
 */
import { askWord } from '../adapters/ask-word'
import { nodeCompression } from '../adapters/node-compression'
import { nodeChecksum } from '../adapters/node-checksum'
import { nodeClock } from '../adapters/node-clock'
import { nodeDisk } from '../adapters/node-disk'
import { nodeNetwork } from '../adapters/node-network'
import { nodeRandom } from '../adapters/node-random'
import { openKafkaCluster } from '../admin/kafka-cluster'
import { clientMessageSchema } from '../api/wire'
import { EnsembleClient } from '../coordination/ensemble-client'
import { clusterIdentity } from '../monitor/identity-file'
import { Monitor } from '../monitor/monitor'
import { addressesIn, tellParent, type ClientConfiguration } from './client-process'
import { serdes } from '../serdes/serdes'
import { configurationFrom, processLog, runNode } from './node-process'

const usage = 'monitor-process {"name","bootstrapServers":"h:p,h:p","ensemble":"h:p","dataDir"}'
const clientId = 'lagoon'
const sessionTimeoutMs = 10_000

const config = configurationFrom<ClientConfiguration>(usage, (fields) =>
  ['name', 'bootstrapServers', 'ensemble', 'dataDir'].every((name) => typeof fields[name] === 'string')
)

const recordBytes = { compression: nodeCompression, checksum: nodeChecksum }

runNode(() => {
  const monitor = new Monitor(
    {
      clock: nodeClock,
      random: nodeRandom,
      disk: nodeDisk,
      checksum: nodeChecksum,
      log: processLog,
      serdes,
      cluster: openKafkaCluster(
        addressesIn(config.bootstrapServers),
        clientId,
        recordBytes,
        clusterIdentity({ disk: nodeDisk, log: processLog }, config.dataDir)
      ),
      askWord,
      members: addressesIn(config.ensemble),
      ensemble: new EnsembleClient({
        addresses: addressesIn(config.ensemble),
        ...(config.ensembleId === undefined ? {} : { ensembleId: config.ensembleId }),
        sessionTimeoutMs,
        clock: nodeClock,
        network: nodeNetwork,
        random: nodeRandom,
        log: processLog
      }),
      tell: tellParent
    },
    config.dataDir,
    config.historyDays
  )
  process.on('message', (message: unknown) => {
    const parsed = clientMessageSchema.safeParse(message)
    if (parsed.success) monitor.receive(parsed.data)
  })
  return {
    start: () => {
      monitor.start()
      return Promise.resolve(0)
    },
    stop: () => monitor.stop(),
    inspect: () => ({})
  }
})
