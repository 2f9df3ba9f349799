/** Where partitions are, and what is done to them: the map of all topics, what one broker holds, elections and moves. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { ShallowRef } from 'vue'
import type { CommandInput, CommandOutput } from '@api/commands'
import type { PartitionHistoryView, PlanGoal, PartitionMove, ReassignmentPlan, ReplicaState } from '@api/failures'
import { looked } from '@/charts/replica-lags'
import type { Behind, ReplicaLags } from '@/charts/replica-lags'
import { host } from './host'
import { createWatched } from './watched'
import type { Watched } from './watched'

type Changed = CommandOutput<'partition.elect'>
/** The partitions that were looked at last. */
const LOOKED_MAX = 12

export const usePartitionsStore = defineStore('partitions', () => {
  const map = createWatched('partitions')
  const held = (broker: string): Watched<`held:${string}`> => createWatched(`held:${broker}`)
  const placement = createWatched('placement')

  // Each rejects with ApiError.
  const elect = (partitions: CommandInput<'partition.elect'>['partitions']): Promise<Changed> =>
    host().call('partition.elect', { partitions })
  const reassign = (input: CommandInput<'partition.reassign'>): Promise<Changed> =>
    host().call('partition.reassign', input)
  const plan = (goal: PlanGoal, topics?: readonly string[]): Promise<ReassignmentPlan> =>
    host().call('partition.plan', { goal, ...(topics === undefined ? {} : { topics: [...topics] }) })
  /** The first of them, and how many there are. */
  const moves = (): Promise<{ readonly moves: readonly PartitionMove[]; readonly count: number }> =>
    host().call('partition.moves', {})
  const repair = (input: CommandInput<'partition.repair'>): Promise<CommandOutput<'partition.repair'>> =>
    host().call('partition.repair', input)
  const replicas = async (topic: string, partition: number): Promise<readonly ReplicaState[]> =>
    (await host().call('partition.replicas', { topic, partition })).replicas
  const history = (topic: string, partition: number): Promise<PartitionHistoryView> =>
    host().call('partition.history', { topic, partition })

  /**
   * By partition: who comes back to one finds what was seen before, and the gap between. Of a topic by its id: one that was made
   * again under its name is another.
   */
  const seen = new Map<string, ShallowRef<ReplicaLags>>()
  const lagsOf = (topicId: string, partition: number): ShallowRef<ReplicaLags> => {
    const key = `${partition} ${topicId}`
    const kept = seen.get(key) ?? shallowRef<ReplicaLags>(new Map())
    seen.delete(key)
    seen.set(key, kept)
    const [oldest] = seen.keys()
    if (seen.size > LOOKED_MAX && oldest !== undefined) seen.delete(oldest)
    return kept
  }
  const remember = (topicId: string, partition: number, atMs: number, behind: Behind): void => {
    const lags = lagsOf(topicId, partition)
    lags.value = looked(lags.value, atMs, behind)
  }

  return {
    map: map.view,
    hold: map.hold,
    held,
    placement: placement.view,
    holdPlacement: placement.hold,
    elect,
    reassign,
    plan,
    moves,
    repair,
    replicas,
    history,
    lagsOf,
    remember
  }
})
