import { beforeAll, describe, expect, it } from 'vitest'
import { nodeChecksum } from '../../../../src-main/adapters/node-checksum'
import { nodeCompression } from '../../../../src-main/adapters/node-compression'
import { ReadingRoom, recordsOf } from '../../../../src-main/admin/fetched-records'
import { unpackedBytesMax } from '../../../../src-main/kernel/ports'
import { buildBatch } from '../../../../src-main/protocol/record/batch-builder'
import { headerAt } from '../../../../src-main/protocol/record/batch-header'
import { putInt16, putInt32 } from '../../../../src-main/protocol/record/big-endian'
import { zerosOf } from '../../../support/bombs'
import { batchOf, compressedWith, loadCodecs, recordOf } from '../../../support/record-samples'

beforeAll(loadCodecs)

const ports = { compression: nodeCompression, checksum: nodeChecksum }

const read = (bytes: Uint8Array, from = 0, room = new ReadingRoom()) => {
  const { records, unreadable, nextOffset } = recordsOf(bytes, ports, { from, payloadBytesMax: undefined, room })
  return { values: records.map(({ offset, value }) => [offset, value]), unreadable, nextOffset }
}

/** Its CRC is right whatever is changed. */
function altered(batch: Uint8Array, change: (bytes: Uint8Array) => void): Uint8Array {
  change(batch)
  putInt32(batch, headerAt.crc, nodeChecksum.crc32c(batch.subarray(headerAt.attributes)))
  return batch
}

describe('records of a fetch answer', () => {
  it.each([0, 1, 2, 3, 4] as const)('of codec %i come with their offsets, from the one that was asked for', (codec) => {
    const bytes = Buffer.concat([
      batchOf(['a', 'b', 'c'], { baseOffset: 10, ...compressedWith(codec) }),
      batchOf(['d'], { baseOffset: 13 })
    ])

    const found = read(new Uint8Array(bytes), 11)

    expect(found).toEqual({
      values: [
        [11, 'b'],
        [12, 'c'],
        [13, 'd']
      ],
      unreadable: [],
      nextOffset: 14
    })
  })

  it('of zstd without the size of its content are read far beyond a megabyte', () => {
    const records = Array.from({ length: 3000 }, (_, i) => recordOf(`${i} ${'x'.repeat(1000)}`))
    const batch = buildBatch(records, nodeChecksum, compressedWith(4))

    expect(read(batch).values).toHaveLength(3000)
  })

  it.each(Object.entries(zerosOf))(
    'of %s that unpack to more than is read are named; what follows comes',
    (_name, { codec, make }) => {
      const compress = () => make(unpackedBytesMax + 2 ** 21)
      const bomb = buildBatch([recordOf('a'), recordOf('b')], nodeChecksum, {
        compressed: { codec, compress },
        baseOffset: 5
      })

      const found = read(
        new Uint8Array(
          Buffer.concat([batchOf(['before'], { baseOffset: 4 }), bomb, batchOf(['after'], { baseOffset: 7 })])
        ),
        4
      )

      expect(found.values).toEqual([
        [4, 'before'],
        [7, 'after']
      ])
      expect(found.unreadable).toMatchObject([{ fromOffset: 5, toOffset: 6, why: 'tooLarge' }])
      expect(found.nextOffset).toBe(8)
    }
  )

  it.each([
    ['says a codec of a plain body', 0, (bytes: Uint8Array) => putInt16(bytes, headerAt.attributes, 4), []],
    [
      'claims more records than it has',
      0,
      (bytes: Uint8Array) => {
        putInt32(bytes, headerAt.recordCount, 5)
        putInt32(bytes, headerAt.lastOffsetDelta, 4)
      },
      ['a', 'b']
    ]
  ] as const)(
    'of a batch that %s are shown as far as they can be read, and the rest is named',
    (_what, codec, change, shown) => {
      const broken = altered(batchOf(['a', 'b'], { baseOffset: 0, ...compressedWith(codec) }), change)

      const found = read(new Uint8Array(Buffer.concat([broken, batchOf(['after'], { baseOffset: 9 })])))

      expect(found.values.map(([, value]) => value)).toEqual([...shown, 'after'])
      expect(found.unreadable).toMatchObject([{ fromOffset: shown.length, why: 'corrupt' }])
      expect(found.nextOffset).toBe(10)
    }
  )

  it('of a batch whose checksum is wrong are named', () => {
    const batch = batchOf(['a', 'b'])
    batch[70] = (batch[70] ?? 0) ^ 1

    expect(read(batch).unreadable).toMatchObject([{ fromOffset: 0, toOffset: 1, reason: 'its checksum is wrong' }])
  })

  it('are not read beyond the room of an answer, and go on inside the batch', () => {
    const batch = batchOf(Array.from({ length: 100 }, (_, i) => String(i)))

    const first = read(batch, 0, new ReadingRoom({ records: 30, bytes: 1_000_000 }))
    const second = read(batch, first.nextOffset, new ReadingRoom({ records: 1000, bytes: 1_000_000 }))

    expect(first.nextOffset).toBe(30)
    expect([...first.values, ...second.values].map(([offset]) => offset)).toEqual(
      Array.from({ length: 100 }, (_, i) => i)
    )
    expect(second.nextOffset).toBe(100)
  })

  it('of which the room is used up leave the next partition where it is', () => {
    const room = new ReadingRoom({ records: 2, bytes: 1_000_000 })

    read(batchOf(['a', 'b']), 0, room)

    expect(read(batchOf(['c']), 0, room)).toEqual({ values: [], unreadable: [], nextOffset: 0 })
  })

  it('of which a header alone is cut say how long each part was', () => {
    const bytes = new Uint8Array(100)
    const headers = [
      { key: 'large', value: bytes },
      { key: 'null', value: null },
      { key: 'small', value: bytes.subarray(0, 3) }
    ]
    const batch = buildBatch([recordOf('value', { headers })], nodeChecksum, {})
    const reading = { from: 0, payloadBytesMax: 20, room: new ReadingRoom() }

    const [record] = recordsOf(batch, ports, reading).records

    expect(record?.headers[0]?.value).toBe('\0'.repeat(20))
    expect(record).toMatchObject({ cutFromBytes: 5, wholeBytes: { key: 0, value: 5, headers: [100, 0, 3] } })
  })

  it('at the end of an answer that is cut inside a batch come with the next one', () => {
    const batch = batchOf(['a'])

    expect(read(batch.subarray(0, batch.length - 1)).nextOffset).toBe(0)
  })
})
