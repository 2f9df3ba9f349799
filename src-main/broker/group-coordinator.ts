/**
 * The group coordinator of this broker: for every partition of `__consumer_offsets` that it leads, the groups whose
 * names hash there. A partition's groups are read from its log when leadership comes and dropped when it goes; until
 * they are read the answer is COORDINATOR_LOAD_IN_PROGRESS, elsewhere it is NOT_COORDINATOR. What a group decides is
 * committed before it is answered, and what is told of offsets is committed (ADR 29).
 */
import type { LeaderEpoch, Offset, TopicPartition } from '../kernel/ids'
import { invariant } from '../kernel/invariant'
import type { Checksum, Clock, Compression, Log, Timer } from '../kernel/ports'
import { buildBatch } from '../protocol/record/batch-builder'
import { batchHeaderBytes, batchLastOffset, batchSizeBytes } from '../protocol/record/batch-header'
import { readRecords } from '../protocol/record/record'
import type { KafkaError } from '../protocol/wire/error-codes'
import { Group, failedJoin, failedSync, type GroupOptions } from './core/group/group'
import {
  groupPartition,
  groupRecord,
  groupTombstone,
  offsetRecord,
  readGroupLogEntry,
  type LogRecord
} from './core/group/group-log'
import type {
  CommittedOffset,
  GroupEffect,
  GroupState,
  GroupView,
  JoinAnswer,
  JoinRequest,
  MemberIdentity,
  SyncAnswer,
  SyncRequest,
  Token
} from './core/group/group-types'
import { groupOffsetsPartitions } from './core/offsets-topic'
import { groupOffsetsTopic } from './core/topic-name'
import type { Partition } from './partition'
import type { Position, ReplicaManager } from './replica-manager'
import { later, type Later } from './server/slices'

/** offsets.commit.timeout.ms */
const commitTimeoutMs = 5000
/** offset.metadata.max.bytes */
const metadataBytesMax = 4096
const sessionTimeoutMinMs = 6000
const sessionTimeoutMaxMs = 1_800_000
/** Loaded between two looks at the event loop. */
const loadChunkBytes = 1024 * 1024

/** group.initial.rebalance.delay.ms: as the server.properties that Kafka ships for development (ADR 18). */
export const initialRebalanceDelayMs = 0
const membersMax = 2147483647
/**
 * Of one member: what it says of all its protocols together. A group is stored as one record, which may be a megabyte
 * long, with one of them; no client says more than a few kilobytes.
 */
const protocolsMax = 1000
const protocolBytesMax = 1024 * 1024
/**
 * Offsets of one commit: they are one batch, of at most a megabyte, and none takes less than 35 bytes of it. More cannot be
 * stored, whatever they say.
 */
const commitOffsetsMax = 30_000
/** After a tombstone could not be written. */
const tombstoneRetryMs = 1000

export interface GroupCoordinatorPorts {
  readonly clock: Clock
  readonly log: Log
  readonly checksum: Checksum
  readonly compression: Compression
  readonly replicas: ReplicaManager
  /** A group left the state `from`, or lost members to their timeouts in it: for the screens. */
  readonly stateChanged: (group: GroupView, from: GroupState, expiredMembers: readonly string[]) => void
  /** A partition's groups have been read from its log. */
  readonly loaded?: () => void
  /** initialRebalanceDelayMs when absent. */
  readonly initialRebalanceDelayMs?: number
}

interface Shard {
  readonly partition: Partition
  readonly groups: Map<string, Group>
  isLoaded: boolean
  /** Tombstones that are not written yet: without them what they are of comes back with the next load. */
  readonly unwritten: LogRecord[]
  /** They are tried again at a set time. */
  areDue: boolean
}

export interface OffsetToCommit {
  readonly topic: string
  readonly partition: number
  readonly offset: Offset
  readonly leaderEpoch: LeaderEpoch
  readonly metadata: string | null
}

export interface CommittedOffsets {
  readonly partition: Partition
  readonly offsets: ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>>
}

interface Waiting {
  readonly resolve: (answer: never) => void
}

interface GroupTimer {
  readonly atMs: number
  readonly timer: Timer
}

export class GroupCoordinator {
  readonly #ports: GroupCoordinatorPorts
  readonly #groupOptions: GroupOptions
  readonly #shards = new Map<number, Shard>()
  readonly #waiting = new Map<Token, Waiting>()
  readonly #timers = new Map<Group, GroupTimer>()
  /** What was told last of each. */
  readonly #lastState = new WeakMap<Group, GroupState>()
  #lastToken = 0

  constructor(ports: GroupCoordinatorPorts) {
    this.#ports = ports
    this.#groupOptions = {
      initialRebalanceDelayMs: ports.initialRebalanceDelayMs ?? initialRebalanceDelayMs,
      membersMax
    }
    ports.replicas.onLeadership({
      elected: (partition) => this.#elected(partition),
      resigned: (topic, partition) => {
        if (topic === groupOffsetsTopic) this.#unload(partition)
      }
    })
  }

  /** group.initial.rebalance.delay.ms */
  get initialRebalanceDelayMs(): number {
    return this.#groupOptions.initialRebalanceDelayMs
  }

  // ── loading ──────────────────────────────────────────────────────────────────────────────────────────────────

  #elected(partition: Partition): void {
    if (partition.topic !== groupOffsetsTopic || this.#shards.get(partition.index)?.partition === partition) return
    const shard: Shard = { partition, groups: new Map(), isLoaded: false, unwritten: [], areDue: false }
    this.#shards.set(partition.index, shard)
    this.#load(shard, partition.log.logStartOffset, new Map())
  }

  /** Reads on from `offset` for one chunk, then lets others have their turn. */
  #load(shard: Shard, offset: Offset, groups: Map<string, GroupBeingRead>): void {
    if (this.#shards.get(shard.partition.index) !== shard) return
    const end = shard.partition.log.logEndOffset
    let next = offset
    if (next < end) {
      const from = next
      const read = this.#ports.replicas.guarded(shard.partition, () => this.#readChunk(shard.partition, from, groups))
      // Another one will lead it, and its groups are that one's to read.
      if (read === 'KAFKA_STORAGE_ERROR') return
      next = read
    }
    if (next < end) {
      this.#ports.clock.soon(() => this.#load(shard, next, groups))
      return
    }
    const nowMs = this.#ports.clock.monotonicMs()
    for (const [groupId, read] of groups) {
      const group = restored(read, nowMs, new Group(groupId, this.#groupOptions, this.#ports.clock.nowMs()))
      if (group === undefined) continue
      this.#admit(shard, group)
      this.#arm(group)
    }
    shard.isLoaded = true
    this.#ports.log('debug', 'groups loaded', { partition: shard.partition.index, groups: shard.groups.size })
    this.#ports.loaded?.()
  }

  #readChunk(partition: Partition, from: number, groups: Map<string, GroupBeingRead>): number {
    const end = partition.log.logEndOffset
    const slices = partition.log.locate(from, loadChunkBytes, end, true)
    invariant(slices !== 'OFFSET_OUT_OF_RANGE', 'a log is read between its ends', { from })
    // Where compaction has taken the last batches there is nothing before the end.
    if (slices.length === 0) return end
    let next = from
    for (const { file, position, lengthBytes } of slices) {
      const bytes = new Uint8Array(lengthBytes)
      file.readAt(position, bytes)
      for (
        let at = 0;
        at + 61 <= bytes.length && at + batchSizeBytes(bytes, at) <= bytes.length;
        at += batchSizeBytes(bytes, at)
      ) {
        const read = readRecords(bytes, at, this.#ports.compression)
        // Of a batch whose last records compaction has taken, too, the next begins after its last offset.
        next = batchLastOffset(bytes, at) + 1
        if (read.type !== 'corrupt') {
          for (const record of read.records) applyRecord(groups, record.key, record.value)
          continue
        }
        // What it said is lost; the batches after it are not.
        this.#ports.log('error', 'a batch of group records cannot be read', {
          partition: partition.name,
          reason: read.message
        })
      }
    }
    invariant(next > from, 'loading moves on', { from, partition: partition.name })
    return next
  }

  #unload(index: number): void {
    const shard = this.#shards.get(index)
    if (shard === undefined) return
    this.#shards.delete(index)
    for (const group of shard.groups.values()) {
      group.die('NOT_COORDINATOR')
      this.#settle(group, undefined)
    }
  }

  /** The shard that serves a group, or the error that its clients get. */
  #shardOf(groupId: string): Shard | KafkaError {
    const shard = this.#shards.get(groupPartition(groupId, groupOffsetsPartitions))
    // Another one may serve them by now, unknown to us: what it has committed since would be told back.
    if (shard?.partition.isSurelyLed !== true) return 'NOT_COORDINATOR'
    return shard.isLoaded ? shard : 'COORDINATOR_LOAD_IN_PROGRESS'
  }

  // ── membership ───────────────────────────────────────────────────────────────────────────────────────────────

  join(groupId: string, request: JoinRequest): Promise<JoinAnswer> {
    const fail = (error: KafkaError): Promise<JoinAnswer> => Promise.resolve(failedJoin(error, request.memberId))
    if (!isGroupId(groupId)) return fail('INVALID_GROUP_ID')
    if (!isStorable(request)) return fail('INVALID_REQUEST')
    const shard = this.#shardOf(groupId)
    if (typeof shard === 'string') return fail(shard)
    const { sessionTimeoutMs } = request
    if (sessionTimeoutMs < sessionTimeoutMinMs || sessionTimeoutMs > sessionTimeoutMaxMs) {
      return fail('INVALID_SESSION_TIMEOUT')
    }
    let group = shard.groups.get(groupId)
    if (group === undefined) {
      if (request.memberId !== '') return fail('UNKNOWN_MEMBER_ID')
      group = this.#newGroup(shard, groupId)
    }
    const joining = group
    return this.#ask<JoinAnswer>((token) => joining.join(request, token, this.#nowMs()), joining, shard)
  }

  sync(groupId: string, request: SyncRequest): Promise<SyncAnswer> {
    const found = this.#find(groupId)
    // Older clients give up when they are told that it is loading (Kafka's GroupCoordinator.handleSyncGroup).
    if (found === 'COORDINATOR_LOAD_IN_PROGRESS') return Promise.resolve(failedSync('REBALANCE_IN_PROGRESS'))
    if (typeof found === 'string') return Promise.resolve(failedSync(found))
    const { group, shard } = found
    return this.#ask<SyncAnswer>((token) => group.sync(request, token, this.#nowMs()), group, shard)
  }

  heartbeat(groupId: string, identity: MemberIdentity, generationId: number): KafkaError {
    const found = this.#find(groupId)
    // Nobody can say yet: whoever is a member has its whole session from when that is known (handleHeartbeat does the same).
    if (found === 'COORDINATOR_LOAD_IN_PROGRESS') return 'NONE'
    return typeof found === 'string' ? found : found.group.heartbeat(identity, generationId, this.#nowMs())
  }

  leave(groupId: string, identities: readonly MemberIdentity[]): KafkaError | readonly KafkaError[] {
    const found = this.#find(groupId)
    if (found === 'UNKNOWN_MEMBER_ID') return identities.map(() => 'UNKNOWN_MEMBER_ID')
    if (typeof found === 'string') return found
    const { group, shard } = found
    const errors = group.leave(identities, this.#nowMs())
    this.#settle(group, shard)
    return errors
  }

  #find(groupId: string): { readonly group: Group; readonly shard: Shard } | KafkaError {
    if (!isGroupId(groupId)) return 'INVALID_GROUP_ID'
    const shard = this.#shardOf(groupId)
    if (typeof shard === 'string') return shard
    const group = shard.groups.get(groupId)
    return group === undefined ? 'UNKNOWN_MEMBER_ID' : { group, shard }
  }

  #newGroup(shard: Shard, groupId: string): Group {
    const group = new Group(groupId, this.#groupOptions, this.#ports.clock.nowMs())
    this.#admit(shard, group)
    return group
  }

  #admit(shard: Shard, group: Group): void {
    shard.groups.set(group.groupId, group)
    this.#lastState.set(group, group.state)
  }

  #nowMs(): number {
    return this.#ports.clock.monotonicMs()
  }

  #ask<Answer>(put: (token: Token) => void, group: Group, shard: Shard): Promise<Answer> {
    const token = ++this.#lastToken
    return new Promise<Answer>((resolve) => {
      this.#waiting.set(token, { resolve: resolve })
      put(token)
      this.#settle(group, shard)
    })
  }

  /** Does what the group decided: writes, answers what depends on no write, then arms its timer. */
  #settle(group: Group, shard: Shard | undefined, expired: readonly string[] = []): void {
    for (let effects = group.takeEffects(); effects.length > 0; effects = group.takeEffects())
      for (const effect of effects) {
        if (effect.type === 'persist') this.#store(group, shard, effect.store)
        else this.#answer(effect)
      }
    this.#arm(group)
    if (this.#dropVacant(group, shard)) return
    const from = this.#lastState.get(group)
    invariant(from !== undefined, 'a group was admitted', { groupId: group.groupId })
    if (from === group.state && expired.length === 0) return
    this.#lastState.set(group, group.state)
    this.#ports.stateChanged(group.inspect(), from, expired)
  }

  /** The group hears when it is committed: at once with one replica, and then it is settled with the rest. */
  #store(group: Group, shard: Shard | undefined, store: number): void {
    group.stamp(this.#ports.clock.nowMs())
    if (shard === undefined) {
      group.stored(store, undefined, this.#nowMs())
      return
    }
    let isLater = false
    this.#write(shard, [groupRecord(group.inspect())], (failure) => {
      // Members are to try again (Kafka's GroupMetadataManager.storeGroup).
      group.stored(store, failure === 'REQUEST_TIMED_OUT' ? 'REBALANCE_IN_PROGRESS' : failure, this.#nowMs())
      if (isLater) this.#settle(group, shard)
    })
    isLater = true
  }

  /** A group that came to nothing, by a join that was refused for one, is none: names cost nothing to a client. */
  #dropVacant(group: Group, shard: Shard | undefined): boolean {
    if (!group.isVacant) return false
    if (shard?.groups.get(group.groupId) === group) shard.groups.delete(group.groupId)
    return true
  }

  #answer({ token, answer }: Exclude<GroupEffect, { type: 'persist' }>): void {
    const waiting = this.#waiting.get(token)
    this.#waiting.delete(token)
    waiting?.resolve(answer as never)
  }

  #arm(group: Group): void {
    const atMs = group.deadlineMs
    const armed = this.#timers.get(group)
    // A timer that fires early asks again; heartbeats only ever move the deadline away.
    if (armed !== undefined && armed.atMs <= atMs && atMs !== Infinity) return
    armed?.timer.cancel()
    this.#timers.delete(group)
    if (atMs === Infinity) return
    const timer = this.#ports.clock.after(Math.max(0, atMs - this.#nowMs()), () => this.#tick(group))
    this.#timers.set(group, { atMs, timer })
  }

  #tick(group: Group): void {
    this.#timers.delete(group)
    const shard = this.#shardOf(group.groupId)
    const expired = group.tick(this.#nowMs())
    this.#settle(group, typeof shard === 'string' ? undefined : shard, expired)
  }

  /** Appends records to the shard's log and tells once whether they are committed: undefined when they are. */
  #write(shard: Shard, records: readonly LogRecord[], told: (failure: KafkaError | undefined) => void): void {
    const written = this.#append(shard, records, true)
    if (typeof written === 'string') told(written)
    else this.#whenCommitted(written, told)
  }

  /** Where they are, or why not. */
  #append(shard: Shard, records: readonly LogRecord[], needsMinIsr: boolean): Position | KafkaError {
    const timestamp = BigInt(this.#ports.clock.nowMs())
    const batch = buildBatch(
      records.map(({ key, value }) => ({ key, value, timestamp, headers: [] })),
      this.#ports.checksum
    )
    const { partition } = shard
    const result = this.#ports.replicas.append(partition, batch, { needsMinIsr })
    if (result.type !== 'error') return { partition, endOffset: result.lastOffset + 1 }
    this.#ports.log('error', 'group records could not be written', { error: result.error, message: result.message })
    return result.error === 'MESSAGE_TOO_LARGE' ? 'UNKNOWN_SERVER_ERROR' : 'COORDINATOR_NOT_AVAILABLE'
  }

  #whenCommitted(position: Position, told: (failure: KafkaError | undefined) => void): void {
    this.#ports.replicas.whenCommitted([position], commitTimeoutMs, (_index, error) => {
      if (error === 'NONE') told(undefined)
      else if (error === 'NOT_LEADER_OR_FOLLOWER') told('NOT_COORDINATOR')
      else told(error === 'REQUEST_TIMED_OUT' ? error : 'COORDINATOR_NOT_AVAILABLE')
    })
  }

  // ── offsets ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** One error for each offset, in order. A group that is none yet becomes one that has offsets only. */
  commit(
    groupId: string,
    identity: MemberIdentity,
    generationId: number,
    offsets: readonly OffsetToCommit[]
  ): Later<readonly KafkaError[]> {
    const all = (error: KafkaError): readonly KafkaError[] => offsets.map(() => error)
    if (!isLoggable(groupId)) return all('INVALID_GROUP_ID')
    if (offsets.length > commitOffsetsMax) return all('INVALID_COMMIT_OFFSET_SIZE')
    const shard = this.#shardOf(groupId)
    if (typeof shard === 'string') return all(shard)
    let group = shard.groups.get(groupId)
    if (group === undefined && generationId >= 0) return all('ILLEGAL_GENERATION')
    group ??= this.#newGroup(shard, groupId)
    const problem = group.commitProblem(identity, generationId, this.#nowMs())
    const errors = problem === undefined ? this.#commit(shard, group, offsets) : all(problem)
    this.#dropVacant(group, shard)
    return errors
  }

  #commit(shard: Shard, group: Group, offsets: readonly OffsetToCommit[]): Later<readonly KafkaError[]> {
    const commitTimestampMs = this.#ports.clock.nowMs()
    const checked = offsets.map((offset) => ({ ...offset, error: offsetProblem(offset) }))
    const taken = checked.filter(({ error }) => error === 'NONE')
    if (taken.length === 0) return checked.map(({ error }) => error)
    const committed = taken.map(({ topic, partition, offset, leaderEpoch, metadata }) => ({
      topic,
      partition,
      value: { offset, leaderEpoch, metadata: metadata ?? '', commitTimestampMs }
    }))
    const records = committed.map(({ topic, partition, value }) => offsetRecord(group.groupId, topic, partition, value))
    group.commitBegan()
    return later((told) =>
      this.#write(shard, records, (failure) => {
        group.commitEnded()
        if (failure === undefined) for (const one of committed) group.committed(one.topic, one.partition, one.value)
        else this.#dropVacant(group, shard)
        // Kafka's word for a commit that is too large for one batch.
        const why = failure === 'UNKNOWN_SERVER_ERROR' ? 'INVALID_COMMIT_OFFSET_SIZE' : (failure ?? 'NONE')
        told(checked.map(({ error }) => (error === 'NONE' ? why : error)))
      })
    )
  }

  /**
   * All committed offsets of a group, by topic and partition, and the partition that they lie in; none for a group that is none.
   * COORDINATOR_LOAD_IN_PROGRESS until they are surely committed.
   */
  committed(groupId: string): CommittedOffsets | KafkaError {
    const shard = this.#shardOf(groupId)
    if (typeof shard === 'string') return shard
    // What was read may lie above the watermark: it could be lost with this leader, and the next would tell of less (as KIP-207).
    if (!shard.partition.isHighWatermarkKnown) return 'COORDINATOR_LOAD_IN_PROGRESS'
    // Another one may coordinate it by now, and know of more.
    if (!shard.partition.isStillFollowed) return 'COORDINATOR_LOAD_IN_PROGRESS'
    const { partition, groups } = shard
    return { partition, offsets: groups.get(groupId)?.offsets() ?? new Map() }
  }

  /**
   * Takes back what is committed in these partitions; one error for each, in order, or one for all. Committed before it is
   * answered. An empty group that has nothing left is none any more.
   */
  deleteOffsets(groupId: string, partitions: readonly TopicPartition[]): Later<readonly KafkaError[] | KafkaError> {
    const shard = this.#shardOf(groupId)
    if (typeof shard === 'string') return shard
    const group = shard.groups.get(groupId)
    if (group === undefined) return 'GROUP_ID_NOT_FOUND'
    const subscribed = group.offsetDeletionProblems(new Set(partitions.map(({ topic }) => topic)))
    if (subscribed === 'NON_EMPTY_GROUP') return subscribed
    const due = partitions.filter(
      ({ topic, partition }) => !subscribed.has(topic) && group.offset(topic, partition) !== undefined
    )
    const errors = partitions.map(({ topic }) => (subscribed.has(topic) ? 'GROUP_SUBSCRIBED_TO_TOPIC' : 'NONE'))
    if (due.length === 0) return errors
    return later((told) =>
      this.#takeBack(shard, group, due, (failure) => {
        if (failure === undefined && this.#endAbandoned(shard, group)) {
          shard.unwritten.push(groupTombstone(groupId))
          this.#writeTombstones(shard)
        }
        told(failure ?? errors)
      })
    )
  }

  /** A batch after the other, until one cannot be. */
  #takeBack(
    shard: Shard,
    group: Group,
    due: readonly TopicPartition[],
    told: (failure: KafkaError | undefined) => void
  ): void {
    const batches = inBatches(shard, offsetTombstones(group.groupId, due))
    const next = (index: number, from: number): void => {
      const batch = batches[index] ?? []
      const to = from + batch.length
      this.#write(shard, batch, (failure) => {
        if (failure === undefined)
          for (const { topic, partition } of due.slice(from, to)) group.forgetOffset(topic, partition)
        if (failure !== undefined || to === due.length) told(failure)
        else next(index + 1, to)
      })
    }
    next(0, 0)
  }

  /** The topic is gone: so are offsets in it, and groups that had nothing else. */
  topicDeleted(topic: string): void {
    for (const shard of this.#shards.values()) {
      for (const group of shard.isLoaded ? [...shard.groups.values()] : []) {
        const partitions = [...(group.offsets().get(topic)?.keys() ?? [])]
        if (partitions.length === 0) continue
        const tombstones = partitions.map((partition) => offsetRecord(group.groupId, topic, partition, null))
        for (const partition of partitions) group.forgetOffset(topic, partition)
        if (this.#endAbandoned(shard, group)) tombstones.push(groupTombstone(group.groupId))
        shard.unwritten.push(...tombstones)
      }
      this.#writeTombstones(shard)
    }
  }

  /**
   * Topics that were deleted while nobody served these groups, or whose tombstones a stop overtook: their offsets go now
   * (ADR 14). Only to be asked by somebody who knows of all topics.
   */
  forgetMissing(isThere: (topic: string) => boolean): void {
    const missing = new Set<string>()
    for (const shard of this.#shards.values()) {
      if (!shard.isLoaded) continue
      for (const group of shard.groups.values())
        for (const topic of group.offsets().keys()) if (!isThere(topic)) missing.add(topic)
    }
    for (const topic of missing) this.topicDeleted(topic)
  }

  /**
   * A group without members and offsets is none: it is Dead and not listed (GroupMetadataManager.cleanupGroupMetadata).
   * True when its record in the log must go, too; one that has only ever held offsets has none.
   */
  #endAbandoned(shard: Shard, group: Group): boolean {
    if (group.state !== 'Empty' || group.hasOffsets || group.hasPending) return false
    const hasRecord = group.generationId > 0
    group.die('GROUP_ID_NOT_FOUND')
    this.#settle(group, shard)
    shard.groups.delete(group.groupId)
    return hasRecord
  }

  /** Tries again until they are there, for as long as the partition is ours: a full disk gets room. */
  #writeTombstones(shard: Shard): void {
    if (shard.unwritten.length === 0 || this.#shards.get(shard.partition.index) !== shard) return
    // What has been committed anew meanwhile, to a topic of the same name, is not to be lost by a late tombstone.
    const taken = shard.unwritten.filter((record) => !this.#isTakenUp(shard, record))
    // A commit that is under way lies in the log already: whether it is one to be kept is known when it has ended.
    const due = taken.filter((record) => !this.#isBeingCommitted(shard, record))
    const later = taken.filter((record) => this.#isBeingCommitted(shard, record))
    shard.unwritten.length = 0
    shard.unwritten.push(...later)
    for (const some of inBatches(shard, due)) {
      // Nobody is told of them: whoever leads next finds out for itself what is missing.
      if (typeof this.#append(shard, some, false) === 'string') shard.unwritten.push(...some)
    }
    if (shard.unwritten.length === 0 || shard.areDue) return
    shard.areDue = true
    this.#ports.clock.after(tombstoneRetryMs, () => {
      shard.areDue = false
      this.#writeTombstones(shard)
    })
  }

  #isBeingCommitted(shard: Shard, { key }: LogRecord): boolean {
    const entry = readGroupLogEntry(key, null)
    return entry.type !== 'unknown' && shard.groups.get(entry.groupId)?.isCommitting === true
  }

  #isTakenUp(shard: Shard, { key }: LogRecord): boolean {
    const entry = readGroupLogEntry(key, null)
    const group = entry.type === 'unknown' ? undefined : shard.groups.get(entry.groupId)
    if (group === undefined || entry.type === 'unknown') return false
    return entry.type === 'group' || group.offset(entry.topic, entry.partition) !== undefined
  }

  // ── views and administration ─────────────────────────────────────────────────────────────────────────────────

  /** Of the groups that are served here. */
  list(): readonly GroupView[] | KafkaError {
    const shards = [...this.#shards.values()]
    if (shards.some((shard) => !shard.isLoaded)) return 'COORDINATOR_LOAD_IN_PROGRESS'
    return shards.flatMap((shard) => [...shard.groups.values()].map((group) => group.inspect()))
  }

  /** undefined: there is no such group. */
  describe(groupId: string): GroupView | KafkaError | undefined {
    const shard = this.#shardOf(groupId)
    return typeof shard === 'string' ? shard : shard.groups.get(groupId)?.inspect()
  }

  /** A group that ends is none for whoever comes next, whose records follow; it is told when that is committed. */
  delete(groupId: string): Later<KafkaError> {
    const shard = this.#shardOf(groupId)
    if (typeof shard === 'string') return shard
    const group = shard.groups.get(groupId)
    if (group === undefined) return 'GROUP_ID_NOT_FOUND'
    if (group.state !== 'Empty' || group.isCommitting) return 'NON_EMPTY_GROUP'
    const written = this.#appendEnd(shard, group)
    if (typeof written === 'string') return written
    group.die('GROUP_ID_NOT_FOUND')
    this.#settle(group, shard)
    shard.groups.delete(groupId)
    return later((told) => this.#whenCommitted(written, (failure) => told(failure ?? 'NONE')))
  }

  /**
   * Where the last of a group's tombstones is: that of the group, so that one whose end could not be written whole is still there, with
   * what is left of it.
   */
  #appendEnd(shard: Shard, group: Group): Position | KafkaError {
    const { groupId } = group
    const offsets = [...group.offsets()].flatMap(([topic, partitions]) =>
      [...partitions.keys()].map((partition) => ({ topic, partition }))
    )
    let written: Position | KafkaError = 'UNKNOWN_SERVER_ERROR'
    let count = 0
    for (const some of inBatches(shard, [...offsetTombstones(groupId, offsets), groupTombstone(groupId)])) {
      written = this.#append(shard, some, true)
      if (typeof written === 'string') break
      count += some.length
    }
    if (typeof written === 'string')
      for (const { topic, partition } of offsets.slice(0, count)) group.forgetOffset(topic, partition)
    return written
  }

  close(): void {
    for (const index of [...this.#shards.keys()]) this.#unload(index)
  }
}

/** Beside its key and value a record takes no more than this, and a batch its header. */
const recordBytesMax = 32
const tombstonesPerBatch = 1000

const offsetTombstones = (groupId: string, of: readonly TopicPartition[]): readonly LogRecord[] =>
  of.map(({ topic, partition }) => offsetRecord(groupId, topic, partition, null))

/** As many in each as one batch may hold, however long the names in them are; one that is too long itself is alone. */
function inBatches({ partition }: Shard, records: readonly LogRecord[]): readonly (readonly LogRecord[])[] {
  const { maxMessageBytes, segmentBytes } = partition.log.config
  const roomBytes = Math.min(maxMessageBytes, segmentBytes) - batchHeaderBytes
  const batches: LogRecord[][] = []
  let bytes = 0
  for (const record of records) {
    const recordBytes = record.key.length + (record.value?.length ?? 0) + recordBytesMax
    const last = batches.at(-1)
    if (last === undefined || last.length >= tombstonesPerBatch || bytes + recordBytes > roomBytes) {
      batches.push([record])
      bytes = recordBytes
    } else {
      last.push(record)
      bytes += recordBytes
    }
  }
  return batches
}

/** Texts stand in the log with an int16 length; flexible requests can bring longer ones. */
function isLoggable(text: string): boolean {
  return text.length * 3 <= 32_767 || new TextEncoder().encode(text).length <= 32_767
}

/**
 * Whether a group may have members under this id. Commits and fetches of offsets, DescribeGroups and DeleteGroups take the
 * empty id, too: simple consumers keep their offsets under it (Kafka's GroupCoordinator.isValidGroupId).
 */
function isGroupId(groupId: string): boolean {
  return groupId !== '' && isLoggable(groupId)
}

function isStorable({ newMemberId, groupInstanceId, clientId, protocolType, protocols }: JoinRequest): boolean {
  if (protocols.length > protocolsMax) return false
  if (protocols.reduce((sum, { metadata }) => sum + metadata.length, 0) > protocolBytesMax) return false
  const names = protocols.map(({ name }) => name)
  return [newMemberId, groupInstanceId ?? '', clientId, protocolType, ...names].every(isLoggable)
}

/** Offsets above 2^53 could be kept only rounded, so they are refused. */
function offsetProblem({ offset, metadata }: OffsetToCommit): KafkaError {
  if (!Number.isSafeInteger(offset)) return 'INVALID_COMMIT_OFFSET_SIZE'
  return (metadata?.length ?? 0) > metadataBytesMax ? 'OFFSET_METADATA_TOO_LARGE' : 'NONE'
}

// ── reading a partition of group records ─────────────────────────────────────────────────────────────────────────

interface GroupBeingRead {
  metadata: Omit<GroupView, 'groupId' | 'state'> | null
  readonly offsets: Map<
    string,
    { readonly topic: string; readonly partition: number; readonly committed: CommittedOffset }
  >
}

function applyRecord(groups: Map<string, GroupBeingRead>, key: Uint8Array | null, value: Uint8Array | null): void {
  const entry = readGroupLogEntry(key, value)
  if (entry.type === 'unknown') return
  let group = groups.get(entry.groupId)
  if (group === undefined) groups.set(entry.groupId, (group = { metadata: null, offsets: new Map() }))
  if (entry.type === 'group') {
    group.metadata = entry.group
    return
  }
  const name = `${entry.topic}\n${entry.partition}`
  if (entry.committed === null) group.offsets.delete(name)
  else group.offsets.set(name, { topic: entry.topic, partition: entry.partition, committed: entry.committed })
}

function restored(read: GroupBeingRead, nowMs: number, group: Group): Group | undefined {
  if (read.metadata === null && read.offsets.size === 0) return undefined
  if (read.metadata !== null) group.restore(read.metadata, nowMs)
  for (const { topic, partition, committed } of read.offsets.values()) group.committed(topic, partition, committed)
  return group
}
