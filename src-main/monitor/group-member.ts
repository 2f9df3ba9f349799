/**
 * One member of a consumer group by the classic protocol: joins, syncs, keeps its session by heartbeats, commits, leaves.
 * `needsJoin` says that the group rebalances, that the coordinator no longer knows us, or, of the group's leader, that there
 * are other partitions to share out: the owner then stops reading, commits what it may and joins again.
 */
import type { GroupMembership, MemberAddress } from '../kernel/cluster-ports'
import { AppError, expectAppError, ignore, messageOf } from '../kernel/errors'
import type { TopicPartition } from '../kernel/ids'
import type { Clock, Log, Timer } from '../kernel/ports'
import { pause } from '../kernel/waiting'
import { assign, assignors } from './core/assignment'
import { assignmentBytes, readAssignment, readSubscription, subscriptionBytes } from './core/consumer-protocol'
import { kafkaErrorOf } from './failure'
import { PartitionCountWatch, type PartitionCounts } from './partition-count-watch'
import { isPassing } from './retrying'

const defaultSessionTimeoutMs = 10_000
const rebalanceTimeoutMs = 30_000
/** Of the answer to a join: it may come only when the rebalance is over. */
const joinTimeoutMs = rebalanceTimeoutMs + 15_000
/** Kafka's heartbeat.interval.ms, and the most that its documentation allows of a session. */
const heartbeatEveryMs = 3000
const heartbeatShareMax = 1 / 3
const requestTimeoutMs = 5000
const retryMs = 200

export interface GroupMemberPorts {
  readonly clock: Clock
  readonly log: Log
  readonly membership: GroupMembership
  /** Partitions of each of these topics. */
  readonly partitionCounts: (topics: readonly string[]) => Promise<PartitionCounts>
  /** Told what keeps it from joining, beating or committing, each time; it goes on by itself. */
  readonly troubled?: (error: unknown) => void
}

export interface MemberOptions {
  readonly sessionTimeoutMs?: number
  /** How soon it hears that the group rebalances; never rarer than a third of the session. */
  readonly heartbeatEveryMs?: number
  /** Makes it a static member, which does not leave when it ends: it may be back before its session is over. */
  readonly groupInstanceId?: string
}

interface Membership {
  readonly coordinator: number
  readonly memberId: string
  readonly generation: number
}

/** What the leader of the group made of it. */
interface Share {
  readonly topics: readonly string[]
  readonly counts: PartitionCounts
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[]
}

export class GroupMember {
  readonly #ports: GroupMemberPorts
  readonly #groupId: string
  readonly #topic: string
  readonly #lane: string
  readonly #options: MemberOptions
  readonly #partitions: PartitionCountWatch
  #joined: Membership | undefined
  #memberId = ''
  #timer: Timer | undefined
  #isLeaving = false
  #isSilent = false
  needsJoin = true

  constructor(ports: GroupMemberPorts, groupId: string, topic: string, lane: string, options: MemberOptions = {}) {
    this.#ports = ports
    this.#groupId = groupId
    this.#topic = topic
    this.#lane = lane
    this.#options = options
    this.#partitions = new PartitionCountWatch(ports.clock, ports.partitionCounts)
  }

  get #sessionMs(): number {
    return this.#options.sessionTimeoutMs ?? defaultSessionTimeoutMs
  }

  /** Undefined while it is none. */
  get membership(): { readonly memberId: string; readonly generation: number } | undefined {
    return this.#joined
  }

  /** No heartbeat leaves any more, as of a process that hangs; the coordinator ends the session in its time. */
  fallSilent(): void {
    this.#isSilent = true
    this.#timer?.cancel()
  }

  /** Beats at once: the answer says whether the group still knows it. */
  speakAgain(): void {
    if (!this.#isSilent) return
    this.#isSilent = false
    void this.#beat()
  }

  /** Tries until it is a member or `isWanted` says no more (then undefined). Rejects with what will not pass by itself. */
  async join(isWanted: () => boolean): Promise<readonly TopicPartition[] | undefined> {
    this.#timer?.cancel()
    this.#partitions.end()
    this.#joined = undefined
    while (isWanted()) {
      try {
        return await this.#joinOnce()
      } catch (error) {
        if (!this.#mayJoinAgain(error)) throw error
        if (kafkaErrorOf(error) !== 'MEMBER_ID_REQUIRED') this.#ports.troubled?.(error)
        this.#ports.log('debug', 'joining again', { group: this.#groupId, reason: messageOf(error) })
        if (kafkaErrorOf(error) !== 'MEMBER_ID_REQUIRED') await pause(this.#ports.clock, retryMs)
      }
    }
    return undefined
  }

  async #joinOnce(): Promise<readonly TopicPartition[]> {
    const { membership } = this.#ports
    const coordinator = await membership.coordinator(this.#groupId, requestTimeoutMs)
    const metadata = subscriptionBytes([this.#topic])
    const joined = await membership.join(this.#address(coordinator, this.#memberId), {
      protocols: assignors.map((name) => ({ name, metadata })),
      sessionTimeoutMs: this.#sessionMs,
      rebalanceTimeoutMs,
      timeoutMs: joinTimeoutMs
    })
    this.#memberId = joined.memberId
    const { generation, protocol, isLeader, members, memberId } = joined
    const share = isLeader ? await this.#share(protocol, members) : undefined
    const mine = await membership.sync(this.#address(coordinator, memberId), {
      generation,
      protocol,
      assignments: share?.assignments ?? [],
      timeoutMs: joinTimeoutMs
    })
    this.#joined = { coordinator, memberId, generation }
    this.needsJoin = false
    this.#beatLater()
    if (share !== undefined) this.#watchPartitions(share)
    return (readAssignment(mine) ?? []).filter(({ topic }) => topic === this.#topic)
  }

  #watchPartitions({ topics, counts }: Share): void {
    const isLooking = (): boolean => !this.#isSilent && !this.needsJoin
    this.#partitions.begin(topics, counts, { isLooking, changed: () => (this.needsJoin = true) })
  }

  async #share(
    protocol: string,
    members: readonly { readonly memberId: string; readonly metadata: Uint8Array }[]
  ): Promise<Share> {
    const subscribers = members.map(({ memberId, metadata }) => ({
      memberId,
      topics: readSubscription(metadata) ?? []
    }))
    const topics = [...new Set(subscribers.flatMap((one) => one.topics))]
    const counts = await this.#ports.partitionCounts(topics)
    const assigned = [...assign(protocol, subscribers, counts)]
    const assignments = assigned.map(([memberId, of]) => ({ memberId, assignment: assignmentBytes(of) }))
    return { topics, counts, assignments }
  }

  /** Also takes over what the error says of our id. */
  #mayJoinAgain(error: unknown): boolean {
    const kafkaError = kafkaErrorOf(error)
    if (kafkaError === 'MEMBER_ID_REQUIRED' && error instanceof AppError) {
      const { memberId } = error.details
      this.#memberId = typeof memberId === 'string' ? memberId : ''
      return true
    }
    if (kafkaError === 'UNKNOWN_MEMBER_ID' || kafkaError === 'ILLEGAL_GENERATION') {
      this.#memberId = ''
      return true
    }
    if (kafkaError === 'REBALANCE_IN_PROGRESS' || isPassing(error)) return true
    // A coordinator that died or hangs: another one, or the same, will serve the group again.
    return error instanceof AppError && (error.code === 'TIMED_OUT' || error.code === 'CONNECTION_LOST')
  }

  #address(coordinator: number, memberId: string): MemberAddress {
    const { groupInstanceId } = this.#options
    const address = { coordinator, groupId: this.#groupId, memberId, lane: this.#lane }
    return groupInstanceId === undefined ? address : { ...address, groupInstanceId }
  }

  #beatLater(): void {
    if (this.#isSilent) return
    this.#timer = this.#ports.clock.after(
      Math.min(this.#options.heartbeatEveryMs ?? heartbeatEveryMs, this.#sessionMs * heartbeatShareMax),
      () => void this.#beat()
    )
  }

  async #beat(): Promise<void> {
    const joined = this.#joined
    if (joined === undefined || this.needsJoin || this.#isLeaving || this.#isSilent) return
    try {
      const address = this.#address(joined.coordinator, joined.memberId)
      await this.#ports.membership.heartbeat(address, joined.generation, requestTimeoutMs)
    } catch (error) {
      expectAppError(error)
      this.#ports.troubled?.(error)
      if (this.#joined === joined) this.needsJoin = true
      return
    }
    if (this.#joined === joined) this.#beatLater()
  }

  /** True when it is written. False when the group moved on without us: then we join again. */
  async commit(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<boolean> {
    const joined = this.#joined
    if (joined === undefined || offsets.length === 0) return offsets.length === 0
    try {
      const address = this.#address(joined.coordinator, joined.memberId)
      await this.#ports.membership.commit(address, joined.generation, offsets, requestTimeoutMs)
      return true
    } catch (error) {
      if (!this.#mayJoinAgain(error)) throw error
      this.#ports.troubled?.(error)
      this.#ports.log('debug', 'a commit was refused', { group: this.#groupId, reason: messageOf(error) })
      this.needsJoin = true
      return false
    }
  }

  /** `isForGood`: a static member leaves, too. */
  async leave(isForGood = false): Promise<void> {
    this.#isLeaving = true
    this.#timer?.cancel()
    this.#partitions.end()
    const joined = this.#joined
    this.#joined = undefined
    // As Java's consumer: a static member that goes may be back before its session is over.
    if (joined === undefined || (this.#options.groupInstanceId !== undefined && !isForGood)) return
    try {
      await this.#ports.membership.leave(this.#address(joined.coordinator, joined.memberId), requestTimeoutMs)
    } catch (error) {
      expectAppError(error)
      ignore(error, 'then its session ends by itself')
    }
  }
}
