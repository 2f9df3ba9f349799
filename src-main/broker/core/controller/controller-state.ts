/**
 * What the controller knows: live brokers, topics, the stored state of each partition; and what each broker is to be
 * told after a change. Reading and writing znodes is the service's.
 */
import type { Uuid } from '../../../kernel/uuid'
import { topicPartitionName, type BrokerEpoch, type BrokerId, type TopicPartition } from '../../../kernel/ids'
import { leaderDuringDelete, noLeader, type BrokerEndpoint } from '../metadata-image'
import { TopicMap } from '../topic-name'
import { isSameFolder } from '../log-names'
import type { PartitionState } from '../znodes'
import type { Reassignment } from './reassignment'

export interface LiveBroker extends BrokerEndpoint {
  /** czxid of the registration. */
  readonly epoch: BrokerEpoch
  /** Of the process, as it registered; empty where it says none (Kafka’s does not). */
  readonly guid: string
  /** Of its logs, as it registered; empty where it says none. */
  readonly logIncarnation: string
}

export interface ControlledPartition {
  readonly topic: string
  readonly partition: number
  /** The preferred leader first. Those of a reassignment under way: the target's, then those that go. */
  replicas: readonly BrokerId[]
  /** While replicas are being added or taken away. */
  reassignment?: Reassignment | undefined
  /** Undefined until a leader could be elected for the first time. */
  state: PartitionState | undefined
  /** Version of the state znode: the partition epoch. */
  zkVersion: number
}

export interface ControlledTopic {
  readonly name: string
  readonly topicId: Uuid
  readonly partitions: readonly ControlledPartition[]
}

export interface TopicStates<State> {
  readonly topicName: string
  readonly topicId: Uuid
  readonly partitionStates: readonly State[]
}

export class ControllerState {
  readonly brokers = new Map<BrokerId, LiveBroker>()
  readonly topics = new TopicMap<ControlledTopic>()
  readonly deleting = new Set<string>()
  /** Live brokers that are about to stop: they lead nothing new and join no ISR. */
  readonly shuttingDown = new Set<BrokerId>()
  /** As it was known before, by registration: a broker that asked to stop still does, although all is read anew. */
  readonly #leavingBefore: ReadonlyMap<BrokerId, BrokerEpoch>
  /** What live brokers have refused, by broker: their names, so that they are asked again. */
  readonly #refused = new Map<BrokerId, Map<string, ControlledPartition>>()
  /**
   * The processes that the stored states are about: those that were alive when leaders had last been elected, and stored,
   * for all partitions. What happened since is not dealt with, whatever has been read meanwhile.
   */
  readonly #settled: Map<BrokerId, string>
  /** Of brokers that have bounced since: the process, and the partitions whose stored state is about it by now. */
  readonly #dealtWith: Map<BrokerId, { readonly process: string; readonly partitions: Set<string> }>

  /**
   * `before`: what this broker knew until now, unless another has been controller since: that one has dealt with what
   * bounced. What has bounced since is noticed although all is read anew.
   */
  constructor(before?: ControllerState) {
    this.#settled = new Map(before === undefined ? [] : before.#settled)
    this.#dealtWith = new Map(before === undefined ? [] : before.#dealtWith)
    const leaving = [...(before?.shuttingDown ?? [])].flatMap((id) => before?.brokers.get(id) ?? [])
    this.#leavingBefore = new Map(leaving.map(({ id, epoch }) => [id, epoch]))
  }

  isAlive(brokerId: BrokerId): boolean {
    return this.brokers.has(brokerId)
  }

  /**
   * Came back as another process before the end of the one before was dealt with. Its leadership and its place in ISRs were
   * those of an earlier self (KIP-380). One that only lost its session is the same, with all that it had.
   */
  hasBounced(brokerId: BrokerId, partition: TopicPartition): boolean {
    const settled = this.#settled.get(brokerId)
    const now = this.brokers.get(brokerId)
    if (settled === undefined || now === undefined || settled === processOf(now)) return false
    const known = this.#dealtWith.get(brokerId)
    return known?.process !== processOf(now) || !known.partitions.has(topicPartitionName(partition))
  }

  /** Its state is stored as of who is alive now: a write that fails elsewhere decides nothing about it anew. */
  dealtWith(partition: ControlledPartition): void {
    for (const id of partition.replicas) {
      const now = this.brokers.get(id)
      if (now === undefined || !this.hasBounced(id, partition)) continue
      const known = this.#dealtWith.get(id)
      const name = topicPartitionName(partition)
      if (known?.process === processOf(now)) known.partitions.add(name)
      else this.#dealtWith.set(id, { process: processOf(now), partitions: new Set([name]) })
    }
  }

  /** False when it came back with other logs than those with which it had come into this ISR (KIP-903); unknown is whole. */
  hasWholeLog({ state }: ControlledPartition, brokerId: BrokerId): boolean {
    const then = state?.isrLogs?.[brokerId]
    const now = this.brokers.get(brokerId)?.logIncarnation
    return then === undefined || now === undefined || now === '' || now === then
  }

  /** It came back with a folder that was emptied since it had come into this ISR; unknown is not. */
  hasNothing({ state }: ControlledPartition, brokerId: BrokerId): boolean {
    const then = state?.isrLogs?.[brokerId] ?? ''
    const now = this.brokers.get(brokerId)?.logIncarnation ?? ''
    return then !== '' && now !== '' && !isSameFolder(then, now)
  }

  /**
   * False when a member tells which logs it has and the state does not say with which it came: a controller of Kafka's has
   * written it since. What that member may have lost before is not known to anybody; what it loses from now on would be.
   */
  areLogsStored({ state }: ControlledPartition): boolean {
    return (
      state === undefined ||
      state.isr.every((id) => state.isrLogs?.[id] !== undefined || (this.brokers.get(id)?.logIncarnation ?? '') === '')
    )
  }

  /**
   * With the logs of its members: of those that were in sync before, with which they came, where that is known; of whoever comes into
   * the ISR, or is elected, what it has now, since from then on that is what counts, whatever it had when it left.
   */
  withLogs(next: PartitionState, before: PartitionState | undefined): PartitionState {
    const wereMembers = before === undefined ? [] : membersOf(before)
    const wereInSync = [...(before?.isr ?? []), ...(before?.lastIsr ?? [])]
    const isElected = (id: BrokerId): boolean => id === next.leader && next.leader !== before?.leader
    const hasCome = (id: BrokerId): boolean => next.isr.includes(id) && (!wereInSync.includes(id) || isElected(id))
    const known = membersOf(next).flatMap((id): [BrokerId, string][] => {
      const then = wereMembers.includes(id) ? before?.isrLogs?.[id] : undefined
      const now = this.brokers.get(id)?.logIncarnation
      const log = hasCome(id) ? (now ?? then) : (then ?? now)
      return log === undefined || log === '' ? [] : [[id, log]]
    })
    const { isrLogs: _before, ...rest } = next
    return known.length === 0 ? rest : { ...rest, isrLogs: Object.fromEntries(known) }
  }

  /** The stored states of all partitions are about the brokers that are known now. */
  settle(): void {
    this.#settled.clear()
    this.#dealtWith.clear()
    for (const broker of this.brokers.values()) this.#settled.set(broker.id, processOf(broker))
  }

  /** Alive, and has not refused this partition: only such a broker may lead it. */
  canServe(partition: ControlledPartition, brokerId: BrokerId): boolean {
    return this.isAlive(brokerId) && this.#refused.get(brokerId)?.has(topicPartitionName(partition)) !== true
  }

  /** Alive, not about to stop, and has not refused it. */
  mayLead(partition: ControlledPartition, brokerId: BrokerId): boolean {
    return this.canServe(partition, brokerId) && !this.shuttingDown.has(brokerId)
  }

  /** May be given a leadership that another one has, or that nobody has: what it has is what it had when it came into the ISR. */
  mayTakeOver(partition: ControlledPartition, brokerId: BrokerId): boolean {
    const isLeader = partition.state?.leader === brokerId
    return this.mayLead(partition, brokerId) && (isLeader || this.hasWholeLog(partition, brokerId))
  }

  /** Its log is the one that it is followed by: the registration is of the epoch that the leader saw; -1 is not looked at. */
  mayJoinIsr(
    partition: ControlledPartition,
    member: { readonly brokerId: BrokerId; readonly brokerEpoch: BrokerEpoch }
  ) {
    const { brokerId, brokerEpoch } = member
    return (
      this.mayLead(partition, brokerId) &&
      !this.hasBounced(brokerId, partition) &&
      (brokerEpoch === -1n || brokerEpoch === this.brokers.get(brokerId)?.epoch)
    )
  }

  /** Partitions that a broker has refused and not taken since. */
  refusedBy(brokerId: BrokerId): readonly ControlledPartition[] {
    const known = this.#refused.get(brokerId)
    for (const [name, partition] of known ?? []) {
      if (this.topics.get(partition.topic)?.partitions[partition.partition] !== partition) known?.delete(name)
    }
    return [...(known?.values() ?? [])]
  }

  /** False when that was known. */
  refused(brokerId: BrokerId, partition: ControlledPartition): boolean {
    const known = this.#refused.get(brokerId)
    const name = topicPartitionName(partition)
    if (known?.get(name) === partition) return false
    if (known === undefined) this.#refused.set(brokerId, new Map([[name, partition]]))
    else known.set(name, partition)
    return true
  }

  /** True when it was refused before. */
  taken(brokerId: BrokerId, partition: ControlledPartition): boolean {
    const known = this.#refused.get(brokerId)
    const wasRefused = known?.delete(topicPartitionName(partition)) === true
    if (known?.size === 0) this.#refused.delete(brokerId)
    return wasRefused
  }

  brokerIds(): readonly BrokerId[] {
    return [...this.brokers.keys()].sort((a, b) => a - b)
  }

  placeableBrokers(): readonly LiveBroker[] {
    return [...this.brokers.values()].filter(({ id }) => !this.shuttingDown.has(id)).sort((a, b) => a.id - b.id)
  }

  *partitions(): Iterable<ControlledPartition> {
    for (const topic of this.topics.values()) yield* topic.partitions
  }

  /** Partitions whose replicas are being changed. */
  reassigning(): readonly ControlledPartition[] {
    return [...this.partitions()].filter(({ reassignment }) => reassignment !== undefined)
  }

  /** Takes over the registrations that are there now; says which are new (or new incarnations) and which are gone. */
  replaceBrokers(registered: readonly LiveBroker[]): {
    readonly joined: readonly BrokerId[]
    readonly left: readonly BrokerId[]
  } {
    const joined: number[] = []
    const left: number[] = []
    const ids = new Set(registered.map(({ id }) => id))
    for (const id of [...this.brokers.keys()]) {
      if (ids.has(id)) continue
      left.push(id)
      this.brokers.delete(id)
      this.#refused.delete(id)
      this.shuttingDown.delete(id)
    }
    for (const broker of registered) {
      const known = this.brokers.get(broker.id)
      if (known?.epoch === broker.epoch) continue
      if (known !== undefined) left.push(broker.id)
      this.#refused.delete(broker.id)
      if (this.#leavingBefore.get(broker.id) === broker.epoch && known === undefined) this.shuttingDown.add(broker.id)
      else this.shuttingDown.delete(broker.id)
      joined.push(broker.id)
      this.brokers.set(broker.id, broker)
    }
    return { joined, left }
  }

  // ── what brokers are told ────────────────────────────────────────────────────────────────────────────────────

  /** LeaderAndIsr for one broker: of the given partitions those it holds and that have a state. */
  leaderAndIsrFor(brokerId: BrokerId, partitions: Iterable<ControlledPartition>, isNew: boolean) {
    const held = [...partitions].filter(
      (partition) =>
        partition.state !== undefined && partition.replicas.includes(brokerId) && !this.deleting.has(partition.topic)
    )
    return this.#byTopic(held, (partition, state) => ({
      partitionIndex: partition.partition,
      controllerEpoch: state.controllerEpoch,
      leader: state.leader,
      leaderEpoch: state.leaderEpoch,
      isr: state.isr,
      partitionEpoch: partition.zkVersion,
      replicas: partition.replicas,
      addingReplicas: partition.reassignment?.adding ?? [],
      removingReplicas: partition.reassignment?.removing ?? [],
      isNew
    }))
  }

  updateMetadataFor(partitions: Iterable<ControlledPartition>, isDeleted: boolean) {
    const known = [...partitions].filter((partition) =>
      this.deleting.has(partition.topic) ? isDeleted : partition.state !== undefined || isDeleted
    )
    return this.#byTopic(known, (partition, state) => ({
      partitionIndex: partition.partition,
      controllerEpoch: state.controllerEpoch,
      leader: isDeleted ? leaderDuringDelete : this.canServe(partition, state.leader) ? state.leader : noLeader,
      leaderEpoch: state.leaderEpoch,
      isr: state.isr,
      zkVersion: partition.zkVersion,
      replicas: partition.replicas,
      offlineReplicas: partition.replicas.filter((replica) => !this.canServe(partition, replica))
    }))
  }

  /** What was to be told, without the leaders that have refused since. */
  withoutRefusers<State extends { readonly partitionIndex: number; readonly leader: BrokerId }>(
    topics: readonly TopicStates<State>[]
  ): readonly TopicStates<State>[] {
    if (this.#refused.size === 0) return topics
    const isRefused = (topic: string, { partitionIndex: partition, leader }: State): boolean =>
      this.#refused.get(leader)?.has(topicPartitionName({ topic, partition })) === true
    return topics.map((topic) => ({
      ...topic,
      partitionStates: topic.partitionStates.map((one) =>
        isRefused(topic.topicName, one) ? { ...one, leader: noLeader } : one
      )
    }))
  }

  #byTopic<State>(
    partitions: readonly ControlledPartition[],
    stateOf: (partition: ControlledPartition, state: PartitionState) => State
  ): readonly TopicStates<State>[] {
    const byTopic = new Map<string, { topicName: string; topicId: Uuid; partitionStates: State[] }>()
    for (const partition of partitions) {
      const topic = this.topics.get(partition.topic)
      // Gone, or made anew, since it was decided to tell of it.
      if (topic?.partitions[partition.partition] !== partition) continue
      let states = byTopic.get(topic.name)
      if (states === undefined) {
        byTopic.set(topic.name, (states = { topicName: topic.name, topicId: topic.topicId, partitionStates: [] }))
      }
      states.partitionStates.push(stateOf(partition, partition.state ?? neverElected))
    }
    return [...byTopic.values()]
  }
}

const processOf = ({ guid, epoch }: LiveBroker): string => (guid === '' ? `epoch ${epoch}` : guid)

/** All whose logs a state names. */
const membersOf = ({ isr, lastIsr = [], formerIsr = [] }: PartitionState): readonly BrokerId[] => [
  ...isr,
  ...lastIsr,
  ...formerIsr
]

const neverElected: PartitionState = { leader: -1, leaderEpoch: 0, isr: [], controllerEpoch: 0 }

const sampleMax = 3

/** A few names, for events about many. */
export function sampleOf(partitions: readonly ControlledPartition[]): string {
  return partitions.slice(0, sampleMax).map(topicPartitionName).join(', ')
}
