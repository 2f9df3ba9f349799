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

/** A move, as much of it as is known: of a partition that is not there any more `from` is undefined. */
export interface Moved {
  readonly leader: number | null
  readonly isr: readonly number[]
  readonly from: readonly number[] | undefined
  readonly to: readonly number[]
  /** That new replicas copy; null while it is not known. */
  readonly bytes: number | null
}

export interface PlanRow extends Moved {
  readonly name: string
  readonly topic: string
  readonly partition: number
  /** Who has to be read; null where nobody leads, and undefined where nothing is copied. */
  readonly source: number | null | undefined
  /** In sync when all is copied; null while nobody leads, for then nothing is. */
  readonly isrAfter: number | null
}

const addedBy = ({ from = [], to }: Moved): readonly number[] => to.filter((id) => !from.includes(id))
/** A broker that does not live copies nothing. */
function isrAfter(move: Moved, live: ReadonlySet<number>): number | null {
  const added = addedBy(move)
  return move.from === undefined || move.leader === null
    ? null
    : move.to.filter((id) => move.isr.includes(id) || (added.includes(id) && live.has(id))).length
}

/**
 * Of what is planned and not so already. `told`: what the host said of it last, of which only the bytes are taken: what is there
 * now is live.
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
    if (facts?.replicas.join() === to.join()) return []
    const known = told.get(name)
    const isSame = known?.to.join() === to.join() && known.from.join() === facts?.replicas.join()
    const move: Moved = {
      leader: facts?.leader ?? null,
      isr: facts?.isr ?? [],
      from: facts?.replicas,
      to,
      bytes: isSame ? known.bytes : null
    }
    const copiesNothing = facts !== undefined && addedBy(move).length === 0
    return [
      {
        ...move,
        name,
        topic,
        partition,
        source: facts === undefined || copiesNothing ? undefined : facts.leader,
        bytes: copiesNothing ? 0 : move.bytes,
        isrAfter: isrAfter(move, live)
      }
    ]
  })
}

export interface PlanSum {
  /** Of those whose size is known. */
  readonly bytes: number
  /** Moves whose size is not. */
  readonly unknown: number
  /** What the broker with the most to send, or to take, sends or takes: limits are each broker's own. */
  readonly busiestBytes: number
  /** Leaders that have to go. */
  readonly leaving: number
  /** Partitions of the plan that are under-replicated now, and when all is copied. */
  readonly underNow: number
  readonly underThen: number
}

export function planSum(moves: readonly Moved[], live: ReadonlySet<number>): PlanSum {
  const [sent, taken] = [new Map<number, number>(), new Map<number, number>()]
  const add = (to: Map<number, number>, id: number, bytes: number): unknown => to.set(id, (to.get(id) ?? 0) + bytes)
  for (const move of moves) {
    const added = addedBy(move)
    if (move.bytes === null || added.length === 0) continue
    if (move.leader !== null) add(sent, move.leader, move.bytes)
    for (const id of added) add(taken, id, move.bytes / added.length)
  }
  const led = moves.filter(({ leader, from }) => leader !== null && from !== undefined)
  return {
    bytes: moves.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
    unknown: moves.filter(({ bytes }) => bytes === null).length,
    busiestBytes: Math.max(0, ...sent.values(), ...taken.values()),
    leaving: led.filter(({ leader, to }) => leader !== null && !to.includes(leader)).length,
    underNow: led.filter(({ isr, from = [] }) => isr.length < from.length).length,
    underThen: led.filter((move) => (isrAfter(move, live) ?? 0) < move.to.length).length
  }
}

/** Another broker in the place of one of the replicas: who is preferred stays so. Undefined: nothing would change. */
export function movedTo(replicas: readonly number[], from: number, to: number): readonly number[] | undefined {
  if (!replicas.includes(from) || replicas.includes(to)) return undefined
  return replicas.map((id) => (id === from ? to : id))
}
