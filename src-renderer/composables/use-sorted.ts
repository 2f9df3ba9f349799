/** Sort state of a table: one column, up or down; unknown values last either way. */
import { computed, ref } from 'vue'
import type { ComputedRef, Ref } from 'vue'

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
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : compareText(String(a), String(b))
  return isDescending ? -order : order
}

/** Numbers inside names count as numbers: orders-2 before orders-10. */
const collator = new Intl.Collator('en', { numeric: true })
const compareText = (a: string, b: string): number => collator.compare(a, b)

export function useSorted<Row>(
  rows: () => readonly Row[],
  value: (row: Row, key: string) => SortValue,
  first: Sort
): Sorted<Row> {
  const sort = ref<Sort>(first)
  const sorted = computed(() => {
    const { key, isDescending } = sort.value
    return [...rows()].sort((a, b) => compareValues(value(a, key), value(b, key), isDescending))
  })
  const toggle = (key: string): void => {
    const current = sort.value
    sort.value = { key, isDescending: current.key === key ? !current.isDescending : false }
  }
  return { sort, rows: sorted, toggle }
}
