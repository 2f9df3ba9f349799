import { describe, expect, it } from 'vitest'
import { FetchSession, nextSessionEpoch, type WantedPartition } from '../../../../../src-main/broker/core/fetch-session'
import { FetchSessionCache, evictionMs } from '../../../../../src-main/broker/core/fetch-session-cache'
import { FetchSessionClient } from '../../../../../src-main/broker/core/fetch-session-client'

const wanted = (partition: number, fields: Partial<WantedPartition> = {}): WantedPartition => ({
  topic: 't',
  topicId: 'id',
  partition,
  currentLeaderEpoch: 0,
  fetchOffset: 0,
  logStartOffset: -1,
  lastFetchedEpoch: -1,
  partitionMaxBytes: 1000,
  ...fields
})

const sessionOf = (id: number, partitions: number, { isPrivileged = false, nowMs = 0 } = {}): FetchSession => {
  const session = new FetchSession({ id, usesTopicIds: true, isPrivileged, nowMs })
  for (let i = 0; i < partitions; i++) session.want(wanted(i))
  return session
}

const dueIn = (session: FetchSession): readonly number[] => [...session.due()].map((cached) => cached.wanted.partition)
const quiet = { hasRecords: false, isNotice: false, highWatermark: 5, logStartOffset: 0 }

describe('a fetch session', () => {
  it('looks at what is new, fetched from elsewhere or marked, until that has nothing to say', () => {
    const session = sessionOf(1, 3)
    for (const cached of [...session.due()]) session.rest(cached)
    expect(dueIn(session)).toEqual([])

    session.want(wanted(1, { fetchOffset: 7 }))
    const [, , third] = session.partitions()
    if (third !== undefined) session.mark(third)

    expect(dueIn(session)).toEqual([1, 2])
    session.markAll()
    expect(dueIn(session)).toEqual([1, 2, 0])
  })

  it('tells of records, notices, and watermarks and starts that moved since they were told', () => {
    const session = sessionOf(1, 1)
    const [cached] = session.partitions()
    if (cached === undefined) return expect.fail()

    expect(session.hasNews(cached, quiet)).toBe(true)
    session.told(cached, quiet)
    expect(session.hasNews(cached, quiet)).toBe(false)
    expect(session.hasNews(cached, { ...quiet, highWatermark: 6 })).toBe(true)
    expect(session.hasNews(cached, { ...quiet, logStartOffset: 1 })).toBe(true)
    expect(session.hasNews(cached, { ...quiet, hasRecords: true })).toBe(true)
    session.told(cached, { ...quiet, isNotice: true, highWatermark: -1, logStartOffset: -1 })
    expect(session.hasNews(cached, quiet)).toBe(true)
  })

  it('looks last at what gave records last', () => {
    const session = sessionOf(1, 3)
    const [first] = session.partitions()
    if (first !== undefined) session.told(first, { ...quiet, hasRecords: true })

    expect(dueIn(session)).toEqual([1, 2, 0])
  })

  it('forgets', () => {
    const session = sessionOf(1, 2)

    expect(session.forget(wanted(0))?.wanted.partition).toBe(0)
    expect(session.forget(wanted(0))).toBeUndefined()

    expect([session.size, dueIn(session)]).toEqual([1, [1]])
  })

  it('counts its epochs from 1 and never comes to 0', () => {
    expect([nextSessionEpoch(1), nextSessionEpoch(2147483647)]).toEqual([2, 1])
  })
})

describe('the sessions of a broker', () => {
  const cacheOf = (slots: number, partitionsMax = 1000) => {
    const ended: number[] = []
    const cache = new FetchSessionCache(({ id }) => ended.push(id), { slots, partitionsMax })
    return { cache, ended }
  }

  it.each<[string, { size: number; isPrivileged: boolean }, number, boolean, readonly number[]]>([
    ['a consumer takes no young one’s place', { size: 9, isPrivileged: false }, 1, false, []],
    ['a follower takes a consumer’s, however young', { size: 1, isPrivileged: true }, 1, true, [2]],
    ['whoever was not used for two minutes goes first', { size: 1, isPrivileged: false }, evictionMs + 1, true, [1]]
  ])('%s', (_what, asked, nowMs, isGiven, gone) => {
    const { cache, ended } = cacheOf(2)
    cache.add(sessionOf(1, 2, { isPrivileged: true }))
    cache.add(sessionOf(2, 2))

    expect([cache.makeRoom(asked, nowMs), ended]).toEqual([isGiven, gone])
  })

  it('of a consumer’s that is old but in use takes the place of a smaller one only', () => {
    const { cache, ended } = cacheOf(2)
    const [small, large] = [sessionOf(1, 2), sessionOf(2, 5)]
    for (const session of [small, large]) cache.add(session)
    for (const session of [small, large]) expect(cache.used(session, 0, evictionMs)).toBe(true)

    expect(cache.makeRoom({ size: 2, isPrivileged: false }, evictionMs + 1)).toBe(false)
    expect(cache.makeRoom({ size: 3, isPrivileged: false }, evictionMs + 1)).toBe(true)

    expect(ended).toEqual([1])
  })

  it('have no more partitions together than they may, and one that grows beyond that goes', () => {
    const { cache, ended } = cacheOf(10, 4)
    const session = sessionOf(1, 3)
    cache.add(session)
    expect(cache.makeRoom({ size: 2, isPrivileged: false }, 0)).toBe(false)

    session.want(wanted(7))
    session.want(wanted(8))

    expect([cache.used(session, 2, 0), ended, cache.size]).toEqual([false, [1], 0])
    expect(cache.makeRoom({ size: 4, isPrivileged: false }, 0)).toBe(true)
    expect(cache.makeRoom({ size: 5, isPrivileged: true }, evictionMs + 1)).toBe(false)
  })

  it('give up as many as it takes, where their partitions are too many', () => {
    const { cache, ended } = cacheOf(10, 9)
    for (const id of [1, 2, 3]) cache.add(sessionOf(id, 3, { isPrivileged: true }))

    expect(cache.makeRoom({ size: 5, isPrivileged: true }, 0)).toBe(false)
    expect(cache.makeRoom({ size: 5, isPrivileged: true }, evictionMs + 1)).toBe(true)

    expect(ended).toEqual([1, 2])
  })

  it('give up none where that is not enough', () => {
    const { cache, ended } = cacheOf(10, 9)
    for (const [id, size] of [
      [1, 1],
      [2, 8]
    ] as const) {
      const session = sessionOf(id, size)
      cache.add(session)
      cache.used(session, 0, evictionMs)
    }

    expect([cache.makeRoom({ size: 3, isPrivileged: false }, evictionMs + 1), ended]).toEqual([false, []])
    expect([cache.makeRoom({ size: 3, isPrivileged: true }, evictionMs + 1), ended]).toEqual([true, [1, 2]])
  })

  it('that nobody uses make room for one that grows', () => {
    const { cache, ended } = cacheOf(10, 6)
    const [left, growing] = [sessionOf(1, 3), sessionOf(2, 3)]
    for (const session of [left, growing]) cache.add(session)

    expect([cache.used(growing, 0, evictionMs), ended]).toEqual([true, []])
    growing.want(wanted(7))
    expect([cache.used(growing, 1, evictionMs + 1), ended]).toEqual([true, [1]])
  })
})

describe('who asks in a session', () => {
  it('names all until it has one, and all again when that failed or was lost', () => {
    const client = new FetchSessionClient()
    const is = () => [client.id, client.epoch, client.isWhole]
    expect(is()).toEqual([0, 0, true])
    client.answered(0)
    expect(is()).toEqual([0, 0, true])
    client.answered(8)
    expect(is()).toEqual([8, 1, false])
    client.answered(8)
    expect(is()).toEqual([8, 2, false])
    client.failed()
    expect(is()).toEqual([8, 0, true])
    client.lost()
    expect(is()).toEqual([0, 0, true])
  })
})
