/** What somebody may have meant who mistyped a command. Pure. */

/** More letters that differ are another word. */
const DISTANCE_MAX = 2

/** Letters that are added, left out, replaced, or swapped with the next one. Complexity: O(a × b). */
export function typingDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row.push(
        Math.min(
          (rows[i - 1]?.[j] ?? 0) + 1,
          (row[j - 1] ?? 0) + 1,
          (rows[i - 1]?.[j - 1] ?? 0) + (isSame ? 0 : 1),
          isSwapped ? (rows[i - 2]?.[j - 2] ?? 0) + 1 : Infinity
        )
      )
    }
    rows.push(row)
  }
  return rows[a.length]?.[b.length] ?? 0
}

/** The nearest name, the first of several; undefined when none is near: no more than half of its letters may differ. */
export function nearestName(typed: string, names: readonly string[]): string | undefined {
  // A word of any length may be typed; one that is longer than all names by more than that is none of them.
  const near = names
    .filter((name) => Math.abs(name.length - typed.length) <= DISTANCE_MAX)
    .map((name) => ({ name, distance: typingDistance(typed, name) }))
    .filter(({ name, distance }) => distance <= Math.min(DISTANCE_MAX, name.length / 2))
    .sort((a, b) => a.distance - b.distance)
  return near[0]?.name
}
