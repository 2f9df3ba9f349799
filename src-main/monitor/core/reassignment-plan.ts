/**
 * A plan of reassignments: which replicas go where, so that as little as possible is copied. Pure; Kafka carries it out
 * (KIP-455). Partitions that are being moved already are left alone.
 */
import { PLAN_MAX } from '../../api/failures'
import type { PlanGoal, PlannedMove, ReassignmentPlan, WantedReplicas } from '../../api/failures'
import { topicPartitionName, type BrokerId } from '../../kernel/ids'
import type { PartitionFacts, TopicFacts } from './snapshot'

interface Place extends PartitionFacts {
  readonly topic: string
}

/** `live`: the brokers that may be given replicas. `moving`: names of partitions. */
export function planned(
  goal: PlanGoal,
  topics: readonly Pick<TopicFacts, 'name' | 'partitions'>[],
  live: readonly BrokerId[],
  moving: ReadonlySet<string>
): ReassignmentPlan {
  if (goal.type === 'given') return given(goal.moves, topics, moving)
  const all = [...topics]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ name, partitions }) => partitions.map((facts): Place => ({ topic: name, ...facts })))
  const places = all.filter((place) => !moving.has(topicPartitionName(place)))
  const load = new Load(live, all)
  const targets = new Map<Place, readonly BrokerId[]>()
  let stuck = 0
  if (goal.type === 'spread') spread(places, load, targets)
  else
    for (const place of places) {
      const target = goal.type === 'away' ? without(place, goal.broker, load) : ofFactor(place, goal.factor, load)
      if (target === undefined) stuck += 1
      else if (target !== place.replicas) targets.set(place, target)
    }
  const moves = places.flatMap((place) => {
    const to = targets.get(place)
    return to === undefined || to.join() === place.replicas.join() ? [] : [moveOf(place, to)]
  })
  return {
    moves: moves.slice(0, PLAN_MAX),
    left: Math.max(0, moves.length - PLAN_MAX),
    stuck,
    moving: all.length - places.length
  }
}

/** In the order given. Whoever is not there, or has these replicas already, is left out. */
function given(
  wanted: readonly WantedReplicas[],
  topics: readonly Pick<TopicFacts, 'name' | 'partitions'>[],
  moving: ReadonlySet<string>
): ReassignmentPlan {
  const known = new Map(topics.map(({ name, partitions }) => [name, partitions]))
  const still = wanted.filter((one) => !moving.has(topicPartitionName(one)))
  const moves = still.flatMap(({ topic, partition, replicas }) => {
    const facts = known.get(topic)?.find((one) => one.partition === partition)
    if (facts === undefined || facts.replicas.join() === replicas.join()) return []
    return [moveOf({ topic, ...facts }, replicas)]
  })
  return { moves, left: 0, stuck: 0, moving: wanted.length - still.length }
}

function moveOf({ topic, partition, leader, isr, replicas, sizeBytes }: Place, to: readonly BrokerId[]): PlannedMove {
  const added = to.filter((id) => !replicas.includes(id)).length
  const bytes = added === 0 ? 0 : sizeBytes === null ? null : sizeBytes * added
  return { topic, partition, leader, isr: [...isr], from: [...replicas], to: [...to], bytes }
}

/** How many replicas each broker has, with what the plan gives it. */
class Load {
  readonly #counts: Map<BrokerId, number>
  readonly live: readonly BrokerId[]

  constructor(live: readonly BrokerId[], places: readonly Place[]) {
    this.live = live
    this.#counts = new Map(live.map((id) => [id, 0]))
    for (const { replicas } of places) for (const id of replicas) this.add(id, 1)
  }

  of(id: BrokerId): number {
    return this.#counts.get(id) ?? 0
  }

  add(id: BrokerId, change: number): void {
    const count = this.#counts.get(id)
    if (count !== undefined) this.#counts.set(id, count + change)
  }

  /** The emptiest of the live ones that has none of these; of equal ones the first. */
  emptiest(taken: readonly BrokerId[]): BrokerId | undefined {
    let found: BrokerId | undefined
    for (const id of this.live) {
      if (taken.includes(id)) continue
      if (found === undefined || this.of(id) < this.of(found)) found = id
    }
    return found
  }
}

/** Undefined: there is no other broker for it. In its place, so that leaders stay where they can. */
function without(place: Place, broker: BrokerId, load: Load): readonly BrokerId[] | undefined {
  const { replicas } = place
  if (!replicas.includes(broker)) return replicas
  const other = load.emptiest(replicas)
  if (other === undefined) return undefined
  load.add(other, 1)
  load.add(broker, -1)
  return replicas.map((id) => (id === broker ? other : id))
}

/** More: the emptiest brokers, last. Fewer: those that lead, are in sync or come first stay. */
function ofFactor(place: Place, factor: number, load: Load): readonly BrokerId[] | undefined {
  const { replicas, leader, isr } = place
  if (replicas.length === factor) return replicas
  if (replicas.length > factor) {
    const worth = (id: BrokerId): number => (id === leader ? 0 : isr.includes(id) ? 1 : 2)
    const kept = new Set([...replicas].sort((a, b) => worth(a) - worth(b)).slice(0, factor))
    for (const id of replicas) if (!kept.has(id)) load.add(id, -1)
    return replicas.filter((id) => kept.has(id))
  }
  const to = [...replicas]
  while (to.length < factor) {
    const other = load.emptiest(to)
    if (other === undefined) return undefined
    load.add(other, 1)
    to.push(other)
  }
  return to
}

/** Replicas from the fullest broker to the emptiest, while that helps; then leaders by the order of replicas, which copies nothing. */
function spread(places: readonly Place[], load: Load, targets: Map<Place, readonly BrokerId[]>): void {
  const replicasOf = (place: Place): readonly BrokerId[] => targets.get(place) ?? place.replicas
  const holds = new Map(load.live.map((id) => [id, places.filter(({ replicas }) => replicas.includes(id))]))
  /** By giver, by taker: before this place in what the giver holds there is nothing for the taker. */
  const tried = new Map(load.live.map((id) => [id, new Map<BrokerId, number>()]))
  const gives = (from: BrokerId, to: BrokerId): boolean => {
    const held = holds.get(from) ?? []
    for (let at = tried.get(from)?.get(to) ?? 0; at < held.length; at++) {
      const place = held[at]
      if (place === undefined) break
      const replicas = replicasOf(place)
      if (!replicas.includes(from) || replicas.includes(to)) continue
      tried.get(from)?.set(to, at + 1)
      const given = replicas.map((id) => (id === from ? to : id))
      targets.set(place, given)
      holds.get(to)?.push(place)
      load.add(from, -1)
      load.add(to, 1)
      // What others hold of it may now come here.
      for (const pointers of tried.values()) pointers.delete(from)
      return true
    }
    tried.get(from)?.set(to, held.length)
    return false
  }
  // Each move makes the most and the least more alike; a broker that has nothing to give is not asked again.
  const exhausted = new Set<BrokerId>()
  for (;;) {
    const byLoad = [...load.live].sort((a, b) => load.of(b) - load.of(a))
    const from = byLoad.find((id) => !exhausted.has(id))
    if (from === undefined) break
    const takers = byLoad.filter((id) => load.of(from) - load.of(id) > 1).reverse()
    if (!takers.some((to) => gives(from, to))) exhausted.add(from)
  }
  const first = new Map<BrokerId, number>(load.live.map((id) => [id, 0]))
  for (const place of places) {
    const replicas = replicasOf(place)
    const [head] = replicas
    if (head === undefined) continue
    const firsts = (id: BrokerId): number => first.get(id) ?? Infinity
    const best = replicas.reduce((found, id) => (firsts(id) < firsts(found) ? id : found), head)
    first.set(best, firsts(best) + 1)
    if (best !== head) targets.set(place, [best, ...replicas.filter((id) => id !== best)])
  }
}
