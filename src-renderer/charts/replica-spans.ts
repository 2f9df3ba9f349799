/**
 * What each replica of one partition was over time: its leader and in which epoch, in sync, out of sync, or offline. By what
 * the cluster was seen to tell, and by what happened to the processes of its brokers, which is known before the cluster
 * notices. Where nobody told anything there is no span.
 */
import { LOOK_HOLE_MS, type PartitionHistoryView } from '@api/failures'
import type { ClusterEvent } from '@api/views'
import { bandsOf } from './bands'

export const SPAN_KINDS = ['leader', 'sync', 'out', 'offline'] as const
export type SpanKind = (typeof SPAN_KINDS)[number]

export interface Interval {
  readonly fromMs: number
  readonly toMs: number
}
export interface Span extends Interval {
  readonly kind: SpanKind
  /** Of a leader. */
  readonly epoch: number | null
}

/** What held from `atMs` until the next moment. */
export interface Moment {
  readonly atMs: number
  /** False: nobody told then who leads and who is in sync; what the processes did is known. */
  readonly isKnown: boolean
  readonly leader: number | null
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly offline: readonly number[]
}

export type Down = ReadonlyMap<number, readonly Interval[]>

export interface NodeSince {
  readonly broker: number
  readonly isDown: boolean
  readonly sinceMs: number
}

/** When the process of each broker was not there, by what is told of it, and by what it is now. */
export function downtimes(events: readonly ClusterEvent[], nodes: readonly NodeSince[], toMs: number): Down {
  return new Map(
    nodes.map(({ broker, isDown, sinceMs }) => {
      const own = events.filter(({ subject }) => subject === `broker-${broker}`)
      const told = bandsOf(own, 0, toMs)
      return [broker, isDown && sinceMs < toMs ? [...told, { fromMs: sinceMs, toMs }] : told]
    })
  )
}

const within = (intervals: readonly Interval[] | undefined, atMs: number): boolean =>
  intervals?.some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs) === true

const latest = <Told extends { readonly atMs: number }>(told: readonly Told[], atMs: number): Told | undefined =>
  told.findLast((one) => one.atMs <= atMs)

/** Oldest first; the first is the first that is known. */
export function momentsOf({ looks, live, changes }: PartitionHistoryView, down: Down, toMs: number): readonly Moment[] {
  const [first] = changes
  if (first === undefined) return []
  const known = looks.map((look, at) =>
    at === looks.length - 1 && toMs - look.toMs <= LOOK_HOLE_MS
      ? { ...look, toMs: Math.max(toMs, look.toMs) + 1 }
      : look
  )
  const bounds = [...known, ...[...down.values()].flat()].flatMap((one) => [one.fromMs, one.toMs])
  const times = [...changes, ...live].map(({ atMs }) => atMs).concat(bounds)
  const moments: Moment[] = []
  for (const atMs of [...new Set(times)].sort((a, b) => a - b)) {
    if (atMs < first.atMs || atMs > toMs) continue
    const isKnown = within(known, atMs)
    const { leader, leaderEpoch, replicas, isr } = latest(changes, atMs) ?? first
    const brokers = isKnown ? latest(live, atMs)?.brokers : undefined
    const offline = replicas.filter((id) => brokers?.includes(id) === false || within(down.get(id), atMs))
    const moment = { atMs, isKnown, leader, leaderEpoch, replicas, isr, offline }
    if (!isSame(moments.at(-1), moment)) moments.push(moment)
  }
  return moments
}

function isSame(before: Moment | undefined, now: Moment): boolean {
  return before !== undefined && JSON.stringify({ ...before, atMs: 0 }) === JSON.stringify({ ...now, atMs: 0 })
}

/** Of one broker, in their order; two that follow each other are of two kinds, or of two epochs. */
export function spansOf(moments: readonly Moment[], broker: number, { fromMs, toMs }: Interval): readonly Span[] {
  const spans: Span[] = []
  moments.forEach((moment, at) => {
    const kind = kindOf(moment, broker)
    const span = {
      fromMs: Math.max(fromMs, moment.atMs),
      toMs: Math.min(toMs, moments[at + 1]?.atMs ?? toMs)
    }
    if (kind === undefined || span.toMs <= span.fromMs) return
    const epoch = kind === 'leader' ? moment.leaderEpoch : null
    const last = spans.at(-1)
    if (last?.kind === kind && last.epoch === epoch && last.toMs === span.fromMs)
      spans[spans.length - 1] = { ...last, toMs: span.toMs }
    else spans.push({ ...span, kind, epoch })
  })
  return spans
}

function kindOf({ isKnown, leader, replicas, isr, offline }: Moment, broker: number): SpanKind | undefined {
  if (!replicas.includes(broker)) return undefined
  if (offline.includes(broker)) return 'offline'
  if (!isKnown) return undefined
  if (leader === broker) return 'leader'
  return isr.includes(broker) ? 'sync' : 'out'
}

/** Those that it has, in their order, then those that it had. */
export function brokersOf(moments: readonly Moment[], replicas: readonly number[], fromMs: number): readonly number[] {
  const shown = moments.filter((_, at) => (moments[at + 1]?.atMs ?? Infinity) > fromMs)
  const had = shown.flatMap((moment) => moment.replicas).sort((a, b) => a - b)
  return [...new Set([...replicas, ...had])]
}

/** Since when it has led in this epoch; undefined where it may have before anything was known. */
export function epochSince(moments: readonly Moment[], leaderEpoch: number): number | undefined {
  const at = moments.findIndex((one) => one.isKnown && one.leaderEpoch === leaderEpoch)
  const before = moments[at - 1]
  return before?.isKnown === true ? moments[at]?.atMs : undefined
}
