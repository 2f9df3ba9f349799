import { describe, expect, it } from 'vitest'
import {
  cellKind,
  gridLines,
  gridPaths,
  numbered,
  skew,
  stepped,
  topicStepped
} from '@/components/brokers/placement-cells'

const partition = { leader: 1, replicas: [1, 2, 3], isr: [1, 2] }
const topic = (name: string, count: number) => ({ name, partitions: Array.from({ length: count }, () => partition) })
const shape = (lines: ReturnType<typeof gridLines>): string[] =>
  lines.map((blocks) => blocks.map((one) => `${one.topic} ${one.first}+${one.partitions.length}`).join(', '))

describe('the cell of a replica', () => {
  it('says whether it leads, is in sync, is out of it, or has no leader', () => {
    expect([1, 2, 3, 4].map((broker) => cellKind(partition, broker))).toEqual(['leader', 'sync', 'out', undefined])
    expect(cellKind({ ...partition, leader: null }, 2)).toBe('offline')
  })

  it('is planned while it is copied, until it is in sync', () => {
    const move = { adding: [3], removing: [1] }
    expect(cellKind(partition, 3, move)).toBe('adding')
    expect(cellKind({ ...partition, isr: [1, 2, 3] }, 3, move)).toBe('sync')
    expect(
      gridPaths({ first: 4, partitions: [partition] }, [1, 2, 3], (at) => (at === 4 ? move : undefined)).struck
    ).toBe('M0 8h14')
  })

  it('is a ghost while a plan would add it, whoever leads', () => {
    const move = { adding: [], removing: [2], planned: [4] }
    expect([1, 2, 4].map((broker) => cellKind(partition, broker, move))).toEqual(['leader', 'sync', 'planned'])
    expect(cellKind({ ...partition, leader: null }, 4, move)).toBe('planned')
    const { paths, struck } = gridPaths({ first: 0, partitions: [partition] }, [1, 2, 4], () => move)
    expect(paths.map(({ kind }) => kind)).toEqual(['leader', 'sync', 'planned'])
    expect(struck).toBe('M0 24h14')
  })

  it('is part of one path a kind, however many partitions there are', () => {
    const { paths } = gridPaths({ first: 0, ...topic('t', 1000) }, [1, 2, 3])
    expect(paths.map(({ kind }) => kind)).toEqual(['leader', 'sync', 'out'])
    expect(paths[0]?.d.match(/M/g)).toHaveLength(1000)
  })
})

describe('the lines of the grid', () => {
  it('take topics side by side while there is room, and go on with a long one in the next', () => {
    expect(shape(gridLines([topic('a', 3), topic('b', 10), topic('c', 2), topic('d', 45)], 20))).toEqual([
      'a 0+3, b 0+10',
      'c 0+2',
      'd 0+20',
      'd 20+20',
      'd 40+5'
    ])
  })

  it('have room for the name of a topic in any window, and lose no partition', () => {
    const lines = gridLines([topic('a', 30)], 0)
    expect(lines.flat().reduce((sum, { partitions }) => sum + partitions.length, 0)).toBe(30)
    expect(Math.max(...lines.flat().map(({ columns }) => columns))).toBe(7)
  })

  it('number every column where the numbers have room, else every fifth', () => {
    expect(numbered({ topic: 'a', first: 0, columns: 7, ...topic('a', 3) })).toEqual([0, 1, 2])
    expect(numbered({ topic: 'a', first: 23, columns: 9, ...topic('a', 9) })).toEqual([2, 7])
  })
})

describe('the keys of the grid', () => {
  const topics = [topic('a', 2), topic('b', 1)]
  it('go through all partitions and stay at the ends', () => {
    expect(stepped(topics, undefined, 1)).toEqual({ topic: 'a', partition: 0 })
    expect(stepped(topics, { topic: 'a', partition: 1 }, 1)).toEqual({ topic: 'b', partition: 0 })
    expect(stepped(topics, { topic: 'b', partition: 0 }, 1)).toEqual({ topic: 'b', partition: 0 })
    expect(stepped(topics, { topic: 'b', partition: 0 }, -1)).toEqual({ topic: 'a', partition: 1 })
    expect(stepped(topics, { topic: 'gone', partition: 7 }, 1)).toEqual({ topic: 'a', partition: 0 })
    expect(stepped([], undefined, 1)).toBeUndefined()
  })

  it('go through topics', () => {
    expect(topicStepped(topics, { topic: 'a', partition: 1 }, 1)).toEqual({ topic: 'b', partition: 0 })
    expect(topicStepped(topics, { topic: 'b', partition: 0 }, 1)).toEqual({ topic: 'b', partition: 0 })
  })
})

describe('skew', () => {
  it('is how far the fullest is above the mean of all', () => {
    expect(
      skew([
        { id: 1, count: 20 },
        { id: 2, count: 10 },
        { id: 3, count: 0 }
      ])
    ).toEqual({
      percent: 100,
      id: 1,
      count: 20
    })
    expect(skew([{ id: 1, count: 0 }])).toBeNull()
    expect(skew([])).toBeNull()
  })

  it('is not known while it is not of one of them: what is not told is not 0', () => {
    const one = { id: 1, count: 20 }
    expect(skew([one, { id: 2, count: null }])).toBeNull()
    expect(skew([one, { id: 2, count: 0 }])).toEqual({ percent: 100, id: 1, count: 20 })
    expect(skew([{ id: 1, count: null }])).toBeNull()
  })
})
