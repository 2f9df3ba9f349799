/**
 * Failures on purpose, each followed from before it is done until the cluster is at rest again: what was predicted, and what
 * happened. It looks at what the monitor has seen and at the events; what they mean is said by monitor/core/act-outcome.
 *
 * An act waits for nobody here: how things stood before it is what had been seen by then. Acts are kept on disk; one that was
 * not followed to its end, since its host ended, says so.
 */
import { actSchema, type ActVerdict, type ActsView, type ActView, type MixedWith, type Standing } from '../api/acts'
import { ApiError } from '../api/api'
import type { CommandInput, CommandOutput } from '../api/commands'
import { NODE_ACTS, type AskedCost, type FailureAct } from '../api/failures'
import type { ClusterEvent, HealthLevel, NodeView } from '../api/views'
import { ignore } from '../kernel/errors'
import type { Clock, Timer } from '../kernel/ports'
import { actOutcome, isAtRest, isNoticed, type Ending, type Followed, type Looks } from '../monitor/core/act-outcome'
import { effectOf } from '../monitor/core/blast-radius'
import type { Observation } from '../monitor/observation'
import { KeptLines, type KeptLinesPorts } from './kept-lines'

const actsMax = 200
/** Some 1 KB an act, which is written when it is done and when it has settled. */
const bytesMax = 1024 * 1024
const dayMs = 86_400_000
/** Longer is no act followed: who never comes to rest is not what it has caused. */
const followedMsMax = 600_000
/** Followed at once; each is told of every event and looked at with every observation. The oldest gives way. */
const followingMax = 50
const mixedMax = 5
const electionsMax = 100
const levels = { asPredicted: 'healthy', differs: 'degraded', unclear: 'unknown' } as const satisfies Record<
  ActVerdict,
  HealthLevel
>

export interface ActLogPorts extends KeptLinesPorts {
  readonly clock: Clock
  /** Rejects with ApiError when the monitor is not there. */
  readonly ask: (input: CommandInput<'act.standing'>) => Promise<CommandOutput<'act.standing'>>
  readonly event: (event: Omit<ClusterEvent, 'id'>) => void
  readonly node: (name: string) => NodeView | undefined
  /** What the cost of an act depends on beside the cluster: brokers that are down, how large the ensemble is. */
  readonly asked: (asked: AskedCost) => AskedCost
  readonly replicaLagMaxMs: () => number
}

export interface Act {
  readonly act: FailureAct
  readonly node: string
  readonly to?: string | undefined
  readonly oneWay?: boolean | undefined
  readonly value?: number | null | undefined
}

interface Following extends Omit<Followed, 'elections' | 'isMixed'> {
  readonly view: ActView
  readonly asked: AskedCost
  readonly elections: { readonly atMs: number; readonly count: number; readonly isUnclean: boolean }[]
  before: Standing | null
  predicted: Followed['predicted']
  atMs: number
  backAtMs: number | null
  isSessionOver: boolean
  isDone: boolean
  mixedWith: readonly MixedWith[]
  noticedMs: number | undefined
  looks: Looks | undefined
  isLooking: boolean
  tooLate: Timer | undefined
}

export class ActLog {
  readonly #ports: ActLogPorts
  readonly #kept: KeptLines
  readonly #following = new Map<number, Following>()
  readonly #watchers = new Set<(view: ActsView) => void>()
  #acts: readonly ActView[]
  #lastId: number

  constructor(ports: ActLogPorts, dir: string, days: number) {
    this.#ports = ports
    this.#kept = new KeptLines(ports, dir, 'acts.log', bytesMax)
    const read = this.#kept.read().flatMap((value) => actSchema.safeParse(value).data ?? [])
    const acts = [...new Map(read.map((act) => [act.id, act])).values()].sort((a, b) => a.id - b.id)
    this.#lastId = acts.at(-1)?.id ?? 0
    this.#acts = acts.slice(-actsMax).map((act) => (act.settledAtMs === null ? this.#abandoned(act) : act))
    this.keep(days)
  }

  /** Its host ended before the cluster was at rest. */
  #abandoned(act: ActView): ActView {
    const { outcome } = act
    const ended = {
      ...act,
      settledAtMs: act.atMs,
      outcome: { ...outcome, whys: [...outcome.whys, 'hostEnded' as const] }
    }
    this.#kept.append(ended)
    return ended
  }

  /** Older ones go at once. */
  keep(days: number): void {
    const sinceMs = this.#ports.clock.nowMs() - days * dayMs
    const kept = this.#acts.filter(({ atMs }) => atMs >= sinceMs)
    if (kept.length === this.#acts.length) return
    this.#acts = kept
    this.#kept.rewrite(kept)
    this.#changed()
  }

  view(): ActsView {
    return { acts: this.#acts }
  }

  watch(watcher: (view: ActsView) => void): () => void {
    this.#watchers.add(watcher)
    watcher(this.view())
    return () => this.#watchers.delete(watcher)
  }

  close(): void {
    for (const following of this.#following.values()) {
      following.tooLate?.cancel()
      this.#settle(following, 'hostEnded')
    }
    this.#kept.close()
  }

  /** Does it, and follows it when it was done. Answers and rejects as `run` does. */
  async follow<T>(act: Act, run: () => Promise<T>): Promise<T> {
    const following = this.#begin(act)
    try {
      const done = await run()
      this.#done(following)
      return done
    } catch (error) {
      this.#end(following)
      this.#forget(following.view.id)
      throw error
    }
  }

  /** What was refused is no act, though one that takes long may have been told of. */
  #forget(id: number): void {
    if (!this.#isTold(id)) return
    this.#acts = this.#acts.filter((act) => act.id !== id)
    this.#kept.rewrite(this.#acts)
    this.#changed()
  }

  #isTold(id: number): boolean {
    return this.#acts.some((act) => act.id === id)
  }

  #begin({ act, node, to, oneWay = false, value = null }: Act): Following {
    const nowMs = this.#ports.clock.nowMs()
    const asked = this.#ports.asked({ node, act, ...(to === undefined ? {} : { to }) })
    const effect = effectOf(asked, asked.members ?? 1)
    const common = { act, effect, atMs: nowMs, before: null, predicted: null, backAtMs: null, isSessionOver: false }
    const outcome = actOutcome({ ...common, elections: [], isMixed: false }, 'rest', undefined)
    const of = { act, node, to: to ?? null, oneWay, value, mixedWith: [] }
    const following: Following = {
      ...common,
      view: { id: ++this.#lastId, atMs: nowMs, ...of, settledAtMs: null, outcome },
      asked,
      elections: [],
      isDone: false,
      mixedWith: [],
      noticedMs: undefined,
      looks: undefined,
      isLooking: false,
      tooLate: undefined
    }
    this.#makeRoom()
    for (const other of this.#following.values()) {
      mix(other, { what: act, node, atMs: nowMs })
      mix(following, { what: other.act, node: other.view.node, atMs: other.view.atMs })
    }
    this.#following.set(following.view.id, following)
    void this.#foresee(following)
    return following
  }

  #makeRoom(): void {
    if (this.#following.size < followingMax) return
    const oldest = [...this.#following.values()].find(({ isDone }) => isDone)
    if (oldest !== undefined) this.#settle(oldest, 'crowded')
  }

  async #foresee(following: Following): Promise<void> {
    try {
      const { standing, cost } = await this.#ports.ask({ asked: following.asked, beforeMs: following.view.atMs })
      if (standing?.hasMetadata === true) following.before = standing
      following.predicted = cost
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      ignore(error, 'the outcome says that nothing was known before')
    }
    // A storm may blow for as long as the app is there: it is told of before it is over.
    const isUnderWay = following.act === 'storm' && this.#following.has(following.view.id)
    if (following.isDone || isUnderWay) this.#put(following)
  }

  #done(following: Following): void {
    const { clock } = this.#ports
    following.isDone = true
    following.atMs = clock.nowMs()
    if (comesBack(following.act)) following.backAtMs = following.atMs
    following.tooLate = clock.after(followedMsMax, () => this.#settle(following, 'tooLate'))
    this.#put(following)
  }

  // ── what happens meanwhile ───────────────────────────────────────────────────────────────────────────────────────

  told({ code, subject, params, atMs }: Omit<ClusterEvent, 'id'>): void {
    for (const following of this.#following.values()) {
      const { node } = following.view
      const isOwn = subject === node
      if ((code === 'brokerSessionExpired' || code === 'brokerLeft') && isOwn) following.isSessionOver = true
      if (code === 'partitionsElected' || code === 'uncleanElection') {
        if (params['broker'] !== node || following.elections.length >= electionsMax) continue
        const isUnclean = code === 'uncleanElection'
        following.elections.push({ atMs, count: Number(params['count']), isUnclean })
      }
      if (!following.isDone) continue
      if (isUndone(following.view, code, subject, params)) following.backAtMs ??= atMs
      else if (code === 'nodeCrashed') mix(following, { what: 'crash', node: subject ?? '', atMs })
      else if (code === 'faultHealed') mix(following, { what: 'heal', node: subject ?? '', atMs })
      else if (code === 'nodeStarting' || code === 'nodeResumed')
        mix(following, { what: 'start', node: subject ?? '', atMs })
    }
  }

  observed({ atMs, registeredBrokers }: Pick<Observation, 'atMs' | 'registeredBrokers'>): void {
    for (const following of this.#following.values()) {
      const state = this.#ports.node(following.view.node)?.state
      if (!following.isDone || following.isLooking || state === undefined || atMs <= following.atMs) continue
      const seen = {
        nowMs: this.#ports.clock.nowMs(),
        registered: registeredBrokers,
        state,
        replicaLagMaxMs: this.#ports.replicaLagMaxMs()
      }
      if (!isNoticed(followed(following), seen)) {
        following.noticedMs = undefined
        following.looks = undefined
        continue
      }
      following.noticedMs ??= seen.nowMs
      void this.#look(following, { ...seen, noticedMs: following.noticedMs })
    }
  }

  async #look(following: Following, seen: Parameters<typeof isAtRest>[1]): Promise<void> {
    following.isLooking = true
    try {
      const groupIds = following.before?.groups?.map(({ groupId }) => groupId) ?? []
      const { standing } = await this.#ports.ask({ asked: following.asked, groupIds })
      if (standing === null || !this.#following.has(following.view.id)) return
      following.looks = { previous: following.looks?.now, now: standing }
      if (isAtRest(followed(following), seen, following.looks)) this.#settle(following, 'rest')
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      ignore(error, 'it is looked at again with the next observation')
    } finally {
      following.isLooking = false
    }
  }

  #settle(following: Following, ending: Ending): void {
    const { view } = following
    this.#end(following)
    if (!following.isDone && !this.#isTold(view.id)) return
    const settledAtMs = this.#ports.clock.nowMs()
    const outcome = actOutcome(followed(following), ending, following.looks)
    this.#put(following, { settledAtMs, outcome })
    // Who ends the cluster does not wait for a word about what it ended.
    if (ending === 'hostEnded') return
    const { act, node, to, oneWay, value } = view
    const fault = {
      ...(to === null ? {} : { to }),
      ...(oneWay ? { oneWay: 1 } : {}),
      ...(value === null ? {} : { value })
    }
    const params = { act, verdict: outcome.verdict, ...fault }
    const level = levels[outcome.verdict]
    this.#ports.event({ atMs: settledAtMs, code: 'actSettled', level, kind: 'process', subject: node, params })
  }

  #end(following: Following): void {
    following.tooLate?.cancel()
    this.#following.delete(following.view.id)
  }

  // ── what is told ─────────────────────────────────────────────────────────────────────────────────────────────────

  #put(following: Following, settled?: Pick<ActView, 'settledAtMs' | 'outcome'>): void {
    const { view, mixedWith, atMs } = following
    const outcome = settled?.outcome ?? actOutcome(followed(following), 'rest', undefined)
    const put: ActView = { ...view, atMs, settledAtMs: null, ...settled, outcome, mixedWith: [...mixedWith] }
    const others = this.#acts.filter(({ id }) => id !== put.id)
    this.#acts = [...others, put].sort((a, b) => a.id - b.id).slice(-actsMax)
    this.#kept.append(put)
    this.#changed()
  }

  #changed(): void {
    const view = this.view()
    for (const watcher of this.#watchers) watcher(view)
  }
}

const followed = (following: Following): Followed => ({ ...following, isMixed: following.mixedWith.length > 0 })

function mix(following: Following, other: MixedWith): void {
  if (following.mixedWith.length < mixedMax) following.mixedWith = [...following.mixedWith, other]
}

/** Whether an event says that what was done is no more. */
function isUndone(
  { act, node, to, oneWay }: ActView,
  code: ClusterEvent['code'],
  subject: string | null,
  params: ClusterEvent['params']
): boolean {
  if (subject !== node) return false
  if (code === 'faultHealed')
    return params['kind'] === act && (params['to'] ?? null) === to && (params['oneWay'] === 1) === oneWay
  return isNodeAct(act) && (code === 'nodeStarting' || code === 'nodeResumed')
}

/** When it has been done the node runs again. */
const comesBack = (act: FailureAct): boolean => act === 'restart' || act === 'storm'

const isNodeAct = (act: FailureAct): boolean => (NODE_ACTS as readonly FailureAct[]).includes(act)
