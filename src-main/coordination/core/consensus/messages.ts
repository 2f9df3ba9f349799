/**
 * What members of an ensemble say to each other about their log (Raft; Ongaro, "Consensus: Bridging Theory and
 * Practice", 2014). Positions are zxids: the epoch is the term, the counter is dense in it from 1, so a position names one
 * entry and all before it, and there is no second index.
 */
import type { Zxid } from '../../wire/zxid'
import type { LogEntry } from '../log-entry'

/** 1-127; 0 where it says so: nobody. */
export type MemberId = number

/** The last term: a zxid is an int64 to clients, and theirs compare it as one. */
export const termMax = 0x7fff_ffff
/**
 * Nobody goes further ahead of a member at once: an election each second takes half a year for it. So no single message brings an
 * ensemble to its last term, after which it would have no leader.
 */
export const termsAheadMax = 2 ** 24

/** Whether a member counts, and which life of it speaks: one that was wiped begins another (see HardState). */
export interface Standing {
  readonly isVoter: boolean
  readonly incarnation: number
}

export type PeerMessage =
  /** Would you vote for me in this term? Nobody's term changes (dissertation 9.6). */
  | { readonly type: 'preVote'; readonly term: number; readonly last: Zxid }
  /** `term` is the one that was asked about; of a refusal, that of who refuses. */
  | { readonly type: 'preVoteAnswer'; readonly term: number; readonly isGranted: boolean }
  /** `isTransfer`: the leader wants it so (dissertation 3.10); a live leader is no reason to refuse. */
  | { readonly type: 'vote'; readonly term: number; readonly last: Zxid; readonly isTransfer: boolean }
  | { readonly type: 'voteAnswer'; readonly term: number; readonly isGranted: boolean }
  /** Also the heartbeat. The entries follow `previous` without a gap. */
  | {
      readonly type: 'append'
      readonly term: number
      readonly previous: Zxid
      readonly entries: readonly LogEntry[]
      readonly committed: Zxid
      /** Of the leader's questions whether it still leads; the answer repeats it. */
      readonly round: number
    }
  /** `matched` and all before it is as in the leader's log, and synced. */
  | ({
      readonly type: 'appendAnswer'
      readonly term: number
      readonly matched: Zxid
      readonly round: number
    } & Standing)
  /** `refused` is not in this log; `hint` is the last that is, and not after it. */
  | ({
      readonly type: 'appendRefused'
      readonly term: number
      readonly refused: Zxid
      readonly hint: Zxid
      readonly round: number
    } & Standing)
  /** A piece of the snapshot at `last`. */
  | ({ readonly type: 'snapshot'; readonly term: number; readonly round: number } & SnapshotPiece)
  /** So much of it is here, from its beginning. */
  | ({
      readonly type: 'snapshotAnswer'
      readonly term: number
      readonly last: Zxid
      readonly receivedBytes: number
      readonly round: number
    } & Standing)
  /** Stand for election now: the leader goes. */
  | { readonly type: 'campaignNow'; readonly term: number }
  /** A follower's read barrier. */
  | { readonly type: 'readRequest'; readonly term: number; readonly readId: number }
  | { readonly type: 'readAnswer'; readonly term: number; readonly readId: number; readonly position: Zxid }

export interface SnapshotPiece {
  readonly last: Zxid
  readonly offsetBytes: number
  readonly totalBytes: number
  readonly bytes: Uint8Array
}

export interface Envelope {
  readonly to: MemberId
  readonly message: PeerMessage
}

/** What a member must never forget, whatever happens to it: one file, replaced as a whole. */
export interface HardState {
  readonly term: number
  /** For whom this member voted in that term, or whom it followed in it; 0: nobody. */
  readonly vote: MemberId
  /**
   * False for a member that begins with nothing in an ensemble that has something: its earlier life may have voted and
   * answered. It becomes a voter by an entry of the log that others committed without it.
   */
  readonly isVoter: boolean
  /** Drawn when the folder is made: whose admission the log tells. */
  readonly incarnation: number
}
