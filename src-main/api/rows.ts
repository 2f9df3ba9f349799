/**
 * Views that are lists of thousands of rows, of which few change in a second: a client that asks for it gets the rows that
 * did, and puts them into the view that it has. Rows are in the order of their ids. Pure.
 */
import { z } from 'zod'
import type { WatchKey } from './watch'

interface RowList {
  /** The field of the view that holds the rows, and the field of a row that names it. */
  readonly rows: string
  readonly id: string
}

const LISTS: Readonly<Partial<Record<WatchKey, RowList>>> = {
  topics: { rows: 'topics', id: 'name' },
  groups: { rows: 'groups', id: 'groupId' }
}

const rowSchema = z.record(z.string(), z.unknown())
export const rowsSchema = z.array(rowSchema)
export const changedRowsSchema = z.object({
  /** The view without its rows. */
  rest: rowSchema,
  /** Rows that are new or other ones. */
  changed: rowsSchema,
  /** Ids of those that are no more. */
  gone: z.array(z.string())
})
export type ChangedRows = z.infer<typeof changedRowsSchema>

type Row = Readonly<Record<string, unknown>>

const rowsIn = (view: unknown, field: string): readonly Row[] | undefined => {
  const rows = typeof view === 'object' && view !== null ? (view as Row)[field] : undefined
  return Array.isArray(rows) ? (rows as readonly Row[]) : undefined
}

export const isListOfRows = (key: string): boolean => LISTS[key as WatchKey] !== undefined

/** What makes `after` of `before`; undefined where the whole view is as short. Complexity: O(rows). */
export function changedRows(key: WatchKey, before: unknown, after: unknown): ChangedRows | undefined {
  const list = LISTS[key]
  const [old, now] = list === undefined ? [] : [rowsIn(before, list.rows), rowsIn(after, list.rows)]
  if (list === undefined || old === undefined || now === undefined) return undefined
  const known = new Map(old.map((row) => [row[list.id], row]))
  const changed = now.filter((row) => {
    const is = isSame(known.get(row[list.id]), row)
    known.delete(row[list.id])
    return !is
  })
  if (changed.length > now.length / 2) return undefined
  const rest = Object.entries(after as Row).filter(([field]) => field !== list.rows)
  return { rest: Object.fromEntries(rest), changed: [...changed], gone: [...known.keys()].map(String) }
}

/** Rows that have not changed are the objects that they were. Complexity: O(rows). */
export function withChangedRows(key: string, before: unknown, { rest, changed, gone }: ChangedRows): unknown {
  const list = LISTS[key as WatchKey]
  const old = list === undefined ? undefined : rowsIn(before, list.rows)
  if (list === undefined || old === undefined) return undefined
  const rows = new Map(old.map((row) => [String(row[list.id]), row]))
  const size = rows.size
  for (const id of gone) rows.delete(id)
  const isGrown = changed.reduce((isNew, row) => {
    const id = String(row[list.id])
    const isKnown = rows.has(id)
    rows.set(id, row)
    return isNew || !isKnown
  }, false)
  const all = [...rows.values()]
  if (isGrown) all.sort((a, b) => (String(a[list.id]) < String(b[list.id]) ? -1 : 1))
  return { ...rest, [list.rows]: isGrown || changed.length > 0 || rows.size !== size ? all : old }
}

/** Ten thousand rows of 340 B in one message, read and drawn, were a frame of 150 ms; so many are read beside the others. */
const PART_ROWS = 1000

/** The rows of `parts` come before those that are left in `last`. */
export interface InParts {
  readonly parts: readonly Record<string, unknown>[][]
  readonly last: unknown
}

/** The field with the rows of what is told: a whole view, or what has changed in one. */
const fieldOf = (type: 'push' | 'rows', key: string): string | undefined =>
  type === 'rows' ? 'changed' : LISTS[key as WatchKey]?.rows

/** What is told of a long list, in pieces. Complexity: O(rows). */
export function inParts(type: 'push' | 'rows', key: string, told: unknown): InParts {
  const field = fieldOf(type, key)
  const rows = field === undefined ? undefined : rowsIn(told, field)
  if (field === undefined || rows === undefined || rows.length <= PART_ROWS) return { parts: [], last: told }
  const parts: Record<string, unknown>[][] = []
  let from = 0
  for (; rows.length - from > PART_ROWS; from += PART_ROWS) parts.push(rows.slice(from, from + PART_ROWS))
  return { parts, last: { ...(told as Row), [field]: rows.slice(from) } }
}

export function withParts(type: 'push' | 'rows', key: string, { parts, last }: InParts): unknown {
  const field = fieldOf(type, key)
  const rows = field === undefined ? undefined : rowsIn(last, field)
  if (field === undefined || rows === undefined || parts.length === 0) return last
  return { ...(last as Row), [field]: [...parts, rows].flat() }
}

/** Of values as JSON has them. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [fieldsOfA, fieldsOfB] = [Object.keys(a), Object.keys(b)]
  return (
    fieldsOfA.length === fieldsOfB.length && fieldsOfA.every((field) => isSame((a as Row)[field], (b as Row)[field]))
  )
}
