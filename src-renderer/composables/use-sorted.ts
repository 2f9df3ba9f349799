/** Sort state of a table: one column, up or down; unknown values last either way. */
import { computed, ref } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import { compareNames } from '@api/order'

export type SortValue = string | number | null
export interface Sort {
  readonly key: string
  readonly isDescending: boolean
}

export interface Sorted<Row> {
  readonly sort: Ref<Sort>
  readonly rows: ComputedRef<readonly Row[]>
  readonly toggle: (key: string) => void
}

export function compareValues(a: SortValue, b: SortValue, isDescending: boolean): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : compareNames(String(a), String(b))
  return isDescending ? -order : order
}

/**
 * The order of texts, kept: to collate ten thousand names takes tens of milliseconds, and a list is told anew each second
 * and filtered with each key, mostly of names that it had before.
 */
class TextRanks {
  #ranks = new Map<string, number>()

  /** Of each text; equal texts, and those that the collation takes for equal, have the same. */
  of(texts: readonly string[]): readonly number[] {
    if (!texts.every((text) => this.#ranks.has(text))) this.#learn(texts)
    return texts.map((text) => this.#ranks.get(text) ?? 0)
  }

  #learn(texts: readonly string[]): void {
    const known = this.#ranks
    const rank = (text: string): number => known.get(text) ?? known.size
    // What is known stands in its order, so that only the new ones are still to be found their place.
    const inOrder = [...new Set(texts)].sort((a, b) => rank(a) - rank(b)).sort(compareNames)
    this.#ranks = new Map()
    let next = -1
    inOrder.forEach((text, index) => {
      const last = inOrder[index - 1]
      if (last === undefined || compareNames(last, text) !== 0) next += 1
      this.#ranks.set(text, next)
    })
  }
}

const isSame = (a: readonly SortValue[], b: readonly SortValue[]): boolean =>
  a.length === b.length && a.every((one, index) => one === b[index])
const isText = (value: SortValue): value is string => typeof value === 'string'

export function useSorted<Row>(
  rows: () => readonly Row[],
  value: (row: Row, key: string) => SortValue,
  first: Sort
): Sorted<Row> {
  const sort = ref<Sort>(first)
  const ranks = new TextRanks()
  /** Most seconds bring rows whose values stand where they stood. */
  let last:
    | { readonly values: readonly SortValue[]; readonly isDescending: boolean; readonly order: readonly number[] }
    | undefined
  const orderOf = (values: readonly SortValue[], isDescending: boolean): readonly number[] => {
    if (last?.isDescending === isDescending && isSame(last.values, values)) return last.order
    const places = values.every(isText) ? ranks.of(values) : values
    const order = values
      .map((_, index) => index)
      .sort((a, b) => compareValues(places[a] ?? null, places[b] ?? null, isDescending))
    last = { values, isDescending, order }
    return order
  }
  const sorted = computed(() => {
    const { key, isDescending } = sort.value
    const all = rows()
    const values = all.map((row) => value(row, key))
    return orderOf(values, isDescending).map((index) => all[index] as Row)
  })
  const toggle = (key: string): void => {
    const current = sort.value
    sort.value = { key, isDescending: current.key === key ? !current.isDescending : false }
  }
  return { sort, rows: sorted, toggle }
}
