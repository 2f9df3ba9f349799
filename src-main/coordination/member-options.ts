/** What a member of the ensemble is given when it is made, and the limits within which it works. */
import type { Address, Checksum, Clock, Disk, Log, Network, Random } from '../kernel/ports'
import { appendBytesMax } from './core/consensus/message-codec'
import type { RaftLimits } from './core/consensus/raft'
import type { RefusedSnapshot } from './core/consensus/snapshot-intake'
import type { Descriptors } from './core/admin-words'
import type { LogEntry } from './core/log-entry'
import type { MemberReport } from './core/member-report'
import type { Applied } from './core/replicated-state'
import type { TimeoutLimits } from './core/session/session-table'
import type { ExpiredSessions } from './expiry-news'
import type { Peer } from './peer-links'

const batchLimits = { entriesMax: 1_000, bytesMax: 4 * 1024 * 1024 }
export const raftLimits: RaftLimits = {
  persist: batchLimits,
  append: { entriesMax: 1_000, bytesMax: appendBytesMax },
  apply: batchLimits,
  flow: { messagesMax: 16, bytesMax: 4 * 1024 * 1024 },
  // Each connection is stopped long before.
  uncommitted: { entriesMax: 1_000_000, bytesMax: 512 * 1024 * 1024 },
  tailBytesKept: 0,
  snapshotBytesMax: 1024 * 1024 * 1024
}
/** An ensemble of one waits for nobody; these are for those of more. */
export const electionTimeoutMs = 500
export const heartbeatMs = 100
/** Of applied entries, kept in memory. Who is further behind is sent what is read from the log. */
export const followerTailBytes = 1024 * 1024

export interface EnsembleNodeOptions {
  /** 1-127. */
  readonly memberId: number
  /** Port 0 takes a free one. */
  readonly address: Address
  readonly dataDir: string
  readonly sessionTimeouts: TimeoutLimits
  /** Bound of recovery: past either a snapshot is taken. Default 50,000 entries, 32 MiB. */
  readonly snapshotEntriesMax?: number
  readonly snapshotBytesMax?: number
  readonly clock: Clock
  readonly random: Random
  readonly disk: Disk
  readonly network: Network
  readonly checksum: Checksum
  /** `user:base64(sha1("user:password"))` of who may do everything (DigestAuthenticationProvider.superDigest); absent: nobody. */
  readonly superDigest?: string
  /** Of the machine and the process, for `envi`: os.name and the like. */
  readonly environment?: Readonly<Record<string, string>>
  /** Files and sockets that the process has open, and may have; undefined, or absent, where the system does not tell. */
  readonly descriptors?: () => Descriptors | undefined
  readonly log: Log
  /** The member cannot go on: an environment error of its disk, or a broken invariant. Called once. */
  readonly failed: (error: unknown) => void
  /** Sessions ended by their clocks, a moment ago; told by the member that leads. */
  readonly sessionsExpired?: (expired: ExpiredSessions) => void
  /** What the leader sends is too large for this member, which cannot catch up. Told once of each. */
  readonly snapshotRefused?: (refused: Pick<RefusedSnapshot, 'totalBytes' | 'bytesMax'>) => void
  /** While it serves: each second, and at once when it has another role, term or leader. */
  readonly told?: (report: MemberReport) => void
  /** What an entry came to, before anybody else hears of it: for whoever checks members against each other. */
  readonly applied?: (entry: LogEntry, applied: Applied) => void
  /** Absent: an ensemble of one. */
  readonly peers?: PeerOptions
}

export interface PeerOptions {
  /** Members of another ensemble are not listened to. */
  readonly ensembleId: string
  /** Where the others connect to. */
  readonly address: Address
  readonly others: readonly Peer[]
  /**
   * The ensemble begins, and nobody has anything. False for one that has been there: then a member without a folder may have lost
   * one, and counts when the others say so.
   */
  readonly isFounding: boolean
}
