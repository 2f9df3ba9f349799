/**
 * Topics from before there were replicas. A folder is that old when its __consumer_offsets, which nobody makes by hand and which is
 * made with min(3, brokers) replicas now, has fewer: then Overview offers to raise all that have fewer. In any other folder a
 * topic has few replicas because somebody wanted it so, and nothing is offered. Pure.
 */
import type { ClusterView } from '../../api/views'
import type { Observation } from '../observation'
import type { Snapshot } from './snapshot'

/** offsets.topic.replication.factor and default.replication.factor, where there are as many brokers. */
const defaultFactor = 3
const offsetsTopic = '__consumer_offsets'
/** Raised at one time. */
const topicsMax = 200

/** By the partition that has the fewest. */
export function fewReplicas({ topics }: Pick<Snapshot, 'topics'>): Observation['fewReplicas'] {
  const offsets = topics.get(offsetsTopic)
  if (offsets === undefined || factorOf(offsets) >= defaultFactor) return null
  const few: { name: string; factor: number; isInternal: boolean }[] = []
  for (const topic of topics.values()) {
    const factor = factorOf(topic)
    if (factor < defaultFactor) few.push({ name: topic.name, factor, isInternal: topic.isInternal })
  }
  few.sort((a, b) => Number(b.isInternal) - Number(a.isInternal) || (a.name < b.name ? -1 : 1))
  return { count: few.length, topics: few.slice(0, topicsMax).map(({ name, factor }) => ({ name, factor })) }
}

const factorOf = ({
  partitions
}: {
  readonly partitions: readonly { readonly replicas: readonly number[] }[]
}): number => partitions.reduce((least, { replicas }) => Math.min(least, replicas.length), Infinity)

/** What is offered in a cluster of so many brokers; undefined: nothing. */
export function oldTopics(few: Observation['fewReplicas'], brokerCount: number): ClusterView['oldTopics'] {
  const factor = Math.min(defaultFactor, brokerCount)
  const all = few?.topics.filter((topic) => topic.factor < factor) ?? []
  if (few == null || !all.some(({ name }) => name === offsetsTopic)) return undefined
  const hidden = few.count - few.topics.length
  return { factor, count: all.length + hidden, topics: all.map(({ name }) => name) }
}
