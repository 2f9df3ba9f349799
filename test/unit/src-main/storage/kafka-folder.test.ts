/**
 * A log directory that Apache Kafka 3.9.1 itself wrote (test/support/kafka-folder.json: ZooKeeper mode, one partition,
 * log.segment.bytes=9000, log.index.interval.bytes=700; five idempotent producers of kafka-producer-perf-test with 60
 * records of 80 bytes each, in lz4, zstd, snappy, gzip and plain; then a clean stop).
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { defaultLogConfig } from '../../../../src-main/storage/log-types'
import kafkaFolder from '../../../support/kafka-folder.json'
import { MemoryDisk } from '../../../support/memory-disk'
import { loadCodecs } from '../../../support/record-samples'
import { fetchValues, fixture, openManager } from '../../../support/storage-fixture'
import type { Fixture } from '../../../support/storage-fixture'

beforeAll(loadCodecs)

const options = {
  clusterId: 'hl9fmG2aQcGkfP-JKmPk8Q',
  defaults: { ...defaultLogConfig, segmentBytes: 9_000, indexIntervalBytes: 700, retentionMs: -1 }
}

function kafkas(without: readonly string[] = []): Fixture {
  const disk = new MemoryDisk()
  disk.makeDirectory('/data/t-0')
  for (const [name, base64] of Object.entries(kafkaFolder))
    if (!without.includes(name)) disk.writeFile(`/data/${name}`, Buffer.from(base64, 'base64'))
  return fixture(disk)
}

const partitionFiles = Object.entries(kafkaFolder).filter(([name]) => name.startsWith('t-0/'))

function expectKafkasBytes(disk: MemoryDisk): void {
  for (const [name, base64] of partitionFiles)
    expect([name, Buffer.from(disk.read(`/data/${name}`)).toString('base64')]).toEqual([name, base64])
  expect(disk.paths.filter((path) => path.startsWith('/data/t-0/')).length).toBe(partitionFiles.length)
}

describe('a folder that Kafka wrote', () => {
  it('opens as it was left: records, producers, epochs, topic id', async () => {
    const one = kafkas()

    const manager = await openManager(one, options)

    const log = (await manager.load('t', 0)) ?? expect.fail('the partition is there')
    expect(manager.wasClean).toBe(true)
    expect(log.topicId).toBe(
      /topic_id: (.*)/.exec(Buffer.from(kafkaFolder['t-0/partition.metadata'], 'base64').toString())?.[1]
    )
    expect([log.logStartOffset, log.logEndOffset, log.highWatermark, log.latestEpoch]).toEqual([0, 300, 300, 0])
    expect(fetchValues(log).map((value) => Number(value.split(':')[0]))).toEqual([...Array(300).keys()])
    expect(log.producers().map(({ producerId, lastSequence }) => [producerId, lastSequence])).toEqual(
      [0, 1, 2, 3, 4].map((id) => [id, 59])
    )
    expect(one.messages).toEqual([])
    await manager.close()
    expectKafkasBytes(one.disk)
  })

  it('is rebuilt by recovery byte for byte: indexes and producer snapshot', async () => {
    const one = kafkas([
      '.kafka_cleanshutdown',
      'recovery-point-offset-checkpoint',
      ...partitionFiles.map(([name]) => name).filter((name) => /index$|300\.snapshot$|leader-epoch/.test(name))
    ])

    const manager = await openManager(one, options)
    await manager.close()

    expect(manager.wasClean).toBe(false)
    expectKafkasBytes(one.disk)
  })

  it('is left as Kafka would leave it', async () => {
    const one = kafkas()
    await (await openManager(one, options)).close()

    for (const name of [
      'recovery-point-offset-checkpoint',
      'replication-offset-checkpoint',
      'log-start-offset-checkpoint',
      '.kafka_cleanshutdown'
    ] as const)
      expect(Buffer.from(one.disk.read(`/data/${name}`)).toString()).toBe(
        Buffer.from(kafkaFolder[name], 'base64').toString()
      )
  })
})
