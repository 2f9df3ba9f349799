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
  return {
    section: SECTIONS.find((one) => one === section) ?? 'overview',
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

export const useRouteStore = defineStore('route', () => {
  const route = shallowRef<Route>(parseRoute(window.location.hash))
  window.addEventListener('hashchange', () => {
    route.value = parseRoute(window.location.hash)
  })
  const go = (section: Section, subject?: string, tab?: string): void => {
    window.location.hash = linkTo(section, subject, tab)
    route.value = parseRoute(window.location.hash)
  }
  return { route, go }
})
