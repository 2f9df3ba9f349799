/** Keys that work on every screen. The filter of a view listens for FILTER_EVENT. */
import { useEventListener } from '@vueuse/core'
import { useDialogsStore } from '@/stores/dialogs'
import { useEventsStore } from '@/stores/events'
import { SECTIONS, useRouteStore } from '@/stores/route'
import { isTyping } from './use-table-keys'

export const FILTER_EVENT = 'lagoon:filter'

export function useShortcuts(): void {
  const dialogs = useDialogsStore()
  const route = useRouteStore()
  const events = useEventsStore()

  useEventListener(document, 'keydown', (event) => {
    const hasControl = event.ctrlKey || event.metaKey
    if (hasControl && event.key.toLowerCase() === 'k') {
      event.preventDefault()
      if (dialogs.dialog?.type === 'palette') dialogs.close()
      else if (dialogs.dialog === undefined) dialogs.open({ type: 'palette' })
      return
    }
    if (dialogs.dialog !== undefined) return
    const section = hasControl ? SECTIONS[Number(event.key) - 1] : undefined
    if (section !== undefined) {
      event.preventDefault()
      route.go(section)
    } else if ((hasControl && event.key.toLowerCase() === 'f') || (event.key === '/' && !isTyping(event.target))) {
      if (!document.dispatchEvent(new Event(FILTER_EVENT, { cancelable: true }))) event.preventDefault()
    } else if (event.key === '?' && !isTyping(event.target)) {
      dialogs.open({ type: 'shortcuts' })
    } else if (event.key === 'Escape' && events.isListOpen) {
      events.isListOpen = false
    }
  })
}
