/** The reader as a process of its own: searches, tails and exports. It is spoken to as the monitor is (monitor-process.ts). */
import { limitsOfMany } from '../adapters/idle-memory'
import { fileSinks } from '../adapters/file-sinks'
import { nodeChecksum } from '../adapters/node-checksum'
import { nodeClock } from '../adapters/node-clock'
import { nodeCompression } from '../adapters/node-compression'
import { nodeDisk } from '../adapters/node-disk'
import { openKafkaCluster } from '../admin/kafka-cluster'
import { clientMessageSchema } from '../api/wire'
import { clusterIdentity } from '../monitor/identity-file'
import { RecordReader } from '../monitor/record-reader'
import { serdes } from '../serdes/serdes'
import { addressesIn, tellParent, type ClientConfiguration } from './client-process'
import { configurationFrom, processLog, runNode } from './node-process'

const usage = 'reader-process {"bootstrapServers":"h:p,h:p","dataDir"}'
const clientId = 'lagoon-reader'

const config = configurationFrom<ClientConfiguration>(usage, (fields) =>
  ['bootstrapServers', 'dataDir'].every((name) => typeof fields[name] === 'string')
)

runNode(() => {
  const reader = new RecordReader({
    clock: nodeClock,
    log: processLog,
    files: fileSinks(processLog),
    serdes,
    cluster: openKafkaCluster(
      addressesIn(config.bootstrapServers),
      clientId,
      { compression: nodeCompression, checksum: nodeChecksum },
      clusterIdentity({ disk: nodeDisk, log: processLog }, config.dataDir)
    ),
    tell: tellParent
  })
  process.on('message', (message: unknown) => {
    const parsed = clientMessageSchema.safeParse(message)
    if (parsed.success) reader.receive(parsed.data)
  })
  return {
    start: () => Promise.resolve(0),
    stop: () => reader.stop(),
    inspect: () => ({})
  }
}, limitsOfMany)
