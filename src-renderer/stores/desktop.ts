/** The window around the screens: what closing it does, and whether it is being closed. A browser's tab has none of it. */
import { defineStore } from 'pinia'
import { computed } from 'vue'
import type { CommandInput } from '@api/commands'
import { BROWSER } from '@api/desktop'
import { host } from './host'
import { useNoticesStore } from './notices'
import { createWatched } from './watched'

export const useDesktopStore = defineStore('desktop', () => {
  const notices = useNoticesStore()
  const watched = createWatched('app')
  watched.hold()
  const view = computed(() => watched.view.value ?? BROWSER)

  /** What cannot be kept holds all the same, until the app ends. */
  const set = async (input: CommandInput<'app.set'>): Promise<void> => {
    try {
      await host().call('app.set', input)
    } catch (cause) {
      notices.failed('notKept', '', cause)
    }
  }
  const close = (what: 'stop' | 'tray', remembers: boolean): Promise<unknown> =>
    host().call('app.close', { what, remembers })
  const stay = (): Promise<unknown> => host().call('app.stay', {})
  const openFolder = async (): Promise<void> => {
    try {
      await host().call('app.openFolder', {})
    } catch (cause) {
      notices.failed('openFolder', '', cause)
    }
  }
  /** null when nothing was chosen, or nothing could be. */
  const choosePath = async (name: string): Promise<string | null> => {
    try {
      return (await host().call('app.choosePath', { name })).path
    } catch (cause) {
      notices.failed('choosePath', '', cause)
      return null
    }
  }
  return { view, set, close, stay, openFolder, choosePath }
})
