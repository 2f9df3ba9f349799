/**
 * What the largest requests cost the ensemble: each with as many paths or operations as its frame may hold (jute.maxbuffer,
 * ZooKeeper Administrator's Guide). Other sessions do not wait, answers are bounded by requests, memory is given back (ADR 17).
 */
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorCodes, specialXids } from '../../src-main/coordination/wire/codes'
import { connectRequestFrame } from '../../src-main/coordination/wire/connect'
import { JuteReader, juteBytesMax } from '../../src-main/coordination/wire/jute-reader'
import { JuteWriter } from '../../src-main/coordination/wire/jute-writer'
import { requestOp, writeRequest, type MultiOperation, type Request } from '../../src-main/coordination/wire/requests'
import { readReplyHeader, readResponse } from '../../src-main/coordination/wire/responses'
import { openAcl } from '../../src-main/coordination/wire/stat'
import { zxidZero } from '../../src-main/coordination/wire/zxid'
import type { EnsembleClient } from '../../src-main/coordination/ensemble-client'
import { EnsembleProcess, freePort, nodeEnsembleClient, temporaryFolder } from '../support/ensemble-process'
import { until } from '../support/lab-cluster'

const MiB = 1024 * 1024
const othersWaitMsMax = 500
const residentBytesMax = 200 * MiB
/** A session that is set up on a connection of its own and says what the test wants. */
class RawSession {
  readonly #socket: Socket
  readonly #waiting: ((frame: Uint8Array) => void)[] = []
  #answered = 0
  #rest: Buffer = Buffer.alloc(0)
  #pieces: Buffer[] = []
  #wanted = 4
  #have = 0
  receivedBytes = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#received(chunk))
  }

  static async open(port: number): Promise<RawSession> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const session = new RawSession(socket)
    const password = new Uint8Array(16)
    socket.write(
      connectRequestFrame({ lastZxidSeen: zxidZero, timeoutMs: 10_000, sessionId: 0n, password, readOnly: undefined })
    )
    await session.#frame()
    return session
  }

  #received(chunk: Buffer): void {
    this.receivedBytes += chunk.length
    this.#pieces.push(chunk)
    this.#have += chunk.length
    if (this.#have < this.#wanted) return
    this.#rest = Buffer.concat(this.#pieces)
    while (this.#rest.length >= 4 && this.#rest.length >= 4 + this.#rest.readInt32BE(0)) {
      const end = 4 + this.#rest.readInt32BE(0)
      const frame = this.#rest.subarray(4, end)
      this.#rest = this.#rest.subarray(end)
      if (frame.readInt32BE(0) !== specialXids.watchEvent || this.#isFirst) this.#waiting[this.#answered++]?.(frame)
      this.#isFirst = false
    }
    this.#pieces = [this.#rest]
    this.#have = this.#rest.length
    this.#wanted = this.#rest.length < 4 ? 4 : 4 + this.#rest.readInt32BE(0)
  }

  #isFirst = true

  #frame(): Promise<Uint8Array> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** The reply, after all events that come before it. */
  ask(frame: Uint8Array): Promise<Uint8Array> {
    const answered = this.#frame()
    this.#socket.write(frame)
    return answered
  }

  /** Many frames at once; the last one's reply. */
  async askAll(frame: Uint8Array, count: number): Promise<Uint8Array> {
    const answers = Array.from({ length: count }, () => this.#frame())
    this.#socket.write(Buffer.concat(Array.from({ length: count }, () => frame)))
    const all = await Promise.all(answers)
    return all.at(-1) ?? new Uint8Array(0)
  }

  close(): void {
    this.#socket.destroy()
  }
}

function requestFrame(request: Request): Uint8Array {
  const writer = JuteWriter.frame(juteBytesMax).int(1).int(requestOp(request))
  writeRequest(writer, request)
  return writer.finishFrame()
}

const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))
const create = (path: string): MultiOperation => {
  return { type: 'create', path, data: null, acl: openAcl, flags: 0, withStat: false }
}
const multi = (operations: MultiOperation[]): Request => ({ type: 'multi', operations })
const watches = (data: string[], exist: string[], child: string[]): Request => {
  return { type: 'setWatches', relativeZxid: zxidZero, data, exist, child }
}
const childrenCount = 100_000
const short = (i: number): string => `/x/${i.toString(36)}`

interface Case {
  readonly request: () => Request
  readonly count?: number
  /** Of the request's bytes; a listing is as long as what it lists. */
  readonly answerBytesMax: (requestBytes: number) => number
}
const atMost =
  (multiple: number) =>
  (requestBytes: number): number =>
    multiple * requestBytes + 1024

const cases: Readonly<Record<string, Case>> = {
  'setWatches, paths that are missing': {
    request: () => watches([], times(80_000, short), []),
    answerBytesMax: atMost(1)
  },
  'setWatches, paths of which events were missed': {
    request: () => watches(times(80_000, short), [], []),
    answerBytesMax: atMost(6)
  },
  'setWatches, one path as often as a frame takes': {
    request: () =>
      watches(
        times(200_000, () => ''),
        [],
        []
      ),
    answerBytesMax: atMost(12)
  },
  'multi, znodes created': {
    request: () => multi(times(17_000, (i) => create(`/m${i.toString(36)}`))),
    answerBytesMax: atMost(2)
  },
  'multi, znodes deleted': {
    request: () => multi(times(17_000, (i) => ({ type: 'delete', path: `/m${i.toString(36)}`, version: -1 }))),
    answerBytesMax: atMost(2)
  },
  'multi, of which the last operation fails': {
    request: () => multi([...times(17_000, (i) => create(`/f${i.toString(36)}`)), create('/no/such')]),
    answerBytesMax: atMost(2)
  },
  'multi, checks': {
    request: () => multi(times(55_000, () => ({ type: 'check', path: '/', version: -1 }))),
    answerBytesMax: atMost(2)
  },
  'multi, data set': {
    request: () => multi(times(40_000, () => ({ type: 'setData', path: '/', data: null, version: -1 }))),
    answerBytesMax: atMost(5)
  },
  'create, with an ACL as long as a frame takes': {
    request: () => ({
      type: 'create',
      path: '/acl',
      data: null,
      flags: 0,
      withStat: false,
      acl: times(40_000, () => openAcl[0] ?? { permissions: 31, scheme: 'world', id: 'anyone' })
    }),
    answerBytesMax: atMost(1)
  },
  'getChildren, of many children': {
    request: () => ({ type: 'getChildren', path: '/many', watch: true, withStat: true }),
    answerBytesMax: () => childrenCount * 16
  },
  'getChildren, of many children, ten times': {
    request: () => ({ type: 'getChildren', path: '/many', watch: true, withStat: true }),
    count: 10,
    answerBytesMax: () => childrenCount * 16 * 10
  },
  'pings, pipelined': { request: () => ({ type: 'ping' }), count: 50_000, answerBytesMax: atMost(2) },
  'reads, pipelined': {
    request: () => ({ type: 'exists', path: '/', watch: true }),
    count: 50_000,
    answerBytesMax: atMost(5)
  },
  'writes, pipelined': {
    request: () => ({ type: 'setData', path: '/', data: null, version: -1 }),
    count: 10_000,
    answerBytesMax: atMost(5)
  }
}

describe('the largest request to the ensemble', () => {
  const folder = temporaryFolder()
  let member: EnsembleProcess
  let other: EnsembleClient
  let port = 0

  beforeAll(async () => {
    port = await freePort()
    member = await EnsembleProcess.start({ dataDir: folder.path, port })
    other = nodeEnsembleClient(port)
    other.start()
    await other.whenConnected()
    await other.create('/many', null)
    const session = await RawSession.open(port)
    for (let from = 0; from < childrenCount; from += 10_000)
      await session.ask(requestFrame(multi(times(10_000, (i) => create(`/many/${(from + i).toString(36)}`)))))
    session.close()
  }, 60_000)

  afterAll(async () => {
    await other.close()
    await member.stop()
    folder.remove()
  })

  /** Asks again and again in a session of its own; the longest that an answer took. */
  async function longestWaitWhile(work: Promise<unknown>): Promise<number> {
    let isOver = false
    const over = work.finally(() => (isOver = true))
    let longest = 0
    while (!isOver) {
      const sentMs = performance.now()
      await other.exists('/')
      longest = Math.max(longest, performance.now() - sentMs)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await over
    return longest
  }

  it.each(Object.entries(cases))('%s: is answered, and nobody else waits', async (name, one) => {
    const frame = requestFrame(one.request())
    expect(frame.length).toBeLessThanOrEqual(juteBytesMax + 4)
    const session = await RawSession.open(port)
    const before = session.receivedBytes
    const sentMs = performance.now()
    let answer: Uint8Array = new Uint8Array(0)

    const longest = await longestWaitWhile(
      (one.count === undefined ? session.ask(frame) : session.askAll(frame, one.count)).then((last) => (answer = last))
    )

    const answerBytes = session.receivedBytes - before
    session.close()
    if (process.env['LAGOON_TEST_FIGURES'] !== undefined)
      console.log(name, {
        requestKB: Math.round(frame.length / 1000),
        answerKB: Math.round(answerBytes / 1000),
        ms: Math.round(performance.now() - sentMs),
        othersMs: Math.round(longest),
        residentMB: Math.round(member.rssBytes / 1e6)
      })
    expect(longest).toBeLessThan(othersWaitMsMax)
    expect(answer.length).toBeGreaterThanOrEqual(16)
    expect(answerBytes).toBeLessThanOrEqual(one.answerBytesMax(frame.length * (one.count ?? 1)))
  })

  it('that fails at its last operation leaves nothing', async () => {
    const session = await RawSession.open(port)
    const request = multi([...times(17_000, (i) => create(`/n${i.toString(36)}`)), create('/nowhere/x')])

    const reader = new JuteReader(await session.ask(requestFrame(request)))

    expect(readReplyHeader(reader).error).toBe(errorCodes.OK)
    const answer = readResponse(requestOp(request), reader)
    expect(answer.type === 'multi' && answer.results.at(-1)).toEqual({ type: 'error', error: errorCodes.NONODE })
    expect(await other.exists('/n0')).toBeUndefined()
    session.close()
  })

  it('lists children in order, each once', async () => {
    const children = (await other.getChildren('/many'))?.children ?? []
    expect(children).toEqual(times(childrenCount, (i) => i.toString(36)).sort())
  })

  it('leaves nothing behind but what it stored', async () => {
    const session = await RawSession.open(port)
    for (let from = 0; from < childrenCount; from += 10_000) {
      const paths = times(10_000, (i) => `/many/${(from + i).toString(36)}`)
      await session.ask(requestFrame(multi(paths.map((path) => ({ type: 'delete', path, version: -1 })))))
    }
    session.close()
    await until(
      'memory is given back',
      () => member.rssBytes < residentBytesMax,
      // With nothing left to do V8 looks at its heap about once a minute.
      150_000,
      () => `${member.rssBytes / MiB} MiB`
    )
  }, 180_000)
})
