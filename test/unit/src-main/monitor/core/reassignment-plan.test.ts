import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planned } from '../../../../../src-main/monitor/core/reassignment-plan'

const partition = (
  at: number,
  replicas: readonly number[],
  more: { isr?: readonly number[]; leader?: number } = {}
) => ({
  partition: at,
  leader: more.leader ?? replicas[0] ?? null,
  leaderEpoch: 1,
  replicas,
  isr: more.isr ?? replicas,
  startOffset: 0,
  endOffset: 10,
  sizeBytes: 100
})
const topic = (name: string, ...replicas: readonly (readonly number[])[]) => ({
  name,
  partitions: replicas.map((one, at) => partition(at, one))
})
const none = new Set<string>()
const short = (plan: ReturnType<typeof planned>) =>
  plan.moves.map(({ topic: name, partition: at, to }) => `${name}-${at}: ${to.join(' ')}`)

describe('a plan away from a broker', () => {
  it('puts the emptiest broker in its place, and copies nothing else', () => {
    const plan = planned({ type: 'away', broker: 2 }, [topic('b', [3, 1]), topic('a', [2, 1], [1, 2])], [1, 3, 4], none)
    expect(short(plan)).toEqual(['a-0: 4 1', 'a-1: 1 3'])
    expect(plan.moves.map(({ bytes }) => bytes)).toEqual([100, 100])
  })

  it('says for how many there is nobody else', () => {
    const plan = planned({ type: 'away', broker: 2 }, [topic('a', [1, 2, 3], [1, 3])], [1, 3], none)
    expect(plan).toEqual({ moves: [], left: 0, stuck: 1, moving: 0 })
  })

  it('leaves alone what is being moved already', () => {
    const plan = planned({ type: 'away', broker: 2 }, [topic('a', [2], [2])], [1], new Set(['a-0']))
    expect([short(plan), plan.moving]).toEqual([['a-1: 1'], 1])
  })
})

describe('a plan that is given', () => {
  const topics = [topic('a', [1, 2], [2, 1])]
  const given = (moving: ReadonlySet<string>, ...moves: readonly [number, ...number[]][]) =>
    planned(
      { type: 'given', moves: moves.map(([at, ...replicas]) => ({ topic: 'a', partition: at, replicas })) },
      topics,
      [1, 2, 3],
      moving
    )

  it('is only looked at: what each has now, and what those that are new have to copy', () => {
    const plan = given(none, [1, 3, 4], [0, 2, 1])
    expect(short(plan)).toEqual(['a-1: 3 4', 'a-0: 2 1'])
    expect(plan.moves.map(({ from, leader, bytes }) => [from, leader, bytes])).toEqual([
      [[2, 1], 2, 200],
      [[1, 2], 1, 0]
    ])
  })

  it('leaves out what is so already, and tells of what is being moved', () => {
    expect(given(none, [0, 1, 2]).moves).toEqual([])
    expect(given(new Set(['a-0']), [0, 3], [1, 3])).toMatchObject({ moves: [{ partition: 1 }], moving: 1 })
  })
})

describe('a plan of so many replicas', () => {
  it('adds the emptiest brokers behind those that are there', () => {
    const plan = planned({ type: 'factor', factor: 3 }, [topic('a', [1], [1], [2])], [1, 2, 3], none)
    expect(short(plan)).toEqual(['a-0: 1 3 2', 'a-1: 1 3 2', 'a-2: 2 1 3'])
    expect(plan.moves[0]?.bytes).toBe(200)
  })

  it('takes away those that are out of sync before others, and never the leader', () => {
    const some = { name: 'a', partitions: [partition(0, [1, 2, 3], { leader: 3, isr: [3, 2] })] }
    expect(short(planned({ type: 'factor', factor: 2 }, [some], [1, 2, 3], none))).toEqual(['a-0: 2 3'])
    expect(short(planned({ type: 'factor', factor: 1 }, [some], [1, 2, 3], none))).toEqual(['a-0: 3'])
  })

  it('does not say how much is copied of a partition whose size is not known', () => {
    const some = { name: 'a', partitions: [{ ...partition(0, [1]), sizeBytes: null }] }
    expect(planned({ type: 'factor', factor: 2 }, [some], [1, 2], none).moves[0]?.bytes).toBeNull()
  })
})

describe('a plan that spreads', () => {
  it('moves only what makes brokers more alike, then leaders by the order of replicas', () => {
    const plan = planned({ type: 'spread' }, [topic('a', [1, 2], [1, 2], [1, 2])], [1, 2, 3], none)
    const counts = new Map<number, number>()
    const firsts = new Map<number, number>()
    for (const { to } of plan.moves) {
      firsts.set(to[0] ?? 0, (firsts.get(to[0] ?? 0) ?? 0) + 1)
      for (const id of to) counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    expect(plan.moves.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)).toBe(200)
    const replicas = [1, 2, 3].map(
      (id) =>
        (counts.get(id) ?? 0) +
        [0, 1, 2].filter((at) => !plan.moves.some((move) => move.partition === at) && id < 3).length
    )
    expect(replicas).toEqual([2, 2, 2])
  })

  it('ends evenly, with the same number of replicas of each partition, on brokers that live, whatever there was', () => {
    const cluster = fc.integer({ min: 1, max: 5 }).chain((brokers) => {
      const ids = Array.from({ length: brokers }, (_, i) => i + 1)
      const replicas = fc.shuffledSubarray(ids, { minLength: 1 })
      return fc.tuple(fc.constant(ids), fc.array(replicas, { minLength: 1, maxLength: 40 }))
    })
    fc.assert(
      fc.property(cluster, ([ids, replicas]) => {
        const before = topic('t', ...replicas)
        const plan = planned({ type: 'spread' }, [before], ids, none)
        const after = replicas.map((own, at) => plan.moves.find((move) => move.partition === at)?.to ?? own)
        after.forEach((own, at) => {
          expect(own).toHaveLength(replicas[at]?.length ?? 0)
          expect(new Set(own).size).toBe(own.length)
        })
        const counts = ids.map((id) => after.filter((own) => own.includes(id)).length)
        const fullest = Math.max(...counts)
        const emptiest = Math.min(...counts)
        // Where it is not even, no broker with more could give one to a broker with less.
        const couldGive = ids.some((from) =>
          ids.some(
            (to) =>
              (counts[from - 1] ?? 0) - (counts[to - 1] ?? 0) > 1 &&
              after.some((own) => own.includes(from) && !own.includes(to))
          )
        )
        expect(couldGive || (fullest - emptiest > 1 && ids.length < 2)).toBe(false)
      })
    )
  })
})
