/** What one member's consensus knows of itself and, when it leads, of the others. */
import type { Zxid } from '../../wire/zxid'
import type { MemberId } from './messages'

export interface ConsensusFigures {
  readonly role: 'follower' | 'preCandidate' | 'candidate' | 'leader'
  readonly isVoter: boolean
  readonly term: number
  /** 0: none is known. */
  readonly leaderId: MemberId
  readonly persisted: Zxid
  readonly committed: Zxid
  /** Of a leader; empty for everybody else. */
  readonly followers: readonly FollowerFigures[]
  /** Of a leader: reads that wait until a majority has said that it leads. */
  readonly pendingBarriers: number
  /** The last vote that it gave in this life; following a leader that others elected is none. */
  readonly ballot: Ballot | undefined
  /** Of a leader: who voted for it, answers that came after it was elected included. */
  readonly electedBy: readonly MemberId[]
}

export interface FollowerFigures {
  readonly memberId: MemberId
  /** Undefined before it has said how far it is, and when its log ends before the leader's begins. */
  readonly behindEntries: number | undefined
}

export interface Ballot {
  readonly term: number
  readonly candidateId: MemberId
}
