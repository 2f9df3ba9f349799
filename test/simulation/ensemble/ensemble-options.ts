/** What one seed decides: how many members there are, how their links and disks are, and which faults happen (swarm testing). */
import { mixed, SimRandom } from '../world/sim-random'

export const ensembleFaultKinds = [
  'kill',
  'bounce',
  'powerCut',
  'allAtOnce',
  'pause',
  'cut',
  'cutOneWay',
  'isolate',
  'slowLink',
  'lossyLink',
  'drift',
  'wipe',
  'fullDisk',
  'failedSync',
  'slowDisk',
  'stop',
  'clientCut',
  'clientPause'
] as const
export type EnsembleFaultKind = (typeof ensembleFaultKinds)[number]

export interface EnsembleOptions {
  readonly seed: number
  readonly members: number
  readonly clients: number
  /** Of simulated time in which faults happen; then all is healed and has to come to rest. */
  readonly durationMs: number
  /** Between two faults, on average. */
  readonly faultEveryMs: number
  readonly faults: readonly EnsembleFaultKind[]
  /** A member that ended starts again after up to so long. */
  readonly restartWithinMs: number
  readonly linkDelayMs: number
  readonly linkJitterMs: number
  readonly syncDelayMs: number
  readonly sessionTimeoutMs: number
  /** Of a client, before it asks for something. */
  readonly thinkMs: number
  readonly snapshotEntriesMax: number
}

export function ensembleOptions(seed: number): EnsembleOptions {
  const random = new SimRandom(mixed(seed ^ 0x2bad))
  const oneOf = <T>(...choices: readonly [T, ...T[]]): T => choices[random.below(choices.length)] ?? choices[0]
  const faults = ensembleFaultKinds.filter(() => random.below(100) < 40)
  return {
    seed,
    members: oneOf(1, 3, 3, 3, 3, 5),
    clients: oneOf(2, 3, 3),
    durationMs: oneOf(1_500, 3_000, 5_000),
    faultEveryMs: oneOf(80, 200, 400, 1_000),
    faults: faults.length === 0 ? ['kill'] : faults,
    restartWithinMs: oneOf(5, 300, 1_500),
    linkDelayMs: oneOf(0, 1, 5),
    linkJitterMs: oneOf(0, 1, 10),
    syncDelayMs: oneOf(1, 3, 15),
    sessionTimeoutMs: oneOf(600, 1_000, 2_500),
    thinkMs: oneOf(4, 20, 60),
    snapshotEntriesMax: oneOf(12, 60, 50_000)
  }
}
