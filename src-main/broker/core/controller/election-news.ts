/**
 * What people are told of elections: one event for those of one cause, with how many there were and a few names, since
 * the end of one broker may move thousands of leaders.
 */
import type { BrokerId, ControllerEpoch } from '../../../kernel/ids'
import { noLeader } from '../metadata-image'
import type { PartitionState } from '../znodes'
import { sampleOf, type ControlledPartition } from './controller-state'

/** Why leadership was moved while the leader lived. */
export type MoveCause = 'shutdown' | 'preferred' | 'reassigned'
/** returned: there was no leader, and a member of the ISR is back. */
type Cause = MoveCause | 'died' | 'bounced' | 'returned' | 'unclean'

export interface ElectionNews {
  readonly name: 'partitionsElected' | 'partitionsOffline' | 'isrShrunk'
  readonly fields: Readonly<Record<string, string | number | null>>
}

export interface DecidedChange {
  readonly partition: ControlledPartition
  /** Undefined: it is new, of which the event of its topic tells. */
  readonly before: PartitionState | undefined
  readonly isUnclean: boolean
}

interface NewsFacts {
  readonly controllerEpoch: ControllerEpoch
  readonly isAlive: (brokerId: BrokerId) => boolean
  /** Given where leaders were moved on purpose. */
  readonly moveCause?: MoveCause
}

export function newsOf(changes: readonly DecidedChange[], facts: NewsFacts): readonly ElectionNews[] {
  const elected = new Map<Cause, DecidedChange[]>()
  const offline: DecidedChange[] = []
  const shrunk: DecidedChange[] = []
  for (const change of changes) {
    const { partition, before } = change
    const now = partition.state
    if (before === undefined || now === undefined || now.leaderEpoch === before.leaderEpoch) continue
    const cause = causeOf(change, before, now, facts)
    if (now.leader === noLeader) {
      if (before.leader !== noLeader) offline.push(change)
    } else if (cause !== undefined) elected.set(cause, [...(elected.get(cause) ?? []), change])
    if (now.leader !== noLeader && now.isr.length < before.isr.length) shrunk.push(change)
  }
  const tell = (
    name: ElectionNews['name'],
    of: readonly DecidedChange[],
    more: ElectionNews['fields']
  ): ElectionNews => ({
    name,
    fields: {
      count: of.length,
      sample: sampleOf(of.map(({ partition }) => partition)),
      leaderEpoch: Math.max(...of.map(({ partition }) => partition.state?.leaderEpoch ?? 0)),
      epoch: facts.controllerEpoch,
      ...more
    }
  })
  /** Who led before, when it was one. */
  const before = (of: readonly DecidedChange[]) => onlyOf(of.map((change) => [change.before?.leader ?? noLeader]))
  return [
    ...(offline.length > 0 ? [tell('partitionsOffline', offline, { broker: before(offline) })] : []),
    ...[...elected].map(([cause, of]) => {
      const leader = onlyOf(of.map(({ partition }) => [partition.state?.leader ?? noLeader]))
      return tell('partitionsElected', of, { cause, broker: before(of), leader })
    }),
    ...(shrunk.length > 0 ? [tell('isrShrunk', shrunk, { broker: onlyOf(shrunk.map(whoLeft)) })] : [])
  ]
}

/** Undefined: the leader is the same, and only lost followers. */
function causeOf(
  { isUnclean }: DecidedChange,
  before: PartitionState,
  now: PartitionState,
  { isAlive, moveCause }: NewsFacts
): Cause | undefined {
  if (isUnclean) return 'unclean'
  if (before.leader === noLeader) return 'returned'
  if (before.leader === now.leader) return now.isr.length < before.isr.length ? undefined : (moveCause ?? 'bounced')
  return moveCause ?? (isAlive(before.leader) ? 'bounced' : 'died')
}

function whoLeft({ before, partition }: DecidedChange): readonly BrokerId[] {
  return (before?.isr ?? []).filter((id) => partition.state?.isr.includes(id) === false)
}

/** Who it is about, when it is the same one each time. */
function onlyOf(ids: readonly (readonly BrokerId[])[]): BrokerId | null {
  const [only = noLeader, ...others] = new Set(ids.flat())
  return others.length === 0 && only !== noLeader ? only : null
}
