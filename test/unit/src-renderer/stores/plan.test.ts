import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import { usePlanStore } from '@/stores/plan'

beforeEach(() => setActivePinia(createPinia()))
const move = (partition: number, ...replicas: number[]) => ({ topic: 't', partition, replicas })
const names = (plan: ReturnType<typeof usePlanStore>) =>
  plan.moves.map(({ partition, replicas }) => `${partition}: ${replicas.join(' ')}`)

describe('a plan that is kept', () => {
  it('names each partition once, whatever is put into it', () => {
    const plan = usePlanStore()
    plan.put(move(0, 1))
    plan.put(move(1, 2))
    plan.put(move(0, 3))
    expect(names(plan)).toEqual(['0: 3', '1: 2'])
    plan.replace([move(2, 1), move(2, 4)])
    expect(names(plan)).toEqual(['2: 4'])
  })

  it('is undone step by step, and what was discarded comes back', () => {
    const plan = usePlanStore()
    plan.put(move(0, 1))
    plan.put(move(1, 2))
    plan.remove('t-0')
    plan.remove('t-0')
    plan.discard()
    plan.discard()
    expect(names(plan)).toEqual([])
    const seen = [1, 2, 3, 4, 5].map(() => {
      plan.undo()
      return names(plan).join(', ')
    })
    expect(seen).toEqual(['1: 2', '0: 1, 1: 2', '0: 1', '', ''])
    expect(plan.canUndo).toBe(false)
  })

  it('remembers a hundred steps', () => {
    const plan = usePlanStore()
    for (let at = 0; at < 150; at++) plan.put(move(0, at))
    for (let at = 0; at < 150; at++) plan.undo()
    expect(names(plan)).toEqual(['0: 49'])
  })

  it('keeps what was refused, and forgets what is done: undoing would not bring it back', () => {
    const plan = usePlanStore()
    plan.replace([move(0, 1), move(1, 2)])
    plan.applied([{ topic: 't', partition: 0 }])
    expect([names(plan), plan.canUndo]).toEqual([['1: 2'], false])
  })
})
