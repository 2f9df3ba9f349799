/** What a table needs to know of a column; widths are steps of the scale in theme/tokens.css. */
export type ColumnWidth = 'mark' | 'xs' | 's' | 'm' | 'l' | 'xl' | '2xl' | '3xl'

export interface Column {
  readonly key: string
  readonly label: string
  /** Without one the column takes what is left. */
  readonly width?: ColumnWidth
  /** What it needs at least, then. */
  readonly least?: ColumnWidth
  /** Its cells begin with a mark, or its place: so does its head. */
  readonly isMarked?: boolean
  readonly isNumber?: boolean
  /** Data font, for names that the wire knows. */
  readonly isCode?: boolean
  /** Such names are read to their end: it is as wide as the longest, and at most twice as wide as its step. */
  readonly isWhole?: boolean
  readonly isQuiet?: boolean
  /** Text that reads on as far as there is room; the last column of its table. */
  readonly isText?: boolean
  /** What its cells show says what it is by itself. */
  readonly hasOwnTitle?: boolean
  /** Names and values that others gave. */
  readonly isForeign?: boolean
  readonly isFixed?: boolean
  /** In a table that is too narrow columns are left out, 1 first; one without a number stays. */
  readonly yields?: number
}

/** Below this a column that takes what is left is of no use. */
const LEAST_WIDTH: ColumnWidth = 'm'
/** Above one and a half of these the eye loses the row on its way to the next column. */
const MOST_WIDTH: ColumnWidth = '2xl'
const ROOMY = 1.5

/** The columns that fit, in their order; a width of 0 is one that is not known yet. */
export function fittingColumns(
  columns: readonly Column[],
  widthPx: number,
  widthOf: (column: Column) => number
): readonly Column[] {
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

/** A column that grows with what is in it. */
export const grows = ({ isNumber, isWhole }: Column): boolean => isNumber === true || isWhole === true

const WHOLE_STEPS = 2

/** How wide a column has to be: its step of the scale, or as its longest figure or name needs. A figure is never cut. */
export function columnWidths(
  pixelsOf: (width: ColumnWidth) => number,
  longestPx: (column: Column) => number
): (column: Column) => number {
  return (column) => {
    const step = pixelsOf(column.width ?? column.least ?? LEAST_WIDTH)
    if (!grows(column)) return step
    const longest = Math.max(step, longestPx(column))
    return column.isNumber === true ? longest : Math.min(longest, WHOLE_STEPS * step)
  }
}

/**
 * What a column that takes what is left is given where there is more than enough; undefined while all of the width is
 * needed. A text that reads on takes the rest, and without one the rest stays empty at the end of the table.
 */
export function roomyWidthPx(
  columns: readonly Column[],
  widthPx: number,
  pixelsOf: (width: ColumnWidth) => number,
  widthOf: (column: Column) => number
): number | undefined {
  const most = ROOMY * pixelsOf(MOST_WIDTH)
  const needed = columns.reduce((sum, column) => sum + (column.width === undefined ? most : widthOf(column)), 0)
  return widthPx > needed ? most : undefined
}
