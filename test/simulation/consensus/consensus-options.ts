/** What one seed of the simulation of consensus alone is made of: all of it comes from the seed. */
import type { RaftLimits } from '../../../src-main/coordination/core/consensus/raft'
import { mixed, SimRandom } from '../world/sim-random'

export interface ConsensusOptions {
  readonly seed: number
  readonly members: number
  readonly electionTimeoutMs: number
  readonly heartbeatMs: number
  readonly limits: RaftLimits
  /** Faults happen for so long; then everything heals. */
  readonly faultsMs: number
  readonly linkDelayMs: number
  readonly syncDelayMs: number
  /** 0 to 1. */
  readonly loss: number
  readonly duplication: number
  /** Of a message: it comes much later, behind many that were sent after it. */
  readonly lateness: number
  /** Of an answer to an append; twenty times as often of a vote. */
  readonly crashAfterPromise: number
  /** One of each kind happens after so long, on average; 0: never. */
  readonly crashEveryMs: number
  readonly pauseEveryMs: number
  readonly cutEveryMs: number
  readonly wipeEveryMs: number
  readonly fullEveryMs: number
  readonly snapshotEveryMs: number
  readonly transferEveryMs: number
  readonly proposeEveryMs: number
  readonly readEveryMs: number
  /** A dead member is started again after up to so long. */
  readonly restartWithinMs: number
  /** Counters of terms end early. */
  readonly counterMax: number
}

export function consensusOptions(seed: number): ConsensusOptions {
  const random = new SimRandom(mixed(seed))
  const oneOf = <T>(...values: readonly [T, ...T[]]): T => values[random.below(values.length)] ?? values[0]
  /** Each kind of fault is in some seeds and not in others. */
  const some = (everyMs: number): number => (random.below(2) === 0 ? 0 : everyMs)
  const electionTimeoutMs = oneOf(20, 40, 100)
  const batch = (): { entriesMax: number; bytesMax: number } => ({ entriesMax: oneOf(1, 2, 50), bytesMax: 10_000 })
  return {
    seed,
    members: oneOf(1, 3, 3, 3, 5),
    electionTimeoutMs,
    heartbeatMs: electionTimeoutMs / 5,
    limits: {
      persist: batch(),
      append: batch(),
      apply: batch(),
      flow: { messagesMax: oneOf(1, 2, 8), bytesMax: oneOf(200, 10_000) },
      uncommitted: { entriesMax: 40, bytesMax: 100_000 },
      tailBytesKept: oneOf(0, 200, 100_000),
      snapshotBytesMax: 1_000
    },
    faultsMs: electionTimeoutMs * oneOf(10, 20, 30),
    linkDelayMs: oneOf(0, 2, electionTimeoutMs / 4),
    syncDelayMs: oneOf(0, 1, electionTimeoutMs / 3),
    loss: oneOf(0, 0, 0.02, 0.2),
    duplication: oneOf(0, 0, 0.1),
    lateness: oneOf(0, 0, 0.05),
    crashAfterPromise: oneOf(0, 0, 0.002, 0.02),
    crashEveryMs: some(electionTimeoutMs * oneOf(1, 3, 8)),
    pauseEveryMs: some(electionTimeoutMs * 6),
    cutEveryMs: some(electionTimeoutMs * oneOf(2, 5)),
    wipeEveryMs: some(electionTimeoutMs * oneOf(2, 6)),
    fullEveryMs: some(electionTimeoutMs * 6),
    snapshotEveryMs: some(electionTimeoutMs * oneOf(1, 4)),
    transferEveryMs: some(electionTimeoutMs * 6),
    proposeEveryMs: electionTimeoutMs / oneOf(2, 5, 20),
    readEveryMs: electionTimeoutMs / oneOf(1, 4),
    restartWithinMs: oneOf(1, electionTimeoutMs, electionTimeoutMs * 4),
    counterMax: oneOf(5, 1_000_000, 1_000_000)
  }
}
