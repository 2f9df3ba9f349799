/**
 * The monitor: samples the cluster once a second, keeps lag history, finds events, answers commands and serves watches.
 * What it knows of the cluster it knows as a client does; one that is dead or stopped leaves its own facts unknown.
 *
 * Commands that read take a fresh sample, so that they see what was done before them. Events, observation and watches
 * follow every sample; lag, its history and "behind" only those of the second's beat.
 */
import type { LagUnknown } from '../api/views'
import type { WatchKey } from '../api/watch'
import type { Serdes } from '../api/formats'
import type { ClientMessage, HostMessage } from '../api/wire'
import type { EnsembleClient } from '../coordination/ensemble-client'
import type { KafkaCluster } from '../kernel/cluster-ports'
import { ApiError } from '../api/api'
import { expectAppError, ignore, messageOf } from '../kernel/errors'
import type { Address, AskWord, Checksum, Clock, Disk, Log, Random, Timer } from '../kernel/ports'
import { said } from '../kernel/said'
import { commands, type CommandTable } from './commands'
import { Consumers } from './consumers'
import { brokerIdOf } from './core/broker-name'
import { behindEvents, ensembleEvents, historyEvent, snapshotEvents } from './core/changes'
import { CommitsStanding } from './core/commits-standing'
import { GroupPaces } from './core/group-pace'
import { groupLag, isCounted } from './core/lag'
import { GroupsBehind } from './core/groups-behind'
import { leaderlessPartitions, observationOf } from './core/observing'
import { heldPartitions, partitionMap, placement } from './core/partition-map'
import { PartitionHistory } from './core/partition-history'
import type { Snapshot } from './core/snapshot'
import { topicReadersView } from './core/topic-readers'
import {
  firstTopicsView,
  groupsView,
  groupView,
  lagSample,
  lagUnknown,
  topicsView,
  topicView,
  type ConfigsKnown
} from './core/views'
import { EnsembleWatch } from './ensemble-watch'
import { failureOf } from './failure'
import { LagHistory } from './history'
import { MoveThrottle } from './move-throttle'
import type { MonitorMessage, ObservedEvent } from './observation'
import { Producer } from './producer'
import { Productions } from './productions'
import { SessionLists } from './session-lists'
import { Sampler } from './sampler'
import { Watches, watchesMax } from './watches'
import { ZnodeAdministration } from './znode-administration'
import { isZnodeKey, ZnodeWatches } from './znode-watches'

const beatMs = 1000
const configsMaxAgeMs = 10_000
const configsTimeoutMs = 2000
/** After a failure, so that "could not be had" does not stand long when it no longer holds. */
const configsRetryMs = 2000

export interface MonitorPorts {
  readonly clock: Clock
  readonly random: Random
  readonly disk: Disk
  readonly checksum: Checksum
  readonly log: Log
  readonly cluster: KafkaCluster
  readonly serdes: Serdes
  readonly ensemble: EnsembleClient
  /** Where its members take clients, and four-letter words. */
  readonly members: readonly Address[]
  readonly askWord: AskWord
  /** To the host; resolves when the message has left. */
  readonly tell: (message: MonitorMessage | HostMessage) => Promise<void>
}

interface TopicConfigs extends ConfigsKnown {
  readonly atMs: number
}

export class Monitor {
  readonly #ports: MonitorPorts
  readonly #sampler: Sampler
  readonly #ensemble: EnsembleWatch
  readonly #history: LagHistory
  readonly #placed = new PartitionHistory()
  readonly #behind = new GroupsBehind()
  readonly #standing = new CommitsStanding()
  readonly #paces = new GroupPaces()
  readonly #watches: Watches
  readonly #consumers: Consumers
  readonly #productions: Productions
  readonly #znodes: ZnodeWatches
  readonly #throttle: MoveThrottle
  readonly #commands: CommandTable
  readonly #configs = new Map<string, TopicConfigs>()
  /** Topics of describe commands under way, and how many. */
  readonly #described = new Map<string, number>()
  #latest: Snapshot | undefined
  /** When it was complete, and the one before it: what was so before an act must not be from after it. */
  #latestAtMs = 0
  #earlier: { readonly snapshot: Snapshot; readonly atMs: number } | undefined
  #leaderlessSinceMs: number | undefined
  /** Since when partitions lack replicas in sync. */
  #missing: { readonly underMinIsr?: number | undefined; readonly underReplicated?: number | undefined } = {}
  #beat: Timer | undefined
  #isStopped = false

  /** `historyDays`: how long lag is kept. */
  constructor(ports: MonitorPorts, dataDir: string, historyDays?: number) {
    this.#ports = ports
    const { clock, random, disk, checksum, log, cluster, serdes } = ports
    this.#ensemble = new EnsembleWatch({
      client: ports.ensemble,
      clock,
      log,
      changed: (before, after) => this.#events(ensembleEvents(before, after, clock.nowMs()))
    })
    this.#sampler = new Sampler({
      clock,
      cluster,
      ensemble: () => this.#ensemble.facts,
      watchedTopics: () => this.#watchedTopics()
    })
    const keptChanged = (isKept: boolean): void => this.#events([historyEvent(isKept, clock.nowMs())])
    this.#history = new LagHistory({ disk, clock, checksum, log, keptChanged }, dataDir)
    if (historyDays !== undefined) this.#history.keep(historyDays)
    this.#watches = new Watches((key, value) => this.#tell({ type: 'push', key, value }))
    this.#consumers = new Consumers({
      clock,
      log,
      cluster,
      push: (id, value) => ports.tell({ type: 'push', key: `consumer:${id}`, value })
    })
    this.#throttle = new MoveThrottle({ clock, cluster, disk, log, dataDir })
    const producer = new Producer({ clock, random, serdes, cluster })
    this.#productions = new Productions({
      clock,
      random,
      serdes,
      producer,
      push: (id, value) => this.#tell({ type: 'push', key: `production:${id}`, value })
    })
    this.#znodes = new ZnodeWatches({
      client: ports.ensemble,
      clock,
      serdes,
      push: (key, value) => this.#tell({ type: 'push', key, value }),
      refused: (key, error) => this.#tell({ type: 'refused', key, error })
    })
    this.#commands = commands({
      clock,
      cluster,
      history: this.#history,
      placed: this.#placed,
      producer,
      productions: this.#productions,
      serdes,
      consumers: this.#consumers,
      sessions: new SessionLists({
        clock,
        addresses: ports.members,
        askWord: ports.askWord,
        client: ports.ensemble
      }),
      znodes: new ZnodeAdministration({ client: ports.ensemble, clock, serdes }),
      throttle: this.#throttle,
      fresh: (topic) => this.#fresh(topic),
      seen: (beforeMs) => this.#seen(beforeMs),
      configsChanged: (topic) => this.#sampler.configsChanged(topic),
      behind: () => this.#behindIds(),
      standing: (groupId) => this.#standing.of(groupId)
    })
  }

  start(): void {
    this.#ensemble.start()
    this.#throttle.start()
    this.#nextBeat(0)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#beat?.cancel()
    this.#throttle.stop()
    this.#productions.stopAll()
    this.#znodes.closeAll()
    await this.#consumers.closeAll()
    await this.#ensemble.stop()
    await this.#ports.cluster.close()
    this.#history.close()
  }

  receive(message: ClientMessage): void {
    if (message.type === 'call') void this.#answer(message.id, message.name, message.input)
    else if (message.type === 'watch') this.#watch(message.key as WatchKey)
    else this.#unwatch(message.key as WatchKey)
  }

  #tell(message: MonitorMessage | HostMessage): void {
    this.#ports.tell(message).catch((error: unknown) => ignore(error, 'the host is gone, and so will we be'))
  }

  async #answer(id: number, name: string, input: unknown): Promise<void> {
    try {
      const command = this.#commands[name as keyof CommandTable] as ((input: unknown) => Promise<unknown>) | undefined
      if (command === undefined)
        throw new ApiError({ code: 'INVALID_INPUT', message: said`There is no command ${name}.` })
      this.#tell({ type: 'result', id, value: await command(input) })
    } catch (error) {
      const { kafkaError, ...body } = failureOf(error)
      this.#tell({ type: 'error', id, error: kafkaError === undefined ? body : { ...body, kafkaError } })
      // It is answered; but a broken invariant must not go on unseen.
      if (!(error instanceof ApiError)) expectAppError(error)
    }
  }

  // ── samples ────────────────────────────────────────────────────────────────────────────────────────────────────

  #nextBeat(delayMs: number): void {
    this.#beat = this.#ports.clock.after(delayMs, () => void this.#onBeat())
  }

  /** A sample that takes long is followed by a rest as long as itself: half of one core is the most this takes. */
  async #onBeat(): Promise<void> {
    const { clock } = this.#ports
    const begunMs = clock.monotonicMs()
    const snapshot = await this.#taken(this.#sampler.sample('beat'))
    if (this.#isStopped) return
    this.#followLag(snapshot)
    this.#observed(snapshot)
    for (const key of this.#watches.keys()) if (isLag(key)) this.#offer(key, snapshot)
    const tookMs = clock.monotonicMs() - begunMs
    if (!this.#isStopped) this.#nextBeat(tookMs > beatMs / 2 ? Math.min(tookMs, beatMs) : beatMs - tookMs)
  }

  /** The snapshot of a sample that begins now, after what follows from it has been done. */
  async #fresh(topic?: string): Promise<Snapshot> {
    if (topic !== undefined) this.#described.set(topic, (this.#described.get(topic) ?? 0) + 1)
    try {
      return await this.#taken(this.#sampler.sample('command'))
    } finally {
      if (topic !== undefined) {
        const others = (this.#described.get(topic) ?? 1) - 1
        if (others === 0) this.#described.delete(topic)
        else this.#described.set(topic, others)
      }
    }
  }

  async #taken(sample: Promise<Snapshot>): Promise<Snapshot> {
    const snapshot = await sample
    if (snapshot !== this.#latest && !this.#isStopped) this.#sampled(snapshot)
    return snapshot
  }

  #sampled(snapshot: Snapshot): void {
    const before = this.#latest
    this.#earlier = before === undefined ? undefined : { snapshot: before, atMs: this.#latestAtMs }
    this.#latest = snapshot
    this.#latestAtMs = this.#ports.clock.nowMs()
    if (before !== undefined) this.#events(snapshotEvents(before, snapshot))
    this.#placed.sampled(snapshot)
    const isLeaderless = leaderlessPartitions(snapshot).names.length > 0
    if (snapshot.hasMetadata) {
      this.#leaderlessSinceMs = isLeaderless ? (this.#leaderlessSinceMs ?? snapshot.atMs) : undefined
    }
    for (const key of this.#watches.keys()) if (!isLag(key)) this.#offer(key, snapshot)
    void this.#refreshConfigs()
  }

  #seen(beforeMs = Infinity): Snapshot | undefined {
    if (this.#latestAtMs < beforeMs) return this.#latest
    return this.#earlier !== undefined && this.#earlier.atMs < beforeMs ? this.#earlier.snapshot : undefined
  }

  #followLag(snapshot: Snapshot): void {
    const groups = [...(snapshot.groups?.values() ?? [])]
    const lags = new Map(groups.map((group) => [group.groupId, groupLag(snapshot, group)]))
    const counted = new Map(
      // A lag of null then means one thing only: there is a commit, and the end is not known.
      [...lags].map(([groupId, { partitions }]) => [groupId, partitions.filter((row) => isCounted(snapshot, row))])
    )
    this.#paces.sampled(snapshot.atMs, counted)
    const kept = [...counted].map(
      ([groupId, rows]) => [groupId, rows.map(({ topic, partition, lag }) => ({ topic, partition, lag }))] as const
    )
    this.#history.record(snapshot.atMs, new Map(kept), (groupId) => this.#paces.of(groupId))
    this.#standing.sampled(snapshot, new Map([...lags].map(([groupId, { partitions }]) => [groupId, partitions])))
    this.#events(behindEvents(this.#behind.sampled(snapshot.atMs, lags), snapshot.atMs))
  }

  #observed(snapshot: Snapshot): void {
    const value = observationOf(snapshot, {
      leaderlessSinceMs: this.#leaderlessSinceMs ?? snapshot.atMs,
      underMinIsrSinceMs: this.#missing.underMinIsr,
      underReplicatedSinceMs: this.#missing.underReplicated,
      groupsBehind: this.#behind.list(),
      groupsUnknown: [...(snapshot.groups?.values() ?? [])].filter((group) => isAway(lagUnknown(snapshot, group)))
        .length
    })
    const { underMinIsr, underReplicated } = value
    this.#missing = {
      underMinIsr: underMinIsr != null && underMinIsr.count > 0 ? underMinIsr.sinceMs : undefined,
      underReplicated: underReplicated != null && underReplicated.count > 0 ? underReplicated.sinceMs : undefined
    }
    this.#tell({ type: 'observation', value })
  }

  #behindIds(): ReadonlySet<string> {
    return new Set(this.#behind.list().map(({ groupId }) => groupId))
  }

  #events(events: readonly ObservedEvent[]): void {
    for (const event of events) this.#tell({ type: 'observed', event })
  }

  // ── watches ────────────────────────────────────────────────────────────────────────────────────────────────────

  #watch(key: WatchKey): void {
    if (key.startsWith('consumer:')) {
      this.#consumers.begin(key.slice('consumer:'.length))
      return
    }
    if (key.startsWith('production:')) {
      this.#productions.begin(key.slice('production:'.length))
      return
    }
    if (isZnodeKey(key)) return this.#znodes.begin(key)
    if (!this.#watches.add(key)) {
      this.#ports.log('warn', 'too many watches', { key })
      const message = said`${watchesMax} views are watched already by all clients together. Close some and open this one again.`
      this.#tell({ type: 'refused', key, error: { code: 'CONFLICT', message } })
      return
    }
    if (this.#latest !== undefined) this.#offer(key, this.#latest)
    void this.#refreshConfigs()
  }

  #unwatch(key: WatchKey): void {
    if (key.startsWith('consumer:')) {
      void this.#consumers.close(key.slice('consumer:'.length))
      return
    }
    if (key.startsWith('production:')) {
      this.#productions.stop(key.slice('production:'.length))
      return
    }
    if (isZnodeKey(key)) return this.#znodes.end(key)
    this.#watches.remove(key)
  }

  #offer(key: WatchKey, snapshot: Snapshot): void {
    const name = key.slice(key.indexOf(':') + 1)
    if (key === 'topics') {
      const view = topicsView(snapshot)
      // Ten thousand rows are not sent each second because of the time on them.
      this.#watches.offer(key, view, view.topics)
    } else if (key === 'first-topics') {
      const view = firstTopicsView(snapshot)
      this.#watches.offer(key, view, [view.topicCount, view.topics])
    } else if (key === 'groups') {
      const view = groupsView(snapshot, this.#behindIds(), (groupId) => this.#standing.of(groupId))
      this.#watches.offer(key, view, view.groups)
    } else if (key === 'partitions') {
      const view = partitionMap(snapshot)
      this.#watches.offer(key, view, [view.topicCount, view.topics])
    } else if (key === 'placement') {
      const view = placement(snapshot)
      this.#watches.offer(key, view, [view.partitionCount, view.topics])
    } else if (key.startsWith('held:')) {
      const view = heldPartitions(snapshot, brokerIdOf(name))
      this.#watches.offer(key, view, view.partitions)
    } else if (key.startsWith('readers:')) {
      const view = topicReadersView(snapshot, name, this.#behindIds())
      this.#watches.offer(key, view, { ...view, observedAtMs: view.observedAtMs === null })
    } else if (key.startsWith('lag:')) this.#watches.offer(key, lagSample(snapshot, name, this.#paces.of(name)))
    else if (key.startsWith('group:')) {
      const group = snapshot.groups?.get(name)
      if (group !== undefined)
        this.#watches.offer(key, groupView(snapshot, group, this.#behindIds(), this.#standing.of(name)))
      else if (snapshot.groups !== null) this.#watches.offer(key, null)
    } else if (key.startsWith('topic:')) {
      const topic = snapshot.topics.get(name)
      const known = this.#configs.get(name) ?? { configs: null, problem: null }
      if (topic !== undefined) this.#watches.offer(key, topicView(topic, known))
      else if (topic === undefined && snapshot.hasMetadata) this.#watches.offer(key, null)
    }
  }

  #watchedTopics(): ReadonlySet<string> {
    const names = new Set(this.#described.keys())
    for (const key of this.#watches.keys()) if (key.startsWith('topic:')) names.add(key.slice('topic:'.length))
    return names
  }

  async #refreshConfigs(): Promise<void> {
    const { clock, cluster } = this.#ports
    const watched = this.#watchedTopics()
    for (const name of this.#configs.keys()) if (!watched.has(name)) this.#configs.delete(name)
    for (const name of watched) {
      const known = this.#configs.get(name)
      if (known !== undefined && clock.nowMs() - known.atMs < configsMaxAgeMs) continue
      if (this.#latest?.topics.has(name) !== true) continue
      // Not asked again while it is under way.
      this.#configs.set(name, { configs: known?.configs ?? null, problem: known?.problem ?? null, atMs: clock.nowMs() })
      try {
        const configs = await cluster.topicConfigs(name, configsTimeoutMs)
        this.#configs.set(name, { configs, problem: null, atMs: clock.nowMs() })
      } catch (error) {
        expectAppError(error)
        // What was known may have changed since; asked again soon, as nobody waits for it.
        const atMs = clock.nowMs() - configsMaxAgeMs + configsRetryMs
        this.#configs.set(name, { configs: null, problem: messageOf(error), atMs })
      }
      this.#offer(`topic:${name}`, this.#latest)
    }
  }
}

/** Its lag cannot be known; one without a commit has none. */
function isAway(why: LagUnknown | null): boolean {
  return why === 'coordinatorSilent' || why === 'leaderSilent'
}

function isLag(key: WatchKey): boolean {
  return key.startsWith('lag:')
}
