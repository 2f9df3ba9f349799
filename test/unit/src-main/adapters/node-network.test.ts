import { once } from 'node:events'
import { connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
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

describe('what a connection begins with', () => {
  /** In pieces that arrive one by one: each has been read when another connection was answered. */
  async function heard(...pieces: readonly Uint8Array[]): Promise<readonly string[]> {
    const said: string[] = []
    const options = { host: '127.0.0.1', port: 0, frameBytesMax: 1000, words: ['ruok'] }
    const listener = await nodeNetwork.listen(options, (connection) => ({
      word: (word) => {
        said.push(word)
        connection.end()
      },
      frame: (bytes) => {
        const text = Buffer.from(bytes).toString()
        if (text === 'turn') connection.send(frame('next'))
        else {
          said.push(text)
          connection.end()
        }
      },
      closed: (error) => error !== undefined && said.push(error.message)
    }))
    const [socket, other] = [1, 2].map(() => connect({ ...listener.address, noDelay: true }))
    if (socket === undefined || other === undefined) throw new Error('there are two')
    const closed = new Promise((resolve) => socket.on('close', resolve))
    // What is written after the word may find nobody.
    socket.on('error', () => undefined)
    for (const piece of pieces) {
      socket.write(piece)
      other.write(frame('turn'))
      await once(other, 'data')
    }
    socket.end()
    socket.resume()
    await closed
    other.destroy()
    await listener.close()
    return said
  }
  const bytesOf = (bytes: Uint8Array): Uint8Array[] => [...bytes].map((byte) => Uint8Array.of(byte))

  it('is a word or a frame, also a byte at a time', async () => {
    expect(await heard(...bytesOf(Buffer.from('ruok\n')))).toEqual(['ruok'])
    expect(await heard(Buffer.from('r'), Buffer.from('uok'))).toEqual(['ruok'])
    expect(await heard(...bytesOf(frame('one')))).toEqual(['one'])
    expect(await heard(frame('one').subarray(0, 2), frame('one').subarray(2))).toEqual(['one'])
    expect(await heard(frame('one'))).toEqual(['one'])
    expect(await heard(Buffer.from('ru'))).toEqual(['the peer closed in the middle of a frame'])
  })
})

describe('bytes that are sent', () => {
  it('and wait for a peer that reads nothing keep no larger buffers that they lie in', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    let isSent = (): void => undefined
    const sent = new Promise<void>((resolve) => (isSent = resolve))
    const listener = await nodeNetwork.listen({ host: '127.0.0.1', port: 0, frameBytesMax: 1000 }, (connection) => ({
      frame: () => {
        for (let i = 0; i < 10_000; i++) {
          connection.send(new Uint8Array(65_536).subarray(0, 1_000))
          connection.flush()
        }
        isSent()
      },
      closed: () => undefined
    }))
    const before = process.memoryUsage().arrayBuffers
    const socket = connect(listener.address.port, '127.0.0.1', () => socket.write(frame('go')))
    socket.pause()

    await sent
    // What the kernel did not take is 10 MB at most; with the buffers it is some hundred, and stays so. Buffers are counted until
    // another thread has swept them.
    await vi.waitFor(
      () => {
        collect()
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000)
      },
      { timeout: 10_000, interval: 100 }
    )
    socket.destroy()
    await listener.close()
  })

  it('in many short pieces, more than the queue takes, are told to have left, also when the kernel took them at once', async () => {
    let isDrained = (): void => undefined
    const drained = new Promise<void>((resolve) => (isDrained = resolve))
    let unsentBytes = 0
    const listener = await nodeNetwork.listen({ host: '127.0.0.1', port: 0, frameBytesMax: 1000 }, (connection) => ({
      frame: () => {
        for (let i = 0; i < 200; i++) connection.send(new Uint8Array(1_000))
        unsentBytes = connection.unsentBytes
      },
      drained: () => isDrained(),
      closed: () => undefined
    }))
    const socket = connect(listener.address.port, '127.0.0.1', () => socket.write(frame('go')))
    socket.resume()

    await drained

    expect(unsentBytes).toBe(200_000)
    socket.destroy()
    await listener.close()
  })

  it('arrive in the order of the sends, short and long ones, until the end', async () => {
    const sizes = [1, 5, 2_000, 3, 300_000, 1_024, 1_025, 2, 7]
    const listener = await nodeNetwork.listen({ host: '127.0.0.1', port: 0, frameBytesMax: 1000 }, (connection) => ({
      frame: () => {
        sizes.forEach((size, i) => connection.send(new Uint8Array(size).fill(i)))
        const later = (byte: number): void => {
          if (byte > 101) connection.end()
          else connection.send(new Uint8Array(4).fill(byte), () => later(byte + 1))
          connection.send(new Uint8Array(2).fill(byte + 100))
        }
        later(99)
      },
      closed: () => undefined
    }))

    const received: Buffer[] = []
    const socket = connect(listener.address.port, '127.0.0.1', () => socket.write(frame('go')))
    socket.on('data', (chunk) => received.push(chunk))
    await once(socket, 'close')

    const runs: [number, number][] = []
    for (const byte of Buffer.concat(received)) {
      const last = runs.at(-1)
      if (last?.[0] === byte) last[1] += 1
      else runs.push([byte, 1])
    }
    const short = [99, 100, 101].flatMap((byte) => [
      [byte, 4],
      [byte + 100, 2]
    ])
    expect(runs).toEqual([...sizes.map((size, i) => [i, size]), ...short])
    await listener.close()
  })
})

describe('an address that somebody has told', () => {
  it.each([534_619_005, 65_536, 0, -1, 1.5])(
    'with the port %d cannot be reached, like one where nobody listens',
    async (port) => {
      const connecting = nodeNetwork.connect({ host: '127.0.0.1', port, frameBytesMax: 1000, timeoutMs: 1000 }, () =>
        expect.fail('nobody is there')
      )

      await expect(connecting).rejects.toMatchObject({
        code: 'CONNECTION_REFUSED',
        message: expect.stringContaining('no port')
      })
    }
  )
})
