import { describe, expect, it } from 'vitest'
import { fittingColumns, type Column, type ColumnWidth } from '@/components/data/columns'

const pixels: Readonly<Record<ColumnWidth, number>> = { xs: 64, s: 80, m: 96, l: 120, xl: 152, '2xl': 208 }
const columns: readonly Column[] = [
  { key: 'name', label: 'Name', width: 'l' },
  { key: 'role', label: 'Role', yields: 3 },
  { key: 'leaders', label: 'Leaders', width: 's', yields: 2 },
  { key: 'replicas', label: 'Replicas', width: 's', yields: 1 },
  { key: 'in', label: 'In', width: 's' }
]
const keysAt = (width: number): string[] => fittingColumns(columns, width, (step) => pixels[step]).map(({ key }) => key)

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
})
