/** Names of files and folders in a log directory (Kafka's): 20 digits of offset, `<topic>-<partition>`. */
import type { Offset, TopicPartition } from '../../kernel/ids'

export const offsetName = (offset: Offset): string => String(offset).padStart(20, '0')

/** The offset that a segment file is named by; undefined when the name is none of `suffix`. */
export function offsetOfName(name: string, suffix: string): Offset | undefined {
  if (!name.endsWith(suffix)) return undefined
  const digits = name.slice(0, -suffix.length)
  if (!/^\d{20}$/.test(digits)) return undefined
  const offset = Number(digits)
  return Number.isSafeInteger(offset) ? offset : undefined
}

/** Undefined when the folder is no partition. */
export function partitionOfFolder(name: string): TopicPartition | undefined {
  const match = /^([a-zA-Z0-9._-]{1,249})-(\d{1,10})$/.exec(name)
  if (match === null) return undefined
  const [, topic = '', index = ''] = match
  const partition = Number(index)
  return partition <= 0x7fff_ffff && String(partition) === index ? { topic, partition } : undefined
}

export const deletedFolderSuffix = '-delete'
const folderNameMax = 255

/** `<topic>-<p>.<32 hex>-delete`; a long topic is cut so that file systems take the name. */
export function deletedFolderName({ topic, partition }: TopicPartition, uniqueHex: string): string {
  const suffix = `-${partition}.${uniqueHex}${deletedFolderSuffix}`
  return topic.slice(0, folderNameMax - suffix.length) + suffix
}

export const isDeletedFolder = (name: string): boolean => /\.[0-9a-f]{32}-delete$/.test(name)

export const segmentSuffixes = ['.log', '.index', '.timeindex', '.txnindex'] as const
export const snapshotSuffix = '.snapshot'
/** Segment files on their way out. */
export const deletedSuffix = '.deleted'
