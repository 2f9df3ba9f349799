/**
 * A partition that this broker holds: its log and the role the controller gave it. One replica until Replication, so
 * the high watermark is the log end.
 */
import type { LeaderEpoch, BrokerId } from '../kernel/ids'
import type { PartitionLog } from '../storage/partition-log'

export interface PartitionRole {
  readonly leader: BrokerId
  readonly leaderEpoch: LeaderEpoch
  readonly isr: readonly BrokerId[]
  readonly replicas: readonly BrokerId[]
  readonly partitionEpoch: number
}

export class Partition {
  readonly name: string
  readonly topic: string
  readonly index: number
  readonly topicId: string
  readonly log: PartitionLog
  readonly #brokerId: BrokerId
  #role: PartitionRole

  constructor(log: PartitionLog, topicId: string, role: PartitionRole, brokerId: BrokerId) {
    this.topic = log.topic
    this.index = log.partition
    this.name = `${log.topic}-${log.partition}`
    this.topicId = topicId
    this.log = log
    this.#brokerId = brokerId
    this.#role = role
  }

  get role(): PartitionRole {
    return this.#role
  }

  get leaderEpoch(): LeaderEpoch {
    return this.#role.leaderEpoch
  }

  get isLeader(): boolean {
    return this.#role.leader === this.#brokerId
  }

  /** A later role; the epoch was checked by the replica manager. */
  assume(role: PartitionRole): void {
    this.#role = role
    if (!this.isLeader) return
    this.log.assignLeaderEpoch(role.leaderEpoch)
    this.appended()
  }

  /** What the leader has is committed: it is the only replica. */
  appended(): void {
    this.log.advanceHighWatermark(this.log.logEndOffset)
  }

  /** KIP-320: what a client that names the epoch it knows is told; undefined when it may go on. -1 = no check. */
  epochProblem(currentLeaderEpoch: LeaderEpoch): 'FENCED_LEADER_EPOCH' | 'UNKNOWN_LEADER_EPOCH' | undefined {
    if (currentLeaderEpoch < 0 || currentLeaderEpoch === this.#role.leaderEpoch) return undefined
    return currentLeaderEpoch < this.#role.leaderEpoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH'
  }
}
