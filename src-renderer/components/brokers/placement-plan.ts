/** What a plan changes, beside what is there now: the ghosts of the grid and the rows of the preview. Pure. */
import type { PartitionMove, PlannedMove, WantedReplicas } from '@api/failures'
import type { TopicPlacement } from '@api/views'
import type { GridMove } from './placement-cells'

type Facts = TopicPlacement['partitions'][number]

/** `underWay`: a plan leaves alone what is being moved. */
export function ghostOf(
  wanted: WantedReplicas | undefined,
  facts: Facts | undefined,
  underWay: PartitionMove | undefined
): GridMove | undefined {
  if (underWay !== undefined) return { adding: underWay.adding, removing: underWay.removing, planned: [] }
  if (wanted === undefined || facts === undefined) return undefined
  return {
    adding: [],
    removing: facts.replicas.filter((id) => !wanted.replicas.includes(id)),
    planned: wanted.replicas.filter((id) => !facts.replicas.includes(id))
  }
}

export interface PlanRow {
  readonly name: string
  readonly topic: string
  readonly partition: number
  /** Undefined: the partition is not there any more, or not among those that are shown. */
  readonly from: readonly number[] | undefined
  readonly to: readonly number[]
  /** Who has to be read; null where nobody leads, and undefined where nothing is copied. */
  readonly source: number | null | undefined
  /** That new replicas copy; null while it is not known. */
  readonly bytes: number | null
  /** In sync when all is copied; null while nobody leads, for then nothing is. */
  readonly isrAfter: number | null
  readonly isLeaderLeaving: boolean
}

/**
 * Of what is planned and not so already. `told`: what the host said of it last, of which only the bytes are taken: what is there
 * now is live. A broker that does not live copies nothing.
 */
export function planRows(
  wanted: readonly WantedReplicas[],
  factsOf: (topic: string, partition: number) => Facts | undefined,
  told: ReadonlyMap<string, PlannedMove>,
  live: ReadonlySet<number>
): readonly PlanRow[] {
  return wanted.flatMap(({ topic, partition, replicas: to }): PlanRow[] => {
    const name = `${topic}-${partition}`
    const facts = factsOf(topic, partition)
    if (facts === undefined)
      return [
        {
          name,
          topic,
          partition,
          from: undefined,
          to,
          source: undefined,
          bytes: null,
          isrAfter: null,
          isLeaderLeaving: false
        }
      ]
    const { leader, replicas: from, isr } = facts
    if (from.join() === to.join()) return []
    const added = to.filter((id) => !from.includes(id))
    const known = told.get(name)
    const isSame = known?.to.join() === to.join() && known.from.join() === from.join()
    return [
      {
        name,
        topic,
        partition,
        from,
        to,
        source: added.length === 0 ? undefined : leader,
        bytes: added.length === 0 ? 0 : isSame ? known.bytes : null,
        isrAfter:
          leader === null ? null : to.filter((id) => isr.includes(id) || (added.includes(id) && live.has(id))).length,
        isLeaderLeaving: leader !== null && !to.includes(leader)
      }
    ]
  })
}

/** Another broker in the place of one of the replicas: who is preferred stays so. Undefined: nothing would change. */
export function movedTo(replicas: readonly number[], from: number, to: number): readonly number[] | undefined {
  if (!replicas.includes(from) || replicas.includes(to)) return undefined
  return replicas.map((id) => (id === from ? to : id))
}
