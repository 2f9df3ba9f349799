/**
 * Who copies what from whom: one fetcher for each broker that leads something of which this broker has a replica (Kafka's
 * ReplicaFetcherManager, with one fetcher a leader).
 */
import type { BrokerEpoch, BrokerId } from '../kernel/ids'
import type { Address } from '../kernel/ports'
import type { FollowerReplica } from './follower-replica'
import { ReplicaFetcher, type FetcherPorts } from './replica-fetcher'

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
  #isClosed = false

  constructor(ports: FetcherPorts, options: FetchersOptions) {
    this.#ports = ports
    this.#options = options
  }

  /** Copies it from the leader of its term; it is in no other fetcher any more. */
  follow(replica: FollowerReplica): void {
    const { leader } = replica.term
    if (leader < 0 || this.#isClosed) return
    let fetcher = this.#fetchers.get(leader)
    if (fetcher === undefined) {
      const addressOf = (id: BrokerId) => this.#toldWithOrders.get(id) ?? this.#options.addressOf(id)
      fetcher = new ReplicaFetcher(this.#ports, { ...this.#options, leader, addressOf })
      this.#fetchers.set(leader, fetcher)
    }
    fetcher.add(replica)
  }

  /** A fetcher that has nothing left to copy ends. */
  unfollow(replica: FollowerReplica): void {
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

  /** Metadata is as new as any order before it. */
  metadataTold(): void {
    this.#toldWithOrders.clear()
    this.#told()
  }

  #told(): void {
    for (const fetcher of this.#fetchers.values()) fetcher.leaderTold()
  }

  close(): void {
    this.#isClosed = true
    for (const fetcher of this.#fetchers.values()) fetcher.close()
    this.#fetchers.clear()
  }
}
