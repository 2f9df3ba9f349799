/** What may be sent as a new topic: which names and partition counts the broker takes, and whether any can be. Pure. */
import { majorityOf } from '@api/ensemble'
import type { ClusterView } from '@api/views'

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

/** Why no topic can be created now. Of a cluster that others run the processes are not known, so nothing is said. */
export function creationObstacle(view: ClusterView | null): 'noQuorum' | 'noBroker' | undefined {
  if (view?.kind !== 'lab') return undefined
  const { running, needed } = quorumOf(view)
  if (running < needed) return 'noQuorum'
  const hasBroker = view.nodes.some((node) => node.role === 'broker' && node.state === 'running')
  return hasBroker ? undefined : 'noBroker'
}

/** How many members run, there are, and have to run. */
export function quorumOf(view: ClusterView | null): {
  readonly running: number
  readonly all: number
  readonly needed: number
} {
  const members = (view?.nodes ?? []).filter((node) => node.role === 'ensemble')
  const running = members.filter((node) => node.state === 'running').length
  return { running, all: members.length, needed: majorityOf(members.length) }
}
