/** The port that members connect to, under frames of those who are none. LAGOON_FRAMES says how many. */
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodePeerFrame, type PeerFrame } from '../../src-main/coordination/core/consensus/message-codec'
import type { LogCommand, LogEntry } from '../../src-main/coordination/core/log-entry'
import type { EnsembleClient } from '../../src-main/coordination/ensemble-client'
import { opCodes } from '../../src-main/coordination/wire/codes'
import { JuteWriter } from '../../src-main/coordination/wire/jute-writer'
import { requestOp, writeRequest, type WriteRequest } from '../../src-main/coordination/wire/requests'
import { openAcl } from '../../src-main/coordination/wire/stat'
import { zxidZero } from '../../src-main/coordination/wire/zxid'
import { nodeChecksum, SimRandom } from '../support/ensemble-world'
import { fourLetterWord, nodeEnsembleClient } from '../support/ensemble-process'
import { EnsembleProcesses } from '../support/ensemble-processes'

const frameCount = Number(process.env['LAGOON_FRAMES'] ?? 20_000)
const framesPerConnection = 50
const seed = Number(process.env['LAGOON_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

const random = new SimRandom(seed)
const below = (limit: number): number => random.uint32() % limit

describe('the port of members under hostile frames', () => {
  let ensemble: EnsembleProcesses
  let bystander: EnsembleClient
  beforeAll(async () => {
    ensemble = await EnsembleProcesses.start(3)
    bystander = nodeEnsembleClient(ensemble.ports, 20_000)
    bystander.start()
    await bystander.whenConnected()
    await bystander.create('/bystander', new Uint8Array(1))
  })
  afterAll(async () => {
    await bystander.close()
    expect(await ensemble.discard()).toEqual([0, 0, 0])
  })

  const hello = (change: Partial<Extract<PeerFrame, { type: 'hello' }>> = {}): PeerFrame => ({
    type: 'hello',
    ensembleId: ensemble.ensembleId,
    from: 2,
    to: 1,
    life: below(2 ** 31),
    ...change
  })

  function frame(): PeerFrame {
    const zxid = { epoch: below(2 ** 31), counter: below(2 ** 31) }
    const messages: readonly PeerFrame[] = [
      hello(),
      { type: 'alive' },
      { type: 'touched', sessionIds: [BigInt(below(1_000))] },
      { type: 'consensus', message: { type: 'vote', term: below(2 ** 31), last: zxid, isTransfer: true } },
      { type: 'consensus', message: { type: 'campaignNow', term: below(9) } },
      {
        type: 'consensus',
        message: { type: 'append', term: below(2 ** 31), previous: zxid, entries: [], committed: zxid, round: 1 }
      }
    ]
    return messages[below(messages.length)] ?? { type: 'alive' }
  }

  /** One to four bytes of it are others; a length may be out of all proportion. */
  function wrong(one: PeerFrame): Uint8Array {
    const bytes = encodePeerFrame(one, nodeChecksum).slice()
    if (below(20) === 0) new DataView(bytes.buffer).setInt32(0, [-1, 0, 3, 0x7fff_ffff, 4_194_305][below(5)] ?? 0)
    for (let wrongs = 1 + below(4); wrongs > 0; wrongs--) {
      const at = 4 + below(bytes.length - 4)
      bytes[at] = (bytes[at] ?? 0) ^ (1 + below(255))
    }
    return bytes
  }

  /** Resolves when the member has closed it, or has read all of it. */
  async function attack(frames: readonly Uint8Array[], memberId = 1): Promise<void> {
    const socket = await stranger(memberId)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    for (const one of frames) if (!socket.destroyed) socket.write(one)
    socket.end()
    await closed
  }

  async function stranger(memberId: number): Promise<Socket> {
    const socket: Socket = connect(ensemble.peerPorts[memberId - 1] ?? 0, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.resume()
    await once(socket, 'connect')
    return socket
  }

  /** Who says so of itself, and its term. */
  async function leader(): Promise<{ readonly id: number; readonly term: number }> {
    for (;;) {
      for (const [index, port] of ensemble.ports.entries()) {
        const said = await fourLetterWord(port, 'srvr')
        const term = parseInt(/Zxid: 0x([0-9a-f]+)[0-9a-f]{8}$/m.exec(said)?.[1] ?? '', 16)
        if (said.includes('Mode: leader') && term > 0) return { id: index + 1, term }
      }
    }
  }

  /** Whoever the members follow by now, with whatever connection. */
  async function written(path: string): Promise<void> {
    for (;;) {
      await bystander.whenConnected()
      try {
        await bystander.setData(path, random.bytes(3))
        return
      } catch {
        // The connection was lost with a leader: the client has another one soon.
      }
    }
  }

  it(`survives ${frameCount} (seed ${seed}), and clients do not notice`, async () => {
    const attacks = Math.ceil(frameCount / framesPerConnection)
    const many = (make: () => Uint8Array): Uint8Array[] => Array.from({ length: framesPerConnection }, make)
    const strangers: readonly (() => readonly Uint8Array[])[] = [
      () => many(() => random.bytes(1 + below(100))),
      () => many(() => wrong(frame())),
      // Frames that are right, of another ensemble, of nobody, to somebody else, and without a hello.
      () => [encodePeerFrame(hello({ ensembleId: 'another' }), nodeChecksum), ...many(() => wrong(frame()))],
      () => [encodePeerFrame(hello({ from: 9 }), nodeChecksum)],
      () => [encodePeerFrame(hello({ to: 3 }), nodeChecksum)],
      () => many(() => encodePeerFrame(frame(), nodeChecksum)).filter((bytes) => bytes[11] !== 1)
    ]
    const levels: number[] = []
    for (let done = 0; done < attacks; done++) {
      const make = strangers[done % strangers.length]
      if (make !== undefined) await attack(make())
      if (done % 20 === 0) await bystander.setData('/bystander', random.bytes(4))
      if (done === attacks >> 1) levels.push(ensemble.member(1).rssBytes)
    }
    expect(bystander.state).toBe('connected')
    expect(ensemble.member(1).rssBytes - (levels[0] ?? 0)).toBeLessThan(32 * 1024 * 1024)
  })

  it('is as wary of who knows how to say hello and no more', async () => {
    for (let round = 0; round < 20; round++)
      await attack([encodePeerFrame(hello(), nodeChecksum), ...Array.from({ length: 5 }, () => wrong(frame()))])

    // It took the link of a member: that one connects again.
    for (const id of [1, 2, 3]) expect(ensemble.member(id).child.exitCode).toBeNull()
    await written('/bystander')
  })

  // ── who knows how to say hello and what members say ──────────────────────────────────────────────────────────────

  const identities = [{ scheme: 'ip', id: '127.0.0.1' }]
  const create: WriteRequest = { type: 'create', path: '/x', data: null, acl: openAcl, flags: 0, withStat: false }
  const writer = new JuteWriter()
  writeRequest(writer, create)
  const createBody = writer.finish()

  /** A session of its own, so that what it asks for comes to be applied, and then what no client may ask for. */
  function commands(memberId: number): readonly LogCommand[] {
    const own = {
      sessionId: (BigInt(memberId) << 56n) | BigInt(1 + random.uint32()),
      connectionId: 1 + random.uint32()
    }
    const password = new Uint8Array(16)
    const session = { type: 'createSession', ...own, timeoutMs: 6_000, password } as const
    const ops = [...Object.values(opCodes), below(200), -1 - below(200)]
    const bodies = [
      new Uint8Array(0),
      createBody,
      createBody.slice(0, -3),
      random.bytes(below(60)),
      new Uint8Array(200)
    ]
    const operations = ops.flatMap((op) =>
      bodies.map((body) => ({ type: 'operation', ...own, op, body, identities }) as const)
    )
    const unsigned = { type: 'operation', ...own, op: requestOp(create), body: createBody } as const
    const long = { ...unsigned, identities, body: new Uint8Array(1024 * 1024) }
    return [
      session,
      ...operations,
      session,
      { ...session, sessionId: 0n },
      { ...session, sessionId: -1n, timeoutMs: -1 },
      { ...session, type: 'attachSession', password: new Uint8Array(1024 * 1024) },
      unsigned,
      long,
      { type: 'expireSession', sessionId: own.sessionId },
      { type: 'deletePassed', path: '/bystander' },
      { type: 'beginTerm', memberId },
      { type: 'admitMember', memberId, incarnation: 1 },
      { type: 'closeSession', ...own }
    ]
  }

  /** Each on a link of its own: most of them end it. */
  async function say(frames: readonly PeerFrame[]): Promise<void> {
    for (const one of frames) {
      const { id } = await leader()
      const from = (id % 3) + 1
      await attack(
        [hello({ from, to: id }), one].map((frame) => encodePeerFrame(frame, nodeChecksum)),
        id
      )
    }
  }

  async function isUnharmed(): Promise<void> {
    await written('/bystander')
    for (const id of [1, 2, 3]) expect(ensemble.member(id).child.exitCode).toBeNull()
    // What they have on their disks does no harm either.
    await ensemble.kill([1, 2, 3])
    await Promise.all([1, 2, 3].map((id) => ensemble.startMember(id)))
    await written('/bystander')
  }

  it('proposes nothing that a client may not ask for, whatever it says', async () => {
    const { id } = await leader()
    const proposals = commands((id % 3) + 1).map((command) => ({ type: 'proposal', proposalId: 1, command }) as const)
    await say(proposals)

    await isUnharmed()
  })

  it('brings nobody to the last term', async () => {
    for (const term of [2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1, 2 ** 30, 2 ** 25]) {
      const of = { term, previous: zxidZero, committed: zxidZero, round: 1, entries: [] } as const
      await say([
        { type: 'consensus', message: { type: 'preVote', term, last: zxidZero } },
        { type: 'consensus', message: { type: 'vote', term, last: zxidZero, isTransfer: true } },
        { type: 'consensus', message: { type: 'voteAnswer', term, isGranted: false } },
        { type: 'consensus', message: { type: 'append', ...of } },
        { type: 'consensus', message: { type: 'campaignNow', term } }
      ])
    }
    expect((await leader()).term).toBeLessThan(2 ** 20)

    await isUnharmed()
  })

  it('leaves nothing in a log that keeps a member from starting', async () => {
    for (const epochsLater of [1, 5_000, 1, 1, 1]) {
      const { id, term } = await leader()
      const to = (id % 3) + 1
      const entries = commands(to).map((command, index): LogEntry => {
        return { zxid: { epoch: term + epochsLater, counter: index + 1 }, proposalId: 0, timeMs: 0, command }
      })
      const of = { term: term + 1, previous: zxidZero, committed: zxidZero, round: 1, entries }
      const append: PeerFrame = { type: 'consensus', message: { type: 'append', ...of } }
      await attack(
        [hello({ from: id, to }), append].map((frame) => encodePeerFrame(frame, nodeChecksum)),
        to
      )
      await written('/bystander')
    }

    await isUnharmed()
  })

  it('leaves members room, who opens connections and says nothing', async () => {
    const holding: Socket[] = []
    for (let i = 0; i < 200; i++) {
      const socket = await stranger(1)
      if (i % 2 === 0) socket.write(Uint8Array.of(0, 0, 8, 0, 1))
      holding.push(socket)
    }
    await ensemble.kill([2])
    await ensemble.startMember(2)
    await ensemble.kill([3])

    await written('/bystander')
    await ensemble.startMember(3)
    for (const socket of holding) if (!socket.closed) await once(socket, 'close')
  })
})
