/** The order of names in lists, for whoever sorts them and whoever picks the first. Pure. */

/** Numbers inside names count as numbers: orders-2 before orders-10. */
const collator = new Intl.Collator('en', { numeric: true })
export const compareNames = (a: string, b: string): number => collator.compare(a, b)

/** The first so many of these in their order. Complexity: one comparison for most of them. */
export function firstByName<Named extends { readonly name: string }>(all: Iterable<Named>, count: number): Named[] {
  const first: Named[] = []
  for (const one of all) {
    const last = first.at(-1)
    if (last !== undefined && first.length === count && compareNames(last.name, one.name) <= 0) continue
    let [from, to] = [0, first.length]
    while (from < to) {
      const middle = (from + to) >>> 1
      if (compareNames(first[middle]?.name ?? '', one.name) <= 0) from = middle + 1
      else to = middle
    }
    first.splice(from, 0, one)
    if (first.length > count) first.pop()
  }
  return first
}
