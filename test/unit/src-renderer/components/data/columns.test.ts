import { describe, expect, it } from 'vitest'
import { columnWidths, fittingColumns, roomyWidthPx, type Column, type ColumnWidth } from '@/components/data/columns'

const pixels: Readonly<Record<ColumnWidth, number>> = {
  mark: 40,
  xs: 64,
  s: 80,
  m: 96,
  l: 120,
  xl: 152,
  '2xl': 208,
  '3xl': 256
}
const columns: readonly Column[] = [
  { key: 'name', label: 'Name', width: 'l' },
  { key: 'role', label: 'Role', yields: 3 },
  { key: 'leaders', label: 'Leaders', width: 's', yields: 2 },
  { key: 'replicas', label: 'Replicas', width: 's', yields: 1 },
  { key: 'in', label: 'In', width: 's' }
]
const stepPx = (step: ColumnWidth): number => pixels[step]
const widthOf = columnWidths(stepPx, () => 0)
const keysAt = (width: number): string[] => fittingColumns(columns, width, widthOf).map(({ key }) => key)

describe('the columns of a table', () => {
  it('are all there while the width is not known, or enough', () => {
    expect(keysAt(0)).toHaveLength(5)
    expect(keysAt(456)).toHaveLength(5)
  })

  it('are left out one after the other when it is not, but never those that must stay', () => {
    expect(keysAt(455)).toEqual(['name', 'role', 'leaders', 'in'])
    expect(keysAt(375)).toEqual(['name', 'role', 'in'])
    expect(keysAt(295)).toEqual(['name', 'in'])
    expect(keysAt(50)).toEqual(['name', 'in'])
  })

  it('grow with their longest figure, which makes others yield', () => {
    const wide = columnWidths(stepPx, ({ key }) => (key === 'in' ? 180 : 0))

    expect(wide({ key: 'in', label: 'In', width: 's', isNumber: true })).toBe(180)
    expect(wide({ key: 'in', label: 'In', width: 's' })).toBe(80)
    const numbers = columns.map((column) => (column.key === 'in' ? { ...column, isNumber: true } : column))
    expect(fittingColumns(numbers, 456, wide).map(({ key }) => key)).toEqual(
      ['name', 'role', 'leaders', 'in'].slice(0, 2).concat('in')
    )
  })

  it('grow with names that are whole, up to twice their step', () => {
    const name: Column = { key: 'name', label: 'Name', width: '3xl', isWhole: true }

    expect(columnWidths(stepPx, () => 100)(name)).toBe(256)
    expect(columnWidths(stepPx, () => 366)(name)).toBe(366)
    expect(columnWidths(stepPx, () => 4000)(name)).toBe(512)
    expect(columnWidths(stepPx, () => 366)({ ...name, isWhole: false })).toBe(256)
  })

  it('leave no void between a name and its figure in a large window', () => {
    expect(roomyWidthPx(columns, 456, stepPx, widthOf)).toBeUndefined()
    expect(roomyWidthPx(columns, 1712, stepPx, widthOf)).toBe(312)
  })
})
