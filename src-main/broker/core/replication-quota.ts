/**
 * How much may be copied from or to this broker of replicas that are throttled (KIP-73): bytes a second over a window of eleven samples
 * of one second (Kafka's ReplicationQuotaManager and SimpleRate). One that is in sync is never held back, whatever it is given; what
 * is copied of it counts.
 */
import { THROTTLE_RATES } from './broker-layers'

/** replication.quota.window.size.seconds */
const sampleMs = 1_000
/** replication.quota.window.num */
const samplesMax = 11

interface Sample {
  readonly sinceMs: number
  bytes: number
}

/** Bytes a second, measured. Times are of the monotonic clock, in ms. */
export class CopyRate {
  readonly #samples: Sample[] = []

  record(bytes: number, nowMs: number): void {
    const last = this.#samples.at(-1)
    if (last !== undefined && nowMs - last.sinceMs < sampleMs) last.bytes += bytes
    else this.#samples.push({ sinceMs: nowMs, bytes })
    this.#forget(nowMs)
  }

  /** Of the samples that are left; one second is the least that is divided by. */
  measure(nowMs: number): number {
    this.#forget(nowMs)
    const [oldest] = this.#samples
    if (oldest === undefined) return 0
    const bytes = this.#samples.reduce((sum, sample) => sum + sample.bytes, 0)
    return bytes / (Math.max(sampleMs, nowMs - oldest.sinceMs) / 1_000)
  }

  #forget(nowMs: number): void {
    const isOld = ({ sinceMs }: Sample): boolean => nowMs - sinceMs >= samplesMax * sampleMs
    while (this.#samples[0] !== undefined && (isOld(this.#samples[0]) || this.#samples.length > samplesMax))
      this.#samples.shift()
  }
}

export interface QuotaConfigs {
  /** Of this broker, as it is set now: a whole number. */
  readonly rate: () => string
  /** Of a topic: PARTITION:BROKER, separated by commas, or *; empty or undefined: none. */
  readonly replicas: (topic: string) => string | undefined
}

const unlimited = THROTTLE_RATES['leader.replication.throttled.rate']

export class ReplicationQuota {
  readonly #brokerId: number
  readonly #configs: QuotaConfigs
  readonly #rate = new CopyRate()
  /** As its config was read last. */
  readonly #throttled = new Map<string, { readonly text: string; readonly partitions: ReadonlySet<number> | 'all' }>()

  constructor(brokerId: number, configs: QuotaConfigs) {
    this.#brokerId = brokerId
    this.#configs = configs
  }

  /** Nothing more of this replica is to be copied for now, unless it is in sync. */
  isExceeded(topic: string, partition: number, nowMs: number): boolean {
    const rate = this.#configs.rate()
    if (rate === unlimited || !this.#isThrottled(topic, partition)) return false
    return this.#rate.measure(nowMs) > Number(rate)
  }

  copied(topic: string, partition: number, bytes: number, nowMs: number): void {
    if (bytes === 0 || this.#configs.rate() === unlimited || !this.#isThrottled(topic, partition)) return
    this.#rate.record(bytes, nowMs)
  }

  #isThrottled(topic: string, partition: number): boolean {
    const text = this.#configs.replicas(topic) ?? ''
    let known = this.#throttled.get(topic)
    if (known?.text !== text) {
      if (text === '') this.#throttled.delete(topic)
      else this.#throttled.set(topic, { text, partitions: this.#partitionsIn(text) })
      known = this.#throttled.get(topic)
    }
    return known !== undefined && (known.partitions === 'all' || known.partitions.has(partition))
  }

  #partitionsIn(text: string): ReadonlySet<number> | 'all' {
    if (text.trim() === '*') return 'all'
    const pairs = text.split(',').map((pair) => pair.trim().split(':').map(Number))
    return new Set(pairs.flatMap(([partition, broker]) => (broker === this.#brokerId ? [partition ?? -1] : [])))
  }
}

/** Of what others copy from this broker, and of what it copies. */
export interface ReplicationQuotas {
  readonly leader: ReplicationQuota
  readonly follower: ReplicationQuota
}
