/** What one seed decides: how large the cluster is, how its links are, and which faults happen how often (swarm testing). */
import { mixed, SimRandom } from '../world/sim-random'

export const faultKinds = [
  'kill',
  'powerCut',
  'pause',
  'cut',
  'cutOneWay',
  'slowLink',
  'lossyLink',
  'noEnsemble',
  'memberKill',
  'memberPowerCut',
  'memberPause',
  'memberCut',
  'memberWipe',
  'drift',
  'bounce',
  'wipe',
  'move',
  'stop',
  'tangle'
] as const
export type FaultKind = (typeof faultKinds)[number]

export interface SimOptions {
  readonly seed: number
  readonly brokers: number
  readonly members: number
  /** Of a member's log, before it takes another snapshot. */
  readonly snapshotEntriesMax: number
  readonly partitions: number
  readonly minInSyncReplicas: number
  /** Of simulated time in which faults happen; then all is healed and has to come to rest. */
  readonly durationMs: number
  /** Between two faults, on average. */
  readonly faultEveryMs: number
  readonly faults: readonly FaultKind[]
  readonly linkDelayMs: number
  readonly linkJitterMs: number
  readonly syncDelayMs: number
  readonly idempotentProducers: number
  /** Idempotent, with up to five batches of one partition under way. */
  readonly pipelinedProducers: number
  readonly plainProducers: number
  readonly readers: number
  /** Of the one consumer group; 0: there is none, and no `__consumer_offsets`. */
  readonly groupMembers: number
  /** The first of them has a group.instance.id. */
  readonly hasStaticMember: boolean
  /** Between two sends of a producer. */
  readonly sendEveryMs: number
  readonly sessionTimeoutMs: number
  readonly lagMaxMs: number
}

export function optionsOf(seed: number): SimOptions {
  const random = new SimRandom(mixed(seed))
  const oneOf = <T>(...choices: readonly [T, ...T[]]): T => choices[random.below(choices.length)] ?? choices[0]
  const isOn = (percent: number): boolean => random.below(100) < percent
  const faults = faultKinds.filter(() => isOn(45))
  const groupRandom = new SimRandom(mixed(seed ^ 0x97009))
  return {
    seed,
    brokers: 3,
    members: 3,
    snapshotEntriesMax: [50_000, 50_000, 40, 150][new SimRandom(mixed(seed ^ 0x3e3be4)).below(4)] ?? 50_000,
    partitions: oneOf(1, 2, 2, 3),
    minInSyncReplicas: oneOf(1, 2, 2),
    durationMs: oneOf(3_000, 5_000, 8_000),
    faultEveryMs: oneOf(200, 400, 800, 1_500),
    faults: faults.length === 0 ? ['kill'] : faults,
    linkDelayMs: oneOf(0, 1, 5),
    linkJitterMs: oneOf(0, 1, 10),
    syncDelayMs: oneOf(1, 3, 20),
    idempotentProducers: oneOf(1, 2),
    pipelinedProducers: oneOf(0, 1),
    plainProducers: oneOf(0, 1),
    readers: 1,
    groupMembers: [0, 0, 0, 2, 3][groupRandom.below(5)] ?? 0,
    hasStaticMember: groupRandom.below(2) === 0,
    sendEveryMs: oneOf(5, 20, 60),
    sessionTimeoutMs: oneOf(1_000, 2_000),
    lagMaxMs: oneOf(500, 1_000, 3_000)
  }
}
