import { createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { askWord } from '../../../../src-main/adapters/ask-word'

let server: Server | undefined
const sockets = new Set<Socket>()

/** Answers what it is asked as the listener says. */
async function listening(answer: (socket: Socket, word: string) => void) {
  server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', (bytes: Uint8Array) => answer(socket, new TextDecoder().decode(bytes)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { host: '127.0.0.1', port: typeof address === 'object' ? (address?.port ?? 0) : 0 }
}

afterEach(() => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  server?.close()
})

const bounds = { timeoutMs: 5_000, bytesMax: 100 }

describe('asking for text with a word', () => {
  it('answers all that came until the other side closed', async () => {
    const address = await listening((socket, word) => {
      socket.write('two ')
      socket.end(`parts of ${word}\n`)
    })

    expect(await askWord(address, 'ruok', bounds)).toEqual({ text: 'two parts of ruok\n', isWhole: true })
  })

  it('does not wait for more than was asked for, and ends with a whole line', async () => {
    const address = await listening((socket) => socket.write('0123456789\n'.repeat(10_000)))

    expect(await askWord(address, 'wchp', bounds)).toEqual({ text: '0123456789\n'.repeat(9), isWhole: false })
  })

  it('fails by name when nobody is there, when nothing comes in time, and when the connection breaks', async () => {
    const silent = await listening(() => undefined)
    await expect(askWord(silent, 'ruok', { ...bounds, timeoutMs: 20 })).rejects.toMatchObject({ code: 'TIMED_OUT' })
    server?.close()
    const broken = await listening((socket) => socket.resetAndDestroy())
    await expect(askWord(broken, 'ruok', bounds)).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    for (const socket of sockets) socket.destroy()
    server?.close()
    if (server !== undefined) await once(server, 'close')

    await expect(askWord(broken, 'ruok', bounds)).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' })
  })
})
