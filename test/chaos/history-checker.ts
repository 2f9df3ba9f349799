/**
 * What clients were told, held against what the log has in the end: records that are lost, twice, out of order or changed, and
 * offsets that went back. One checker for the simulation and for real processes; it knows nothing of how a history came
 * about. After Jepsen's Kafka workload: unique values, everything that was seen is written down.
 */
import { checkGroups, type GroupEntry } from './group-history'

export interface Sent {
  readonly type: 'sent'
  readonly producer: string
  readonly partition: string
  /** Unique in the whole history. */
  readonly value: string
}
/** The broker said so; `offset` -1: it did not say where. */
export interface Acked {
  readonly type: 'acked'
  readonly producer: string
  readonly partition: string
  readonly value: string
  readonly offset: number
}
/** A consumer was given this record; each reader has its own order. */
export interface Read {
  readonly type: 'read'
  readonly reader: string
  readonly partition: string
  readonly offset: number
  readonly value: string
}
/** A reader went elsewhere on purpose: to this offset. */
export interface Sought {
  readonly type: 'sought'
  readonly reader: string
  readonly partition: string
  readonly offset: number
}
/** A client was told that the partition ends here (ListOffsets, latest). */
export interface Ended {
  readonly type: 'ended'
  readonly client: string
  readonly partition: string
  readonly offset: number
}
/** Somebody is about to commit, or to ask what is committed. */
export interface CommitAsked {
  readonly type: 'commitAsked'
  readonly group: string
  readonly partition: string
  /** Of this one question. */
  readonly asked: string
}
/** A commit was acknowledged, or what is committed was told. */
export interface Committed {
  readonly type: 'committed' | 'commitTold'
  readonly group: string
  readonly partition: string
  readonly offset: number
  /** Where it was said when this was asked: what others were told meanwhile may have come later. Absent: no others did. */
  readonly asked?: string
}
export type HistoryEntry = Sent | Acked | Read | Sought | Ended | CommitAsked | Committed | GroupEntry

/** What a producer was promised. */
export interface ProducerPromise {
  /** Its acknowledged records survive. */
  readonly isDurable: boolean
  /** Each of its records is there once at most, in the order in which it sent them. */
  readonly isIdempotent: boolean
}

export interface FinalRecord {
  readonly offset: number
  readonly value: string
}

export type AnomalyKind =
  | 'lost'
  | 'moved'
  | 'duplicate'
  | 'reordered'
  | 'phantom'
  | 'twoValues'
  | 'readBack'
  | 'skipped'
  | 'endWentBack'
  | 'commitWentBack'
  | 'staleCommit'
  | 'assignedTwice'
  | 'twoProtocols'
  | 'generationWentBack'

export interface Anomaly {
  readonly kind: AnomalyKind
  readonly partition: string
  /** Of the records that it is about, lowest first. */
  readonly offsets: readonly number[]
  readonly what: string
}

export interface CheckedHistory {
  readonly entries: readonly HistoryEntry[]
  /** All that each partition holds at the end, from its first record on. */
  readonly finalLogs: ReadonlyMap<string, readonly FinalRecord[]>
  readonly promises: ReadonlyMap<string, ProducerPromise>
}

/** All anomalies, in the order of the checks; none when every promise was kept. */
export function checkHistory(history: CheckedHistory): readonly Anomaly[] {
  return [
    ...checkAcked(history),
    ...checkFinal(history),
    ...checkValues(history),
    ...checkReaders(history),
    ...checkEnds(history.entries),
    ...checkCommits(history.entries),
    ...checkGroups(history.entries)
  ]
}

const anomaly = (kind: AnomalyKind, partition: string, offsets: readonly number[], what: string): Anomaly => ({
  kind,
  partition,
  offsets,
  what
})

const promiseOf = ({ promises }: CheckedHistory, producer: string): ProducerPromise =>
  promises.get(producer) ?? { isDurable: false, isIdempotent: false }

function offsetsOf(log: readonly FinalRecord[] | undefined): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>()
  for (const { offset, value } of log ?? []) {
    const known = places.get(value)
    if (known === undefined) places.set(value, [offset])
    else known.push(offset)
  }
  return places
}

/** What was acknowledged is there, where the answer said. */
function checkAcked(history: CheckedHistory): readonly Anomaly[] {
  const places = new Map([...history.finalLogs].map(([partition, log]) => [partition, offsetsOf(log)]))
  const found: Anomaly[] = []
  for (const entry of history.entries) {
    if (entry.type !== 'acked' || !promiseOf(history, entry.producer).isDurable) continue
    const { partition, value, offset, producer } = entry
    const at = places.get(partition)?.get(value)
    if (at === undefined)
      found.push(anomaly('lost', partition, [offset], `${value}, acknowledged to ${producer}, is gone`))
    else if (offset >= 0 && !at.includes(offset))
      found.push(
        anomaly(
          'moved',
          partition,
          [offset, ...at],
          `${value} was acknowledged at ${offset} and is at ${at.join(', ')}`
        )
      )
  }
  return found
}

/** What is there was sent; of an idempotent producer once, and in its order. */
function checkFinal(history: CheckedHistory): readonly Anomaly[] {
  const sent = new Map<string, { readonly producer: string; readonly order: number; readonly partition: string }>()
  for (const [order, entry] of history.entries.entries())
    if (entry.type === 'sent' && !sent.has(entry.value))
      sent.set(entry.value, { producer: entry.producer, partition: entry.partition, order })
  const found: Anomaly[] = []
  for (const [partition, log] of history.finalLogs) {
    const seen = new Map<string, number>()
    const last = new Map<string, { readonly order: number; readonly value: string }>()
    for (const { offset, value } of log) {
      const origin = sent.get(value)
      if (origin === undefined || origin.partition !== partition) {
        found.push(anomaly('phantom', partition, [offset], `${value} was never sent to it`))
        continue
      }
      if (!promiseOf(history, origin.producer).isIdempotent) continue
      const before = seen.get(value)
      if (before !== undefined) found.push(anomaly('duplicate', partition, [before, offset], `${value} is there twice`))
      seen.set(value, offset)
      const previous = last.get(origin.producer)
      if (before === undefined && previous !== undefined && previous.order > origin.order)
        found.push(
          anomaly('reordered', partition, [offset], `${value} was sent before ${previous.value} and comes after it`)
        )
      if (before === undefined) last.set(origin.producer, { order: origin.order, value })
    }
  }
  return found
}

/** One offset has one value, whoever reads it and whenever (but for what was never promised to stay). */
function checkValues(history: CheckedHistory): readonly Anomaly[] {
  const isUnstable = new Set<string>()
  for (const entry of history.entries)
    if (entry.type === 'sent' && !promiseOf(history, entry.producer).isDurable) isUnstable.add(entry.value)
  const values = new Map<string, string>()
  const found: Anomaly[] = []
  const told = (partition: string, offset: number, value: string, by: string): void => {
    const key = `${partition} ${offset}`
    const known = values.get(key)
    if (known === undefined) values.set(key, value)
    else if (known !== value && !isUnstable.has(known))
      found.push(anomaly('twoValues', partition, [offset], `${known} first, then ${value} (${by})`))
  }
  for (const entry of history.entries) {
    if (entry.type === 'read') told(entry.partition, entry.offset, entry.value, entry.reader)
    if (entry.type === 'acked' && entry.offset >= 0 && promiseOf(history, entry.producer).isDurable)
      told(entry.partition, entry.offset, entry.value, `acknowledged to ${entry.producer}`)
  }
  for (const [partition, log] of history.finalLogs)
    for (const { offset, value } of log) told(partition, offset, value, 'in the end')
  return found
}

/** A reader goes forward, and over nothing that is there. */
function checkReaders({ entries, finalLogs }: CheckedHistory): readonly Anomaly[] {
  const next = new Map<string, number>()
  const found: Anomaly[] = []
  const offsets = new Map([...finalLogs].map(([partition, log]) => [partition, log.map(({ offset }) => offset)]))
  for (const entry of entries) {
    if (entry.type !== 'read' && entry.type !== 'sought') continue
    const { reader, partition, offset } = entry
    const key = `${reader} ${partition}`
    const expected = next.get(key)
    next.set(key, entry.type === 'read' ? offset + 1 : offset)
    if (entry.type === 'sought' || expected === undefined) continue
    if (offset < expected)
      found.push(
        anomaly('readBack', partition, [offset], `${reader} had read up to ${expected} and was given ${offset}`)
      )
    const skipped = offset > expected ? between(offsets.get(partition) ?? [], expected, offset) : []
    if (skipped.length > 0) found.push(anomaly('skipped', partition, skipped, `${reader} was not given them`))
  }
  return found
}

/** Of a rising list those from `from` to below `to`. */
function between(rising: readonly number[], from: number, to: number): readonly number[] {
  let [low, high] = [0, rising.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((rising[middle] ?? Infinity) < from) low = middle + 1
    else high = middle
  }
  const within: number[] = []
  for (let at = low; (rising[at] ?? Infinity) < to; at++) within.push(rising[at] ?? 0)
  return within
}

function checkEnds(entries: readonly HistoryEntry[]): readonly Anomaly[] {
  const ends = new Map<string, number>()
  const found: Anomaly[] = []
  for (const entry of entries) {
    if (entry.type !== 'ended') continue
    const { client, partition, offset } = entry
    const key = `${client} ${partition}`
    const known = ends.get(key) ?? 0
    if (offset < known)
      found.push(
        anomaly('endWentBack', partition, [offset, known], `${client} was told of ${known}, then of ${offset}`)
      )
    ends.set(key, Math.max(known, offset))
  }
  return found
}

/** What is told is never older than a commit that was acknowledged before it was asked. */
function checkCommits(entries: readonly HistoryEntry[]): readonly Anomaly[] {
  const committed = new Map<string, number>()
  const knownWhenAsked = new Map<string, number>()
  const found: Anomaly[] = []
  for (const entry of entries) {
    if (entry.type !== 'commitAsked' && entry.type !== 'committed' && entry.type !== 'commitTold') continue
    const { group, partition, asked = '' } = entry
    const key = `${group} ${partition}`
    if (entry.type === 'commitAsked') {
      knownWhenAsked.set(`${asked} ${key}`, committed.get(key) ?? -1)
      continue
    }
    const { offset } = entry
    const known = knownWhenAsked.get(`${asked} ${key}`) ?? committed.get(key) ?? -1
    knownWhenAsked.delete(`${asked} ${key}`)
    if (offset < known)
      found.push(
        anomaly('commitWentBack', partition, [offset, known], `${group} had committed ${known}, and has ${offset}`)
      )
    committed.set(key, Math.max(committed.get(key) ?? -1, offset))
  }
  return found
}
