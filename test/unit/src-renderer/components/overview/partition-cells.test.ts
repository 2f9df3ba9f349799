import { describe, expect, it } from 'vitest'
import type { HealthLevel, TopicCells } from '@api/views'
import { shownTopics, STRIP, stripPaths } from '@/components/overview/partition-cells'

const topic = (name: string): TopicCells => ({ name, partitionCount: 1, leaderlessPartitions: 0, cells: ['healthy'] })
const map = (names: readonly string[], topicCount = names.length) => ({
  observedAtMs: 1,
  topicCount,
  topics: names.map(topic)
})

/** The right end of every mark of a path: where it starts, plus its width. */
const ends = (d: string): number[] =>
  [...d.matchAll(/M([\d.]+) [\d.]+h([\d.]+)/g)].map(([, x, width]) => Number(x) + Number(width))

describe('the cells of a topic', () => {
  it('are one path a level, however many there are', () => {
    const cells: HealthLevel[] = ['healthy', 'critical', 'healthy', 'degraded', 'critical']

    const paths = stripPaths(cells)

    expect(paths.map(({ level, d }) => [level, d.match(/M/g)?.length])).toEqual([
      ['healthy', 2],
      ['critical', 2],
      ['degraded', 1]
    ])
  })

  it.each([1, 12, 13, 48])('stay inside the strip when they are %i', (count) => {
    const [path] = stripPaths(Array.from({ length: count }, () => 'critical'))
    const last = Math.max(...ends(path?.d ?? ''))

    expect(ends(path?.d ?? '')).toHaveLength(count)
    expect(last).toBeLessThanOrEqual(STRIP.width + 0.1)
    if (count >= 12) expect(last).toBeGreaterThan(STRIP.width - 1)
  })

  it('of a topic without partitions are none', () => {
    expect(stripPaths([])).toEqual([])
  })
})

describe('the topics of the strip', () => {
  it('are all of them by name where they fit', () => {
    const shown = shownTopics(map(['c', 'a', 'b']), 3)

    expect(shown.topics.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
    expect(shown.more).toBe(0)
  })

  it('are the worst where they do not, with a row that counts the rest', () => {
    const shown = shownTopics(map(['z', 'y', 'a', 'b'], 10_000), 3)

    expect(shown.topics.map(({ name }) => name)).toEqual(['y', 'z'])
    expect(shown.more).toBe(9_998)
  })
})
