import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineSplitter } from '../../../../src-main/kernel/line-splitter'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (line: Uint8Array): string => new TextDecoder().decode(line)

function split(chunks: readonly Uint8Array[], lineBytesMax = 100): { lines: string[]; cut: string[] } {
  const lines: string[] = []
  const cut: string[] = []
  const splitter = new LineSplitter(lineBytesMax, (line, isCut) => (isCut ? cut : lines).push(text(line)))
  for (const chunk of chunks) splitter.push(chunk)
  splitter.end()
  return { lines, cut }
}

describe('lines', () => {
  it('end at LF only', () => {
    const odd = 'a\u2028b\u2029c\rd\u0085e\u000bf\u000cg'

    expect(split([bytes(`${odd}\n\r\n\nlast`)]).lines).toEqual([odd, '\r', '', 'last'])
  })

  it('are the same however the bytes come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', '\r', '\n', 'é', '\u2028', '한'), maxLength: 30 })),
        fc.integer({ min: 1, max: 7 }),
        (pieces, size) => {
          const whole = bytes(pieces.join(''))
          const chunks = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
            whole.subarray(i * size, (i + 1) * size)
          )

          const expected = text(whole).split('\n')
          if (expected.at(-1) === '') expected.pop()
          expect(split(chunks, 1000)).toEqual({ lines: expected, cut: [] })
        }
      )
    )
  })

  it('that are too long are handed over cut, at once, and the next one is whole', () => {
    expect(split([bytes('12345'), bytes('6789\n'), bytes('next\n1234\n')], 4)).toEqual({
      lines: ['next', '1234'],
      cut: ['1234']
    })
  })

  it('hold no more than their limit', () => {
    const splitter = new LineSplitter(1000, () => undefined)

    for (let i = 0; i < 100; i++) splitter.push(new Uint8Array(999).fill(65))

    expect(splitter.heldBytes).toBeLessThanOrEqual(1000)
  })
})
