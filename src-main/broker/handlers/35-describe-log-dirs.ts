/** DescribeLogDirs, versions 0 to 4: what this broker holds on disk; no topics (null) means all. */
import { describeLogDirsRequest, describeLogDirsResponse } from '../../protocol/api/35-describe-log-dirs'
import type { BrokerServices } from '../broker-services'
import type { Partition } from '../partition'
import { handler, type HandlerRow } from '../server/handler'

export function describeLogDirs(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 35,
    served: [0, 4],
    request: describeLogDirsRequest,
    response: describeLogDirsResponse,
    handle({ topics }) {
      const wanted = topics === null ? undefined : new Map(topics.map(({ topic, partitions }) => [topic, partitions]))
      const byTopic = new Map<string, Partition[]>()
      for (const partition of broker.replicas.all()) {
        if (wanted !== undefined && wanted.get(partition.topic)?.includes(partition.index) !== true) continue
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
