/**
 * What became of a failure on purpose, beside what was predicted of it: when the cluster is at rest again, and what is
 * different then. Pure: of the prediction, of how things stood before and stand now, and of the events in between. What was
 * not looked at is null, and what has more than one cause is attributed to none.
 */
import type { ActItem, ActItemName, ActOutcome, ActWhy, CountedNames, Standing } from '../../api/acts'
import type { FailureAct } from '../../api/failures'
import type { NodeCostView, NodeState } from '../../api/views'
import { topicPartitionName } from '../../kernel/ids'
import type { Effect } from './blast-radius'

const sampleMax = 3
/** A group may find its new coordinator so much later than its partition a leader: its commits are read first. */
const groupsPatienceMs = 15_000
/** Who is back gets so long to be in sync again. */
const backInSyncMs = 30_000
/** A leader looks every half of replica.lag.time.max.ms for who lags. */
const lagFactor = 1.5

/** An election that followed, as the controller told it. */
export interface FollowedElection {
  readonly atMs: number
  readonly count: number
  readonly isUnclean: boolean
}

export interface Followed {
  readonly act: FailureAct
  readonly effect: Effect
  /** When it had been done. */
  readonly atMs: number
  /** null: nothing had been seen before. */
  readonly before: Standing | null
  readonly predicted: NodeCostView | null
  readonly elections: readonly FollowedElection[]
  /** Since when what was done is undone, or has come back by itself. */
  readonly backAtMs: number | null
  /** The ensemble, or the controller, has missed the broker. */
  readonly isSessionOver: boolean
  readonly isMixed: boolean
}

// ── at rest ──────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Seen {
  readonly nowMs: number
  /** Brokers with a session; null while the ensemble cannot be asked. */
  readonly registered: readonly number[] | null
  readonly state: NodeState
  /** replica.lag.time.max.ms */
  readonly replicaLagMaxMs: number
}

/** Whether it is worth looking how partitions stand: before that the cluster cannot have noticed. */
export function isNoticed({ effect, atMs, backAtMs }: Followed, seen: Seen): boolean {
  if (effect.type === 'gone') {
    if (seen.registered === null) return false
    const isRegistered = seen.registered.includes(effect.broker)
    return backAtMs === null ? !isRegistered : isRegistered && seen.state === 'running'
  }
  const mayShrink = effect.type === 'cut' || effect.type === 'noWrites'
  return !mayShrink || backAtMs !== null || seen.nowMs >= atMs + lagFactor * seen.replicaLagMaxMs
}

/**
 * Whether all that follows has followed: two looks one after the other are alike, nobody waits for an election, and who is
 * back is in sync. `noticedMs`: since when it has been noticed.
 */
export function isAtRest(followed: Followed, seen: Seen & { readonly noticedMs: number }, looks: Looks): boolean {
  const { previous, now } = looks
  if (previous === undefined || previous.atMs <= followed.atMs) return false
  if (now.atMs <= previous.atMs || placesOf(previous) !== placesOf(now)) return false
  if (!now.hasMetadata) return followed.effect.type !== 'gone' || seen.registered?.length === 0
  const isPatient = seen.nowMs < seen.noticedMs + groupsPatienceMs
  if (isPatient && now.groups?.some(({ coordinatorId }) => coordinatorId === null) === true) return false
  if (followed.effect.type !== 'gone') return true
  const { broker } = followed.effect
  if (followed.backAtMs === null) return rows(now).every(({ leader }) => leader !== broker)
  return seen.nowMs >= followed.backAtMs + backInSyncMs || isAsInSyncAsBefore(followed, now, broker)
}

export interface Looks {
  readonly previous: Standing | undefined
  readonly now: Standing
}

/** What an election or an ISR would change. */
const placesOf = ({ hasMetadata, topics, groups }: Standing): string =>
  JSON.stringify([
    hasMetadata,
    topics.map(({ topicId, partitions }) => [topicId, partitions.map(({ leader, isr }) => [leader, ...isr])]),
    groups
  ])

function isAsInSyncAsBefore({ before }: Followed, now: Standing, broker: number): boolean {
  if (before === null) return true
  const after = byName(now)
  return rows(before).every(({ name, isr, leader }) => {
    const row = after.get(name)
    if (row === undefined) return true
    return (leader === null || row.leader !== null) && (!isr.includes(broker) || row.isr.includes(broker))
  })
}

// ── the outcome ──────────────────────────────────────────────────────────────────────────────────────────────────

/** How it ended to be looked at: at rest, or why not. */
export type Ending = 'rest' | Extract<ActWhy, 'tooLate' | 'crowded' | 'hostEnded'>

/** `looks`: the last two; undefined where nothing could be looked at. */
export function actOutcome(followed: Followed, ending: Ending, looks: Looks | undefined): ActOutcome {
  const { before, predicted } = followed
  const isSeen = before !== null && looks?.now.hasMetadata === true
  const fates = isSeen ? fatesOf(followed, before, looks.now) : undefined
  const items = itemsOf(followed, fates)
  const isBack = followed.backAtMs !== null
  const isUnnoticed = isBack && followed.effect.type === 'gone' && !followed.isSessionOver
  const whys: readonly (ActWhy | false)[] = [
    followed.isMixed && 'mixed',
    ending !== 'rest' && ending,
    isUnnoticed && 'returned',
    isBack && !isUnnoticed && 'back',
    (before === null || predicted === null) && 'unforeseen',
    predicted !== null && !(predicted.isComplete && predicted.isMinIsrKnown) && 'incomplete',
    (fates?.gone ?? 0) > 0 && 'gone',
    ending === 'rest' && looks?.now.hasMetadata === false && 'nobodyAnswers'
  ]
  const elsewhere = fates?.elsewhere ?? none
  const isOther = elsewhere.count > 0 || items.some(({ isAlike }) => isAlike === false)
  const isKnown = ending === 'rest' && !followed.isMixed && isSeen && predicted !== null
  return {
    verdict: !isKnown ? 'unclear' : isOther ? 'differs' : 'asPredicted',
    whys: whys.filter((why) => why !== false),
    items: [...items],
    leaders: fates === undefined ? [] : [...fates.leaders],
    elsewhere,
    offline: fates?.offline ?? none,
    electedMs: electedMs(followed),
    writes: isSeen ? writesOf(looks) : null,
    looked: before === null ? 0 : rows(before).length,
    left: before?.left ?? 0
  }
}

const none: CountedNames = { count: 0, sample: [] }

interface Fates {
  readonly moves: number
  readonly leaders: readonly { readonly broker: number; readonly count: number }[]
  readonly elsewhere: CountedNames
  readonly offline: CountedNames
  readonly underMinIsr: number | null
  readonly shrinks: number
  readonly groupsMoved: number | null
  readonly groupsLost: number | null
  /** Partitions that are there no more. */
  readonly gone: number
}

function fatesOf({ effect, predicted }: Followed, before: Standing, now: Standing): Fates {
  const broker = effect.type === 'gone' ? effect.broker : undefined
  const after = byName(now)
  const foretold = new Map<string, number>()
  for (const { topic, moves } of predicted?.topics ?? [])
    for (const { partition, to } of moves) foretold.set(topicPartitionName({ topic, partition }), to)
  const elsewhere = new Names()
  const offline = new Names()
  const leaders = new Map<number, number>()
  let [gone, shrinks, underMinIsr] = [0, 0, 0]
  let isMinIsrKnown = true
  for (const row of rows(before)) {
    const then = after.get(row.name)
    // A topic that was made anew under its name is another one.
    if (then?.topicId !== row.topicId) {
      gone++
      continue
    }
    if (row.leader === null) continue
    if (then.leader === null) {
      offline.add(row.name)
      continue
    }
    if (then.leader !== row.leader) {
      leaders.set(then.leader, (leaders.get(then.leader) ?? 0) + 1)
      const to = foretold.get(row.name)
      if (to !== then.leader && (to !== undefined || row.leader !== broker)) elsewhere.add(row.name)
    }
    const kept = row.isr.filter((id) => then.isr.includes(id)).length
    // A leader that was out of sync begins an ISR of its own.
    if (kept > 0 && kept < row.isr.length) shrinks++
    if (row.needed === null || then.needed === null) isMinIsrKnown = false
    else if (row.isr.length >= row.needed && then.isr.length < then.needed) underMinIsr++
  }
  const counts = [...leaders].map(([id, count]) => ({ broker: id, count }))
  return {
    moves: counts.reduce((sum, { count }) => sum + count, 0),
    leaders: counts.sort((a, b) => b.count - a.count || a.broker - b.broker),
    elsewhere: elsewhere.counted(),
    offline: offline.counted(),
    underMinIsr: isMinIsrKnown ? underMinIsr : null,
    shrinks,
    ...groupFates(before, now, broker),
    gone
  }
}

/** Of the groups that the broker coordinated; one that is gone has lost nothing. */
function groupFates(
  before: Standing,
  now: Standing,
  broker: number | undefined
): Pick<Fates, 'groupsMoved' | 'groupsLost'> {
  if (before.groups === null || now.groups === null) return { groupsMoved: null, groupsLost: null }
  const after = new Map(now.groups.map(({ groupId, coordinatorId }) => [groupId, coordinatorId]))
  const held = before.groups.filter(({ groupId, coordinatorId }) => coordinatorId === broker && after.has(groupId))
  const then = held.map(({ groupId }) => after.get(groupId) ?? null)
  return {
    groupsMoved: then.filter((id) => id !== null && id !== broker).length,
    groupsLost: then.filter((id) => id === null).length
  }
}

function itemsOf(followed: Followed, fates: Fates | undefined): readonly ActItem[] {
  const { predicted, elections, backAtMs, effect } = followed
  const sum = (which: 'moves' | 'offline' | 'unclean' | 'underMinIsr' | 'refused'): number =>
    predicted?.topics.reduce((all, topic) => all + topic[which].length, 0) ?? 0
  const handed = predicted?.groups.filter(({ to }) => to !== null).length ?? 0
  // Replicas that were missing for a while are there again: how many were, nobody looked.
  const whileAway = <T>(value: T): T | null => (backAtMs === null ? value : null)
  const isGone = effect.type === 'gone'
  const unclean = elections.reduce((all, one) => all + (one.isUnclean ? one.count : 0), 0)
  const all: Readonly<Record<ActItemName, readonly [number, number | null | undefined]>> = {
    offline: [sum('offline'), whileAway(fates?.offline.count)],
    unclean: [sum('unclean'), fates === undefined ? null : unclean],
    underMinIsr: [sum('underMinIsr'), whileAway(fates?.underMinIsr)],
    refused: [sum('refused'), null],
    groupsLost: [(predicted?.groups.length ?? 0) - handed, isGone ? whileAway(fates?.groupsLost) : null],
    // A leader that was out of sync is another one, too.
    moves: [sum('moves') + sum('unclean'), fates?.moves],
    groupsMoved: [handed, isGone ? fates?.groupsMoved : null],
    shrinks: [predicted?.shrinks ?? 0, whileAway(fates?.shrinks)],
    slowed: [predicted?.slowed ?? 0, null]
  }
  return (Object.keys(all) as ActItemName[]).flatMap((what): ActItem[] => {
    const [foretold, seen] = all[what]
    const happened = seen ?? null
    const hasForetold = predicted !== null
    if ((!hasForetold || foretold === 0) && (happened === 0 || happened === null)) return []
    // What is known to be incomplete foretells no less than it says.
    const isAtLeast = predicted?.isComplete === false || (what === 'underMinIsr' && predicted?.isMinIsrKnown === false)
    const isAlike = !hasForetold || happened === null ? null : isAtLeast ? happened >= foretold : happened === foretold
    return [{ what, predicted: hasForetold ? foretold : null, happened, isAlike }]
  })
}

function electedMs({ atMs, elections }: Followed): number | null {
  const last = elections.at(-1)
  return last === undefined ? null : Math.max(0, last.atMs - atMs)
}

/** By the ISR; that records come in shows that somebody writes, whatever its acks. */
function writesOf({ previous, now }: Looks): ActOutcome['writes'] {
  const earlier = previous === undefined ? undefined : byName(previous)
  const writes = { taken: 0, refused: 0, unknown: 0, arriving: 0 }
  for (const { name, leader, isr, needed, end } of rows(now)) {
    if (leader === null) writes.refused++
    else if (needed === null) writes.unknown++
    else if (isr.length >= needed) writes.taken++
    else writes.refused++
    const before = earlier?.get(name)?.end ?? null
    if (end !== null && before !== null && end > before) writes.arriving++
  }
  return writes
}

type Row = Standing['topics'][number]['partitions'][number] & { readonly name: string; readonly topicId: string }

const rows = ({ topics }: Standing): readonly Row[] =>
  topics.flatMap(({ name: topic, topicId, partitions }) =>
    partitions.map((row) => ({ ...row, topicId, name: topicPartitionName({ topic, partition: row.partition }) }))
  )

const byName = (standing: Standing): ReadonlyMap<string, Row> => new Map(rows(standing).map((row) => [row.name, row]))

class Names {
  readonly #sample: string[] = []
  #count = 0

  add(name: string): void {
    this.#count++
    if (this.#sample.length < sampleMax) this.#sample.push(name)
  }

  counted(): CountedNames {
    return { count: this.#count, sample: [...this.#sample] }
  }
}
