/** Leaders that are moved on purpose while everybody lives: on and on, or so that the histories of three replicas part. */
import { parsePartitionState, paths } from '../../../src-main/broker/core/znodes'
import type { SimRandom } from '../world/sim-random'
import { SimClient } from './sim-client'
import type { SimCluster, SimPartition } from './sim-cluster'

/** Several moves come one after another so soon. */
const movesWithinMs = 300
const movesMax = 3
const tangledWithinMs = 150

export interface MovesPorts {
  readonly told: (who: string, what: string) => void
  /** Unless all has been healed by then. */
  readonly later: (ms: number, callback: () => void) => void
  /** No link between them for a while. */
  readonly cut: (from: string, to: string) => void
}

export class LeaderMoves {
  readonly #cluster: SimCluster
  readonly #random: SimRandom
  readonly #ports: MovesPorts
  readonly #client: SimClient

  constructor(cluster: SimCluster, random: SimRandom, ports: MovesPorts) {
    this.#cluster = cluster
    this.#random = random
    this.#ports = ports
    this.#client = new SimClient(cluster, 'mover')
  }

  close(): void {
    this.#client.close()
  }

  /** To any broker, and then perhaps on, before all know of it. */
  move(times = 1 + this.#random.below(movesMax)): void {
    this.#to(this.#anyPartition(), 1 + this.#random.below(this.#cluster.options.brokers))
    if (times > 1) this.#ports.later(1 + this.#random.below(movesWithinMs), () => this.move(times - 1))
  }

  /**
   * A follower that cannot reach its leader leads in its place, then the first one again or a third: each has records that the others
   * have not, in an epoch of its own, and all are in the ISR (KIP-279).
   */
  tangle(): void {
    const partition = this.#anyPartition()
    const { topic, index } = partition
    const stored = parsePartitionState(this.#cluster.znode(paths.state(topic, index))?.data ?? null)
    const others = stored?.isr.filter((id) => id !== stored.leader) ?? []
    const next = others[this.#random.below(others.length)]
    if (stored === undefined || stored.leader < 0 || next === undefined) return
    this.#ports.cut(this.#cluster.broker(stored.leader).host, this.#cluster.broker(next).host)
    const wait = (): number => 5 + this.#random.below(tangledWithinMs)
    this.#ports.later(wait(), () => {
      this.#to(partition, next)
      this.#ports.later(wait(), () => {
        this.#to(partition, this.#oneOf(stored.isr.filter((id) => id !== next)))
        if (this.#random.below(2) === 0) this.#ports.later(wait(), () => this.#to(partition, this.#oneOf(stored.isr)))
      })
    })
  }

  #anyPartition(): SimPartition {
    const { partitions } = this.#cluster
    const partition = partitions[this.#random.below(partitions.length)]
    if (partition === undefined) throw new Error('a cluster has partitions')
    return partition
  }

  #oneOf(ids: readonly number[]): number {
    return ids[this.#random.below(ids.length)] ?? 1
  }

  #to(partition: SimPartition, leader: number): void {
    const { brokers } = this.#cluster.options
    const replicas = Array.from({ length: brokers }, (_, index) => ((leader - 1 + index) % brokers) + 1)
    this.#ports.told('mover', `${partition.name} is to be led by broker ${leader}`)
    void this.#client.move(partition, replicas)
  }
}
