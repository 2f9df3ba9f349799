import { describe, expect, it } from 'vitest'
import { packLane, worse } from '@/charts/event-lane'
import { eventView } from '../support/views'

const scale = { fromMs: 0, toMs: 1000, left: 0, right: 1000 }
const metrics = { mark: 12, gap: 4, widthOf: (text: string) => text.length * 6 }
const sentence = (): string => 'killed'

describe('the event lane', () => {
  it('merges marks that would touch into one of the worst level with a count', () => {
    const marks = packLane(
      [
        eventView(1, 100, { level: 'healthy' }),
        eventView(2, 108, { level: 'critical' }),
        eventView(3, 112, { level: 'degraded' })
      ],
      scale,
      metrics,
      sentence
    )

    expect(marks).toHaveLength(1)
    expect(marks[0]).toMatchObject({ x: 100, level: 'critical', label: undefined })
    expect(marks[0]?.events.map((event) => event.id)).toEqual([1, 2, 3])
  })

  it('puts a label right of its mark, else left of it, else nowhere', () => {
    const [right, left, none, last] = packLane(
      [100, 300, 330, 990].map((atMs, id) => eventView(id, atMs)),
      scale,
      metrics,
      sentence
    )

    expect(right?.label?.align).toBe('start')
    expect(left?.label?.align).toBe('end')
    expect(none?.label).toMatchObject({ align: 'start' })
    expect(last?.label?.align).toBe('end')
    const crowded = packLane(
      [300, 330, 360].map((atMs, id) => eventView(id, atMs)),
      { fromMs: 290, toMs: 372, left: 290, right: 372 },
      metrics,
      sentence
    )
    expect(crowded.map((mark) => mark.label)).toEqual([undefined, undefined, undefined])
  })

  it('leaves out what is not in the range and keeps marks inside the plot', () => {
    const marks = packLane(
      [eventView(1, -5), eventView(2, 0), eventView(3, 1000), eventView(4, 1001)],
      scale,
      metrics,
      sentence
    )

    expect(marks.map((mark) => mark.x)).toEqual([6, 994])
  })

  it('keeps the count of the last mark inside the plot, and joins those whose room it takes', () => {
    const at = (...times: number[]) => times.map((atMs, id) => eventView(id, atMs, { level: 'healthy' }))
    const countEnd = (mark: { x: number; events: readonly unknown[] } | undefined): number =>
      (mark?.x ?? 0) + 6 + 2 + 6 * String(mark?.events.length).length

    const [alone] = packLane(at(990, 995, 1000), scale, metrics, sentence)
    expect(alone?.events).toHaveLength(3)
    expect(countEnd(alone)).toBe(1000)

    const near = packLane(at(972, 990, 995, 1000), scale, metrics, sentence)
    expect(near.map(({ events }) => events.length)).toEqual([4])
    expect(countEnd(near[0])).toBeLessThanOrEqual(1000)

    const far = packLane(at(900, 990, 995, 1000), scale, metrics, sentence)
    expect(far.map(({ x, events }) => [x, events.length])).toEqual([
      [900, 1],
      [986, 3]
    ])
  })

  it('ranks critical over degraded over the rest', () => {
    expect(worse('degraded', 'critical')).toBe('critical')
    expect(worse('recovering', 'degraded')).toBe('degraded')
    expect(worse('healthy', 'stopped')).toBe('stopped')
  })
})
