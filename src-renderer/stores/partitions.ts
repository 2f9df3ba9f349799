/** Where partitions are, and what is done to them: the map of all topics, what one broker holds, elections and moves. */
import { defineStore } from 'pinia'
import type { CommandInput, CommandOutput } from '@api/commands'
import type { PlanGoal, PartitionMove, ReassignmentPlan, ReplicaState } from '@api/failures'
import { host } from './host'
import { createWatched } from './watched'
import type { Watched } from './watched'

type Changed = CommandOutput<'partition.elect'>

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
    replicas
  }
})
