/** What a table needs to know of a column; widths are steps of the scale in theme/tokens.css. */
export interface Column {
  readonly key: string
  readonly label: string
  /** Without one the column takes what is left. */
  readonly width?: 'xs' | 's' | 'm' | 'l' | 'xl' | '2xl'
  readonly isNumber?: boolean
  /** Data font, for names that the wire knows. */
  readonly isCode?: boolean
  readonly isQuiet?: boolean
  readonly isFixed?: boolean
}
