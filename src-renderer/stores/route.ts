/** Where the user is, kept in the fragment of the URL so that a link opens the same screen. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'

export const SECTIONS = ['overview', 'brokers', 'ensemble', 'topics', 'groups', 'lab', 'settings'] as const
export type Section = (typeof SECTIONS)[number]

/** Sections with a page or a detail for each of their rows, and the tabs of it; which one is open without a word is the page's. */
export const TABS = {
  brokers: [],
  /** A member, or the path of a znode. */
  ensemble: [],
  topics: ['messages', 'partitions', 'groups', 'config'],
  groups: ['lag', 'members'],
  lab: []
} as const satisfies Partial<Record<Section, readonly string[]>>

/** Pages of the lab, the first one by default. */
export const LAB_PAGES = ['workloads', 'failures', 'cluster'] as const
export type LabPage = (typeof LAB_PAGES)[number]

/** Pages of the ensemble beside its members; no member is called so, and no path. */
export const ENSEMBLE_PAGES = ['sessions', 'watches'] as const

/** A page of the brokers; no node is called so. Its tab is the name of a partition. */
export const PLACEMENT = 'placement'

/** A record of the topic that is open. */
export interface RecordPlace {
  readonly partition: number
  readonly offset: number
}

export interface Route {
  readonly section: Section
  /** Node, topic or group that is open; page of the lab. */
  readonly subject: string | undefined
  readonly tab: string | undefined
  /** `#/topics/T/messages/P/O` opens this one. */
  readonly record?: RecordPlace
  /** `#/topics/T/partitions/P` opens this one. */
  readonly partition?: number
}

/** What of an address leads nowhere is left out. */
export function parseRoute(hash: string): Route {
  const [name, subject, tab, partition, offset] = hash
    .replace(/^#?\/?/, '')
    .split('/')
    .map(decode)
  const section = SECTIONS.find((one) => one === name) ?? 'overview'
  const tabs: readonly string[] | undefined = section in TABS ? TABS[section as keyof typeof TABS] : undefined
  // Kafka's simple consumers may commit for the group with the empty id; no topic or node has an empty name.
  const isNamed = subject !== undefined && (subject !== '' || section === 'groups')
  const isNowhere = section === 'lab' && !LAB_PAGES.some((page) => page === subject)
  if (tabs === undefined || !isNamed || isNowhere) return { section, subject: undefined, tab: undefined }
  if (section === 'brokers' && subject === PLACEMENT && tab !== undefined && /.-\d{1,10}$/s.test(tab))
    return { section, subject, tab }
  const place = { section, subject, tab: tabs.find((one) => one === tab) }
  if (section === 'topics' && tab === 'partitions' && partition !== undefined && PARTITION.test(partition))
    return { ...place, partition: Number(partition) }
  const record = section === 'topics' && tab === 'messages' ? recordPlace(partition, offset) : undefined
  return record === undefined ? place : { ...place, record }
}

const PARTITION = /^\d{1,9}$/

function recordPlace(partition = '', offset = ''): RecordPlace | undefined {
  if (!PARTITION.test(partition) || !/^\d{1,16}$/.test(offset)) return undefined
  const place = { partition: Number(partition), offset: Number(offset) }
  return Number.isSafeInteger(place.offset) ? place : undefined
}

/** A malformed escape is shown as it stands. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export function linkTo(section: Section, subject?: string, tab?: string, at?: RecordPlace | number): string {
  const place = typeof at === 'object' ? [at.partition, at.offset].map(String) : at === undefined ? [] : [String(at)]
  const parts = [section, subject, tab, ...place].filter((part) => part !== undefined)
  return `#/${parts.map(encodeURIComponent).join('/')}`
}

/** Where the URL leads; one that leads elsewhere than it says is made to say where one is. */
function currentRoute(): Route {
  const { hash } = window.location
  const route = parseRoute(hash)
  const address = linkTo(route.section, route.subject, route.tab, route.record ?? route.partition)
  const isTrue = hash === '' || decode(hash) === decode(address)
  if (!isTrue) window.history.replaceState(window.history.state, '', address)
  return route
}

export const useRouteStore = defineStore('route', () => {
  const route = shallowRef<Route>(currentRoute())
  const left = shallowRef<Route>()
  const enter = (next: Route): void => {
    const { section, subject, tab, record, partition } = route.value
    const isSameRecord = next.record?.partition === record?.partition && next.record?.offset === record?.offset
    const isSamePlace = isSameRecord && next.partition === partition
    if (next.section === section && next.subject === subject && next.tab === tab && isSamePlace) return
    left.value = route.value
    route.value = next
  }
  window.addEventListener('hashchange', () => enter(currentRoute()))
  const go = (section: Section, subject?: string, tab?: string, partition?: number): void => {
    window.location.hash = linkTo(section, subject, tab, partition)
    enter(parseRoute(window.location.hash))
  }
  /** What was open in a section when its list was come back to. */
  const cameFrom = (section: Section): string | undefined =>
    left.value?.section === section ? left.value.subject : undefined
  return { route, go, cameFrom }
})
