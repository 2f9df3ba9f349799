/**
 * What the controller tells the live brokers, for one term of office: LeaderAndIsr, UpdateMetadata and StopReplica
 * (kafka.md 6.4). Each broker has a sender that keeps the order and repeats until it is answered.
 */
import type { Clock, Log, Network } from '../kernel/ports'
import { leaderAndIsrRequest, leaderAndIsrResponse } from '../protocol/api/04-leader-and-isr'
import { stopReplicaRequest, stopReplicaResponse } from '../protocol/api/05-stop-replica'
import { updateMetadataFull, updateMetadataRequest, updateMetadataResponse } from '../protocol/api/06-update-metadata'
import { BrokerChannel } from './broker-channel'
import { ControlSender } from './control-sender'
import type {
  ControlledPartition,
  ControlledTopic,
  ControllerState,
  LiveBroker
} from './core/controller/controller-state'

const listenerName = 'PLAINTEXT'
const deleteWithEpoch = -2

const leaderAndIsrCall = { apiKey: 4, version: 7, request: leaderAndIsrRequest, response: leaderAndIsrResponse }
const stopReplicaCall = { apiKey: 5, version: 4, request: stopReplicaRequest, response: stopReplicaResponse }
const updateMetadataCall = { apiKey: 6, version: 8, request: updateMetadataRequest, response: updateMetadataResponse }

/** Who speaks, and from what it knows; `state` goes on changing during the term. */
export interface Office {
  readonly brokerId: number
  readonly epoch: number
  readonly state: ControllerState
}

export class ControllerBroadcast {
  readonly #ports: { readonly clock: Clock; readonly network: Network; readonly log: Log }
  readonly #office: Office
  readonly #senders = new Map<number, ControlSender>()

  constructor(ports: { readonly clock: Clock; readonly network: Network; readonly log: Log }, office: Office) {
    this.#ports = ports
    this.#office = office
  }

  /** From now on this broker is told, too. */
  open(broker: LiveBroker): void {
    const address = { host: broker.host, port: broker.port }
    const channel = new BrokerChannel(this.#ports, address, `controller-${this.#office.brokerId}`)
    this.#senders.set(broker.id, new ControlSender(broker, channel, this.#ports))
  }

  /** What it has not answered yet is given up. */
  drop(brokerId: number): void {
    this.#senders.get(brokerId)?.close()
    this.#senders.delete(brokerId)
  }

  close(): void {
    for (const sender of this.#senders.values()) sender.close()
    this.#senders.clear()
  }

  /**
   * LeaderAndIsr first, then UpdateMetadata (kafka.md 6.4); a broker that joined is told everything. The promise resolves
   * when every broker that is still there has answered: it is not to be awaited inside an event.
   */
  tell(what: {
    readonly changed: readonly ControlledPartition[]
    readonly joined?: readonly number[]
    readonly areNew?: boolean
    readonly areDeleted?: boolean
  }): Promise<void> {
    const { changed, joined = [], areNew = false, areDeleted = false } = what
    const answers: Promise<unknown>[] = []
    const all = joined.length > 0 ? [...this.#office.state.partitions()] : []
    for (const sender of this.#senders.values()) {
      const isFull = joined.includes(sender.brokerId)
      const concerned = isFull ? all : changed
      if (!areDeleted) answers.push(...this.#sendLeaderAndIsr(sender, concerned, areNew))
      answers.push(this.#sendUpdateMetadata(sender, concerned, { areDeleted, isFull }))
    }
    return Promise.all(answers).then(() => undefined)
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
    return [
      sender.send(leaderAndIsrCall, {
        ...this.#header(sender),
        type: 0,
        topicStates,
        liveLeaders,
        ungroupedPartitionStates: []
      })
    ]
  }

  #sendUpdateMetadata(
    sender: ControlSender,
    partitions: readonly ControlledPartition[],
    { areDeleted, isFull }: { readonly areDeleted: boolean; readonly isFull: boolean }
  ): Promise<unknown> {
    const liveBrokers = [...this.#office.state.brokers.values()].map(({ id, host, port, rack }) => ({
      id,
      endpoints: [{ host, port, listener: listenerName, securityProtocol: 0 }],
      rack
    }))
    const topicStates = this.#office.state.updateMetadataFor(partitions, areDeleted)
    // A broker that joins may have missed deletions: what is not in the full list is not there.
    const type = isFull ? updateMetadataFull : 0
    return sender.send(updateMetadataCall, { ...this.#header(sender), type, topicStates, liveBrokers })
  }

  /** Resolves with true when no broker holds any of the topic any more, false when that is not sure. */
  async deleteReplicas(topic: ControlledTopic): Promise<boolean> {
    const answers = [...this.#senders.values()].map((sender) => this.#sendStopReplica(sender, topic))
    return !(await Promise.all(answers)).includes(false)
  }

  /** True when the broker holds none of the topic any more. */
  async #sendStopReplica(sender: ControlSender, topic: ControlledTopic): Promise<boolean> {
    const held = topic.partitions.filter(({ replicas }) => replicas.includes(sender.brokerId))
    if (held.length === 0) return true
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
    return (
      answer !== undefined && answer.errorCode === 0 && answer.partitionErrors.every(({ errorCode }) => errorCode === 0)
    )
  }
}
