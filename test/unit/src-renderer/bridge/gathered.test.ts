import { describe, expect, it } from 'vitest'
import { createClient } from '@/bridge/client'
import type { TransportListener } from '@/bridge/client'
import type { WatchKey } from '@api/watch'
import { eventView } from '../support/views'

const LONG_AFTER_MS = 10_000

/** A client with views that were told once, some time after anything happened. */
function atRest(keys: readonly WatchKey[] = ['cluster', 'workloads', 'lag:g', 'events']) {
  let [nowMs, beat]: [number, () => void] = [0, () => undefined]
  let transport: TransportListener | undefined
  const api = createClient(
    { send: () => undefined, open: (listener) => (transport = listener) },
    { nowMs: () => nowMs, onBeat: (run) => (beat = run) }
  )
  const told: string[] = []
  if (transport === undefined) throw new Error('the client did not open its transport')
  const opened: TransportListener = transport
  const received = (message: unknown): void => opened.received(message)
  const push = (key: WatchKey, value: unknown): void => received({ type: 'push', key, value })
  opened.connected()
  for (const key of keys) {
    api.watch(key, (value) => told.push(`${key} ${JSON.stringify(value)}`))
    push(key, key === 'events' ? { events: [] } : 0)
  }
  expect(told).toHaveLength(keys.length)
  told.length = 0
  nowMs = LONG_AFTER_MS
  return { api, push, received, told, beat: () => beat(), pass: (ms: number) => (nowMs += ms) }
}

describe('what the host tells of its own accord', () => {
  it('is told once a beat: of a view the newest, of a series every sample, in its order', () => {
    const { push, told, beat } = atRest()
    push('cluster', 1)
    push('lag:g', 1)
    push('workloads', 1)
    push('lag:g', 2)
    push('cluster', 2)
    expect(told).toEqual([])

    beat()
    expect(told).toEqual(['lag:g 1', 'workloads 1', 'lag:g 2', 'cluster 2'])
    beat()
    expect(told).toHaveLength(4)
  })

  it('is bounded where no beat comes', () => {
    const { push, told } = atRest()
    for (let at = 0; at < 1000; at++) push('lag:g', at)
    expect(told).toHaveLength(1000)
  })

  it('goes with the watch that it was told to', () => {
    const { api, push, told, beat, pass } = atRest(['cluster'])
    const listen = (): (() => void) => api.watch('topics', (value) => told.push(`topics ${JSON.stringify(value)}`))
    const end = listen()
    push('topics', 1)
    pass(LONG_AFTER_MS)
    push('topics', 2)
    end()
    listen()
    beat()
    expect(told).toEqual(['topics 1'])
  })
})

describe('while something happens', () => {
  it('everything is told at once after a call, and what is held before its answer', async () => {
    const { api, push, received, told, beat, pass } = atRest()
    push('cluster', 1)
    const call = api.call('topic.delete', { topic: 'a' })
    push('cluster', 2)
    expect(told).toEqual(['cluster 2'])

    pass(5000)
    push('cluster', 3)
    received({ type: 'result', id: 1, value: { topic: 'a' } })
    expect(told).toEqual(['cluster 2', 'cluster 3'])
    await expect(call).resolves.toEqual({ topic: 'a' })
    beat()
    expect(told).toHaveLength(2)
  })

  it('everything is told at once after an event of a process, and nothing of a group hurries', () => {
    const { push, told } = atRest()
    push('events', { events: [{ ...eventView(1, 0), kind: 'group' }] })
    push('cluster', 1)
    expect(told).toEqual([])

    push('events', { events: [{ ...eventView(2, 0), kind: 'process' }] })
    push('cluster', 2)
    expect(told.map((one) => one.split(' ')[0])).toEqual(['events', 'cluster', 'events', 'cluster'])
  })

  it('the pushes of a search or a tail have their own pace', () => {
    const { api, push, told, pass } = atRest()
    api.watch('job:1', () => told.push('job'))
    push('job:1', 1)
    pass(LONG_AFTER_MS)
    push('job:1', 2)
    expect(told).toEqual(['job', 'job'])
  })
})
