import { describe, expect, it } from 'vitest'
import { DataSlabs } from '../../../../../../src-main/coordination/core/tree/data-slabs'

const filled = (byteLength: number, value: number): Uint8Array => new Uint8Array(byteLength).fill(value)

describe('slabs of small data', () => {
  it('hold copies that neither each other nor what was given can change', () => {
    const slabs = new DataSlabs()
    const given = Array.from({ length: 300 }, (_, i) => filled((i * 37) % 700, i % 251))
    const copies = given.map((bytes) => slabs.copyOf(bytes))
    expect(copies).toEqual(given)

    for (const bytes of given) bytes.fill(255)
    copies[7]?.fill(9)
    expect(copies.map((bytes, i) => i === 7 || bytes.every((byte) => byte === i % 251)).every(Boolean)).toBe(true)
  })

  it('take buffers for many small ones, and one for a large one', () => {
    const slabs = new DataSlabs()
    const buffers = (byteLength: number): number =>
      new Set(Array.from({ length: 80 }, () => slabs.copyOf(filled(byteLength, 1)).buffer)).size
    expect(buffers(100)).toBe(4)
    expect(buffers(257)).toBe(80)
  })

  it('keep none for an empty one', () => {
    const slabs = new DataSlabs()
    const { buffer } = slabs.copyOf(filled(1, 1))
    expect(slabs.copyOf(filled(0, 1)).buffer).not.toBe(buffer)
  })
})
