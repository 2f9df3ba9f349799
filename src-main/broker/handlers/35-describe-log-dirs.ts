/** DescribeLogDirs, versions 0 to 4: what this broker holds on disk; no topics (null) means all. */
import { describeLogDirsRequest, describeLogDirsResponse } from '../../protocol/api/35-describe-log-dirs'
import type { Slices } from '../../protocol/wire/codec'
import type { BrokerServices } from '../broker-services'
import type { Partition } from '../partition'
import { handler, type HandlerRow } from '../server/handler'

export function describeLogDirs(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 35,
    served: [0, 4],
    request: describeLogDirsRequest,
    response: describeLogDirsResponse,
    *handle({ topics }) {
      const wanted = topics === null ? undefined : yield* partitionsByTopic(topics)
      const byTopic = new Map<string, Partition[]>()
      for (const partition of broker.replicas.all()) {
        if (wanted !== undefined && wanted.get(partition.topic)?.has(partition.index) !== true) continue
        const held = byTopic.get(partition.topic)
        if (held === undefined) byTopic.set(partition.topic, [partition])
        else held.push(partition)
      }
      const volume = broker.volume()
      return {
        errorCode: 0,
        results: [
          {
            errorCode: 0,
            logDir: broker.logDir,
            topics: [...byTopic].map(([name, partitions]) => ({
              name,
              partitions: partitions.map(({ index, log }) => ({
                partitionIndex: index,
                partitionSize: log.sizeBytes,
                offsetLag: 0,
                isFutureKey: false
              }))
            })),
            totalBytes: volume?.totalBytes ?? -1,
            usableBytes: volume?.usableBytes ?? -1
          }
        ]
      }
    }
  })
}

function* partitionsByTopic(
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[]
): Slices<ReadonlyMap<string, ReadonlySet<number>>> {
  const byTopic = new Map<string, Set<number>>()
  for (const { topic, partitions } of topics) {
    let indexes = byTopic.get(topic)
    if (indexes === undefined) byTopic.set(topic, (indexes = new Set()))
    for (const [i, partition] of partitions.entries()) {
      indexes.add(partition)
      if (i % 1000 === 999) yield
    }
    yield
  }
  return byTopic
}
