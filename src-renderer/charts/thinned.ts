/**
 * An hour of samples is more points than a plot has pixels. Each slice of the range gives its lowest and its highest
 * sample and its gap, so that a spike of one sample stays; slices lie at round times, so that lines do not flicker as time
 * goes on.
 */
import type { Point } from './lag-series'

/** A slice is some two pixels wide. */
const SLICES = 450

/** The same points when there are few. Complexity: O(points). */
export function thinned(points: readonly Point[], rangeMs: number): readonly Point[] {
  const sliceMs = Math.max(1, Math.floor(rangeMs / SLICES))
  if (points.length <= SLICES * 2) return points
  const kept: Point[] = []
  let slice = Number.NaN
  let [lowest, highest, gap]: (Point | undefined)[] = []
  const endSlice = (): void => {
    const some = new Set([lowest, highest, gap])
    for (const point of [...some].sort((a, b) => (a?.x ?? 0) - (b?.x ?? 0))) if (point !== undefined) kept.push(point)
    lowest = highest = gap = undefined
  }
  for (const point of points) {
    const own = Math.floor(point.x / sliceMs)
    if (own !== slice) endSlice()
    slice = own
    if (Number.isNaN(point.y)) gap ??= point
    else {
      if (lowest === undefined || point.y < lowest.y) lowest = point
      if (highest === undefined || point.y >= highest.y) highest = point
    }
  }
  endSlice()
  // What is now is where the line ends, whatever else its slice holds.
  const last = points.at(-1)
  if (last !== undefined && kept.at(-1) !== last) kept.push(last)
  return kept
}
