/** Which groups the lag chart of the overview asks about, and what it says when there is no line to draw. Pure. */
import type { GroupRow, GroupsView } from '@api/views'
import { unknownGroupState } from '@/components/groups/group-lag'

/** Histories that are asked for while too few groups have a lag now: what was known before is in them. */
export const ASKED_MAX = 20

/**
 * The worst groups; while they are fewer than the chart has room for, also those whose lag is not known now, first those
 * whose coordinator is silent.
 */
export function groupsToAsk(worst: readonly string[], groups: readonly GroupRow[], seriesMax: number): string[] {
  if (worst.length >= seriesMax) return [...worst]
  const others = groups.filter((group) => !worst.includes(group.groupId))
  const silent = others.filter((group) => group.state === unknownGroupState)
  const answering = others.filter((group) => group.state !== unknownGroupState)
  return [...worst, ...[...silent, ...answering].map((group) => group.groupId)].slice(0, ASKED_MAX)
}

/** `waiting`: a lag is known, only its history has not come yet. */
export type LagAbsence = 'waiting' | 'unknown' | 'none'

/** A lag is null without a commit, and also while a coordinator or the leader of a partition does not answer. */
export function lagAbsence(view: GroupsView, leaderlessPartitions: number): LagAbsence {
  if (view.groups.some((group) => group.lagRecords !== null)) return 'waiting'
  if (view.observedAtMs === null || view.groups.some((group) => group.state === unknownGroupState)) return 'unknown'
  return view.groups.length > 0 && leaderlessPartitions > 0 ? 'unknown' : 'none'
}
