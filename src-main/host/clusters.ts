/**
 * All clusters of the user on this machine: those that this process hosts, each with its own host, lock, control socket and
 * processes, and those that are only known. What is done to one is done to no other.
 */
import { join } from 'node:path'
import { ApiError } from '../api/api'
import type { ClustersCommand, ClusterState, ClustersView, FolderSize, KnownCluster, NewCluster } from '../api/clusters'
import type { CommandInput, CommandOutput } from '../api/commands'
import { AppError, expectAppError, expectSystemError, ignore, messageOf } from '../kernel/errors'
import type {
  Clock,
  Disk,
  KnownLabs,
  LabRegistry,
  NewClusterDefaults,
  OwnCluster,
  PortFinder,
  Timer
} from '../kernel/ports'
import { said } from '../kernel/said'
import { defaultSizes, type ClusterSpec } from '../supervisor/core/cluster-spec'
import type { AskedCluster } from '../supervisor/supervisor'
import { emptyCluster, removeCluster, sizeOfFolder, type FolderLook } from './cluster-folders'
import { ControlClient } from './control-client'
import { moveFolder } from './folder-move'
import { FolderWork } from './folder-work'
import { KnownPlaces, type Place } from './known-places'
import type { LabHost } from './lab-host'
import { checkNewCluster, folderProblem, fullPath, isWithin, type Checked } from './new-cluster'

/** Known clusters that are looked at. */
const lookedAtMax = 200
/** What others do to folders and clusters is seen after so long. */
const lookAgainMs = 2000
const pushDelayMs = 50
/** So long a cluster that another process hosts may take to end after it was told to. */
const endTimeoutMs = 60_000
const endPollMs = 50

export interface OpenedLab {
  readonly host: LabHost
  /** Resolves when every node serves; rejects with AppError. */
  readonly started: Promise<void>
}

export interface ClustersPorts {
  readonly clock: Clock
  readonly disk: Disk
  readonly ports: PortFinder
  readonly labs: LabRegistry & KnownLabs & NewClusterDefaults & OwnCluster
  readonly lockHolder: (path: string) => number | undefined
  readonly portHolder: (port: number) => string | undefined
  /** The folder that new clusters are made in. */
  readonly root: string
  /** Where the cluster is made that is meant where none is named. */
  readonly ownDir: string
  /** Opens a folder and begins to start its nodes. Rejects with AppError. */
  readonly open: (dir: string, asked: AskedCluster) => Promise<OpenedLab>
  /** What the screens end with when their first cluster ends; undefined in the app, which outlives every cluster. */
  readonly endsWithHome?: string
}

interface Hosted {
  readonly id: string
  readonly dir: string
  readonly host: LabHost
  isStarted: boolean
}

type Handlers = {
  readonly [Name in ClustersCommand]: (input: CommandInput<Name>) => Promise<CommandOutput<Name>>
}

export class Clusters {
  readonly #ports: ClustersPorts
  readonly #hosted = new Map<string, Hosted>()
  readonly #known: KnownPlaces
  readonly #work: FolderWork
  readonly #problems = new Map<string, string>()
  readonly #watchers = new Map<(view: ClustersView) => void, { readonly current: () => string; told: string }>()
  readonly #listeners = new Set<() => void>()
  readonly #hostListeners: ((host: LabHost, id: string) => void)[] = []
  readonly #endListeners: ((id: string, failure: unknown) => unknown)[] = []
  #home = ''
  #push: Timer | undefined
  #again: Timer | undefined

  constructor(ports: ClustersPorts) {
    this.#ports = ports
    this.#known = new KnownPlaces(ports, () => this.#hosted.values())
    this.#work = new FolderWork(ports.disk, () => this.#changed())
  }

  /** What a page looks at that names no cluster: the first one that was opened. */
  get home(): string {
    return this.#home
  }

  /** Rejects with AppError. */
  async open(dir: string, asked: AskedCluster = {}): Promise<OpenedLab> {
    if (this.#work.isEnding) throw new AppError('ABORTED', said`Lagoon is ending.`)
    const lab = await this.#ports.open(dir, asked)
    if (this.#work.isEnding) {
      await lab.host.stop()
      throw new AppError('ABORTED', said`Lagoon is ending.`)
    }
    const id = this.#ports.labs.idOf(lab.host.dir)
    const hosted: Hosted = { id, dir: lab.host.dir, host: lab.host, isStarted: false }
    this.#hosted.set(id, hosted)
    this.#known.opened(id, hosted.dir)
    this.#problems.delete(id)
    if (this.#home === '') this.#home = id
    lab.started.then(
      () => {
        hosted.isStarted = true
        this.#changed()
      },
      (error: unknown) => {
        if (!(error instanceof AppError && error.code === 'ABORTED')) this.#problems.set(id, messageOf(error))
        this.#changed()
      }
    )
    lab.host.onStopped(async (failure) => {
      if (this.#hosted.get(id) === hosted) this.#hosted.delete(id)
      this.#changed()
      if (this.#work.busy.has(id)) return
      for (const listener of this.#endListeners) await listener(id, failure)
    })
    for (const listener of this.#hostListeners) listener(lab.host, id)
    this.#changed()
    return lab
  }

  /** Called with every host that is opened from now on. */
  onHosted(listener: (host: LabHost, id: string) => void): void {
    this.#hostListeners.push(listener)
  }

  /** Called when a cluster has ended that is not about to be opened again, with why when it could not start. */
  onEnded(listener: (id: string, failure: unknown) => unknown): void {
    this.#endListeners.push(listener)
  }

  hosted(id: string): LabHost | undefined {
    return this.#hosted.get(id)?.host
  }

  hosts(): readonly LabHost[] {
    return [...this.#hosted.values()].map(({ host }) => host)
  }

  /** Another process hosts it. */
  isElsewhere(id: string): boolean {
    const place = this.#known.places().find((one) => one.id === id)
    return place !== undefined && this.#known.look(place).state === 'elsewhere'
  }

  dirOf(id: string): string | undefined {
    return this.#known.places().find((place) => place.id === id)?.dir
  }

  idOf(dir: string): string {
    return this.#ports.labs.idOf(dir)
  }

  /** Something is other than it was: another cluster is hosted, or one of others has come or gone. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Stops every cluster that this process hosts; meanwhile what is being done to folders comes to its end, or is given up. */
  async stopAll(): Promise<void> {
    this.#again?.cancel()
    // One that is being moved or reset is not opened again.
    const works = this.#work.end()
    try {
      await Promise.all(this.hosts().map((host) => host.stop()))
    } finally {
      await works
    }
  }

  // ── the view ─────────────────────────────────────────────────────────────────────────────────────────────────

  watch(current: () => string, changed: (view: ClustersView) => void): () => void {
    const view = this.view(current())
    this.#watchers.set(changed, { current, told: JSON.stringify(view) })
    changed(view)
    this.#lookAgain()
    return () => {
      this.#watchers.delete(changed)
      if (this.#watchers.size > 0) return
      this.#again?.cancel()
      this.#again = undefined
    }
  }

  #lookAgain(): void {
    this.#again ??= this.#ports.clock.after(lookAgainMs, () => {
      this.#again = undefined
      this.#tell()
      if (this.#watchers.size > 0 && !this.#work.isEnding) this.#lookAgain()
    })
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener()
    this.#push ??= this.#ports.clock.after(pushDelayMs, () => {
      this.#push = undefined
      this.#tell()
    })
  }

  #tell(): void {
    if (this.#watchers.size === 0) return
    const base = this.view('')
    for (const [changed, watcher] of this.#watchers) {
      const view = { ...base, current: watcher.current() }
      const told = JSON.stringify(view)
      if (told === watcher.told) continue
      watcher.told = told
      changed(view)
    }
    for (const listener of [...this.#listeners]) listener()
  }

  view(current: string): ClustersView {
    const places = this.#known.places()
    const clusters = places.slice(0, lookedAtMax).map((place) => this.#viewOf(place))
    const runs = ({ state }: KnownCluster): boolean => ['running', 'starting', 'stopping', 'elsewhere'].includes(state)
    return {
      current,
      clusters: clusters.sort((a, b) => Number(runs(b)) - Number(runs(a)) || byName(a, b)),
      leftOut: Math.max(0, places.length - lookedAtMax),
      root: this.#ports.root,
      newBrokers: this.#newBrokers(),
      host: this.#ports.endsWithHome === undefined ? null : this.#home
    }
  }

  #viewOf(place: Place): KnownCluster {
    const hosted = this.#hosted.get(place.id)
    const look = this.#known.look(place)
    const view = hosted?.host.view()
    return {
      id: place.id,
      name: look.spec?.name ?? place.name,
      dir: place.dir,
      state: this.#stateOf(place.id, look),
      health: view?.health ?? null,
      ...portsOf(look.spec),
      processes:
        view === undefined
          ? null
          : { running: view.nodes.filter(({ pid }) => pid !== null).length, all: view.nodes.length },
      pid: hosted === undefined ? look.pid : null,
      problem: this.#problems.get(place.id) ?? null,
      progress: this.#work.busy.get(place.id) ?? null
    }
  }

  #stateOf(id: string, look: FolderLook): ClusterState {
    if (this.#work.busy.has(id)) return 'busy'
    const hosted = this.#hosted.get(id)
    if (hosted === undefined) return look.state
    if (hosted.host.isStopping) return 'stopping'
    return hosted.isStarted ? 'running' : 'starting'
  }

  #newBrokers(): number {
    return this.#ports.labs.newBrokers() ?? defaultSizes.brokers
  }

  // ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Rejects with ApiError. */
  async run<Name extends ClustersCommand>(name: Name, input: CommandInput<Name>): Promise<CommandOutput<Name>> {
    try {
      return await (this.#handlers[name] as (input: CommandInput<Name>) => Promise<CommandOutput<Name>>)(input)
    } catch (error) {
      if (error instanceof ApiError) throw error
      expectAppError(error)
      const isConflict = error.code === 'LOCKED' || error.code === 'ABORTED'
      throw new ApiError({ code: isConflict ? 'CONFLICT' : 'FAILED', message: error.message })
    }
  }

  readonly #handlers: Handlers = {
    'clusters.check': async (input) => toAnswer(await this.#check(input)),
    'clusters.checkFolder': async ({ to }) => toAnswer(await this.#checkFolder(to)),
    'clusters.create': (input) => this.#create(input),
    'clusters.start': ({ id }) => this.#start(this.#place(id)),
    'clusters.stop': ({ id }) => this.#stop(this.#place(id)),
    'clusters.forget': ({ id }) => this.#forget(this.#place(id)),
    'clusters.delete': ({ id, name }) => this.#delete(this.#named(id, name)),
    'clusters.reset': ({ id, name }) => this.#reset(this.#named(id, name)),
    'clusters.move': ({ id, to }) => this.#move(this.#place(id), to),
    'clusters.sizes': () => this.#sizes(),
    'clusters.set': ({ newBrokers }) => {
      this.#ports.labs.keepNewBrokers(newBrokers)
      this.#changed()
      return Promise.resolve({})
    }
  }

  #place(id: string): Place {
    const place = this.#known.places().find((one) => one.id === id)
    if (place === undefined)
      throw new ApiError({ code: 'NOT_FOUND', message: said`This cluster is not known here any more.` })
    return { ...place, name: this.#known.look(place).spec?.name ?? place.name }
  }

  #named(id: string, name: string): Place {
    const place = this.#place(id)
    if (place.name !== name)
      throw new ApiError({ code: 'INVALID_INPUT', message: said`Type its name, ${place.name}, to confirm.` })
    return place
  }

  #check(asked: NewCluster): Promise<Checked> {
    const others = this.#known.places().map((place) => {
      const { spec } = this.#known.look(place)
      return { name: spec?.name ?? place.name, dir: place.dir, ports: spec?.nodes.map(({ port }) => port) ?? [] }
    })
    const { root, ports, portHolder } = this.#ports
    return checkNewCluster({ root, ports, holderOf: portHolder, others }, asked)
  }

  async #create(asked: NewCluster): Promise<{ id: string }> {
    const { dir, problems } = await this.#check(asked)
    const [first] = problems
    if (first !== undefined) {
      const why = [first.code, ...Object.values(first.params)].join(', ')
      const message = said`The cluster cannot be made so: ${first.field} (${why}).`
      throw new ApiError({ code: 'INVALID_INPUT', message })
    }
    const { brokerPort, ensemblePort } = asked
    const given = {
      ...(brokerPort === null ? {} : { broker: brokerPort }),
      ...(ensemblePort === null ? {} : { ensemble: ensemblePort })
    }
    const { host } = await this.open(dir, {
      name: asked.name.trim(),
      brokers: asked.brokers,
      ...(asked.members === undefined ? {} : { ensemble: asked.members }),
      ...(Object.keys(given).length === 0 ? {} : { ports: given })
    })
    return { id: this.idOf(host.dir) }
  }

  async #start({ id, dir, name }: Place): Promise<Record<string, never>> {
    if (this.#hosted.has(id)) return {}
    this.#work.refuseBusy(id, name)
    await this.open(dir, { isKnown: true })
    return {}
  }

  async #stop(place: Place): Promise<Record<string, never>> {
    const hosted = this.#hosted.get(place.id)
    this.#problems.delete(place.id)
    if (hosted === undefined) await this.#stopElsewhere(place)
    else {
      const stopping = hosted.host.stop()
      this.#changed()
      await stopping
    }
    return {}
  }

  /** Its host tells nothing more when it has ended, so its lock is looked at. */
  async #stopElsewhere(place: Place): Promise<void> {
    if (this.#known.look(place).state !== 'elsewhere') return
    const client = await ControlClient.connect(place.dir)
    client.call('cluster.stop', {}).catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error
      ignore(error, 'the lock tells')
    })
    const { clock } = this.#ports
    const endMs = clock.monotonicMs() + endTimeoutMs
    while (this.#known.look(place).state === 'elsewhere') {
      if (clock.monotonicMs() > endMs) {
        client.close()
        throw new AppError('TIMED_OUT', said`${place.name} has not stopped within ${endTimeoutMs / 1000} s.`)
      }
      await new Promise<void>((resolve) => void clock.after(endPollMs, resolve))
    }
    client.close()
    this.#changed()
  }

  #forget({ id, dir, name }: Place): Promise<Record<string, never>> {
    this.#work.refuseBusy(id, name)
    const { state } = this.#known.look({ dir })
    if (this.#hosted.has(id) || state === 'elsewhere')
      throw new ApiError({
        code: 'CONFLICT',
        message: said`${name} is running. Stop it first; then it can be forgotten.`
      })
    this.#ports.labs.forget(dir)
    if (this.#known.isOwn(dir)) this.#ports.labs.keepHome(undefined)
    this.#known.left(id)
    this.#problems.delete(id)
    this.#changed()
    return Promise.resolve({})
  }

  #delete(place: Place): Promise<{ kept: string[] }> {
    this.#refuseHome(place, said`deleted`)
    this.#refuseAround(place, said`deleted`)
    const { state } = this.#known.look(place)
    if (state !== 'stopped' && state !== 'elsewhere') throw notACluster(place)
    const isOwn = this.#known.isOwn(place.dir)
    return this.#exclusively(place, async () => {
      await this.#stop(place)
      const { kept, failed } = await this.#work.locked(place, () => removeCluster(this.#ports.disk, place.dir))
      if (failed.length > 0) {
        const left = failed.map(({ path, reason }) => `${path} (${reason})`).join(', ')
        throw new AppError('FAILED', said`Not all of ${place.name} could be deleted. This is left: ${left}.`)
      }
      this.#ports.labs.forget(place.dir)
      if (isOwn) this.#ports.labs.keepHome(undefined)
      this.#known.left(place.id)
      return { kept: kept.map((name) => join(place.dir, name)) }
    })
  }

  #reset(place: Place): Promise<Record<string, never>> {
    this.#refuseElsewhere(place)
    return this.#exclusively(place, () =>
      this.#whileStopped(place, async () => {
        await this.#work.locked(place, () => emptyCluster(this.#ports.disk, place.dir))
        return { value: {}, dir: place.dir }
      })
    )
  }

  async #move(place: Place, to: string): Promise<CommandOutput<'clusters.move'>> {
    this.#refuseHome(place, said`moved`)
    this.#refuseAround(place, said`moved`)
    this.#refuseElsewhere(place)
    const { dir, problems } = await this.#checkFolder(to)
    const [first] = problems
    if (first !== undefined) {
      const message = said`The folder cannot be moved to ${dir} (${first.code}). Choose a folder that is not there yet.`
      throw new ApiError({ code: 'INVALID_INPUT', message })
    }
    const isOwn = this.#known.isOwn(place.dir)
    return this.#exclusively(place, () =>
      this.#whileStopped(place, async () => {
        const id = this.idOf(dir)
        try {
          const { kept, isDurable } = await this.#work.locked(place, () =>
            moveFolder({
              disk: this.#ports.disk,
              from: place.dir,
              to: dir,
              signal: this.#work.signal,
              progress: (doneBytes, allBytes) => {
                this.#work.busy.set(place.id, { doneBytes, allBytes })
                this.#changed()
              },
              // Should we be killed now, what has moved is known, and known to be busy until we are through.
              arrived: () => {
                this.#work.busy.set(id, null)
                this.#known.remember(dir, place.name)
                if (isOwn) this.#homeMoved(id, dir)
              }
            })
          )
          return { value: { id: this.#moved(place, dir), dir, kept: [...kept], isDurable }, dir }
        } finally {
          this.#work.busy.delete(id)
        }
      })
    )
  }

  #homeMoved(id: string, dir: string): void {
    try {
      this.#ports.labs.keepHome(dir)
    } catch (error) {
      expectAppError(error)
      const why = error.message.replace(/\.$/, '')
      this.#problems.set(
        id,
        said`It has moved, but that could not be written down: ${why}. Start Lagoon with --data ${dir} from now on.`
      )
    }
  }

  #moved(place: Place, dir: string): string {
    const { labs } = this.#ports
    const id = labs.idOf(dir)
    this.#known.left(place.id)
    this.#known.opened(id, dir)
    if (this.#home === place.id) this.#home = id
    try {
      labs.forget(place.dir)
    } catch (error) {
      expectAppError(error)
      ignore(error, 'it has moved all the same; the list shows the old place as gone')
    }
    return id
  }

  /** Its own folder is among those that it may not be moved into. */
  async #checkFolder(to: string): Promise<Checked> {
    const dir = fullPath(to.trim())
    const problem = await folderProblem(dir, this.#known.places())
    return { dir, problems: problem === undefined ? [] : [problem] }
  }

  async #sizes(): Promise<{ sizes: Record<string, FolderSize> }> {
    const sizes: Record<string, FolderSize> = {}
    // One after the other: the disk is the clusters' in the first place.
    for (const { id, dir } of this.#known.places().slice(0, lookedAtMax)) {
      try {
        sizes[id] = await sizeOfFolder(dir)
      } catch (error) {
        expectSystemError(error)
        ignore(error, 'then its size is not known')
      }
    }
    return { sizes }
  }

  // ── one thing at a time ──────────────────────────────────────────────────────────────────────────────────────

  #refuseHome({ id, name }: Place, what: string): void {
    const { endsWithHome } = this.#ports
    if (endsWithHome === undefined || id !== this.#home) return
    const message = said`${name} cannot be ${what} from here: ${endsWithHome} hosts it and ends with it. Use the app, or stop it and do it by hand.`
    throw new ApiError({ code: 'CONFLICT', message })
  }

  /** What is done to a folder is done to all that is in it. */
  #refuseAround({ id, dir, name }: Place, what: string): void {
    const inner = this.#known.places().find((other) => other.id !== id && isWithin(other.dir, dir))
    if (inner === undefined || this.#known.look(inner).state === 'gone') return
    const message = said`${name} cannot be ${what}: ${inner.name} is in a folder of it (${inner.dir}). Move or delete that one first.`
    throw new ApiError({ code: 'CONFLICT', message })
  }

  #refuseElsewhere(place: Place): void {
    const { state, pid } = this.#known.look(place)
    if (this.#hosted.has(place.id) || state === 'stopped') return
    if (state !== 'elsewhere') throw notACluster(place)
    const message = said`${place.name} runs in process ${pid ?? ''}. Stop it there first.`
    throw new ApiError({ code: 'CONFLICT', message })
  }

  /** One that could not be done is told by the list, too: whoever asked for it may have closed the page since. */
  async #exclusively<T>(place: Place, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#work.exclusively(place, () => {
        this.#problems.delete(place.id)
        return work()
      })
    } catch (error) {
      if (error instanceof AppError && error.code !== 'ABORTED') {
        this.#problems.set(place.id, error.message)
        this.#changed()
      }
      throw error
    }
  }

  /** One that ran is opened again, wherever it is then, also when the work failed. */
  async #whileStopped<T>(
    { id, dir }: Place,
    work: () => Promise<{ readonly value: T; readonly dir: string }>
  ): Promise<T> {
    const hosted = this.#hosted.get(id)
    await hosted?.host.stop()
    let after = dir
    try {
      const done = await work()
      after = done.dir
      return done.value
    } finally {
      if (hosted !== undefined && !this.#work.isEnding) await this.#openAgain(id, after)
    }
  }

  /** What was wanted has been done or has its own error; that it could not be opened is told by the list. */
  async #openAgain(id: string, dir: string): Promise<void> {
    try {
      await this.open(dir, { isKnown: true })
    } catch (error) {
      expectAppError(error)
      this.#problems.set(this.idOf(dir), error.message)
      // Not awaited: whoever hears of it may wait for what is being done to come to its end, as this is.
      this.#ports.clock.soon(() => {
        for (const listener of this.#endListeners) void listener(id, error)
      })
    }
  }
}

const toAnswer = ({ dir, problems }: Checked): CommandOutput<'clusters.check'> => ({ dir, problems: [...problems] })

const byName = (a: KnownCluster, b: KnownCluster): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : a.dir < b.dir ? -1 : 1

function portsOf(spec: ClusterSpec | undefined): Pick<KnownCluster, 'brokers' | 'brokerPorts' | 'ensemblePorts'> {
  const of = (role: 'broker' | 'ensemble'): number[] =>
    (spec?.nodes ?? [])
      .filter((node) => node.role === role)
      .map(({ port }) => port)
      .sort((a, b) => a - b)
  const brokerPorts = of('broker')
  return { brokers: spec === undefined ? null : brokerPorts.length, brokerPorts, ensemblePorts: of('ensemble') }
}

function notACluster({ dir }: Place): ApiError {
  const message = said`${dir} is no folder that this Lagoon knows as a cluster, so nothing in it was touched. Forget it, or remove the folder by hand.`
  return new ApiError({ code: 'CONFLICT', message })
}
