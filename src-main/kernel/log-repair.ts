/** What is asked of a broker whose log of a partition cannot be used: told to its process, answered when it is done. */
import type { TopicPartition } from './ids'

/** copy: what it has is given up, and all is copied from the leader. cut: a spoilt batch and all behind it are given up. */
export type Repair = 'copy' | 'cut'

export interface AskedRepair extends TopicPartition {
  readonly how: Repair
}

/** Of a cut: where the log ended, and where it ends now. */
export interface Repaired {
  readonly from: number | null
  readonly to: number | null
}
