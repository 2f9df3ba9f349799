/** Round wall-clock ticks and the scale of the event rail. Times are ms since 1970, widths are pixels. */
import { isOneDay } from '@/format'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const STEPS_MS = [1, 2, 5, 10, 15, 30].map((n) => n * SECOND).concat([1, 2, 5, 10, 15, 30, 60].map((n) => n * MINUTE))

/** A label and a half of another fit into the gap between two ticks. */
const LABEL_PART = 2.5

export interface TimeScale {
  readonly fromMs: number
  readonly toMs: number
  readonly left: number
  readonly right: number
}

export function xOf(scale: TimeScale, atMs: number): number {
  return scale.left + ((atMs - scale.fromMs) / (scale.toMs - scale.fromMs)) * (scale.right - scale.left)
}

export interface TimeTicks {
  readonly stepMs: number
  readonly atMs: readonly number[]
}

/**
 * Ticks at least `minGap` pixels apart. Steps up to 30 minutes fall on round local times in every time zone in use
 * (offsets are multiples of 15 minutes; a tick at :15 or :45 is still round).
 */
export function timeTicks(scale: TimeScale, minGap: number): TimeTicks {
  const msPerPixel = (scale.toMs - scale.fromMs) / Math.max(1, scale.right - scale.left)
  const stepMs = STEPS_MS.find((step) => step / msPerPixel >= minGap) ?? 60 * MINUTE
  const atMs: number[] = []
  for (let at = Math.ceil(scale.fromMs / stepMs) * stepMs; at <= scale.toMs; at += stepMs) atMs.push(at)
  return { stepMs, atMs }
}

/** Those of them whose label does not stick out at either end. */
export function labelledTicks(scale: TimeScale, minGap: number): TimeTicks & { readonly dated: readonly boolean[] } {
  const { stepMs, atMs } = timeTicks(scale, minGap)
  const { fromMs, toMs, left, right } = scale
  const margin = ((minGap / LABEL_PART) * (toMs - fromMs)) / Math.max(1, right - left)
  const shown = atMs.filter((at) => at - fromMs > margin && toMs - at > margin)
  return { stepMs, atMs: shown, dated: datedTicks(shown, toMs) }
}

/** Which ticks carry their date: the first of each day, where the ticks are not all of today. */
export function datedTicks(atMs: readonly number[], nowMs: number): readonly boolean[] {
  const isToday = atMs.every((at) => isOneDay(at, nowMs))
  return atMs.map((at, index) => {
    const before = atMs[index - 1]
    return !isToday && (before === undefined || !isOneDay(before, at))
  })
}

export const hasSeconds = (stepMs: number): boolean => stepMs < MINUTE
