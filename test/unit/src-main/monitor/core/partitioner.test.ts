import { describe, expect, it } from 'vitest'
import {
  murmur2,
  partitionOfKey,
  stickyRecords,
  StickyPartitions
} from '../../../../../src-main/monitor/core/partitioner'

const encoder = new TextEncoder()

describe('the partition of a key', () => {
  // From UtilsTest.testMurmur2 of Apache Kafka.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107]
  ])('hashes %s as Java’s murmur2 does', (key, hash) => {
    expect(murmur2(encoder.encode(key))).toBe(hash)
  })

  it('clears the sign bit before it divides, as Java’s toPositive does', () => {
    expect(partitionOfKey(encoder.encode('21'), 3)).toBe((-973932308 & 0x7fffffff) % 3)
  })

  it('takes bytes above 127 as unsigned', () => {
    const key = Uint8Array.of(0xff, 0x80, 0xfe)

    expect(partitionOfKey(key, 1000)).toBe((murmur2(key) & 0x7fffffff) % 1000)
    expect(murmur2(key)).not.toBe(murmur2(Uint8Array.of(0x7f, 0x80, 0xfe)))
  })
})

describe('records without a key', () => {
  it('stay together for a while, then go to the next partition', () => {
    const sticky = new StickyPartitions()

    const partitions = Array.from({ length: stickyRecords * 2 }, () => sticky.next('t', [0, 1, 2], 7))

    expect(new Set(partitions.slice(0, stickyRecords))).toEqual(new Set([1]))
    expect(new Set(partitions.slice(stickyRecords))).toEqual(new Set([2]))
  })

  it('begin again with the first partition after the last', () => {
    const sticky = new StickyPartitions()
    const seen = Array.from({ length: stickyRecords * 3 }, () => sticky.next('t', [0, 1], 1))

    expect([seen[0], seen[stickyRecords], seen[2 * stickyRecords]]).toEqual([1, 0, 1])
  })

  it('leave a partition that has lost its leader', () => {
    const sticky = new StickyPartitions()
    sticky.next('t', [0, 1, 2], 1)

    expect(sticky.next('t', [0, 2], 1)).toBe(2)
  })
})
