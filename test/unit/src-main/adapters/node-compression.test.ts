import { createGzip } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { nodeCompression } from '../../../../src-main/adapters/node-compression'

/** 300 MB of zeros in about 300 KB. */
async function gzipBomb(): Promise<Uint8Array> {
  const gzip = createGzip()
  const pieces: Buffer[] = []
  const ended = new Promise<void>((resolve) => {
    gzip.on('data', (piece: Buffer) => pieces.push(piece)).on('end', resolve)
  })
  const zeros = Buffer.alloc(10_000_000)
  for (let i = 0; i < 30; i++) if (!gzip.write(zeros)) await new Promise((resolve) => gzip.once('drain', resolve))
  gzip.end()
  await ended
  return new Uint8Array(Buffer.concat(pieces))
}

describe('nodeCompression', () => {
  it('refuses gzip that unpacks to more than a batch may hold', async () => {
    const bomb = await gzipBomb()

    expect(() => nodeCompression.decompress(1, bomb)).toThrow('cannot be read')
  })

  it('refuses a snappy block that claims to be larger, before it makes room for it', () => {
    const claim = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 0x00)

    expect(() => nodeCompression.decompress(2, claim)).toThrow('cannot be read')
  })
})
