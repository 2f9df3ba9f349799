/**
 * The controller: the one broker that holds /controller. It alone elects partition leaders, creates and deletes topics
 * and hands out producer ids; every write of it is a multi guarded by the version of /controller_epoch (KAFKA-6082).
 * One event at a time. An event that fails is never forgotten: after a lost connection the session's events bring it
 * back; after any other error of the ensemble (somebody else wrote, a full disk) everything is read anew, after a pause.
 *
 * A broker that refuses a partition does not lead it: the partition has no leader, or another one, until the broker takes
 * it. It is asked again, less and less often, with an order that does not make it leader yet.
 */
import { ignore } from '../../kernel/errors'
import {
  brokerEpochOf,
  topicPartitionName,
  type BrokerEpoch,
  type BrokerId,
  type ControllerEpoch
} from '../../kernel/ids'
import type { Clock, Log, Network, Random, Timer } from '../../kernel/ports'
import { randomUuid } from '../../kernel/uuid'
import { EnsembleError, isPassing, type EnsembleClient } from '../../coordination/ensemble-client'
import type { KafkaError } from '../../protocol/wire/error-codes'
import { ControllerBroadcast, type Refusal } from './controller-broadcast'
import { ControllerOffice, type OfficeTerm } from './controller-office'
import { ControllerMoved, ControllerWrites, deleteIfThere, inParts } from './controller-writes'
import {
  ControllerState,
  type ControlledPartition,
  type ControlledTopic,
  type LiveBroker
} from '../core/controller/controller-state'
import { electLeader, type Election } from '../core/controller/leader-election'
import { TopicMap, topicNameProblem } from '../core/topic-name'
import {
  parseBroker,
  configData,
  parseNextProducerId,
  parsePartitionState,
  parseTopic,
  paths,
  producerIdBlockData,
  producerIdBlockSize,
  topicData
} from '../core/znodes'
import type { TopicConfigs } from '../core/topic-configs'
import { changeIsrs, type IsrAnswers, type ProposedTopic } from './isr-changes'
import { PartitionStates } from './partition-states'
import { TopicDeletions } from './topic-deletions'

/** Everything is read anew so soon after an event failed, at first and at most. */
const againDelays = { minMs: 100, maxMs: 10_000 }
/** Without a reason to read again for so long, the next pause is a short one. */
const againCalmMs = 30_000
/** A broker that refused partitions is asked again so soon, at first and at most. */
const refusalDelays = { minMs: 1_000, maxMs: 10_000 }
const createAttemptsMax = 5
const refusedSampleMax = 3

export interface ControllerPorts {
  readonly brokerId: BrokerId
  readonly ensemble: EnsembleClient
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  readonly log: Log
  readonly event: (name: string, fields: Readonly<Record<string, unknown>>) => void
  /** A programmer error: the process decides. */
  readonly failed: (error: unknown) => void
}

export interface NewTopic {
  readonly name: string
  readonly assignment: readonly (readonly number[])[]
  readonly configs: TopicConfigs
}

export interface TopicOutcome {
  readonly error: KafkaError
  readonly message: string | null
  readonly topicId?: string
}

export class Controller {
  readonly #ports: ControllerPorts
  #isActive = false
  // Of the present term of office, or the last.
  #epoch: ControllerEpoch = 0
  #state = new ControllerState()
  #writes: ControllerWrites
  #states: PartitionStates
  #broadcast: ControllerBroadcast
  #deletions: TopicDeletions
  readonly #office: ControllerOffice
  #again: { readonly timer: Timer } | undefined
  #againDelayMs = againDelays.minMs
  #againMs = -Infinity
  /** Brokers that are to be asked again, and how long after the last time. */
  readonly #refusals = new Map<BrokerId, { delayMs: number; timer: Timer | undefined }>()
  #last: Promise<void> = Promise.resolve()
  #isStopped = false

  // Each watcher is one function for good, so that arming it twice is arming it once.
  readonly #onController = (): void => this.stand()
  readonly #onBrokers = (): void => this.#whenActive(() => this.#readBrokers())
  readonly #onTopics = (): void => this.#whenActive(() => this.#topicsChanged())
  readonly #onDeletions = (): void =>
    this.#whenActive(async () => {
      await this.#readDeletions()
      this.#deletions.resume()
    })

  constructor(ports: ControllerPorts) {
    this.#ports = ports
    this.#office = new ControllerOffice(ports)
    this.#writes = new ControllerWrites(ports.ensemble, -1)
    this.#states = new PartitionStates(ports, this.#writes)
    this.#broadcast = this.#newBroadcast()
    this.#deletions = this.#newDeletions()
  }

  /** For one term: what is heard after its end is nobody's. */
  #newBroadcast(): ControllerBroadcast {
    const { brokerId } = this.#ports
    const broadcast = new ControllerBroadcast(
      this.#ports,
      { brokerId, epoch: this.#epoch, state: this.#state },
      {
        answered: (broker, taken, refused) => {
          if (this.#broadcast === broadcast) this.#answered(broker, taken, refused)
        },
        outdated: (broker, error) => {
          if (this.#broadcast === broadcast) this.#readAgain(`broker ${broker} answered ${error}`)
        }
      }
    )
    return broadcast
  }

  #newDeletions(): TopicDeletions {
    const state = this.#state
    return new TopicDeletions({
      ...this.#ports,
      state,
      writes: this.#writes,
      broadcast: this.#broadcast,
      event: (work) => this.#whenActive(() => (this.#state === state ? work() : Promise.resolve())),
      finished: (topic) => this.#ports.event('topicDeleted', { topic })
    })
  }

  get isActive(): boolean {
    return this.#isActive
  }

  get epoch(): ControllerEpoch {
    return this.#epoch
  }

  /** Resolves when what is under way is done, taking office for one; false when this broker is no controller then. */
  whenInOffice(): Promise<boolean> {
    return this.#isActive
      ? this.#turn(
          () => Promise.resolve(true),
          () => false
        )
      : Promise.resolve(false)
  }

  /** A topic that this name would collide with. */
  collidingTopic(name: string): string | undefined {
    return this.#state.topics.colliding(name)
  }

  topic(name: string): ControlledTopic | undefined {
    return this.#state.topics.get(name)
  }

  liveBrokerIds(): readonly number[] {
    return this.#state.brokerIds()
  }

  /** Stands for election now, and again whenever the office is free. Call after registering, and after each new session. */
  stand(): void {
    this.#enqueue(() => this.#elect())
  }

  /** Without a session there is no office. */
  sessionEnded(): void {
    this.#resign()
  }

  /** After a lost connection what is known may be old: all is read again if the office is still ours. */
  reconnected(): void {
    this.#enqueue(() => this.#elect())
  }

  stop(): void {
    this.#isStopped = true
    this.#again?.timer.cancel()
    this.#resign()
  }

  // ── the event loop ───────────────────────────────────────────────────────────────────────────────────────────

  #enqueue(event: () => Promise<void>): void {
    this.#last = this.#last.then(async () => {
      if (this.#isStopped) return
      try {
        await event()
      } catch (error) {
        this.#failed(error)
      }
    })
  }

  #failed(error: unknown): void {
    if (error instanceof ControllerMoved) {
      this.#office.forget()
      this.#resign()
      this.#readAgain('the office is another’s')
    } else if (error instanceof EnsembleError && isPassing(error)) {
      // The session events decide what comes next: reconnected() or sessionEnded().
      this.#ports.log('warn', 'the controller lost the ensemble', { reason: error.message })
    } else if (error instanceof EnsembleError) {
      this.#readAgain(error.message)
    } else {
      this.#ports.failed(error)
    }
  }

  /** What is stored is not what we believed, or could not be stored: all is read and told anew, after a pause. */
  #readAgain(reason: string): void {
    if (this.#again !== undefined || this.#isStopped) return
    const nowMs = this.#ports.clock.monotonicMs()
    if (nowMs - this.#againMs > againCalmMs) this.#againDelayMs = againDelays.minMs
    this.#againMs = nowMs
    this.#ports.log('warn', 'the controller reads everything again', { reason, delayMs: this.#againDelayMs })
    const timer = this.#ports.clock.after(this.#againDelayMs, () => {
      this.#again = undefined
      this.#enqueue(() => this.#elect())
    })
    this.#again = { timer }
    this.#againDelayMs = Math.min(againDelays.maxMs, this.#againDelayMs * 2)
  }

  /**
   * The same for a request: it waits for its turn and gets a value back; what `failed` makes of the error when it could
   * not be done, of undefined when this broker is no controller.
   */
  #turn<T>(event: () => Promise<T>, failed: (error: unknown) => T): Promise<T> {
    return new Promise((resolve) => {
      this.#enqueue(async () => {
        if (!this.#isActive) {
          resolve(failed(undefined))
          return
        }
        try {
          resolve(await event())
        } catch (error) {
          resolve(failed(error))
          throw error
        }
      })
    })
  }

  // ── election ─────────────────────────────────────────────────────────────────────────────────────────────────

  async #elect(): Promise<void> {
    const term = await this.#office.stand(this.#onController, this.#ports.clock.nowMs())
    if (term === undefined) this.#resign()
    else await this.#takeOffice(term)
  }

  /** Reads everything, tells everybody, elects where a leader is missing (Kafka's controller failover). */
  async #takeOffice({ epoch, epochVersion }: OfficeTerm): Promise<void> {
    this.#broadcast.close()
    this.#forgetRefusals()
    const isOnlyOurs = epoch === this.#epoch || epoch === this.#epoch + 1
    this.#epoch = epoch
    this.#state = new ControllerState(isOnlyOurs ? this.#state : undefined)
    this.#writes = new ControllerWrites(this.#ports.ensemble, epochVersion)
    this.#states = new PartitionStates(this.#ports, this.#writes)
    this.#broadcast = this.#newBroadcast()
    this.#deletions = this.#newDeletions()
    const wasActive = this.#isActive
    this.#isActive = true
    if (!wasActive) {
      this.#ports.log('info', 'elected as controller', { epoch })
      this.#ports.event('controllerElected', { epoch })
    }
    await this.#readTopics()
    await this.#readDeletions()
    await this.#readBrokers()
    this.#deletions.resume()
  }

  #resign(): void {
    if (!this.#isActive) return
    this.#isActive = false
    this.#broadcast.close()
    this.#forgetRefusals()
    this.#state = new ControllerState(this.#state)
    this.#broadcast = this.#newBroadcast()
    this.#deletions = this.#newDeletions()
    this.#ports.log('info', 'resigned as controller', { epoch: this.#epoch })
    this.#ports.event('controllerResigned', { epoch: this.#epoch })
  }

  // ── brokers ──────────────────────────────────────────────────────────────────────────────────────────────────

  async #readBrokers(): Promise<void> {
    const { ensemble } = this.#ports
    const listed = await ensemble.getChildren(paths.brokerIds, this.#onBrokers)
    const registered: LiveBroker[] = []
    for (const name of listed?.children ?? []) {
      const id = Number(name)
      const znode = await ensemble.getData(paths.broker(id))
      const broker = znode === undefined ? undefined : parseBroker(id, znode.data)
      if (broker !== undefined && znode !== undefined)
        registered.push({ ...broker, epoch: brokerEpochOf(znode.stat.czxid) })
    }
    const { joined, left } = this.#state.replaceBrokers(registered)
    for (const id of left) this.#broadcast.drop(id)
    for (const id of [...left, ...joined]) this.#forgetRefusals(id)
    for (const id of joined) {
      const broker = this.#state.brokers.get(id)
      if (broker !== undefined) this.#broadcast.open(broker)
    }
    if (joined.length === 0 && left.length === 0) return
    this.#ports.log('info', 'brokers changed', { joined, left, live: this.#state.brokerIds() })
    const changed = await this.#electLeaders(this.#state.partitions())
    this.#state.settle()
    void this.#broadcast.tell({ changed, joined })
    this.#deletions.resume()
  }

  // ── what brokers refuse ──────────────────────────────────────────────────────────────────────────────────────

  /** At once, so that nobody is told of a leader that refused; what follows is an event of its own. */
  #answered(broker: LiveBroker, taken: readonly ControlledPartition[], refused: readonly Refusal[]): void {
    const back = taken.filter((partition) => this.#state.taken(broker.id, partition))
    const news = refused.filter(({ partition }) => this.#state.refused(broker.id, partition))
    if (refused.length > 0) this.#askAgainLater(broker.id)
    else if (this.#state.refusedBy(broker.id).length === 0) this.#forgetRefusals(broker.id)
    if (news.length > 0) this.#tellRefusals(broker.id, news)
    const changed = [...back, ...news.map(({ partition }) => partition)]
    if (changed.length === 0) return
    const state = this.#state
    this.#whenActive(async () => {
      if (this.#state !== state) return
      const elected = await this.#electLeaders(changed)
      if (elected.length > 0) void this.#broadcast.tell({ changed: elected })
    })
  }

  #tellRefusals(broker: BrokerId, refusals: readonly Refusal[]): void {
    const error = refusals[0]?.error ?? 'NONE'
    const sample = refusals.slice(0, refusedSampleMax).map(({ partition }) => topicPartitionName(partition))
    this.#ports.log('warn', 'a broker refuses partitions', { broker, count: refusals.length, error, sample })
    this.#ports.event('partitionsRefused', { broker, count: refusals.length, error, sample: sample.join(', ') })
  }

  #askAgainLater(brokerId: BrokerId): void {
    const before = this.#refusals.get(brokerId)
    if (before?.timer !== undefined) return
    const delayMs = before === undefined ? refusalDelays.minMs : Math.min(refusalDelays.maxMs, before.delayMs * 2)
    const timer = this.#ports.clock.after(delayMs, () => {
      this.#refusals.set(brokerId, { delayMs, timer: undefined })
      this.#whenActive(() => {
        this.#broadcast.askAgain(brokerId, this.#state.refusedBy(brokerId))
        return Promise.resolve()
      })
    })
    this.#refusals.set(brokerId, { delayMs, timer })
  }

  /** Of one broker, or of all. */
  #forgetRefusals(brokerId?: BrokerId): void {
    for (const [id, { timer }] of this.#refusals) {
      if (brokerId !== undefined && id !== brokerId) continue
      timer?.cancel()
      this.#refusals.delete(id)
    }
  }

  #whenActive(event: () => Promise<void>): void {
    this.#enqueue(async () => {
      if (this.#isActive) await event()
    })
  }

  #electLeaders(partitions: Iterable<ControlledPartition>): Promise<readonly ControlledPartition[]> {
    return this.#states.elect(partitions, (partition) => this.#electionOf(partition))
  }

  #electionOf(partition: ControlledPartition): Election {
    if (this.#state.deleting.has(partition.topic)) return { type: 'unchanged' }
    return electLeader({
      replicas: partition.replicas,
      stored: partition.state,
      isOnline: (id) => this.#state.canServe(partition, id),
      hasBounced: (id) => this.#state.hasBounced(id),
      controllerEpoch: this.#epoch
    })
  }

  // ── topics ───────────────────────────────────────────────────────────────────────────────────────────────────

  async #readTopics(): Promise<readonly ControlledPartition[]> {
    const { ensemble } = this.#ports
    const listed = await ensemble.getChildren(paths.topics, this.#onTopics)
    const names = new Set(listed?.children.filter((name) => this.#isLegal(name)))
    for (const name of [...this.#state.topics.keys()]) {
      if (names.has(name)) continue
      this.#state.topics.delete(name)
      // Somebody removed what was marked: the mark is of nothing any more, and a new topic of that name is not meant by it.
      if (this.#state.deleting.delete(name)) await deleteIfThere(ensemble, paths.deleteTopic(name))
    }
    const unknown = [...names].filter((name) => !this.#state.topics.has(name))
    const named = await inParts(unknown, (name) => this.#readAssignment(name))
    const known = named.filter((topic) => topic !== undefined)
    const read = await inParts(
      known.flatMap(({ name, partitions }) => partitions.map((replicas, partition) => ({ name, replicas, partition }))),
      ({ name, replicas, partition }) => this.#readPartition(name, partition, replicas)
    )
    let next = 0
    for (const {
      name,
      topicId,
      partitions: { length }
    } of known) {
      this.#state.topics.set(name, { name, topicId, partitions: read.slice(next, next + length) })
      next += length
    }
    return read
  }

  /** A name that no client could have given (and no folder could have) is no topic. */
  #isLegal(name: string): boolean {
    const reason = topicNameProblem(name)
    if (reason !== undefined) this.#ports.log('warn', 'a znode is ignored', { path: paths.topic(name), reason })
    return reason === undefined
  }

  async #readAssignment(name: string): Promise<AssignedTopic | undefined> {
    const { ensemble, random } = this.#ports
    const znode = await ensemble.getData(paths.topic(name))
    const assignment = znode === undefined ? undefined : parseTopic(znode.data)
    if (assignment === undefined || znode === undefined) {
      this.#ports.log('warn', 'a topic znode cannot be read', { topic: name })
      return undefined
    }
    let { topicId } = assignment
    if (topicId === undefined) {
      // Written by a tool older than topic ids (KIP-516): it gets one now.
      topicId = randomUuid(random)
      const data = topicData(topicId, assignment.partitions)
      await this.#writes.multi([{ type: 'setData', path: paths.topic(name), data, version: znode.stat.version }])
    }
    return { name, topicId, partitions: assignment.partitions }
  }

  async #readPartition(topic: string, partition: number, replicas: readonly BrokerId[]): Promise<ControlledPartition> {
    const stored = await this.#ports.ensemble.getData(paths.state(topic, partition))
    const state = stored === undefined ? undefined : parsePartitionState(stored.data)
    return { topic, partition, replicas, state, zkVersion: stored?.stat.version ?? 0 }
  }

  /** Somebody else wrote topics: they are taken over like our own. */
  async #topicsChanged(): Promise<void> {
    const partitions = await this.#readTopics()
    if (partitions.length === 0) return
    const changed = await this.#electLeaders(partitions)
    void this.#broadcast.tell({ changed, areNew: true })
  }

  /** Resolves when every live broker knows the topics' leaders, as clients expect of it, or the controller moved. */
  async createTopics(topics: readonly NewTopic[]): Promise<readonly TopicOutcome[]> {
    const made = await this.#turn<{
      readonly outcomes: readonly TopicOutcome[]
      readonly told: readonly Promise<void>[]
    }>(
      () => this.#createTopics(topics),
      (error) => ({ outcomes: topics.map(() => troubleOf(error)), told: [] })
    )
    await Promise.all(made.told)
    return made.outcomes
  }

  async #createTopics(
    topics: readonly NewTopic[]
  ): Promise<{ readonly outcomes: readonly TopicOutcome[]; readonly told: readonly Promise<void>[] }> {
    // All at once: the ensemble makes them safe with one sync. None is forgotten when one fails, so all are waited for.
    const names = new TopicMap<NewTopic>()
    const settled = await Promise.allSettled(topics.map((topic) => this.#createOrTell(topic, names)))
    const outcomes = settled.map((one) => {
      if (one.status === 'rejected') throw one.reason
      return one.value
    })
    const created = topics.flatMap(({ name }, i) =>
      outcomes[i]?.error === 'NONE' ? (this.#state.topics.get(name)?.partitions ?? []) : []
    )
    return { outcomes, told: await this.#electStored(created) }
  }

  /** The partitions are there, whatever comes of this: their leaders are elected when that can be stored. */
  async #electStored(created: readonly ControlledPartition[]): Promise<Promise<void>[]> {
    try {
      const changed = await this.#electLeaders(created)
      return [this.#broadcast.tell({ changed, areNew: true })]
    } catch (error) {
      if (!(error instanceof EnsembleError) || isPassing(error)) throw error
      this.#readAgain(error.message)
      return []
    }
  }

  /** One topic that cannot be stored takes nothing from the others; a lost office does. */
  async #createOrTell(topic: NewTopic, names: TopicMap<NewTopic>): Promise<TopicOutcome> {
    try {
      return this.#nameTaken(topic, names) ?? (await this.#createTopic(topic))
    } catch (error) {
      if (!(error instanceof EnsembleError) || isPassing(error)) throw error
      this.#ports.log('warn', 'a topic could not be stored', { topic: topic.name, reason: error.message })
      return troubleOf(error)
    }
  }

  /** By a topic, or by one of `names`, which are being created at the same time; else it is one of them from now on. */
  #nameTaken(topic: NewTopic, names: TopicMap<NewTopic>): TopicOutcome | undefined {
    const { name } = topic
    if (this.#state.topics.has(name) || names.has(name)) {
      const message = this.#state.deleting.has(name)
        ? `Topic '${name}' is marked for deletion.`
        : `Topic '${name}' already exists.`
      return { error: 'TOPIC_ALREADY_EXISTS', message }
    }
    const other = this.#state.topics.colliding(name) ?? names.colliding(name)
    if (other !== undefined) {
      return { error: 'INVALID_TOPIC_EXCEPTION', message: `Topic '${name}' collides with existing topic: ${other}` }
    }
    names.set(name, topic)
    return undefined
  }

  async #createTopic(topic: NewTopic, attempt = 1): Promise<TopicOutcome> {
    const { name, assignment, configs } = topic
    const topicId = randomUuid(this.#ports.random)
    const config = await this.#ports.ensemble.exists(paths.topicConfig(name))
    try {
      await this.#writes.multi([
        config === undefined
          ? { type: 'create', path: paths.topicConfig(name), data: configData(configs) }
          : { type: 'setData', path: paths.topicConfig(name), data: configData(configs) },
        { type: 'create', path: paths.topic(name), data: topicData(topicId, assignment) }
      ])
    } catch (error) {
      const isOvertaken = error instanceof EnsembleError && error.path === paths.topicConfig(name)
      if (isOvertaken && attempt < createAttemptsMax && (error.code === 'NODEEXISTS' || error.code === 'NONODE')) {
        ignore(error, 'somebody else wrote its configs meanwhile: looked at again')
        return this.#createTopic(topic, attempt + 1)
      }
      if (error instanceof EnsembleError && error.code === 'NODEEXISTS') {
        return { error: 'TOPIC_ALREADY_EXISTS', message: `Topic '${name}' already exists.` }
      }
      if (error instanceof EnsembleError && error.code === 'BADARGUMENTS') {
        return { error: 'INVALID_REQUEST', message: `Topic '${name}' with its configs is too large to be stored.` }
      }
      throw error
    }
    const partitions = assignment.map((replicas, partition) => ({
      topic: name,
      partition,
      replicas,
      state: undefined,
      zkVersion: 0
    }))
    this.#state.topics.set(name, { name, topicId, partitions })
    this.#ports.event('topicCreated', { topic: name, partitions: partitions.length })
    return { error: 'NONE', message: null, topicId }
  }

  // ── more partitions ──────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Adds partitions with these replicas, the first of them with the index `from`; resolves when every live broker knows
   * their leaders, or the controller moved. Refused when somebody else has added some meanwhile.
   */
  async createPartitions(name: string, from: number, replicas: readonly (readonly number[])[]): Promise<TopicOutcome> {
    const made = await this.#turn<{ readonly outcome: TopicOutcome; readonly told: readonly Promise<void>[] }>(
      () => this.#createPartitions(name, from, replicas),
      (error) => ({ outcome: troubleOf(error), told: [] })
    )
    await Promise.all(made.told)
    return made.outcome
  }

  async #createPartitions(name: string, from: number, added: readonly (readonly number[])[]) {
    const failed = (error: KafkaError, message: string) => ({ outcome: { error, message }, told: [] })
    const topic = this.#state.topics.get(name)
    const stored = topic === undefined ? undefined : await this.#ports.ensemble.getData(paths.topic(name))
    if (topic === undefined || stored === undefined)
      return failed('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${name}' does not exist.`)
    if (this.#state.deleting.has(name))
      return failed('INVALID_TOPIC_EXCEPTION', `Topic '${name}' is marked for deletion.`)
    if (topic.partitions.length !== from)
      return failed(
        'INVALID_PARTITIONS',
        `Topic currently has ${topic.partitions.length} partitions: somebody else added some.`
      )
    const all = [...topic.partitions.map(({ replicas }) => replicas), ...added]
    try {
      const data = topicData(topic.topicId, all)
      await this.#writes.multi([{ type: 'setData', path: paths.topic(name), data, version: stored.stat.version }])
    } catch (error) {
      if (!(error instanceof EnsembleError) || error.code !== 'BADARGUMENTS') throw error
      return failed('INVALID_REQUEST', `Topic '${name}' with so many partitions is too large to be stored.`)
    }
    const created = added.map((replicas, i): ControlledPartition => {
      return { topic: name, partition: from + i, replicas, state: undefined, zkVersion: 0 }
    })
    this.#state.topics.set(name, { ...topic, partitions: [...topic.partitions, ...created] })
    this.#ports.event('partitionsCreated', { topic: name, partitions: all.length })
    return { outcome: { error: 'NONE' as KafkaError, message: null }, told: await this.#electStored(created) }
  }

  // ── deletion ─────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Marks the topic; `gone` resolves when every live broker has heard of it, and then it is gone for clients. Its name is
   * taken until the brokers that are dead have come back and deleted it, too. One that is marked already is unknown.
   */
  async deleteTopic(
    name: string
  ): Promise<{ readonly error: KafkaError; readonly message: string | null; readonly gone: Promise<void> }> {
    const failed = (error: KafkaError, message: string | null = null) => ({ error, message, gone: Promise.resolve() })
    return this.#turn(
      async () => {
        if (!this.#state.topics.has(name)) return failed('UNKNOWN_TOPIC_OR_PARTITION')
        if (this.#state.deleting.has(name)) return failed('UNKNOWN_TOPIC_OR_PARTITION')
        await this.#markDeleted(name)
        this.#state.deleting.add(name)
        this.#deletions.resume()
        return { error: 'NONE' as KafkaError, message: null, gone: this.#deletions.gone(name) ?? Promise.resolve() }
      },
      (error) => {
        const trouble = troubleOf(error)
        return failed(trouble.error, trouble.message)
      }
    )
  }

  async #markDeleted(name: string): Promise<void> {
    try {
      await this.#writes.multi([{ type: 'create', path: paths.deleteTopic(name), data: null }])
    } catch (error) {
      if (!(error instanceof EnsembleError) || error.code !== 'NODEEXISTS') throw error
      ignore(error, 'somebody else wants it gone too')
    }
  }

  async #readDeletions(): Promise<void> {
    const listed = await this.#ports.ensemble.getChildren(paths.deleteTopics, this.#onDeletions)
    for (const name of listed?.children ?? []) {
      if (this.#state.topics.has(name)) this.#state.deleting.add(name)
      else await deleteIfThere(this.#ports.ensemble, paths.deleteTopic(name))
    }
  }

  // ── ISRs ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What a leader proposes; resolves when it is stored. The others are told, but not waited for. */
  changeIsrs(
    from: { readonly brokerId: BrokerId; readonly brokerEpoch: BrokerEpoch },
    asked: readonly ProposedTopic[]
  ): Promise<IsrAnswers> {
    return this.#turn(
      async () => {
        const term = { epoch: this.#epoch, state: this.#state, states: this.#states }
        const { answers, changed, foreign } = await changeIsrs(term, from, asked)
        if (changed.length > 0) void this.#broadcast.tell({ changed, isForClients: true })
        if (foreign.length > 0) void this.#broadcast.tell({ changed: foreign })
        return answers
      },
      // Whatever became of it: the leader asks again, and what is stored by then decides.
      () => ({ error: 'NOT_CONTROLLER', topics: [] })
    )
  }

  // ── producer ids ─────────────────────────────────────────────────────────────────────────────────────────────

  /** The next block of producer ids, for that broker (KIP-730). */
  async allocateProducerIds(
    brokerId: BrokerId
  ): Promise<{ readonly error: KafkaError; readonly start: bigint; readonly length: number }> {
    const failed = (error: KafkaError) => ({ error, start: -1n, length: 0 })
    return this.#turn(
      async () => {
        const stored = await this.#ports.ensemble.getData(paths.producerIdBlock)
        if (stored === undefined) return failed('NOT_CONTROLLER')
        const start = parseNextProducerId(stored.data)
        const data = producerIdBlockData(brokerId, start)
        await this.#writes.multi([{ type: 'setData', path: paths.producerIdBlock, data, version: stored.stat.version }])
        return { error: 'NONE' as KafkaError, start, length: producerIdBlockSize }
      },
      (error) => failed(troubleOf(error).error)
    )
  }

  inspect(): Readonly<Record<string, unknown>> {
    return {
      isActive: this.#isActive,
      epoch: this.#epoch,
      brokers: this.#state.brokerIds(),
      topics: this.#state.topics.size,
      deleting: [...this.#state.deleting]
    }
  }
}

/** A topic as its znode has it: the replicas of each partition. */
interface AssignedTopic extends Pick<ControlledTopic, 'name' | 'topicId'> {
  readonly partitions: readonly (readonly BrokerId[])[]
}

/** What a client is told of a request that the ensemble kept from being done; undefined: no controller is here any more. */
function troubleOf(error: unknown): TopicOutcome {
  if (error instanceof EnsembleError && error.code === 'SYSTEMERROR')
    return { error: 'KAFKA_STORAGE_ERROR', message: 'The ensemble could not store it; its disk may be full.' }
  if (error instanceof EnsembleError && !isPassing(error))
    return { error: 'UNKNOWN_SERVER_ERROR', message: `The ensemble could not store it: ${error.message}. Try again.` }
  const message =
    error instanceof EnsembleError
      ? 'The controller has lost the ensemble. Try again when it is back.'
      : 'This broker is not the controller any more. Try again.'
  return { error: 'NOT_CONTROLLER', message }
}
