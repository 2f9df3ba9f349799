/**
 * Brings the ISRs that leaders propose to the controller (Kafka's AlterPartitionManager): all that came up in a turn in one
 * request, one under way, repeated until the controller has answered. What it says of each partition is told to it.
 */
import { expectAppError } from '../kernel/errors'
import type { BrokerEpoch, BrokerId, LeaderEpoch } from '../kernel/ids'
import type { Clock, Log } from '../kernel/ports'
import { alterPartitionRequest, alterPartitionResponse } from '../protocol/api/56-alter-partition'
import { errorName, type KafkaError } from '../protocol/wire/error-codes'
import type { ValueOf } from '../protocol/wire/schema'
import type { ControllerChannel } from './controller-channel'
import type { IsrProposal, StoredIsr } from './core/partition-leader'
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
  readonly event: (name: string, fields: Readonly<Record<string, unknown>>) => void
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
    const news = new IsrNews()
    for (const { partition, proposal } of some) {
      const told = answers.get(`${partition.topicId} ${partition.index}`)
      if (told === undefined) {
        areAnswered = false
        continue
      }
      // A newer one may have come up while this was under way.
      if (this.#waiting.get(partition) === proposal) this.#waiting.delete(partition)
      const error = errorName(told.errorCode)
      if (error === 'NONE') {
        news.add(partition, told)
        partition.isrStored(told, proposal.id)
      } else this.#refused(partition, proposal, error)
      if (this.#waiting.has(partition)) areAnswered = false
    }
    news.tell(this.#ports.event)
    return areAnswered
  }

  #refused(partition: Partition, proposal: IsrProposal, error: KafkaError): void {
    const { isr } = proposal
    this.#ports.log('debug', 'the controller refused an ISR', { partition: partition.name, isr, error })
    partition.isrRefused(proposal, error)
  }
}

/** Names of so many partitions are told with how many there are. */
const namesToldMax = 3

/** What an answer has changed: one event for those that left and one for those that came, however many partitions they are of. */
class IsrNews {
  readonly #left = new Changes()
  readonly #joined = new Changes()

  add(partition: Partition, now: StoredIsr): void {
    const before = partition.isr
    this.#left.add(
      partition.name,
      now.leaderEpoch,
      before.filter((id) => !now.isr.includes(id))
    )
    this.#joined.add(
      partition.name,
      now.leaderEpoch,
      now.isr.filter((id) => !before.includes(id))
    )
  }

  tell(event: IsrProposalsPorts['event']): void {
    if (this.#left.count > 0) event('isrShrunk', { ...this.#left.fields(), cause: 'lagging' })
    if (this.#joined.count > 0) event('isrExpanded', { ...this.#joined.fields(), cause: 'caughtUp' })
  }
}

class Changes {
  readonly #brokers = new Set<BrokerId>()
  readonly #names: string[] = []
  #leaderEpoch: LeaderEpoch = -1
  count = 0

  add(name: string, leaderEpoch: LeaderEpoch, brokers: readonly BrokerId[]): void {
    if (brokers.length === 0) return
    this.count += 1
    if (this.#names.length < namesToldMax) this.#names.push(name)
    this.#leaderEpoch = Math.max(this.#leaderEpoch, leaderEpoch)
    for (const id of brokers) this.#brokers.add(id)
  }

  /** `broker`: who left or came, when it is one. */
  fields() {
    const [broker] = this.#brokers
    return {
      count: this.count,
      sample: this.#names.join(', '),
      leaderEpoch: this.#leaderEpoch,
      broker: this.#brokers.size === 1 ? (broker ?? null) : null
    }
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
