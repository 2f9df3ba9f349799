/**
 * Where the replicas of new partitions go (Kafka's AdminUtils.assignReplicasToBrokers): leaders round robin over the live
 * brokers, followers on others at a distance that grows with each round. Where every broker says its rack, brokers of
 * different racks take turns, and no rack has two replicas of a partition while another has none (KIP-36).
 *
 * Deviation: where some brokers have a rack and some have none Kafka refuses; here the racks are left out of it.
 */
import type { BrokerId } from '../../kernel/ids'
import { invariant } from '../../kernel/invariant'

export interface PlaceableBroker {
  readonly id: BrokerId
  readonly rack: string | null
}

interface Placement {
  /** Live brokers, ascending by id; at least as many as replicas. */
  readonly brokers: readonly PlaceableBroker[]
  readonly partitions: number
  readonly replicationFactor: number
  /** Whole numbers >= 0 by chance: which broker leads the first partition, and how far its followers are from it. */
  readonly start: number
  readonly shift: number
  /** Index of the first partition; 0 when left out. */
  readonly firstPartition?: number
}

/** Of one topic; a request is answered from memory. */
export const partitionsMax = 10_000

export function placeReplicas(placement: Placement): readonly (readonly BrokerId[])[] {
  const { brokers, partitions, replicationFactor, start, shift, firstPartition = 0 } = placement
  invariant(replicationFactor <= brokers.length, 'there is a broker for each replica')
  const arranged = arrange(brokers)
  const count = arranged.length
  const racks = new Set(arranged.map(rackOf)).size
  return Array.from({ length: partitions }, (_, i) => {
    const partition = firstPartition + i
    const first = (partition + start) % count
    // Kafka counts a round whenever it passes a multiple of the brokers, also with the first partition, but for 0.
    const rounds = Math.floor(partition / count) - Math.floor(Math.max(0, firstPartition - 1) / count)
    return replicasOf(arranged, first, (shift + rounds) * racks, racks, replicationFactor)
  })
}

/** One partition: the leader, then whoever comes at the distance, passing over brokers and racks that have their share. */
function replicasOf(
  arranged: readonly PlaceableBroker[],
  first: number,
  shift: number,
  racks: number,
  replicationFactor: number
): readonly BrokerId[] {
  const chosen = [at(arranged, first)]
  const chosenRacks = new Set(chosen.map(rackOf))
  for (let k = 0; chosen.length < replicationFactor; k++) {
    const distance = 1 + ((shift + k) % (arranged.length - 1))
    const broker = at(arranged, (first + distance) % arranged.length)
    const isRackFree = !chosenRacks.has(rackOf(broker)) || chosenRacks.size === racks
    if (!isRackFree || chosen.includes(broker)) continue
    chosen.push(broker)
    chosenRacks.add(rackOf(broker))
  }
  return chosen.map(({ id }) => id)
}

/** One of each rack in turn, where all have one; else one rack for all, as they are. */
function arrange(brokers: readonly PlaceableBroker[]): readonly PlaceableBroker[] {
  if (brokers.some(({ rack }) => rack === null)) return brokers.map(({ id }) => ({ id, rack: null }))
  const byRack = new Map<string, PlaceableBroker[]>()
  for (const broker of brokers) byRack.set(rackOf(broker), [...(byRack.get(rackOf(broker)) ?? []), broker])
  const racks = [...byRack.keys()].sort().map((rack) => byRack.get(rack) ?? [])
  const longest = Math.max(...racks.map(({ length }) => length))
  return Array.from({ length: longest }, (_, i) => racks.flatMap((rack) => rack.slice(i, i + 1))).flat()
}

const rackOf = ({ rack }: PlaceableBroker): string => rack ?? ''

function at(brokers: readonly PlaceableBroker[], index: number): PlaceableBroker {
  const broker = brokers[index]
  invariant(broker !== undefined, 'a broker is placed by its index', { index })
  return broker
}

/** For partitions that a topic gets later: goes on from where the first partition's leader stands (Kafka's AdminZkClient). */
export function placeMoreReplicas(request: {
  readonly brokers: readonly PlaceableBroker[]
  /** Replicas of the partitions that are there. */
  readonly present: readonly (readonly number[])[]
  readonly added: number
}): readonly (readonly number[])[] {
  const { brokers, present, added } = request
  const firstLeader = present[0]?.[0] ?? 0
  const start = Math.max(
    0,
    brokers.findIndex(({ id }) => id >= firstLeader)
  )
  const replicationFactor = present[0]?.length ?? 1
  return placeReplicas({
    brokers,
    partitions: added,
    replicationFactor,
    start,
    shift: start,
    firstPartition: present.length
  })
}
