import { beforeEach, describe, expect, it } from 'vitest'
import { encodePeerFrame, type PeerFrame } from '../../../../src-main/coordination/core/consensus/message-codec'
import { PeerLinks, strangersMax, type PeerLinksOptions } from '../../../../src-main/coordination/peer-links'
import type { Connection } from '../../../../src-main/kernel/ports'
import { nodeChecksum, silent, SimClock, SimNetwork, SimRandom } from '../../../support/ensemble-world'

const question: PeerFrame = { type: 'consensus', message: { type: 'campaignNow', term: 7 } }
const hello = { type: 'hello', ensembleId: 'e', from: 2, to: 1, life: 5 } as const

class Member {
  readonly heard: string[] = []
  readonly lost: number[] = []
  readonly links: PeerLinks

  constructor(world: World, memberId: number, change: Partial<PeerLinksOptions> = {}) {
    this.links = new PeerLinks({
      memberId,
      life: memberId * 1_000 + world.lives++,
      ensembleId: 'e',
      address: { host: 'sim', port: 2880 + memberId },
      others: [1, 2]
        .filter((id) => id !== memberId)
        .map((id) => ({ memberId: id, address: { host: 'sim', port: 2880 + id } })),
      network: world.network.of(`member-${memberId}`),
      clock: world.clock,
      checksum: nodeChecksum,
      log: silent,
      problemOf: () => undefined,
      heard: (from, frame) => void this.heard.push(`${from} ${frame.type}`),
      lost: (id) => void this.lost.push(id),
      ...change
    })
  }
}

interface Stranger {
  isClosed: boolean
  connection: Connection
}

class World {
  readonly clock = new SimClock()
  readonly network = new SimNetwork(this.clock)
  lives = 0

  /** Time passes for these. */
  async run(ms: number, ...members: readonly Member[]): Promise<void> {
    for (let passed = 0; passed < ms; passed += 50) {
      await this.clock.run(50)
      for (const { links } of members) links.tick(this.clock.monotonicMs())
    }
  }

  /** Somebody who says what the test wants to member 1. */
  async stranger(...frames: readonly Uint8Array[]): Promise<Stranger> {
    const state: Stranger = { isClosed: false, connection: undefined as never }
    const connection = await this.clock.until(
      this.network.connect({ host: 'sim', port: 2881, frameBytesMax: 1_000, timeoutMs: 100 }, () => ({
        frame: () => undefined,
        closed: () => (state.isClosed = true)
      }))
    )
    state.connection = connection
    for (const frame of frames) connection.send(frame)
    await this.clock.run(10)
    return state
  }
}

describe('links between members', () => {
  let world: World
  let one: Member
  let two: Member

  beforeEach(async () => {
    world = new World()
    one = new Member(world, 1)
    two = new Member(world, 2)
    await world.clock.until(one.links.start())
  })

  it('are there as soon as both listen, in both directions', async () => {
    await world.run(300, one)
    expect(one.links.send(2, { type: 'touched', sessionIds: [1n] })).toBe(false)
    await world.clock.until(two.links.start())
    await world.run(600, one, two)

    expect(one.links.send(2, { type: 'touched', sessionIds: [1n] })).toBe(true)
    expect(two.links.send(1, { type: 'touched', sessionIds: [] })).toBe(true)
    await world.run(50, one, two)

    expect([one.heard, two.heard]).toEqual([['2 touched'], ['1 touched']])
    await world.run(10_000, one, two)
    expect([one.lost, two.lost]).toEqual([[], []])
  })

  it('tell when one is gone, and come again', async () => {
    await world.clock.until(two.links.start())
    await world.run(600, one, two)

    await world.clock.until(two.links.stop())
    await world.run(100, one)
    expect(one.lost).toEqual([2])
    const again = new Member(world, 2)
    await world.clock.until(again.links.start())
    await world.run(1_000, one, again)

    expect(one.links.send(2, { type: 'touched', sessionIds: [] })).toBe(true)
  })

  it('that nobody listens on any more are given up, although nobody says so', async () => {
    await world.clock.until(two.links.start())
    await world.run(600, one, two)

    world.network.kill('member-2', false)
    await world.run(1_500, one)
    expect(one.lost).toEqual([])
    await world.run(1_500, one)

    expect(one.lost).toEqual([2])
  })

  it('to an earlier life of a member are given up when the next one says hello', async () => {
    await world.clock.until(two.links.start())
    await world.run(600, one, two)
    world.network.kill('member-2', false)

    const again = new Member(world, 2)
    await world.clock.until(again.links.start())
    await world.run(600, one, again)

    expect(one.lost).toEqual([2])
    one.links.send(2, { type: 'touched', sessionIds: [] })
    await world.run(50, one, again)
    expect(again.heard).toEqual(['1 touched'])
  })

  it('are closed to whoever is of another ensemble, unknown, means another, or says nothing of himself', async () => {
    const openings: readonly Uint8Array[][] = [
      [encodePeerFrame({ ...hello, ensembleId: 'f' }, nodeChecksum)],
      [encodePeerFrame({ ...hello, from: 3 }, nodeChecksum)],
      [encodePeerFrame({ ...hello, from: 1 }, nodeChecksum)],
      [encodePeerFrame({ ...hello, to: 2 }, nodeChecksum)],
      [encodePeerFrame(question, nodeChecksum)],
      [encodePeerFrame(hello, nodeChecksum), encodePeerFrame(hello, nodeChecksum)],
      [encodePeerFrame(hello, nodeChecksum), Uint8Array.of(0, 0, 0, 2, 9, 9)],
      [Uint8Array.of(0x7f, 0xff, 0xff, 0xff)]
    ]
    for (const [index, frames] of openings.entries()) {
      const { connection } = await world.stranger(...frames)
      connection.send(encodePeerFrame(question, nodeChecksum))
      await world.clock.run(10)
      expect(one.heard, `opening ${index}`).toEqual([])
    }

    const friend = await world.stranger(encodePeerFrame(hello, nodeChecksum), encodePeerFrame(question, nodeChecksum))
    expect([friend.isClosed, one.heard]).toEqual([false, ['2 consensus']])
  })

  it('are closed to who has said hello and then what no member says', async () => {
    const heard: string[] = []
    const wary = new Member(world, 2, {
      problemOf: (from, { type }) => (type === 'proposal' ? `no proposal of ${from}` : undefined),
      heard: (from, { type }) => void heard.push(`${from} ${type}`)
    })
    await world.clock.until(wary.links.start())
    await world.run(600, one, wary)

    one.links.send(2, { type: 'touched', sessionIds: [] })
    one.links.send(2, { type: 'proposal', proposalId: 1, command: { type: 'expireSession', sessionId: 1n } })
    one.links.send(2, { type: 'touched', sessionIds: [] })
    await world.run(20, one, wary)

    expect(heard).toEqual(['1 touched'])
    expect(one.lost).toEqual([2])
  })

  it('have room, whoever else holds the port without a word or in the middle of one', async () => {
    const half = Uint8Array.of(0, 0, 8, 0, 1, 2, 3)
    const holding: Stranger[] = []
    for (let i = 0; i < 3 * strangersMax; i++) holding.push(await world.stranger(...(i % 2 === 0 ? [] : [half])))
    expect(holding.filter(({ isClosed }) => !isClosed)).toHaveLength(strangersMax)

    await world.clock.until(two.links.start())
    await world.run(600, one, two)
    two.links.send(1, { type: 'touched', sessionIds: [] })
    await world.run(50, one, two)
    expect(one.heard).toEqual(['2 touched'])

    await world.run(2_000, one, two)
    expect(holding.filter(({ isClosed }) => !isClosed)).toEqual([])
    two.links.send(1, { type: 'touched', sessionIds: [] })
    await world.run(50, one, two)
    expect(one.heard).toEqual(['2 touched', '2 touched'])
  })

  it('take no long frame before a hello, and the longest after it', async () => {
    const long = Uint8Array.of(0, 0, 0x10, 1)
    expect((await world.stranger(long)).isClosed).toBe(true)

    const friend = await world.stranger(encodePeerFrame(hello, nodeChecksum), Uint8Array.of(0, 0x40, 0, 0))
    expect(friend.isClosed).toBe(false)
  })

  it('stay when somebody sends what is no message at all', async () => {
    const random = new SimRandom(5)
    await world.clock.until(two.links.start())
    await world.run(600, one, two)
    for (let i = 0; i < 2_000; i++) {
      const bytes = random.bytes(random.below(60))
      const frame = Uint8Array.from([0, 0, 0, bytes.length, ...bytes])
      await world.stranger(...(i % 2 === 0 ? [frame] : [encodePeerFrame({ ...hello, from: 2 }, nodeChecksum), frame]))
    }

    await world.run(1_000, one, two)
    two.links.send(1, { type: 'touched', sessionIds: [] })
    await world.run(50, one, two)
    expect(one.heard.at(-1)).toBe('2 touched')
  })
})
