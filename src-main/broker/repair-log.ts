/**
 * A log that cannot be used, as somebody has decided: copied anew where another leads and this broker is in no ISR, so that nobody
 * counts on what it has; or cut at its spoilt batch. Which one it is, is never decided here.
 */
import { AppError } from '../kernel/errors'
import { topicPartitionName, type TopicPartition } from '../kernel/ids'
import type { AskedRepair, Repaired } from '../kernel/log-repair'
import { said } from '../kernel/said'
import type { LogManager } from '../storage/log-manager'
import type { MetadataImage } from './core/metadata-image'
import type { ReplicaManager } from './replica-manager'

export interface RepairPorts {
  readonly logs: LogManager
  readonly image: MetadataImage
  readonly replicas: ReplicaManager
  readonly event: (name: string, fields: Readonly<Record<string, unknown>>) => void
}

/** Rejects with AppError, nothing changed: there is nothing to repair, or not so; or the disk refuses. */
export async function repairLog(ports: RepairPorts, { topic, partition, how }: AskedRepair): Promise<Repaired> {
  const { logs, event, replicas } = ports
  const of = { topic, partition }
  const name = topicPartitionName(of)
  const problem = logs.problemOf(topic, partition)
  if (problem === undefined)
    throw new AppError(
      'NOT_FOUND',
      said`Broker ${replicas.brokerId} can use its log of ${name}: there is nothing to repair.`
    )
  if (how === 'copy') {
    refuseUnlessLed(ports, of)
    await logs.beginAnew(of)
    event('logBegunAnew', of)
    return { from: null, to: null }
  }
  const { badBatch } = problem
  if (badBatch === undefined || !logs.cutAtBadBatch(of))
    throw new AppError(
      'FAILED',
      said`The disk fails at the log of ${name}: there is no place to cut it at. It is tried again by itself when the disk works.`
    )
  const cut = { from: badBatch.endOffset, to: badBatch.offset }
  event('logCut', { ...of, ...cut })
  return cut
}

function refuseUnlessLed({ image, replicas: { brokerId } }: RepairPorts, { topic, partition }: TopicPartition): void {
  const known = image.partition(topic, partition)
  const name = topicPartitionName({ topic, partition })
  const isLed = known !== undefined && known.leader >= 0 && known.leader !== brokerId && image.isAlive(known.leader)
  if (!isLed)
    throw new AppError(
      'FAILED',
      said`No other broker leads ${name}, so there is nothing to copy it from. Start a broker that has it in sync, or cut it.`
    )
  if (known.isr.includes(brokerId))
    throw new AppError('FAILED', said`Broker ${brokerId} still counts as in sync for ${name}. Try again in a moment.`)
}
