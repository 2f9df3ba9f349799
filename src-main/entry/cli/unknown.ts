/** What an answer does not say because those who know do not answer: one sentence for stderr, undefined when all is known. */
import type { GroupsView, GroupView, TopicsView, TopicView } from '../../api/views'

/** What is asked for is looked at anew; an older look is what was known before all brokers fell silent. */
export function unknownOfTopics({ observedAtMs }: TopicsView, askedAtMs: number): string | undefined {
  if (observedAtMs === null) return 'No broker answers: which topics there are is not known.'
  if (observedAtMs >= askedAtMs) return undefined
  return `No broker answers: this is what was known at ${new Date(observedAtMs).toISOString()}.`
}

export function unknownOfTopic({ configs, configsProblem }: TopicView): string | undefined {
  if (configs !== null) return undefined
  return `Not all of it is known: ${configsProblem ?? 'no broker has told the configs'}`
}

export function unknownOfGroups({ groups }: GroupsView): string | undefined {
  const silent = groups.filter(({ lagUnknown }) => lagUnknown === 'coordinatorSilent')
  if (silent.length === 0) return undefined
  const which = silent.length === groups.length ? 'any group' : `${silent.length} of ${groups.length} groups`
  return `The coordinator of ${which} does not answer: "-" is not known.`
}

export function unknownOfGroup({ groupId, members, areCommitsKnown, partitions }: GroupView): string | undefined {
  const missing = [
    ...(members === null ? ['its members'] : []),
    ...(areCommitsKnown ? [] : ['its committed offsets']),
    ...(partitions.some(({ committedOffset, endOffset }) => committedOffset !== null && endOffset === null)
      ? ['the ends of some partitions']
      : [])
  ]
  if (missing.length === 0) return undefined
  return `Not known of the group ${groupId}, since its coordinator or a leader does not answer: ${missing.join(', ')}.`
}
