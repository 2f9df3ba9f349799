import { beforeEach, describe, expect, it } from 'vitest'
import { watchedPathsPerTurn } from '../../../../src-main/coordination/connection-queue'
import {
  ServerConnection,
  outstandingBytesMax,
  outstandingMax,
  unsentBytesMax,
  type MemberFace
} from '../../../../src-main/coordination/server-connection'
import type { LogCommand } from '../../../../src-main/coordination/core/log-entry'
import { errorCodes } from '../../../../src-main/coordination/wire/codes'
import { connectRequestFrame } from '../../../../src-main/coordination/wire/connect'
import { JuteWriter } from '../../../../src-main/coordination/wire/jute-writer'
import { requestOp, writeRequest, type Request } from '../../../../src-main/coordination/wire/requests'
import { zxidZero } from '../../../../src-main/coordination/wire/zxid'
import type { Connection } from '../../../../src-main/kernel/ports'

const replyBytes = 100_000

/** A socket whose other end takes nothing until told to. */
class StuckConnection implements Connection {
  readonly id = 1
  readonly remote = { host: 'sim', port: 1 }
  readonly local = { host: 'sim', port: 2 }
  unsentBytes = 0
  replies = 0
  isPaused = false
  isDestroyed = false
  /** Of the replies, in their order. */
  errors: number[] = []

  send(bytes: Uint8Array): void {
    this.replies++
    // The frame's length, the xid and the zxid stand before it.
    this.errors.push(new DataView(bytes.buffer, bytes.byteOffset).getInt32(16))
    this.unsentBytes += bytes.length
  }

  flush(): void {
    // Nothing is held back.
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  end(): void {
    this.isDestroyed = true
  }

  destroy(): void {
    this.isDestroyed = true
  }
}

class World {
  readonly connection = new StuckConnection()
  readonly proposed: { readonly proposalId: number; readonly command: LogCommand }[] = []
  #proposals = 0
  readonly later: (() => void)[] = []
  /** Syncs that wait to hear from the leader. */
  readonly barriers: ((isPassed: boolean) => void)[] = []
  /** The member is in the middle of a multi. */
  isChanging = false
  /** Paths of each look at a setWatches. */
  readonly watchedAtOnce: number[] = []
  readonly client: ServerConnection
  nowMs = 0
  watchCount = 0
  readonly logged: Readonly<Record<string, unknown>>[] = []
  /** That each look at the tree takes. */
  readMs = 0

  constructor() {
    const isChanging = (): boolean => this.isChanging
    const member: MemberFace = {
      ensembleId: undefined,
      lastApplied: zxidZero,
      get isChanging() {
        return isChanging()
      },
      log: (_level, message, fields) => void this.logged.push({ message, ...fields }),
      nowMs: () => this.nowMs,
      wallMs: () => 0,
      soon: (callback) => void this.later.push(callback),
      propose: (command) => {
        const proposalId = ++this.#proposals
        this.proposed.push({ proposalId, command })
        return proposalId
      },
      barrier: (passed) => void this.barriers.push(passed),
      confirm: (passed) => passed(true),
      newSession: (connectionId, timeoutMs) => {
        const password = new Uint8Array(16)
        return { type: 'createSession', sessionId: 7n, connectionId, timeoutMs, password }
      },
      negotiatedTimeoutMs: (askedMs) => askedMs,
      read: (_reader, request) => {
        this.nowMs += this.readMs
        if (request.type === 'getAllChildrenNumber' || request.type === 'ping')
          return { error: 0, events: [], response: { type: 'getAllChildrenNumber', count: 1 } }
        if (request.type === 'setWatches') {
          this.watchedAtOnce.push(request.data.length + request.exist.length + request.child.length)
          return { error: 0, events: [], response: { type: 'empty' } }
        }
        const response = { type: 'getChildren', children: ['x'.repeat(replyBytes)], stat: undefined } as const
        return { error: 0, events: [], response }
      },
      watchCount: () => this.watchCount,
      authenticate: () => undefined,
      touched: () => undefined,
      session: () => ({ password: new Uint8Array(16), timeoutMs: 6_000 }),
      answered: () => undefined
    }
    this.client = new ServerConnection(this.connection, 1, member)
    const password = new Uint8Array(16)
    const request = { lastZxidSeen: zxidZero, timeoutMs: 6_000, sessionId: 0n, password, readOnly: undefined }
    this.client.frame(connectRequestFrame(request).subarray(4))
    this.commit()
    this.connection.replies = 0
    this.connection.errors = []
    this.connection.unsentBytes = 0
  }

  request(request: Request): void {
    const writer = new JuteWriter().int(1).int(requestOp(request))
    writeRequest(writer, request)
    this.client.frame(writer.finish())
  }

  /** The oldest entry is applied. */
  commit(): void {
    const entry = this.proposed.shift()
    if (entry === undefined) throw new Error('nothing was proposed')
    this.client.committed(
      entry.proposalId,
      { epoch: 1, counter: entry.proposalId },
      entry.command.type === 'createSession'
        ? { type: 'sessionCreated', sessionId: 7n }
        : { type: 'reply', error: 0, response: { type: 'empty' } }
    )
  }

  /** The disk has no room for the oldest entry. */
  refuse(): void {
    const entry = this.proposed.shift()
    if (entry === undefined) throw new Error('nothing was proposed')
    this.client.refused(entry.proposalId)
  }

  /** The other end takes all that was sent. */
  drain(): void {
    this.connection.unsentBytes = 0
    this.client.drained()
  }
}

const zeros = (count: number): number[] => Array.from({ length: count }, () => 0)
const read: Request = { type: 'getChildren', path: '/', watch: false, withStat: false }
const ping: Request = { type: 'ping' }
const write = (bytes = 1): Request => ({ type: 'setData', path: '/', data: new Uint8Array(bytes), version: -1 })

describe('a connection', () => {
  let world: World

  beforeEach(() => {
    world = new World()
  })

  it('stops reading, and stops making replies, while its client does not take them', () => {
    for (let index = 0; index < 100; index++) world.request(read)

    expect(world.connection.isPaused).toBe(true)
    expect(world.connection.unsentBytes).toBeLessThan(unsentBytesMax + 2 * replyBytes)
    expect(world.connection.replies).toBeLessThan(20)
  })

  it('makes the next replies in a later turn, so that a fast taker does not keep others waiting', () => {
    for (let index = 0; index < 100; index++) world.request(read)
    const atOnce = world.connection.replies

    world.drain()
    world.drain()

    expect(world.connection.replies).toBe(atOnce)
    expect(world.later).toHaveLength(1)
    world.later.shift()?.()
    expect(world.connection.replies).toBe(2 * atOnce)
  })

  it('answers everything in the end and reads on', () => {
    for (let index = 0; index < 100; index++) world.request(read)

    while (world.connection.replies < 100) {
      world.drain()
      world.later.shift()?.()
    }
    world.drain()
    world.later.shift()?.()

    expect(world.connection.replies).toBe(100)
    expect(world.connection.isPaused).toBe(false)
  })

  it('proposes no write before every sync and ping that came before has passed, so that no read between sees it', () => {
    const sync: Request = { type: 'sync', path: '/' }
    for (const request of [write(), sync, read, write(2), sync, write(3)]) world.request(request)
    const bodies = (): (number | undefined)[] =>
      world.proposed.map(({ command }) => (command.type === 'operation' ? command.body.byteLength : undefined))
    const [shortest = 0] = bodies()
    expect(bodies()).toEqual([shortest])

    world.commit()
    expect(world.connection.replies).toBe(1)
    world.barriers[1]?.(true)
    expect([world.connection.replies, bodies()]).toEqual([1, []])
    world.barriers[0]?.(true)

    expect([world.connection.replies, bodies()]).toEqual([3, [shortest + 1, shortest + 2]])
    world.commit()
    world.commit()
    expect(world.connection.replies).toBe(6)
  })

  it('stops reading when too many requests, or too many bytes of them, wait for the disk', () => {
    for (let index = 0; index < outstandingMax; index++) world.request(write())
    expect(world.connection.isPaused).toBe(true)
    world.commit()
    expect(world.connection.isPaused).toBe(false)

    const other = new World()
    for (let bytes = 0; bytes < outstandingBytesMax; bytes += 1_000_000) other.request(write(1_000_000))
    expect(other.connection.isPaused).toBe(true)
    other.commit()
    expect(other.connection.isPaused).toBe(false)
  })

  it('arms many watches a piece a turn, whatever else arrives, and replies once, in its turn', () => {
    const paths = (count: number): string[] => Array.from({ length: count }, (_, i) => `/${i}`)
    const relativeZxid = zxidZero
    world.request({
      type: 'setWatches',
      relativeZxid,
      data: paths(watchedPathsPerTurn + 1),
      exist: [],
      child: paths(3)
    })
    world.request(ping)
    world.request(ping)
    expect(world.watchedAtOnce).toEqual([watchedPathsPerTurn])
    expect(world.connection.replies).toBe(0)

    world.later.shift()?.()
    expect(world.watchedAtOnce).toEqual([watchedPathsPerTurn, 1])
    world.later.shift()?.()

    expect(world.watchedAtOnce).toEqual([watchedPathsPerTurn, 1, 3])
    expect(world.connection.replies).toBe(3)
    expect(world.later).toEqual([])
  })

  it('answers pings in the middle of a multi, and what it reads after it', () => {
    world.isChanging = true
    world.request(ping)
    world.request(read)
    world.request(ping)
    expect(world.connection.replies).toBe(1)

    world.isChanging = false
    world.client.changed()

    expect(world.connection.replies).toBe(3)
  })

  it('answers one request a turn of those that take long, whatever else arrives, and all in their turn', () => {
    const count: Request = { type: 'getAllChildrenNumber', path: '/' }
    world.readMs = 20
    for (let i = 0; i < 4; i++) world.request(count)
    expect(world.connection.replies).toBe(1)
    expect(world.later).toHaveLength(1)

    world.request(ping)
    world.client.drained()
    expect(world.connection.replies).toBe(1)

    for (const replies of [2, 3]) {
      world.later.shift()?.()
      expect(world.connection.replies).toBe(replies)
      expect(world.later).toHaveLength(1)
    }
    world.readMs = 0
    world.later.shift()?.()
    expect(world.connection.replies).toBe(5)
  })

  it('tells why it gave a connection up: its client cannot know', () => {
    world.connection.unsentBytes = 65 * 1024 * 1024
    world.client.event({ type: 'created', path: '/a' })
    expect(world.connection.isDestroyed).toBe(true)
    expect(world.logged).toMatchObject([{ reason: 'it does not take its events', sessionId: '0x7', remote: 'sim:1' }])

    const other = new World()
    other.watchCount = 250_001
    other.request(read)
    expect(other.connection.isDestroyed).toBe(true)
    expect(other.logged).toMatchObject([{ reason: 'it watches more than a client may', watches: 250_001 }])
  })

  it('arms a few watches at once', () => {
    world.request({ type: 'setWatches', relativeZxid: zxidZero, data: ['/a'], exist: ['/b'], child: ['/c'] })

    expect(world.watchedAtOnce).toEqual([3])
    expect(world.connection.replies).toBe(1)
  })

  it('answers a sync, and what it reads behind it, when the leader has said how far it must be, a ping before it at once', () => {
    world.request(ping)
    world.request({ type: 'sync', path: '/' })
    world.request(read)
    world.request(ping)
    expect(world.connection.replies).toBe(1)

    world.barriers.shift()?.(true)

    expect(world.connection.replies).toBe(4)
  })

  it('ends when nobody leads who could answer a sync', () => {
    world.request({ type: 'sync', path: '/' })

    world.barriers.shift()?.(false)

    expect([world.connection.replies, world.connection.isDestroyed]).toEqual([0, true])
  })

  it('keeps a read behind the writes before it', () => {
    world.request(write())
    world.request(read)
    expect(world.connection.replies).toBe(0)

    world.commit()

    expect(world.connection.replies).toBe(2)
  })

  it('answers a write that is applied while its client does not take the replies before it, in its turn', () => {
    for (let index = 0; index < 20; index++) world.request(read)
    world.request(write())
    world.request(write())
    world.request(read)
    const before = world.connection.replies
    expect(before).toBeLessThan(20)

    world.commit()
    world.refuse()
    expect(world.connection.replies).toBe(before)

    for (let turn = 0; turn < 5; turn++) {
      world.drain()
      world.later.shift()?.()
    }
    expect(world.connection.errors).toEqual([...zeros(20), 0, errorCodes.SYSTEMERROR, 0])
    expect(world.connection.isPaused).toBe(false)
  })

  it('keeps a read behind the write before it, however late that is', () => {
    world.request(write())
    for (let index = 0; index < 20; index++) world.request(read)
    world.request(write())
    world.commit()

    for (let turn = 0; turn < 5; turn++) {
      world.drain()
      world.later.shift()?.()
    }
    expect(world.connection.replies).toBe(21)

    world.commit()
    expect(world.connection.replies).toBe(22)
  })

  it('that was destroyed takes no request and sends no reply', () => {
    world.request(write())

    world.client.destroy()
    world.request(write())
    world.commit()
    world.client.event({ type: 'created', path: '/' })

    expect(world.connection.replies).toBe(0)
    expect(world.proposed).toEqual([])
  })

  it('ends when a frame is too short to have a header', () => {
    world.client.frame(Uint8Array.of(0, 0, 0))

    expect(world.connection.isDestroyed).toBe(true)
  })
})
