/**
 * Bands of a plot: the time in which a node was down, or not yet back. Derived from the events alone, so that every
 * chart and the event rail show the same.
 */
import type { ClusterEvent, EventCode } from '@api/views'

export type BandKind = 'critical' | 'recovering' | 'stopped'
export interface Band {
  readonly kind: BandKind
  readonly fromMs: number
  readonly toMs: number
}

/** What a node is from this event on; null: it is fine. */
const MEANING: Partial<Record<EventCode, BandKind | null>> = {
  nodeKilled: 'critical',
  nodeCrashed: 'critical',
  nodeFailed: 'critical',
  nodePaused: 'critical',
  nodeStopped: 'stopped',
  nodeStarting: 'recovering',
  nodeRunning: null,
  nodeResumed: null
}

export function bandsOf(events: readonly ClusterEvent[], fromMs: number, toMs: number): Band[] {
  const bands: Band[] = []
  const open = new Map<string, { kind: BandKind; fromMs: number }>()
  const close = (node: string, atMs: number): void => {
    const begun = open.get(node)
    open.delete(node)
    if (begun === undefined || atMs <= fromMs || begun.fromMs >= toMs) return
    bands.push({ kind: begun.kind, fromMs: Math.max(begun.fromMs, fromMs), toMs: Math.min(atMs, toMs) })
  }
  for (const event of events) {
    const kind = MEANING[event.code]
    if (kind === undefined || event.subject === null) continue
    const begun = open.get(event.subject)
    if (begun?.kind === kind) continue
    close(event.subject, event.atMs)
    if (kind !== null) open.set(event.subject, { kind, fromMs: event.atMs })
  }
  for (const node of [...open.keys()]) close(node, toMs)
  return mergeBands(bands)
}

/** Two nodes down at once are one band, not a darker one. */
function mergeBands(bands: readonly Band[]): Band[] {
  const merged: Band[] = []
  for (const band of [...bands].sort((a, b) => a.fromMs - b.fromMs)) {
    const index = merged.findIndex((one) => one.kind === band.kind && band.fromMs <= one.toMs)
    const before = merged[index]
    if (before === undefined) merged.push(band)
    else merged[index] = { ...before, toMs: Math.max(before.toMs, band.toMs) }
  }
  return merged
}
