import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ControlledPartition } from '../../../../../../src-main/broker/core/controller/controller-state'
import { electLeader } from '../../../../../../src-main/broker/core/controller/leader-election'
import {
  PartitionElections,
  type ElectionEffect
} from '../../../../../../src-main/broker/core/controller/partition-elections'
import type { PartitionState } from '../../../../../../src-main/broker/core/znodes'
import { InvariantError } from '../../../../../../src-main/kernel/invariant'

const replicas = [1, 2, 3]
const partitionOf = (partition: number, topic = 't'): ControlledPartition => ({
  topic,
  partition,
  replicas,
  state: undefined,
  zkVersion: 0
})
const electionBy =
  (controllerEpoch: number, alive: readonly number[]) =>
  ({ state }: ControlledPartition) =>
    electLeader({
      replicas,
      stored: state,
      isOnline: (id) => alive.includes(id),
      hasBounced: () => false,
      controllerEpoch
    })
const started = (partitions: readonly ControlledPartition[], batchMax = 2, alive: readonly number[] = [1, 2, 3]) =>
  new PartitionElections({ electionOf: electionBy(7, alive), batchMax }, partitions)
const storeOf = (effects: readonly ElectionEffect[]) => {
  const store = effects.find(({ type }) => type === 'store')
  if (store?.type !== 'store') throw new Error('nothing is stored')
  return store
}

describe('PartitionElections', () => {
  it('makes the parents of new partitions first, then stores so many at once', () => {
    const elections = started([partitionOf(0), partitionOf(1), partitionOf(0, 'u')])

    const effects = elections.takeEffects()

    expect(effects.map((effect) => (effect.type === 'store' ? effect.decisions.length : effect))).toEqual([
      { type: 'makeParents', topics: ['t', 'u'] },
      2,
      1
    ])
  })

  it('believes a decision when it is stored, not when it is made', () => {
    const partition = partitionOf(0)
    const elections = started([partition])

    const store = storeOf(elections.takeEffects())
    expect([partition.state, elections.changed]).toEqual([undefined, []])
    elections.stored(store.decisions, [0])

    expect(partition.state).toEqual({ leader: 1, leaderEpoch: 0, isr: [1, 2, 3], controllerEpoch: 7 })
    expect(elections.changed).toEqual([partition])
    expect(elections.takeEffects()).toEqual([])
  })

  it('tries one by one what was overtaken together, then reads it and decides anew', () => {
    const [first, second] = [partitionOf(0), partitionOf(1)]
    const elections = started([first, second])
    elections.overtaken(storeOf(elections.takeEffects()))
    const [aloneFirst, aloneSecond] = elections.takeEffects()
    if (aloneFirst?.type !== 'storeAlone' || aloneSecond?.type !== 'storeAlone') throw new Error('not one by one')
    elections.stored([aloneFirst.decision], [0])
    elections.overtaken(aloneSecond)

    expect(elections.takeEffects()).toEqual([{ type: 'readAgain', partition: second }])
    elections.read(second, { state: { leader: 9, leaderEpoch: 4, isr: [9, 2], controllerEpoch: 3 }, zkVersion: 6 })

    expect(storeOf(elections.takeEffects()).decisions).toEqual([
      {
        partition: second,
        type: 'update',
        zkVersion: 6,
        state: { leader: 2, leaderEpoch: 5, isr: [2], controllerEpoch: 7 }
      }
    ])
  })

  it('gives up a partition that others write again and again, and nothing else', () => {
    const [stubborn, other] = [partitionOf(0), partitionOf(1)]
    const elections = started([stubborn, other], 1)
    for (let effects = elections.takeEffects(); effects.length > 0; effects = elections.takeEffects()) {
      for (const effect of effects) {
        if (effect.type === 'makeParents') continue
        if (effect.type === 'readAgain') elections.read(effect.partition, undefined)
        else if (effect.type === 'store' && effect.decisions[0]?.partition === other)
          elections.stored(effect.decisions, [0])
        else elections.overtaken(effect)
      }
    }

    expect(elections.undecided).toEqual([stubborn])
    expect(other.state?.leader).toBe(1)
  })

  it('decides nothing about what is gone or cannot be read', () => {
    const [gone, unreadable] = [partitionOf(0), partitionOf(1)]
    const elections = started([gone, unreadable], 1)
    for (const effect of elections.takeEffects()) if (effect.type === 'store') elections.overtaken(effect)
    for (const effect of elections.takeEffects()) if (effect.type === 'storeAlone') elections.overtaken(effect)
    elections.takeEffects()
    elections.gone()
    elections.unreadable(unreadable)

    expect(elections.takeEffects()).toEqual([])
    expect([elections.undecided, elections.changed]).toEqual([[], []])
  })

  it('ends the process when a result belongs to nothing that was under way', () => {
    const elections = started([partitionOf(0)])
    const store = storeOf(elections.takeEffects())
    elections.stored(store.decisions, [0])

    expect(() => elections.stored(store.decisions, [1])).toThrow(InvariantError)
  })
})

/** What is stored, with others that write: znodes by partition index. */
class Store {
  readonly znodes = new Map<number, { readonly state: PartitionState; readonly version: number }>()
  readonly #controllerEpoch: () => number

  constructor(controllerEpoch: () => number) {
    this.#controllerEpoch = controllerEpoch
  }

  /** As the guarded multi: all or none. */
  tryStore(decisions: Extract<ElectionEffect, { type: 'store' }>['decisions']): readonly number[] | undefined {
    const fits = decisions.every(({ partition, type, zkVersion }) =>
      type === 'create'
        ? !this.znodes.has(partition.partition)
        : this.znodes.get(partition.partition)?.version === zkVersion
    )
    if (!fits) return undefined
    return decisions.map(({ partition, type, state }) => {
      expect(state.controllerEpoch).toBe(this.#controllerEpoch())
      const before = this.znodes.get(partition.partition)
      expect(state.leaderEpoch).toBe((before?.state.leaderEpoch ?? -1) + 1)
      const version = type === 'create' ? 0 : (before?.version ?? 0) + 1
      this.znodes.set(partition.partition, { state, version })
      return version
    })
  }

  writeForeign(partition: number, leader: number): void {
    const before = this.znodes.get(partition)
    const leaderEpoch = (before?.state.leaderEpoch ?? -1) + 1
    const state = { leader, leaderEpoch, isr: [leader], controllerEpoch: 1 }
    this.znodes.set(partition, { state, version: before === undefined ? 0 : before.version + 1 })
  }
}

const count = 6
const chance = fc.array(fc.nat(99), { maxLength: 200 })
const rounds = fc.array(fc.subarray(replicas), { minLength: 1, maxLength: 6 })

describe('PartitionElections, whatever becomes of their effects', () => {
  it('know nothing newer than what is stored, nothing else of the same version, and all of it at rest', () => {
    fc.assert(
      fc.property(rounds, chance, fc.integer({ min: 1, max: 3 }), (lives, rolls, batchMax) => {
        let [at, epoch] = [0, 7]
        // When all is rolled the world is calm: nobody else writes, no session ends.
        const roll = (): number => rolls[at++] ?? 99
        const store = new Store(() => epoch)
        const readAll = (): ControlledPartition[] =>
          Array.from({ length: count }, (_, i) => {
            const znode = store.znodes.get(i)
            return { ...partitionOf(i), state: znode?.state, zkVersion: znode?.version ?? 0 }
          })
        let partitions = readAll()
        const look = (): void => {
          for (const { partition, state, zkVersion } of partitions) {
            const znode = store.znodes.get(partition)
            if (state === undefined) continue
            expect(zkVersion).toBeLessThanOrEqual(znode?.version ?? -1)
            if (zkVersion === znode?.version) expect(state).toEqual(znode.state)
          }
        }
        const carriedOut = (elections: PartitionElections, effect: ElectionEffect): 'done' | 'lost' => {
          if (roll() < 20) store.writeForeign(roll() % count, replicas[roll() % 3] ?? 1)
          if (effect.type === 'makeParents') return 'done'
          // The session is lost before it is carried out, or when its answer is on its way.
          if (roll() < 4) return 'lost'
          if (effect.type === 'readAgain') {
            const znode = store.znodes.get(effect.partition.partition)
            elections.read(effect.partition, znode && { state: znode.state, zkVersion: znode.version })
            return 'done'
          }
          const decisions = effect.type === 'store' ? effect.decisions : [effect.decision]
          const versions = store.tryStore(decisions)
          if (roll() < 4) return 'lost'
          if (versions === undefined) elections.overtaken(effect)
          else elections.stored(decisions, versions)
          return 'done'
        }
        for (const alive of lives) {
          let electionOf = electionBy(epoch, alive)
          let elections = new PartitionElections({ electionOf, batchMax }, partitions)
          for (let steps = 0; ; steps++) {
            expect(steps).toBeLessThan(1_000)
            const effects = [...elections.takeEffects()]
            if (effects.length === 0 && elections.undecided.length === 0) break
            let outcome: 'done' | 'lost' = effects.length === 0 ? 'lost' : 'done'
            // Answers come in any order.
            while (effects.length > 0 && outcome === 'done') {
              const [effect] = effects.splice(roll() % effects.length, 1)
              if (effect !== undefined) outcome = carriedOut(elections, effect)
              look()
            }
            if (outcome === 'done') continue
            // As the controller does: a new term perhaps, and everything is read anew.
            epoch += roll() % 2
            partitions = readAll()
            electionOf = electionBy(epoch, alive)
            elections = new PartitionElections({ electionOf, batchMax }, partitions)
          }
          for (const { partition, state, zkVersion } of partitions) {
            const znode = store.znodes.get(partition)
            // Whoever wrote after it was looked at is heard of by a watch or the next conflict.
            if (zkVersion === znode?.version)
              expect(electionOf({ ...partitionOf(partition), state }).type).toBe('unchanged')
          }
        }
      }),
      { numRuns: 300 }
    )
  })

  it('end with what a new controller would read, when nobody else writes', () => {
    fc.assert(
      fc.property(rounds, (lives) => {
        const store = new Store(() => 7)
        const partitions = Array.from({ length: count }, (_, i) => partitionOf(i))
        for (const alive of lives) {
          const elections = started(partitions, 2, alive)
          for (let effects = elections.takeEffects(); effects.length > 0; effects = elections.takeEffects()) {
            for (const effect of effects) {
              if (effect.type !== 'store') continue
              elections.stored(effect.decisions, store.tryStore(effect.decisions) ?? [])
            }
          }
        }
        for (const { partition, state, zkVersion } of partitions) {
          const znode = store.znodes.get(partition)
          expect([state, zkVersion]).toEqual([znode?.state, znode?.version ?? 0])
        }
      })
    )
  })
})
