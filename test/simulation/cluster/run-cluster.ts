/** One seed of the scenario "cluster": faults and clients for a while, then all is healed and has to come to rest. */
import { parsePartitionState, paths, type PartitionState } from '../../../src-main/broker/core/znodes'
import { checkHistory, type FinalRecord, type HistoryEntry } from '../../chaos/history-checker'
import { mixed, SimRandom } from '../world/sim-random'
import { FaultPlan } from './fault-plan'
import { Invariants } from './invariants'
import { recordsOf } from './replica-log'
import { SimClient } from './sim-client'
import { nameOf, SimCluster, topic } from './sim-cluster'
import { optionsOf, type SimOptions } from './sim-options'
import { Workload } from './workload'

/** In which everything has to come to rest once it is healed. */
const restMaxMs = 60_000
const restStepMs = 50

export interface SimResult {
  readonly options: SimOptions
  readonly violations: readonly string[]
  /** Of everything that was told and done: the same seed has the same. */
  readonly digest: string
  readonly acked: number
  readonly epochs: number
  readonly events: number
  readonly simulatedMs: number
}

export interface RunOptions {
  /** Told each line of the story. */
  readonly line?: (line: string) => void
  /** More than one violation says little more than the first. */
  readonly stopsAtFirst?: boolean
}

export async function runCluster(seed: number, { line, stopsAtFirst = true }: RunOptions = {}): Promise<SimResult> {
  const options = optionsOf(seed)
  const run = new Run(options, line)
  await run.all(stopsAtFirst)
  return run.result()
}

class Run {
  readonly #options: SimOptions
  readonly #line: ((line: string) => void) | undefined
  readonly #cluster: SimCluster
  readonly #workload: Workload
  readonly #faults: FaultPlan
  readonly #invariants: Invariants
  readonly #violations: string[] = []
  readonly #history: HistoryEntry[] = []
  #digest = 0x811c9dc5

  constructor(options: SimOptions, line: ((line: string) => void) | undefined) {
    this.#options = options
    this.#line = line
    const random = new SimRandom(mixed(options.seed ^ 0xfa017))
    const told = (who: string, what: string): void => this.#told(who, what)
    const violated = (what: string): void => this.#violated(what)
    this.#cluster = new SimCluster(options, {
      told,
      failed: (who, error) =>
        violated(`${who} cannot go on: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    })
    this.#invariants = new Invariants(this.#cluster, told, violated)
    this.#faults = new FaultPlan(this.#cluster, random.fork(), told)
    this.#workload = new Workload(this.#cluster, random.fork(), random.fork(), {
      told,
      violated,
      acked: (partition, lastOffset) => this.#invariants.checkAcked(partition, lastOffset),
      entry: (entry) => {
        this.#history.push(entry)
        this.#hash(JSON.stringify(entry))
        if (!isSmallTalk(entry)) this.#line?.(this.#textOf(storyteller(entry), JSON.stringify(entry)))
      }
    })
  }

  #told(who: string, what: string): void {
    const text = this.#textOf(who, what)
    this.#hash(text)
    this.#line?.(text)
  }

  #textOf(who: string, what: string): string {
    const atMs = Math.round(this.#cluster.clock.monotonicMs() - 1_000_000)
    return `${String(atMs).padStart(6)} ${who.padEnd(10)} ${what}`
  }

  #hash(text: string): void {
    for (let i = 0; i < text.length; i++) this.#digest = Math.imul(this.#digest ^ text.charCodeAt(i), 0x01000193)
  }

  #violated(what: string): void {
    if (this.#violations.includes(what)) return
    this.#violations.push(what)
    this.#told('VIOLATION', what)
  }

  async all(stopsAtFirst: boolean): Promise<void> {
    const isOver = (): boolean => stopsAtFirst && this.#violations.length > 0
    const { clock } = this.#cluster
    try {
      this.#told('options', JSON.stringify(this.#options))
      await this.#cluster.start()
      clock.afterEach = () => this.#invariants.check()
      this.#workload.begin()
      this.#faults.begin()
      for (let passedMs = 0; passedMs < this.#options.durationMs && !isOver(); passedMs += restStepMs)
        await clock.run(restStepMs)
      if (!isOver()) await this.#comeToRest(isOver)
      if (!isOver()) this.#checkEnd()
    } catch (error) {
      this.#violated(
        `the simulation broke off: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
      )
    } finally {
      clock.afterEach = () => undefined
      this.#workload.close()
    }
  }

  /** 60 s are many times what every timeout in it takes. */
  async #comeToRest(isOver: () => boolean): Promise<void> {
    this.#workload.stopProducing()
    let isProduced = false
    let stale: string | undefined
    this.#faults.end()
    void this.#workload.produced().then(() => (isProduced = true))
    for (let passedMs = 0; passedMs < restMaxMs; passedMs += restStepMs) {
      await this.#cluster.clock.run(restStepMs)
      if (isOver()) return
      if (!isProduced || this.#unrest() !== undefined) continue
      stale = await this.#staleMetadata()
      if (stale === undefined) return
    }
    for (const { host, node } of this.#cluster.brokers)
      for (const held of node?.partitions() ?? [])
        this.#told(
          host,
          `${held.name} ${JSON.stringify({ role: held.role, isLed: held.isLed, follower: held.follower?.state, term: held.follower?.term, end: held.log.logEndOffset, committed: held.log.highWatermark })}`
        )
    const unrest = isProduced ? (this.#unrest() ?? stale) : 'a producer waits for an answer'
    this.#violated(`nothing comes to rest: ${unrest}`)
  }

  /** Which broker tells its clients something else than what is stored; undefined when none does. */
  async #staleMetadata(): Promise<string | undefined> {
    const { clock, brokers, options } = this.#cluster
    const client = new SimClient(this.#cluster, 'asker')
    const asked = Promise.all(brokers.map(async ({ id }) => ({ id, told: await client.metadata(id) })))
    const answers = await clock.until(asked)
    client.close()
    for (const { id, told } of answers) {
      if (told?.brokers.length !== brokers.length)
        return `broker ${id} knows of ${told?.brokers.length ?? 'no'} brokers`
      for (let partition = 0; partition < options.partitions; partition++) {
        const stored = this.#stored(topic, partition)
        const known = told.topics[0]?.partitions.find(({ partitionIndex }) => partitionIndex === partition)
        const isSame =
          known?.leaderId === stored?.leader &&
          known?.leaderEpoch === stored?.leaderEpoch &&
          String(known?.isrNodes.toSorted()) === String(stored?.isr.toSorted())
        if (!isSame) return `broker ${id} says ${JSON.stringify(known)} of ${nameOf(partition)}`
      }
    }
    return undefined
  }

  #stored(name: string, partition: number): PartitionState | undefined {
    return parsePartitionState(this.#cluster.znode(paths.state(name, partition))?.data ?? null)
  }

  /** What is still to happen; undefined when all is at rest. */
  #unrest(): string | undefined {
    const { brokers, partitions } = this.#cluster
    const topicEnds: number[] = []
    for (const partition of partitions) {
      const { name } = partition
      const stored = this.#stored(partition.topic, partition.index)
      if (stored === undefined || stored.leader < 0) return `${name} has no leader`
      if (stored.isr.length < brokers.length) return `the ISR of ${name} is ${stored.isr.join()}`
      const held = brokers.map(({ node }) => node?.partition(partition.topic, partition.index))
      const ends = held.map((one) => one?.log.logEndOffset ?? -1)
      const [end = -1] = ends
      const marks = held.map((one) => one?.log.highWatermark ?? -1)
      if (new Set(ends).size > 1) return `the replicas of ${name} end at ${ends.join()}`
      if (marks.some((mark) => mark !== end)) return `${name} ends at ${end} and is committed up to ${marks.join()}`
      if (partition.topic !== topic) continue
      topicEnds.push(end)
      if (!this.#workload.haveRead(partition.index, end)) return `${name} is not read to its end ${end}`
    }
    return this.#workload.groupUnrest(topicEnds)
  }

  #checkEnd(): void {
    this.#invariants.checkAtRest()
    const { logs } = this.#cluster.broker(1)
    const finalLogs = new Map<string, readonly FinalRecord[]>()
    for (let partition = 0; partition < this.#options.partitions; partition++)
      finalLogs.set(nameOf(partition), logs[partition]?.batches().flatMap(recordsOf) ?? [])
    const anomalies = checkHistory({ entries: this.#history, finalLogs, promises: this.#workload.promises })
    for (const { kind, partition, offsets, what } of anomalies)
      this.#violated(`${kind} in ${partition} at ${offsets.join()}: ${what}`)
  }

  result(): SimResult {
    const { clock } = this.#cluster
    const acked = this.#history.filter(({ type }) => type === 'acked').length
    const epochs = Array.from({ length: this.#options.partitions }, (_, partition) => {
      return this.#stored(topic, partition)?.leaderEpoch ?? 0
    }).reduce((sum, epoch) => sum + epoch, 0)
    return {
      options: this.#options,
      violations: this.#violations,
      digest: (this.#digest >>> 0).toString(16).padStart(8, '0'),
      acked,
      epochs,
      events: clock.count,
      simulatedMs: clock.monotonicMs() - 1_000_000
    }
  }
}

/** What is asked and told all the time: a story says it where it matters, in the end. */
const isSmallTalk = ({ type }: HistoryEntry): boolean =>
  type === 'ended' || type === 'offsetAsked' || type === 'syncAsked'

function storyteller(entry: HistoryEntry): string {
  switch (entry.type) {
    case 'sent':
    case 'acked':
      return entry.producer
    case 'ended':
      return entry.client
    case 'assigned':
      return entry.member
    case 'read':
    case 'sought':
      return entry.reader
    default:
      return entry.group
  }
}
