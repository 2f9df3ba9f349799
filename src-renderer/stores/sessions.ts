/** Who is connected to the ensemble and what it watches: asked of its members, a bounded part at a time. */
import { defineStore } from 'pinia'
import type { CommandInput, CommandOutput } from '@api/commands'
import { host } from './host'

export const useSessionsStore = defineStore('sessions', () => {
  // Each rejects with ApiError.
  const list = (input: CommandInput<'session.list'>): Promise<CommandOutput<'session.list'>> =>
    host().call('session.list', input)
  const watchedPaths = (input: CommandInput<'watch.paths'>): Promise<CommandOutput<'watch.paths'>> =>
    host().call('watch.paths', input)
  const watchers = (input: CommandInput<'watch.sessions'>): Promise<CommandOutput<'watch.sessions'>> =>
    host().call('watch.sessions', input)
  return { list, watchedPaths, watchers }
})
