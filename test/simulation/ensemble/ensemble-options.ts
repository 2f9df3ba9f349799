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
  'clientPause',
  'reset',
  'trap'
] as const
export type EnsembleFaultKind = (typeof ensembleFaultKinds)[number]

/** Of those the other end hears at once, or within the time that a link may be silent. */
const heardFaults: ReadonlySet<EnsembleFaultKind> = new Set([
  'kill',
  'stop',
  'pause',
  'cut',
  'cutOneWay',
  'isolate',
  'slowLink',
  'lossyLink',
  'slowDisk',
  'reset'
])

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
  /** The last client asks seldom, and only reads. */
  readonly hasQuietClient: boolean
  /**
   * Sessions last so long that no client helps itself by going elsewhere: once all is healed it has to be answered, or told that its
   * connection is over, by the members.
   */
  readonly isPatient: boolean
}

export function ensembleOptions(seed: number): EnsembleOptions {
  const random = new SimRandom(mixed(seed ^ 0x2bad))
  const oneOf = <T>(...choices: readonly [T, ...T[]]): T => choices[random.below(choices.length)] ?? choices[0]
  const isPatient = random.below(100) < 12
  const faults = ensembleFaultKinds.filter((kind) => random.below(100) < 40 && (!isPatient || heardFaults.has(kind)))
  return {
    seed,
    isPatient,
    hasQuietClient: random.below(100) < 60,
    members: oneOf(1, 3, 3, 3, 3, 5),
    clients: oneOf(2, 3, 3),
    durationMs: oneOf(1_500, 3_000, 5_000),
    faultEveryMs: oneOf(80, 200, 400, 1_000),
    faults: faults.length === 0 ? ['kill'] : faults,
    restartWithinMs: oneOf(5, 300, 1_500),
    linkDelayMs: oneOf(0, 1, 5),
    linkJitterMs: oneOf(0, 1, 10),
    syncDelayMs: oneOf(1, 3, 15),
    sessionTimeoutMs: isPatient ? 30_000 : oneOf(600, 1_000, 2_500),
    thinkMs: oneOf(4, 20, 60),
    snapshotEntriesMax: oneOf(12, 60, 50_000)
  }
}
