import { describe, expect, it } from 'vitest'
import { FollowerPollBook } from '../../../../../src-main/broker/core/follower-polls'

describe('FollowerPollBook', () => {
  it('takes a request for a proof of the time at which the one before was answered', () => {
    const book = new FollowerPollBook()
    const connection = {}
    book.polled(connection, true, 10)
    expect(book.of(connection)).toMatchObject({ sinceMs: 10, lastMs: 10, followedMs: -Infinity, followedTurn: 0 })
    const before = book.turn()
    book.answered(connection, 20)
    const after = book.turn()
    expect(book.of(connection)?.followedTurn).toBe(0)
    book.polled(connection, false, 30)

    expect(book.of(connection)).toMatchObject({ sinceMs: 10, lastMs: 30, followedMs: 20 })
    expect(book.of(connection)?.followedTurn).toBeGreaterThan(before)
    expect(book.of(connection)?.followedTurn).toBeLessThan(after)
  })

  it('takes requests that waited in the sockets of other connections for none, however late they are read', () => {
    const book = new FollowerPollBook()
    const [first, second, third] = [{}, {}, {}]
    book.polled(first, true, 10)
    book.answered(first, 20)
    book.polled(first, false, 30)
    // This process stood still for 9 s; its follower gave up twice, and follows another one by now.
    book.answered(first, 9_030)
    book.polled(second, true, 9_030)
    book.answered(second, 9_030)
    book.polled(third, true, 9_030)

    expect(book.of(first)).toMatchObject({ lastMs: 30, followedMs: 20 })
    expect(book.of(second)).toMatchObject({ followedMs: -Infinity, followedTurn: 0 })
    expect(book.of(third)).toMatchObject({ followedMs: -Infinity, followedTurn: 0 })
  })

  it('keeps connections of one follower apart', () => {
    const book = new FollowerPollBook()
    const [one, other] = [{}, {}]
    book.polled(one, true, 10)
    book.polled(other, true, 11)
    book.answered(one, 20)
    book.polled(one, false, 21)
    book.answered(other, 22)
    book.polled(other, false, 23)

    expect(book.of(one)).toMatchObject({ sinceMs: 10, followedMs: 20 })
    expect(book.of(other)).toMatchObject({ sinceMs: 11, followedMs: 22 })
  })
})
