/** Consensus as it goes on from what a start found on the disk. */
import { Raft } from './core/consensus/raft'
import {
  electionTimeoutMs,
  followerTailBytes,
  heartbeatMs,
  raftLimits,
  type EnsembleNodeOptions
} from './member-options'
import type { Found } from './member-storage'

/** Every entry that a member of one has on its disk is committed, and applied by now. */
export function recoveredRaft(
  { memberId, random, peers }: EnsembleNodeOptions,
  { base, entries, lastZxid, hardState }: Found
): Raft {
  const own = { memberId, electionTimeoutMs, heartbeatMs, random, hardState }
  if (peers === undefined)
    return new Raft({
      ...own,
      members: [memberId],
      limits: raftLimits,
      log: { base: lastZxid, termEnds: [], tail: [] },
      applied: lastZxid
    })
  const termEnds = entries.filter((entry, index) => entries[index + 1]?.zxid.epoch !== entry.zxid.epoch)
  return new Raft({
    ...own,
    members: [memberId, ...peers.others.map((peer) => peer.memberId)],
    limits: { ...raftLimits, tailBytesKept: followerTailBytes },
    log: { base, termEnds: termEnds.map(({ zxid }) => zxid), tail: entries },
    applied: base
  })
}
