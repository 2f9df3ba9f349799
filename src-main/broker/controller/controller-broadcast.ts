/**
 * What the controller tells the live brokers, for one term of office: LeaderAndIsr, UpdateMetadata and StopReplica. Each
 * broker has a sender that keeps the order and repeats until it is answered; what was answered is looked at, partition by
 * partition, and told to the controller. The world hears of new leaders after they have answered, and of none that
 * refused.
 */
import type { Clock, Log, Network } from '../../kernel/ports'
import { leaderAndIsrRequest, leaderAndIsrResponse } from '../../protocol/api/04-leader-and-isr'
import { stopReplicaRequest, stopReplicaResponse } from '../../protocol/api/05-stop-replica'
import {
  updateMetadataFull,
  updateMetadataRequest,
  updateMetadataResponse
} from '../../protocol/api/06-update-metadata'
import { topicPartitionName, type BrokerId, type ControllerEpoch } from '../../kernel/ids'
import { withinTime } from '../../kernel/waiting'
import { errorName, type KafkaError } from '../../protocol/wire/error-codes'
import type { ValueOf } from '../../protocol/wire/schema'
import { BrokerChannel } from '../broker-channel'
import { ControlSender } from './control-sender'
import type {
  ControlledPartition,
  ControlledTopic,
  ControllerState,
  LiveBroker
} from '../core/controller/controller-state'

const listenerName = 'PLAINTEXT'
const deleteWithEpoch = -2
/** The world is not kept waiting longer for the answers of new leaders: one of them may hang. */
const answersAwaitedMs = 1_000

const leaderAndIsrCall = { apiKey: 4, version: 7, request: leaderAndIsrRequest, response: leaderAndIsrResponse }
const stopReplicaCall = { apiKey: 5, version: 4, request: stopReplicaRequest, response: stopReplicaResponse }
const updateMetadataCall = { apiKey: 6, version: 8, request: updateMetadataRequest, response: updateMetadataResponse }

/** Who speaks, and from what it knows; `state` goes on changing during the term. */
export interface Office {
  readonly brokerId: BrokerId
  readonly epoch: ControllerEpoch
  readonly state: ControllerState
}

/** One partition of an answer that is not NONE. */
export interface Refusal {
  readonly partition: ControlledPartition
  readonly error: KafkaError
}

/** What the controller is told of answers. */
export interface Heard {
  /** LeaderAndIsr: who took what, and what it refused. */
  readonly answered: (broker: LiveBroker, taken: readonly ControlledPartition[], refused: readonly Refusal[]) => void
  /** A broker knows a newer controller, a newer self, or a newer leader: what we know is old. */
  readonly outdated: (brokerId: BrokerId, error: KafkaError) => void
}

interface BroadcastPorts {
  readonly clock: Clock
  readonly network: Network
  readonly log: Log
}

export class ControllerBroadcast {
  readonly #ports: BroadcastPorts
  readonly #office: Office
  readonly #heard: Heard
  readonly #senders = new Map<BrokerId, ControlSender>()
  /** UpdateMetadata requests leave in the order in which they were decided. */
  #metadataTurn: Promise<unknown> = Promise.resolve()

  constructor(ports: BroadcastPorts, office: Office, heard: Heard) {
    this.#ports = ports
    this.#office = office
    this.#heard = heard
  }

  /** From now on this broker is told, too. */
  open(broker: LiveBroker): void {
    const address = { host: broker.host, port: broker.port }
    const channel = new BrokerChannel(this.#ports, address, `controller-${this.#office.brokerId}`)
    this.#senders.set(broker.id, new ControlSender(broker, channel, this.#ports))
  }

  /** What it has not answered yet is given up. */
  drop(brokerId: BrokerId): void {
    this.#senders.get(brokerId)?.close()
    this.#senders.delete(brokerId)
  }

  close(): void {
    for (const sender of this.#senders.values()) sender.close()
    this.#senders.clear()
  }

  /**
   * LeaderAndIsr first, then UpdateMetadata; a broker that joined is told everything. Its leader asked for an ISR, and no
   * follower goes by it: that is only for clients. The promise resolves when every broker that is still there has
   * answered: it is not to be awaited inside an event.
   */
  tell(what: {
    readonly changed: readonly ControlledPartition[]
    readonly joined?: readonly number[]
    readonly areNew?: boolean
    readonly areDeleted?: boolean
    readonly isForClients?: boolean
  }): Promise<void> {
    const { changed, joined = [], areNew = false, areDeleted = false, isForClients = false } = what
    const all = joined.length > 0 ? [...this.#office.state.partitions()] : []
    const concernOf = (sender: ControlSender) => (joined.includes(sender.brokerId) ? all : changed)
    const senders = [...this.#senders.values()]
    const orders =
      areDeleted || isForClients
        ? []
        : senders.flatMap((sender) => this.#sendLeaderAndIsr(sender, concernOf(sender), areNew))
    // What is deleted may be forgotten by the time it is told.
    const deleted = areDeleted ? this.#office.state.updateMetadataFor(changed, true) : undefined
    const told = this.#metadataTurn
      .then(() => withinTime(this.#ports.clock, answersAwaitedMs, Promise.all(orders)))
      .then(() =>
        senders.map((sender) => {
          const isFull = joined.includes(sender.brokerId)
          // A whole list says what is not there, too: it is of the moment when it leaves.
          const concerned = isFull ? this.#office.state.partitions() : changed
          const topicStates = deleted ?? this.#office.state.updateMetadataFor(concerned, false)
          return this.#sendUpdateMetadata(sender, topicStates, isFull)
        })
      )
    this.#metadataTurn = told
    return told.then((answers) => Promise.all([...orders, ...answers])).then(() => undefined)
  }

  /** Orders to one broker alone, which has refused them before. */
  askAgain(brokerId: BrokerId, partitions: readonly ControlledPartition[]): void {
    const sender = this.#senders.get(brokerId)
    if (sender !== undefined) void Promise.all(this.#sendLeaderAndIsr(sender, partitions, false))
  }

  #header(sender: ControlSender) {
    const { brokerId, epoch } = this.#office
    return { controllerId: brokerId, controllerEpoch: epoch, brokerEpoch: sender.brokerEpoch }
  }

  #sendLeaderAndIsr(
    sender: ControlSender,
    partitions: readonly ControlledPartition[],
    areNew: boolean
  ): Promise<unknown>[] {
    const topicStates = this.#office.state.leaderAndIsrFor(sender.brokerId, partitions, areNew)
    if (topicStates.length === 0) return []
    const liveLeaders = [...this.#office.state.brokers.values()].map(({ id, host, port }) => ({
      brokerId: id,
      hostName: host,
      port
    }))
    // Type 0: these partitions; a full list (1) would mean "and no others".
    const request = { ...this.#header(sender), type: 0, topicStates, liveLeaders, ungroupedPartitionStates: [] }
    return [sender.send(leaderAndIsrCall, request).then((answer) => this.#hear(sender, partitions, answer))]
  }

  #hear(
    sender: ControlSender,
    partitions: readonly ControlledPartition[],
    answer: ValueOf<typeof leaderAndIsrResponse> | undefined
  ): void {
    const broker = this.#office.state.brokers.get(sender.brokerId)
    if (answer === undefined || broker?.epoch !== sender.brokerEpoch) return
    const whole = errorName(answer.errorCode)
    if (isOutdated(whole)) {
      this.#heard.outdated(sender.brokerId, whole)
      return
    }
    const asked = new Set(partitions.map(({ topic }) => topic))
    const names = new Map([...asked].map((name) => [this.#office.state.topics.get(name)?.topicId, name]))
    const errors = new Map<string, KafkaError>()
    for (const { topicId, partitionErrors } of answer.topics) {
      for (const { partitionIndex, errorCode } of partitionErrors) {
        const topic = names.get(topicId) ?? ''
        errors.set(topicPartitionName({ topic, partition: partitionIndex }), errorName(errorCode))
      }
    }
    const taken: ControlledPartition[] = []
    const refused: Refusal[] = []
    for (const partition of partitions) {
      const error = whole === 'NONE' ? errors.get(topicPartitionName(partition)) : whole
      if (error === undefined || !partition.replicas.includes(sender.brokerId)) continue
      if (error === 'NONE') taken.push(partition)
      else if (error === 'STALE_CONTROLLER_EPOCH') this.#heard.outdated(sender.brokerId, error)
      else refused.push({ partition, error })
    }
    this.#heard.answered(broker, taken, refused)
  }

  async #sendUpdateMetadata(
    sender: ControlSender,
    topicStates: ReturnType<ControllerState['updateMetadataFor']>,
    isFull: boolean
  ): Promise<void> {
    const liveBrokers = [...this.#office.state.brokers.values()].map(({ id, host, port, rack }) => ({
      id,
      endpoints: [{ host, port, listener: listenerName, securityProtocol: 0 }],
      rack
    }))
    // A broker that joins may have missed deletions: what is not in the full list is not there.
    const type = isFull ? updateMetadataFull : 0
    const answer = await sender.send(updateMetadataCall, { ...this.#header(sender), type, topicStates, liveBrokers })
    const error = answer === undefined ? 'NONE' : errorName(answer.errorCode)
    // Whatever the reason, this broker's clients do not know what they should: all of it is told again.
    if (error !== 'NONE') this.#heard.outdated(sender.brokerId, error)
  }

  /** NONE when the broker holds none of the topic any more, else why not; undefined when it left before it answered. */
  async deleteReplicas(brokerId: BrokerId, topic: ControlledTopic): Promise<KafkaError | undefined> {
    // After the word that the topic is gone: clients are not to find it without its partitions.
    await this.#metadataTurn
    const sender = this.#senders.get(brokerId)
    if (sender === undefined) return undefined
    const held = topic.partitions.filter(({ replicas }) => replicas.includes(brokerId))
    const partitionStates = held.map(({ partition }) => ({
      partitionIndex: partition,
      leaderEpoch: deleteWithEpoch,
      deletePartition: true
    }))
    const answer = await sender.send(stopReplicaCall, {
      ...this.#header(sender),
      deletePartitions: false,
      topicStates: [{ topicName: topic.name, partitionStates }]
    })
    if (answer === undefined) return undefined
    const whole = errorName(answer.errorCode)
    if (isOutdated(whole)) this.#heard.outdated(brokerId, whole)
    if (whole !== 'NONE') return whole
    return errorName(answer.partitionErrors.find(({ errorCode }) => errorCode !== 0)?.errorCode ?? 0)
  }
}

const isOutdated = (error: KafkaError): boolean => error === 'STALE_CONTROLLER_EPOCH' || error === 'STALE_BROKER_EPOCH'
