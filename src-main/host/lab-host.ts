/**
 * A lab cluster with everything around it: supervisor, monitor, events, and the API that app and CLI see. Commands about
 * nodes go to the supervisor, those about topics, records and groups to the monitor; the cluster view joins both.
 */
import { ApiError, type ApiErrorCode } from '../api/api'
import type { ActsView } from '../api/acts'
import type { AskedRepair } from '../kernel/log-repair'
import type { ClustersCommand } from '../api/clusters'
import { BROWSER, type DesktopView } from '../api/desktop'
import type { CommandInput, CommandName, CommandOutput } from '../api/commands'
import type { AskedCost, FailureAct } from '../api/failures'
import type { EnsembleView } from '../api/ensemble'
import type { FaultView, StormView } from '../api/faults'
import type {
  BrokerStatsView,
  ClusterEvent,
  ClusterView,
  EventsView,
  NodeCostView,
  NodeState,
  NodeView,
  RatesView,
  StatusView
} from '../api/views'
import type { WatchKey, WatchValue } from '../api/watch'
import type { WorkloadsView } from '../api/workloads'
import { AppError, ignore, type AppErrorCode } from '../kernel/errors'
import type { Clock, Disk, LabRegistry, Log, PortFinder, ProcessLauncher, Random, Timer } from '../kernel/ports'
import { said } from '../kernel/said'
import { isSilent, judge } from '../monitor/core/health'
import { oldTopics } from '../monitor/core/old-topics'
import { ratesBetween, type TrafficRates, type TrafficTotals } from '../monitor/core/traffic-rates'
import type { Observation } from '../monitor/observation'
import { Supervisor, type AskedCluster } from '../supervisor/supervisor'
import { ActLog, type Act } from './act-log'
import { BrokerPresence } from './broker-presence'
import { EnsembleEvents } from './ensemble-events'
import { EventLog } from './event-log'
import { GroupTellings } from './group-tellings'
import { membersReached } from './members-reached'
import { hasLostQuorum, MemberTellings, noQuorumReason } from './member-tellings'
import { MonitorLink } from './monitor-link'
import { faultEvent, nodeEvent, stormEvent, toldEvent, wipedEvent } from './node-events'
import { RateHistory } from './rate-history'
import { workloadErrors, Workloads } from './workloads'
import { ReaderLink } from './reader-link'

/** Changes within this time leave as one push. */
const pushDelayMs = 100
const refreshMs = 1000
/** Stats older than this are those of a broker that no longer tells any. */
const statsMaxAgeMs = 3500
/** Of a node that was asked to stop. */
const endings: ReadonlySet<NodeState> = new Set(['stopping', 'stopped'])
/** Acts that do nothing to a node that has ended. */
const ends: ReadonlySet<FailureAct> = new Set(['kill', 'stop'])

export interface LabHostPorts {
  readonly clock: Clock
  readonly disk: Disk
  readonly launcher: ProcessLauncher
  readonly random: Random
  readonly ports: PortFinder
  readonly labs: LabRegistry
  readonly log: Log
  /** ClusterView.cli */
  readonly cli?: string
}

interface BrokerTelling {
  readonly totals: TrafficTotals
  readonly rates: TrafficRates | undefined
  /** Null while the broker does not know. */
  readonly diskBytes: number | null
}

/** Those about all clusters are for the process that serves the screens. */
type Handlers = {
  readonly [Name in Exclude<CommandName, ClustersCommand>]: (input: CommandInput<Name>) => Promise<CommandOutput<Name>>
}

export class LabHost {
  readonly #clock: Clock
  readonly #cli: string
  readonly #supervisor: Supervisor
  readonly #monitor: MonitorLink
  readonly #workloads: Workloads
  readonly #reader: ReaderLink
  readonly #events: EventLog
  readonly #acts: ActLog
  readonly #rates: RateHistory
  readonly #tellings = new Map<string, BrokerTelling>()
  /** By broker: where it found another cluster's ensemble, until it is with its own. */
  readonly #turnedAway = new Map<string, { readonly member: string; readonly sinceMs: number }>()
  readonly #nodeStates = new Map<string, NodeState>()
  readonly #presence = new BrokerPresence()
  readonly #groupTellings = new GroupTellings()
  readonly #members = new MemberTellings()
  readonly #ensembleEvents: EnsembleEvents
  readonly #clusterWatchers = new Set<(view: ClusterView) => void>()
  readonly #stopListeners: ((failure: unknown) => unknown)[] = []
  #observation: Observation | undefined
  #push: Timer | undefined
  #refresh: Timer | undefined
  #stopping: Promise<void> | undefined
  #failure: unknown

  private constructor(ports: LabHostPorts, supervisor: Supervisor, hooks: Hooks) {
    this.#clock = ports.clock
    this.#cli = ports.cli ?? 'lagoon'
    this.#supervisor = supervisor
    const history = ports.disk.join(supervisor.dir, 'history')
    this.#events = new EventLog(ports, history, supervisor.historyDays)
    this.#rates = new RateHistory(ports, history)
    this.#ensembleEvents = new EnsembleEvents({
      clock: ports.clock,
      view: () => this.#ensembleView(),
      event: (event) => this.#events.add(event)
    })
    hooks.changed = (node) => this.#nodeChanged(node)
    hooks.nodeEvent = (node, name, fields) => this.#nodeTold(node, name, fields)
    hooks.wiped = (node) => {
      this.#tellings.delete(node.name)
      this.#events.add(wipedEvent(node, this.#clock.nowMs()))
    }
    hooks.fault = (code, fault) => {
      this.#events.add(faultEvent(code, fault, this.#clock.nowMs()))
      this.#changed()
    }
    hooks.storm = (code, storm) => {
      this.#events.add(stormEvent(code, storm, this.#clock.nowMs()))
      this.#changed()
    }
    hooks.stormChanged = () => this.#changed()
    const client = (): unknown => ({
      name: supervisor.name,
      bootstrapServers: supervisor.bootstrapServers,
      ensemble: supervisor.ensemble,
      ensembleId: supervisor.ensembleId,
      dataDir: ports.disk.join(supervisor.dir, 'monitor'),
      historyDays: supervisor.historyDays
    })
    this.#reader = new ReaderLink({ launcher: ports.launcher, clock: ports.clock, log: ports.log, config: client })
    this.#monitor = new MonitorLink({
      kind: 'monitor',
      launcher: ports.launcher,
      clock: ports.clock,
      log: ports.log,
      config: client,
      observed: (observation) => {
        this.#observation = observation
        this.#acts.observed(observation)
        this.#changed()
      },
      event: (event) => {
        if (this.#groupTellings.isNews(event)) this.#tell(event)
      }
    })
    this.#acts = new ActLog(
      {
        ...ports,
        ask: (input) => this.#monitor.ask('act.standing', input),
        event: (event) => this.#events.add(event),
        node: (name) => supervisor.node(name),
        asked: (asked) => this.#asked(asked),
        replicaLagMaxMs: () => supervisor.replicaLagMaxMs
      },
      history,
      supervisor.historyDays
    )
    this.#events.listen(({ events }) => {
      for (const event of events) this.#acts.told(event)
    })
    this.#workloads = new Workloads(
      {
        clock: ports.clock,
        disk: ports.disk,
        launcher: ports.launcher,
        log: ports.log,
        bootstrapServers: () => supervisor.bootstrapServers,
        ask: (name, input) => this.#monitor.ask(name, input),
        event: (event) => this.#events.add(event)
      },
      supervisor.dir
    )
  }

  /** Opens the folder; throws AppError as Supervisor.open does. */
  static async open(ports: LabHostPorts, dir: string, asked: AskedCluster): Promise<LabHost> {
    const nobody = (): void => undefined
    const hooks: Hooks = {
      changed: nobody,
      nodeEvent: nobody,
      wiped: nobody,
      fault: nobody,
      storm: nobody,
      stormChanged: nobody
    }
    const supervisor = await Supervisor.open(
      {
        ...ports,
        changed: (node) => hooks.changed(node),
        nodeEvent: (node, name, fields) => hooks.nodeEvent(node, name, fields),
        wiped: (node) => hooks.wiped(node),
        faultAdded: (fault) => hooks.fault('faultAdded', fault),
        faultHealed: (fault) => hooks.fault('faultHealed', fault),
        stormBegan: (storm) => hooks.storm('stormBegan', storm),
        stormChanged: () => hooks.stormChanged(),
        stormEnded: (storm) => hooks.storm('stormEnded', storm)
      },
      dir,
      asked
    )
    return new LabHost(ports, supervisor, hooks)
  }

  get dir(): string {
    return this.#supervisor.dir
  }

  get name(): string {
    return this.#supervisor.name
  }

  get isStopping(): boolean {
    return this.#stopping !== undefined
  }

  /** Resolves when every node serves; rejects with AppError, and then everything is stopped again. */
  async start(): Promise<void> {
    this.#refreshAgain()
    try {
      await this.#supervisor.start()
    } catch (error) {
      // When a stop was asked for meanwhile, what ended early did so on purpose.
      if (this.#stopping === undefined) this.#failure = error
      await this.stop()
      throw error
    }
    if (this.#stopping === undefined) this.#monitor.start()
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    // How far the end is, is still told.
    this.#refresh?.cancel()
    // What ends with the cluster says nothing of what was done to it before.
    this.#acts.close()
    this.#ensembleEvents.close()
    await this.#workloads.stop()
    await Promise.all([this.#monitor.stop(), this.#reader.stop()])
    await this.#supervisor.stop()
    this.#push?.cancel()
    this.#events.close()
    this.#rates.close()
    for (const listener of this.#stopListeners) await listener(this.#failure)
  }

  /**
   * Called once when everything has stopped, in the order given; a promise is awaited before the next. They are told why
   * the cluster could not be started; undefined when it was stopped because somebody asked.
   */
  onStopped(listener: (failure: unknown) => unknown): void {
    this.#stopListeners.push(listener)
  }

  // ── the API ──────────────────────────────────────────────────────────────────────────────────────────────────

  run<Name extends CommandName>(name: Name, input: CommandInput<Name>): Promise<CommandOutput<Name>> {
    if (!Object.hasOwn(this.#handlers, name)) return noScreens()
    const handle = this.#handlers[name as keyof Handlers] as unknown as (
      input: CommandInput<Name>
    ) => Promise<CommandOutput<Name>>
    return handle(input)
  }

  readonly #handlers: Handlers = {
    'cluster.status': () => Promise.resolve(this.status()),
    'cluster.view': () => Promise.resolve(this.view()),
    'cluster.events': () => Promise.resolve({ events: [...this.#events.recent()] }),
    'ensemble.status': () => Promise.resolve(this.#ensembleView()),
    'cluster.stop': async () => {
      await this.stop()
      return {}
    },
    'cluster.keepHistory': ({ days }) => this.#keepHistory(days),
    'node.cost': (input) => this.#cost(input),
    'node.kill': ({ node }) => this.#act({ act: 'kill', node }, () => this.#supervisor.kill(node)),
    'node.stop': ({ node }) => this.#act({ act: 'stop', node }, () => this.#supervisor.stopNode(node)),
    'node.start': ({ node }) => named(this.#supervisor.startNode(node)),
    'node.restart': ({ node }) => this.#act({ act: 'restart', node }, () => this.#supervisor.restart(node)),
    'node.pause': ({ node }) => this.#act({ act: 'pause', node }, () => this.#supervisor.pause(node)),
    'node.resume': ({ node }) => named(this.#supervisor.resume(node)),
    'node.wipe': ({ node }) => this.#act({ act: 'wipe', node }, () => this.#supervisor.wipe(node)),
    'node.storm': (input) => this.#storm(input),
    'node.endStorm': ({ node }) => named(this.#supervisor.endStorm(node)),
    'fault.add': (input) => this.#act({ ...input, act: input.kind }, () => this.#supervisor.addFault(input)),
    'act.list': () => Promise.resolve({ acts: [...this.#acts.view().acts] }),
    'act.standing': (input) => this.#monitor.ask('act.standing', input),
    'fault.list': () => Promise.resolve({ faults: [...this.#supervisor.faults()] }),
    'fault.heal': async ({ id }) => ({ faults: [...(await named(this.#supervisor.healFaults(id)))] }),
    'topic.list': (input) => this.#monitor.ask('topic.list', input),
    'topic.describe': (input) => this.#monitor.ask('topic.describe', input),
    'topic.create': (input) => this.#withQuorum(this.#monitor.ask('topic.create', input)),
    'topic.delete': (input) => this.#withQuorum(this.#monitor.ask('topic.delete', input)),
    'config.describe': (input) => this.#monitor.ask('config.describe', input),
    'config.alter': (input) => this.#monitor.ask('config.alter', input),
    'topic.alter': (input) => this.#monitor.ask('topic.alter', input),
    'topic.addPartitions': (input) => this.#withQuorum(this.#monitor.ask('topic.addPartitions', input)),
    'topic.purge': (input) => this.#monitor.ask('topic.purge', input),
    'records.newest': (input) => this.#monitor.ask('records.newest', input),
    'records.from': (input) => this.#monitor.ask('records.from', input),
    'record.whole': (input) => this.#monitor.ask('record.whole', input),
    'record.save': (input) => this.#reader.ask('record.save', input),
    'search.open': (input) => this.#reader.ask('search.open', input),
    'tail.open': (input) => this.#reader.ask('tail.open', input),
    'tail.pause': (input) => this.#reader.ask('tail.pause', input),
    'export.open': (input) => this.#reader.ask('export.open', input),
    'job.close': (input) => this.#reader.ask('job.close', input),
    'records.produce': (input) => this.#monitor.ask('records.produce', input),
    'partition.elect': (input) => this.#monitor.ask('partition.elect', input),
    'partition.reassign': (input) => this.#monitor.ask('partition.reassign', input),
    'partition.repair': ({ broker, ...asked }) => named(this.#repair(broker, asked)),
    'partition.plan': (input) => this.#monitor.ask('partition.plan', input),
    'partition.moves': (input) => this.#monitor.ask('partition.moves', input),
    'partition.replicas': (input) => this.#monitor.ask('partition.replicas', input),
    'partition.history': (input) => this.#monitor.ask('partition.history', input),
    'records.check': (input) => this.#monitor.ask('records.check', input),
    'avro.decode': (input) => this.#monitor.ask('avro.decode', input),
    'production.start': (input) => this.#monitor.ask('production.start', input),
    'production.stop': (input) => this.#monitor.ask('production.stop', input),
    'consumer.open': (input) => this.#monitor.ask('consumer.open', input),
    'consumer.take': (input) => this.#monitor.ask('consumer.take', input),
    'consumer.close': (input) => this.#monitor.ask('consumer.close', input),
    'session.list': (input) => this.#monitor.ask('session.list', input),
    'watch.paths': (input) => this.#monitor.ask('watch.paths', input),
    'watch.sessions': (input) => this.#monitor.ask('watch.sessions', input),
    'znode.list': (input) => this.#monitor.ask('znode.list', input),
    'znode.get': (input) => this.#monitor.ask('znode.get', input),
    'znode.stat': (input) => this.#monitor.ask('znode.stat', input),
    'znode.create': (input) => this.#monitor.ask('znode.create', input),
    'znode.set': (input) => this.#monitor.ask('znode.set', input),
    'znode.delete': (input) => this.#monitor.ask('znode.delete', input),
    'group.list': (input) => this.#monitor.ask('group.list', input),
    'group.describe': (input) => this.#monitor.ask('group.describe', input),
    'group.delete': (input) => this.#monitor.ask('group.delete', input),
    'group.deleteOffsets': (input) => this.#monitor.ask('group.deleteOffsets', input),
    'group.reset': (input) => this.#monitor.ask('group.reset', input),
    'group.restore': (input) => this.#monitor.ask('group.restore', input),
    'group.lag': (input) => this.#monitor.ask('group.lag', input),
    'workload.list': () => Promise.resolve(this.#workloads.view()),
    'workload.start': (input) => workloadErrors(this.#workloads.startScene(input)),
    'workload.change': (input) => workloadErrors(this.#workloads.change(input)),
    'workload.edit': (input) => workloadErrors(this.#workloads.edit(input)),
    'workload.stop': (input) => workloadErrors(this.#workloads.stopSome(input)),
    'workload.saveScene': (input) => this.#workloads.saveScene(input),
    'workload.forgetScene': (input) => this.#workloads.forgetScene(input),
    'app.set': noWindow,
    'app.close': noWindow,
    'app.stay': noWindow,
    'app.show': noWindow,
    'app.openWindow': noWindow,
    'app.openFolder': noWindow,
    'app.choosePath': noWindow
  }

  async #repair(broker: number, asked: AskedRepair): Promise<CommandOutput<'partition.repair'>> {
    return { ...asked, broker, ...(await this.#supervisor.repairLog(broker, asked)) }
  }

  watch<Key extends WatchKey>(
    key: Key,
    changed: (value: WatchValue<Key>) => void,
    refused?: (error: ApiError) => void
  ): () => void {
    if (key === 'cluster') {
      const watcher = changed as (value: ClusterView) => void
      this.#clusterWatchers.add(watcher)
      watcher(this.view())
      return () => this.#clusterWatchers.delete(watcher)
    }
    if (key === 'ensemble') return this.#members.watch(changed as (value: EnsembleView) => void, this.#ensembleView())
    if (key === 'events') {
      const watcher = changed as (value: EventsView) => void
      watcher({ events: [...this.#events.recent()] })
      return this.#events.listen(watcher)
    }
    if (key === 'rates') {
      const watcher = changed as (value: RatesView) => void
      watcher(this.#rates.all())
      return this.#rates.listen(watcher)
    }
    if (key === 'app') {
      const watcher = changed as (value: DesktopView) => void
      watcher(BROWSER)
      return () => undefined
    }
    if (key === 'clusters') {
      refused?.(new ApiError({ code: 'NOT_RUNNING', message: noScreensMessage }))
      return () => undefined
    }
    if (key === 'acts') return this.#acts.watch(changed as (value: ActsView) => void)
    if (key === 'workloads') return this.#workloads.watch(changed as (value: WorkloadsView) => void)
    return (key.startsWith('job:') ? this.#reader : this.#monitor).watch(key, changed, refused)
  }

  /** Told by whoever serves the screens, so that a lost address can be found again. */
  screensAt(url: string): void {
    this.#uiUrl = url
  }
  #uiUrl: string | undefined

  /** The brokers' rates are those of an hour, whatever is kept. */
  async #keepHistory(days: number): Promise<Record<string, never>> {
    await named(this.#supervisor.keepHistory(days))
    this.#events.keep(days)
    this.#acts.keep(days)
    // A monitor that is down is told with its configuration when it starts.
    await this.#monitor.ask('cluster.keepHistory', { days }).catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error
      ignore(error, 'told when it starts')
    })
    this.#changed()
    return {}
  }

  // ── views ────────────────────────────────────────────────────────────────────────────────────────────────────

  status(): StatusView {
    return {
      bootstrapServers: this.#supervisor.bootstrapServers,
      ensemble: this.#supervisor.ensemble,
      controllerId: this.#controllerId(),
      ...(this.#uiUrl === undefined ? {} : { uiUrl: this.#uiUrl }),
      nodes: this.#supervisor.nodes().map(({ name, state, pid, port, dataDir, recovery, isDiskFull, offlineLogs }) => ({
        name,
        state,
        pid,
        port,
        dataDir,
        ...(recovery === undefined ? {} : { recovery }),
        ...(isDiskFull === undefined ? {} : { isDiskFull }),
        ...(offlineLogs === undefined ? {} : { offlineLogs })
      }))
    }
  }

  /** The monitor's word; before its first sample the brokers' own. Without a quorum nobody knows who it is by now. */
  #controllerId(): number | null {
    if (hasLostQuorum(this.#ensembleView(), this.#clock.nowMs())) return null
    return this.#observation === undefined ? this.#toldControllerId : this.#observation.controllerId
  }
  #toldControllerId: number | null = null

  view(): ClusterView {
    const nodes = this.#supervisor.nodes()
    const observation = this.#observation
    const nowMs = this.#clock.nowMs()
    const faults = this.#supervisor.faults()
    const ensemble = this.#ensembleView()
    const { health, reasons } = judge(nodes, observation, nowMs, faults, {
      ...ensemble,
      brokerSessionMs: this.#supervisor.brokerSessionMs,
      turnedAway: this.#turnedAwayNow()
    })
    const controllerId = this.#controllerId()
    const brokers = this.#brokersStats(nowMs)
    const old = oldTopics(observation?.fewReplicas, brokers.length)
    return {
      name: this.#supervisor.name,
      kind: 'lab',
      dataDir: this.#supervisor.dir,
      historyDays: this.#supervisor.historyDays,
      cli: this.#cli,
      bootstrapServers: this.#supervisor.bootstrapServers,
      ensemble: this.#supervisor.ensemble,
      observedAtMs: observation?.atMs ?? null,
      health,
      reasons: [...reasons],
      controllerId,
      controllerEpoch: controllerId === null ? null : (observation?.controllerEpoch ?? null),
      nodes: [...nodes],
      ensembleState: { quorum: ensemble.quorum, leader: ensemble.leader, term: ensemble.term },
      faults: [...faults],
      storms: [...this.#supervisor.storms()],
      brokers,
      topicCount: observation?.topicCount ?? null,
      partitionCount: observation?.partitionCount ?? null,
      leaderlessPartitions: observation?.leaderless?.count ?? null,
      underMinIsrPartitions: observation?.underMinIsr?.count ?? null,
      underReplicatedPartitions: observation?.underReplicated?.count ?? null,
      ...(old === undefined ? {} : { oldTopics: old }),
      groupCount: observation?.groupCount ?? null,
      groupsBehind: observation?.groupsBehind?.length ?? null,
      groupsUnknown: observation?.groupsUnknown ?? null,
      bytesInPerSecond: sum(brokers.map((broker) => broker.bytesInPerSecond)),
      bytesOutPerSecond: sum(brokers.map((broker) => broker.bytesOutPerSecond))
    }
  }

  /** What brokers cannot do because the ensemble writes nothing fails with that reason; their own word for it stays. */
  async #withQuorum<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      const reason = error instanceof ApiError ? noQuorumReason(this.#ensembleView()) : undefined
      if (!(error instanceof ApiError) || reason === undefined) throw error
      const { code, kafkaError } = error
      throw new ApiError({ code, message: reason, ...(kafkaError === undefined ? {} : { kafkaError }) })
    }
  }

  #ensembleView(): EnsembleView {
    return this.#members.view(this.#supervisor.nodes(), this.#clock.nowMs())
  }

  #brokersStats(nowMs: number): BrokerStatsView[] {
    const brokers = this.#supervisor.nodes().filter(({ role }) => role === 'broker')
    return brokers.map((node) => this.#brokerStats(node, nowMs))
  }

  #brokerStats(node: NodeView, nowMs: number): BrokerStatsView {
    const observation = this.#observation
    const told = this.#tellings.get(node.name)
    const isFresh = node.state === 'running' && told !== undefined && nowMs - told.totals.atMs <= statsMaxAgeMs
    const seen = observation?.brokers?.find(({ id }) => id === node.id)
    return {
      name: node.name,
      registered: observation?.registeredBrokers?.includes(node.id) ?? null,
      isSilent: isSilent(node, observation),
      isController: this.#controllerId() === node.id,
      leaders: seen?.leaders ?? null,
      replicas: seen?.replicas ?? null,
      outOfSync: seen?.outOfSync ?? null,
      diskBytes: told?.diskBytes ?? null,
      ...(told === undefined || isFresh ? {} : { diskAtMs: told.totals.atMs }),
      bytesInPerSecond: isFresh ? (told.rates?.bytesInPerSecond ?? null) : null,
      bytesOutPerSecond: isFresh ? (told.rates?.bytesOutPerSecond ?? null) : null,
      recordsInPerSecond: isFresh ? (told.rates?.recordsInPerSecond ?? null) : null
    }
  }

  /** Of brokers that have a process: another process finds out for itself. */
  #turnedAwayNow(): { readonly node: string; readonly member: string; readonly sinceMs: number }[] {
    return this.#supervisor.nodes().flatMap(({ name, state, sinceMs }) => {
      const found = this.#turnedAway.get(name)
      const isOfThis = found !== undefined && found.sinceMs >= sinceMs
      return isOfThis && (state === 'starting' || state === 'running') ? [{ node: name, ...found }] : []
    })
  }

  async #cost(asked: AskedCost): Promise<NodeCostView> {
    const name = asked.node
    const node = this.#supervisor.node(name)
    if (node === undefined)
      throw new ApiError({ code: 'NOT_FOUND', message: said`There is no node ${name} in this cluster.` })
    const isController = node.role === 'broker' && this.#controllerId() === node.id
    const nothing = { node: name, isController, topics: [], groups: [], slowed: 0, isMinIsrKnown: true }
    if (node.role === 'ensemble' && asked.to === undefined) return { ...nothing, isComplete: true }
    try {
      return { ...(await this.#monitor.ask('node.cost', this.#asked(asked))), isController }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return { ...nothing, isComplete: false, isMinIsrKnown: false }
    }
  }

  #asked(asked: AskedCost): AskedCost {
    const nodes = this.#supervisor.nodes()
    const isAbsent = ({ role, state, name }: NodeView): boolean =>
      role === 'broker' && state !== 'running' && name !== asked.node
    return {
      ...asked,
      absent: nodes.filter(isAbsent).map(({ id }) => id),
      members: membersReached(nodes, this.#supervisor.faults(), asked)
    }
  }

  /** It is an act from its first restart to the end of its last. */
  async #storm({ node, count, intervalMs }: CommandInput<'node.storm'>): Promise<NodeView> {
    const began = new Promise<NodeView>((resolve, reject) => {
      const storm = async (): Promise<void> => {
        const started = this.#supervisor.storm(node, { count, intervalMs })
        resolve(started.node)
        await started.ended
      }
      this.#acts.follow({ act: 'storm', node }, storm).catch(reject)
    })
    return await named(began)
  }

  /** What is so already is no act. */
  #act<T>(act: Act, run: () => Promise<T>): Promise<T> {
    const node = this.#supervisor.node(act.node)
    const hasNoProcess = node !== undefined && node.pid === null && node.restartAtMs === null
    const isSo = (act.act === 'pause' && node?.state === 'paused') || (ends.has(act.act) && hasNoProcess)
    return isSo || node === undefined ? named(run()) : this.#acts.follow(act, () => named(run()))
  }

  // ── observations ─────────────────────────────────────────────────────────────────────────────────────────────

  #nodeChanged(node: NodeView): void {
    // Told once more when the process behind a state is there.
    const before = this.#nodeStates.get(node.name)
    if (before !== node.state) this.#events.add(nodeEvent(node, before))
    this.#nodeStates.set(node.name, node.state)
    if (node.role === 'ensemble') this.#members.changed(node)
    this.#lookAtEnsemble(node)
    this.#changed()
  }

  /** Nothing that happens while everything stops is news. */
  #lookAtEnsemble({ role }: NodeView): void {
    if (role === 'ensemble' && !this.isStopping) this.#ensembleEvents.look()
  }

  /** Of what several observers see, or the nodes themselves. */
  #tell(event: Omit<ClusterEvent, 'id'>): void {
    const isAskedToEnd = (node: string): boolean => endings.has(this.#nodeStates.get(node) ?? 'running')
    for (const one of this.#presence.tell(event, isAskedToEnd)) this.#events.add(one)
  }

  #nodeTold(node: NodeView, name: string, fields: Readonly<Record<string, unknown>>): void {
    if (name === 'member') {
      if (this.#members.told(node, fields, this.#clock.nowMs())) this.#changed()
      this.#lookAtEnsemble(node)
      return
    }
    if (name === 'metadata') {
      const id = Number(fields['controllerId'])
      this.#toldControllerId = id >= 0 ? id : null
    }
    if (name === 'turnedAway')
      this.#turnedAway.set(node.name, { member: String(fields['member']), sinceMs: this.#clock.nowMs() })
    if (name === 'ensembleFound') this.#turnedAway.delete(node.name)
    const event = toldEvent(node, name, fields, this.#clock.nowMs())
    if (event !== undefined) {
      this.#groupTellings.byNode(event)
      this.#tell(event)
    }
    if (name !== 'stats') return
    const number = (field: string): number => Number(fields[field] ?? 0)
    const totals = {
      atMs: this.#clock.nowMs(),
      bytesIn: number('bytesIn'),
      bytesOut: number('bytesOut'),
      recordsIn: number('recordsIn')
    }
    this.#tellings.set(node.name, {
      totals,
      rates: ratesBetween(this.#tellings.get(node.name)?.totals, totals),
      diskBytes: typeof fields['diskBytes'] === 'number' ? fields['diskBytes'] : null
    })
  }

  /** Views age even when nothing happens: rates, "not observed for 5 s". The rates are kept whoever looks. */
  #refreshAgain(): void {
    this.#refresh = this.#clock.after(refreshMs, () => {
      const nowMs = this.#clock.nowMs()
      this.#rates.add(nowMs, this.#brokersStats(nowMs))
      this.#changed()
      this.#refreshAgain()
    })
  }

  #changed(): void {
    if (this.#clusterWatchers.size === 0 && !this.#members.isWatched) return
    this.#push ??= this.#clock.after(pushDelayMs, () => {
      this.#push = undefined
      const view = this.view()
      for (const watcher of this.#clusterWatchers) watcher(view)
      if (this.#members.isWatched) this.#members.push(this.#ensembleView())
    })
  }
}

const noScreensMessage = said`Only the process that serves the screens knows the other clusters of this machine.`

function noScreens(): Promise<never> {
  return Promise.reject(new ApiError({ code: 'NOT_RUNNING', message: noScreensMessage }))
}

function noWindow(): Promise<never> {
  const message = said`This cluster was started without a window: lagoon up hosts it.`
  return Promise.reject(new ApiError({ code: 'NOT_RUNNING', message }))
}

interface Hooks {
  changed: (node: NodeView) => void
  nodeEvent: (node: NodeView, name: string, fields: Readonly<Record<string, unknown>>) => void
  wiped: (node: NodeView) => void
  fault: (code: 'faultAdded' | 'faultHealed', fault: FaultView) => void
  storm: (code: 'stormBegan' | 'stormEnded', storm: StormView) => void
  stormChanged: () => void
}

function sum(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0)
}

const apiCodes: Partial<Record<AppErrorCode, ApiErrorCode>> = {
  NOT_FOUND: 'NOT_FOUND',
  ABORTED: 'CONFLICT',
  NOT_RUNNING: 'CONFLICT',
  USAGE: 'INVALID_INPUT',
  TIMED_OUT: 'TIMED_OUT'
}

/** The supervisor's errors as the API tells them. */
async function named<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new ApiError({ code: apiCodes[error.code] ?? 'FAILED', message: error.message })
  }
}
