/**
 * How fast moved replicas are copied (KIP-73), limited as kafka-reassign-partitions does it: a rate for every broker that takes part, and
 * which replicas of a topic it is for. The limits go when nothing of these topics is under way any more, those of brokers when nothing at
 * all is. Whose they are is in a file before they are set: whoever is the monitor after a crash takes them away. Limits that somebody
 * else has set are in no such file, and stay.
 */
import { AppError, expectAppError, ignore, messageOf } from '../kernel/errors'
import type { ClusterMetadata, KafkaCluster } from '../kernel/cluster-ports'
import type { BrokerId, TopicPartition } from '../kernel/ids'
import type { Clock, Disk, Log } from '../kernel/ports'
import { pause } from '../kernel/waiting'
import { kafkaErrorOf } from './failure'
import { retrying } from './retrying'

const changeTimeoutMs = 15_000
const readTimeoutMs = 3000
/** While topics are moved; longer and longer for brokers that are away. */
const lookEveryMs = { min: 1000, max: 30_000 }
/** Of 10,000 topics with the longest names. */
const fileBytesMax = 4 * 1024 * 1024
const fileName = 'throttled'
/** The last line says that all of it is there. */
const lastLine = 'end'

const rateConfigs = ['leader.replication.throttled.rate', 'follower.replication.throttled.rate'] as const
const replicaConfigs = ['leader.replication.throttled.replicas', 'follower.replication.throttled.replicas'] as const

export interface MoveThrottlePorts {
  readonly clock: Clock
  readonly cluster: KafkaCluster
  readonly disk: Disk
  readonly log: Log
  /** Folder of the monitor's own files. */
  readonly dataDir: string
}

type Move = TopicPartition & { readonly replicas: readonly BrokerId[] | null }

export class MoveThrottle {
  readonly #ports: MoveThrottlePorts
  readonly #topics: Set<string>
  readonly #brokers: Set<BrokerId>
  /** Moves that are about to be asked for: their limits are there already. */
  #asking = 0
  #isLooking = false
  /** Ends the pause before the next look: there is more to look for. */
  #wake = (): void => undefined
  #isStopped = false
  /** Setting, taking away and noting are done one after the other. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(ports: MoveThrottlePorts) {
    this.#ports = ports
    const { topics, brokers } = this.#read()
    this.#topics = new Set(topics)
    this.#brokers = new Set(brokers)
  }

  /** Goes on with what an earlier monitor has limited. */
  start(): void {
    this.#look()
  }

  stop(): void {
    this.#isStopped = true
  }

  /**
   * Limits what these moves copy, while `ask` asks for them and until they are done; replicas null: the partition's move is
   * cancelled. Rejects as `ask` and with what could not be set, or noted in the file: then nothing was asked for.
   */
  async limited<T>(moves: readonly Move[], bytesPerSecond: number, ask: () => Promise<T>): Promise<T> {
    this.#asking += 1
    try {
      await this.#inTurn(() => this.#limit(moves, bytesPerSecond))
      return await ask()
    } finally {
      this.#asking -= 1
      this.#look()
    }
  }

  async #limit(moves: readonly Move[], bytesPerSecond: number): Promise<void> {
    const topics = [...new Set(moves.map(({ topic }) => topic))]
    const metadata = await this.#ports.cluster.metadata({ timeoutMs: readTimeoutMs, topics })
    const leaders = new Map<string, string[]>()
    const followers = new Map<string, string[]>()
    const brokers = new Set<BrokerId>()
    for (const { topic, partition, replicas } of moves) {
      const now = replicasOf(metadata, { topic, partition })
      const joining = (replicas ?? []).filter((id) => !now.includes(id))
      for (const id of [...now, ...joining]) brokers.add(id)
      leaders.set(topic, [...(leaders.get(topic) ?? []), ...now.map((id) => `${partition}:${id}`)])
      followers.set(topic, [...(followers.get(topic) ?? []), ...joining.map((id) => `${partition}:${id}`)])
    }
    const known = metadata.topics.map(({ name }) => name)
    for (const topic of known) this.#topics.add(topic)
    for (const broker of brokers) this.#brokers.add(broker)
    await this.#keep()
    const [leaderRate, followerRate] = rateConfigs
    const [leaderReplicas, followerReplicas] = replicaConfigs
    const rate = String(bytesPerSecond)
    for (const broker of brokers)
      await this.#alter({ type: 'broker', broker }, { [leaderRate]: rate, [followerRate]: rate })
    for (const topic of known)
      await this.#alter(
        { type: 'topic', topic },
        {
          [leaderReplicas]: (leaders.get(topic) ?? []).join(','),
          [followerReplicas]: (followers.get(topic) ?? []).join(',')
        }
      )
  }

  #look(): void {
    if (this.#isLooking) {
      this.#wake()
      return
    }
    this.#isLooking = true
    void this.#untilNoneIsLeft().finally(() => (this.#isLooking = false))
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    // Whoever asked is told how it ends; the next one begins either way.
    const turn = this.#last.then(work, work)
    this.#last = turn
    return turn
  }

  async #untilNoneIsLeft(): Promise<void> {
    let complaint = ''
    let awayMs = lookEveryMs.min
    while (!this.#isStopped && this.#topics.size + this.#brokers.size > 0) {
      const isWoken = new Promise<true>((resolve) => (this.#wake = () => resolve(true)))
      const pauseMs = this.#topics.size > 0 ? lookEveryMs.min : awayMs
      const hasMore = await Promise.race([pause(this.#ports.clock, pauseMs).then(() => false), isWoken])
      // It may be a broker that never comes back.
      awayMs = hasMore || this.#topics.size > 0 ? lookEveryMs.min : Math.min(lookEveryMs.max, awayMs * 2)
      if (hasMore) continue
      try {
        await this.#inTurn(() => this.#unlimit())
        complaint = ''
      } catch (error) {
        expectAppError(error)
        // Once for each reason: it may last as long as a broker is away.
        if (error.message !== complaint)
          this.#ports.log('warn', 'a limit of moved replicas is not taken away yet', { reason: error.message })
        complaint = error.message
      }
    }
  }

  async #unlimit(): Promise<void> {
    const { cluster } = this.#ports
    if (this.#asking > 0 || this.#isStopped) return
    const moving = await cluster.reassignments(undefined, readTimeoutMs)
    const count = this.#topics.size + this.#brokers.size
    const failures: unknown[] = []
    const failed = (error: unknown): void => {
      expectAppError(error)
      failures.push(error)
    }
    for (const topic of [...this.#topics]) {
      if (this.#asking > 0 || moving.some((one) => one.topic === topic)) continue
      await this.#unlimitTopic(topic).catch(failed)
    }
    if (this.#topics.size === 0 && moving.length === 0) {
      const { brokers } = await cluster.metadata({ timeoutMs: readTimeoutMs, topics: [] })
      // Of a broker that is away when it is back.
      for (const { id } of brokers)
        if (this.#asking === 0 && this.#brokers.has(id)) await this.#unlimitBroker(id).catch(failed)
    }
    if (this.#topics.size + this.#brokers.size < count) await this.#keep()
    if (failures.length > 0) throw failures[0]
  }

  async #unlimitTopic(topic: string): Promise<void> {
    try {
      await this.#alter({ type: 'topic', topic }, {}, replicaConfigs)
    } catch (error) {
      if (kafkaErrorOf(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error
      ignore(error, 'with the topic its limits have gone')
    }
    this.#topics.delete(topic)
  }

  async #unlimitBroker(broker: BrokerId): Promise<void> {
    await this.#alter({ type: 'broker', broker }, {}, rateConfigs)
    this.#brokers.delete(broker)
  }

  #alter(
    resource: Parameters<KafkaCluster['alterConfigs']>[0],
    set: Readonly<Record<string, string>>,
    remove: readonly string[] = []
  ): Promise<void> {
    const { clock, cluster } = this.#ports
    return retrying(clock, changeTimeoutMs, () => cluster.alterConfigs(resource, { set, remove }, changeTimeoutMs))
  }

  // ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────

  get #path(): string {
    return this.#ports.disk.join(this.#ports.dataDir, fileName)
  }

  async #keep(): Promise<void> {
    const { disk, dataDir } = this.#ports
    const lines = [...this.#brokers]
      .map((id) => `broker ${id}`)
      .concat([...this.#topics].map((name) => `topic ${name}`))
    disk.makeDirectory(dataDir)
    await disk.replace(this.#path, new TextEncoder().encode([...lines, lastLine, ''].join('\n')))
  }

  #read(): { readonly topics: readonly string[]; readonly brokers: readonly BrokerId[] } {
    const { disk, log } = this.#ports
    const none = { topics: [], brokers: [] }
    try {
      if (!disk.exists(this.#path) || (disk.sizeOf(this.#path) ?? 0) > fileBytesMax) return none
      const lines = new TextDecoder().decode(disk.read(this.#path)).split('\n')
      if (lines.at(-2) !== lastLine) {
        log('warn', 'what limits earlier moves left is not known', {
          path: this.#path,
          reason: 'the file is not whole'
        })
        return none
      }
      return {
        brokers: lines.flatMap((line) => /^broker (\d{1,10})$/.exec(line)?.[1] ?? []).map(Number),
        topics: lines.flatMap((line) => /^topic ([\w.-]{1,249})$/.exec(line)?.[1] ?? [])
      }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      log('warn', 'what limits earlier moves left is not known', { path: this.#path, reason: messageOf(error) })
      return none
    }
  }
}

function replicasOf({ topics }: ClusterMetadata, { topic, partition }: TopicPartition): readonly BrokerId[] {
  const known = topics.find(({ name }) => name === topic)?.partitions
  return known?.find((one) => one.partition === partition)?.replicas ?? []
}
