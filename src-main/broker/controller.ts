/**
 * The controller: the one broker that holds /controller. It alone elects partition leaders, creates and deletes topics
 * and hands out producer ids; every write of it is a multi guarded by the version of /controller_epoch (kafka.md 6.2).
 * One event at a time. A lost connection ends the event: what is stored is read anew before anything else is decided.
 */
import { ignore } from '../kernel/errors'
import type { Clock, Log, Network, Random } from '../kernel/ports'
import { randomUuid } from '../kernel/uuid'
import { EnsembleError, type EnsembleClient, type Operation } from '../coordination/ensemble-client'
import type { KafkaError } from '../protocol/wire/error-codes'
import { ControllerBroadcast } from './controller-broadcast'
import {
  chunks,
  ControllerMoved,
  ControllerWrites,
  createIfMissing,
  deleteIfThere,
  partitionsPerMulti
} from './controller-writes'
import {
  ControllerState,
  type ControlledPartition,
  type ControlledTopic,
  type LiveBroker
} from './core/controller/controller-state'
import { electLeader, type Election } from './core/controller/leader-election'
import { collidingTopic, topicNameProblem } from './core/topic-name'
import {
  parseBroker,
  configData,
  controllerData,
  dataOf,
  parseControllerEpoch,
  parseNextProducerId,
  parsePartitionState,
  parseTopic,
  paths,
  producerIdBlockData,
  producerIdBlockSize,
  topicData
} from './core/znodes'
import type { TopicConfigs } from './core/topic-configs'
import { PartitionStates } from './partition-states'

export interface ControllerPorts {
  readonly brokerId: number
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
  #epoch = 0
  #state = new ControllerState()
  #writes: ControllerWrites
  #states: PartitionStates
  #broadcast: ControllerBroadcast
  #last: Promise<void> = Promise.resolve()
  #isStopped = false
  /** Topics whose brokers were told to delete them and have not all answered. */
  readonly #beingDeleted = new Set<ControlledTopic>()
  /** Resolved when a topic that is being deleted is gone. */
  readonly #deletionWaiters = new Map<string, (() => void)[]>()

  // Each watcher is one function for good, so that arming it twice is arming it once.
  readonly #onController = (): void => this.stand()
  readonly #onBrokers = (): void => this.#whenActive(() => this.#readBrokers())
  readonly #onTopics = (): void => this.#whenActive(() => this.#topicsChanged())
  readonly #onDeletions = (): void =>
    this.#whenActive(async () => {
      await this.#readDeletions()
      this.#resumeDeletions()
    })

  constructor(ports: ControllerPorts) {
    this.#ports = ports
    this.#writes = new ControllerWrites(ports.ensemble, -1)
    this.#states = new PartitionStates(ports, this.#writes)
    this.#broadcast = new ControllerBroadcast(ports, { brokerId: ports.brokerId, epoch: 0, state: this.#state })
  }

  get isActive(): boolean {
    return this.#isActive
  }

  get epoch(): number {
    return this.#epoch
  }

  /** Resolves when what is under way is done, taking office for one; false when this broker is no controller then. */
  whenInOffice(): Promise<boolean> {
    return this.#isActive ? this.#turn(() => Promise.resolve(true), false) : Promise.resolve(false)
  }

  /** Names of all topics, those being deleted too. Only while active. */
  topicNames(): readonly string[] {
    return [...this.#state.topics.keys()]
  }

  topic(name: string): ControlledTopic | undefined {
    return this.#state.topics.get(name)
  }

  topicNameOf(topicId: string): string | undefined {
    for (const topic of this.#state.topics.values()) if (topic.topicId === topicId) return topic.name
    return undefined
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
      this.#resign()
      this.stand()
    } else if (error instanceof EnsembleError) {
      // The session events decide what comes next: reconnected() or sessionEnded().
      this.#ports.log('warn', 'the controller lost the ensemble', { reason: error.message })
    } else {
      this.#ports.failed(error)
    }
  }

  /** The same for a request: it waits for its turn and gets a value back; `moved` when the office was lost meanwhile. */
  #turn<T>(event: () => Promise<T>, moved: T): Promise<T> {
    return new Promise((resolve) => {
      this.#enqueue(async () => {
        if (!this.#isActive) {
          resolve(moved)
          return
        }
        try {
          resolve(await event())
        } catch (error) {
          resolve(moved)
          throw error
        }
      })
    })
  }

  // ── election ─────────────────────────────────────────────────────────────────────────────────────────────────

  async #elect(): Promise<void> {
    const { ensemble, brokerId, clock } = this.#ports
    const holder = await ensemble.exists(paths.controller, this.#onController)
    if (holder !== undefined) {
      if (holder.ephemeralOwner === ensemble.sessionId) await this.#takeOffice()
      else this.#resign()
      return
    }
    const { epoch, version } = await this.#storedEpoch()
    try {
      await ensemble.multi([
        { type: 'create', path: paths.controller, data: controllerData(brokerId, clock.nowMs()), ephemeral: true },
        { type: 'setData', path: paths.controllerEpoch, data: dataOf(String(epoch + 1)), version }
      ])
    } catch (error) {
      if (error instanceof EnsembleError && (error.code === 'NODEEXISTS' || error.code === 'BADVERSION')) {
        ignore(error, 'another broker was elected; the watch on /controller tells when it goes')
        return
      }
      throw error
    }
    await this.#takeOffice()
  }

  async #storedEpoch(): Promise<{ readonly epoch: number; readonly version: number }> {
    const { ensemble } = this.#ports
    const stored = await ensemble.getData(paths.controllerEpoch)
    if (stored !== undefined) return { epoch: parseControllerEpoch(stored.data), version: stored.stat.version }
    await createIfMissing(ensemble, paths.controllerEpoch, dataOf('0'))
    const created = await ensemble.getData(paths.controllerEpoch)
    return { epoch: parseControllerEpoch(created?.data ?? null), version: created?.stat.version ?? 0 }
  }

  /** Reads everything, tells everybody, elects where a leader is missing (kafka.md 6.2, "Failover"). */
  async #takeOffice(): Promise<void> {
    const { epoch, version } = await this.#storedEpoch()
    const { ensemble, brokerId } = this.#ports
    this.#broadcast.close()
    this.#epoch = epoch
    this.#state = new ControllerState()
    this.#writes = new ControllerWrites(ensemble, version)
    this.#states = new PartitionStates(this.#ports, this.#writes)
    this.#broadcast = new ControllerBroadcast(this.#ports, { brokerId, epoch, state: this.#state })
    const wasActive = this.#isActive
    this.#isActive = true
    if (!wasActive) {
      this.#ports.log('info', 'elected as controller', { epoch })
      this.#ports.event('controllerElected', { epoch })
    }
    await this.#readTopics()
    await this.#readDeletions()
    await this.#readBrokers()
    this.#resumeDeletions()
    // Deleted by a write of ours whose answer was lost.
    for (const topic of this.#deletionWaiters.keys()) if (!this.#state.topics.has(topic)) this.#tellGone(topic)
  }

  #resign(): void {
    if (!this.#isActive) return
    this.#isActive = false
    this.#broadcast.close()
    this.#state = new ControllerState()
    for (const waiters of this.#deletionWaiters.values()) for (const done of waiters) done()
    this.#deletionWaiters.clear()
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
      if (broker !== undefined && znode !== undefined) registered.push({ ...broker, epoch: znode.stat.czxid })
    }
    const { joined, left } = this.#state.replaceBrokers(registered)
    for (const id of left) this.#broadcast.drop(id)
    for (const id of joined) {
      const broker = this.#state.brokers.get(id)
      if (broker !== undefined) this.#broadcast.open(broker)
    }
    if (joined.length === 0 && left.length === 0) return
    this.#ports.log('info', 'brokers changed', { joined, left, live: this.#state.brokerIds() })
    const changed = await this.#electLeaders(this.#state.partitions())
    void this.#broadcast.tell({ changed, joined })
    this.#resumeDeletions()
  }

  #whenActive(event: () => Promise<void>): void {
    this.#enqueue(async () => {
      if (this.#isActive) await event()
    })
  }

  #electLeaders(partitions: Iterable<ControlledPartition>): Promise<readonly ControlledPartition[]> {
    return this.#states.elect(partitions, (partition) => this.#electionOf(partition))
  }

  #electionOf({ topic, replicas, state }: ControlledPartition): Election {
    if (this.#state.deleting.has(topic)) return { type: 'unchanged' }
    return electLeader(replicas, state, (id) => this.#state.isAlive(id), this.#epoch)
  }

  // ── topics ───────────────────────────────────────────────────────────────────────────────────────────────────

  async #readTopics(): Promise<readonly ControlledPartition[]> {
    const { ensemble } = this.#ports
    const listed = await ensemble.getChildren(paths.topics, this.#onTopics)
    const names = new Set(listed?.children.filter((name) => this.#isLegal(name)))
    for (const name of [...this.#state.topics.keys()]) if (!names.has(name)) this.#state.topics.delete(name)
    const unknown = [...names].filter((name) => !this.#state.topics.has(name))
    const read = await Promise.all(unknown.map((name) => this.#readTopic(name)))
    const topics = read.filter((topic): topic is ControlledTopic => topic !== undefined)
    for (const topic of topics) this.#state.topics.set(topic.name, topic)
    return topics.flatMap((topic) => topic.partitions)
  }

  /** A name that no client could have given (and no folder could have) is no topic. */
  #isLegal(name: string): boolean {
    const reason = topicNameProblem(name)
    if (reason !== undefined) this.#ports.log('warn', 'a znode is ignored', { path: paths.topic(name), reason })
    return reason === undefined
  }

  async #readTopic(name: string): Promise<ControlledTopic | undefined> {
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
    const partitions = await Promise.all(
      assignment.partitions.map(async (replicas, partition): Promise<ControlledPartition> => {
        const stored = await ensemble.getData(paths.state(name, partition))
        const state = stored === undefined ? undefined : parsePartitionState(stored.data)
        return { topic: name, partition, replicas, state, zkVersion: stored?.stat.version ?? 0 }
      })
    )
    return { name, topicId, partitions }
  }

  /** Somebody else wrote topics: they are taken over like our own. */
  async #topicsChanged(): Promise<void> {
    const partitions = await this.#readTopics()
    if (partitions.length === 0) return
    const changed = await this.#electLeaders(partitions)
    void this.#broadcast.tell({ changed, areNew: true })
  }

  /** Resolves when every live broker knows the topics' leaders (kafka.md 4.3 item 24), or the controller moved. */
  async createTopics(topics: readonly NewTopic[]): Promise<readonly TopicOutcome[]> {
    const moved = topics.map((): TopicOutcome => ({ error: 'NOT_CONTROLLER', message: null }))
    const made = await this.#turn<{ readonly outcomes: readonly TopicOutcome[]; readonly told: Promise<void> }>(
      () => this.#createTopics(topics),
      { outcomes: moved, told: Promise.resolve() }
    )
    await made.told
    return made.outcomes
  }

  async #createTopics(
    topics: readonly NewTopic[]
  ): Promise<{ readonly outcomes: readonly TopicOutcome[]; readonly told: Promise<void> }> {
    const outcomes: TopicOutcome[] = []
    const created: ControlledPartition[] = []
    for (const topic of topics) {
      const outcome = await this.#createTopic(topic)
      outcomes.push(outcome)
      created.push(...(outcome.error === 'NONE' ? (this.#state.topics.get(topic.name)?.partitions ?? []) : []))
    }
    const changed = await this.#electLeaders(created)
    return { outcomes, told: this.#broadcast.tell({ changed, areNew: true }) }
  }

  async #createTopic(topic: NewTopic): Promise<TopicOutcome> {
    const { name, assignment, configs } = topic
    if (this.#state.topics.has(name)) {
      const message = this.#state.deleting.has(name)
        ? `Topic '${name}' is marked for deletion.`
        : `Topic '${name}' already exists.`
      return { error: 'TOPIC_ALREADY_EXISTS', message }
    }
    const other = collidingTopic(name, this.#state.topics.keys())
    if (other !== undefined) {
      return { error: 'INVALID_TOPIC_EXCEPTION', message: `Topic '${name}' collides with existing topic: ${other}` }
    }
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

  // ── deletion ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Marks the topic; `gone` resolves when it is deleted, which waits for all its brokers to be there. */
  async deleteTopic(name: string): Promise<{ readonly error: KafkaError; readonly gone: Promise<void> }> {
    const failed = (error: KafkaError) => ({ error, gone: Promise.resolve() })
    return this.#turn(async () => {
      if (!this.#state.topics.has(name)) return failed('UNKNOWN_TOPIC_OR_PARTITION')
      if (!this.#state.deleting.has(name)) {
        await this.#markDeleted(name)
        this.#state.deleting.add(name)
      }
      const gone = new Promise<void>((resolve) => {
        const waiters = this.#deletionWaiters.get(name) ?? []
        this.#deletionWaiters.set(name, [...waiters, resolve])
      })
      this.#resumeDeletions()
      return { error: 'NONE' as KafkaError, gone }
    }, failed('NOT_CONTROLLER'))
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

  /** Deletes the marked topics all of whose replicas are on live brokers; the others wait for their brokers. */
  #resumeDeletions(): void {
    for (const name of [...this.#state.deleting]) {
      const topic = this.#state.topics.get(name)
      if (topic === undefined) continue
      const isEligible = topic.partitions.every(({ replicas }) => replicas.every((id) => this.#state.isAlive(id)))
      if (isEligible) this.#deleteTopic(topic)
    }
  }

  /**
   * Tells everybody, then ends in a later turn when all answered: a broker that dies meanwhile must not hold up the
   * event that says so. With an answer missing the topic stays marked until brokers change.
   */
  #deleteTopic(topic: ControlledTopic): void {
    if (this.#beingDeleted.has(topic)) return
    this.#beingDeleted.add(topic)
    void this.#broadcast.tell({ changed: topic.partitions, areDeleted: true })
    void this.#broadcast.deleteReplicas(topic).then((areGone) => {
      this.#beingDeleted.delete(topic)
      if (!areGone) {
        this.#ports.log('warn', 'a topic could not be deleted everywhere yet', { topic: topic.name })
        return
      }
      this.#whenActive(() => this.#finishDeletion(topic))
    })
  }

  async #finishDeletion(topic: ControlledTopic): Promise<void> {
    if (this.#state.topics.get(topic.name) !== topic) return
    await this.#deleteZnodes(topic)
    // Again: a broker that joined while the others were being asked was told of the topic as of any other.
    void this.#broadcast.tell({ changed: topic.partitions, areDeleted: true })
    this.#state.topics.delete(topic.name)
    this.#state.deleting.delete(topic.name)
    this.#ports.event('topicDeleted', { topic: topic.name })
    this.#tellGone(topic.name)
  }

  #tellGone(topic: string): void {
    for (const done of this.#deletionWaiters.get(topic) ?? []) done()
    this.#deletionWaiters.delete(topic)
  }

  async #deleteZnodes(topic: ControlledTopic): Promise<void> {
    const { ensemble } = this.#ports
    const listed = await ensemble.getChildren(paths.partitions(topic.name))
    for (const some of chunks(listed?.children ?? [], partitionsPerMulti)) {
      const operations: Operation[] = []
      for (const partition of some) {
        const path = paths.partition(topic.name, Number(partition))
        const inner = await ensemble.getChildren(path)
        for (const child of inner?.children ?? []) operations.push({ type: 'delete', path: `${path}/${child}` })
        operations.push({ type: 'delete', path })
      }
      await this.#writes.multi(operations)
    }
    const rest: Operation[] = []
    if (listed !== undefined) rest.push({ type: 'delete', path: paths.partitions(topic.name) })
    rest.push({ type: 'delete', path: paths.topic(topic.name) })
    if ((await ensemble.exists(paths.topicConfig(topic.name))) !== undefined) {
      rest.push({ type: 'delete', path: paths.topicConfig(topic.name) })
    }
    rest.push({ type: 'delete', path: paths.deleteTopic(topic.name) })
    await this.#writes.multi(rest)
  }

  // ── producer ids ─────────────────────────────────────────────────────────────────────────────────────────────

  /** The next block of producer ids, for that broker (KIP-730). */
  async allocateProducerIds(
    brokerId: number
  ): Promise<{ readonly error: KafkaError; readonly start: bigint; readonly length: number }> {
    const failed = { error: 'NOT_CONTROLLER' as KafkaError, start: -1n, length: 0 }
    return this.#turn(async () => {
      const stored = await this.#ports.ensemble.getData(paths.producerIdBlock)
      if (stored === undefined) return failed
      const start = parseNextProducerId(stored.data)
      const data = producerIdBlockData(brokerId, start)
      await this.#writes.multi([{ type: 'setData', path: paths.producerIdBlock, data, version: stored.stat.version }])
      return { error: 'NONE' as KafkaError, start, length: producerIdBlockSize }
    }, failed)
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
