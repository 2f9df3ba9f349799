import { describe, expect, it } from 'vitest'
import { createSocketTransport } from '@/bridge/socket-transport'
import type { Socket } from '@/bridge/socket-transport'

function setUp(isRefused?: () => Promise<boolean>) {
  const sockets: (Socket & { sent: string[] })[] = []
  const waits: { ms: number; run: () => void }[] = []
  const seen: unknown[] = []
  const transport = createSocketTransport({
    connect: () => {
      const sent: string[] = []
      const socket = {
        onopen: null,
        onclose: null,
        onmessage: null,
        sent,
        send: (text: string) => void sent.push(text)
      }
      sockets.push(socket)
      return socket
    },
    after: (ms, run) => void waits.push({ ms, run }),
    ...(isRefused === undefined ? {} : { isRefused })
  })
  transport.open({
    connected: () => seen.push('connected'),
    disconnected: () => seen.push('disconnected'),
    received: (message) => seen.push(message),
    refused: (value) => seen.push(`refused ${value}`)
  })
  return { transport, sockets, waits, seen }
}

describe('the socket of web mode', () => {
  it('carries JSON both ways', () => {
    const { transport, sockets, seen } = setUp()
    sockets[0]?.onopen?.()

    transport.send({ type: 'watch', key: 'cluster' })
    sockets[0]?.onmessage?.({ data: '{"type":"push","key":"cluster","value":1}' })

    expect(sockets[0]?.sent).toEqual(['{"type":"watch","key":"cluster"}'])
    expect(seen).toEqual(['connected', { type: 'push', key: 'cluster', value: 1 }])
  })

  it('is tried again with a doubling delay up to five seconds, from the start after a success', () => {
    const { sockets, waits, seen } = setUp()
    for (let attempt = 0; attempt < 7; attempt += 1) {
      sockets.at(-1)?.onclose?.()
      waits.at(-1)?.run()
    }
    expect(waits.map(({ ms }) => ms)).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000])

    sockets.at(-1)?.onopen?.()
    sockets.at(-1)?.onclose?.()

    expect(waits.at(-1)?.ms).toBe(250)
    expect(seen.slice(-2)).toEqual(['connected', 'disconnected'])
  })

  it('asks why it was not let in, and says when the host no longer knows the page', async () => {
    const { sockets, seen } = setUp(() => Promise.resolve(true))
    sockets[0]?.onopen?.()
    sockets[0]?.onclose?.()
    await Promise.resolve()
    expect(seen).toEqual(['connected', 'disconnected'])

    sockets[0]?.onclose?.()
    await Promise.resolve()

    expect(seen.at(-1)).toBe('refused true')
  })
})
