/** Keys that work on every screen. The filter of a view listens for FILTER_EVENT. */
import { useEventListener } from '@vueuse/core'
import { useClustersStore } from '@/stores/clusters'
import { useDialogsStore } from '@/stores/dialogs'
import type { Dialog } from '@/stores/dialogs'
import { useEventsStore } from '@/stores/events'
import { SECTIONS, useRouteStore } from '@/stores/route'
import type { Route } from '@/stores/route'
import { isTyping } from './use-table-keys'

export const FILTER_EVENT = 'lagoon:filter'

/** A dialog, menu or tip; one that this very key closes is still there when the key comes up to the window. */
const hasOpenLayer = (): boolean => document.querySelector('[data-dismissable-layer]') !== null

/** To the topic that is looked at; elsewhere the form says to which. */
export function productionHere({ section, subject }: Route): Dialog {
  return section === 'topics' && subject !== undefined ? { type: 'produce', topic: subject } : { type: 'produce' }
}

export function useShortcuts(): void {
  const clusters = useClustersStore()
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
    } else if (event.key.toLowerCase() === 'p' && !hasControl && !event.altKey && !isTyping(event.target)) {
      event.preventDefault()
      // The page says that its cluster does not run.
      if (!clusters.isDown) dialogs.open(productionHere(route.route))
    } else if (event.key === '?' && !isTyping(event.target)) {
      dialogs.open({ type: 'shortcuts' })
    }
  })

  // After everybody else: what is open on the page, a selected row and a field have Esc first.
  useEventListener(window, 'keydown', (event) => {
    if (event.key !== 'Escape' || event.defaultPrevented || isTyping(event.target) || hasOpenLayer()) return
    const { section, subject } = route.route
    if (events.isListOpen) events.isListOpen = false
    else if (subject !== undefined) route.go(section)
  })
}
