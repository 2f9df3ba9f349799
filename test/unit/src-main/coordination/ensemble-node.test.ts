import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { EnsembleClient, EnsembleError, type SessionEvent } from '../../../../src-main/coordination/ensemble-client'
import { EnsembleNode } from '../../../../src-main/coordination/ensemble-node'
import type { EnsembleNodeOptions } from '../../../../src-main/coordination/member-options'
import { errorCodes, opCodes } from '../../../../src-main/coordination/wire/codes'
import { connectRequestFrame, readConnectResponse } from '../../../../src-main/coordination/wire/connect'
import { JuteReader } from '../../../../src-main/coordination/wire/jute-reader'
import { JuteWriter } from '../../../../src-main/coordination/wire/jute-writer'
import { requestOp, writeRequest, type Request } from '../../../../src-main/coordination/wire/requests'
import { readReplyHeader, readWatchEvent } from '../../../../src-main/coordination/wire/responses'
import { openAcl } from '../../../../src-main/coordination/wire/stat'
import { compareZxid, zxidZero, type Zxid } from '../../../../src-main/coordination/wire/zxid'
import { AppError } from '../../../../src-main/kernel/errors'
import type { Clock, Connection } from '../../../../src-main/kernel/ports'
import { nodeChecksum, silent, SimClock, SimNetwork, SimRandom } from '../../../support/ensemble-world'
import { MemoryDisk } from '../../../support/memory-disk'

const address = { host: 'sim', port: 2181 }
const data = (text: string): Uint8Array => new TextEncoder().encode(text)

class World {
  readonly clock = new SimClock()
  readonly disk = new MemoryDisk(this.clock)
  network = new SimNetwork(this.clock)
  node: EnsembleNode | undefined
  readonly failures: unknown[] = []
  #seed = 1

  async start(options: Partial<EnsembleNodeOptions> = {}): Promise<void> {
    this.node = new EnsembleNode({
      memberId: 1,
      address,
      dataDir: '/data',
      sessionTimeouts: { minMs: 4_000, maxMs: 40_000 },
      clock: this.clock,
      random: new SimRandom(this.#seed++),
      disk: this.disk,
      network: this.network,
      checksum: nodeChecksum,
      log: silent,
      failed: (error) => this.failures.push(error),
      ...options
    })
    await this.clock.until(this.node.start())
  }

  /** A clean stop and a start on the same folder. */
  async restart(options: Partial<EnsembleNodeOptions> = {}): Promise<void> {
    await this.clock.until(this.node?.stop() ?? Promise.resolve())
    await this.start(options)
  }

  client(sessionTimeoutMs = 6_000): EnsembleClient {
    const { clock, network } = this
    return new EnsembleClient({
      addresses: [address],
      sessionTimeoutMs,
      clock,
      network,
      random: new SimRandom(this.#seed++)
    })
  }

  async connected(sessionTimeoutMs = 6_000): Promise<EnsembleClient> {
    const client = this.client(sessionTimeoutMs)
    client.start()
    await this.clock.until(client.whenConnected())
    return client
  }

  do<Value>(promise: Promise<Value>): Promise<Value> {
    return this.clock.until(promise)
  }
}

/** A client that says exactly what the test wants it to say. */
class RawClient {
  readonly received: Uint8Array[] = []
  isClosed = false
  connection: Connection | undefined
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  async connect(
    sessionId = 0n,
    password: Uint8Array = new Uint8Array(16),
    lastZxidSeen: Zxid = zxidZero,
    protocolVersion = 0,
    behind?: Request
  ): Promise<void> {
    const handler = {
      frame: (bytes: Uint8Array): void => void this.received.push(bytes.slice()),
      closed: (): void => void (this.isClosed = true)
    }
    const options = { ...address, frameBytesMax: 1 << 24, timeoutMs: 1_000 }
    this.connection = await this.#world.do(this.#world.network.connect(options, () => handler))
    const frame = connectRequestFrame({ lastZxidSeen, timeoutMs: 6_000, sessionId, password, readOnly: undefined })
    this.connection.send(Uint8Array.from(frame).fill(protocolVersion, 7, 8))
    if (behind !== undefined) this.send(-2, behind)
    await this.#world.clock.run(20)
  }

  /** What the handshake was answered with; takes it off. */
  greeting(): ReturnType<typeof readConnectResponse> {
    const bytes = this.received.shift()
    if (bytes === undefined) throw new Error('no answer')
    return readConnectResponse(new JuteReader(bytes))
  }

  send(xid: number, request: Request): void {
    const writer = JuteWriter.frame().int(xid).int(requestOp(request))
    writeRequest(writer, request)
    this.connection?.send(writer.finishFrame())
  }

  headers(): { xid: number; error: number }[] {
    return this.received.map((bytes) => {
      const { xid, error } = readReplyHeader(new JuteReader(bytes))
      return { xid, error }
    })
  }
}

const zxidsOf = (client: RawClient): readonly Zxid[] =>
  client.received.map((bytes) => readReplyHeader(new JuteReader(bytes)).zxid)

describe('a member', () => {
  let world: World

  beforeEach(async () => {
    world = new World()
    await world.start()
  })

  it('answers no write before it is durable, and many writes share one fdatasync', async () => {
    const client = await world.connected()
    world.disk.syncDelayMs = 50
    world.disk.syncCount = 0
    let answered = 0

    const writes = Array.from({ length: 200 }, (_, index) => client.create(`/n${index}`, null).then(() => answered++))
    await world.clock.run(45)
    expect(answered).toBe(0)
    await world.do(Promise.all(writes))

    expect(answered).toBe(200)
    expect(world.disk.syncCount).toBeLessThanOrEqual(3)
  })

  it('keeps what it answered over a power cut, and nothing it had not made durable', async () => {
    const client = await world.connected()
    await world.do(client.create('/kept', data('1')))
    world.disk.syncDelayMs = 10_000
    const unanswered = client.create('/lost', null).catch((error: unknown) => error)
    await world.clock.run(5)

    world.disk.crash()
    world.disk.syncDelayMs = 1
    world.network = new SimNetwork(world.clock)
    await world.start()
    const later = await world.connected()

    expect((await world.do(later.getData('/kept')))?.data).toEqual(data('1'))
    expect(await world.do(later.exists('/lost'))).toBeUndefined()
    client.dropConnection()
    expect(await world.do(unanswered)).toMatchObject({ code: 'CONNECTIONLOSS' })
  })

  it('answers in the order of requests, a read after the writes before it, a ping always as -2', async () => {
    const raw = new RawClient(world)
    await raw.connect()
    raw.greeting()

    raw.send(1, { type: 'create', path: '/a', data: data('1'), acl: openAcl, flags: 0, withStat: false })
    raw.send(2, { type: 'getData', path: '/a', watch: false })
    raw.send(17, { type: 'ping' })
    raw.send(3, { type: 'setData', path: '/a', data: data('2'), version: 7 })
    raw.send(4, { type: 'exists', path: '/b', watch: false })
    await world.clock.run(50)

    expect(raw.headers()).toEqual([
      { xid: 1, error: 0 },
      { xid: 2, error: 0 },
      { xid: -2, error: 0 },
      { xid: 3, error: errorCodes.BADVERSION },
      { xid: 4, error: errorCodes.NONODE }
    ])
  })

  it('gives way in the middle of a long multi, and nobody sees half of it', async () => {
    // Each look at the clock takes 3 ms: three steps are a slice.
    let lookedAt = 0
    const { clock } = world
    const slow: Clock = {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs() + 3 * lookedAt++,
      after: (delayMs, callback) => clock.after(delayMs, callback),
      soon: (callback) => void clock.after(1, callback)
    }
    await world.restart({ clock: slow })
    const [writer, reader, watcher] = [new RawClient(world), new RawClient(world), new RawClient(world)]
    for (const client of [writer, reader, watcher]) {
      await client.connect()
      client.greeting()
    }
    const operations = Array.from({ length: 1_000 }, (_, i) => {
      return { type: 'create', path: `/m${i}`, data: null, acl: openAcl, flags: 0, withStat: false } as const
    })

    writer.send(1, { type: 'multi', operations })
    // While it is applied: four of these turns come between two slices.
    let [pings, answeredBefore] = [0, 0]
    let xid = 0
    const ask = (): void => {
      if (writer.received.length > 0) return
      answeredBefore = watcher.received.length
      reader.send(++xid, { type: 'exists', path: '/m0', watch: false })
      reader.send(++xid, { type: 'exists', path: '/m999', watch: false })
      reader.send(-2, { type: 'ping' })
      watcher.send(-2, { type: 'ping' })
      pings++
      clock.after(0.25, ask)
    }
    ask()
    // By this clock each answer takes long, too, and is the only one of its connection in a turn.
    await clock.run(500)

    expect(writer.headers()).toEqual([{ xid: 1, error: 0 }])
    expect(pings).toBeGreaterThan(3)
    const reads = reader.headers().filter((header) => header.xid > 0)
    expect(reads.map((read) => read.xid)).toEqual(Array.from({ length: 2 * pings }, (_, i) => i + 1))
    const firsts = reads.filter((_, i) => i % 2 === 0)
    const lasts = reads.filter((_, i) => i % 2 === 1)
    expect(firsts.map(({ error }) => error)).toEqual(lasts.map(({ error }) => error))
    expect(firsts.at(-1)?.error).toBe(0)
    // Who comes back from here is told of all that it watches in the multi: nobody has told it yet.
    const multi = zxidsOf(writer)[0] ?? zxidZero
    const told = zxidsOf(watcher).slice(0, answeredBefore)
    expect(told.length).toBeGreaterThan(3)
    expect(told.filter((zxid) => compareZxid(zxid, multi) >= 0)).toEqual([])
    expect(world.failures).toEqual([])
  })

  it('sends a watch event before any reply that shows the change', async () => {
    const raw = new RawClient(world)
    await raw.connect()
    raw.greeting()
    raw.send(1, { type: 'create', path: '/a', data: null, acl: openAcl, flags: 0, withStat: false })
    raw.send(2, { type: 'getData', path: '/a', watch: true })
    raw.send(3, { type: 'setData', path: '/a', data: data('2'), version: -1 })
    raw.send(4, { type: 'setData', path: '/a', data: data('3'), version: -1 })
    await world.clock.run(50)

    expect(raw.headers().map(({ xid }) => xid)).toEqual([1, 2, -1, 3, 4])
    const event = new JuteReader(raw.received[2] ?? new Uint8Array(0), 16)
    expect(readWatchEvent(event)).toEqual({ type: 'dataChanged', path: '/a' })
  })

  it('closes a connection without an answer when its client has seen more than this member', async () => {
    const raw = new RawClient(world)

    await raw.connect(0n, new Uint8Array(16), { epoch: 9, counter: 0 })

    expect(raw.received).toEqual([])
    expect(raw.isClosed).toBe(true)
  })

  it('takes what a client has seen for a number with a sign, as ZooKeeper does: some keep the -1 of their last event', async () => {
    const raw = new RawClient(world)
    const before = { epoch: 0xffff_ffff, counter: 0xffff_ffff }
    await raw.connect(0n, new Uint8Array(16), before)
    expect(raw.greeting()).toMatchObject({ timeoutMs: 6_000 })

    raw.send(1, { type: 'create', path: '/a', data: null, acl: openAcl, flags: 0, withStat: false })
    raw.send(-8, { type: 'setWatches', relativeZxid: before, data: ['/a'], exist: [], child: ['/a'] })
    await world.clock.run(50)

    expect(raw.headers().map(({ xid }) => xid)).toEqual([1, -1, -1, -8])
  })

  it('takes any version of the protocol, as ZooKeeper does', async () => {
    const raw = new RawClient(world)
    await raw.connect(0n, new Uint8Array(16), zxidZero, 5)

    expect(raw.greeting()).toMatchObject({ timeoutMs: 6_000 })
  })

  it('closes a connection that says who it is in a way that cannot be read, and refuses a name without a password', async () => {
    const [cut, nobody] = [new RawClient(world), new RawClient(world)]
    for (const raw of [cut, nobody]) {
      await raw.connect()
      raw.greeting()
    }

    cut.connection?.send(JuteWriter.frame().int(-4).int(opCodes.auth).int(0).string('digest').finishFrame())
    nobody.send(-4, { type: 'auth', scheme: 'digest', credentials: null })
    for (const raw of [cut, nobody]) raw.send(1, { type: 'exists', path: '/', watch: false })
    await world.clock.run(50)

    expect(cut.headers()).toEqual([])
    expect(nobody.headers()).toEqual([{ xid: -4, error: errorCodes.AUTHFAILED }])
    expect([cut.isClosed, nobody.isClosed]).toEqual([true, true])
  })

  it('refuses an unknown session with a zero timeout, then closes', async () => {
    const raw = new RawClient(world)
    await raw.connect(77n)

    expect(raw.greeting()).toMatchObject({ timeoutMs: 0, sessionId: 0n, password: new Uint8Array(16) })
    await world.clock.run(10)
    expect(raw.isClosed).toBe(true)
  })

  it('takes as many connections as leave it files, and turns away who says nothing before a client', async () => {
    await world.restart({ descriptors: () => ({ open: 10, max: 20 }) })
    const silent: Connection[] = []
    let closed = 0
    for (let i = 0; i < 15; i++) {
      const options = { ...address, frameBytesMax: 1_000, timeoutMs: 1_000 }
      const handler = { frame: () => undefined, closed: () => closed++ }
      silent.push(await world.do(world.network.connect(options, () => handler)))
    }
    await world.clock.run(10)
    expect(closed).toBe(5)

    const clients = Array.from({ length: 10 }, () => new RawClient(world))
    for (const client of clients) await client.connect()
    expect(clients.map((client) => client.greeting().timeoutMs)).toEqual(clients.map(() => 6_000))
    expect(closed).toBe(15)
    const oneMore = new RawClient(world)
    await oneMore.connect()

    expect(oneMore.isClosed).toBe(true)
    expect(clients.filter(({ isClosed }) => isClosed)).toEqual([])
  })

  it('lets a session be attached by id and password, and closes its previous connection first', async () => {
    const first = new RawClient(world)
    await first.connect()
    const { sessionId, password } = first.greeting()
    const second = new RawClient(world)

    await second.connect(sessionId, password)
    await world.clock.run(10)

    expect(second.greeting()).toMatchObject({ sessionId, timeoutMs: 6_000 })
    expect(first.isClosed).toBe(true)
    const thief = new RawClient(world)
    await thief.connect(sessionId, new Uint8Array(16))
    expect(thief.greeting().timeoutMs).toBe(0)
    second.send(1, { type: 'exists', path: '/', watch: false })
    await world.clock.run(10)
    expect(second.headers()).toEqual([{ xid: 1, error: 0 }])
  })

  it('answers MARSHALLINGERROR to a cut body and goes on; UNIMPLEMENTED to an unknown operation and closes', async () => {
    const raw = new RawClient(world)
    await raw.connect()
    raw.greeting()

    raw.connection?.send(JuteWriter.frame().int(1).int(opCodes.create).int(99).finishFrame())
    raw.send(2, { type: 'exists', path: '/', watch: false })
    raw.connection?.send(JuteWriter.frame().int(3).int(7_777).finishFrame())
    raw.send(4, { type: 'exists', path: '/', watch: false })
    await world.clock.run(50)

    expect(raw.headers()).toEqual([
      { xid: 1, error: errorCodes.MARSHALLINGERROR },
      { xid: 2, error: 0 },
      { xid: 3, error: errorCodes.UNIMPLEMENTED }
    ])
    expect(raw.isClosed).toBe(true)
  })

  it('tells sessions that expire together once, however many they are', async () => {
    const told: { readonly count: number }[] = []
    const lines: string[] = []
    await world.restart({
      sessionsExpired: (expired) => told.push(expired),
      log: (_level, message) => void (message.includes('expired') && lines.push(message))
    })
    const many = world.network.of('many')
    const password = new Uint8Array(16)
    const hello = { lastZxidSeen: zxidZero, timeoutMs: 6_000, sessionId: 0n, password, readOnly: undefined }
    const quiet = { frame: () => undefined, closed: () => undefined }
    for (let i = 0; i < 60; i++) {
      const options = { ...address, frameBytesMax: 1 << 20, timeoutMs: 1_000 }
      const connection = await world.do(many.connect(options, () => quiet))
      connection.send(connectRequestFrame(hello))
    }

    await world.clock.run(8_000)

    // Two when the end of a bucket lies between them.
    expect([1, 2]).toContain(told.length)
    expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(60)
    expect(lines).toHaveLength(told.length)
  })

  it('expires a silent session between its timeout and half a second more, with all its ephemerals', async () => {
    const raw = new RawClient(world)
    await raw.connect()
    raw.send(1, { type: 'create', path: '/e', data: null, acl: openAcl, flags: 1, withStat: false })
    await world.clock.run(20)
    const client = await world.connected()
    const fromMs = world.clock.monotonicMs()
    let goneAtMs = 0
    await world.do(client.exists('/e', () => (goneAtMs = world.clock.monotonicMs())))

    await world.clock.run(8_000)

    expect(goneAtMs - fromMs).toBeGreaterThanOrEqual(5_900)
    expect(goneAtMs - fromMs).toBeLessThanOrEqual(6_500)
    expect(raw.isClosed).toBe(true)
    expect(client.state).toBe('connected')
  })

  it('keeps no session alive for who has a wrong password, whatever is sent behind it', async () => {
    const raw = new RawClient(world)
    await raw.connect()
    const { sessionId } = raw.greeting()
    raw.send(1, { type: 'create', path: '/e', data: null, acl: openAcl, flags: 1, withStat: false })
    await world.clock.run(20)
    raw.connection?.destroy()

    for (let i = 0; i < 80; i++) {
      const thief = new RawClient(world)
      await thief.connect(sessionId, new Uint8Array(16), zxidZero, 0, { type: 'ping' })
      await world.clock.run(80)
    }

    expect(world.node?.znode('/e')).toBeUndefined()
  })

  it('after a restart knows its sessions, and gives each its whole timeout again', async () => {
    const client = await world.connected()
    const events: SessionEvent[] = []
    client.onSession((event) => events.push(event))
    await world.do(client.create('/e', null, { ephemeral: true }))
    const { sessionId } = client

    await world.restart()
    await world.do(client.whenConnected())
    await world.clock.run(20_000)

    expect(events).toEqual(['disconnected', 'connected'])
    expect(client.sessionId).toBe(sessionId)
    expect((await world.do(client.exists('/e')))?.ephemeralOwner).toBe(sessionId)
  })

  it('recovers from a snapshot and the log after it, and deletes what is older', async () => {
    await world.restart({ snapshotEntriesMax: 20 })
    const client = await world.connected()
    for (let index = 0; index < 57; index++) await world.do(client.create(`/n${index}`, data(`${index}`)))
    await world.do(client.create('/e', null, { ephemeral: true }))
    await world.do(client.delete('/n3'))
    const stat = await world.do(client.exists('/n5'))
    await world.clock.run(100)
    const names = world.disk.list('/data').map(({ name }) => name)

    await world.restart()
    await world.clock.run(2_000)
    await world.do(client.whenConnected())

    expect(names.filter((name) => name.startsWith('snapshot.'))).toHaveLength(1)
    expect(names.filter((name) => name.startsWith('log.'))).toHaveLength(1)
    expect((await world.do(client.getChildren('/')))?.children).toHaveLength(58)
    expect(await world.do(client.exists('/n5'))).toEqual(stat)
    expect((await world.do(client.exists('/e')))?.ephemeralOwner).toBe(client.sessionId)
  })

  it('refuses to start on a damaged snapshot, naming it', async () => {
    await world.restart({ snapshotEntriesMax: 1 })
    const client = await world.connected()
    await world.do(client.create('/a', null))
    await world.clock.run(100)
    await world.do(world.node?.stop() ?? Promise.resolve())
    const path = world.disk.paths.find((name) => name.includes('snapshot')) ?? ''
    const bytes = world.disk.read(path)
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1
    world.disk.writeFile(path, bytes)

    const failure = await world.start().catch((error: unknown) => error)

    expect(failure).toMatchObject({ code: 'CORRUPT' })
    expect((failure as AppError).message).toContain(path)
  })

  it('writes member.json anew when a power cut left nothing, zeros or half of it', async () => {
    const client = await world.connected()
    await world.do(client.create('/a', data('kept')))
    await world.do(world.node?.stop() ?? Promise.resolve())
    const whole = world.disk.read('/data/member.json')

    for (let length = 0; length < whole.length; length++) {
      for (const bytes of [whole.slice(0, length), whole.slice().fill(0, length)]) {
        world.disk.writeFile('/data/member.json', bytes)
        await world.start()
        expect(world.disk.read('/data/member.json')).toEqual(whole)
        await world.do(world.node?.stop() ?? Promise.resolve())
      }
    }

    await world.start()
    await world.clock.run(2_000)
    await world.do(client.whenConnected())
    expect((await world.do(client.getData('/a')))?.data).toEqual(data('kept'))
  })

  it('passes over a snapshot of which a power cut left nothing, zeros or half, while the log tells everything', async () => {
    const client = await world.connected()
    await world.do(client.create('/a', data('kept')))
    await world.do(world.node?.stop() ?? Promise.resolve())
    const other = new World()
    await other.start({ snapshotEntriesMax: 1 })
    await other.do((await other.connected()).create('/b', null))
    await other.clock.run(100)
    const name = other.disk.paths.find((path) => path.includes('snapshot')) ?? ''
    const whole = other.disk.read(name)

    for (const bytes of [whole.slice(0, 0), whole.slice(0, 7), whole.slice(0, -1), whole.slice().fill(0)]) {
      world.disk.writeFile(name, bytes)
      await world.start()
      await world.clock.run(2_000)
      await world.do(client.whenConnected())
      expect((await world.do(client.getData('/a')))?.data).toEqual(data('kept'))
      await world.do(world.node?.stop() ?? Promise.resolve())
    }
    await world.start()
  })

  it('refuses to start, and touches nothing, when a damaged snapshot told more than the log does', async () => {
    await world.do((await world.connected()).create('/a', null))
    await world.do(world.node?.stop() ?? Promise.resolve())
    const path = '/data/snapshot.0000000100000099'
    world.disk.writeFile(path, data('not a snapshot at all'))
    const log = world.disk.paths.find((name) => name.includes('/log.')) ?? ''
    const before = world.disk.read(log)

    const failure = await world.start().catch((error: unknown) => error)

    expect(failure).toMatchObject({ code: 'CORRUPT', details: { path } })
    expect(world.disk.read(log)).toEqual(before)
  })

  it('answers nothing that a failed disk left behind, and says that it cannot go on', async () => {
    for (const fault of ['syncFailure', 'appendFailure'] as const) {
      const faulty = new World()
      await faulty.start()
      const client = await faulty.connected()
      const failure = new AppError('DISK_FAILED', 'The disk failed.')
      faulty.disk[fault] = failure
      let isAnswered = false

      client.create('/a', null).then(
        () => (isAnswered = true),
        () => undefined
      )
      await faulty.clock.run(1_000)

      expect(faulty.failures).toEqual([failure])
      expect(isAnswered).toBe(false)
    }
  })

  describe('on a full disk', () => {
    it('refuses writes, answers reads, keeps its sessions, and goes on with the next write when there is room', async () => {
      const client = await world.connected()
      await world.do(client.create('/a', data('before')))
      const owner = await world.connected()
      await world.do(owner.create('/mine', null, { ephemeral: true }))
      world.disk.isFull = true

      const refused = await Promise.allSettled([
        world.do(client.setData('/a', data('x'))),
        client.create('/b', null),
        client.multi([{ type: 'create', path: '/c', data: null }])
      ])
      await world.clock.run(30_000)
      owner.dropConnection()
      await world.clock.run(10_000)

      expect(refused.map((one) => one.status === 'rejected' && (one.reason as EnsembleError).code)).toEqual([
        'SYSTEMERROR',
        'SYSTEMERROR',
        'SYSTEMERROR'
      ])
      expect((await world.do(client.getData('/a')))?.data).toEqual(data('before'))
      expect([client.state, owner.state]).toEqual(['connected', 'connecting'])

      world.disk.isFull = false
      await world.do(owner.whenConnected())
      await world.do(client.create('/b', null))
      await world.do(client.setData('/a', data('after')))

      expect((await world.do(owner.exists('/mine')))?.ephemeralOwner).toBe(owner.sessionId)
      expect(world.failures).toEqual([])
      world.disk.crash()
      await world.restart()
      await world.clock.run(2_000)
      await world.do(client.whenConnected())
      expect((await world.do(client.getChildren('/')))?.children).toEqual(['a', 'b', 'mine', 'zookeeper'])
      expect((await world.do(client.getData('/a')))?.data).toEqual(data('after'))
    })

    it('starts, reads what it has, and waits for room where it has no log yet', async () => {
      const client = await world.connected()
      await world.do(client.create('/a', data('kept')))
      await world.do(world.node?.stop() ?? Promise.resolve())
      world.disk.isFull = true
      await world.start()
      await world.clock.run(2_000)
      expect(world.node?.inspect()).toMatchObject({ lifecycle: 'serving' })

      const fresh = new World()
      fresh.disk.isFull = true
      const starting = fresh.start()
      await fresh.clock.run(5_000)
      fresh.disk.isFull = false
      await starting

      expect((await fresh.connected()).state).toBe('connected')
      expect(fresh.failures).toEqual([])
    })

    it('keeps its log until a snapshot finds room', async () => {
      await world.restart({ snapshotEntriesMax: 20 })
      const client = await world.connected()
      for (let index = 0; index < 15; index++) await world.do(client.create(`/n${index}`, null))
      // Full for the new segment and the snapshot, not for the entries.
      const { disk } = world
      const open = disk.open.bind(disk)
      disk.open = (path, mode) => {
        if (path.includes('snapshot.')) throw new AppError('DISK_FULL', 'The disk is full.')
        return open(path, mode)
      }
      for (let index = 15; index < 60; index++) await world.do(client.create(`/n${index}`, null))
      await world.clock.run(100)
      expect(disk.list('/data').some(({ name }) => name.startsWith('snapshot.'))).toBe(false)

      disk.open = open
      await world.clock.run(10_000)
      await world.do(client.create('/last', null))
      await world.clock.run(100)

      expect(disk.list('/data').filter(({ name }) => name.startsWith('snapshot.'))).toHaveLength(1)
      expect(world.failures).toEqual([])
      await world.restart()
      await world.clock.run(2_000)
      await world.do(client.whenConnected())
      expect((await world.do(client.getChildren('/')))?.children).toHaveLength(62)
    })
  })

  it('does not touch a folder that is not its own, and lets no second member into one', async () => {
    const foreign = new World()
    foreign.disk.writeFile('/data/holiday.jpg', data('x'))

    await expect(foreign.start()).rejects.toMatchObject({ code: 'FOREIGN_FOLDER' })
    expect(foreign.disk.paths).toEqual(['/data/holiday.jpg'])
    const first = world.node
    world.network = new SimNetwork(world.clock)
    await expect(world.start()).rejects.toMatchObject({ code: 'LOCKED' })
    await world.do(first?.stop() ?? Promise.resolve())
    await expect(world.start({ memberId: 2 })).rejects.toMatchObject({ code: 'FOREIGN_FOLDER' })
  })
})

interface KeptFolder {
  readonly sessionId: string
  readonly files: Readonly<Record<string, string>>
}

function keptFolder(version: number): KeptFolder {
  const path = join(import.meta.dirname, `../../../fixtures/ensemble-folder-${version}.json`)
  return JSON.parse(readFileSync(path, 'utf8')) as KeptFolder
}

function worldWith({ files }: KeptFolder): World {
  const world = new World()
  world.disk.makeDirectory('/data')
  for (const [name, base64] of Object.entries(files))
    world.disk.writeFile(`/data/${name}`, new Uint8Array(Buffer.from(base64, 'base64')))
  return world
}

describe('a folder of the second version', () => {
  const kept = keptFolder(2)

  it('opens as it is: what was refused before there were lists and containers stays refused', async () => {
    const world = worldWith(kept)
    await world.start()

    expect(world.node?.znode('/kept')).toMatchObject({
      data: data('four'),
      version: 3,
      czxid: { epoch: 1, counter: 3 }
    })
    expect(world.node?.znode('/mine')?.ephemeralOwner).toBe(BigInt(kept.sessionId))
    for (const path of ['/secret', '/container', '/multi']) expect(world.node?.znode(path)).toBeUndefined()
    const client = await world.connected()
    expect((await world.do(client.getChildren('/kept')))?.children).toHaveLength(11)
    expect((await world.do(client.getChildren('/')))?.children).toEqual(['kept', 'mine', 'zookeeper'])
  })

  it('is none of theirs from then on, and opens again from its own snapshot', async () => {
    const world = worldWith(kept)
    await world.start({ snapshotEntriesMax: 1 })
    await world.do((await world.connected()).create('/new', data('x')))
    await world.clock.run(1_000)
    expect(JSON.parse(new TextDecoder().decode(world.disk.read('/data/member.json')))).toMatchObject({ version: 3 })

    await world.restart()

    expect(world.node?.znode('/kept')?.data).toEqual(data('four'))
    expect(world.node?.znode('/secret')).toBeUndefined()
  })
})

describe('a folder of the first version', () => {
  const kept = keptFolder(1)
  const worldOf = (): World => worldWith(kept)
  const identity = (world: World): unknown => JSON.parse(new TextDecoder().decode(world.disk.read('/data/member.json')))

  it('opens as it is, with every entry under its zxid, and goes on in the next term', async () => {
    const world = worldOf()
    await world.start()

    expect(world.node?.inspect()).toMatchObject({
      state: { lastApplied: { epoch: 2, counter: 1 } },
      consensus: { role: 'leader', term: 2, isVoter: true }
    })
    expect(world.node?.znode('/kept')).toMatchObject({
      data: data('three'),
      version: 2,
      czxid: { epoch: 1, counter: 3 },
      mzxid: { epoch: 1, counter: 20 }
    })
    expect(world.node?.znode('/mine')?.ephemeralOwner).toBe(BigInt(kept.sessionId))
    const client = await world.connected()
    expect((await world.do(client.getChildren('/kept')))?.children).toHaveLength(11)
    expect((await world.do(client.create('/kept/s-', null, { sequential: true }))).path).toBe('/kept/s-0000000012')
  })

  it('is none of theirs from then on, and opens again', async () => {
    const world = worldOf()
    await world.start()
    await world.do((await world.connected()).create('/new', data('x')))
    expect(identity(world)).toMatchObject({ version: 3 })

    world.disk.crash()
    world.network = new SimNetwork(world.clock)
    await world.start()

    expect(world.node?.znode('/new')?.data).toEqual(data('x'))
    expect(world.node?.inspect()).toMatchObject({ consensus: { term: 3 } })
  })

  it('is still theirs, or has its hard state, whenever the power is cut at its first start', async () => {
    for (let cutAfterMs = 0; ; cutAfterMs++) {
      const world = worldOf()
      // Its process ends in the middle: nothing comes of it.
      world.start().catch(() => undefined)
      await world.clock.run(cutAfterMs)
      const isServing = world.node?.inspect()['lifecycle'] === 'serving'
      world.disk.crash()
      const { version } = identity(world) as { readonly version: number }
      expect(version === 1 || world.disk.exists('/data/hard-state'), `cut after ${cutAfterMs} ms`).toBe(true)
      world.network = new SimNetwork(world.clock)

      await world.start()

      expect(world.node?.znode('/kept')?.data).toEqual(data('three'))
      expect(world.failures).toEqual([])
      if (isServing) break
    }
  })

  it('of which member.json was lost in a power cut is opened as well', async () => {
    const world = worldOf()
    world.disk.writeFile('/data/member.json', new Uint8Array(9))

    await world.start()

    expect(world.node?.znode('/kept')?.data).toEqual(data('three'))
    expect(identity(world)).toMatchObject({ version: 3, memberId: 1 })
  })
})

describe('a member whose hard state is gone', () => {
  it('refuses to start, naming it: it may have voted', async () => {
    const world = new World()
    await world.start()
    await world.do(world.node?.stop() ?? Promise.resolve())
    world.disk.remove('/data/hard-state')

    const failure = await world.start().catch((error: unknown) => error)

    expect(failure).toMatchObject({ code: 'CORRUPT', details: { path: '/data/hard-state' } })
  })
})

describe('a member whose log is gone', () => {
  it.each(['removed', 'emptied'])('refuses to start, naming it, when it was %s: it may have answered', async (how) => {
    const world = new World()
    await world.start()
    await world.do((await world.connected()).create('/kept', null))
    await world.do(world.node?.stop() ?? Promise.resolve())
    const path = '/data/log.0000000100000001'
    if (how === 'removed') world.disk.remove(path)
    else world.disk.writeFile(path, new Uint8Array(0))

    const failure = await world.start().catch((error: unknown) => error)

    expect(failure).toMatchObject({ code: 'CORRUPT', details: { path } })
  })
})

describe('the client', () => {
  let world: World
  let client: EnsembleClient

  beforeEach(async () => {
    world = new World()
    await world.start()
    client = await world.connected()
  })

  it('fails a multi as a whole with the code, the path and the index of what failed', async () => {
    const failed = await world.do(
      client
        .multi([
          { type: 'create', path: '/a', data: null },
          { type: 'check', path: '/none', version: 3 },
          { type: 'delete', path: '/a' }
        ])
        .catch((error: unknown) => error)
    )

    expect(failed).toBeInstanceOf(EnsembleError)
    expect(failed).toMatchObject({ code: 'NONODE', path: '/none', failedIndex: 1 })
    expect(await world.do(client.exists('/a'))).toBeUndefined()
  })

  it('gives path and stat of a multi in the order of its operations', async () => {
    const results = await world.do(
      client.multi([
        { type: 'create', path: '/c', data: data('x'), ephemeral: true },
        { type: 'setData', path: '/c', data: data('yy'), version: 0 },
        { type: 'check', path: '/c', version: 1 },
        { type: 'create', path: '/s-', data: null, sequential: true }
      ])
    )

    expect(results[0]).toMatchObject({ path: '/c', stat: { ephemeralOwner: client.sessionId } })
    expect(results[1]?.stat).toMatchObject({ version: 1, dataLength: 2 })
    expect(results[2]).toEqual({})
    expect(results[3]?.path).toBe('/s-0000000001')
  })

  it('arms its watches again after it lost the connection, and hears what it missed', async () => {
    const other = await world.connected()
    await world.do(client.create('/data', null))
    await world.do(client.create('/kids', null))
    const heard: string[] = []
    const watcher = ({ type, path }: { type: string; path: string }): void => void heard.push(`${type} ${path}`)
    await world.do(client.getData('/data', watcher))
    await world.do(client.getChildren('/kids', watcher))
    await world.do(client.exists('/new', watcher))

    client.dropConnection()
    await world.do(other.setData('/data', data('1')))
    await world.do(client.whenConnected())
    await world.clock.run(200)
    await world.do(other.create('/kids/one', null))
    await world.do(other.create('/new', null))
    await world.clock.run(200)

    expect(heard).toEqual(['dataChanged /data', 'childrenChanged /kids', 'created /new'])
  })

  it('refuses by itself what is too large for a frame, and stays connected', async () => {
    const failure = await world.do(client.create('/large', new Uint8Array(1_048_576)).catch((error: unknown) => error))

    expect(failure).toMatchObject({ code: 'BADARGUMENTS', path: '/large' })
    expect(client.state).toBe('connected')
    expect(await world.do(client.exists('/large'))).toBeUndefined()
  })

  it('stays attached while idle, by pings', async () => {
    await world.clock.run(120_000)

    expect(client.state).toBe('connected')
    await world.do(client.create('/still-here', null))
  })

  it('learns of its expiry when it comes back, forgets its watches, and begins anew when started', async () => {
    const events: SessionEvent[] = []
    client.onSession((event) => events.push(event))
    const first = client.sessionId
    const { network } = world
    world.network = new SimNetwork(world.clock)
    const connect = network.connect.bind(network)
    network.connect = () => Promise.reject(new AppError('CONNECTION_REFUSED', 'unplugged'))
    client.dropConnection()
    await world.clock.run(10_000)
    expect(events).toEqual(['disconnected'])
    await expect(client.create('/x', null)).rejects.toMatchObject({ code: 'CONNECTIONLOSS' })

    network.connect = connect
    await world.clock.run(2_000)
    expect(events).toEqual(['disconnected', 'expired'])
    await expect(client.create('/x', null)).rejects.toMatchObject({ code: 'SESSIONEXPIRED' })

    client.start()
    await world.do(client.whenConnected())
    expect(client.sessionId).not.toBe(first)
  })

  it('ends its session, and with it its ephemerals, when closed', async () => {
    const other = await world.connected()
    await world.do(client.create('/e', null, { ephemeral: true }))
    const events: SessionEvent[] = []
    client.onSession((event) => events.push(event))

    await world.do(client.close())
    await world.do(client.close())

    expect(events).toEqual(['closed'])
    expect(await world.do(other.exists('/e'))).toBeUndefined()
  })
})
