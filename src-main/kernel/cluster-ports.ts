/**
 * What the monitor may ask of a Kafka cluster, as any client may: `admin/` implements it on a client library, tests in
 * memory. Every call takes its own time-out and speaks to one broker, so that one that is dead or stopped fails its own
 * calls only. They reject with AppError: TIMED_OUT, CONNECTION_REFUSED or CONNECTION_LOST for the way there, KAFKA with
 * `details.kafkaError` for an error of the whole answer. Errors of single partitions are values.
 */
import type { BrokerId, LeaderEpoch, Offset, TopicPartition } from './ids'
import type { Uuid } from './uuid'

export interface BrokerAddress {
  readonly id: BrokerId
  readonly host: string
  readonly port: number
}

/** Kafka's name of an error (NOT_LEADER_OR_FOLLOWER) and what the broker, or the protocol, says of it. */
export interface KafkaProblem {
  readonly name: string
  readonly message: string
}

// ── what is there ────────────────────────────────────────────────────────────────────────────────────────────────

export interface PartitionMetadata {
  readonly partition: number
  /** null: no leader now. */
  readonly leader: BrokerId | null
  readonly leaderEpoch: LeaderEpoch
  readonly replicas: readonly BrokerId[]
  readonly isr: readonly BrokerId[]
}

export interface TopicMetadata {
  readonly name: string
  readonly topicId: Uuid
  readonly isInternal: boolean
  /** In order of their index. */
  readonly partitions: readonly PartitionMetadata[]
}

export interface ClusterMetadata {
  /** Alive by the word of the broker that answered. */
  readonly brokers: readonly BrokerAddress[]
  readonly controllerId: BrokerId | null
  readonly topics: readonly TopicMetadata[]
}

/** A partition's answer to "which offset": null where the broker does not lead it (any more). */
export interface PartitionOffset extends TopicPartition {
  readonly offset: Offset | null
}

/** All that a group has committed in a partition. */
export interface CommittedPosition extends PartitionOffset {
  /** Of the record before the offset; -1 where who committed did not say. */
  readonly leaderEpoch: number
  /** What who committed left beside it; most leave ''. */
  readonly metadata: string
}

/** Of a commit that can be stored again as it is. */
export interface StoredCommit extends CommittedPosition {
  readonly offset: Offset
}

export interface PartitionSize extends TopicPartition {
  readonly sizeBytes: number
}

export interface ListedGroup {
  readonly groupId: string
  /** Kafka's name: Stable, Empty … */
  readonly state: string
}

export interface DescribedMember {
  readonly memberId: string
  readonly clientId: string
  readonly clientHost: string
  /** The bytes that the group's leader gave it; empty before. */
  readonly assignment: Uint8Array
}

export interface DescribedGroup {
  readonly groupId: string
  readonly state: string
  /** "consumer" for consumers. */
  readonly protocolType: string
  readonly protocol: string
  readonly members: readonly DescribedMember[]
}

export interface GroupOffsets {
  readonly groupId: string
  /** Partitions with a commit only; null where it is beyond 2^53. */
  readonly committed: readonly PartitionOffset[]
}

export interface ClusterReader {
  /** From the first broker that answers, known ones and bootstrap servers alike. Never creates a topic. */
  metadata(options: {
    readonly timeoutMs: number
    /** Absent: all. */
    readonly topics?: readonly string[]
    /** Brokers that the ensemble knows, which are asked first from now on; null: it says nothing. */
    readonly registered?: readonly BrokerId[] | null
  }): Promise<ClusterMetadata>
  /** `latest` is the high watermark, `earliest` the log start. */
  offsets(
    broker: BrokerId,
    at: 'latest' | 'earliest',
    partitions: readonly TopicPartition[],
    timeoutMs: number
  ): Promise<readonly PartitionOffset[]>
  /** Of all partitions that the broker holds. */
  sizes(broker: BrokerId, timeoutMs: number): Promise<readonly PartitionSize[]>
  /** The groups that this broker coordinates. */
  groups(broker: BrokerId, timeoutMs: number): Promise<readonly ListedGroup[]>
  /** Groups that the broker does not coordinate (any more) are left out. */
  describeGroups(broker: BrokerId, groupIds: readonly string[], timeoutMs: number): Promise<readonly DescribedGroup[]>
  committed(broker: BrokerId, groupIds: readonly string[], timeoutMs: number): Promise<readonly GroupOffsets[]>
  /** Configs that were set for the topic itself. */
  topicConfigs(topic: string, timeoutMs: number): Promise<Readonly<Record<string, string>>>
  /** What holds for the replicas of topics, by name; those that nothing could be told of are left out. */
  replicaRules(topics: readonly string[], timeoutMs: number): Promise<ReadonlyMap<string, ReplicaRules>>
}

export interface ReplicaRules {
  /** min.insync.replicas */
  readonly minIsr: number
  /** unclean.leader.election.enable */
  readonly isUncleanAllowed: boolean
}

// ── what can be done ─────────────────────────────────────────────────────────────────────────────────────────────

/** Text where the bytes are UTF-8, else base64; null is null. The API's Payload. */
export type PayloadText = string | { readonly base64: string } | null

export interface NewRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  /** In their order, repeated ones too. */
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array | null }[]
  /** Absent: when it is sent. */
  readonly timestampMs?: bigint
}

/** The batch in which a record lies. */
export interface RecordBatch {
  readonly baseOffset: Offset
  /** Inclusive. */
  readonly lastOffset: Offset
  readonly leaderEpoch: LeaderEpoch
  readonly codec: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  /** Who set the time of its records: their producer, or the broker that appended them. */
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  /** In the log, header included, compressed where it is. */
  readonly sizeBytes: number
}

export interface FetchedRecord {
  readonly offset: Offset
  /** Digits where it exceeds 2^53. */
  readonly timestampMs: number | string
  readonly key: PayloadText
  readonly value: PayloadText
  readonly headers: readonly { key: string; value: PayloadText }[]
  /** Bytes of key and value before the cut, when something was cut. */
  readonly cutFromBytes?: number
  /** Bytes of each before the cut, then; of the values of headers, in their order. */
  readonly wholeBytes?: { readonly key: number; readonly value: number; readonly headers: number[] }
  /** Where it was asked for (FetchOptions.hasBatch). */
  readonly batch?: RecordBatch
}

export interface FetchPosition extends TopicPartition {
  readonly offset: Offset
}

/** Offsets whose records are in the log but cannot be read: a batch that is broken, or too large when unpacked. */
export interface UnreadableOffsets {
  readonly fromOffset: Offset
  /** Inclusive. */
  readonly toOffset: Offset
  readonly why: 'corrupt' | 'tooLarge'
  /** One sentence. */
  readonly reason: string
}

export interface FetchedPartition extends TopicPartition {
  readonly problem: KafkaProblem | null
  readonly records: readonly FetchedRecord[]
  readonly unreadable: readonly UnreadableOffsets[]
  /**
   * Where to go on: after the last batch that was read, control batches and unreadable ones too. It may lie inside a
   * batch, and equal where the fetch began, when the answer held more than is read at once.
   */
  readonly nextOffset: Offset
}

export interface FetchOptions {
  readonly maxWaitMs: number
  readonly partitionBytesMax: number
  readonly answerBytesMax: number
  readonly timeoutMs: number
  /** Keys, values and headers longer than this are cut. Absent: whole. */
  readonly payloadBytesMax?: number
  /** Records come with their batch. */
  readonly hasBatch?: boolean
  /** Which connection: a long poll must not stand before other requests. */
  readonly lane: string
}

export interface ClusterWriter {
  /** Asks the controller. -1 means the broker's default. Rejects with KAFKA and the broker's message. */
  createTopic(
    topic: {
      readonly name: string
      readonly partitions: number
      readonly replicationFactor: number
      readonly configs: Readonly<Record<string, string>>
    },
    timeoutMs: number
  ): Promise<{ readonly topicId: Uuid }>
  deleteTopic(topic: string, timeoutMs: number): Promise<void>
  /**
   * One batch to one partition's leader. With acks 0 it resolves with null when the bytes have left. Rejects with KAFKA
   * when the leader refuses.
   */
  produce(
    broker: BrokerId,
    batch: TopicPartition & {
      readonly acks: 0 | 1 | -1
      readonly codec: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
      readonly records: readonly NewRecord[]
    },
    timeoutMs: number
  ): Promise<Offset | null>
  fetch(
    broker: BrokerId,
    positions: readonly FetchPosition[],
    options: FetchOptions
  ): Promise<readonly FetchedPartition[]>
  /** Closes the connections of a lane. */
  closeLane(lane: string): Promise<void>
}

// ── looking through a log ────────────────────────────────────────────────────────────────────────────────────────

/** What a record must have to be found; of several, all. */
export type Criterion =
  /** In key, value, or name or value of a header. */
  | { readonly type: 'text'; readonly text: string; readonly isCaseSensitive?: boolean | undefined }
  /** RE2 syntax: takes time in proportion to what it reads, whatever it says. */
  | { readonly type: 'regex'; readonly pattern: string; readonly isCaseSensitive?: boolean | undefined }
  /** A member of a JSON value and a comparison: order.total > 100. */
  | { readonly type: 'field'; readonly expression: string }
  /** Of one header. Absent: any value; an empty one is only found where it is empty (not null). */
  | {
      readonly type: 'header'
      readonly name?: string | undefined
      readonly value?: string | undefined
      readonly isCaseSensitive?: boolean | undefined
    }
  | {
      readonly type: 'key'
      readonly text: string
      readonly isWhole?: boolean | undefined
      readonly isCaseSensitive?: boolean | undefined
    }
  | { readonly type: 'tombstone' }
  /** ms since 1970; from is inclusive, until exclusive. */
  | { readonly type: 'time'; readonly fromMs?: number | undefined; readonly untilMs?: number | undefined }
  /** These and no others. */
  | {
      readonly type: 'places'
      readonly places: readonly { readonly partition: number; readonly offsets: readonly Offset[] }[]
    }

/** Criteria made ready; only who made it knows how. */
export interface RecordMatcher {
  readonly isMatcher: true
}

/** A fetch answer's part as it came. */
export interface RawPartition extends TopicPartition {
  readonly problem: KafkaProblem | null
  /** Whole batches, the last one may be cut; views into the answer. */
  readonly bytes: Uint8Array
  /** Behind the last whole batch; where the fetch began when there is none. */
  readonly nextOffset: Offset
}

export interface ScanReading {
  readonly partition: number
  readonly fromOffset: Offset
  /** Exclusive. */
  readonly untilOffset: Offset
  readonly matcher: RecordMatcher
  /** Of those found so many are given; the others are counted. */
  readonly recordsMax: number
  /** So many that are found first are counted only: of more than are wanted the last ones can be had. */
  readonly skipsFound?: number
  /** Ends the scan early, so that no more than this is held; the rest comes with another one. Absent: counts to the end. */
  readonly stopsWhenFull?: boolean
  readonly payloadBytesMax?: number
  readonly hasBatch?: boolean
}

export interface ScannedRecords {
  readonly records: readonly FetchedRecord[]
  readonly foundCount: number
  /** Records looked at, found or not. */
  readonly recordCount: number
  /** Of the batches that were looked at, as they lie in the log. */
  readonly byteCount: number
  readonly unreadable: readonly UnreadableOffsets[]
  /** Where to go on: below the end of the bytes only when the scan stopped because it was full. */
  readonly nextOffset: Offset
}

export interface RecordScanner {
  fetchRaw(
    broker: BrokerId,
    positions: readonly FetchPosition[],
    options: FetchOptions
  ): Promise<readonly RawPartition[]>
  /** Throws AppError USAGE with a sentence that says what is wrong. */
  matcher(criteria: readonly Criterion[]): RecordMatcher
  scan(bytes: Uint8Array, reading: ScanReading): ScannedRecords
}

/** The classic group protocol, one call a request; all reject with KAFKA and the error's name. */
export interface GroupMembership {
  coordinator(groupId: string, timeoutMs: number): Promise<BrokerId>
  join(
    at: MemberAddress,
    options: {
      readonly protocols: readonly { readonly name: string; readonly metadata: Uint8Array }[]
      readonly sessionTimeoutMs: number
      readonly rebalanceTimeoutMs: number
      readonly timeoutMs: number
    }
  ): Promise<JoinedGroup>
  sync(
    at: MemberAddress,
    options: {
      readonly generation: number
      readonly protocol: string
      readonly assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[]
      readonly timeoutMs: number
    }
  ): Promise<Uint8Array>
  heartbeat(at: MemberAddress, generation: number, timeoutMs: number): Promise<void>
  leave(at: MemberAddress, timeoutMs: number): Promise<void>
  commit(
    at: MemberAddress,
    generation: number,
    offsets: readonly (TopicPartition & { readonly offset: Offset })[],
    timeoutMs: number
  ): Promise<void>
}

/** Changes of what is there. All reject with KAFKA and the broker's message when the whole request is refused. */
export interface ClusterAdministration {
  /** All configs of a topic, as any broker has them, or of a broker, as it has them itself. */
  describeConfigs(
    resource: TopicResource | { readonly type: 'broker'; readonly broker: BrokerId },
    timeoutMs: number
  ): Promise<readonly ConfigFacts[]>
  /** Sets and removes configs; the others stay. Asks any broker, or the one that they are of. */
  alterConfigs(
    resource: ConfigResource,
    changes: { readonly set: Readonly<Record<string, string>>; readonly remove: readonly string[] },
    timeoutMs: number
  ): Promise<void>
  /** `count` is how many there are afterwards. Asks the controller. */
  createPartitions(topic: string, count: number, timeoutMs: number): Promise<void>
  /** Deletes what lies before each offset, on its partitions' leader; where each log starts then. */
  deleteRecords(
    broker: BrokerId,
    positions: readonly FetchPosition[],
    timeoutMs: number
  ): Promise<readonly ChangedPartition[]>
  /** The first offset whose record is of that time or later; null when there is none. */
  offsetsAtTime(
    broker: BrokerId,
    timestampMs: number,
    partitions: readonly TopicPartition[],
    timeoutMs: number
  ): Promise<readonly ChangedPartition[]>
  /** Rejects where the reader leaves groups out: with what the coordinator says of it. */
  describeGroup(coordinator: BrokerId, groupId: string, timeoutMs: number): Promise<DescribedGroup>
  committedOffsets(coordinator: BrokerId, groupId: string, timeoutMs: number): Promise<readonly CommittedPosition[]>
  deleteGroup(coordinator: BrokerId, groupId: string, timeoutMs: number): Promise<void>
  /** Has leaders elected (KIP-460), at the controller: the preferred ones, or any that live. What became of each. */
  electLeaders(
    election: 'preferred' | 'unclean',
    partitions: readonly TopicPartition[],
    timeoutMs: number
  ): Promise<readonly PartitionResult[]>
  /** The replicas that partitions are to have (KIP-455); null breaks off what is under way. */
  reassign(
    moves: readonly (TopicPartition & { readonly replicas: readonly BrokerId[] | null })[],
    timeoutMs: number
  ): Promise<readonly PartitionResult[]>
  /** The offset after the last record of the broker's own replica, a follower's, too; null where it says none. */
  logEnds(
    broker: BrokerId,
    partitions: readonly TopicPartition[],
    timeoutMs: number
  ): Promise<readonly PartitionOffset[]>
  /** Of these partitions, those that are being reassigned; without any, all. */
  reassignments(partitions: readonly TopicPartition[] | undefined, timeoutMs: number): Promise<readonly Reassignment[]>
  /**
   * Stores commits of nobody in particular, as Kafka's tools make them: the coordinator compares them with no log. One
   * result for each partition.
   */
  storeOffsets(
    coordinator: BrokerId,
    groupId: string,
    commits: readonly StoredCommit[],
    timeoutMs: number
  ): Promise<readonly PartitionResult[]>
  /** Takes back what the group has committed in these partitions. */
  deleteOffsets(
    coordinator: BrokerId,
    groupId: string,
    partitions: readonly TopicPartition[],
    timeoutMs: number
  ): Promise<readonly ChangedPartition[]>
}

interface TopicResource {
  readonly type: 'topic'
  readonly topic: string
}

/** What has configs; without an id they are those of all brokers. */
export type ConfigResource = TopicResource | { readonly type: 'broker'; readonly broker: BrokerId | null }

/** Where a value comes from (DescribeConfigs, "config source"), the one that holds over all others first. */
export type ConfigSource = 'topic' | 'broker' | 'everyBroker' | 'start' | 'default' | 'unknown'

export type ConfigType =
  'boolean' | 'string' | 'int' | 'short' | 'long' | 'double' | 'list' | 'class' | 'password' | 'unknown'

export interface ConfigFacts {
  readonly name: string
  /** null for one that nobody may see, or that has none. */
  readonly value: string | null
  readonly source: ConfigSource
  readonly type: ConfigType
  readonly isReadOnly: boolean
  readonly isSensitive: boolean
  /** Everything that says something about it, the one that holds first. */
  readonly synonyms: readonly { readonly value: string | null; readonly source: ConfigSource }[]
}

/** What became of one partition of a request. */
export interface ChangedPartition extends TopicPartition {
  readonly problem: KafkaProblem | null
  /** null where there is none, or where it is beyond 2^53. */
  readonly offset: Offset | null
}

export interface PartitionResult extends TopicPartition {
  readonly problem: KafkaProblem | null
}

export interface Reassignment extends TopicPartition {
  readonly replicas: readonly BrokerId[]
  readonly adding: readonly BrokerId[]
  readonly removing: readonly BrokerId[]
}

export interface MemberAddress {
  readonly coordinator: BrokerId
  readonly groupId: string
  /** '' before the first join; the KAFKA error MEMBER_ID_REQUIRED carries the one to use in `details.memberId`. */
  readonly memberId: string
  readonly lane: string
  /** Of a static member (KIP-345): it keeps its partitions when it comes back in time. */
  readonly groupInstanceId?: string
}

export interface JoinedGroup {
  readonly generation: number
  readonly memberId: string
  readonly isLeader: boolean
  readonly protocol: string
  /** For the leader only. */
  readonly members: readonly { readonly memberId: string; readonly metadata: Uint8Array }[]
}

export interface KafkaCluster extends ClusterReader, ClusterWriter, ClusterAdministration, GroupMembership {
  close(): Promise<void>
}
