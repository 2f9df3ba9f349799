/** Why a page of messages is empty, or begins elsewhere than was asked, in words; and what is offered instead. Pure. */
import type { LogPlace } from '@api/commands'
import type { Text } from '@/composables/use-text'
import { integer, isoLocal } from '@/format'

/** Where somebody asked to read from. */
export type PageStart =
  | { readonly type: 'newest' }
  | { readonly type: 'oldest' }
  | { readonly type: 'offset'; readonly offset: number }
  | { readonly type: 'time'; readonly timestampMs: number }
  | { readonly type: 'group'; readonly groupId: string }

export interface PageOrigin {
  readonly start: PageStart
  /** It goes on where the page before it ended. */
  readonly isNext: boolean
  /** Undefined when all of the topic's were asked for. */
  readonly partitions: readonly number[] | undefined
}

export type Offer = 'newest' | 'oldest' | 'allPartitions' | 'connect'

export interface WhyEmpty {
  readonly title: string
  readonly text: string
  readonly offers: readonly Offer[]
}

type Words = Pick<Text, 't' | 'foreign'>

/** Partitions that are named; of more only how many there are. */
const NAMED_MAX = 3

const isEmpty = ({ startOffset, endOffset }: LogPlace): boolean => startOffset >= endOffset

/** Of a page with no records, whose partitions all answered: `places` has each of them. */
export function whyEmpty(words: Words, origin: PageOrigin, places: readonly LogPlace[]): WhyEmpty {
  const { t } = words
  const elsewhere = ['oldest', 'newest'] as const
  if (origin.isNext) {
    const key = origin.start.type === 'newest' ? 'older' : 'next'
    return { title: t(`messages.empty.${key}`), text: t(`messages.empty.${key}Why`), offers: elsewhere }
  }
  if (places.every(isEmpty)) return nothingHeld(words, origin, places)
  const held = places.filter((place) => !isEmpty(place))
  switch (origin.start.type) {
    case 'group':
      return { ...ofGroup(words, origin, origin.start.groupId, places), offers: elsewhere }
    case 'offset':
      if (!held.every(isPast)) break
      return {
        title: t('messages.empty.offset', { offset: integer(origin.start.offset) }),
        text: named(words, places, (place) => holding(words, place)),
        offers: elsewhere
      }
    case 'time':
      if (!held.every(({ askedOffset }) => askedOffset === null)) break
      return {
        title: t('messages.empty.time', { time: isoLocal(origin.start.timestampMs) }),
        text: t('messages.empty.timeWhy'),
        offers: elsewhere
      }
    case 'newest':
    case 'oldest':
      return { title: t('messages.empty.onlyGaps'), text: t('messages.empty.gapsWhy'), offers: elsewhere }
  }
  return { title: t('messages.empty.gaps'), text: t('messages.empty.gapsWhy'), offers: elsewhere }
}

function nothingHeld({ t }: Words, { partitions }: PageOrigin, places: readonly LogPlace[]): WhyEmpty {
  const isDeleted = places.some(({ endOffset }) => endOffset > 0)
  if (partitions === undefined) {
    return {
      title: t(isDeleted ? 'messages.empty.deleted' : 'messages.none'),
      text: t(isDeleted ? 'messages.empty.deletedWhy' : 'messages.noneWhy'),
      offers: ['connect']
    }
  }
  return {
    title: t('messages.empty.partition', { partitions: listed(t, partitions) }, partitions.length),
    text: t(isDeleted ? 'messages.empty.partitionDeletedWhy' : 'messages.empty.partitionWhy'),
    offers: ['allPartitions']
  }
}

function ofGroup(
  words: Words,
  { partitions }: PageOrigin,
  groupId: string,
  places: readonly LogPlace[]
): Omit<WhyEmpty, 'offers'> {
  const { t } = words
  const group = words.foreign(groupId)
  const held = places.filter((place) => !isEmpty(place))
  const without = held.filter(({ askedOffset }) => askedOffset === null)
  const past = places.filter(({ askedOffset, endOffset }) => askedOffset !== null && askedOffset > endOffset)
  // A commit before the end, and no record from there on: a consumer's lag is not 0, and it has not read everything.
  const before = held.filter(({ askedOffset, endOffset }) => askedOffset !== null && askedOffset < endOffset)
  if (without.length === held.length) {
    const key = partitions === undefined ? 'messages.empty.uncommitted' : 'messages.empty.uncommittedThere'
    return { title: t(key, { group }), text: t('messages.empty.uncommittedWhy') }
  }
  const sentences = [
    ...(without.length === 0 ? [] : [uncommitted(words, groupId, without)]),
    ...(past.length === 0 ? [] : [named(words, past, (place) => beyond(t, place))]),
    ...(before.length === 0 ? [] : [named(words, before, (place) => gapAfter(t, place))])
  ]
  if (sentences.length === 0) {
    // Of what was deleted it has not read everything; where its partitions begin is said above.
    const hasLost = places.some(({ askedOffset, endOffset }) => askedOffset !== null && askedOffset < endOffset)
    return hasLost
      ? { title: t('messages.empty.gaps'), text: t('messages.empty.gapsWhy') }
      : { title: t('messages.empty.read', { group }), text: t('messages.empty.readWhy') }
  }
  return { title: t('messages.empty.behind', { group }), text: sentences.join(' ') }
}

/**
 * What is to be said above a page that has records: of its partitions that have no committed offset, and of those whose log
 * begins after what was asked for.
 */
export function placeNotes(
  words: Words,
  { start }: PageOrigin,
  places: readonly LogPlace[],
  hasRecords: boolean
): string[] {
  const { t } = words
  const later = places.filter(({ askedOffset, startOffset }) => askedOffset !== null && askedOffset < startOffset)
  const without = places.filter((place) => place.askedOffset === null && !isEmpty(place))
  return [
    ...(start.type === 'group' && hasRecords && without.length > 0 ? [uncommitted(words, start.groupId, without)] : []),
    ...(later.length === 0 ? [] : [named(words, later, (place) => begins(t, place))])
  ]
}

const isPast = ({ askedOffset, endOffset }: LogPlace): boolean => askedOffset !== null && askedOffset >= endOffset

function uncommitted({ t, foreign }: Words, groupId: string, without: readonly LogPlace[]): string {
  const partitions = listed(
    t,
    without.map(({ partition }) => partition)
  )
  return t('messages.empty.uncommittedIn', { group: foreign(groupId), partitions }, without.length)
}

const beyond = (t: Text['t'], { partition, askedOffset, endOffset }: LogPlace): string =>
  t('messages.empty.beyond', { partition, asked: integer(askedOffset), end: integer(endOffset) })

const gapAfter = (t: Text['t'], { partition, askedOffset, endOffset }: LogPlace): string =>
  t('messages.empty.gapAfter', { partition, asked: integer(askedOffset), end: integer(endOffset) })

const begins = (t: Text['t'], { partition, askedOffset, startOffset }: LogPlace): string =>
  t('messages.empty.begins', { partition, asked: integer(askedOffset), start: integer(startOffset) })

function holding({ t }: Words, place: LogPlace): string {
  const { partition, startOffset, endOffset } = place
  return isEmpty(place)
    ? t('messages.empty.holdsNone', { partition, end: integer(endOffset) })
    : t('messages.empty.holds', { partition, start: integer(startOffset), last: integer(endOffset - 1) })
}

function named({ t }: Words, places: readonly LogPlace[], sentence: (place: LogPlace) => string): string {
  const sentences = places.slice(0, NAMED_MAX).map(sentence)
  const more = places.length - NAMED_MAX
  return [...sentences, ...(more > 0 ? [t('messages.empty.more', { count: integer(more) }, more)] : [])].join(' ')
}

function listed(t: Text['t'], partitions: readonly number[]): string {
  const list = partitions.slice(0, NAMED_MAX).join(', ')
  const more = partitions.length - NAMED_MAX
  return more > 0 ? t('list.andMore', { list, count: integer(more) }, more) : list
}
