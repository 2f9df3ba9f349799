import { describe, expect, it } from 'vitest'
import { ApiError } from '../../../../src-main/api/api'
import type { HostMessage } from '../../../../src-main/api/wire'
import { ClientSession, type ApiProvider } from '../../../../src-main/host/client-session'
import { silent } from '../../../support/ensemble-world'

/** An API whose answers a test gives. */
class Api {
  readonly calls: { name: string; input: unknown; answer: (value: unknown) => void; fail: (error: Error) => void }[] =
    []
  readonly watched: string[] = []
  readonly ended: string[] = []
  push: (value: unknown) => void = () => undefined
  refuse: (error: Error) => void = () => undefined

  readonly provider = {
    run: (name: string, input: unknown) =>
      new Promise((answer, fail) => this.calls.push({ name, input, answer, fail })),
    watch: (key: string, changed: (value: unknown) => void, refused: (error: Error) => void) => {
      this.watched.push(key)
      this.refuse = refused
      this.push = changed
      return () => this.ended.push(key)
    }
  } as unknown as ApiProvider
}

function scene() {
  const api = new Api()
  const sent: HostMessage[] = []
  return { api, sent, session: new ClientSession(api.provider, (message) => sent.push(message), silent) }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const open = { type: 'call', id: 1, name: 'consumer.open', input: { topic: 't', from: 'earliest', commit: 'auto' } }

describe('a watch by rows', () => {
  const view = (observedAtMs: number, counts: Readonly<Record<string, number>>) => ({
    observedAtMs,
    topics: Object.entries(counts).map(([name, recordCount]) => ({ name, recordCount }))
  })

  const valueOf = (message: HostMessage): ReturnType<typeof view> =>
    (message as { readonly value: ReturnType<typeof view> }).value

  it('is told the view, and then what changes in it', () => {
    const { api, sent, session } = scene()
    session.receive({ type: 'watch', key: 'topics', byRows: true })
    api.push(view(1, { a: 1, b: 2, c: 3 }))
    api.push(view(2, { a: 1, b: 9, c: 3 }))

    expect(sent).toEqual([
      { type: 'push', key: 'topics', value: view(1, { a: 1, b: 2, c: 3 }) },
      {
        type: 'rows',
        key: 'topics',
        value: { rest: { observedAtMs: 2 }, changed: [{ name: 'b', recordCount: 9 }], gone: [] }
      }
    ])
  })

  it('is told a long view in parts, of which each is read within a frame', () => {
    const { api, sent, session } = scene()
    const long = view(1, Object.fromEntries(Array.from({ length: 2500 }, (_, i) => [`t-${10_000 + i}`, i])))
    session.receive({ type: 'watch', key: 'topics', byRows: true })
    api.push(long)

    expect(sent.map(({ type }) => type)).toEqual(['part', 'part', 'push'])
    const rows = sent.map((message) => (message.type === 'part' ? message.value : valueOf(message).topics))
    expect(rows.map((some) => some.length)).toEqual([1000, 1000, 500])
    expect(rows.flat()).toEqual(long.topics)
    expect(sent.at(-1)).toMatchObject({ follows: 2, value: { observedAtMs: 1 } })

    const other = scene()
    other.session.receive({ type: 'watch', key: 'topics', byRows: true })
    other.api.push(long)
    // Made into bytes once: by who each object is.
    const objects = (messages: readonly HostMessage[]): unknown[] => messages.map(valueOf)
    for (const [i, object] of objects(sent).entries()) expect(objects(other.sent)[i]).toBe(object)
  })

  it('is told in parts, too, of thousands that change', () => {
    const { api, sent, session } = scene()
    const long = (changed: number) =>
      view(1, Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`t-${10_000 + i}`, i < changed ? -1 : i])))
    session.receive({ type: 'watch', key: 'topics', byRows: true })
    api.push(long(0))
    sent.length = 0
    api.push(long(1500))

    expect(sent.map(({ type }) => type)).toEqual(['part', 'rows'])
    expect(sent.at(-1)).toMatchObject({ follows: 1, value: { changed: { length: 500 } } })
  })

  it('is told a whole view by who did not ask for it, and anew after a watch has ended', () => {
    const { api, sent, session } = scene()
    session.receive({ type: 'watch', key: 'topics' })
    api.push(view(1, { a: 1 }))
    api.push(view(2, { a: 1 }))
    session.receive({ type: 'unwatch', key: 'topics' })
    session.receive({ type: 'watch', key: 'topics', byRows: true })
    api.push(view(3, { a: 1 }))

    expect(sent.map(({ type }) => type)).toEqual(['push', 'push', 'push'])
  })
})

describe('a client session', () => {
  it('runs a command and answers with its number', async () => {
    const { api, sent, session } = scene()
    expect(session.receive({ type: 'call', id: 7, name: 'topic.list', input: {} })).toBe(true)
    api.calls[0]?.answer({ topics: [] })
    await turn()
    expect(sent).toEqual([{ type: 'result', id: 7, value: { topics: [] } }])
  })

  it('takes nothing that is no message of ours', () => {
    const { api, session } = scene()
    for (const message of [undefined, null, 7, 'x', {}, { type: 'call' }, { type: 'shout', id: 1 }])
      expect(session.receive(message)).toBe(false)
    expect(api.calls).toEqual([])
  })

  it('answers a command that there is not, or input that is none, with INVALID_INPUT, and runs neither', async () => {
    const { api, sent, session } = scene()
    session.receive({ type: 'call', id: 1, name: 'constructor', input: {} })
    session.receive({ type: 'call', id: 2, name: 'node.kill', input: { node: 9 } })
    await turn()
    expect(sent.map((message) => 'error' in message && message.error.code)).toEqual(['INVALID_INPUT', 'INVALID_INPUT'])
    expect(api.calls).toEqual([])
  })

  it('has a limited number of commands under way, and says so', async () => {
    const { api, sent, session } = scene()
    for (let id = 1; id <= 300; id++) session.receive({ type: 'call', id, name: 'topic.list', input: {} })
    await turn()
    expect(api.calls).toHaveLength(256)
    expect(sent.map((message) => 'error' in message && message.error.code)).toEqual(Array(44).fill('CONFLICT'))

    api.calls[0]?.answer({ topics: [] })
    await turn()
    session.receive({ type: 'call', id: 301, name: 'topic.list', input: {} })

    expect(api.calls).toHaveLength(257)
  })

  it('tells Kafka’s error of a command that failed', async () => {
    const { api, sent, session } = scene()
    session.receive({ type: 'call', id: 1, name: 'topic.list', input: {} })
    api.calls[0]?.fail(new ApiError({ code: 'FAILED', message: 'No.', kafkaError: 'NOT_CONTROLLER' }))
    await turn()
    expect(sent).toEqual([
      { type: 'error', id: 1, error: { code: 'FAILED', message: 'No.', kafkaError: 'NOT_CONTROLLER' } }
    ])
  })

  it('watches a key once, and ends its watches when it closes', () => {
    const { api, sent, session } = scene()
    for (let twice = 0; twice < 2; twice++) session.receive({ type: 'watch', key: 'cluster' })
    api.push({ nodes: [] })
    expect(api.watched).toEqual(['cluster'])
    expect(sent).toHaveLength(1)

    session.close()
    api.push({ nodes: [] })

    expect(api.ended).toEqual(['cluster'])
    expect(sent).toHaveLength(1)
  })

  it('says so when a client watches too much, and when the monitor takes no more', () => {
    const { api, sent, session } = scene()
    for (let topic = 0; topic < 201; topic++) session.receive({ type: 'watch', key: `topic:${topic}` })
    expect(api.watched).toHaveLength(200)
    const why = expect.stringMatching(/200 views already\. End one/) as string
    expect(sent).toEqual([{ type: 'refused', key: 'topic:200', error: { code: 'CONFLICT', message: why } }])

    api.refuse(new ApiError({ code: 'CONFLICT', message: 'Full.' }))
    expect(sent.at(-1)).toEqual({ type: 'refused', key: 'topic:199', error: { code: 'CONFLICT', message: 'Full.' } })
    session.receive({ type: 'watch', key: 'topic:200' })
    expect(api.watched.at(-1)).toBe('topic:200')
  })

  it.each(['at once', 'later'])('ends a watch that is refused %s behind itself too, once', (when) => {
    const { api, sent, session } = scene()
    const { watch } = api.provider
    const refusal = new ApiError({ code: 'NOT_FOUND', message: 'No such job.' })
    if (when === 'at once') {
      Object.assign(api.provider, {
        watch: (...args: Parameters<typeof watch>) => {
          const end = watch(...args)
          api.refuse(refusal)
          return end
        }
      })
    }
    session.receive({ type: 'watch', key: 'job:1' })
    if (when === 'later') api.refuse(refusal)
    session.receive({ type: 'unwatch', key: 'job:1' })
    api.refuse(refusal)
    session.close()

    expect(api.ended).toEqual(['job:1'])
    expect(sent).toEqual([{ type: 'refused', key: 'job:1', error: { code: 'NOT_FOUND', message: 'No such job.' } }])
  })

  it.each(['before', 'after'])('closes a consumer that it opened, when the client goes %s the answer', async (when) => {
    const { api, session } = scene()
    session.receive(open)
    if (when === 'before') session.close()
    api.calls[0]?.answer({ consumer: 'c1' })
    await turn()
    if (when === 'after') session.close()

    expect(api.calls.slice(1).map(({ name, input }) => [name, input])).toEqual([['consumer.close', { consumer: 'c1' }]])
  })
})
