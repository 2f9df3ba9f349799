/** Consumer groups: the watched list, one watched group, and what is done to groups. */
import { defineStore } from 'pinia'
import type { CommandInput, CommandOutput } from '@api/commands'
import { host } from './host'
import { createWatched } from './watched'
import type { Watched } from './watched'

export const useGroupsStore = defineStore('groups', () => {
  const list = createWatched('groups')
  const group = (groupId: string): Watched<`group:${string}`> => createWatched(`group:${groupId}`)
  const remove = (groupId: string): Promise<CommandOutput<'group.delete'>> => host().call('group.delete', { groupId })
  const reset = (input: CommandInput<'group.reset'>): Promise<CommandOutput<'group.reset'>> =>
    host().call('group.reset', input)
  const restore = (input: CommandInput<'group.restore'>): Promise<CommandOutput<'group.restore'>> =>
    host().call('group.restore', input)
  const deleteOffsets = (input: CommandInput<'group.deleteOffsets'>): Promise<CommandOutput<'group.deleteOffsets'>> =>
    host().call('group.deleteOffsets', input)
  return { view: list.view, isHeard: list.isHeard, hold: list.hold, group, remove, reset, restore, deleteOffsets }
})
