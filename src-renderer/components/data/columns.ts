/** What a table needs to know of a column; widths are steps of the scale in theme/tokens.css. */
export type ColumnWidth = 'xs' | 's' | 'm' | 'l' | 'xl' | '2xl'

export interface Column {
  readonly key: string
  readonly label: string
  /** Without one the column takes what is left. */
  readonly width?: ColumnWidth
  readonly isNumber?: boolean
  /** Data font, for names that the wire knows. */
  readonly isCode?: boolean
  readonly isQuiet?: boolean
  readonly isFixed?: boolean
  /** In a table that is too narrow columns are left out, 1 first; one without a number stays. */
  readonly yields?: number
}

/** Below this a column that takes what is left is of no use. */
const LEAST_WIDTH: ColumnWidth = 'm'

/** The columns that fit, in their order; a width of 0 is one that is not known yet. */
export function fittingColumns(
  columns: readonly Column[],
  widthPx: number,
  pixelsOf: (width: ColumnWidth) => number
): readonly Column[] {
  const widthOf = (column: Column): number => pixelsOf(column.width ?? LEAST_WIDTH)
  let excessPx = columns.reduce((sum, column) => sum + widthOf(column), 0) - widthPx
  if (widthPx === 0 || excessPx <= 0) return columns
  const left = new Set(columns)
  for (const column of columns
    .filter(({ yields }) => yields !== undefined)
    .sort((a, b) => (a.yields ?? 0) - (b.yields ?? 0))) {
    if (excessPx <= 0) break
    left.delete(column)
    excessPx -= widthOf(column)
  }
  return columns.filter((column) => left.has(column))
}
