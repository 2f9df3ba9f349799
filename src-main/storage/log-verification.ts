/**
 * Reads a segment that is in use, batch by batch, as recovery does: what was written well may be spoilt since, and a start reads
 * only what came after the recovery point. The file is opened for that alone, so that looking keeps nothing open.
 */
import { AppError } from '../kernel/errors'
import { batchMagic, currentMagic, batchHeaderBytes } from '../protocol/record/batch-header'
import { offsetName } from './core/file-names'
import { scanInSteps, type ScanResult } from './core/recovery-scan'
import type { Steps } from './core/steps'
import type { LogContext } from './log-context'
import type { Segment } from './segment'

/** Undefined where it is gone, or is of Kafka's formats of before 0.11, which carry other checksums. Throws DISK_FAILED. */
export function* verifySegment(context: LogContext, segment: Segment): Steps<ScanResult | undefined> {
  const { disk, checksum } = context.ports
  const path = disk.join(context.folder, `${offsetName(segment.baseOffset)}.log`)
  const { baseOffset, sizeBytes } = segment
  if (sizeBytes === 0 || !disk.exists(path)) return undefined
  const file = openOrGone(context, path)
  if (file === undefined) return undefined
  try {
    const header = new Uint8Array(batchHeaderBytes)
    if (file.readAt(0, header) === header.length && batchMagic(header, 0) < currentMagic) return undefined
    // What is appended meanwhile was checked when it came.
    const source = { sizeBytes, readAt: (position: number, into: Uint8Array) => file.readAt(position, into) }
    return yield* scanInSteps(source, { baseOffset, position: 0, nextOffset: baseOffset, checksum }, () => undefined)
  } finally {
    file.close()
  }
}

function openOrGone({ ports: { disk } }: LogContext, path: string) {
  try {
    return disk.open(path, 'read')
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'NOT_FOUND') throw error
    return undefined
  }
}
