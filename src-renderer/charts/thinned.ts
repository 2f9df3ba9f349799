/**
 * An hour of samples is more points than a plot has pixels. Each slice of the range gives its lowest and its highest
 * sample, so that a spike of one sample stays; slices lie at round times, so that lines do not flicker as time goes on.
 * A gap ends a slice: a line between two samples that are kept is never one across what was not known.
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
  let [lowest, highest]: (Point | undefined)[] = []
  let endsWithGap = false
  const endSlice = (): void => {
    if (lowest === undefined || highest === undefined) return
    const [first, second] = lowest.x <= highest.x ? [lowest, highest] : [highest, lowest]
    kept.push(first)
    if (second !== first) kept.push(second)
    endsWithGap = false
    lowest = highest = undefined
  }
  for (const point of points) {
    const own = Math.floor(point.x / sliceMs)
    if (own !== slice || Number.isNaN(point.y)) endSlice()
    slice = own
    if (Number.isNaN(point.y)) {
      if (!endsWithGap) kept.push(point)
      endsWithGap = true
    } else {
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
