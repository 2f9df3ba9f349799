/** What is typed above the messages as a question to the cluster. Pure. */
import type { ScanPlace, SearchCriterion } from '@api/search'
import { wholeNumber } from '@/components/ui/whole-number'
import { typedTime } from '@/composables/local-time'

export const SEARCH_KINDS = ['text', 'exact', 'regex', 'field', 'key', 'header', 'tombstone'] as const
export type SearchKind = (typeof SEARCH_KINDS)[number]

export const PLACES = ['newest', 'oldest', 'offset', 'time', 'group'] as const
export type Place = (typeof PLACES)[number]

/** How far a search goes. */
export const UNTILS = ['end', 'offset', 'time'] as const
export type Until = (typeof UNTILS)[number]

const PARTITIONS_MAX = 10_000

/** undefined while there is nothing to search for. */
export function criteriaOf(kind: SearchKind, text: string): SearchCriterion[] | undefined {
  if (kind === 'tombstone') return [{ type: 'tombstone' }]
  if (text === '') return undefined
  switch (kind) {
    case 'text':
      return [{ type: 'text', text }]
    case 'exact':
      return [{ type: 'text', text, isCaseSensitive: true }]
    case 'regex':
      return [{ type: 'regex', pattern: text, isCaseSensitive: true }]
    case 'field':
      return [{ type: 'field', expression: text }]
    case 'key':
      return [{ type: 'key', text }]
    case 'header': {
      const at = text.indexOf('=')
      return [
        at < 0 ? { type: 'header', name: text } : { type: 'header', name: text.slice(0, at), value: text.slice(at + 1) }
      ]
    }
  }
}

/** "0, 3, 5-7" as indexes in order; undefined for all, null for what is none. */
export function partitionsOf(text: string, count: number): number[] | undefined | null {
  if (text.trim() === '') return undefined
  const found = new Set<number>()
  for (const part of text.split(',')) {
    const match = /^\s*(\d{1,9})\s*(?:[-–]\s*(\d{1,9})\s*)?$/.exec(part)
    if (match === null) return null
    const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])]
    if (first > last || last >= count || last - first > PARTITIONS_MAX) return null
    for (let one = first; one <= last; one++) found.add(one)
  }
  return [...found].sort((a, b) => a - b)
}

/** Thousands apart, as this app shows them and as others do: 48 213, 48,213. */
const GROUPED = /^\d{1,3}(?:[\s\u2009\u202f]\d{3})+$|^\d{1,3}(?:,\d{3})+$/

/** Offset or time as typed; undefined for what is none. A time without a zone is of the one shown. */
export function placeOf(place: 'offset' | 'time', text: string): ScanPlace | undefined {
  const given = text.trim()
  if (place === 'offset') {
    const digits = GROUPED.test(given) ? given.replaceAll(/\D/g, '') : given
    const offset = wholeNumber(digits, 0, Number.MAX_SAFE_INTEGER)
    return offset === undefined ? undefined : { type: 'offset', offset }
  }
  const timestampMs = typedTime(given)
  return timestampMs === undefined ? undefined : { type: 'time', timestampMs }
}
