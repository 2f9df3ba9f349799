/** Which sample of a line stands for a moment. Lines need not have the same samples. */
import type { Point } from './lag-series'

interface Placed {
  readonly x: number
}

/** Index of the one nearest to `x`; they are in order. -1 for none. Complexity: O(log n). */
export function nearestIndex(places: readonly Placed[], x: number): number {
  let [low, high] = [0, places.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((places[middle]?.x ?? 0) < x) low = middle + 1
    else high = middle
  }
  const [before, after] = [places[low - 1], places[low]]
  if (after === undefined) return -1
  return before !== undefined && x - before.x <= after.x - x ? low - 1 : low
}

/**
 * Index of the nearest to `x`, unless that is a gap or the first behind one. -1 for none: nobody knows what was then.
 */
export function knownIndex<Place extends Placed>(
  places: readonly Place[],
  x: number,
  isGap: (place: Place) => boolean
): number {
  const index = nearestIndex(places, x)
  const [before, nearest] = [places[index - 1], places[index]]
  if (nearest === undefined || isGap(nearest)) return -1
  return nearest.x > x && before !== undefined && isGap(before) ? -1 : index
}

/** The sample that is known of a moment. */
export function knownAt(points: readonly Point[], atMs: number): Point | undefined {
  return points[knownIndex(points, atMs, ({ y }) => Number.isNaN(y))]
}
