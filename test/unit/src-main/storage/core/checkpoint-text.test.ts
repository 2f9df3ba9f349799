import { describe, expect, it } from 'vitest'
import {
  decodeEpochs,
  decodeMetaProperties,
  decodeOffsets,
  decodePartitionMetadata,
  encodeEpochs,
  encodeMetaProperties,
  encodeOffsets,
  encodePartitionMetadata
} from '../../../../../src-main/storage/core/checkpoint-text'
import { bytesOf, textOf } from '../../../../support/record-samples'

describe('checkpoint files', () => {
  it("hold offsets in Kafka's form", () => {
    const offsets = new Map([
      ['orders-0', 12],
      ['a-b-c-10', 2 ** 40]
    ])

    const bytes = encodeOffsets(offsets)

    expect(textOf(bytes)).toBe('0\n2\norders 0 12\na-b-c 10 1099511627776\n')
    expect(decodeOffsets(bytes)).toEqual(offsets)
    expect(textOf(encodeOffsets(new Map()))).toBe('0\n0\n')
    expect(decodeOffsets(bytesOf('0\n0\n'))).toEqual(new Map())
  })

  it("hold leader epochs in Kafka's form", () => {
    const starts = [
      { epoch: 0, startOffset: 0 },
      { epoch: 4, startOffset: 77 }
    ]

    expect(textOf(encodeEpochs(starts))).toBe('0\n2\n0 0\n4 77\n')
    expect(decodeEpochs(encodeEpochs(starts))).toEqual(starts)
  })

  it.each(['', '1\n0\n', '0\n2\na 0 1\n', '0\n1\na 0 x\n', '0\n1\na 0 99999999999999999999\n', '\0\0\0\0'])(
    'that are not whole are refused: %j',
    (text) => {
      expect(decodeOffsets(bytesOf(text))).toBeUndefined()
    }
  )

  it('refuse epochs that are not whole', () => {
    for (const text of ['', '0\n1\n', '0\n1\n-1 5\n']) expect(decodeEpochs(bytesOf(text))).toBeUndefined()
  })
})

describe('property files of a log directory', () => {
  it('say whose it is', () => {
    const bytes = encodeMetaProperties(2, 'AAAAAAAAAAAAAAAAAAAAAw')

    expect(decodeMetaProperties(bytes)).toEqual({ brokerId: 2, clusterId: 'AAAAAAAAAAAAAAAAAAAAAw' })
  })

  it('are read as Java and KRaft write them', () => {
    const text = '#\n#Wed Nov 25 10:00:00 UTC 2026\nnode.id=3\nversion=1\ncluster.id = abc\n'

    expect(decodeMetaProperties(bytesOf(text))).toEqual({ brokerId: 3, clusterId: 'abc' })
    expect(decodeMetaProperties(bytesOf('hello=world'))).toBeUndefined()
  })

  it("hold a topic's id", () => {
    const id = 'q9Xj2bJ2TzK0Zc1lq2mJ_g'

    expect(decodePartitionMetadata(encodePartitionMetadata(id))).toBe(id)
    expect(decodePartitionMetadata(bytesOf(`version: 0\ntopic_id: ${id}`))).toBe(id)
    expect(decodePartitionMetadata(bytesOf('version: 0\ntopic_id: short'))).toBeUndefined()
  })
})
