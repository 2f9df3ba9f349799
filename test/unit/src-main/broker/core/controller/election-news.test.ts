import { describe, expect, it } from 'vitest'
import { newsOf } from '../../../../../../src-main/broker/core/controller/election-news'

const state = (leader: number, leaderEpoch: number, isr: readonly number[]) => ({
  leader,
  leaderEpoch,
  isr,
  controllerEpoch: 3
})
const change = (
  partition: number,
  before: ReturnType<typeof state> | undefined,
  now: ReturnType<typeof state>,
  isUnclean = false
) => ({
  partition: { topic: 't', partition, replicas: [1, 2, 3], state: now, zkVersion: 1 },
  before,
  isUnclean
})
const facts = { controllerEpoch: 3, isAlive: (id: number) => id !== 1 }

describe('newsOf', () => {
  it('tells of thousands that lost a broker in one event, with a few names', () => {
    const changes = Array.from({ length: 2_000 }, (_, i) => change(i, state(1, 4, [1, 2]), state(2, 5, [2])))
    const about = { count: 2_000, sample: 't-0, t-1, t-2', leaderEpoch: 5, epoch: 3 }
    expect(newsOf(changes, facts)).toEqual([
      {
        name: 'partitionsElected',
        fields: { ...about, cause: 'died', broker: 1, leader: 2 }
      },
      { name: 'isrShrunk', fields: { ...about, broker: 1 } }
    ])
  })

  it.each<[string, ReturnType<typeof change>, string, string | undefined]>([
    [
      'a bounced leader that leads again',
      change(0, state(2, 4, [2, 3]), state(2, 5, [2, 3])),
      'partitionsElected',
      'bounced'
    ],
    ['one that is succeeded', change(0, state(2, 4, [2, 3]), state(3, 5, [3])), 'partitionsElected', 'bounced'],
    ['one that came back', change(0, state(-1, 4, [1]), state(1, 5, [1])), 'partitionsElected', 'returned'],
    ['one from outside the ISR', change(0, state(-1, 4, [1]), state(2, 5, [2]), true), 'partitionsElected', 'unclean'],
    ['nobody', change(0, state(1, 4, [1]), state(-1, 5, [1])), 'partitionsOffline', undefined],
    ['a follower that left', change(0, state(2, 4, [2, 1]), state(2, 5, [2])), 'isrShrunk', undefined]
  ])('says why: %s', (_what, one, name, cause) => {
    const [told] = newsOf([one], facts)
    expect([told?.name, told?.fields['cause']]).toEqual([name, cause])
  })

  it('names who left where the leader stays, and nobody where several did', () => {
    const left = (partition: number, ...isr: readonly number[]) =>
      change(partition, state(2, 4, [2, 1, 3]), state(2, 5, isr))
    expect(newsOf([left(0, 2, 3), left(1, 2, 3)], facts)[0]?.fields).toMatchObject({ count: 2, broker: 1 })
    expect(newsOf([left(0, 2, 3), left(1, 2, 1)], facts)[0]?.fields).toMatchObject({ count: 2, broker: null })
  })

  it('says so when leaders were moved on purpose', () => {
    const changes = [change(0, state(2, 4, [2, 3]), state(3, 5, [3]))]
    expect(newsOf(changes, { ...facts, moveCause: 'shutdown' })[0]?.fields).toMatchObject({
      cause: 'shutdown',
      broker: 2
    })
  })

  it('says nothing of new partitions, and of what only its ISR changed by its leader', () => {
    const changes = [change(0, undefined, state(1, 0, [1])), change(1, state(1, 4, [1]), state(1, 4, [1, 2]))]
    expect(newsOf(changes, facts)).toEqual([])
  })
})
