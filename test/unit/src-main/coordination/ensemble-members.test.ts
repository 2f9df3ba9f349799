import { beforeEach, describe, expect, it } from 'vitest'
import { EnsembleClient, type SessionEvent } from '../../../../src-main/coordination/ensemble-client'
import {
  decodePeerFrame,
  encodePeerFrame,
  peerFrameBytesMax,
  type PeerFrame
} from '../../../../src-main/coordination/core/consensus/message-codec'
import type { LogEntry } from '../../../../src-main/coordination/core/log-entry'
import { opCodes } from '../../../../src-main/coordination/wire/codes'
import { connectRequestFrame } from '../../../../src-main/coordination/wire/connect'
import { JuteReader } from '../../../../src-main/coordination/wire/jute-reader'
import { JuteWriter } from '../../../../src-main/coordination/wire/jute-writer'
import { zxidZero, type Zxid } from '../../../../src-main/coordination/wire/zxid'
import type { Connection } from '../../../../src-main/kernel/ports'
import { consensusOf, EnsembleMembers } from '../../../support/ensemble-members'
import { nodeChecksum, SimRandom } from '../../../support/ensemble-world'

const data = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A client that says exactly what the test wants it to say. */
class RawClient {
  readonly answered: number[] = []
  isClosed = false
  #connection: Connection | undefined
  readonly #world: EnsembleMembers
  readonly #id: number

  constructor(world: EnsembleMembers, id: number) {
    this.#world = world
    this.#id = id
  }

  async connect(): Promise<void> {
    let isGreeted = false
    const handler = {
      frame: (bytes: Uint8Array): void => {
        if (isGreeted) this.answered.push(new JuteReader(bytes).int())
        isGreeted = true
      },
      closed: (): void => void (this.isClosed = true)
    }
    const options = { host: 'sim', port: 2180 + this.#id, frameBytesMax: 1 << 20, timeoutMs: 1_000 }
    this.#connection = await this.#world.do(this.#world.network.connect(options, () => handler))
    const password = new Uint8Array(16)
    const hello = { lastZxidSeen: zxidZero, timeoutMs: 20_000, sessionId: 0n, password, readOnly: undefined }
    this.#connection.send(connectRequestFrame(hello))
    await this.#world.clock.run(100)
  }

  async sync(xid: number): Promise<void> {
    this.#connection?.send(JuteWriter.frame().int(xid).int(opCodes.sync).string('/a').finishFrame())
    await this.#world.clock.run(100)
  }
}

describe('three members', () => {
  let world: EnsembleMembers

  beforeEach(async () => {
    world = new EnsembleMembers(3)
    await world.startAll()
  })

  it('serve no client of another ensemble that looks for it at their ports, and keep its session for it', async () => {
    const turnedAway: string[] = []
    const clientOf = (ensembleId: string): EnsembleClient =>
      new EnsembleClient({
        turnedAway: ({ port }) => turnedAway.push(`${ensembleId} at ${port}`),
        addresses: world.members.map(({ id }) => ({ host: 'sim', port: 2180 + id })),
        ensembleId,
        sessionTimeoutMs: 4_000,
        clock: world.clock,
        network: world.network.of('client'),
        random: new SimRandom(5)
      })
    const [ours, other] = [clientOf('e'), clientOf('another')]
    const told: string[] = []
    other.onSession((event) => told.push(event))
    for (const client of [ours, other]) client.start()
    await world.clock.run(10_000)

    expect([ours.state, other.state]).toEqual(['connected', 'connecting'])
    expect(told).toEqual([])
    // It goes round for ten seconds, and tells of each member once.
    expect(turnedAway.toSorted()).toEqual(['another at 2181', 'another at 2182', 'another at 2183'])
    expect(world.members[0]?.node?.state.sessions.count).toBe(1)
  })

  it('elect one of them within two election timeouts, and all have what is written through any', async () => {
    expect(world.clock.monotonicMs() - 1_000_000).toBeLessThan(1_000)
    for (const { id } of world.members) {
      const client = await world.connected([id])
      await world.do(client.create(`/by-${id}`, data(`${id}`)))
      await world.do(client.close())
    }

    for (const { id } of world.members) await world.agree(`/by-${id}`, `${id}`)
    expect(world.failures).toEqual([])
  })

  it('apply what is committed also where few entries come during each sync', async () => {
    const leader = await world.leader()
    const slow = world.members.find((one) => one !== leader) ?? expect.fail('no other member')
    slow.machine.disk.syncDelayMs = 3
    const client = await world.connected([leader.id])
    await world.do(client.create('/a', data('0')))
    let isOver = false
    let written = 0
    const writing = (async () => {
      while (!isOver) {
        await client.setData('/a', data('1'))
        written += 1
      }
    })()
    let behindMost = 0
    for (let i = 0; i < 100; i++) {
      await world.clock.run(20)
      const applied = slow.node?.state.lastApplied.counter ?? 0
      behindMost = Math.max(behindMost, (leader.node?.state.lastApplied.counter ?? 0) - applied)
    }
    isOver = true
    await world.do(writing)

    expect(written).toBeGreaterThan(1_000)
    expect(behindMost).toBeLessThan(30)
  })

  it('read their own writes, and hear of what others write through another member', async () => {
    const [one, other] = [await world.connected([1]), await world.connected([2])]
    await world.do(one.create('/a', data('1')))
    const heard: string[] = []
    await world.do(one.getData('/a', ({ type, path }) => void heard.push(`${type} ${path}`)))

    await world.do(other.exists('/a').then(() => other.setData('/a', data('2'))))
    await world.clock.run(200)

    expect(heard).toEqual(['dataChanged /a'])
    expect((await world.do(one.getData('/a')))?.data).toEqual(data('2'))
  })

  it('lose their leader: another is elected within a second, sessions and what was answered stay', async () => {
    const leader = await world.leader()
    const followers = world.members.filter((member) => member !== leader).map(({ id }) => id)
    const client = await world.connected(followers)
    const events: SessionEvent[] = []
    client.onSession((event) => events.push(event))
    await world.do(client.create('/kept', data('1')))
    await world.do(client.create('/mine', null, { ephemeral: true }))
    const { sessionId } = client

    const killedAtMs = world.clock.monotonicMs()
    world.kill(leader)
    await world.clock.run(100)
    await world.leader()
    await world.do(client.whenConnected())
    await world.do(client.setData('/kept', data('2')))

    expect(world.clock.monotonicMs() - killedAtMs).toBeLessThan(1_500)
    expect(client.sessionId).toBe(sessionId)
    expect(events).toEqual(['disconnected', 'connected'])
    await world.start(leader)
    await world.agree('/kept', '2')
    expect((await world.do(client.exists('/mine')))?.ephemeralOwner).toBe(sessionId)
    expect(world.failures).toEqual([])
  })

  it('write nothing while two of them are gone, expire nothing, and go on when one is back', async () => {
    const leader = await world.leader()
    const [first, second] = world.members.filter((member) => member !== leader)
    if (first === undefined || second === undefined) throw new Error('there are three')
    const client = await world.connected([leader.id], 2_000)
    await world.do(client.create('/mine', data('x'), { ephemeral: true }))
    world.kill(first)
    await world.do(client.setData('/mine', data('y')))
    world.kill(second)
    const unanswered = client.setData('/mine', data('z')).catch((error: unknown) => error)
    await world.clock.run(5_000)

    expect(await unanswered).toMatchObject({ code: 'CONNECTIONLOSS' })
    expect(client.state).toBe('connecting')
    expect(consensusOf(leader.node)).toMatchObject({ isReady: false })
    await world.start(first)
    await world.do(client.whenConnected())

    expect((await world.do(client.exists('/mine')))?.ephemeralOwner).toBe(client.sessionId)
    await world.do(client.setData('/mine', data('again')))
    await world.agree('/mine', 'again')
  })

  it('keep a session that is alive at a follower, and end one that is not, with its ephemerals', async () => {
    const leader = await world.leader()
    const follower = world.members.find((member) => member !== leader)?.id ?? 0
    const alive = await world.connected([follower], 1_000)
    const dead = await world.connected([follower], 1_000, 'dead')
    await world.do(alive.create('/alive', data('x'), { ephemeral: true }))
    await world.do(dead.create('/dead', null, { ephemeral: true }))

    world.network.disconnect('dead')
    await world.clock.run(10_000)

    expect(alive.state).toBe('connected')
    expect((await world.do(alive.exists('/alive')))?.ephemeralOwner).toBe(alive.sessionId)
    expect(await world.do(alive.exists('/dead'))).toBeUndefined()
    await world.agree('/alive', 'x')
  })

  it('let a session go from one member to another, and take nothing from where it was', async () => {
    const client = await world.connected([1, 2, 3])
    await world.do(client.create('/mine', null, { ephemeral: true }))
    const { sessionId } = client
    for (let round = 0; round < 5; round++) {
      client.dropConnection()
      await world.clock.run(1)
      await world.do(client.whenConnected())
      await world.do(client.setData('/mine', data(`${round}`)))
    }

    expect(client.sessionId).toBe(sessionId)
    await world.agree('/mine', '4')
  })

  it('go on without a pause when the leader stops cleanly', async () => {
    const leader = await world.leader()
    const client = await world.connected(world.members.filter((member) => member !== leader).map(({ id }) => id))

    await world.stop(leader)

    expect(world.members.some(({ node }) => consensusOf(node)?.['role'] === 'leader')).toBe(true)
    await world.do(client.whenConnected())
    await world.do(client.create('/a', data('x')))
    await world.agree('/a', 'x')
  })

  it('do not listen to a leader that was paused, and it follows when it goes on', async () => {
    const leader = await world.leader()
    const client = await world.connected(world.members.filter((member) => member !== leader).map(({ id }) => id))
    leader.machine.pause()
    await world.leader()
    await world.do(client.whenConnected())
    await world.do(client.create('/a', data('x')))

    leader.machine.resume()

    await world.agree('/a', 'x')
    expect(consensusOf(leader.node)).toMatchObject({ role: 'follower' })
    expect(world.failures).toEqual([])
  })

  it('answer no sync where they are cut off, and what was written elsewhere after one that they answer', async () => {
    const leader = await world.leader()
    const [other] = world.members.filter((member) => member !== leader)
    if (other === undefined) throw new Error('there are three')
    const [atOld, elsewhere] = [new RawClient(world, leader.id), await world.connected([other.id])]
    await atOld.connect()
    await world.do(elsewhere.create('/a', data('1')))
    await atOld.sync(1)
    expect(atOld.answered).toContain(1)

    for (const { id } of world.members) {
      if (id === leader.id) continue
      world.network.fault(`member-${leader.id}`, `member-${id}`, { isCut: true })
      world.network.fault(`member-${id}`, `member-${leader.id}`, { isCut: true })
    }
    await atOld.sync(2)
    await world.clock.run(2_000)

    expect(atOld.answered).not.toContain(2)
    expect(atOld.isClosed).toBe(true)
    world.network.heal()
    // Links that were cut are given up and made anew.
    await world.clock.run(4_000)
    const back = new RawClient(world, leader.id)
    await world.eventually('it follows', () => (consensusOf(leader.node)?.['leaderId'] !== 0 ? true : undefined))
    await back.connect()
    await world.do(world.connected([other.id]).then((client) => client.setData('/a', data('2'))))
    await back.sync(3)
    expect(back.answered).toContain(3)
    expect(leader.node?.znode('/a')?.data).toEqual(data('2'))
  })

  it('survive a power cut of all three', async () => {
    const client = await world.connected()
    for (let i = 0; i < 20; i++) await world.do(client.create(`/n${i}`, data(`${i}`)))
    for (const member of world.members) member.machine.crash()

    for (const member of world.members) await world.start(member)
    client.dropConnection()
    await world.clock.run(1)
    await world.do(client.whenConnected())

    expect((await world.do(client.getChildren('/')))?.children).toHaveLength(21)
    await world.agree('/n19', '19')
  })

  it('take a wiped member back, which counts only when it has everything', async () => {
    const leader = await world.leader()
    const wiped = world.members.find((member) => member !== leader)
    const other = world.members.find((member) => member !== leader && member !== wiped)
    if (wiped === undefined || other === undefined) throw new Error('there are three')
    const client = await world.connected([leader.id])
    await world.do(client.create('/a', data('kept')))
    world.wipe(wiped)
    world.kill(other)
    await world.start(wiped)
    await world.clock.run(3_000)
    expect(consensusOf(wiped.node)).toMatchObject({ isVoter: false })
    expect(consensusOf(leader.node)).toMatchObject({ isReady: false })

    await world.start(other)
    await world.agree('/a', 'kept')

    await world.eventually('it counts again', () => (consensusOf(wiped.node)?.['isVoter'] === true ? true : undefined))
    world.kill(await world.leader())
    await world.leader()
    expect(world.failures).toEqual([])
  })
})

describe('three members that take snapshots', () => {
  it('bring one that missed the log to where they are, by a snapshot, also when it dies in the middle', async () => {
    const world = new EnsembleMembers(3, { snapshotEntriesMax: 20 })
    await world.startAll()
    const leader = await world.leader()
    const late = world.members.find((member) => member !== leader)
    if (late === undefined) throw new Error('there are three')
    world.kill(late)
    const client = await world.connected([leader.id])
    for (let i = 0; i < 100; i++) await world.do(client.create(`/n${i}`, data(`${i}`)))
    await world.clock.run(100)

    for (let ms = 0; ms < 40; ms += 4) {
      await world.start(late)
      await world.clock.run(ms)
      late.machine.crash()
      late.node = undefined
    }
    await world.start(late)

    await world.agree('/n99', '99')
    await world.do(client.setData('/n0', data('more')))
    await world.agree('/n0', 'more')
    late.machine.crash()
    await world.start(late)
    await world.agree('/n0', 'more')
    expect(world.failures).toEqual([])
  })
})

describe('a session of a client at a follower', () => {
  it('is never sure of more time than the leader gives it, whatever the follower answers', async () => {
    const world = new EnsembleMembers(3)
    await world.startAll()
    const leader = await world.leader()
    const follower = world.members.find(({ id }) => id !== leader.id)
    if (follower === undefined) throw new Error('there is a follower')
    const client = await world.connected([follower.id], 1_500)
    const { sessionId } = client
    await world.do(client.create('/a', null))

    // It hears the leader, and nobody hears it.
    for (const { machine } of world.members) world.network.fault(follower.machine.name, machine.name, { isCut: true })
    let sureMs = Infinity
    await world.eventually('the session expires', () => {
      void client.getData('/a').catch(() => undefined)
      if (leader.node?.state.sessions.find(sessionId) !== undefined) return undefined
      sureMs = client.aliveUntilMs - world.clock.monotonicMs()
      return true
    })

    expect(sureMs).toBeLessThanOrEqual(0)
  })

  it('keeps its connection by pings and nothing else', async () => {
    const world = new EnsembleMembers(3)
    await world.startAll()
    const leader = await world.leader()
    const client = await world.connected(
      world.members.map(({ id }) => id).filter((id) => id !== leader.id),
      1_000
    )
    const events: SessionEvent[] = []
    client.onSession((event) => events.push(event))

    await world.clock.run(20_000)

    expect(events).toEqual([])
    expect(client.aliveUntilMs).toBeGreaterThan(world.clock.monotonicMs() + 500)
  })
})

describe('a member that somebody speaks to as another one', () => {
  const refused: unknown[] = []
  const lines: string[] = []

  async function spokenTo(): Promise<{ readonly world: EnsembleMembers; readonly say: (frame: PeerFrame) => void }> {
    refused.length = 0
    lines.length = 0
    const world = new EnsembleMembers(3, {
      snapshotRefused: ({ totalBytes }) => refused.push(totalBytes),
      log: (level, message, fields) => void (level !== 'info' && lines.push(`${message} ${JSON.stringify(fields)}`))
    })
    await world.start(world.member(1), true)
    const target = { host: 'sim', port: 2881, frameBytesMax: peerFrameBytesMax, timeoutMs: 1_000 }
    const quiet = { frame: () => undefined, closed: () => undefined }
    const link = await world.do(world.network.of('member-2').connect(target, () => quiet))
    const say = (frame: PeerFrame): void => link.send(encodePeerFrame(frame, nodeChecksum))
    say({ type: 'hello', ensembleId: 'e', from: 2, to: 1, life: 1 })
    await world.clock.run(10)
    return { world, say }
  }

  const termOf = (world: EnsembleMembers): number => world.member(1).node?.consensus?.term ?? -1

  it('says once that a snapshot is too large for it, and goes on', async () => {
    const { world, say } = await spokenTo()
    const piece = { offsetBytes: 0, totalBytes: 2 ** 31, bytes: new Uint8Array(10) }
    for (let again = 0; again < 5; again++) {
      say({
        type: 'consensus',
        message: { type: 'snapshot', term: 3, round: 1, last: { epoch: 2, counter: 9 }, ...piece }
      })
      await world.clock.run(100)
    }

    expect(refused).toEqual([2 ** 31])
    expect(lines.filter((line) => line.includes('cannot catch up'))).toHaveLength(1)
    expect([termOf(world), world.failures]).toEqual([3, []])
  })

  it.each([2 ** 25, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1])('is not carried off to term %i', async (term) => {
    const { world, say } = await spokenTo()
    const before = termOf(world)

    say({ type: 'consensus', message: { type: 'campaignNow', term } })
    await world.clock.run(200)

    expect(termOf(world)).toBeLessThan(before + 10)
    expect(lines.at(-1)).toContain('a link from a member was closed')
    expect(lines.at(-1)).toContain('term')
  })

  it('takes no proposal that no client can have made', async () => {
    const { world, say } = await spokenTo()

    say({ type: 'proposal', proposalId: 1, command: { type: 'admitMember', memberId: 2, incarnation: 1 } })
    await world.clock.run(50)

    expect(lines.at(-1)).toContain('admitMember, which is for the leader to decide')
  })
})

describe('a follower whose leader leads again in a later term', () => {
  it('ends connections that wait for what the earlier term may have lost', async () => {
    const world = new EnsembleMembers(3)
    const proposals: PeerFrame[] = []
    const network = world.network.of('member-2')
    await network.listen({ host: 'sim', port: 2882, frameBytesMax: peerFrameBytesMax }, () => ({
      frame: (bytes) => {
        const frame = decodePeerFrame(bytes.slice(), nodeChecksum)
        if (frame.type === 'proposal') proposals.push(frame)
      },
      closed: () => undefined
    }))
    const [member] = world.members
    if (member === undefined) throw new Error('there is a member')
    await world.start(member, true)
    const target = { host: 'sim', port: 2881, frameBytesMax: peerFrameBytesMax, timeoutMs: 1_000 }
    const quiet = { frame: () => undefined, closed: () => undefined }
    const link = await world.do(network.connect(target, () => quiet))
    const say = (frame: PeerFrame): void => link.send(encodePeerFrame(frame, nodeChecksum))
    const append = (term: number, previous: Zxid, entries: readonly LogEntry[]): void =>
      say({
        type: 'consensus',
        message: { type: 'append', term, previous, entries, committed: entries.at(-1)?.zxid ?? previous, round: 1 }
      })
    const begins = (epoch: number): LogEntry => ({
      zxid: { epoch, counter: 1 },
      proposalId: 0,
      timeMs: 0,
      command: { type: 'beginTerm', memberId: 2 }
    })
    say({ type: 'hello', ensembleId: 'e', from: 2, to: 1, life: 1 })
    append(1, zxidZero, [begins(1)])
    await world.clock.run(10)
    const connecting = world.connected([1])
    const asked = await world.eventually('it asks for a session', () => proposals.shift())
    if (asked.type !== 'proposal') throw new Error('it proposes')
    append(1, { epoch: 1, counter: 1 }, [{ zxid: { epoch: 1, counter: 2 }, timeMs: 0, ...asked }])
    const client = await connecting
    let outcome = ''
    client.create('/a', null).catch((error: unknown) => (outcome = String(error)))
    await world.eventually('it asks for a znode', () => proposals.shift())

    append(3, { epoch: 1, counter: 2 }, [begins(3)])
    await world.clock.run(10)

    expect(outcome).toContain('CONNECTIONLOSS')
  })
})
