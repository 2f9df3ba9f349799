/** What the parts of one partition's log share: its folder, the machine, its config, and who hears of a failed disk. */
import type { AppError } from '../kernel/errors'
import type { DeferredRemovals } from './deferred-removals'
import type { LogConfig, StoragePorts } from './log-types'

export interface LogContext {
  readonly ports: StoragePorts
  readonly folder: string
  readonly removals: DeferredRemovals
  /** For header reads of one call at a time; lookups never hold on to it. */
  readonly scratch: Uint8Array
  /** Told once and for all that the log directory cannot be trusted. */
  readonly failed: (error: AppError) => void
  /** The recovery point of a log has moved. */
  readonly flushed?: () => void
  /** A log has gone back: what the checkpoints say of it vouches for what is not there any more. */
  readonly truncated?: () => void
  /** The log's owner replaces it; segments read it at each use. */
  config: LogConfig
  /** partition.metadata, when it is to be made safe with the folder. */
  readonly identityPath?: string
}

export const scratchBytes = 4_096
