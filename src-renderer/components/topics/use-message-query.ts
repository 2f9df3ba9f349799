/** What is typed above the messages: where to read from, what to search for, up to where; and what of it cannot be used. */
import { reactive, shallowRef, watch } from 'vue'
import type { ShallowRef } from 'vue'
import type { ScanQuery } from '@api/search'
import { criteriaOf, partitionsOf, placeOf } from './message-query'
import type { Place, SearchKind, Until } from './message-query'
import type { PageStart } from './why-empty'

/** Where something was typed that cannot be used, and why: both are said there. */
export interface QueryProblem {
  readonly field: 'partitions' | 'start' | 'until' | 'text'
  readonly why: 'partitions' | 'offset' | 'time' | 'group' | 'noGroup' | 'window' | 'text'
  /** That is not there. */
  readonly group?: string
}

export interface MessageForm {
  place: Place
  startText: string
  partitionText: string
  kind: SearchKind
  filter: string
  until: Until
  untilText: string
}

const FIELDS_OF: Readonly<Record<QueryProblem['field'], readonly (keyof MessageForm)[]>> = {
  partitions: ['partitionText'],
  start: ['place', 'startText'],
  until: ['until', 'untilText'],
  text: ['kind', 'filter']
}
/** What it is of: when one of these changes, it is not known any more whether it is one. A window has two ends. */
const fieldsOf = ({ field, why }: QueryProblem): readonly (keyof MessageForm)[] =>
  why === 'window' ? [...FIELDS_OF.start, ...FIELDS_OF.until] : FIELDS_OF[field]

export interface MessageQuery {
  readonly form: MessageForm
  readonly problem: Readonly<ShallowRef<QueryProblem | undefined>>
  /** Where a page begins. These three are undefined when something that they need cannot be used; `problem` says what. */
  readonly start: () => PageStart | undefined
  readonly where: () => { readonly partitions?: number[] } | undefined
  readonly scan: () => Omit<ScanQuery, 'topic'> | undefined
  readonly refuse: (problem: QueryProblem | undefined) => void
}

export function useMessageQuery(partitionCount: () => number | undefined): MessageQuery {
  const form = reactive<MessageForm>({
    place: 'newest',
    startText: '',
    partitionText: '',
    kind: 'text',
    filter: '',
    until: 'end',
    untilText: ''
  })
  const problem = shallowRef<QueryProblem>()
  watch(
    () => ({ ...form }),
    (now, before) => {
      const of = problem.value === undefined ? [] : fieldsOf(problem.value)
      if (of.some((name) => now[name] !== before[name])) problem.value = undefined
    },
    // What is asked right after a change tells its own problem.
    { flush: 'sync' }
  )
  const refuse = (field: QueryProblem['field'], why: QueryProblem['why']): undefined => {
    problem.value = { field, why }
    return undefined
  }

  const where: MessageQuery['where'] = () => {
    problem.value = undefined
    const partitions = partitionsOf(form.partitionText, partitionCount() ?? Number.MAX_SAFE_INTEGER)
    if (partitions === null) return refuse('partitions', 'partitions')
    return partitions === undefined ? {} : { partitions }
  }
  const start: MessageQuery['start'] = () => {
    problem.value = undefined
    const { place, startText } = form
    if (place === 'newest' || place === 'oldest') return { type: place }
    if (place === 'group') return startText === '' ? refuse('start', 'group') : { type: 'group', groupId: startText }
    return placeOf(place, startText) ?? refuse('start', place)
  }
  const end = (): ScanQuery['to'] | null => {
    if (form.until === 'end') return undefined
    return placeOf(form.until, form.untilText) ?? refuse('until', form.until) ?? null
  }

  const scan: MessageQuery['scan'] = () => {
    const own = where()
    if (own === undefined) return undefined
    const from = start()
    if (from === undefined) return undefined
    const to = end()
    if (to === null) return undefined
    if (to !== undefined && !isWindow(from, to)) return refuse('until', 'window')
    const criteria = criteriaOf(form.kind, form.filter)
    if (criteria === undefined) return refuse('text', 'text')
    return {
      order: from.type === 'newest' ? 'newestFirst' : 'oldestFirst',
      ...own,
      ...(from.type === 'newest' || from.type === 'oldest' ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      criteria
    }
  }
  return { form, problem, start, where, scan, refuse: (what) => (problem.value = what) }
}

/** Offsets and times cannot be compared: what lies between them only the log knows. */
function isWindow(from: PageStart, to: NonNullable<ScanQuery['to']>): boolean {
  if (from.type === 'offset' && to.type === 'offset') return from.offset < to.offset
  if (from.type === 'time' && to.type === 'time') return from.timestampMs < to.timestampMs
  return true
}
