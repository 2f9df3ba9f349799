import { describe, expect, it } from 'vitest'
import { termMax, type HardState } from '../../../../../../src-main/coordination/core/consensus/messages'
import {
  Raft,
  type RaftLimits,
  type RaftOptions,
  type Ready
} from '../../../../../../src-main/coordination/core/consensus/raft'
import type { LogCommand } from '../../../../../../src-main/coordination/core/log-entry'
import { zxidZero, type Zxid } from '../../../../../../src-main/coordination/wire/zxid'
import { InvariantError } from '../../../../../../src-main/kernel/invariant'
import { SimRandom } from '../../../../../support/ensemble-world'

const limits: RaftLimits = {
  persist: { entriesMax: 10, bytesMax: 10_000 },
  append: { entriesMax: 10, bytesMax: 10_000 },
  apply: { entriesMax: 100, bytesMax: 10_000 },
  flow: { messagesMax: 2, bytesMax: 10_000 },
  uncommitted: { entriesMax: 5, bytesMax: 10_000 },
  tailBytesKept: 1_000,
  snapshotBytesMax: 1_000
}
const fresh: HardState = { term: 0, vote: 0, isVoter: true, incarnation: 1 }
const write = (bytes = 1): LogCommand => ({
  type: 'operation',
  sessionId: 1n,
  connectionId: 1,
  op: 5,
  body: new Uint8Array(bytes)
})
const at = (epoch: number, counter: number): Zxid => ({ epoch, counter })
const standing = { isVoter: true, incarnation: 1 }

function member(members: readonly number[], options: Partial<RaftOptions> = {}): Raft {
  const raft = new Raft({
    memberId: 1,
    members,
    electionTimeoutMs: 100,
    heartbeatMs: 20,
    limits,
    random: new SimRandom(1),
    hardState: fresh,
    log: { base: zxidZero, termEnds: [], tail: [] },
    applied: zxidZero,
    ...options
  })
  raft.start(0)
  return raft
}

function propose(raft: Raft, proposalId: number, bytes = 1): ReturnType<Raft['propose']> {
  return raft.propose({ proposalId, timeMs: 0, command: write(bytes) })
}

/** Does all that is to be done, at once; gives what was applied. */
function work(raft: Raft, nowMs = 0): { readonly applied: Zxid[]; readonly readies: Ready[] } {
  const readies: Ready[] = []
  for (let ready = raft.takeReady(); ready !== undefined; ready = raft.takeReady()) {
    readies.push(ready)
    if (ready.persist !== undefined) raft.persisted(ready.persist, nowMs)
  }
  return { applied: readies.flatMap(({ committed }) => committed.map(({ zxid }) => zxid)), readies }
}

describe('an ensemble of one', () => {
  it('elects itself without waiting, and is ready when the beginning of its term is on disk', () => {
    const raft = member([1])

    const vote = raft.takeReady()
    expect(vote?.persist).toMatchObject({ hardState: { term: 1, vote: 1 }, entries: [] })
    expect(raft.role).toBe('candidate')
    expect(propose(raft, 1)).toBe('notLeader')
    if (vote?.persist !== undefined) raft.persisted(vote.persist, 0)

    expect([raft.role, raft.isReady]).toEqual(['leader', false])
    expect(work(raft).applied).toEqual([at(1, 1)])
    expect(raft.isReady).toBe(true)
  })

  it('begins a new term with each start, whatever the log has', () => {
    const raft = member([1], {
      hardState: { ...fresh, term: 4 },
      log: { base: at(3, 7), termEnds: [], tail: [] },
      applied: at(3, 7)
    })

    expect(work(raft).applied).toEqual([at(5, 1)])
  })

  it('gathers what is proposed while a batch is persisted into the next, and gives nothing as committed before', () => {
    const raft = member([1])
    work(raft)
    propose(raft, 1)
    const first = raft.takeReady()
    propose(raft, 2)
    propose(raft, 3)

    expect(first?.persist?.entries.map(({ proposalId }) => proposalId)).toEqual([1])
    expect(raft.takeReady()).toBeUndefined()
    if (first?.persist !== undefined) raft.persisted(first.persist, 0)
    const second = raft.takeReady()

    expect(second?.committed.map(({ proposalId }) => proposalId)).toEqual([1])
    expect(second?.persist?.entries.map(({ proposalId }) => proposalId)).toEqual([2, 3])
    if (first?.persist !== undefined) {
      const { persist } = first
      expect(() => raft.persisted(persist, 0)).toThrow(InvariantError)
    }
  })

  it('keeps batches within their limits, but never makes an empty one', () => {
    const raft = member([1], {
      limits: {
        ...limits,
        persist: { entriesMax: 3, bytesMax: 500 },
        uncommitted: { entriesMax: 100, bytesMax: 1_000_000 }
      }
    })
    work(raft)
    for (const [index, bytes] of [9_000, 150, 150, 1, 1, 1, 1].entries()) propose(raft, index + 1, bytes)

    const batches = work(raft).readies.map(({ persist }) => persist?.entries.map(({ proposalId }) => proposalId))

    expect(batches).toEqual([[1], [2, 3, 4], [5, 6, 7], undefined])
  })

  it('refuses more than its limit of what is not committed', () => {
    const raft = member([1])
    work(raft)

    expect([1, 2, 3, 4, 5, 6].map((id) => propose(raft, id))).toEqual([...Array<string>(5).fill('taken'), 'full'])
    work(raft)
    expect(propose(raft, 7)).toBe('taken')
  })

  it('gives up what a full disk refused, and gives its zxids to others', () => {
    const raft = member([1])
    work(raft)
    propose(raft, 1)
    const full = raft.takeReady()
    propose(raft, 2)

    const given = full?.persist === undefined ? [] : raft.refused(full.persist, 0)
    expect(given.map(({ proposalId }) => proposalId)).toEqual([1, 2])
    propose(raft, 3)

    expect(raft.takeReady()?.persist?.entries).toMatchObject([{ zxid: at(1, 2), proposalId: 3 }])
  })

  it('does not give up its vote or the beginning of its term for a full disk', () => {
    const raft = member([1])
    const vote = raft.takeReady()
    if (vote?.persist !== undefined) expect(raft.refused(vote.persist, 0)).toEqual([])
    const again = raft.takeReady()
    expect(again?.persist?.hardState).toMatchObject({ term: 1, vote: 1 })
    if (again?.persist !== undefined) raft.persisted(again.persist, 0)
    propose(raft, 1)
    const beginning = raft.takeReady()

    const given = beginning?.persist === undefined ? [] : raft.refused(beginning.persist, 0)

    expect(given.map(({ proposalId }) => proposalId)).toEqual([1])
    expect(work(raft).applied).toEqual([at(1, 1)])
  })

  it('ends its term with its counter, and goes on in the next', () => {
    const raft = member([1], { counterMax: 3 })
    work(raft)

    expect([1, 2, 3].map((id) => propose(raft, id))).toEqual(['taken', 'taken', 'notLeader'])
    expect(work(raft).applied).toEqual([at(1, 2), at(1, 3), at(2, 1)])
    propose(raft, 4)
    expect(work(raft).applied).toEqual([at(2, 2)])
  })

  it('answers a read barrier at once, but not before it is ready', () => {
    const raft = member([1])
    const vote = raft.takeReady()
    if (vote?.persist !== undefined) raft.persisted(vote.persist, 0)

    expect(raft.read(7)).toBe(true)
    const beginning = raft.takeReady()
    expect(beginning?.reads).toEqual([])
    if (beginning?.persist !== undefined) raft.persisted(beginning.persist, 0)

    expect(raft.takeReady()?.reads).toEqual([{ readId: 7, position: at(1, 1) }])
    raft.read(8)
    expect(raft.takeReady()?.reads).toEqual([{ readId: 8, position: at(1, 1) }])
  })
})

describe('a leader of five whose term ends', () => {
  it('admits nobody in the next one, which it does not lead', () => {
    const raft = member([1, 2, 3, 4, 5], { counterMax: 1 })
    raft.tick(250)
    for (const from of [2, 3]) raft.step(from, { type: 'preVoteAnswer', term: 1, isGranted: true }, 250)
    work(raft, 250)
    for (const from of [2, 3]) raft.step(from, { type: 'voteAnswer', term: 1, isGranted: true }, 250)
    work(raft, 250)
    const answered = (from: number, isVoter: boolean): void =>
      raft.step(from, { type: 'appendAnswer', term: 1, matched: at(1, 1), round: 0, isVoter, incarnation: from }, 251)
    for (const from of [4, 5]) answered(from, false)
    for (const from of [2, 3]) answered(from, true)

    expect([raft.role, raft.term, raft.last]).toEqual(['candidate', 2, at(1, 1)])
  })
})

describe('a member of three', () => {
  /** Elected by 2 in term 1. */
  function leader(): Raft {
    const raft = member([1, 2, 3])
    raft.tick(250)
    raft.step(2, { type: 'preVoteAnswer', term: 1, isGranted: true }, 250)
    work(raft, 250)
    raft.step(2, { type: 'voteAnswer', term: 1, isGranted: true }, 250)
    return raft
  }

  it('asks beforehand, and changes its term only when a majority would vote for it', () => {
    const raft = member([1, 2, 3])

    raft.tick(250)

    expect(work(raft, 250).readies.flatMap(({ messages }) => messages)).toMatchObject([
      { to: 2, message: { type: 'preVote', term: 1 } },
      { to: 3, message: { type: 'preVote', term: 1 } }
    ])
    expect(raft.term).toBe(0)
    raft.step(3, { type: 'preVoteAnswer', term: 1, isGranted: true }, 251)
    expect([raft.term, raft.role]).toEqual([1, 'candidate'])
  })

  it('asks soon when it starts, then ever later, and as soon when the link to its leader broke', () => {
    const asks = (raft: Raft, fromMs: number): number => {
      for (let ms = fromMs; ms < fromMs + 1_000; ms++) {
        raft.tick(ms)
        if (work(raft, ms).readies.some(({ messages }) => messages.some(({ message }) => message.type === 'preVote')))
          return ms - fromMs
      }
      return Infinity
    }
    const raft = member([1, 2, 3], { electionTimeoutMs: 1_000 })
    expect(asks(raft, 0)).toBeLessThan(80)
    expect(asks(raft, 100)).toBeGreaterThan(20)

    const heartbeat = {
      type: 'append',
      term: 1,
      previous: zxidZero,
      entries: [],
      committed: zxidZero,
      round: 1
    } as const
    raft.step(2, heartbeat, 500)
    raft.linkLost(3, 501)
    expect([raft.leaderId, raft.dueMs >= 1_500]).toEqual([2, true])
    raft.linkLost(2, 600)
    expect(raft.leaderId).toBe(0)
    expect(asks(raft, 600)).toBeLessThan(80)
    // It lives: only the link was cut.
    raft.step(2, heartbeat, 700)
    expect([raft.leaderId, raft.dueMs >= 1_700]).toEqual([2, true])
  })

  it('lets no vote leave before it is on disk', () => {
    const raft = member([1, 2, 3])
    raft.step(2, { type: 'vote', term: 1, last: zxidZero, isTransfer: false }, 10)

    const ready = raft.takeReady()
    expect(ready?.messages).toEqual([])
    expect(ready?.persist?.hardState).toMatchObject({ term: 1, vote: 2 })
    if (ready?.persist !== undefined) raft.persisted(ready.persist, 11)

    expect(raft.takeReady()?.messages).toEqual([{ to: 2, message: { type: 'voteAnswer', term: 1, isGranted: true } }])
    raft.step(3, { type: 'vote', term: 1, last: at(0, 9), isTransfer: false }, 12)
    expect(raft.takeReady()?.messages).toMatchObject([{ to: 3, message: { isGranted: false } }])
  })

  it('answers an append when it is on disk, and a heartbeat at once', () => {
    const raft = member([1, 2, 3], { hardState: { ...fresh, term: 1, vote: 2 } })
    const entries = [{ zxid: at(1, 1), proposalId: 0, timeMs: 0, command: { type: 'beginTerm', memberId: 2 } as const }]
    raft.step(2, { type: 'append', term: 1, previous: zxidZero, entries, committed: zxidZero, round: 3 }, 1)
    const ready = raft.takeReady()
    expect(ready?.messages).toEqual([])

    raft.step(2, { type: 'append', term: 1, previous: at(1, 1), entries: [], committed: at(1, 1), round: 4 }, 2)
    const early = raft.takeReady()
    expect(early?.messages).toMatchObject([{ message: { type: 'appendAnswer', matched: zxidZero, round: 4 } }])
    expect(early?.committed).toEqual([])
    if (ready?.persist !== undefined) raft.persisted(ready.persist, 3)

    const late = raft.takeReady()
    expect(late?.messages).toMatchObject([{ to: 2, message: { type: 'appendAnswer', matched: at(1, 1), round: 4 } }])
    expect(late?.committed.map(({ zxid }) => zxid)).toEqual([at(1, 1)])
  })

  it('answers who only tells how far is committed once, unless there is something new to say', () => {
    const raft = member([1, 2, 3], { hardState: { ...fresh, term: 1, vote: 2 } })
    const entries = [{ zxid: at(1, 1), proposalId: 0, timeMs: 0, command: { type: 'beginTerm', memberId: 2 } as const }]
    raft.step(2, { type: 'append', term: 1, previous: zxidZero, entries, committed: zxidZero, round: 3 }, 1)
    work(raft, 2)
    const told = (nowMs: number, round: number): number => {
      raft.step(2, { type: 'append', term: 1, previous: at(1, 1), entries: [], committed: at(1, 1), round }, nowMs)
      return work(raft, nowMs).readies.flatMap(({ messages }) => messages).length
    }

    expect(told(3, 3)).toBe(0)
    // A question whether it is led, asked once more, and a heartbeat.
    expect([told(4, 4), told(5, 4), told(13, 4), told(14, 4)]).toEqual([1, 0, 0, 1])
  })

  it('leads no more when it has not heard a majority for an election timeout, and tells who waits', () => {
    const raft = leader()
    work(raft, 250)
    raft.read(5)
    raft.tick(340)
    expect(raft.role).toBe('leader')

    raft.tick(351)

    expect([raft.role, raft.leaderId]).toEqual(['follower', 0])
    expect(raft.takeReady()?.lostReads).toEqual([5])
    expect(propose(raft, 1)).toBe('notLeader')
  })

  it('commits what a majority has, of its own term, and counts no member that does not vote', () => {
    const raft = leader()
    work(raft, 250)
    const answer = { type: 'appendAnswer', term: 1, matched: at(1, 1), round: 0 } as const

    raft.step(2, { ...answer, isVoter: false, incarnation: 9 }, 260)
    expect(raft.isReady).toBe(false)
    raft.step(3, { ...answer, ...standing }, 261)

    expect(raft.committed).toEqual(at(1, 1))
  })

  it('tells what is committed to who waits for it at once, to others with the next append or soon', () => {
    const raft = leader()
    const appends = (nowMs: number) =>
      work(raft, nowMs).readies.flatMap(({ messages }) =>
        messages.flatMap(({ to, message }) =>
          message.type === 'append' ? [[to, message.entries.length, message.committed.counter]] : []
        )
      )
    const answered = (from: number, counter: number, nowMs: number): void =>
      raft.step(from, { type: 'appendAnswer', term: 1, matched: at(1, counter), round: 0, ...standing }, nowMs)
    work(raft, 250)
    answered(2, 1, 250)
    answered(3, 1, 250)
    expect(appends(250)).toEqual([
      [2, 0, 1],
      [3, 0, 1]
    ])

    raft.propose({ proposalId: 1, timeMs: 0, command: write() }, 3)
    expect(appends(251)).toEqual([
      [2, 1, 1],
      [3, 1, 1]
    ])
    answered(2, 2, 251)
    expect(appends(251)).toEqual([[3, 0, 2]])
    expect(raft.dueMs).toBe(253)

    propose(raft, 2)
    expect(appends(252)).toEqual([
      [2, 1, 2],
      [3, 1, 2]
    ])
    answered(2, 3, 252)
    raft.tick(253)
    expect(appends(253)).toEqual([
      [2, 0, 3],
      [3, 0, 3]
    ])

    propose(raft, 3)
    work(raft, 254)
    answered(2, 4, 254)
    expect(raft.dueMs).toBe(256)
    raft.tick(256)
    expect(appends(256)).toEqual([
      [2, 0, 4],
      [3, 0, 4]
    ])
    raft.tick(258)
    expect(appends(258)).toEqual([])
  })

  it('is listened to by nobody who hears another leader, unless that one wants it', () => {
    const raft = member([1, 2, 3], { hardState: { ...fresh, term: 1, vote: 2 } })
    const append = { type: 'append', term: 1, previous: zxidZero, entries: [], committed: zxidZero, round: 0 } as const
    raft.step(2, append, 0)

    raft.step(3, { type: 'vote', term: 2, last: at(1, 1), isTransfer: false }, 50)
    expect(raft.term).toBe(1)
    raft.step(3, { type: 'vote', term: 2, last: at(1, 1), isTransfer: true }, 51)

    expect(raft.term).toBe(2)
    expect(work(raft, 52).readies.at(-1)?.messages).toMatchObject([{ to: 3, message: { isGranted: true } }])
  })

  it('gives the leadership to who has everything, and takes nothing meanwhile', () => {
    const raft = leader()
    work(raft, 250)
    raft.step(2, { type: 'appendAnswer', term: 1, matched: at(1, 1), round: 0, ...standing }, 260)
    work(raft, 260)

    raft.transfer(261)

    expect(propose(raft, 1)).toBe('notLeader')
    expect(raft.takeReady()?.messages).toContainEqual({ to: 2, message: { type: 'campaignNow', term: 1 } })
    raft.tick(300)
    raft.step(2, { type: 'appendAnswer', term: 1, matched: at(1, 1), round: 0, ...standing }, 340)
    raft.tick(362)
    expect(propose(raft, 2)).toBe('taken')
  })

  it('believes no answer about what it has not sent or asked', () => {
    const raft = leader()
    work(raft, 250)
    raft.step(2, { type: 'appendAnswer', term: 1, matched: at(1, 1), round: 0, ...standing }, 260)
    work(raft, 260)
    raft.read(7)
    work(raft, 261)

    raft.step(2, { type: 'appendAnswer', term: 1, matched: at(1, 900), round: 0, ...standing }, 262)
    raft.step(2, { type: 'appendAnswer', term: 1, matched: at(1, 1), round: 900, ...standing }, 262)
    expect(work(raft, 262).readies.flatMap(({ reads }) => reads)).toEqual([])
    expect(propose(raft, 1)).toBe('taken')
    const { readies } = work(raft, 263)

    // It is sent what it lacks, and not taken to have had it.
    expect(readies.flatMap(({ messages }) => messages)).toContainEqual(
      expect.objectContaining({ to: 2, message: expect.objectContaining({ previous: at(1, 1) }) as unknown })
    )
    expect(raft.committed).toEqual(at(1, 1))
  })

  it('with a full disk leads no more', () => {
    const raft = leader()
    const ready = raft.takeReady()

    if (ready?.persist !== undefined) expect(raft.refused(ready.persist, 260)).toEqual([])

    expect(raft.role).toBe('follower')
    raft.tick(500)
    expect(raft.role).toBe('follower')
  })

  it('stands for no term after the last one', () => {
    const raft = member([1, 2, 3], { hardState: { ...fresh, term: termMax } })
    raft.tick(500)
    raft.step(2, { type: 'preVoteAnswer', term: termMax + 1, isGranted: true }, 510)

    expect([raft.term, raft.role]).toEqual([termMax, 'follower'])
    expect(raft.takeReady()).toBeUndefined()
  })
})
