/**
 * Rows of a long table are drawn into places of its window, which are used again for other rows: to write into a row that
 * is there takes a third of the time of making one. A row keeps its place while it is shown; places that have become free
 * are given away in the order in which they stand in the document, so that a window that shows nothing of what it showed
 * moves no element. Pure.
 */
export type Places = ReadonlyMap<string, number>

/**
 * `previous` is in the order of the document. The place of `held`, which has the focus, goes to no other row when its own
 * has gone: the focus would go with it. Complexity: O(rows).
 */
export function windowPlaces(previous: Places, keys: readonly string[], held?: string): Places {
  const shown = new Set(keys)
  const free: number[] = []
  let next = 0
  for (const [key, place] of previous) {
    next = Math.max(next, place + 1)
    if (!shown.has(key) && key !== held) free.push(place)
  }
  let given = 0
  return new Map(keys.map((key) => [key, previous.get(key) ?? free[given++] ?? next++]))
}
