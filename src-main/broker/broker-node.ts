/**
 * One broker: session with the ensemble, log directory, listener, registration, controller candidate. Starts in that
 * order and stops in the reverse one. Without the ensemble it goes on serving produce and fetch, as Kafka 3.9 does, while its
 * followers follow; when its session has expired it registers anew.
 */
import { brokerEpochOf, type BrokerId } from '../kernel/ids'
import { AppError, ignore, messageOf } from '../kernel/errors'
import type { AskedRepair, Repaired } from '../kernel/log-repair'
import type {
  Address,
  Checksum,
  Clock,
  Compression,
  Disk,
  Listener,
  Log,
  Network,
  Random,
  Timer
} from '../kernel/ports'
import { said } from '../kernel/said'
import { randomUuid } from '../kernel/uuid'
import { pause } from '../kernel/waiting'
import { EnsembleClient, EnsembleError } from '../coordination/ensemble-client'
import { createTopicsRequest, createTopicsResponse } from '../protocol/api/19-create-topics'
import { LogManager, type RecoveryProgress } from '../storage/log-manager'
import type { BrokerServices } from './broker-services'
import { ControllerChannel } from './controller-channel'
import { Controller } from './controller/controller'
import { ConfigNotifications } from './config-notifications'
import { ConfigWriter } from './config-writer'
import { chunks, createIfMissing } from './controller/controller-writes'
import { effectiveConfigs, startConfig, throttleRatesOf } from './core/broker-layers'
import { requestBytesMax } from './core/frame-bytes'
import { repairLog } from './repair-log'
import { leaveCluster } from './leave-cluster'
import { MetadataImage } from './core/metadata-image'
import { askedOffsetsTopic } from './core/offsets-topic'
import { ReplicationQuota } from './core/replication-quota'
import { logConfigOf } from './core/topic-configs'
import { groupOffsetsTopic } from './core/topic-name'
import { clusterIdData, parseClusterId, paths, persistentPaths, type ConfigEntity } from './core/znodes'
import { FetchSessions } from './fetch-sessions'
import type { FollowerReplica } from './follower-replica'
import { GroupCoordinator } from './group-coordinator'
import { handlerTable } from './handler-table'
import { IsrProposals } from './isr-proposals'
import { logIncarnation } from './log-incarnation'
import { OfflineLogs } from './offline-logs'
import { ProducerIdSource } from './producer-id-source'
import { register } from './registration'
import type { Partition } from './partition'
import { ReplicaFetchers } from './replica-fetchers'
import { ReplicaManager } from './replica-manager'
import { ClientConnection } from './server/client-connection'
import { RequestRouter } from './server/request-router'
import { PiecePool } from './server/response-stream'
import { ServingGate } from './server/serving-gate'
import { StartOrders, type ImageExtent } from './start-orders'
import { ConfigStore } from './config-store'

/** connections.max.idle.ms */
const connectionIdleMs = 600_000
const idleCheckMs = 30_000
const autoCreateTimeoutMs = 30_000
/** Topics that are being created because somebody asked for them. */
const autoCreatedMax = 1000
const statsEveryMs = 1000
/** replica.lag.time.max.ms */
const replicaLagMaxMs = 30_000
const configsReadAtOnce = 200
/** Progress is told no more often. */
const recoveryEveryMs = 500
const ensembleRetryMs = 200
const foreignRetryMs = 2000
/** What requests to the ensemble fail with when it is away, busy or without room for a while. */
const passing: readonly string[] = [
  'CONNECTIONLOSS',
  'SESSIONEXPIRED',
  'SESSIONMOVED',
  'OPERATIONTIMEOUT',
  'SYSTEMERROR'
]

const createTopicsCall = { apiKey: 19, version: 7, request: createTopicsRequest, response: createTopicsResponse }

export interface BrokerNodePorts {
  readonly clock: Clock
  readonly random: Random
  readonly disk: Disk
  readonly network: Network
  readonly checksum: Checksum
  readonly compression: Compression
  readonly log: Log
  readonly volume: (path: string) => { readonly totalBytes: number; readonly usableBytes: number } | undefined
  readonly event: (name: string, fields: Readonly<Record<string, unknown>>) => void
  /** A broken invariant, or a folder that cannot be used at all: the process ends. */
  readonly failed: (error: unknown) => void
  /** Another one after each start of the machine; empty where the system tells none. */
  readonly bootId: string
}

export interface BrokerNodeOptions {
  readonly brokerId: BrokerId
  readonly address: Address
  readonly dataDir: string
  readonly ensemble: readonly Address[]
  /** Of an ensemble of several members of ours: others are not talked to. */
  readonly ensembleId?: string
  readonly sessionTimeoutMs: number
  /** All that belong to the cluster, alive or not; absent: not known. */
  readonly clusterBrokers?: readonly BrokerId[]
  /** log.retention.check.interval.ms and friends, for tests and impatient users. */
  readonly retentionCheckMs?: number
  /** So long after its start it reads all that it has once, slowly; absent: it does not. */
  readonly verificationMs?: number
  /** group.initial.rebalance.delay.ms; absent: 0. */
  readonly initialRebalanceDelayMs?: number
  /** replica.lag.time.max.ms; absent: 30,000. */
  readonly replicaLagMaxMs?: number
  /** Broker configs that give topics their defaults, by Kafka's names. */
  readonly configs?: Readonly<Record<string, string>>
}

export class BrokerNode {
  readonly #ports: BrokerNodePorts
  readonly #options: BrokerNodeOptions
  readonly #image = new MetadataImage()
  readonly #ensemble: EnsembleClient
  readonly #configs: ConfigStore
  readonly #notifications: ConfigNotifications
  readonly #controller: Controller
  readonly #controllerChannel: ControllerChannel
  readonly #connections = new Set<ClientConnection>()
  readonly #gate = new ServingGate()
  readonly #startOrders: StartOrders
  readonly #offline: OfflineLogs
  readonly #guid: string
  readonly #creating = new Set<string>()
  readonly #toCreate: string[] = []
  #logs: LogManager | undefined
  /** The log directory while a start opens it. */
  #opening: Promise<LogManager> | undefined
  #replicas: ReplicaManager | undefined
  #groups: GroupCoordinator | undefined
  #proposals: IsrProposals | undefined
  #listener: Listener | undefined
  #timers: Timer[] = []
  #clusterId: string | undefined
  #logIncarnation = ''
  /** Nothing before the first registration. */
  #lookAtRegistration: () => void = () => undefined
  /** One function for good: armed twice it is armed once. */
  readonly #registrationWatcher = (): void => this.#lookAtRegistration()
  #isStopping = false
  #refusesClients = false
  /** Another cluster's ensemble was found where ours was, and ours not since. */
  #isAway = false
  /** The controller has told this process of all topics at least once. */
  #isImageWhole = false
  #recoveryToldMs = 0
  #whenReady: () => void = () => undefined

  constructor(ports: BrokerNodePorts, options: BrokerNodeOptions) {
    this.#ports = ports
    this.#options = options
    this.#guid = randomUuid(ports.random)
    this.#ensemble = new EnsembleClient({
      addresses: options.ensemble,
      ...(options.ensembleId === undefined ? {} : { ensembleId: options.ensembleId }),
      turnedAway: (by) => this.#turnedAway(by),
      sessionTimeoutMs: options.sessionTimeoutMs,
      clock: ports.clock,
      network: ports.network,
      random: ports.random,
      log: ports.log
    })
    this.#configs = new ConfigStore(this.#ensemble, options.brokerId, options.configs)
    this.#notifications = new ConfigNotifications(
      { ...ports, ensemble: this.#ensemble },
      { changed: (entity) => this.#configsChanged(entity), anything: () => this.#reloadConfigs() }
    )
    this.#offline = new OfflineLogs({
      ...ports,
      ensemble: this.#ensemble,
      brokerId: options.brokerId,
      problems: () => this.#logs?.problems() ?? []
    })
    this.#startOrders = new StartOrders({
      ...ports,
      brokerId: options.brokerId,
      image: this.#image,
      holds: ({ topic, partition }) =>
        this.#replicas?.partition(topic, partition) !== undefined ||
        this.#replicas?.isOffline(topic, partition) === true,
      hasLogs: () => (this.#logs?.names().length ?? 0) > 0,
      complete: () => {
        this.#gate.open()
        this.#whenReady()
      }
    })
    this.#controllerChannel = new ControllerChannel(ports, this.#image, `broker-${options.brokerId}`)
    this.#controller = new Controller({
      ...ports,
      brokerId: options.brokerId,
      ensemble: this.#ensemble,
      isRebalancing: startConfig('auto.leader.rebalance.enable', { fixed: options.configs ?? {} }) !== 'false',
      uncleanTopics: (topics) => this.#configs.uncleanTopics(topics)
    })
  }

  /**
   * Resolves with the port when this broker serves and the controller knows it. Rejects with AppError ABORTED when it is told to stop
   * before it has opened its logs or served.
   */
  async start(): Promise<Address> {
    const { clock } = this.#ports
    const clusterId = await this.#untilDone(() => this.#prepareEnsemble())
    this.#clusterId = clusterId
    await this.#untilDone(async () => {
      await this.#notifications.begin()
      await this.#configs.loadAll()
    })
    this.#refuseStopped()
    this.#opening = this.#openLogs(clusterId)
    const logs = await this.#opening
    // Before anybody is told that this broker is there: leaders that do not answer yet help nobody (Kafka's order).
    if (!logs.wasClean) await logs.recoverAll((progress) => this.#tellRecovery(progress))
    this.#refuseStopped()
    const services = this.#build(logs, clusterId)
    const address = await this.#listen(services)
    const ready = new Promise<void>((resolve) => (this.#whenReady = resolve))
    await this.#untilDone(() => this.#register(address))
    this.#isHome()
    this.#ensemble.onSession((event) => this.#sessionEvent(event, address))
    // While the registration was written down, when the disk took its time: nobody would tell us of it any more.
    if (this.#ensemble.state === 'expired') this.#sessionEvent('expired', address)
    else this.#controller.stand()
    this.#notifications.look()
    this.#repeat(statsEveryMs, () => this.#tellStats())
    this.#repeat(idleCheckMs, () => this.#closeIdle())
    this.#repeat(this.#lagMaxMs / 2, () => this.#replicas?.tick())
    await ready
    this.#ports.log('info', 'serving', { port: address.port, startedAtMs: clock.nowMs() })
    return address
  }

  /** A start that goes on beside a stop would open what nobody closes any more. */
  #refuseStopped(): void {
    if (this.#isStopping) throw new AppError('ABORTED', 'The broker was told to stop while it started.')
  }

  /** Of a start: a connection or a session that is lost in between is no reason to end. */
  async #untilDone<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        this.#ensemble.start()
        await this.#ensemble.whenConnected()
        return await work()
      } catch (error) {
        if (!(error instanceof EnsembleError) || !passing.includes(error.code) || this.#isStopping) throw error
        ignore(error, 'tried again')
        await pause(this.#ports.clock, ensembleRetryMs)
      }
    }
  }

  async #prepareEnsemble(): Promise<string> {
    const results = await Promise.allSettled(persistentPaths.map((path) => createIfMissing(this.#ensemble, path, null)))
    for (const result of results) if (result.status === 'rejected') throw result.reason
    for (;;) {
      const stored = parseClusterId((await this.#ensemble.getData(paths.clusterId))?.data ?? null)
      if (stored !== undefined) return stored
      await createIfMissing(this.#ensemble, paths.clusterId, clusterIdData(randomUuid(this.#ports.random)))
    }
  }

  async #openLogs(clusterId: string): Promise<LogManager> {
    const { brokerId, dataDir, retentionCheckMs, verificationMs } = this.#options
    const intervals = {
      ...(retentionCheckMs === undefined ? {} : { retentionFirstMs: retentionCheckMs, retentionMs: retentionCheckMs }),
      ...(verificationMs === undefined ? {} : { verificationMs })
    }
    const logs = await LogManager.open(this.#ports, {
      dir: dataDir,
      brokerId,
      clusterId,
      defaults: logConfigOf(effectiveConfigs({}, this.#configs.layers)),
      configOf: (topic) => this.#configs.logConfigOf(topic),
      offline: (partitions, problem) => {
        this.#offline.failed(partitions, problem)
        this.#replicas?.wentOffline(partitions)
      },
      back: (partition) => this.#offline.back(partition),
      intervals
    })
    this.#logs = logs
    this.#logIncarnation = await logIncarnation({ ...this.#ports, dir: dataDir }, logs.wasClean)
    return logs
  }

  #build(logs: LogManager, clusterId: string): BrokerServices {
    const ports = this.#ports
    const { brokerId, dataDir } = this.#options
    const configOf = (topic: string) => this.#configs.logConfigOf(topic)
    const self = { brokerId, brokerEpoch: () => replicas.brokerEpoch }
    const quotas = { leader: this.#quotaOf('leader'), follower: this.#quotaOf('follower') }
    const fetching = {
      ...ports,
      quota: quotas.follower,
      logStartsSafe: () => logs.upkeep.checkpointLogStarts(),
      storageFailed: ({ topic, index }: FollowerReplica, error: AppError) =>
        replicas.storageFailed({ topic, partition: index }, error)
    }
    const fetchers = new ReplicaFetchers(fetching, { ...self, addressOf: (id) => this.#image.broker(id) })
    const proposals = new IsrProposals({ ...ports, channel: this.#controllerChannel }, self)
    this.#proposals = proposals
    const replicas: ReplicaManager = new ReplicaManager({
      lagMaxMs: this.#lagMaxMs,
      aliveUntilMs: () => this.#ensemble.aliveUntilMs,
      brokerId,
      brokerEpochMin: brokerEpochOf(this.#ensemble.lastZxid) + 1n,
      logs,
      clock: ports.clock,
      log: ports.log,
      configOf,
      fetchers,
      isAlive: (id) => this.#image.isAlive(id),
      isOfflineReplica: (id, topic, partition) =>
        this.#image.partition(topic, partition)?.offlineReplicas.includes(id) === true,
      isrProposed: (partition, proposal) => proposals.propose(partition, proposal),
      truncated: (truncation) => ports.event('logTruncated', { ...truncation }),
      wentOffline: () => this.#offline.notify()
    })
    const groups = new GroupCoordinator({
      ...ports,
      replicas,
      ...(this.#options.initialRebalanceDelayMs === undefined
        ? {}
        : { initialRebalanceDelayMs: this.#options.initialRebalanceDelayMs }),
      stateChanged: ({ groupId, state, generationId, members }, from, expired) =>
        ports.event('groupStateChanged', {
          groupId,
          from,
          state,
          generation: generationId,
          members: members.length,
          expired
        }),
      loaded: () => this.#forgetMissingTopics()
    })
    this.#replicas = replicas
    this.#groups = groups
    return {
      brokerId,
      clusterBrokers: this.#options.clusterBrokers ?? [],
      clusterId,
      clock: ports.clock,
      random: ports.random,
      image: this.#image,
      replicas,
      quotas,
      fetchSessions: new FetchSessions({ ...ports, purgatory: replicas.purgatory }),
      controller: this.#controller,
      groups,
      sessionTimeoutMs: this.#options.sessionTimeoutMs,
      replicaLagMaxMs: this.#lagMaxMs,
      producerIds: new ProducerIdSource({
        ...ports,
        channel: this.#controllerChannel,
        brokerId,
        brokerEpoch: () => replicas.brokerEpoch
      }),
      configs: this.#configs,
      configWriter: new ConfigWriter({ ensemble: this.#ensemble, clock: this.#ports.clock }, this.#notifications),
      loadTopicConfigs: (topics) => this.#loadConfigs(topics),
      forgetTopicConfigs: (topic) => this.#configs.forget(topic),
      topicGone: (topic) => {
        this.#configs.forget(topic)
        groups.topicDeleted(topic)
      },
      autoCreate: (topic) => this.#autoCreate(topic),
      logDir: dataDir,
      volume: () => ports.volume(dataDir),
      event: ports.event,
      imageChanged: (extent) => this.#imageChanged(extent)
    }
  }

  #quotaOf(side: 'leader' | 'follower'): ReplicationQuota {
    let known = { layers: this.#configs.layers, rate: '' }
    const rate = (): string => {
      const { layers } = this.#configs
      // Asked with each fetch of a follower, and another one after each change of broker configs only.
      if (known.rate === '' || known.layers !== layers)
        known = { layers, rate: throttleRatesOf(`${side}.replication.throttled.rate`, layers)[0].value }
      return known.rate
    }
    return new ReplicationQuota(this.#options.brokerId, {
      rate,
      replicas: (topic) => this.#configs.of(topic)[`${side}.replication.throttled.replicas`]
    })
  }

  /** On purpose: whoever is no broker is not served any more, until told otherwise. */
  refuseClients(refuses: boolean): void {
    this.#refusesClients = refuses
    if (!refuses) return
    for (const connection of [...this.#connections]) if (!connection.isBroker) connection.destroy()
  }

  get #lagMaxMs(): number {
    return this.#options.replicaLagMaxMs ?? replicaLagMaxMs
  }

  async #listen(services: BrokerServices): Promise<Address> {
    const ports = {
      router: new RequestRouter(handlerTable(services)),
      gate: this.#gate,
      refusesClients: () => this.#refusesClients,
      pool: new PiecePool(),
      clock: this.#ports.clock,
      log: this.#ports.log,
      failed: this.#ports.failed,
      closed: (connection: ClientConnection) => this.#connections.delete(connection)
    }
    this.#listener = await this.#ports.network.listen(
      { ...this.#options.address, frameBytesMax: requestBytesMax },
      (accepted) => {
        const connection = new ClientConnection(accepted, ports)
        this.#connections.add(connection)
        return connection
      }
    )
    return this.#listener.address
  }

  // ── the session ──────────────────────────────────────────────────────────────────────────────────────────────

  async #register({ host, port }: Address): Promise<void> {
    const { brokerId, dataDir } = this.#options
    const ports = {
      ...this.#ports,
      ensemble: this.#ensemble,
      dir: dataDir,
      waiting: () => this.#ports.event('waitingForSession', {})
    }
    const registration = {
      id: brokerId,
      host,
      port,
      rack: null,
      timestampMs: this.#ports.clock.nowMs(),
      guid: this.#guid,
      logIncarnation: this.#logIncarnation
    }
    const epoch = await register(ports, registration)
    // One that began with an earlier session may end after it.
    if (this.#replicas !== undefined && epoch > this.#replicas.brokerEpoch) this.#replicas.brokerEpoch = epoch
    this.#ports.event('registered', { brokerEpoch: String(epoch) })
    this.#watchRegistration()
  }

  /**
   * Nobody but we may take it away, and somebody may have: a hand, or a request of our own dead process that came late. What we have
   * by it is over, as with the end of a session, and a new one gives all of it anew.
   */
  #watchRegistration(): void {
    const { sessionId } = this.#ensemble
    const path = paths.broker(this.#options.brokerId)
    const isOver = (): boolean => this.#isStopping || this.#ensemble.sessionId !== sessionId
    const look = async (): Promise<void> => {
      if (isOver() || (await this.#ensemble.exists(path, this.#registrationWatcher)) !== undefined || isOver()) return
      this.#ports.log('warn', 'our registration was taken away: we register again', { path })
      this.#ensemble.abandon()
    }
    this.#lookAtRegistration = () => {
      look().catch((error: unknown) => {
        if (!(error instanceof EnsembleError)) return this.#ports.failed(error)
        ignore(error, 'looked at again when the connection is back')
      })
    }
    this.#lookAtRegistration()
  }

  #sessionEvent(event: 'connected' | 'disconnected' | 'expired' | 'closed', address: Address): void {
    if (this.#isStopping) return
    this.#ports.event('ensembleSession', { state: event })
    if (event === 'connected') {
      // A lone member takes everybody: whose it is, is found out when the broker registers.
      if (this.#options.ensembleId !== undefined) this.#isHome()
      this.#controller.reconnected()
      this.#notifications.look()
      this.#lookAtRegistration()
    }
    if (event !== 'expired') return
    this.#controller.sessionEnded()
    this.#replicas?.sessionEnded()
    this.#ensemble.start()
    this.#registerAgain(address)
  }

  /** Until it holds: a session may be lost again while registering. */
  #registerAgain(address: Address): void {
    const again = (delayMs: number): void => {
      this.#ports.clock.after(delayMs, () => {
        if (!this.#isStopping) this.#registerAgain(address)
      })
    }
    const attempt = async (): Promise<void> => {
      await this.#ensemble.whenConnected()
      if (!(await this.#isOurEnsemble())) {
        this.#ports.log('error', 'another cluster’s ensemble answers at our ensemble’s address', {})
        if (!this.#isAway) this.#turnedAway(this.#ensemble.address)
        // The next session begins with the expiry of this one.
        this.#ports.clock.after(foreignRetryMs, () => {
          if (!this.#isStopping) this.#ensemble.abandon()
        })
        return
      }
      await this.#register(address)
      this.#isHome()
      this.#controller.stand()
    }
    attempt().catch((error: unknown) => {
      if (!(error instanceof EnsembleError)) {
        this.#ports.failed(error)
        return
      }
      ignore(error, 'a new try follows, here or with the next session')
      if (error.code === 'SESSIONEXPIRED' || this.#isStopping) return
      again(ensembleRetryMs)
    })
  }

  /** Told of each member of several once, and of a lone one, which does not say whose it is, until the broker has registered. */
  #turnedAway(by: Address | undefined): void {
    this.#isAway = true
    this.#ports.event('turnedAway', { member: by === undefined ? '' : `${by.host}:${by.port}` })
  }

  #isHome(): void {
    if (this.#isAway) this.#ports.event('ensembleFound', {})
    this.#isAway = false
  }

  /** While our member was down its port may have gone to somebody else's. */
  async #isOurEnsemble(): Promise<boolean> {
    const stored = parseClusterId((await this.#ensemble.getData(paths.clusterId))?.data ?? null)
    return stored === undefined || stored === this.#clusterId
  }

  /** Somebody changed them: what is open obeys from now on, and what is over its new limits goes at once. */
  async #configsChanged(entity: ConfigEntity): Promise<void> {
    if (entity.type === 'topic') await this.#configs.refresh(entity.topic)
    else if (entity.id === undefined || entity.id === this.#options.brokerId) await this.#configs.refreshBrokers()
    else return
    const { type } = entity
    this.#ports.log('info', 'configs changed', {
      type,
      of: type === 'topic' ? entity.topic : (entity.id ?? 'all brokers')
    })
    await this.#applyConfigs(type === 'topic' ? entity.topic : undefined)
    this.#controller.configsChanged(type === 'topic' ? entity.topic : undefined)
  }

  /** Of a topic that is held here nothing is taken for set by default that was only not read. */
  async #applyConfigs(onlyTopic?: string): Promise<void> {
    const logs = this.#logs
    if (logs === undefined) return
    const held = new Set(logs.names().map(({ topic }) => topic))
    const concerned = onlyTopic === undefined ? [...held] : [onlyTopic].filter((topic) => held.has(topic))
    for (const some of chunks(concerned, configsReadAtOnce)) await this.#configs.load(some)
    await logs.updateConfigs((topic) => this.#configs.logConfigOf(topic), onlyTopic)
  }

  async #reloadConfigs(): Promise<void> {
    await this.#configs.refreshBrokers()
    for (const some of chunks(this.#configs.topics(), configsReadAtOnce))
      await Promise.all(some.map((topic) => this.#configs.refresh(topic)))
    await this.#applyConfigs()
    this.#controller.configsChanged(undefined)
  }

  /** Waits for the ensemble when it is away: what asks for configs can wait. */
  async #loadConfigs(topics: readonly string[]): Promise<void> {
    for (;;) {
      try {
        await this.#configs.load(topics)
        return
      } catch (error) {
        if (!(error instanceof EnsembleError) || this.#isStopping) throw error
        ignore(error, 'tried again when the ensemble is back')
        await pause(this.#ports.clock, ensembleRetryMs)
      }
    }
  }

  // ── what happens while it runs ───────────────────────────────────────────────────────────────────────────────

  /** Before the image was whole once, a topic that is not in it is only not known yet. */
  #forgetMissingTopics(): void {
    if (this.#isImageWhole) this.#groups?.forgetMissing((topic) => this.#image.topic(topic) !== undefined)
  }

  #imageChanged(extent: ImageExtent): void {
    if (extent === 'all') {
      this.#isImageWhole = true
      this.#configs.forgetMissing((topic) => this.#image.topic(topic) !== undefined)
      this.#forgetMissingTopics()
    }
    const liveBrokers = this.#image.brokers().map(({ id }) => id)
    this.#ports.event('metadata', { liveBrokers, controllerId: this.#image.controllerId })
    this.#startOrders.told(extent)
  }

  /** Those that are asked for in one turn go to the controller together. Beyond a limit the client asks again anyway. */
  #autoCreate(topic: string): void {
    if (this.#creating.has(topic) || this.#creating.size >= autoCreatedMax) return
    this.#creating.add(topic)
    this.#toCreate.push(topic)
    if (this.#toCreate.length === 1) this.#ports.clock.soon(() => this.#createAsked())
  }

  #createAsked(): void {
    const names = this.#toCreate.splice(0)
    const topics = names.map((name) =>
      name === groupOffsetsTopic
        ? askedOffsetsTopic(this.#image.brokers().length)
        : { name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] }
    )
    this.#controllerChannel
      .ask(createTopicsCall, { topics, timeoutMs: autoCreateTimeoutMs }, autoCreateTimeoutMs)
      .catch((error: unknown) => {
        const fields = { topics: names.length, first: names[0], reason: messageOf(error) }
        this.#ports.log('warn', 'topics could not be created by asking', fields)
      })
      .finally(() => {
        for (const name of names) this.#creating.delete(name)
      })
  }

  #repeat(everyMs: number, work: () => void): void {
    const again = (): void => {
      if (this.#isStopping) return
      work()
      this.#timers = [
        ...this.#timers.filter((timer) => timer !== last),
        (last = this.#ports.clock.after(everyMs, again))
      ]
    }
    let last = this.#ports.clock.after(everyMs, again)
    this.#timers.push(last)
  }

  #tellRecovery({ done, total }: RecoveryProgress): void {
    const nowMs = this.#ports.clock.monotonicMs()
    if (done > 0 && done < total && nowMs - this.#recoveryToldMs < recoveryEveryMs) return
    this.#recoveryToldMs = nowMs
    this.#ports.event('recovery', { done, total })
  }

  #tellStats(): void {
    const replicas = this.#replicas
    if (replicas === undefined) return
    const { bytesIn, bytesOut, recordsIn } = replicas.traffic
    // Null while it is being measured.
    const diskBytes = this.#logs?.totalBytes ?? null
    this.#ports.event('stats', {
      bytesIn,
      bytesOut,
      recordsIn,
      diskBytes,
      connections: this.#connections.size
    })
  }

  #closeIdle(): void {
    const sinceMs = this.#ports.clock.monotonicMs() - connectionIdleMs
    for (const connection of this.#connections) if (connection.isIdleSince(sinceMs)) connection.destroy()
  }

  /** Clean stop: the registration goes first, then clients, then the log is made safe. Idempotent. */
  async stop(): Promise<void> {
    if (this.#isStopping) return
    this.#isStopping = true
    await this.#leave()
    for (const timer of this.#timers) timer.cancel()
    this.#startOrders.close()
    this.#offline.stop()
    this.#controller.stop()
    this.#notifications.stop()
    this.#proposals?.close()
    this.#controllerChannel.close()
    await this.#ensemble.close()
    await this.#listener?.close()
    this.#groups?.close()
    this.#replicas?.close()
    // A start took note that they are in use: left at that, the next one would recover what nobody has touched.
    await Promise.allSettled([this.#opening])
    await this.#logs?.close(Number(this.#replicas?.brokerEpoch ?? -1n))
  }

  /** While everything still runs: clients are served until they know where to go. */
  async #leave(): Promise<void> {
    const { brokerId } = this.#options
    // Nobody else could lead.
    const isAlone = this.#image.brokers().every(({ id }) => id === brokerId)
    if (isAlone || this.#replicas === undefined || this.#ensemble.state !== 'connected') return
    const { brokerEpoch } = this.#replicas
    this.#replicas.leave()
    await leaveCluster({ ...this.#ports, brokerId, brokerEpoch, channel: this.#controllerChannel })
  }

  /**
   * What is to become of a log that cannot be used; the controller then asks for it. Rejects with AppError: there is nothing to
   * repair, or not in this way.
   */
  async repairLog(asked: AskedRepair): Promise<Repaired> {
    const [replicas, logs] = [this.#replicas, this.#logs]
    if (replicas === undefined || logs === undefined)
      throw new AppError(
        'NOT_RUNNING',
        said`Broker ${this.#options.brokerId} is still starting. Try again when it runs.`
      )
    const done = await replicas.inOrder(() => repairLog({ ...this.#ports, logs, image: this.#image, replicas }, asked))
    this.#offline.notify()
    return done
  }

  /** What it holds at the moment. */
  partitions(): Iterable<Partition> {
    return this.#replicas?.all() ?? []
  }

  /** As it holds it at the moment. */
  partition(topic: string, index: number): Partition | undefined {
    return this.#replicas?.partition(topic, index)
  }

  inspect(): Readonly<Record<string, unknown>> {
    return {
      brokerId: this.#options.brokerId,
      ensemble: this.#ensemble.inspect(),
      controller: this.#controller.inspect(),
      connections: this.#connections.size,
      waitingFetches: this.#replicas?.purgatory.size ?? 0,
      imageVersion: this.#image.version
    }
  }
}
