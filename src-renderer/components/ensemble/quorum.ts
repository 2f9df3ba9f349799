/** Whether the ensemble can write, in a sentence. Pure. */
import type { EnsembleView } from '@api/ensemble'
import type { HealthLevel } from '@api/views'

export interface QuorumSentence {
  readonly key: string
  readonly level: HealthLevel
  readonly named: {
    readonly running: number
    /** Of those that run. */
    readonly counted: number
    readonly all: number
    readonly needed: number
    readonly spare: number
  }
}

export function quorumSentence({
  quorum,
  running,
  apart,
  majority,
  members,
  leaderlessSinceMs
}: EnsembleView): QuorumSentence {
  const all = members.length
  // Who runs and does not count is no loss, and no help.
  const counted = running - apart.length
  const spare = counted - majority
  const sentence = (key: string, level: HealthLevel): QuorumSentence => ({
    key: `ensemble.quorum.${key}`,
    level,
    named: { running, counted, all, needed: majority, spare }
  })
  if (spare < 0) {
    const isComing = members.filter(({ state }) => state === 'starting').length >= -spare
    return sentence(isComing ? 'starting' : 'lost', isComing ? 'recovering' : 'critical')
  }
  if (quorum === null) return sentence('unknown', 'unknown')
  if (!quorum) return sentence(leaderlessSinceMs === null ? 'unknown' : 'electing', 'recovering')
  const level = counted < all ? 'degraded' : 'healthy'
  if (all === 1) return sentence('only', level)
  if (apart.length > 0) return sentence(spare === 0 ? 'lastCounted' : 'spareCounted', level)
  return sentence(spare === 0 ? 'last' : 'spare', level)
}
