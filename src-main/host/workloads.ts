/**
 * The traffic that a lab makes on purpose: rows, each with a process of its own, and the scenes they come from. They belong
 * to the lab: they outlive a page, end with the cluster, and after a restart are there as rows that can be started again
 * (ADR 24).
 */
import { ApiError } from '../api/api'
import type { CommandInput, CommandOutput } from '../api/commands'
import {
  consumerSettingsSchema,
  problemsOf,
  producerSettingsSchema,
  savedScenesMax,
  sceneSchema,
  workloadsMax,
  type ConsumerSettings,
  type Scene,
  type WorkloadsView,
  type WorkloadView
} from '../api/workloads'
import type { ClusterEvent } from '../api/views'
import { AppError, expectAppError, messageOf } from '../kernel/errors'
import type { Disk, Timer } from '../kernel/ports'
import { said } from '../kernel/said'
import { builtInScenes, sceneKey } from '../workload/core/scenes'
import { Leaving } from './workload-leaving'
import { WorkloadFile } from './workload-file'
import { WorkloadRow, type RowPorts, type RowSpec } from './workload-row'

/** Changes within this time leave as one push. */
const pushDelayMs = 100
const sampleMs = 1000
/** A start answers when all have joined, or after this. */
const settleMs = 10_000
const slowFactor = 10
const addCount = 5
/** So often rows that could not be kept are tried again: there may be room by then. */
const keepAgainMs = 10_000
/** Of a topic that nobody described. */
const topicPartitions = 6

export interface WorkloadsPorts extends Omit<RowPorts, 'changed' | 'happened'> {
  readonly event: (event: Omit<ClusterEvent, 'id'>) => void
  readonly disk: Disk
  readonly ask: <Name extends 'topic.create' | 'topic.describe'>(
    name: Name,
    input: CommandInput<Name>
  ) => Promise<CommandOutput<Name>>
}

type SceneTopic = Scene['topics'][number]

export class Workloads {
  readonly #ports: WorkloadsPorts
  readonly #file: WorkloadFile
  readonly #rows = new Map<string, WorkloadRow>()
  readonly #watchers = new Set<(view: WorkloadsView) => void>()
  readonly #leaving: Leaving
  #scenes: readonly Scene[]
  #push: Timer | undefined
  #tick: Timer | undefined
  #keepAgain: Timer | undefined
  #notKept: WorkloadsView['notKept'] = null
  #isStopping = false

  constructor(ports: WorkloadsPorts, dir: string) {
    this.#ports = ports
    this.#file = new WorkloadFile(ports, dir)
    const { rows, scenes } = this.#file.read()
    this.#scenes = scenes
    for (const spec of rows.slice(0, workloadsMax)) this.#rows.set(spec.name, this.#row(spec))
    this.#leaving = new Leaving(ports.clock)
  }

  #row(spec: RowSpec): WorkloadRow {
    return new WorkloadRow(spec, {
      ...this.#ports,
      changed: () => this.#changed(),
      happened: (event) => {
        const { clock, event: tell } = this.#ports
        tell({ atMs: clock.nowMs(), subject: spec.name, ...event })
      }
    })
  }

  /** Every process has ended when it resolves, and none is started any more. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#tick?.cancel()
    this.#push?.cancel()
    this.#keepAgain?.cancel()
    await Promise.all([...this.#rows.values()].map((row) => row.stop(false)))
    if (this.#notKept !== null) await this.#keep()
    await this.#file.close()
  }

  // ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────

  async startScene({ scene, definition }: CommandInput<'workload.start'>): Promise<CommandOutput<'workload.start'>> {
    if ((scene === undefined) === (definition === undefined))
      throw invalid(said`Name a scene, or give one: not both, and not neither.`)
    const wanted = scene === undefined ? sceneOf(definition) : this.#find(scene)
    const specs = specsOf(wanted)
    this.#refuse(specs)
    const createdTopics = await this.#makeTopics(wanted)
    // Others may have started something meanwhile.
    this.#refuse(specs)
    return { workloads: await this.#startAll(specs), createdTopics }
  }

  async change({
    name,
    action,
    factor,
    count
  }: CommandInput<'workload.change'>): Promise<{ workloads: WorkloadView[] }> {
    this.#refuseWhileStopping()
    const row = this.#named(name)
    const { slowedBy } = this.#viewOf(row)
    this.#leaving.forget(name)
    switch (action) {
      case 'slow':
        // One that is paused or silent stays so: it is slower when it goes on.
        await row.order(row.mode, factor ?? slowFactor)
        break
      case 'pause':
        await row.order('pause', slowedBy)
        break
      case 'resume':
        await row.order('run', 1)
        break
      case 'zombie':
        if (row.spec.kind === 'producer')
          throw invalid(said`${name} is a producer: only members of a group have heartbeats that can stop.`)
        await row.order('zombie', slowedBy)
        break
      case 'kill':
        await row.kill()
        break
      case 'stop':
        await row.stop(false)
        break
      case 'start':
        row.start()
        await row.whenSettled(settleMs)
        break
      case 'add':
        return { workloads: await this.#startAll(this.#likes(row.spec, count ?? addCount)) }
      case 'remove': {
        await row.stop(true)
        this.#rows.delete(name)
        this.#changed()
        await this.#keep()
        break
      }
    }
    return { workloads: [this.#viewOf(row)] }
  }

  async edit({ name, settings }: CommandInput<'workload.edit'>): Promise<{ workloads: WorkloadView[] }> {
    this.#refuseWhileStopping()
    const row = this.#named(name)
    const { kind, scene } = row.spec
    const parsed =
      kind === 'producer' ? producerSettingsSchema.safeParse(settings) : consumerSettingsSchema.safeParse(settings)
    if (!parsed.success) throw invalid(problemsOf(said`These settings of ${name}`, parsed.error))
    const wasRunning = row.hasProcess
    await row.stop(true)
    row.spec = { name, kind, scene, settings: parsed.data }
    await this.#keep()
    if (wasRunning && !this.#isStopping) {
      row.start()
      await row.whenSettled(settleMs)
    }
    this.#changed()
    return { workloads: [this.#viewOf(row)] }
  }

  async stopSome({ name, all }: CommandInput<'workload.stop'>): Promise<{ workloads: WorkloadView[] }> {
    if ((name === undefined) === (all !== true))
      throw invalid(said`Name what to stop, or say all: not both, and not neither.`)
    const rows = name === undefined ? [...this.#rows.values()] : this.#matching(name)
    if (name !== undefined && rows.length === 0)
      throw new ApiError({
        code: 'NOT_FOUND',
        message: noneCalled(name, this.#names())
      })
    for (const { spec } of rows) this.#leaving.forget(spec.name)
    await Promise.all(rows.map((row) => row.stop(false)))
    return { workloads: rows.map((row) => this.#viewOf(row)) }
  }

  async saveScene({ definition }: CommandInput<'workload.saveScene'>): Promise<{ name: string }> {
    const scene = sceneOf(definition)
    const key = sceneKey(scene.name)
    if (builtInScenes.some((one) => sceneKey(one.name) === key))
      throw new ApiError({
        code: 'CONFLICT',
        message: said`Every lab has a scene "${scene.name}" already. Choose another name.`
      })
    const others = this.#scenes.filter((one) => sceneKey(one.name) !== key)
    if (others.length >= savedScenesMax)
      throw new ApiError({
        code: 'CONFLICT',
        message: said`${savedScenesMax} scenes are kept already. Forget one first.`
      })
    const before = this.#scenes
    this.#scenes = [...others, scene]
    await this.#keepOr(() => (this.#scenes = before))
    this.#changed()
    return { name: scene.name }
  }

  async forgetScene({ scene }: CommandInput<'workload.forgetScene'>): Promise<{ name: string }> {
    const key = sceneKey(scene)
    const found = this.#scenes.find((one) => sceneKey(one.name) === key)
    if (found === undefined)
      throw new ApiError({ code: 'NOT_FOUND', message: said`No scene "${scene}" was saved here.` })
    const before = this.#scenes
    this.#scenes = before.filter((one) => one !== found)
    await this.#keepOr(() => (this.#scenes = before))
    this.#changed()
    return { name: found.name }
  }

  // ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────

  async #startAll(specs: readonly RowSpec[]): Promise<WorkloadView[]> {
    this.#refuse(specs)
    const rows = specs.map((spec) => {
      const row = this.#rows.get(spec.name) ?? this.#row(spec)
      row.spec = spec
      this.#rows.set(spec.name, row)
      return row
    })
    for (const row of rows) row.start()
    this.#tickAgain()
    this.#changed()
    await this.#keep()
    await Promise.all(rows.map((row) => row.whenSettled(settleMs)))
    return rows.map((row) => this.#viewOf(row))
  }

  /** As many as asked for that differ by their number only. */
  #likes({ name, ...rest }: RowSpec, count: number): readonly RowSpec[] {
    const base = name.replace(/-\d+$/, '')
    const specs: RowSpec[] = []
    for (let number = 1; specs.length < count; number++) {
      const next = `${base}-${number}`
      if (!this.#rows.has(next)) specs.push({ name: next, ...rest })
    }
    return specs
  }

  #refuse(specs: readonly RowSpec[]): void {
    this.#refuseWhileStopping()
    const names = specs.map(({ name }) => name)
    const twice = names.find((name, i) => names.indexOf(name) !== i)
    if (twice !== undefined) throw invalid(said`Two workloads would be called ${twice}. Give one of them another name.`)
    const running = names.find((name) => this.#rows.get(name)?.hasProcess === true)
    if (running !== undefined)
      throw new ApiError({ code: 'CONFLICT', message: said`${running} is running already. Stop it first.` })
    const total = new Set([...this.#rows.keys(), ...names]).size
    if (total > workloadsMax) {
      const message = said`A lab has ${workloadsMax} workloads at most, each a process of its own; this would make ${total}. Remove some first.`
      throw new ApiError({ code: 'CONFLICT', message })
    }
  }

  #refuseWhileStopping(): void {
    if (this.#isStopping) throw new ApiError({ code: 'CONFLICT', message: said`The cluster is stopping.` })
  }

  #named(name: string): WorkloadRow {
    const row = this.#rows.get(name)
    if (row !== undefined) return row
    throw new ApiError({ code: 'NOT_FOUND', message: noWorkload(name, this.#names()) })
  }

  #names(): readonly string[] {
    return [...this.#rows.keys()]
  }

  #matching(name: string): readonly WorkloadRow[] {
    const row = this.#rows.get(name)
    if (row !== undefined) return [row]
    const key = sceneKey(name)
    const isOf = ({ scene, settings }: RowSpec): boolean =>
      (scene !== null && sceneKey(scene) === key) || ('group' in settings && settings.group === name)
    return [...this.#rows.values()].filter(({ spec }) => isOf(spec))
  }

  // ── scenes and their topics ──────────────────────────────────────────────────────────────────────────────────

  #find(name: string): Scene {
    const key = sceneKey(name)
    const found = [...this.#scenes, ...builtInScenes].find((one) => sceneKey(one.name) === key)
    if (found !== undefined) return found
    const names = [...builtInScenes, ...this.#scenes].map((one) => `"${one.name}"`).join(', ')
    throw new ApiError({ code: 'NOT_FOUND', message: said`There is no scene "${name}". There are ${names}.` })
  }

  /** Those that are not there are made; their names. */
  async #makeTopics(scene: Scene): Promise<string[]> {
    const described = new Map<string, SceneTopic>(scene.topics.map((one) => [one.topic, one]))
    for (const { topic } of [...scene.producers, ...scene.consumers])
      if (!described.has(topic)) described.set(topic, { topic, partitions: topicPartitions, configs: {} })
    const created: string[] = []
    for (const one of described.values()) {
      try {
        if (await this.#makeTopic(one)) created.push(one.topic)
      } catch (error) {
        if (!(error instanceof ApiError) || created.length === 0) throw error
        const { code, kafkaError } = error
        const message = said`${error.message} Nothing was started; made before that: ${created.join(', ')}.`
        throw new ApiError({ code, message, ...(kafkaError === undefined ? {} : { kafkaError }) })
      }
    }
    return created
  }

  async #makeTopic({ topic, partitions, replicationFactor, configs }: SceneTopic): Promise<boolean> {
    try {
      await this.#ports.ask('topic.describe', { topic })
      return false
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'NOT_FOUND') throw error
    }
    try {
      const replicas = replicationFactor === undefined ? {} : { replicationFactor }
      await this.#ports.ask('topic.create', { topic, partitions, configs, ...replicas })
      return true
    } catch (error) {
      // Somebody was quicker.
      if (error instanceof ApiError && error.kafkaError === 'TOPIC_ALREADY_EXISTS') return false
      throw error
    }
  }

  // ── what is kept and seen ────────────────────────────────────────────────────────────────────────────────────

  /** A full disk does not stop traffic: it is told with the rows, and tried again until they are kept. */
  async #keep(): Promise<void> {
    try {
      await this.#write()
    } catch (error) {
      expectAppError(error)
      if (this.#notKept === null)
        this.#ports.log('warn', 'workloads go on, but are not kept', { reason: error.message })
      this.#notKept = { sinceMs: this.#notKept?.sinceMs ?? this.#ports.clock.nowMs(), reason: error.message }
      this.#keepLater()
      this.#changed()
    }
  }

  #keepLater(): void {
    if (this.#isStopping) return
    this.#keepAgain ??= this.#ports.clock.after(keepAgainMs, () => {
      this.#keepAgain = undefined
      void this.#keep()
    })
  }

  async #keepOr(undo: () => void): Promise<void> {
    try {
      await this.#write()
    } catch (error) {
      undo()
      throw new ApiError({ code: 'FAILED', message: said`The scenes could not be kept: ${messageOf(error)}` })
    }
  }

  async #write(): Promise<void> {
    await this.#file.write({ rows: [...this.#rows.values()].map(({ spec }) => spec), scenes: this.#scenes })
    if (this.#notKept === null) return
    this.#notKept = null
    this.#keepAgain?.cancel()
    this.#keepAgain = undefined
    this.#changed()
  }

  view(): WorkloadsView {
    return {
      atMs: this.#ports.clock.nowMs(),
      workloads: [...this.#rows.values()].map((row) => this.#viewOf(row)),
      scenes: [
        ...builtInScenes.map((scene) => ({ scene, isBuiltIn: true })),
        ...this.#scenes.map((scene) => ({ scene, isBuiltIn: false }))
      ],
      notKept: this.#notKept
    }
  }

  #viewOf(row: WorkloadRow): WorkloadView {
    const { settings } = row.spec
    if (!('group' in settings)) return row.view(null)
    const others = [...this.#rows.values()].filter(({ spec }) => isOfGroup(spec, settings.group))
    const generations = others.flatMap(({ generation, hasProcess }) => (hasProcess ? (generation ?? []) : []))
    return row.view(generations.length === 0 ? null : Math.max(...generations))
  }

  watch(changed: (view: WorkloadsView) => void): () => void {
    this.#watchers.add(changed)
    changed(this.view())
    return () => this.#watchers.delete(changed)
  }

  #changed(): void {
    if (this.#watchers.size === 0 || this.#isStopping) return
    this.#push ??= this.#ports.clock.after(pushDelayMs, () => this.#pushNow())
  }

  #pushNow(): void {
    this.#push?.cancel()
    this.#push = undefined
    // One object for all: it is made into bytes once.
    const view = this.view()
    for (const watcher of this.#watchers) watcher(view)
  }

  /** Once a second while there are rows: rates of the last minute, and members that leave by their scene. */
  #tickAgain(): void {
    if (this.#tick !== undefined) return
    this.#tick = this.#ports.clock.after(sampleMs, () => {
      this.#tick = undefined
      if (this.#rows.size === 0 || this.#isStopping) return
      for (const row of this.#rows.values()) row.sample()
      this.#leaving.look([...this.#rows.values()])
      this.#changed()
      this.#tickAgain()
    })
  }
}

function isOfGroup({ settings }: RowSpec, group: string): boolean {
  return 'group' in settings && settings.group === group
}

function noWorkload(name: string, known: readonly string[]): string {
  if (known.length === 0) return said`There is no workload ${name}. There are no workloads.`
  if (known.length === 1) return said`There is no workload ${name}. There is ${firstOf(known)}.`
  return said`There is no workload ${name}. There are ${firstOf(known)}.`
}

function noneCalled(name: string, known: readonly string[]): string {
  if (known.length === 0) return said`No workload, group or scene called ${name} is here. There are no workloads.`
  if (known.length === 1) return said`No workload, group or scene called ${name} is here. There is ${firstOf(known)}.`
  return said`No workload, group or scene called ${name} is here. There are ${firstOf(known)}.`
}

function firstOf(names: readonly string[]): string {
  return `${names.slice(0, 10).join(', ')}${names.length > 10 ? ' …' : ''}`
}

function invalid(message: string): ApiError {
  return new ApiError({ code: 'INVALID_INPUT', message })
}

function sceneOf(definition: unknown): Scene {
  const parsed = sceneSchema.safeParse(definition)
  if (!parsed.success) throw invalid(problemsOf(said`The scene`, parsed.error))
  if (parsed.data.producers.length + parsed.data.consumers.length === 0)
    throw invalid(said`The scene cannot be used. It has neither producers nor consumers.`)
  return parsed.data
}

/** One row a process: `count` and `members` of them, numbered when there are several. */
function specsOf(scene: Scene): readonly RowSpec[] {
  const numbered = (base: string, count: number): readonly string[] =>
    count === 1 ? [base] : Array.from({ length: count }, (_, i) => `${base}-${i + 1}`)
  const producers = scene.producers.flatMap(({ name: base, count, ...settings }) =>
    numbered(base, count).map((name): RowSpec => ({ name, kind: 'producer', scene: scene.name, settings }))
  )
  const consumers = scene.consumers.flatMap(({ name: given, members, ...settings }) =>
    numbered(given ?? nameFrom(settings), members).map((name): RowSpec => ({
      name,
      kind: 'consumer',
      scene: scene.name,
      settings
    }))
  )
  return [...producers, ...consumers]
}

/** The group's id, as far as a name may look like it. */
function nameFrom({ group }: ConsumerSettings): string {
  const name = group.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '')
  return name === '' ? 'consumer' : name.slice(0, 50)
}

/** The errors of rows as the API tells them. */
export async function workloadErrors<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const code = error.code === 'NOT_RUNNING' ? 'CONFLICT' : error.code === 'TIMED_OUT' ? 'TIMED_OUT' : 'FAILED'
    throw new ApiError({ code, message: error.message })
  }
}
