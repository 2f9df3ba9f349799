/**
 * What must hold at every moment of a cluster, looked at after each event: by number those of the control plane's and the
 * replication's invariants that can be seen from outside of the modules. A violation is told once.
 */
import { parsePartitionState, paths, textOf, type PartitionState } from '../../../src-main/broker/core/znodes'
import type { Partition } from '../../../src-main/broker/partition'
import type { StoredBatch } from './replica-log'
import { topic, type SimBroker, type SimCluster } from './sim-cluster'

interface Watched {
  /** Where it stands among those of the cluster. */
  readonly at: number
  readonly topic: string
  readonly partition: number
  readonly name: string
  readonly statePath: string
  /** One for each broker. */
  readonly replicas: readonly Replica[]
  version: number
  state: PartitionState | undefined
  /** Who said to lead in which epoch. */
  readonly leaders: Map<number, number>
  /** The highest watermark that a leader has had: all below is committed. */
  committed: number
  /** Of what is committed, as the leader had it that committed it. */
  readonly committedBatches: StoredBatch[]
  /** Epoch and life of the leader that was last found to have all that is committed. */
  completeFor: string
}

/** What was seen of a broker's replica last. */
interface Replica {
  readonly broker: SimBroker
  held: Partition | undefined
  life: number
  isLed: boolean
  leaderEpoch: number
  logEndOffset: number
  highWatermark: number
}

export class Invariants {
  readonly #cluster: SimCluster
  readonly #told: (who: string, what: string) => void
  readonly #violated: (what: string) => void
  readonly #watched: readonly Watched[]
  #controllerEpoch = 0
  #controllerEpochBefore = 0
  #controllerEpochVersion = -1

  constructor(cluster: SimCluster, told: (who: string, what: string) => void, violated: (what: string) => void) {
    this.#cluster = cluster
    this.#told = told
    this.#violated = violated
    this.#watched = cluster.partitions.map(({ topic, index: partition, name }, at) => ({
      at,
      topic,
      partition,
      name,
      statePath: paths.state(topic, partition),
      replicas: cluster.brokers.map(unseen),
      version: -1,
      state: undefined,
      leaders: new Map(),
      committed: 0,
      committedBatches: [],
      completeFor: ''
    }))
  }

  /** How far the partition is committed. */
  committed(partition: number): number {
    return this.#watched[partition]?.committed ?? 0
  }

  /** After most events nothing has changed that it could see. */
  check(): void {
    this.#lookAtController()
    for (const watched of this.#watched) {
      let hasChanged = this.#checkStored(watched)
      for (const replica of watched.replicas) if (this.#look(watched, replica)) hasChanged = true
      if (!hasChanged) continue
      for (const { broker, held } of watched.replicas) if (held !== undefined) this.#checkReplica(watched, broker, held)
    }
  }

  #lookAtController(): void {
    const znode = this.#cluster.znode(paths.controllerEpoch)
    this.#controllerEpochBefore = this.#controllerEpoch
    if (znode === undefined || znode.version === this.#controllerEpochVersion) return
    this.#controllerEpochVersion = znode.version
    this.#controllerEpoch = Number(textOf(znode.data ?? new Uint8Array(0)))
  }

  /** 1, 2: epochs only grow, and with them the version; 9: an ISR is never empty, and its leader is in it. Whether it has changed. */
  #checkStored(watched: Watched): boolean {
    const znode = this.#cluster.znode(watched.statePath)
    if (znode === undefined || znode.version === watched.version) return false
    const state = parsePartitionState(znode.data)
    const { name, state: before } = watched
    watched.version = znode.version
    watched.state = state
    if (state === undefined) {
      this.#violated(`the stored state of ${name} cannot be read`)
      return true
    }
    if (watched.topic !== topic && state.leader !== before?.leader) this.#cluster.coordinatorStored(state.leader)
    if (before !== undefined && state.leaderEpoch < before.leaderEpoch)
      this.#violated(`the leader epoch of ${name} went back from ${before.leaderEpoch} to ${state.leaderEpoch}`)
    if (before !== undefined && state.leader !== before.leader && state.leaderEpoch === before.leaderEpoch)
      this.#violated(`${name} has another leader in the same epoch ${state.leaderEpoch}`)
    this.#checkWriter(name, state)
    if (state.isr.length === 0) this.#violated(`the ISR of ${name} is empty`)
    if (state.leader >= 0 && !state.isr.includes(state.leader))
      this.#violated(`broker ${state.leader} leads ${name} and is not in its ISR ${state.isr.join()}`)
    this.#told('stored', `${name} version ${znode.version} ${JSON.stringify(state)}`)
    return true
  }

  /**
   * 8: acks=all was answered: at least min.insync.replicas have what it is about. What a disk has lost since is not looked for.
   */
  checkAcked(partition: number, lastOffset: number): void {
    if (this.#cluster.hasLost) return
    const have = this.#cluster.brokers.filter(
      (broker) => (logOf(broker, partition).at(-1)?.lastOffset ?? -1) >= lastOffset
    )
    const { minInSyncReplicas } = this.#cluster.options
    if (have.length < minInSyncReplicas)
      this.#violated(
        `${topic}-${partition} is acknowledged up to ${lastOffset}, which ${have.length} of ${minInSyncReplicas} replicas have`
      )
  }

  /** 12: who stores a state is the controller at that moment; in one event another may become it. */
  #checkWriter(name: string, { controllerEpoch }: PartitionState): void {
    if (controllerEpoch !== this.#controllerEpoch && controllerEpoch !== this.#controllerEpochBefore)
      this.#violated(
        `${name} is stored by the controller of epoch ${controllerEpoch} in epoch ${this.#controllerEpoch}`
      )
  }

  /** 6: the watermark never goes back, and never passes the log. Whether anything of the replica has changed. */
  #look({ topic, partition, name }: Watched, known: Replica): boolean {
    const { broker } = known
    const held = broker.node?.partition(topic, partition)
    if (held === undefined) {
      if (known.held === undefined) return false
      known.held = undefined
      return true
    }
    const { isLed, leaderEpoch } = held
    const { logEndOffset, highWatermark } = held.log
    const isSame = known.held === held && known.life === broker.life
    if (
      isSame &&
      known.highWatermark === highWatermark &&
      known.logEndOffset === logEndOffset &&
      known.leaderEpoch === leaderEpoch &&
      known.isLed === isLed
    )
      return false
    if (highWatermark > logEndOffset)
      this.#violated(`the watermark ${highWatermark} of ${name} on broker ${broker.id} is beyond its end`)
    if (known.life === broker.life && highWatermark < known.highWatermark)
      this.#violated(
        `the watermark of ${name} on broker ${broker.id} went back from ${known.highWatermark} to ${highWatermark}`
      )
    known.held = held
    known.life = broker.life
    known.isLed = isLed
    known.leaderEpoch = leaderEpoch
    known.logEndOffset = logEndOffset
    known.highWatermark = highWatermark
    return true
  }

  #checkReplica(watched: Watched, broker: SimBroker, held: Partition): void {
    const { name } = watched
    const { log, leaderEpoch } = held
    if (!held.isLed) return
    const known = watched.leaders.get(leaderEpoch)
    if (known === undefined) {
      watched.leaders.set(leaderEpoch, broker.id)
      this.#told(
        broker.host,
        `leads ${name} in epoch ${leaderEpoch} from ${log.highWatermark} of ${log.logEndOffset} on`
      )
    }
    if (known !== undefined && known !== broker.id)
      this.#violated(`brokers ${known} and ${broker.id} both led ${name} in epoch ${leaderEpoch}`)
    if (watched.state?.leaderEpoch === leaderEpoch && watched.state.leader === broker.id)
      this.#checkLeader(watched, broker, held, name)
    if (log.highWatermark > watched.committed) this.#commit(watched, broker, held)
  }

  /** 3: whoever leads has everything that was committed; 4, 5, 6: whoever is in the stored ISR has what the leader calls committed. */
  #checkLeader(watched: Watched, broker: SimBroker, { log, leaderEpoch }: Partition, name: string): void {
    const key = `${broker.id} ${broker.life} ${leaderEpoch}`
    if (watched.completeFor !== key) {
      watched.completeFor = key
      const missing = missingOf(watched, logOf(broker, watched.at))
      if (missing !== undefined)
        this.#violated(
          `broker ${broker.id} leads ${name} in epoch ${leaderEpoch} without the committed offset ${missing}`
        )
    }
    for (const id of watched.state?.isr ?? []) {
      const other = this.#cluster.broker(id)
      const replica = id === broker.id ? undefined : other.node?.partition(watched.topic, watched.partition)
      // Of one whose process is gone nobody can say what it has; one that starts has not opened everything.
      if (replica === undefined || replica.isLed) continue
      if (replica.log.logEndOffset < log.highWatermark && replica.leaderEpoch >= leaderEpoch)
        this.#violated(
          `broker ${id} is in the ISR of ${name} with ${replica.log.logEndOffset} records; its leader has committed ${log.highWatermark}`
        )
    }
  }

  /** 4: what a leader calls committed is the same on every member of the stored ISR that runs. */
  #commit(watched: Watched, broker: SimBroker, { log, leaderEpoch }: Partition): void {
    const from = watched.committed
    watched.committed = log.highWatermark
    const isNew = ({ lastOffset }: StoredBatch): boolean => lastOffset >= from && lastOffset < watched.committed
    const batches = lastOf(logOf(broker, watched.at), isNew)
    watched.committedBatches.push(...batches)
    if (watched.state?.leaderEpoch !== leaderEpoch || watched.state.leader !== broker.id) return
    for (const id of watched.state.isr) {
      const other = this.#cluster.broker(id)
      const held = id === broker.id ? undefined : other.node?.partition(watched.topic, watched.partition)
      if (held === undefined || held.leaderEpoch !== leaderEpoch) continue
      const there = lastOf(logOf(other, watched.at), isNew)
      const differs = batches.find(({ bytes }, i) => !isSame(bytes, there[i]?.bytes ?? noBytes))
      if (differs !== undefined)
        this.#violated(
          `broker ${id} is in the ISR of ${watched.name} without the committed offset ${differs.baseOffset}`
        )
    }
  }

  /** At rest: every replica has the same log (7), and all of it is committed. */
  checkAtRest(): void {
    for (const { at, name } of this.#watched) {
      const logs = this.#cluster.brokers.map((broker) => logOf(broker, at))
      const [first = []] = logs
      for (const [index, log] of logs.entries()) {
        const differs = differenceOf(first, log)
        if (differs !== undefined)
          this.#violated(`brokers 1 and ${index + 1} differ in ${name} from offset ${differs} on`)
      }
    }
  }
}

const logOf = ({ logs }: SimBroker, at: number): readonly StoredBatch[] => logs[at]?.batches() ?? []

const unseen = (broker: SimBroker): Replica => ({
  broker,
  held: undefined,
  life: -1,
  isLed: false,
  leaderEpoch: -1,
  logEndOffset: -1,
  highWatermark: -1
})

/** The first committed offset that is not there as it was committed. */
function missingOf({ committedBatches }: Watched, log: readonly StoredBatch[]): number | undefined {
  const byOffset = new Map(log.map((batch) => [batch.baseOffset, batch]))
  for (const batch of committedBatches) {
    const there = byOffset.get(batch.baseOffset)
    if (there === undefined || !isSame(there.bytes, batch.bytes)) return batch.baseOffset
  }
  return undefined
}

function differenceOf(one: readonly StoredBatch[], other: readonly StoredBatch[]): number | undefined {
  for (let i = 0; i < Math.max(one.length, other.length); i++) {
    const [a, b] = [one[i], other[i]]
    if (a === undefined || b === undefined || !isSame(a.bytes, b.bytes))
      return Math.min(a?.baseOffset ?? Infinity, b?.baseOffset ?? Infinity)
  }
  return undefined
}

const noBytes = new Uint8Array(0)

/** Those at the end of a list that belong together; it is looked at from its end. */
function lastOf(batches: readonly StoredBatch[], fits: (batch: StoredBatch) => boolean): readonly StoredBatch[] {
  let from = batches.length
  let hasBegun = false
  for (; from > 0; from--) {
    const batch = batches[from - 1]
    const isOne = batch !== undefined && fits(batch)
    if (hasBegun && !isOne) break
    hasBegun ||= isOne
  }
  return batches.slice(from).filter(fits)
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
