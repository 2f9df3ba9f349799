/** Topics: the watched list, one watched topic, and what is done to topics. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { createWatched } from './watched'
import type { Watched } from './watched'
import { host } from './host'
import type { CommandInput, CommandOutput } from '@api/commands'

/** The monitor samples once a second, and in a cluster that is ill it takes longer. */
const AWAITED_MS = 10_000

export const useTopicsStore = defineStore('topics', () => {
  const list = createWatched('topics')
  const first = createWatched('first-topics')

  const topic = (name: string): Watched<`topic:${string}`> => createWatched(`topic:${name}`)
  const readers = (name: string): Watched<`readers:${string}`> => createWatched(`readers:${name}`)
  /** Created from this window, and not yet seen by the monitor: such a topic is no deleted one. */
  const awaited = shallowRef<ReadonlySet<string>>(new Set())
  const forget = (name: string): void => {
    awaited.value = new Set([...awaited.value].filter((one) => one !== name))
  }
  const create = async (input: CommandInput<'topic.create'>): Promise<CommandOutput<'topic.create'>> => {
    const created = await host().call('topic.create', input)
    awaited.value = new Set([...awaited.value, created.topic])
    window.setTimeout(() => forget(created.topic), AWAITED_MS)
    return created
  }
  const remove = (name: string): Promise<CommandOutput<'topic.delete'>> => {
    forget(name)
    return host().call('topic.delete', { topic: name })
  }
  const purge = (input: CommandInput<'topic.purge'>): Promise<CommandOutput<'topic.purge'>> =>
    host().call('topic.purge', input)
  const addPartitions = (name: string, to: number): Promise<CommandOutput<'topic.addPartitions'>> =>
    host().call('topic.addPartitions', { topic: name, to })
  const newestRecords = (input: CommandInput<'records.newest'>): Promise<CommandOutput<'records.newest'>> =>
    host().call('records.newest', input)

  const wholeRecord = (input: CommandInput<'record.whole'>): Promise<CommandOutput<'record.whole'>> =>
    host().call('record.whole', input)

  return {
    view: list.view,
    isHeard: list.isHeard,
    hold: list.hold,
    first: first.view,
    holdFirst: first.hold,
    topic,
    readers,
    awaited,
    create,
    remove,
    purge,
    addPartitions,
    newestRecords,
    wholeRecord
  }
})
