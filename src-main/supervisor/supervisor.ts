/**
 * Hosts a lab cluster: one folder, one process a node. It makes the folder or takes it over, finds ports for a new one,
 * starts and stops nodes and keeps what they are to be in cluster.json. Decisions about Kafka are the nodes' own.
 */
import { AppError, expectAppError } from '../kernel/errors'
import type { AskedRepair, Repaired } from '../kernel/log-repair'
import type { Clock, Disk, FolderLock, LabRegistry, Log, PortFinder, ProcessLauncher, Random } from '../kernel/ports'
import { said } from '../kernel/said'
import { randomUuid } from '../kernel/uuid'
import type { AskedFault, StormView } from '../api/faults'
import type { NodeView } from '../api/views'
import {
  addressesOf,
  clusterHost,
  defaultSizes,
  encodeSpec,
  firstBrokerPort,
  firstEnsemblePort,
  firstPeerPort,
  HISTORY_DAYS,
  isFounding,
  laterVersion,
  makeSpec,
  parseSpec,
  portsOf,
  resizeProblem,
  sizesProblem,
  specVersion,
  superDigestProblem,
  withBrokerConfigs,
  withDesired,
  withEmptied,
  withHistoryDays,
  withNothing,
  withPort,
  withServed,
  withSuperDigest,
  type ClusterSpec,
  type Desired,
  type NodeSpec,
  type Sizes
} from './core/cluster-spec'
import {
  brokerConfigProblem,
  brokerOptions,
  memberOptions,
  type BrokerConfigs,
  type BrokerOptions
} from './core/broker-configs'
import { finishEmptying, finishWiping, lockFile, pidsFile, specFile, wipeNode } from './cluster-folder'
import { ClusterFaults } from './cluster-faults'
import type { Fault } from './core/faults'
import { NodeRunner } from './node-runner'
import { RestartStorms, type AskedStorm } from './restart-storms'

const portTriesMax = 20
/** replica.lag.time.max.ms as Kafka has it by default. */
const replicaLagMaxMs = 30_000

export interface SupervisorPorts {
  readonly clock: Clock
  readonly disk: Disk
  readonly launcher: ProcessLauncher
  readonly random: Random
  readonly ports: PortFinder
  readonly labs: LabRegistry
  readonly log: Log
  /** A node is in another state, or its process is another one. */
  readonly changed: (node: NodeView) => void
  /** A node said that something happened to it. */
  readonly nodeEvent: (node: NodeView, name: string, fields: Readonly<Record<string, unknown>>) => void
  /** The data of a node is gone because somebody wanted it so. */
  readonly wiped: (node: NodeView) => void
  readonly faultAdded: (fault: Fault) => void
  readonly faultHealed: (fault: Fault) => void
  readonly stormBegan: (storm: StormView) => void
  readonly stormChanged: () => void
  readonly stormEnded: (storm: StormView) => void
}

/** What `up` was told of the cluster. */
export interface AskedCluster extends Partial<Sizes> {
  /** Kept in the folder. */
  readonly brokerConfigs?: BrokerConfigs
  /** Kept in the folder: who may do everything in the tree of the ensemble; null takes it away. Its folder's without it. */
  readonly superDigest?: string | null
  /** Of a new cluster; its folder's without it. */
  readonly name?: string
  /** Of a new cluster: the first of its brokers' ports, which follow each other, and of its ensemble members'. */
  readonly ports?: { readonly broker?: number; readonly ensemble?: number }
  /** It has been a cluster before: when it is gone, none is made in its place. */
  readonly isKnown?: boolean
}

interface Opening {
  readonly isNew: boolean
  readonly asked: AskedCluster
}

export class Supervisor {
  readonly dir: string
  readonly #ports: SupervisorPorts
  readonly #lock: FolderLock
  readonly #isNew: boolean
  /** Ports that somebody has given stay. */
  readonly #mayMovePorts: boolean
  readonly #runners = new Map<string, NodeRunner>()
  /** Brokers that each broker knows to be alive. */
  readonly #known = new Map<string, readonly number[]>()
  readonly #metadataWaiters = new Set<() => void>()
  readonly #faults: ClusterFaults
  readonly #storms: RestartStorms
  #spec: ClusterSpec
  #specWritten: Promise<void> = Promise.resolve()
  #stopping: Promise<void> | undefined

  private constructor(ports: SupervisorPorts, dir: string, spec: ClusterSpec, lock: FolderLock, opening: Opening) {
    this.#ports = ports
    this.dir = dir
    this.#spec = spec
    this.#lock = lock
    this.#isNew = opening.isNew
    this.#mayMovePorts = opening.isNew && opening.asked.ports === undefined
    for (const node of spec.nodes) this.#runners.set(node.name, this.#runner(node))
    this.#faults = new ClusterFaults({
      clock: ports.clock,
      spec: () => this.#spec,
      tell: async () => {
        const told = [...this.#runners.values()].map((runner) => runner.tellFaults(this.#faults.of(runner.spec.name)))
        await Promise.all(told)
      },
      added: ports.faultAdded,
      healed: ports.faultHealed
    })
    this.#storms = new RestartStorms({
      clock: ports.clock,
      restart: (name) => this.#restart(name),
      began: ports.stormBegan,
      changed: ports.stormChanged,
      ended: ports.stormEnded
    })
  }

  /**
   * Locks the folder and reads or makes its cluster. Throws AppError: LOCKED, FOREIGN_FOLDER, CORRUPT, ACCESS_DENIED,
   * USAGE for sizes that cannot be had, NOT_FOUND for a known one that is gone.
   */
  static async open(ports: SupervisorPorts, dir: string, asked: AskedCluster): Promise<Supervisor> {
    for (const [name, value] of Object.entries(asked.brokerConfigs ?? {})) {
      const message = brokerConfigProblem(name, value)
      if (message !== undefined) throw new AppError('USAGE', message)
    }
    const digestProblem = asked.superDigest == null ? undefined : superDigestProblem(asked.superDigest)
    if (digestProblem !== undefined) throw new AppError('USAGE', digestProblem)
    const sizes = { ...defaultSizes, ...asked }
    const problem = sizesProblem(sizes)
    if (problem !== undefined) throw new AppError(problem.code, problem.message)
    const { disk } = ports
    // Before its folder would be made, and again with the lock: its disk may go in between.
    refuseGone(disk, dir, asked)
    refuseForeign(disk, dir)
    disk.makeDirectory(dir)
    const lock = disk.lock(disk.join(dir, lockFile))
    try {
      refuseGone(disk, dir, asked)
      const path = disk.join(dir, specFile)
      const isNew = !disk.exists(path)
      // They have files open, and the list of them is among what is emptied.
      await sweep(ports, dir)
      finishEmptying(disk, dir)
      finishWiping(disk, dir)
      const stored = isNew ? await newSpec(ports, dir, sizes, asked) : storedSpec(disk, path)
      const resize = resizeProblem(stored, asked)
      if (resize !== undefined) throw new AppError(resize.code, resize.message)
      // Emptied as a whole, or by hand: whoever has something is a voter of what was there.
      const isAnyThere = stored.nodes.some(({ role, name }) => role === 'ensemble' && disk.exists(disk.join(dir, name)))
      const begun = isAnyThere ? stored : withNothing(stored)
      const configured = asked.brokerConfigs === undefined ? begun : withBrokerConfigs(begun, asked.brokerConfigs)
      const { superDigest } = asked
      const spec = superDigest === undefined ? configured : withSuperDigest(configured, superDigest ?? undefined)
      if (isNew || spec !== stored) await disk.replace(path, new TextEncoder().encode(encodeSpec(spec)))
      rememberPorts(ports.labs, dir, spec)
      return new Supervisor(ports, dir, spec, lock, { isNew, asked })
    } catch (error) {
      lock.release()
      throw error
    }
  }

  get name(): string {
    return this.#spec.name
  }

  get bootstrapServers(): string {
    return addressesOf(this.#spec, 'broker')
  }

  get ensemble(): string {
    return addressesOf(this.#spec, 'ensemble')
  }

  /** Of several members; undefined of one. */
  get ensembleId(): string | undefined {
    return this.#spec.ensemble?.id
  }

  get historyDays(): number {
    return this.#spec.historyDays ?? HISTORY_DAYS.default
  }

  /** replica.lag.time.max.ms */
  get replicaLagMaxMs(): number {
    return this.#brokerOptions().replicaLagMaxMs ?? replicaLagMaxMs
  }

  /** zookeeper.session.timeout.ms */
  get brokerSessionMs(): number {
    return this.#brokerOptions().sessionTimeoutMs
  }

  #brokerOptions(): BrokerOptions {
    const brokers = this.#spec.nodes.filter(({ role }) => role === 'broker').length
    return brokerOptions(this.#spec.brokerConfigs ?? {}, brokers)
  }

  /** Resolves when it is kept, or could not be. */
  keepHistory(days: number): Promise<void> {
    this.#refuseWhileStopping()
    if (days !== this.historyDays) this.#setSpec(withHistoryDays(this.#spec, days))
    return this.#specWritten
  }

  nodes(): readonly NodeView[] {
    return [...this.#runners.values()].map((runner) => runner.view())
  }

  node(name: string): NodeView | undefined {
    return this.#runners.get(name)?.view()
  }

  // ── the whole cluster ────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Starts every node that is to run; resolves when they serve and every broker knows all the others. A port that is
   * taken is given up for the next free one only in a new folder; later starts reject, as for any other problem.
   */
  async start(): Promise<void> {
    const members = this.#wanted('ensemble')
    this.#launch(members)
    // A new broker belongs to the first cluster that it meets: at a port that we had to give up that is another lab's.
    if (this.#isNew) await this.#whenAllRunning(members)
    // What was told to stay down meanwhile stays down.
    const brokers = this.#wanted('broker')
    this.#launch(brokers)
    await this.#whenAllRunning(members)
    // Without the ensemble brokers wait for it.
    if (this.#wanted('ensemble').length === 0) return
    await this.#whenAllRunning(brokers)
    await this.#whenAllKnown()
  }

  #wanted(role: NodeSpec['role']): readonly NodeRunner[] {
    return [...this.#runners.values()].filter(({ spec }) => spec.role === role && spec.desired === 'running')
  }

  #launch(runners: readonly NodeRunner[]): void {
    this.#refuseWhileStopping()
    for (const runner of runners) runner.start()
    this.#recordProcesses()
  }

  async #whenAllRunning(runners: readonly NodeRunner[]): Promise<void> {
    await Promise.all(runners.map((runner) => this.#whenRunning(runner)))
  }

  async #whenRunning(runner: NodeRunner): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await runner.whenRunning()
        return
      } catch (error) {
        // Somebody stopped or killed this one while the cluster starts: the others go on.
        if (runner.spec.desired !== 'running') return
        this.#refuseWhileStopping()
        // Restarted, since another member has other ports.
        if (runner.isComing) continue
        if (runner.problem?.code !== 'ADDRESS_IN_USE' || !this.#mayMovePorts || attempt > portTriesMax) throw error
        await this.#movePort(runner)
      }
    }
  }

  /** Of a new folder only: somebody took a port of it between our look and the node's bind. */
  async #movePort(runner: NodeRunner): Promise<void> {
    const { ports, labs } = this.#ports
    const { name, port: taken, peerPort: takenPeerPort } = runner.spec
    const others = [...this.#spec.nodes.flatMap(portsOf), ...labs.portsOfOthers(this.dir)]
    const port = await ports.freePort(this.#spec.host, taken + 1, others)
    if (takenPeerPort === undefined) {
      this.#setSpec(withPort(this.#spec, name, port))
    } else {
      // Which of both it was, it does not say.
      const peerPort = await ports.freePort(this.#spec.host, takenPeerPort + 1, [...others, port])
      this.#setSpec(withPort(this.#spec, name, port, peerPort))
    }
    rememberPorts(labs, this.dir, this.#spec)
    runner.start()
    // No client knows them yet, but they know where this one was.
    if (takenPeerPort !== undefined) await this.#restartPeers(name)
  }

  async #restartPeers(name: string): Promise<void> {
    const others = this.#wanted('ensemble').filter(({ spec, pid }) => spec.name !== name && pid !== undefined)
    await Promise.all(
      others.map(async (other) => {
        const stopped = other.stop()
        other.start()
        await stopped
      })
    )
  }

  /** All that are to run, whichever these are by then. */
  #whenAllKnown(): Promise<void> {
    const areKnown = (): boolean => {
      const ids = this.#wanted('broker').map(({ spec }) => spec.id)
      return ids.every((id) => {
        const known = this.#known.get(`broker-${id}`) ?? []
        return ids.every((other) => known.includes(other))
      })
    }
    if (areKnown()) return Promise.resolve()
    return new Promise((resolve) => {
      const look = (): void => {
        if (!areKnown()) return
        this.#metadataWaiters.delete(look)
        resolve()
      }
      this.#metadataWaiters.add(look)
    })
  }

  /** Stops brokers, then the ensemble; resolves when every exit was observed. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#faults.close()
    this.#storms.close()
    const runners = [...this.#runners.values()]
    const stopAll = (role: string) =>
      Promise.all(
        runners
          // One that crashed waits for its next start: that is not to happen any more.
          .filter(({ spec, pid, isToRestart }) => spec.role === role && (pid !== undefined || isToRestart))
          .map((runner) => runner.stop())
      )
    await stopAll('broker')
    await stopAll('ensemble')
    await this.#specWritten
    this.#ports.disk.remove(this.#ports.disk.join(this.dir, pidsFile))
    this.#lock.release()
  }

  // ── one node ─────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Each of these resolves when the effect was observed, and changes nothing that is so already. They may overlap: the
   * last one wins, and a start that it took back rejects with ABORTED.
   */
  async kill(name: string): Promise<NodeView> {
    const runner = this.#find(name)
    this.#storms.leave(name)
    this.#desire(name, 'killed')
    await Promise.all([runner.kill(), this.#specWritten])
    return runner.view()
  }

  async stopNode(name: string): Promise<NodeView> {
    const runner = this.#find(name)
    this.#storms.leave(name)
    this.#desire(name, 'stopped')
    await Promise.all([runner.stop(), this.#specWritten])
    return runner.view()
  }

  async startNode(name: string): Promise<NodeView> {
    const runner = this.#find(name)
    this.#storms.leave(name)
    this.#desire(name, 'running')
    runner.start()
    this.#recordProcesses()
    await Promise.all([runner.whenRunning(), this.#specWritten])
    return runner.view()
  }

  restart(name: string): Promise<NodeView> {
    this.#storms.leave(name)
    return this.#restart(name)
  }

  async #restart(name: string): Promise<NodeView> {
    const runner = this.#find(name)
    this.#desire(name, 'running')
    // Said in one turn: whatever is said between these two and the exit comes after both.
    const stopped = runner.stop()
    runner.start()
    await stopped
    await Promise.all([runner.whenRunning(), this.#specWritten])
    return runner.view()
  }

  async pause(name: string): Promise<NodeView> {
    const runner = this.#find(name)
    this.#storms.leave(name)
    this.#refuseWhileStopping()
    await runner.pause()
    return runner.view()
  }

  async resume(name: string): Promise<NodeView> {
    const runner = this.#find(name)
    this.#refuseWhileStopping()
    await runner.resume()
    return runner.view()
  }

  /**
   * Kills what runs and takes its data away; it stays stopped. Rejects with AppError, and the data is there, where it could not be
   * written down before.
   */
  async wipe(name: string): Promise<NodeView> {
    const runner = this.#find(name)
    this.#storms.leave(name)
    this.#desire(name, 'stopped')
    // Known before its data is gone: it may have voted, and must not vote again before it is caught up.
    const known = this.#recorded((spec) => withEmptied(spec, name), said`${name} keeps its data`)
    await runner.wipe(known, () => wipeNode(this.#ports.disk, this.dir, name))
    this.#ports.wiped(runner.view())
    return runner.view()
  }

  /** Restarts it again and again; the promise beside the node resolves when that is over. Throws AppError. */
  storm(name: string, asked: AskedStorm): { readonly node: NodeView; readonly ended: Promise<void> } {
    const runner = this.#find(name)
    this.#refuseWhileStopping()
    return { node: runner.view(), ended: this.#storms.begin(name, asked) }
  }

  /** Resolves when no restart follows any more, and the last one has ended. */
  async endStorm(name: string): Promise<NodeView> {
    const runner = this.#find(name)
    await this.#storms.end(name)
    return runner.view()
  }

  storms(): readonly StormView[] {
    return this.#storms.list()
  }

  /** A broker decides nothing about a log that it cannot use: this is what somebody has decided. */
  async repairLog(brokerId: number, asked: AskedRepair): Promise<Repaired> {
    this.#refuseWhileStopping()
    return await this.#find(`broker-${brokerId}`).repair(asked)
  }

  // ── faults ───────────────────────────────────────────────────────────────────────────────────────────────────

  faults(): readonly Fault[] {
    return this.#faults.list()
  }

  async addFault(asked: AskedFault): Promise<Fault> {
    this.#refuseWhileStopping()
    return await this.#faults.add(asked)
  }

  /** One, or everything that is done to nodes again and again, too. */
  async healFaults(id?: string): Promise<readonly Fault[]> {
    const [healed] = await Promise.all([this.#faults.heal(id), id === undefined ? this.#storms.endAll() : undefined])
    return healed
  }

  #find(name: string): NodeRunner {
    const runner = this.#runners.get(name)
    if (runner !== undefined) return runner
    const names = [...this.#runners.keys()].join(', ')
    throw new AppError('NOT_FOUND', said`There is no node ${name} in this cluster. Its nodes are ${names}.`)
  }

  #desire(name: string, desired: Desired): void {
    this.#refuseWhileStopping()
    if (this.#find(name).spec.desired !== desired) this.#setSpec(withDesired(this.#spec, name, desired))
  }

  #refuseWhileStopping(): void {
    if (this.#stopping !== undefined) throw new AppError('ABORTED', said`The cluster is stopping.`)
  }

  #setSpec(spec: ClusterSpec): void {
    this.#takeSpec(spec)
    this.#specWritten = this.#specWritten.then(() => this.#writeSpec())
  }

  /** Takes effect when it is on disk; rejects with AppError where that cannot be, and nothing has changed. */
  async #recorded(change: (spec: ClusterSpec) => ClusterSpec, otherwise: string): Promise<void> {
    const recorded = this.#specWritten.then(async () => {
      if (change(this.#spec) === this.#spec) return
      await this.#storeSpec(change(this.#spec))
      // With whatever else was decided meanwhile, which is written next.
      this.#takeSpec(change(this.#spec))
    })
    // Whoever writes next waits for it, however it ends.
    this.#specWritten = recorded.catch((error: unknown) => this.#notWritten(specFile, error))
    try {
      await recorded
    } catch (error) {
      expectAppError(error)
      const message = said`${specFile} could not be written, so ${otherwise}: ${error.message}`
      throw new AppError(error.code, message, { cause: error })
    }
  }

  #takeSpec(spec: ClusterSpec): void {
    this.#spec = spec
    for (const node of spec.nodes) {
      const runner = this.#runners.get(node.name)
      if (runner !== undefined) runner.spec = node
    }
    for (const look of [...this.#metadataWaiters]) look()
  }

  /** As it is by then, and whole also after a power cut: without it nobody could start the cluster again. */
  async #writeSpec(): Promise<void> {
    try {
      await this.#storeSpec(this.#spec)
    } catch (error) {
      this.#notWritten(specFile, error)
    }
  }

  async #storeSpec(spec: ClusterSpec): Promise<void> {
    const { disk } = this.#ports
    await disk.replace(disk.join(this.dir, specFile), new TextEncoder().encode(encodeSpec(spec)))
  }

  /** A disk that is full, or gone, must not keep anybody from stopping nodes, nor end us when one is started again. */
  #notWritten(file: string, error: unknown): void {
    expectAppError(error)
    this.#ports.log('error', 'a file of the cluster could not be written', { file, reason: error.message })
  }

  #runner(node: NodeSpec): NodeRunner {
    const { clock, launcher, log, disk, changed, nodeEvent } = this.#ports
    return new NodeRunner(node, {
      clock,
      launcher,
      log,
      dataDir: disk.join(this.dir, node.name),
      configOf: (spec) => this.#configOf(spec),
      changed: (runner) => {
        if (runner.pid !== undefined) this.#recordProcesses()
        else this.#known.delete(runner.spec.name)
        if (runner.spec.role === 'ensemble' && runner.state === 'running') this.#memberServes(runner.spec.name)
        changed(runner.view())
      },
      event: (runner, name, fields) => {
        if (name === 'metadata') {
          this.#known.set(runner.spec.name, fields['liveBrokers'] as readonly number[])
          for (const look of [...this.#metadataWaiters]) look()
        }
        nodeEvent(runner.view(), name, fields)
      }
    })
  }

  #memberServes(name: string): void {
    const spec = withServed(this.#spec, name)
    if (spec !== this.#spec) this.#setSpec(spec)
  }

  /** What another member needs to find this ensemble's members, and to know whether it begins. */
  #peersOf(node: NodeSpec): unknown {
    const { ensemble, nodes } = this.#spec
    if (ensemble === undefined) return undefined
    const others = nodes.filter(({ role, id }) => role === 'ensemble' && id !== node.id)
    return {
      ensembleId: ensemble.id,
      port: node.peerPort,
      isFounding: isFounding(this.#spec, node),
      others: others.map(({ id, peerPort }) => ({ memberId: id, port: peerPort }))
    }
  }

  #configOf(node: NodeSpec): unknown {
    const { role, id, port, name } = node
    const { host } = this.#spec
    const dataDir = this.#ports.disk.join(this.dir, name)
    // What was wrong with a node's links and disk is so for its next process, too.
    const faults = this.#faults.of(name)
    if (role === 'ensemble') {
      const peers = this.#peersOf(node)
      const { brokerConfigs = {}, superDigest } = this.#spec
      const own = { memberId: id, host, port, dataDir, faults, ...(peers === undefined ? {} : { peers }) }
      return { ...own, ...memberOptions(brokerConfigs), ...(superDigest === undefined ? {} : { superDigest }) }
    }
    const of = (wanted: NodeSpec['role']) => this.#spec.nodes.filter((one) => one.role === wanted)
    const ensemble = of('ensemble').map((member) => ({ host, port: member.port }))
    const clusterBrokers = of('broker').map((broker) => broker.id)
    const options = brokerOptions(this.#spec.brokerConfigs ?? {}, clusterBrokers.length)
    const { ensembleId } = this
    return { brokerId: id, host, port, dataDir, ensemble, ensembleId, clusterBrokers, faults, ...options }
  }

  // ── left-over processes ──────────────────────────────────────────────────────────────────────────────────────

  #recordProcesses(): void {
    const processes = [...this.#runners.values()].flatMap((runner) => runner.identity ?? [])
    const { disk } = this.#ports
    try {
      // Of no use after a power cut: none of these processes is there any more.
      disk.replaceUnsynced(disk.join(this.dir, pidsFile), new TextEncoder().encode(JSON.stringify(processes)))
    } catch (error) {
      this.#notWritten(pidsFile, error)
    }
  }
}

/** Nodes of an earlier supervisor that died without taking them along. */
async function sweep({ disk, launcher, log }: SupervisorPorts, dir: string): Promise<void> {
  const path = disk.join(dir, pidsFile)
  if (!disk.exists(path)) return
  let processes: unknown
  try {
    processes = JSON.parse(new TextDecoder().decode(disk.read(path)))
  } catch {
    log('warn', 'the list of processes cannot be read and is ignored', { path })
    return
  }
  for (const entry of Array.isArray(processes) ? (processes as unknown[]) : []) {
    const { pid, startedAt } = (entry ?? {}) as { pid?: unknown; startedAt?: unknown }
    if (typeof pid !== 'number' || typeof startedAt !== 'string') continue
    if (await launcher.sweep(pid, startedAt)) log('warn', 'killed a node that an earlier run had left behind', { pid })
  }
}

/** A folder with files in it that are none of ours is left alone. */
function refuseGone(disk: Disk, dir: string, { isKnown }: AskedCluster): void {
  if (isKnown !== true || disk.exists(disk.join(dir, specFile))) return
  const message = said`There is no cluster in ${dir} any more (no ${specFile}). If it is on another disk, attach that and try again; nothing new was made in its place.`
  throw new AppError('NOT_FOUND', message)
}

function refuseForeign(disk: Disk, dir: string): void {
  if (!disk.exists(dir)) return
  const entries = disk.list(dir)
  if (entries.some(({ name }) => name === specFile)) return
  const foreign = entries.filter(({ name }) => !name.startsWith('.') && !name.startsWith('lagoon'))
  if (foreign.length === 0) return
  throw new AppError(
    'FOREIGN_FOLDER',
    said`${dir} is not empty and holds no Lagoon cluster (${foreign[0]?.name ?? ''} …). Choose an empty or new folder with --data.`
  )
}

function storedSpec(disk: Disk, path: string): ClusterSpec {
  const text = new TextDecoder().decode(disk.read(path))
  const spec = parseSpec(text)
  if (spec !== undefined) return spec
  const version = laterVersion(text)
  if (version !== undefined) {
    throw new AppError(
      'CORRUPT',
      said`${path} is of a newer Lagoon: its folders have version ${version}, and this one knows them up to version ${specVersion}. Update Lagoon, or choose another folder with --data; nothing was changed.`
    )
  }
  throw new AppError(
    'CORRUPT',
    said`${path} cannot be read as a cluster. Restore it, or choose another folder with --data; nothing was changed.`
  )
}

function rememberPorts(labs: LabRegistry, dir: string, { nodes, name }: ClusterSpec): void {
  labs.remember(dir, nodes.flatMap(portsOf), name)
}

/** Ports that are free, and that no other lab has recorded: its nodes may only be down at the moment. */
async function newSpec(
  { ports, labs, random }: SupervisorPorts,
  dir: string,
  sizes: Sizes,
  asked: AskedCluster
): Promise<ClusterSpec> {
  const taken = [...labs.portsOfOthers(dir)]
  const take = async (count: number, from: number): Promise<number[]> => {
    const found: number[] = []
    for (let i = 0; i < count; i++) {
      const port = await ports.freePort(clusterHost, (found.at(-1) ?? from - 1) + 1, taken)
      found.push(port)
      taken.push(port)
    }
    return found
  }
  // Given ones are taken as they are: a node that cannot bind its own says who has it.
  const given = (count: number, from: number): number[] => Array.from({ length: count }, (_, index) => from + index)
  const { broker, ensemble: member } = asked.ports ?? {}
  if (member !== undefined) taken.push(...given(sizes.ensemble, member))
  if (broker !== undefined) taken.push(...given(sizes.brokers, broker))
  const ensemble = member === undefined ? await take(sizes.ensemble, firstEnsemblePort) : given(sizes.ensemble, member)
  const brokers = broker === undefined ? await take(sizes.brokers, firstBrokerPort) : given(sizes.brokers, broker)
  const name = asked.name ?? folderName(dir)
  if (sizes.ensemble === 1) return makeSpec(name, { brokers, ensemble })
  const peers = { ensembleId: randomUuid(random), ports: await take(sizes.ensemble, firstPeerPort) }
  return makeSpec(name, { brokers, ensemble }, peers)
}

/** The cluster is called like its folder. */
function folderName(dir: string): string {
  return dir.split(/[\\/]/).findLast((part) => part !== '') ?? 'lab'
}
