/** Where the user is, kept in the fragment of the URL so that a link opens the same screen. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'

export const SECTIONS = ['overview', 'brokers', 'topics', 'groups', 'settings'] as const
export type Section = (typeof SECTIONS)[number]

export interface Route {
  readonly section: Section
  /** Node, topic or group that is open. */
  readonly subject: string | undefined
  readonly tab: string | undefined
}

export function parseRoute(hash: string): Route {
  const [section, subject, tab] = hash
    .replace(/^#?\/?/, '')
    .split('/')
    .map(decode)
  const known = SECTIONS.find((one) => one === section)
  if (known === undefined) return { section: 'overview', subject: undefined, tab: undefined }
  return {
    section: known,
    subject: subject === '' ? undefined : subject,
    tab: tab === '' ? undefined : tab
  }
}

/** A malformed escape is shown as it stands. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export function linkTo(section: Section, subject?: string, tab?: string): string {
  const parts = [section, subject, tab].filter((part) => part !== undefined)
  return `#/${parts.map(encodeURIComponent).join('/')}`
}

/** Where the URL leads; one that leads to no section is made to say where one is instead. */
function currentRoute(): Route {
  const { hash } = window.location
  const route = parseRoute(hash)
  const isKnown = hash === '' || hash === linkTo(route.section) || hash.startsWith(`${linkTo(route.section)}/`)
  if (!isKnown) window.history.replaceState(window.history.state, '', linkTo(route.section))
  return route
}

export const useRouteStore = defineStore('route', () => {
  const route = shallowRef<Route>(currentRoute())
  const left = shallowRef<Route>()
  const enter = (next: Route): void => {
    const { section, subject, tab } = route.value
    if (next.section === section && next.subject === subject && next.tab === tab) return
    left.value = route.value
    route.value = next
  }
  window.addEventListener('hashchange', () => enter(currentRoute()))
  const go = (section: Section, subject?: string, tab?: string): void => {
    window.location.hash = linkTo(section, subject, tab)
    enter(parseRoute(window.location.hash))
  }
  /** What was open in a section when its list was come back to. */
  const cameFrom = (section: Section): string | undefined =>
    left.value?.section === section ? left.value.subject : undefined
  return { route, go, cameFrom }
})
