/**
 * A plan of moves that nobody has applied yet: what each of its partitions is to have, and how fast it may be copied. It stays
 * while its page is left, while nobody answers, and where it was refused; what is done to it can be undone, one step after the other.
 */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { WantedReplicas } from '@api/failures'

/** Steps that can be undone. */
const STEPS_MAX = 100

export const placeName = ({ topic, partition }: { readonly topic: string; readonly partition: number }): string =>
  `${topic}-${partition}`

/** By name of partition. */
type Wanted = ReadonlyMap<string, WantedReplicas>

export const usePlanStore = defineStore('plan', () => {
  const wanted = shallowRef<Wanted>(new Map())
  const before = shallowRef<readonly Wanted[]>([])
  const isLimited = ref<'no' | 'yes'>('no')
  /** As typed: megabytes a second and broker. */
  const limitText = ref('20')

  const moves = computed(() => [...wanted.value.values()])
  const canUndo = computed(() => before.value.length > 0)

  function become(next: Wanted): void {
    before.value = [...before.value, wanted.value].slice(-STEPS_MAX)
    wanted.value = next
  }
  /** Instead of what is planned. */
  const replace = (all: readonly WantedReplicas[]): void =>
    become(new Map(all.map((one) => [placeName(one), { ...one, replicas: [...one.replicas] }])))
  /** Beside what is planned, or instead of what was planned of the same partition. */
  const put = (one: WantedReplicas): void => become(new Map(wanted.value).set(placeName(one), one))
  function remove(name: string): void {
    if (!wanted.value.has(name)) return
    become(without([name]))
  }
  function discard(): void {
    if (wanted.value.size > 0) become(new Map())
  }
  function undo(): void {
    const last = before.value.at(-1)
    if (last === undefined) return
    before.value = before.value.slice(0, -1)
    wanted.value = last
  }
  /** They are being moved now, which is not undone here: nothing brings them back into the plan. */
  function applied(done: readonly { readonly topic: string; readonly partition: number }[]): void {
    wanted.value = without(done.map(placeName))
    before.value = []
  }
  function without(names: readonly string[]): Wanted {
    const left = new Map(wanted.value)
    for (const name of names) left.delete(name)
    return left
  }

  return { wanted, moves, canUndo, isLimited, limitText, replace, put, remove, discard, undo, applied }
})
