import { describe, expect, it } from 'vitest'
import { drawLine } from '@/charts/line-plugin'

type Call = readonly [string, ...unknown[]]

function calls(points: Parameters<typeof drawLine>[1], dash: number[] = []): { calls: Call[]; offsets: unknown[] } {
  const made: Call[] = []
  const offsets: unknown[] = []
  const context = new Proxy({} as CanvasRenderingContext2D, {
    get:
      (_, name) =>
      (...given: unknown[]) =>
        void made.push([String(name), ...given]),
    set: (_, name, value) => {
      if (name === 'lineDashOffset') offsets.push(value)
      return true
    }
  })
  drawLine(context, points, { colour: 'red', width: 1.5, dash })
  return { calls: made, offsets }
}
const level = (count: number) => Array.from({ length: count }, (_, index) => ({ x: index * 10, y: 5 }))

describe('a line of a plot', () => {
  it('goes through every sample once, in pieces that meet', () => {
    const { calls: made } = calls(level(20))

    const reached = made.filter(([name]) => name === 'lineTo').map(([, x]) => x)
    expect(reached).toEqual(
      level(20)
        .slice(1)
        .map(({ x }) => x)
    )
    expect(made.filter(([name]) => name === 'moveTo').map(([, x]) => x)).toEqual([0, 80, 160])
  })

  it('never crosses a gap', () => {
    const points = level(6).map((point, index) => (index === 2 ? { ...point, skip: true } : point))

    const { calls: made } = calls(points)

    expect(made.filter(([name]) => name === 'moveTo').map(([, x]) => x)).toEqual([0, 30])
    expect(made.filter(([name]) => name === 'lineTo').map(([, x]) => x)).toEqual([10, 40, 50])
  })

  it('goes on with its dashes where the last piece ended', () => {
    expect(calls(level(20), [6, 3]).offsets).toEqual([0, 80, 160])
  })
})
