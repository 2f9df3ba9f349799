/**
 * Logs of this broker that cannot be used: told to people, and to the controller, which finds other leaders. As Kafka's broker
 * does (KIP-112) it writes a numbered znode; the controller then asks it for all that it holds, and hears which of it is refused.
 */
import type { BrokerId, TopicPartition } from '../kernel/ids'
import { topicPartitionName } from '../kernel/ids'
import type { Clock, Log } from '../kernel/ports'
import { pause } from '../kernel/waiting'
import { EnsembleError, type EnsembleClient } from '../coordination/ensemble-client'
import type { LogProblem } from '../storage/log-types'
import { logDirFailureData, paths } from './core/znodes'

const retryMs = 1_000
/** Partitions that are named with their reasons; beyond, only their number is told. */
export const offlineNamedMax = 200
const namesToldMax = 3

export interface OfflineLogsPorts {
  readonly clock: Clock
  readonly log: Log
  readonly ensemble: EnsembleClient
  readonly brokerId: BrokerId
  readonly event: (name: string, fields: Readonly<Record<string, unknown>>) => void
  /** All of them. */
  readonly problems: () => Iterable<TopicPartition & { readonly problem: LogProblem }>
  /** A programmer error: the process decides. */
  readonly failed: (error: unknown) => void
}

export class OfflineLogs {
  readonly #ports: OfflineLogsPorts
  readonly #back: string[] = []
  #isTold = true
  /** More have failed since the controller was told. */
  #isDue = false
  #notifying: Promise<void> | undefined
  #isStopped = false

  constructor(ports: OfflineLogsPorts) {
    this.#ports = ports
  }

  /** They are offline from now on, all for one reason. */
  failed(partitions: readonly TopicPartition[], { cause, message, badBatch }: LogProblem): void {
    const sample = partitions.slice(0, namesToldMax).map(topicPartitionName).join(', ')
    const lost = badBatch === undefined ? {} : { offset: badBatch.offset, file: badBatch.file }
    this.#ports.event('logsFailed', { count: partitions.length, sample, cause, message, ...lost })
    this.#tellSoon()
  }

  /** It can be used again. */
  back(partition: TopicPartition): void {
    this.#back.push(topicPartitionName(partition))
    this.#tellSoon()
  }

  /** With all that happens in one turn. */
  #tellSoon(): void {
    if (!this.#isTold) return
    this.#isTold = false
    this.#ports.clock.soon(() => {
      this.#isTold = true
      const names = this.#back.splice(0)
      if (names.length > 0)
        this.#ports.event('logsBack', { count: names.length, sample: names.slice(0, namesToldMax).join(', ') })
      this.#tell()
    })
  }

  #tell(): void {
    const named: unknown[] = []
    let count = 0
    for (const { topic, partition, problem } of this.#ports.problems()) {
      if (++count > offlineNamedMax) continue
      const { cause, message, badBatch = null } = problem
      named.push({ topic, partition, cause, message, badBatch })
    }
    this.#ports.event('offlineLogs', { count, named })
  }

  /** The controller is to ask for all that this broker holds: until that is written, it is tried again and again. */
  notify(): void {
    this.#isDue = true
    this.#notifying ??= this.#notify()
      .catch(this.#ports.failed)
      .finally(() => (this.#notifying = undefined))
  }

  async #notify(): Promise<void> {
    const { ensemble, clock, log, brokerId } = this.#ports
    while (this.#isDue && !this.#isStopped) {
      this.#isDue = false
      try {
        await ensemble.create(paths.newLogDirEvent, logDirFailureData(brokerId), { sequential: true })
      } catch (error) {
        if (!(error instanceof EnsembleError)) throw error
        log('warn', 'the controller could not be told of logs that failed', { reason: error.message })
        this.#isDue = true
        await pause(clock, retryMs)
      }
    }
  }

  stop(): void {
    this.#isStopped = true
  }
}
