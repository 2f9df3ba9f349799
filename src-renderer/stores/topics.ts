/** Topics: the watched list, one watched topic, and what is done to topics. */
import { defineStore } from 'pinia'
import { createWatched } from './watched'
import type { Watched } from './watched'
import { host } from './host'
import type { CommandInput, CommandOutput } from '@api/commands'

export const useTopicsStore = defineStore('topics', () => {
  const list = createWatched('topics')

  const topic = (name: string): Watched<`topic:${string}`> => createWatched(`topic:${name}`)
  const create = (input: CommandInput<'topic.create'>): Promise<CommandOutput<'topic.create'>> =>
    host().call('topic.create', input)
  const remove = (name: string): Promise<CommandOutput<'topic.delete'>> => host().call('topic.delete', { topic: name })
  const newestRecords = (input: CommandInput<'records.newest'>): Promise<CommandOutput<'records.newest'>> =>
    host().call('records.newest', input)

  return { view: list.view, hold: list.hold, topic, create, remove, newestRecords }
})
