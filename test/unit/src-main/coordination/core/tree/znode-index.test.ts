import { describe, expect, it } from 'vitest'
import { newZnode } from '../../../../../../src-main/coordination/core/tree/znode'
import { ZnodeIndex } from '../../../../../../src-main/coordination/core/tree/znode-index'

const count = 20_000
const padded = (i: number): string => String(i).padStart(10, '0')
const shapes: Readonly<Record<string, (i: number) => string>> = {
  'below many parents': (i) => `/big/p${i % 1000}/n${i}`,
  'numbered by the ensemble': (i) => `/locks/lock-${padded(i)}`,
  'alike but in the middle': (i) => `/brokers/topics/topic-${i}/partitions/0/state`,
  'a single character apart': (i) => `/${String.fromCharCode(0x4e00 + i)}`
}

describe('the index of znodes', () => {
  it.each(Object.entries(shapes))('spreads paths %s', (_, pathOf) => {
    const index = new ZnodeIndex()
    const znode = newZnode(null, { epoch: 1, counter: 1 }, 0, 0n)
    for (let i = 0; i < count; i++) index.add(pathOf(i), znode)
    const sizes = index.shards().map(([, shard]) => shard.size)
    expect(sizes).toHaveLength(64)
    expect(Math.max(...sizes)).toBeLessThan((2 * count) / 64)
    expect(index.size).toBe(count)
  })

  it('keeps nothing of depths and places where nothing is left', () => {
    const index = new ZnodeIndex()
    const paths = Array.from({ length: 500 }, (_, depth) => '/a'.repeat(depth + 1))
    for (const path of paths) index.add(path, newZnode(null, { epoch: 1, counter: 1 }, 0, 0n))
    expect([...index.paths()]).toEqual(paths)
    expect(paths.map((path) => index.delete(path))).not.toContain(false)
    expect([index.size, index.shards(), index.delete('/a'), index.has('/a')]).toEqual([0, [], false, false])
  })
})
