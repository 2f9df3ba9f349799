/** What is wrong with how a group works, as far as it was observed. What is not known gives no advice. */
import type { GroupAdvice } from '../../api/views'
import type { StandingCommit } from './commits-standing'
import type { GroupFacts, MemberFacts, Snapshot } from './snapshot'

export const adviceSampleMax = 3

export function groupAdvice(
  snapshot: Snapshot,
  group: GroupFacts,
  standing: readonly StandingCommit[]
): readonly GroupAdvice[] {
  const members = membersAdvice(snapshot, group)
  const still = standingAdvice(group, standing)
  return [...(members === undefined ? [] : [members]), ...(still === undefined ? [] : [still])]
}

/** While a group rebalances nobody owns anything, and that is no trouble. */
function membersAdvice(snapshot: Snapshot, { state, members }: GroupFacts): GroupAdvice | undefined {
  if (members === null || state !== 'Stable') return undefined
  if (members.some(({ isAssignmentUnknown }) => isAssignmentUnknown === true)) return undefined
  const idle = members.filter(({ assigned }) => assigned.length === 0)
  if (idle.length === 0) return undefined
  const partitions = partitionCount(snapshot, members)
  if (partitions === undefined) return undefined
  return {
    // Without a partition for anybody there is nothing that they outnumber.
    code: partitions > 0 && members.length > partitions ? 'outnumbered' : 'idle',
    count: idle.length,
    sample: idle.slice(0, adviceSampleMax).map(({ clientId }) => clientId),
    members: members.length,
    partitions,
    sinceMs: null
  }
}

/** Of all topics of which a member has a partition; undefined when one of them is not known. */
function partitionCount(snapshot: Snapshot, members: readonly MemberFacts[]): number | undefined {
  const topics = new Set(members.flatMap(({ assigned }) => assigned.map(({ topic }) => topic)))
  let sum = 0
  for (const topic of topics) {
    const facts = snapshot.topics.get(topic)
    if (facts === undefined) return undefined
    sum += facts.partitions.length
  }
  return sum
}

function standingAdvice({ members }: GroupFacts, standing: readonly StandingCommit[]): GroupAdvice | undefined {
  const [longest] = standing
  if (members === null || longest === undefined) return undefined
  return {
    code: members.length === 0 ? 'standingAlone' : 'standing',
    count: standing.length,
    sample: standing.slice(0, adviceSampleMax).map(({ topic, partition }) => `${topic}-${partition}`),
    members: members.length,
    partitions: standing.length,
    sinceMs: longest.sinceMs
  }
}
