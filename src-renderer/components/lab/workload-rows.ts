/** Rows of workloads as the screen groups them, with their sums; what a state looks like; a scene from what is there. Pure. */
import type { HealthLevel } from '@api/views'
import type { WorkloadState, WorkloadView, WrittenScene } from '@api/workloads'
import { atLeast, decimal, integer, UNKNOWN } from '@/format'

export const STATE_LEVELS: Readonly<Record<WorkloadState, HealthLevel>> = {
  starting: 'recovering',
  running: 'healthy',
  slowed: 'degraded',
  paused: 'stopped',
  zombie: 'degraded',
  killed: 'critical',
  failed: 'critical',
  stopped: 'stopped'
}

export interface WorkloadGroup {
  readonly groupId: string
  readonly topics: readonly string[]
  readonly members: readonly WorkloadView[]
  /** The highest of its members here. */
  readonly generation: number | null
}

export function groupsOf(rows: readonly WorkloadView[]): readonly WorkloadGroup[] {
  const groups = new Map<string, WorkloadView[]>()
  for (const row of rows) if (row.groupId !== null) groups.set(row.groupId, [...(groups.get(row.groupId) ?? []), row])
  return [...groups].map(([groupId, members]) => {
    const generations = members.flatMap(({ generation }) => generation ?? [])
    return {
      groupId,
      topics: [...new Set(members.map(({ topic }) => topic))],
      members,
      generation: generations.length === 0 ? null : Math.max(...generations)
    }
  })
}

/** A figure of several rows; where one of them is not known it is what the others make at least. */
export function sumText(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return values.length === 0 ? '0' : UNKNOWN
  const total = integer(Math.round(known.reduce((sum, value) => sum + value, 0)))
  return known.length < values.length ? atLeast(total) : total
}

/** Below ten a tenth can be told apart. */
export function rateText(rate: number | null): string {
  if (rate === null) return UNKNOWN
  return rate > 0 && rate < 10 ? decimal(rate, 1) : integer(Math.round(rate))
}

/** Where a line of the last minute goes, in a box of `width` × `height`; gaps where nothing was known. */
export function trendPath(rates: readonly (number | null)[], width: number, height: number): string {
  const top = Math.max(1, ...rates.map((rate) => rate ?? 0))
  const step = width / Math.max(1, rates.length - 1)
  let isDrawing = false
  return rates
    .map((rate, index) => {
      if (rate === null) {
        isDrawing = false
        return ''
      }
      const at = `${(index * step).toFixed(1)} ${(height - 1 - (rate / top) * (height - 2)).toFixed(1)}`
      const piece = `${isDrawing ? 'L' : 'M'}${at}`
      isDrawing = true
      return piece
    })
    .join('')
}

/** What is there now, under a name, to be started again. Members that differ by their number only are one entry. */
export function sceneOf(name: string, rows: readonly WorkloadView[]): WrittenScene {
  const base = (row: WorkloadView): string => row.name.replace(/-\d+$/, '')
  const alike = new Map<string, WorkloadView[]>()
  for (const row of rows) {
    const key = JSON.stringify([row.kind, base(row), row.settings])
    alike.set(key, [...(alike.get(key) ?? []), row])
  }
  const producers: NonNullable<WrittenScene['producers']> = []
  const consumers: NonNullable<WrittenScene['consumers']> = []
  for (const members of alike.values()) {
    const [first] = members
    if (first === undefined) continue
    const called = members.length === 1 ? first.name : base(first)
    if ('group' in first.settings) consumers.push({ ...first.settings, name: called, members: members.length })
    else producers.push({ ...first.settings, name: called, count: members.length })
  }
  return { name, producers, consumers }
}
