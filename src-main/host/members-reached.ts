/** Members that a broker may go on with when its link to one of them fails. Pure. */
import type { AskedCost } from '../api/failures'
import type { FaultView } from '../api/faults'
import type { NodeView } from '../api/views'

/** Of a link: how many members run and are not cut off from its ends, the member at one of its ends among them; else how many there are. */
export function membersReached(
  nodes: readonly NodeView[],
  faults: readonly FaultView[],
  { node, to }: AskedCost
): number {
  const members = nodes.filter(({ role }) => role === 'ensemble')
  if (to === undefined) return members.length
  const ends: readonly string[] = [node, to]
  const isCut = (member: string): boolean =>
    faults.some(
      ({ kind, node: from, to: other }) =>
        kind === 'cut-link' &&
        other !== null &&
        ((from === member && ends.includes(other)) || (other === member && ends.includes(from)))
    )
  return members.filter(({ name, state }) => ends.includes(name) || (state === 'running' && !isCut(name))).length
}
