/** What may be sent as a new topic: which names and partition counts the broker takes. Pure. */

/** The broker refuses more in one request. */
export const PARTITIONS_MAX = 10_000
/** Kafka's own limit (kafka.common.Topic): a name with its partition must fit into a file name. */
export const NAME_MAX = 249

export type NameProblem = 'nameLong' | 'nameCharacters' | 'nameDots'

/** undefined for a legal name, and for none yet. */
export function nameProblem(name: string): NameProblem | undefined {
  if (name === '') return undefined
  if (name === '.' || name === '..') return 'nameDots'
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) return 'nameCharacters'
  return name.length > NAME_MAX ? 'nameLong' : undefined
}
