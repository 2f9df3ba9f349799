/** The bytes of a record's key or value, as they are, to a file. */
import { ApiError } from '../api/api'
import type { CommandInput, CommandOutput } from '../api/commands'
import type { Serdes } from '../api/formats'
import type { KafkaCluster } from '../kernel/cluster-ports'
import type { Clock, FileSinks } from '../kernel/ports'
import { said } from '../kernel/said'
import { unknownTopic } from './failure'
import { wholeRecord } from './newest'
import { retrying } from './retrying'

const metadataTimeoutMs = 5000

export interface SavePorts {
  readonly clock: Clock
  readonly cluster: KafkaCluster
  readonly files: FileSinks
  readonly serdes: Pick<Serdes, 'payloadBytes'>
}

export async function saveRecord(
  { clock, cluster, files, serdes }: SavePorts,
  { topic, partition, offset, part, path, isReplacing }: CommandInput<'record.save'>
): Promise<CommandOutput<'record.save'>> {
  const { topics } = await retrying(clock, metadataTimeoutMs, () =>
    cluster.metadata({ timeoutMs: metadataTimeoutMs, topics: [topic] })
  )
  const found = topics.find(({ name }) => name === topic)
  if (found === undefined) throw unknownTopic(topic)
  const sink = await files.create(path, isReplacing === true)
  try {
    const record = await wholeRecord(cluster, found, { partition, offset })
    const bytes = serdes.payloadBytes(record[part])
    if (bytes === null) {
      const message =
        part === 'key'
          ? said`Record ${offset} has no key: it is null.`
          : said`Record ${offset} has no value: it is null.`
      throw new ApiError({ code: 'NOT_FOUND', message })
    }
    await sink.write([bytes])
    return { path: await sink.finish(), sizeBytes: bytes.length }
  } finally {
    await sink.discard()
  }
}
