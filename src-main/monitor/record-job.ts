/** What is done with a topic's records behind the screens: a search, a tail, an export. Each is watched by its id. */
import type { JobPush } from '../api/search'
import type { KafkaCluster, RecordScanner } from '../kernel/cluster-ports'
import type { Clock, Log } from '../kernel/ports'

export interface JobPorts {
  readonly clock: Clock
  readonly log: Log
  readonly cluster: KafkaCluster & RecordScanner
  /** Resolves when the push has left the process. */
  readonly push: (push: JobPush) => Promise<void>
}

export interface RecordJob {
  /** Resolves when it has ended and that was pushed; rejects with programmer errors only. */
  run(): Promise<void>
  stop(): void
  /** Of a tail. */
  pause?(isPaused: boolean): void
}
