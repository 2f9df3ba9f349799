/**
 * Whether the logs of this folder are still those that the rest of the cluster knows: they have a name of their own, which goes
 * into the registration, and get another one when some of what was written may be gone (KIP-903). A process that is killed
 * loses nothing, since what it wrote is the system's; a machine that stops without us, or a folder that was emptied, may.
 */
import { AppError, ignore } from '../kernel/errors'
import type { Disk, Log, Random } from '../kernel/ports'
import { randomUuid } from '../kernel/uuid'
import { shortenedName } from './core/log-names'
import { dataOf, textOf } from './core/znodes'

const fileName = 'log-incarnation'

export interface IncarnationPorts {
  readonly disk: Disk
  readonly random: Random
  readonly log: Log
  readonly dir: string
  readonly bootId: string
}

interface Recorded {
  readonly incarnation: string
  /** Of the machine when a process ran here last. */
  readonly bootId: string
}

/** Resolves when what the next process needs to know is on disk. Rejects with DISK_FAILED. */
export async function logIncarnation(ports: IncarnationPorts, wasClean: boolean): Promise<string> {
  const { disk, random, log, dir, bootId } = ports
  const path = disk.join(dir, fileName)
  const recorded = recordedAt(disk, path)
  const isSameBoot = bootId !== '' && recorded?.bootId === bootId
  const isWhole = recorded !== undefined && (wasClean || isSameBoot)
  const incarnation = isWhole ? recorded.incarnation : anotherName(recorded?.incarnation, random)
  if (isWhole && isSameBoot) return incarnation
  if (recorded !== undefined && !isWhole)
    log('warn', 'the machine stopped without us: logs may have lost their ends', {})
  try {
    await disk.replace(path, dataOf(`${JSON.stringify({ incarnation, bootId })}\n`))
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'DISK_FULL') throw error
    ignore(error, 'the next process finds an older one, and takes its logs for others')
  }
  return incarnation
}

function anotherName(before: string | undefined, random: Random): string {
  return before === undefined ? randomUuid(random) : shortenedName(before, randomUuid(random))
}

function recordedAt(disk: Disk, path: string): Recorded | undefined {
  if (!disk.exists(path)) return undefined
  try {
    const value: unknown = JSON.parse(textOf(disk.read(path)))
    if (typeof value !== 'object' || value === null) return undefined
    const { incarnation, bootId } = value as Record<string, unknown>
    return typeof incarnation === 'string' && typeof bootId === 'string' ? { incarnation, bootId } : undefined
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    ignore(error, 'half a file: nothing is known of these logs')
    return undefined
  }
}
