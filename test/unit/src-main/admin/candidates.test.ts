import { describe, expect, it } from 'vitest'
import { candidates } from '../../../../src-main/admin/candidates'

const at = (port: number) => ({ host: 'h', port })
const known = new Map([
  [1, at(1)],
  [2, at(2)],
  [3, at(3)]
])
const ports = (fields: Partial<Parameters<typeof candidates>[0]>): readonly number[] =>
  candidates({ known, bootstrap: [at(1), at(9)], lastGood: undefined, registered: null, ...fields }).map(
    ({ port }) => port
  )

describe('whom to ask', () => {
  it('is who answered last, then all that are known, each once', () => {
    expect(ports({})).toEqual([1, 2, 3, 9])
    expect(ports({ lastGood: at(3) })).toEqual([3, 1, 2, 9])
    expect(ports({ known: new Map() })).toEqual([1, 9])
  })

  it('is who is registered before who may be cut off, though that one answered last', () => {
    expect(ports({ lastGood: at(3), registered: [1, 2] })).toEqual([1, 2, 3, 9])
    expect(ports({ lastGood: at(2), registered: [1, 2] })).toEqual([2, 1, 3, 9])
    expect(ports({ lastGood: at(2), registered: [] })).toEqual([2, 1, 3, 9])
  })
})
