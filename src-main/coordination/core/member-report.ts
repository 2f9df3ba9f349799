/**
 * What a member tells whoever started it, about itself and, when it leads, about the others: plain JSON, for the pipe. Positions are
 * zxids as ZooKeeper writes them (0x500000214), since that is what clients and tools show.
 */
import type { Zxid } from '../wire/zxid'
import type { ConsensusFigures } from './consensus/consensus-figures'

export type MemberRole = 'leader' | 'follower' | 'candidate' | 'learner'

export interface MemberReport {
  /** learner: it has lost its disk, and does not count until it has caught up. */
  readonly role: MemberRole
  readonly term: number
  /** null: it knows none. */
  readonly leaderId: number | null
  /** It leads or follows, and takes requests of clients. */
  readonly isServing: boolean
  /** The last entry that it has applied, that is synced on its disk, and of which it knows that a majority has it. */
  readonly zxid: string
  readonly lastOnDisk: string
  readonly committed: string
  /** Of a leader only: how many entries each other member lacks; null while it has not said how far it is. */
  readonly followers: readonly { readonly memberId: number; readonly behindEntries: number | null }[]
  /** Whom this member voted for last, since it was started; null: for nobody. */
  readonly ballot: { readonly term: number; readonly candidateId: number } | null
  /** Of a leader only: who elected it. */
  readonly electedBy: readonly number[]
  /** Of clients that are connected to this member. */
  readonly sessions: number
  readonly connections: number
  readonly outstanding: number
  /** Of all clients, whichever member they are connected to; in the tree as this member has it. */
  readonly allSessions: number
  readonly znodes: number
  /** Of clients that are connected to this member: no other knows of them. */
  readonly watches: number
  /** Of requests since the start; null: there were none. */
  readonly latency: { readonly minMs: number; readonly averageMs: number; readonly maxMs: number } | null
}

export function memberReport(
  consensus: ConsensusFigures,
  own: Pick<
    MemberReport,
    'isServing' | 'sessions' | 'connections' | 'outstanding' | 'allSessions' | 'znodes' | 'watches' | 'latency'
  > & { readonly zxid: Zxid }
): MemberReport {
  const { term, leaderId, persisted, committed, followers, ballot, electedBy } = consensus
  return {
    ...own,
    role: roleOf(consensus),
    term,
    leaderId: leaderId === 0 ? null : leaderId,
    zxid: zxidText(own.zxid),
    lastOnDisk: zxidText(persisted),
    committed: zxidText(committed),
    followers: followers.map(({ memberId, behindEntries }) => ({ memberId, behindEntries: behindEntries ?? null })),
    ballot: ballot === undefined ? null : ballot,
    electedBy: [...electedBy].sort((a, b) => a - b)
  }
}

const zxidText = ({ epoch, counter }: Zxid): string => `0x${((BigInt(epoch) << 32n) | BigInt(counter)).toString(16)}`

function roleOf({ role, isVoter }: ConsensusFigures): MemberRole {
  if (role === 'leader') return 'leader'
  if (!isVoter) return 'learner'
  return role === 'follower' ? 'follower' : 'candidate'
}
