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
  updateMetadataRequest,
  updateMetadataResponse,
  updateMetadataTypes
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

export interface Told {
  readonly changed: readonly ControlledPartition[]
  /** These brokers are told everything. */
  readonly joined?: readonly BrokerId[]
  readonly areNew?: boolean
  readonly areDeleted?: boolean
  /** Their leaders know already, and no follower goes by it. */
  readonly isForClients?: boolean
}

/** What the world is told: as it was decided. */
interface News {
  readonly topicStates: ReturnType<ControllerState['updateMetadataFor']>
  readonly liveBrokers: readonly {
    readonly id: BrokerId
    readonly endpoints: readonly {
      readonly host: string
      readonly port: number
      readonly listener: string
      readonly securityProtocol: number
    }[]
    readonly rack: string | null
  }[]
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
   * LeaderAndIsr first, then UpdateMetadata, both with what is known at this moment; a broker that joined is told
   * everything. The promise resolves when every broker that is still there has answered: it is not to be awaited inside an
   * event.
   */
  tell({ changed, joined = [], areNew = false, areDeleted = false, isForClients = false }: Told): Promise<void> {
    const { state } = this.#office
    const all = joined.length > 0 ? [...state.partitions()] : []
    const senders = [...this.#senders.values()]
    const isFull = (sender: ControlSender): boolean => joined.includes(sender.brokerId)
    const concernOf = (sender: ControlSender) => (isFull(sender) ? all : changed)
    const isOrder = !areDeleted && !isForClients
    if (isOrder && joined.length > 0) this.#introduce(senders)
    const orders = isOrder ? senders.flatMap((sender) => this.#sendLeaderAndIsr(sender, concernOf(sender), areNew)) : []
    // Of this moment, not of that when it leaves: nobody is told of a leader before that one was.
    const some = senders.every(isFull) ? undefined : this.#news(changed, areDeleted)
    const whole = senders.some(isFull) ? this.#news(all, false) : undefined
    const told = this.#metadataTurn
      .then(() => withinTime(this.#ports.clock, answersAwaitedMs, Promise.all(orders)))
      .then(() =>
        senders.map((sender) => {
          const news = isFull(sender) ? whole : some
          return news === undefined ? undefined : this.#sendUpdateMetadata(sender, news, isFull(sender))
        })
      )
    this.#metadataTurn = told
    return told.then((answers) => Promise.all([...orders, ...answers])).then(() => undefined)
  }

  /**
   * A broker of Kafka's follows nobody of whom it has not been told that it lives (ReplicaManager.makeFollowers), whatever its order
   * says; ours take the address from the order.
   */
  #introduce(senders: readonly ControlSender[]): void {
    const { brokers } = this.#office.state
    for (const sender of senders) {
      if (brokers.get(sender.brokerId)?.guid === '') void this.#sendUpdateMetadata(sender, this.#news([], false), false)
    }
  }

  #news(partitions: readonly ControlledPartition[], areDeleted: boolean): News {
    const { state } = this.#office
    const liveBrokers = [...state.brokers.values()].map(({ id, host, port, rack }) => ({
      id,
      endpoints: [{ host, port, listener: listenerName, securityProtocol: 0 }],
      rack
    }))
    return { topicStates: state.updateMetadataFor(partitions, areDeleted), liveBrokers }
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
      // What Kafka's brokers answer to an order that they have obeyed before, and ours to one of an earlier term.
      if (error === 'NONE' || error === 'STALE_CONTROLLER_EPOCH') taken.push(partition)
      else refused.push({ partition, error })
    }
    this.#heard.answered(broker, taken, refused)
  }

  async #sendUpdateMetadata(sender: ControlSender, news: News, isFull: boolean): Promise<void> {
    const topicStates = this.#office.state.withoutRefusers(news.topicStates)
    // A broker that joins may have missed deletions: what is not in the full list is not there.
    const type = isFull ? updateMetadataTypes.full : updateMetadataTypes.incremental
    const request = { ...this.#header(sender), type, topicStates, liveBrokers: news.liveBrokers }
    const answer = await sender.send(updateMetadataCall, request)
    const error = answer === undefined ? 'NONE' : errorName(answer.errorCode)
    // Whatever the reason, this broker's clients do not know what they should: all of it is told again.
    if (error !== 'NONE') this.#heard.outdated(sender.brokerId, error)
  }

  /** This broker holds the partition no more, and deletes what it has of it; not waited for. */
  dropReplica(brokerId: BrokerId, partition: ControlledPartition): void {
    const sender = this.#senders.get(brokerId)
    const topicId = this.#office.state.topics.get(partition.topic)?.topicId
    if (sender === undefined || topicId === undefined) return
    const leaderEpoch = partition.state?.leaderEpoch ?? deleteWithEpoch
    const partitionStates = [{ partitionIndex: partition.partition, leaderEpoch, deletePartition: true }]
    const topicStates = [{ topicName: partition.topic, partitionStates }]
    const request = { ...this.#header(sender), deletePartitions: false, topicStates }
    // After the word of who leads it: its clients are to find another.
    void this.#metadataTurn.then(() => sender.send(stopReplicaCall, request))
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
