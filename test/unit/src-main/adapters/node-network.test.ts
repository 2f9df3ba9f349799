import { describe, expect, it } from 'vitest'
import { nodeNetwork } from '../../../../src-main/adapters/node-network'

const frame = (text: string): Uint8Array => {
  const bytes = Buffer.from(text)
  const length = Buffer.alloc(4)
  length.writeInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

describe('frames that arrive', () => {
  it('can be kept by slice: it copies, whatever arrives later in the same buffer', async () => {
    const kept: Uint8Array[] = []
    let isSecondHere = (): void => undefined
    const second = new Promise<void>((resolve) => (isSecondHere = resolve))
    const listener = await nodeNetwork.listen({ host: '127.0.0.1', port: 0, frameBytesMax: 1000 }, (connection) => ({
      frame: (bytes) => {
        kept.push(bytes.slice())
        if (kept.length === 1) connection.send(frame('next'))
        else isSecondHere()
      },
      closed: () => undefined
    }))

    const client = await nodeNetwork.connect(
      { ...listener.address, frameBytesMax: 1000, timeoutMs: 5000 },
      (connection) => ({ frame: () => connection.send(frame('second')), closed: () => undefined })
    )
    client.send(frame('first!'))
    await second

    expect(kept.map((bytes) => Buffer.from(bytes).toString())).toEqual(['first!', 'second'])
    client.destroy()
    await listener.close()
  })
})
