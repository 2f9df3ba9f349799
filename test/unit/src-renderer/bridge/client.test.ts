import { describe, expect, it } from 'vitest'
import { ApiError } from '@api/api'
import type { ClientMessage } from '@api/wire'
import { createClient } from '@/bridge/client'
import type { TransportListener } from '@/bridge/client'

function setUp() {
  const sent: ClientMessage[] = []
  let listener: TransportListener | undefined
  const api = createClient({
    send: (message) => sent.push(message),
    open: (given) => {
      listener = given
    }
  })
  if (listener === undefined) throw new Error('the client did not open its transport')
  return { api, sent, transport: listener }
}

describe('a watch that is refused', () => {
  it('tells everyone who wanted it why, and is asked for again by the next', () => {
    const { api, sent, transport } = setUp()
    transport.connected()
    const told: string[] = []
    const end = api.watch(
      'topics',
      () => undefined,
      (error) => told.push(`${error.code} ${error.message}`)
    )

    transport.received({ type: 'refused', key: 'topics', error: { code: 'CONFLICT', message: 'Close some.' } })
    expect(told).toEqual(['CONFLICT Close some.'])

    api.watch('topics', () => undefined)
    end()
    expect(sent).toEqual([
      { type: 'watch', key: 'topics', byRows: true },
      { type: 'watch', key: 'topics', byRows: true }
    ])
  })
})

describe('a long list that is told by rows', () => {
  const whole = { observedAtMs: 1, topics: [{ name: 'a' }, { name: 'b' }] }
  const rows = { rest: { observedAtMs: 2 }, changed: [{ name: 'aa' }], gone: ['b'] }

  it('is a whole view for those who watch it', () => {
    const { api, transport } = setUp()
    transport.connected()
    const told: unknown[] = []
    api.watch('topics', (view) => told.push(view))
    transport.received({ type: 'push', key: 'topics', value: whole })
    transport.received({ type: 'rows', key: 'topics', value: rows })

    expect(told).toEqual([whole, { observedAtMs: 2, topics: [{ name: 'a' }, { name: 'aa' }] }])
  })

  it('is asked for again when what it changes is not here', () => {
    const { api, sent, transport } = setUp()
    transport.connected()
    const told: unknown[] = []
    api.watch('topics', (view) => told.push(view))
    transport.received({ type: 'rows', key: 'topics', value: rows })

    expect(told).toEqual([])
    expect(sent.slice(1)).toEqual([
      { type: 'unwatch', key: 'topics' },
      { type: 'watch', key: 'topics', byRows: true }
    ])
  })

  it('is shown when the last of its parts has come', () => {
    const { api, transport } = setUp()
    transport.connected()
    const told: unknown[] = []
    api.watch('topics', (view) => told.push(view))
    transport.received({ type: 'part', key: 'topics', value: [{ name: 'a' }] })
    transport.received({ type: 'part', key: 'topics', value: [{ name: 'b' }] })
    expect(told).toEqual([])
    transport.received({ type: 'push', key: 'topics', value: { observedAtMs: 1, topics: [] }, follows: 2 })
    transport.received({ type: 'part', key: 'topics', value: rows.changed })
    transport.received({ type: 'rows', key: 'topics', value: { ...rows, changed: [] }, follows: 1 })

    expect(told).toEqual([whole, { observedAtMs: 2, topics: [{ name: 'a' }, { name: 'aa' }] }])
  })

  it('is never shown without its first rows, be the watch ended and begun in the middle of them', () => {
    const { api, sent, transport } = setUp()
    transport.connected()
    const told: unknown[] = []
    const end = api.watch('topics', () => undefined)
    transport.received({ type: 'part', key: 'topics', value: [{ name: 'a' }] })
    end()
    api.watch('topics', (view) => told.push(view))
    transport.received({ type: 'part', key: 'topics', value: [{ name: 'b' }] })
    transport.received({ type: 'push', key: 'topics', value: { observedAtMs: 1, topics: [] }, follows: 2 })

    expect(told).toEqual([])
    expect(sent.slice(-2)).toEqual([
      { type: 'unwatch', key: 'topics' },
      { type: 'watch', key: 'topics', byRows: true }
    ])
  })

  it('begins with a whole view on another connection', () => {
    const { api, transport } = setUp()
    transport.connected()
    const told: unknown[] = []
    api.watch('topics', (view) => told.push(view))
    transport.received({ type: 'push', key: 'topics', value: whole })
    transport.disconnected()
    transport.connected()
    transport.received({ type: 'rows', key: 'topics', value: rows })

    expect(told).toEqual([whole])
  })
})

describe('calls', () => {
  it('are answered by their id, in any order', async () => {
    const { api, sent, transport } = setUp()
    transport.connected()
    const first = api.call('topic.delete', { topic: 'a' })
    const second = api.call('topic.delete', { topic: 'b' })

    transport.received({ type: 'result', id: 2, value: { topic: 'b' } })
    transport.received({ type: 'result', id: 1, value: { topic: 'a' } })

    await expect(first).resolves.toEqual({ topic: 'a' })
    await expect(second).resolves.toEqual({ topic: 'b' })
    expect(sent).toEqual([
      { type: 'call', id: 1, name: 'topic.delete', input: { topic: 'a' } },
      { type: 'call', id: 2, name: 'topic.delete', input: { topic: 'b' } }
    ])
  })

  it('fail with the error of the host, and with FAILED for a code that is not known', async () => {
    const { api, transport } = setUp()
    transport.connected()
    const kafka = api.call('topic.delete', { topic: 'a' })
    const odd = api.call('topic.delete', { topic: 'b' })

    transport.received({
      type: 'error',
      id: 1,
      error: { code: 'KAFKA', message: 'no', kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION' }
    })
    transport.received({ type: 'error', id: 2, error: { code: 'ODD', message: 'why' } })

    await expect(kafka).rejects.toMatchObject({ code: 'KAFKA', kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION' })
    await expect(odd).rejects.toMatchObject({ code: 'FAILED', message: 'why' })
  })

  it('under way when the connection goes are rejected, because nobody knows whether they took effect', async () => {
    const { api, transport } = setUp()
    transport.connected()
    const call = api.call('node.kill', { node: 'broker-1' })

    transport.disconnected()

    await expect(call).rejects.toBeInstanceOf(ApiError)
    await expect(api.call('node.kill', { node: 'broker-1' })).rejects.toMatchObject({ code: 'DISCONNECTED' })
  })
})

describe('watches', () => {
  it('of one key are one on the wire, and end with the last listener', () => {
    const { api, sent, transport } = setUp()
    transport.connected()
    const stop = api.watch('topics', () => undefined)
    const stopAgain = api.watch('topics', () => undefined)

    stop()
    stopAgain()
    stopAgain()

    expect(sent).toEqual([
      { type: 'watch', key: 'topics', byRows: true },
      { type: 'unwatch', key: 'topics' }
    ])
  })

  it('give a second listener the last view at once, but never an increment', () => {
    const { api, transport } = setUp()
    transport.connected()
    const seen: unknown[] = []
    api.watch('topics', () => undefined)
    api.watch('lag:g', () => undefined)
    transport.received({ type: 'push', key: 'topics', value: 'view' })
    transport.received({ type: 'push', key: 'lag:g', value: 'sample' })

    api.watch('topics', (value) => seen.push(value))
    api.watch('lag:g', (value) => seen.push(value))

    expect(seen).toEqual(['view'])
  })

  it('are sent again when the connection is back, also those begun meanwhile', () => {
    const { api, sent, transport } = setUp()
    transport.connected()
    api.watch('cluster', () => undefined)
    transport.disconnected()
    api.watch('topics', () => undefined)
    sent.length = 0

    transport.connected()

    expect(sent).toEqual([
      { type: 'watch', key: 'cluster' },
      { type: 'watch', key: 'topics', byRows: true }
    ])
  })

  it('survive a message that is none', () => {
    const { transport } = setUp()
    transport.connected()

    expect(() =>
      [null, 4, 'x', {}, { type: 'odd' }, { type: 'push', key: 'nobody', value: 1 }].forEach((raw) =>
        transport.received(raw)
      )
    ).not.toThrow()
  })
})

describe('the connection', () => {
  it('is told at once and on each change', () => {
    const { api, transport } = setUp()
    const seen: boolean[] = []
    api.connection((isConnected) => seen.push(isConnected))

    transport.connected()
    transport.disconnected()
    transport.disconnected()

    expect(seen).toEqual([false, true, false])
  })
})
