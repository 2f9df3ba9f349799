/** Type checking is the test here: a line that is expected not to compile and does is an error of vue-tsc (ADR 22). */
import { describe, expect, expectTypeOf, it } from 'vitest'
import type { OfficeTerm } from '../../../../src-main/broker/controller/controller-office'
import type { MetadataImage } from '../../../../src-main/broker/core/metadata-image'
import type { Partition } from '../../../../src-main/broker/partition'
import type { ReplicaManager } from '../../../../src-main/broker/replica-manager'
import type { SessionTable } from '../../../../src-main/coordination/core/session/session-table'
import type { ZnodeStat } from '../../../../src-main/coordination/ensemble-client'
import {
  brokerEpochOf,
  type BrokerEpoch,
  type BrokerId,
  type ControllerEpoch,
  type FilePosition,
  type LeaderEpoch,
  type Offset,
  type PackedZxid,
  type SessionId
} from '../../../../src-main/kernel/ids'
import type { fetchRequest } from '../../../../src-main/protocol/api/01-fetch'
import type { leaderAndIsrRequest } from '../../../../src-main/protocol/api/04-leader-and-isr'
import type { ValueOf } from '../../../../src-main/protocol/wire/schema'
import { LeaderEpochs } from '../../../../src-main/storage/core/leader-epochs'
import { OffsetIndex } from '../../../../src-main/storage/core/offset-index'
import type { PartitionLog } from '../../../../src-main/storage/partition-log'

const offset: Offset = 7
const leaderEpoch: LeaderEpoch = 2
const controllerEpoch: ControllerEpoch = 4
const brokerId: BrokerId = 1
const position: FilePosition = 61
const sessionId: SessionId = 5n
const zxid: PackedZxid = 9n

describe('numbers of different kinds', () => {
  it('are not taken for each other, two by two', () => {
    expectTypeOf<LeaderEpoch>().not.toExtend<Offset>()
    expectTypeOf<Offset>().not.toExtend<LeaderEpoch>()
    expectTypeOf<LeaderEpoch>().not.toExtend<ControllerEpoch>()
    expectTypeOf<ControllerEpoch>().not.toExtend<LeaderEpoch>()
    expectTypeOf<BrokerId>().not.toExtend<LeaderEpoch>()
    expectTypeOf<Offset>().not.toExtend<FilePosition>()
    expectTypeOf<PackedZxid>().not.toExtend<SessionId>()
    expectTypeOf<SessionId>().not.toExtend<PackedZxid>()
    expectTypeOf<PackedZxid>().not.toExtend<BrokerEpoch>()
  })

  it('keep their kind from the wire to the log', () => {
    type FetchPartition = ValueOf<typeof fetchRequest>['topics'][number]['partitions'][number]
    type Order = ValueOf<typeof leaderAndIsrRequest>['topicStates'][number]['partitionStates'][number]

    expectTypeOf<FetchPartition['currentLeaderEpoch']>().not.toExtend<Offset>()
    expectTypeOf<FetchPartition['fetchOffset']>().not.toExtend<LeaderEpoch>()
    expectTypeOf<Order['controllerEpoch']>().not.toExtend<LeaderEpoch>()
    expectTypeOf<Order['leader']>().not.toExtend<LeaderEpoch>()
  })

  it('are the numbers that they are when the program runs', () => {
    expect([offset, leaderEpoch, controllerEpoch, brokerId, position]).toEqual([7, 2, 4, 1, 61])
    expect([sessionId, zxid, brokerEpochOf(zxid)]).toEqual([5n, 9n, 9n])
  })

  it('do not compile in each other’s places: storage', () => {
    const epochs = new LeaderEpochs()
    const index = new OffsetIndex(offset)
    const mixUps = (log: PartitionLog): void => {
      // @ts-expect-error: an epoch where an offset belongs
      log.locate(leaderEpoch, 1_000, offset, true)
      // @ts-expect-error: an offset where an epoch belongs
      log.assignLeaderEpoch(offset)
      // @ts-expect-error: both the wrong way round
      epochs.assign(offset, leaderEpoch)
      // @ts-expect-error: what the log answers is no offset
      epochs.truncateFromEnd(log.latestEpoch)
      // @ts-expect-error: a place in the file where a place in the log belongs
      index.append(position, offset)
    }
    expect(mixUps).toBeTypeOf('function')
  })

  it('do not compile in each other’s places: broker', () => {
    const mixUps = (replicas: ReplicaManager, partition: Partition, image: MetadataImage, term: OfficeTerm): void => {
      // @ts-expect-error: a leader epoch fences no controller
      replicas.fence(leaderEpoch, -1n)
      // @ts-expect-error: a zxid is not yet a broker epoch: brokerEpochOf says which is one
      replicas.fence(controllerEpoch, zxid)
      // @ts-expect-error: a controller epoch where the leader's belongs
      partition.epochProblem(controllerEpoch)
      // @ts-expect-error: an epoch where a broker belongs
      image.broker(partition.leaderEpoch)
      // @ts-expect-error: the term's epoch is the controller's
      void replicas.stop('orders', 0, term.epoch, true)
    }
    expect(mixUps).toBeTypeOf('function')
  })

  it('do not compile in each other’s places: coordination', () => {
    const mixUps = (sessions: SessionTable, stat: ZnodeStat): void => {
      // @ts-expect-error: a zxid is no session
      sessions.find(stat.czxid)
      // @ts-expect-error: a session is no broker epoch
      brokerEpochOf(stat.ephemeralOwner)
      // @ts-expect-error: nor are they equal by accident
      if (stat.ephemeralOwner === stat.czxid) return
      sessions.find(stat.ephemeralOwner)
    }
    expect(mixUps).toBeTypeOf('function')
  })
})
