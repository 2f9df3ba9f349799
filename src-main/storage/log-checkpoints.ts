/**
 * The three checkpoint files of a log directory: how far each log is safe, where it starts, and how far it is committed. What they said at
 * the start, or a log when it failed, goes on being what is known of a partition that is not open.
 */
import { topicPartitionName } from '../kernel/ids'
import type { Offset } from '../kernel/ids'
import type { Disk, Log } from '../kernel/ports'
import { CheckpointFile } from './checkpoint-file'
import type { PartitionLog } from './partition-log'

/** Every partition on disk, by the name of its folder; undefined while it is not open. */
export type LogsByName = () => Iterable<readonly [string, PartitionLog | undefined]>

class Checkpoint {
  readonly #file: CheckpointFile
  readonly #of: (log: PartitionLog) => Offset
  /** Of partitions that are not open. */
  readonly #known: Map<string, Offset>

  constructor(file: CheckpointFile, of: (log: PartitionLog) => Offset) {
    this.#file = file
    this.#of = of
    this.#known = file.read()
  }

  known(name: string): Offset {
    return this.#known.get(name) ?? 0
  }

  remember(name: string, log: PartitionLog): void {
    this.#known.set(name, this.#of(log))
  }

  lower(name: string, offset: Offset): void {
    this.#known.set(name, Math.min(offset, this.known(name)))
  }

  forget(name: string): void {
    this.#known.delete(name)
  }

  async write(
    logs: Iterable<readonly [string, PartitionLog | undefined]>,
    isTold: (offset: Offset) => boolean = () => true
  ): Promise<void> {
    const offsets = new Map<string, Offset>()
    for (const [name, log] of logs) {
      const offset = log === undefined ? this.#known.get(name) : this.#of(log)
      if (offset !== undefined && isTold(offset)) offsets.set(name, offset)
    }
    await this.#file.write(offsets)
  }
}

export class LogCheckpoints {
  readonly #logs: LogsByName
  readonly #recoveryPoints: Checkpoint
  readonly #logStarts: Checkpoint
  readonly #highWatermarks: Checkpoint

  constructor({ disk, log }: { readonly disk: Disk; readonly log: Log }, dir: string, logs: LogsByName) {
    const file = (name: string): CheckpointFile => new CheckpointFile(disk, log, disk.join(dir, name))
    this.#logs = logs
    this.#recoveryPoints = new Checkpoint(
      file('recovery-point-offset-checkpoint'),
      ({ recoveryPoint }) => recoveryPoint
    )
    this.#logStarts = new Checkpoint(file('log-start-offset-checkpoint'), ({ logStartOffset }) => logStartOffset)
    this.#highWatermarks = new Checkpoint(file('replication-offset-checkpoint'), ({ highWatermark }) => highWatermark)
  }

  /** Of a partition that is not open; 0 where nothing was said. */
  known(name: string): {
    readonly recoveryPoint: Offset
    readonly logStartOffset: Offset
    readonly highWatermark: Offset
  } {
    return {
      recoveryPoint: this.#recoveryPoints.known(name),
      logStartOffset: this.#logStarts.known(name),
      highWatermark: this.#highWatermarks.known(name)
    }
  }

  /** An open log is taken out of service. */
  remember(log: PartitionLog): void {
    const name = topicPartitionName(log)
    for (const checkpoint of this.#all()) checkpoint.remember(name, log)
  }

  /** What was said of an earlier partition of this name does not hold for a new one. */
  forget(name: string): void {
    for (const checkpoint of this.#all()) checkpoint.forget(name)
  }

  /** Nothing from `offset` on is vouched for any more. */
  lowerRecoveryPoint(name: string, offset: Offset): void {
    this.#recoveryPoints.lower(name, offset)
  }

  /** Rejects with DISK_FAILED, as the others. */
  writeRecoveryPoints(): Promise<void> {
    return this.#recoveryPoints.write(this.#logs())
  }

  writeHighWatermarks(): Promise<void> {
    return this.#highWatermarks.write(this.#logs())
  }

  writeLogStarts(): Promise<void> {
    return this.#logStarts.write(this.#logs(), (offset) => offset > 0)
  }

  #all(): readonly Checkpoint[] {
    return [this.#recoveryPoints, this.#logStarts, this.#highWatermarks]
  }
}
