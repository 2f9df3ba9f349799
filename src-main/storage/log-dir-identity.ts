/**
 * Whose log directory this is, and how it was left: Kafka's meta.properties and .kafka_cleanshutdown. A folder of another broker or
 * cluster, or of something else, is refused before anything is written into it.
 */
import { AppError } from '../kernel/errors'
import type { BrokerId } from '../kernel/ids'
import type { Disk, Log } from '../kernel/ports'
import { isRemnantOf } from '../kernel/remnant'
import { said } from '../kernel/said'
import { decodeMetaProperties, encodeMetaProperties } from './core/checkpoint-text'
import type { MetaProperties } from './core/checkpoint-text'
import { isDeletedFolder, partitionOfFolder } from './core/file-names'
import { isDiskFull } from './disk-failure'

const cleanShutdownFile = '.kafka_cleanshutdown'
const metaPropertiesFile = 'meta.properties'

export interface LogDirOwner {
  readonly dir: string
  readonly brokerId: BrokerId
  /** 22 characters of URL-safe base64. A folder with another one is refused. */
  readonly clusterId: string
}

/** 'known': it is the owner's; 'lost': it is, and says so no more; 'none': nobody's yet. */
export type LogDirIdentity = 'known' | 'lost' | 'none'

/** Whose log directory this is, before it is opened; undefined when nobody's yet. Throws FOREIGN_FOLDER. */
export function readMetaProperties(disk: Disk, dir: string): MetaProperties | undefined {
  const path = disk.join(dir, metaPropertiesFile)
  if (!disk.exists(path)) return undefined
  const meta = decodeMetaProperties(disk.read(path))
  if (meta === undefined)
    throw new AppError(
      'FOREIGN_FOLDER',
      said`${path} is no broker's meta.properties. Restore it from a copy, or choose another folder.`
    )
  return meta
}

/** Throws FOREIGN_FOLDER, with whose it is, when it is somebody else's. */
export function identityOf(
  { disk, log }: { readonly disk: Disk; readonly log: Log },
  { dir, brokerId, clusterId }: LogDirOwner
): LogDirIdentity {
  const path = disk.join(dir, metaPropertiesFile)
  const ours = encodeMetaProperties(brokerId, clusterId)
  if (disk.exists(path) && isRemnantOf(disk.read(path), ours)) {
    log('warn', 'meta.properties was lost in a power cut and is written anew', { path })
    return 'lost'
  }
  const meta = readMetaProperties(disk, dir)
  if (meta === undefined) {
    const alien = disk.list(dir).find(({ name, isDirectory }) => isDirectory && !isOfLogDirectory(name))
    // Partitions without it: it was lost, and what is in them is not to be trusted unread.
    if (alien === undefined) return disk.list(dir).some(({ isDirectory }) => isDirectory) ? 'lost' : 'none'
    throw new AppError(
      'FOREIGN_FOLDER',
      said`${dir} is no broker's log directory: it holds ${alien.name} and no meta.properties. Choose an empty folder.`
    )
  }
  if (meta.clusterId !== undefined && meta.clusterId !== clusterId)
    throw new AppError(
      'FOREIGN_FOLDER',
      said`${dir} belongs to cluster ${meta.clusterId}, not to ${clusterId}. Choose another folder.`
    )
  if (meta.brokerId !== undefined && meta.brokerId !== brokerId)
    throw new AppError(
      'FOREIGN_FOLDER',
      said`${dir} belongs to broker ${meta.brokerId}, not to ${brokerId}. Choose another folder.`
    )
  return 'known'
}

/** False when the disk has no room for it. */
export async function writeIdentity(disk: Disk, { dir, brokerId, clusterId }: LogDirOwner): Promise<boolean> {
  try {
    await disk.replace(disk.join(dir, metaPropertiesFile), encodeMetaProperties(brokerId, clusterId))
    return true
  } catch (error) {
    if (!isDiskFull(error)) throw error
    return false
  }
}

/** Whether the last stop was a clean one; whatever it was, from now on the next one is none unless it says so. */
export function takeCleanStop(disk: Disk, dir: string): boolean {
  const path = disk.join(dir, cleanShutdownFile)
  // Whole, as Kafka 3.9 writes it: an empty file (of Kafka before 3.7, or of a power cut) costs a recovery.
  const wasClean =
    disk.exists(path) && /^\{"version":\d+,"brokerEpoch":-?\d+\}\s*$/.test(new TextDecoder().decode(disk.read(path)))
  disk.remove(path)
  return wasClean
}

export async function noteCleanStop(disk: Disk, dir: string, brokerEpoch: number): Promise<void> {
  const text = JSON.stringify({ version: 0, brokerEpoch })
  await disk.replace(disk.join(dir, cleanShutdownFile), new TextEncoder().encode(text))
}

function isOfLogDirectory(name: string): boolean {
  return partitionOfFolder(name) !== undefined || isDeletedFolder(name) || name === 'lost+found'
}
