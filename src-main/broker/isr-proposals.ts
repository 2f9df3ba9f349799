/**
 * Brings the ISRs that leaders propose to the controller (Kafka's AlterPartitionManager): all that came up in a turn in one
 * request, one under way, repeated until the controller has answered. What it says of each partition is told to it.
 */
import { expectAppError } from '../kernel/errors'
import type { BrokerEpoch, BrokerId } from '../kernel/ids'
import type { Clock, Log } from '../kernel/ports'
import { alterPartitionRequest, alterPartitionResponse } from '../protocol/api/56-alter-partition'
import { errorName, type KafkaError } from '../protocol/wire/error-codes'
import type { ValueOf } from '../protocol/wire/schema'
import type { ControllerChannel } from './controller-channel'
import type { IsrProposal } from './core/partition-leader'
import type { Partition } from './partition'

/** After an answer that asks to try again, and while no controller is known (Kafka's AlterPartitionManager). */
const retryMs = 50
const answerTimeoutMs = 30_000
/** Of one request. */
const proposalsAtOnce = 1_000

const alterPartitionCall = {
  apiKey: 56,
  version: 3,
  request: alterPartitionRequest,
  response: alterPartitionResponse
}

export interface IsrProposalsPorts {
  readonly clock: Clock
  readonly log: Log
  readonly channel: ControllerChannel
  /** A broken invariant. */
  readonly failed: (error: unknown) => void
}

interface Proposed {
  readonly partition: Partition
  readonly proposal: IsrProposal
}

type Answer = ValueOf<typeof alterPartitionResponse>

export class IsrProposals {
  readonly #ports: IsrProposalsPorts
  readonly #self: { readonly brokerId: BrokerId; readonly brokerEpoch: () => BrokerEpoch }
  /** The newest of each partition. */
  readonly #waiting = new Map<Partition, IsrProposal>()
  /** From the first proposal of a turn until nothing is left to be asked. */
  #isBusy = false
  #isClosed = false

  constructor(
    ports: IsrProposalsPorts,
    self: { readonly brokerId: BrokerId; readonly brokerEpoch: () => BrokerEpoch }
  ) {
    this.#ports = ports
    this.#self = self
  }

  propose(partition: Partition, proposal: IsrProposal): void {
    this.#waiting.set(partition, proposal)
    if (this.#isBusy) return
    this.#isBusy = true
    this.#ports.clock.soon(() => this.#next())
  }

  close(): void {
    this.#isClosed = true
  }

  #next(): void {
    const some = [...this.#waiting].slice(0, proposalsAtOnce).map(([partition, proposal]) => ({ partition, proposal }))
    this.#isBusy = some.length > 0 && !this.#isClosed
    if (!this.#isBusy) return
    this.#ask(some).then((isAnswered) => {
      if (isAnswered) this.#next()
      else this.#ports.clock.after(retryMs, () => this.#next())
    }, this.#ports.failed)
  }

  /** False when something is to be asked again, after a while. */
  async #ask(some: readonly Proposed[]): Promise<boolean> {
    const { log, channel } = this.#ports
    const { brokerId, brokerEpoch } = this.#self
    let answer: Answer | undefined
    try {
      const value = { brokerId, brokerEpoch: brokerEpoch(), topics: topicsOf(some) }
      answer = await channel.ask(alterPartitionCall, value, answerTimeoutMs)
    } catch (error) {
      expectAppError(error)
      log('debug', 'the controller could not be asked for another ISR', { reason: error.message })
    }
    if (answer === undefined) return false
    const whole = errorName(answer.errorCode)
    if (whole !== 'NONE') {
      log('debug', 'the controller refused to change ISRs', { error: whole })
      return false
    }
    return this.#tell(some, answer)
  }

  /** Each partition what is said of it; what nothing is said of is asked again. */
  #tell(some: readonly Proposed[], answer: Answer): boolean {
    const answers = new Map<string, Answer['topics'][number]['partitions'][number]>()
    for (const { topicId, partitions } of answer.topics)
      for (const one of partitions) answers.set(`${topicId} ${one.partitionIndex}`, one)
    let areAnswered = true
    for (const { partition, proposal } of some) {
      const told = answers.get(`${partition.topicId} ${partition.index}`)
      if (told === undefined) {
        areAnswered = false
        continue
      }
      // A newer one may have come up while this was under way.
      if (this.#waiting.get(partition) === proposal) this.#waiting.delete(partition)
      const error = errorName(told.errorCode)
      if (error === 'NONE') partition.isrStored(told)
      else this.#refused(partition, proposal, error)
      if (this.#waiting.has(partition)) areAnswered = false
    }
    return areAnswered
  }

  #refused(partition: Partition, { id, isr }: IsrProposal, error: KafkaError): void {
    this.#ports.log('info', 'the controller refused an ISR', { partition: partition.name, isr, error })
    partition.isrRefused(id, error)
  }
}

function topicsOf(some: readonly Proposed[]) {
  const topics = new Map<string, { topicId: string; partitions: ReturnType<typeof partitionOf>[] }>()
  for (const one of some) {
    const { topicId } = one.partition
    let topic = topics.get(topicId)
    if (topic === undefined) topics.set(topicId, (topic = { topicId, partitions: [] }))
    topic.partitions.push(partitionOf(one))
  }
  return [...topics.values()]
}

function partitionOf({ partition, proposal: { leaderEpoch, partitionEpoch, isr, brokerEpochs } }: Proposed) {
  return {
    partitionIndex: partition.index,
    leaderEpoch,
    partitionEpoch,
    newIsrWithEpochs: isr.map((brokerId, i) => ({ brokerId, brokerEpoch: brokerEpochs[i] ?? -1n }))
  }
}
