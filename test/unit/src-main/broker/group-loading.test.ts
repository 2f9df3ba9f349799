/** How groups are read back from a log that compaction has been at: batches without their last records, or without any. */
import { describe, expect, it } from 'vitest'
import { groupPartition, offsetRecord } from '../../../../src-main/broker/core/group/group-log'
import { groupOffsetsPartitions } from '../../../../src-main/broker/core/offsets-topic'
import { GroupCoordinator } from '../../../../src-main/broker/group-coordinator'
import type { Partition } from '../../../../src-main/broker/partition'
import type { LeadershipListener, ReplicaManager } from '../../../../src-main/broker/replica-manager'
import { groupOffsetsTopic } from '../../../../src-main/broker/core/topic-name'
import { nodeCompression } from '../../../../src-main/adapters/node-compression'
import { buildBatch } from '../../../../src-main/protocol/record/batch-builder'
import { putInt32 } from '../../../../src-main/protocol/record/big-endian'
import { patchBatch } from '../../../../src-main/protocol/record/batch-header'
import type { PartitionLog } from '../../../../src-main/storage/partition-log'
import { nodeChecksum, SimClock } from '../../../support/ensemble-world'
import { fixture, openPartition } from '../../../support/storage-fixture'

/** A commit of `offset` for partition `partition`, in a batch that once had `records` records. */
function cleaned(baseOffset: number, records: number, commit?: { partition: number; offset: number }): Uint8Array {
  const timestamp = 1n
  const content = { leaderEpoch: 0, metadata: '', commitTimestampMs: 1 }
  const kept = commit === undefined ? [] : [offsetRecord('g', 't', commit.partition, { ...content, ...commit })]
  // A batch of no records cannot be built: its header alone is what compaction keeps.
  const batch = buildBatch(
    (kept.length > 0 ? kept : [{ key: null, value: null }]).map((record) => ({ ...record, timestamp, headers: [] })),
    nodeChecksum
  )
  const bytes = kept.length > 0 ? batch : batch.slice(0, 61)
  putInt32(bytes, 8, bytes.length - 12)
  putInt32(bytes, 23, records - 1)
  putInt32(bytes, 57, kept.length)
  putInt32(bytes, 17, nodeChecksum.crc32c(bytes.subarray(21)) | 0)
  patchBatch(bytes, 0, baseOffset, 0)
  return bytes
}

type ReadLog = Pick<PartitionLog, 'logStartOffset' | 'logEndOffset' | 'locate'>

/** Of one partition that is led from now on; nothing is read of it before the clock goes on. */
function coordinatorOf(log: ReadLog) {
  const clock = new SimClock()
  let listener: LeadershipListener | undefined
  const replicas = {
    onLeadership: (told: LeadershipListener) => (listener = told),
    guarded: (_partition: Partition, work: () => unknown) => work()
  } as unknown as ReplicaManager
  const groups = new GroupCoordinator({
    clock,
    replicas,
    log: () => undefined,
    checksum: nodeChecksum,
    compression: nodeCompression,
    stateChanged: () => undefined
  })
  const index = groupPartition('g', groupOffsetsPartitions)
  const led = {
    topic: groupOffsetsTopic,
    index,
    name: 'offsets',
    isSurelyLed: true,
    isStillFollowed: true,
    isHighWatermarkKnown: true,
    log
  }
  listener?.elected(led as unknown as Partition)
  return { clock, groups, led }
}

async function committedIn(log: ReadLog) {
  const { clock, groups } = coordinatorOf(log)
  await clock.run(1_000)
  const committed = groups.committed('g')
  return typeof committed === 'string'
    ? committed
    : [...(committed.offsets.get('t') ?? [])].map(([partition, { offset }]) => [partition, offset])
}

describe('groups are read from a log', () => {
  it('whose batches have lost their last records, or all of them', async () => {
    const log = openPartition(fixture())
    log.appendAsFollower(cleaned(0, 5, { partition: 0, offset: 10 }))
    log.appendAsFollower(cleaned(5, 3))
    log.appendAsFollower(cleaned(20, 4, { partition: 1, offset: 11 }))
    log.appendAsFollower(cleaned(24, 2, { partition: 0, offset: 12 }))

    expect(await committedIn(log)).toEqual([
      [0, 12],
      [1, 11]
    ])
  })

  it('that ends in a batch without records', async () => {
    const log = openPartition(fixture())
    log.appendAsFollower(cleaned(0, 1, { partition: 0, offset: 10 }))
    log.appendAsFollower(cleaned(1, 3))

    expect(await committedIn(log)).toEqual([[0, 10]])
  })

  it('that has nothing before its end', async () => {
    expect(await committedIn({ logStartOffset: 0, logEndOffset: 7, locate: () => [] })).toEqual([])
  })

  it('and what lies above the watermark is not told before it is committed', async () => {
    const log = openPartition(fixture())
    log.appendAsFollower(cleaned(0, 1, { partition: 0, offset: 10 }))
    const { clock, groups, led } = coordinatorOf(log)
    await clock.run(1_000)

    led.isHighWatermarkKnown = false
    expect(groups.committed('g')).toBe('COORDINATOR_LOAD_IN_PROGRESS')
    led.isHighWatermarkKnown = true
    expect(groups.committed('g')).toHaveProperty('offsets.size', 1)
  })

  it('and while they are, members hear what every client takes as a reason to wait (Kafka’s GroupCoordinator)', async () => {
    const log = openPartition(fixture())
    // More than is read in one turn.
    const more = buildBatch([{ key: null, value: new Uint8Array(900_000), timestamp: 1n, headers: [] }], nodeChecksum)
    for (let baseOffset = 0; baseOffset < 3; baseOffset++) {
      const bytes = more.slice()
      patchBatch(bytes, 0, baseOffset, 0)
      log.appendAsFollower(bytes)
    }
    const { groups } = coordinatorOf(log)
    const identity = { memberId: 'm', groupInstanceId: null }
    const syncing = { ...identity, generationId: 1, protocolType: null, protocolName: null, assignments: new Map() }

    expect(groups.heartbeat('g', identity, 1)).toBe('NONE')
    expect(await groups.sync('g', syncing)).toMatchObject({ error: 'REBALANCE_IN_PROGRESS' })
    expect(groups.committed('g')).toBe('COORDINATOR_LOAD_IN_PROGRESS')
  })
})
