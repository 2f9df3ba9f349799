import { describe, expect, it } from 'vitest'
import { FollowerPollBook } from '../../../../src-main/broker/core/follower-polls'
import { LeaderProofs, type Doubt } from '../../../../src-main/broker/leader-proofs'
import type { Partition } from '../../../../src-main/broker/partition'
import { ConnectionLife } from '../../../../src-main/broker/server/connection-life'
import { SimClock } from '../../../support/ensemble-world'

/** Partitions that are followed over the connections `rivals`, and a follower that asks again as soon as it is answered. */
function proofsOf(rivals: readonly object[]) {
  const clock = new SimClock()
  const polls = new FollowerPollBook()
  const woken: Partition[] = []
  const proofs = new LeaderProofs({ clock, polls, wake: (one) => woken.push(one), isSurelyRegistered: () => false })
  const led = {
    leaderEpoch: 3,
    isLed: true,
    rivalConnections: rivals,
    isProvenSince(turn: number): boolean {
      return this.isLed && rivals.every((one) => (polls.of(one)?.followedTurn ?? 0) > turn)
    }
  }
  const partition = led as unknown as Partition
  const asksAgain = (connection: object): void => {
    polls.answered(connection, clock.monotonicMs())
    polls.polled(connection, false, clock.monotonicMs())
    proofs.polled(connection)
  }
  for (const one of rivals) {
    polls.polled(one, true, 0)
    asksAgain(one)
  }
  return { clock, proofs, partition, led, woken, polls, asksAgain, doubt: { partition, leaderEpoch: 3 } }
}

/** What has come of it by now; undefined: nothing. */
async function settled(clock: SimClock, proof: Promise<ReadonlySet<Doubt>>): Promise<readonly Doubt[] | undefined> {
  let found: readonly Doubt[] | undefined
  void proof.then((unproven) => (found = [...unproven]))
  await clock.run(0)
  return found
}

describe('a proof', () => {
  it('is there when each rival has been answered and has asked again, whom nobody keeps waiting meanwhile', async () => {
    const [one, other] = [{}, {}]
    const { clock, proofs, doubt, woken, asksAgain, partition } = proofsOf([one, other])
    expect(proofs.isPollAwaited(one)).toBe(false)
    const proof = proofs.unproven([doubt], new ConnectionLife())
    expect(woken).toEqual([partition, partition])
    expect([one, other].map((connection) => proofs.isPollAwaited(connection))).toEqual([true, true])

    asksAgain(one)
    expect([one, other].map((connection) => proofs.isPollAwaited(connection))).toEqual([false, true])
    expect(await settled(clock, proof)).toBeUndefined()
    asksAgain(other)
    expect(await settled(clock, proof)).toEqual([])
  })

  it('is not there by a request that had been sent before the question', async () => {
    const one = {}
    const { clock, proofs, doubt, polls, asksAgain } = proofsOf([one])
    polls.answered(one, 0)
    const proof = proofs.unproven([doubt], new ConnectionLife())
    polls.polled(one, false, 0)
    proofs.polled(one)
    expect(await settled(clock, proof)).toBeUndefined()
    asksAgain(one)
    expect(await settled(clock, proof)).toEqual([])
  })

  it('is given up after 1.2 s', async () => {
    const { clock, proofs, doubt } = proofsOf([{}])
    const proof = proofs.unproven([doubt], new ConnectionLife())
    await clock.run(1_199)
    expect(await settled(clock, proof)).toBeUndefined()
    await clock.run(1)
    expect(await settled(clock, proof)).toEqual([doubt])
  })

  it('takes what has become sure by the end of that time, by a connection that was not known', async () => {
    const { clock, proofs, doubt, led } = proofsOf([{}])
    const proof = proofs.unproven([doubt], new ConnectionLife())
    led.isProvenSince = () => true
    await clock.run(1_200)
    expect(await settled(clock, proof)).toEqual([])
  })

  it('is none in another term', async () => {
    const one = {}
    const { clock, proofs, doubt, led, asksAgain } = proofsOf([one])
    const proof = proofs.unproven([doubt], new ConnectionLife())
    led.leaderEpoch = 4
    asksAgain(one)
    await clock.run(1_200)
    expect(await settled(clock, proof)).toEqual([doubt])
  })

  it('is there at once where nobody may be elected', async () => {
    const { clock, proofs, doubt } = proofsOf([])
    expect(await settled(clock, proofs.unproven([doubt], new ConnectionLife()))).toEqual([])
  })

  it('keeps nothing of whoever has gone', async () => {
    const one = {}
    const { clock, proofs, doubt } = proofsOf([one])
    const life = new ConnectionLife()
    const proof = proofs.unproven([doubt], life)
    life.end()
    expect(await settled(clock, proof)).toEqual([doubt])
    expect(proofs.isPollAwaited(one)).toBe(false)
  })

  it('is refused where too much is in doubt already', async () => {
    const one = {}
    const { clock, proofs, doubt, asksAgain } = proofsOf([one])
    const first = proofs.unproven(Array<Doubt>(99_999).fill(doubt), new ConnectionLife())
    expect(await settled(clock, proofs.unproven([doubt, doubt], new ConnectionLife()))).toHaveLength(1)
    asksAgain(one)
    expect(await settled(clock, first)).toEqual([])
    const next = proofs.unproven([doubt, doubt], new ConnectionLife())
    asksAgain(one)
    expect(await settled(clock, next)).toEqual([])
  })

  it('shows soon whom a new connection’s follower follows', () => {
    const { proofs, polls, asksAgain } = proofsOf([])
    const connection = {}
    polls.polled(connection, true, 0)
    expect(proofs.isPollAwaited(connection)).toBe(true)
    asksAgain(connection)
    expect(proofs.isPollAwaited(connection)).toBe(false)
  })
})
