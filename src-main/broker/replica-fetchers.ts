/**
 * Who copies what from whom: one fetcher for each broker that leads something of which this broker has a replica (Kafka's
 * ReplicaFetcherManager, with one fetcher a leader). What one order of the controller names joins together, as in Kafka: each
 * joining costs a poll that names all that its fetcher follows, so that a thousand by themselves would cost a thousand squared.
 */
import type { BrokerEpoch, BrokerId } from '../kernel/ids'
import type { Address, Timer } from '../kernel/ports'
import type { FollowerReplica } from './follower-replica'
import { ReplicaFetcher, type FetcherPorts } from './replica-fetcher'

/**
 * An order that takes longer (its logs are opened) does not keep those of its partitions that are open waiting. Each time twice as
 * long, so that a disk that is slow is not asked for more polls by that.
 */
const joinsWaitMs = 200

export interface FetchersOptions {
  readonly brokerId: BrokerId
  readonly brokerEpoch: () => BrokerEpoch
  /** As the controller told last in metadata. */
  readonly addressOf: (broker: BrokerId) => Address | undefined
}

export class ReplicaFetchers {
  readonly #ports: FetcherPorts
  readonly #options: FetchersOptions
  readonly #fetchers = new Map<BrokerId, ReplicaFetcher>()
  /** Leaders that came with an order, before the metadata that tells of them. */
  readonly #toldWithOrders = new Map<BrokerId, Address>()
  /** Of the order that is being obeyed. */
  readonly #joining = new Set<FollowerReplica>()
  #isObeying = false
  #joinsWaitMs = joinsWaitMs
  #joinTimer: Timer | undefined
  #isClosed = false
  #isLeaving = false

  constructor(ports: FetcherPorts, options: FetchersOptions) {
    this.#ports = ports
    this.#options = options
  }

  /** Until `orderEnded` what is followed waits for the rest of the order, but not for long. */
  orderBegan(): void {
    this.#isObeying = true
    this.#joinsWaitMs = joinsWaitMs
  }

  orderEnded(): void {
    this.#isObeying = false
    this.#joinAll()
  }

  /** Copies it from the leader of its term; it is in no other fetcher any more. */
  follow(replica: FollowerReplica): void {
    if (replica.term.leader < 0 || this.#isClosed || this.#isLeaving) return
    if (!this.#isObeying) {
      this.#join(replica)
      return
    }
    this.#joining.add(replica)
    this.#joinTimer ??= this.#ports.clock.after(this.#joinsWaitMs, () => {
      this.#joinsWaitMs *= 2
      this.#joinAll()
    })
  }

  #joinAll(): void {
    this.#joinTimer?.cancel()
    this.#joinTimer = undefined
    for (const replica of this.#joining) this.#join(replica)
    this.#joining.clear()
  }

  #join(replica: FollowerReplica): void {
    const { leader } = replica.term
    let fetcher = this.#fetchers.get(leader)
    if (fetcher === undefined) {
      const addressOf = (id: BrokerId) => this.#toldWithOrders.get(id) ?? this.#options.addressOf(id)
      fetcher = new ReplicaFetcher(this.#ports, { ...this.#options, leader, addressOf })
      this.#fetchers.set(leader, fetcher)
    }
    fetcher.add(replica)
  }

  /** What is copied is copied on; what this broker leads now it need not have any more when another leads. */
  leave(): void {
    this.#isLeaving = true
  }

  /** A fetcher that has nothing left to copy ends. */
  unfollow(replica: FollowerReplica): void {
    if (this.#joining.delete(replica)) return
    const { leader } = replica.term
    const fetcher = this.#fetchers.get(leader)
    fetcher?.remove(replica)
    if (fetcher?.isIdle !== true) return
    fetcher.close()
    this.#fetchers.delete(leader)
  }

  /** With an order: where leaders are, possibly before metadata says so. */
  leadersTold(leaders: readonly (Address & { readonly id: BrokerId })[]): void {
    for (const { id, host, port } of leaders) this.#toldWithOrders.set(id, { host, port })
    this.#told()
  }

  /** Metadata names every live broker as the controller knows it now: what orders before it said of addresses is forgotten. */
  metadataTold(): void {
    this.#toldWithOrders.clear()
    this.#told()
  }

  #told(): void {
    for (const fetcher of this.#fetchers.values()) fetcher.leaderTold()
  }

  close(): void {
    this.#isClosed = true
    this.#joinTimer?.cancel()
    this.#joining.clear()
    for (const fetcher of this.#fetchers.values()) fetcher.close()
    this.#fetchers.clear()
  }
}
