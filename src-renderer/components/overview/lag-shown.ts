/** Which groups the lag chart of the overview asks about, and what it says when there is no line to draw. Pure. */
import type { GroupRow, GroupsView } from '@api/views'

/** Histories that are asked for while lags are not known now: what was known before is in them. */
export const ASKED_MAX = 20

/** Somebody does not answer: its lag may have been known before. */
const isAway = ({ lagUnknown }: GroupRow): boolean =>
  lagUnknown === 'coordinatorSilent' || lagUnknown === 'leaderSilent'

/** Those that have a line, those whose lag is not known now, and while there is room those that have none. */
export function groupsToAsk(shown: readonly string[], groups: readonly GroupRow[], seriesMax: number): string[] {
  const others = groups.filter((group) => !shown.includes(group.groupId))
  const away = others.filter(isAway)
  const rest = shown.length + away.length < seriesMax ? others.filter((group) => !isAway(group)) : []
  return [...shown, ...[...away, ...rest].map((group) => group.groupId)].slice(0, ASKED_MAX)
}

/** `waiting`: a lag is known, only its history has not come yet. */
export type LagAbsence = 'waiting' | 'unknown' | 'none'

export function lagAbsence(view: GroupsView): LagAbsence {
  if (view.groups.some((group) => group.lagRecords !== null)) return 'waiting'
  return view.observedAtMs === null || view.groups.some(isAway) ? 'unknown' : 'none'
}
