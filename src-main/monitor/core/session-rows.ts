/** What several members tell of their clients, joined: each session once, with its owner, and who watches what. Pure. */
import {
  WATCHES_NAMED_MAX,
  type SessionOwner,
  type SessionRow,
  type SessionsView,
  type WatchedPathsView,
  type WatchersView
} from '../../api/sessions'
import type { ClientConnection, DumpedSessions } from './member-words'

/** Of one member that answers. */
export interface MemberTold {
  /** host:port */
  readonly member: string
  readonly connections: readonly ClientConnection[]
  readonly dump: DumpedSessions
}

/** Of all of them. */
export interface Told {
  readonly members: readonly MemberTold[]
  readonly silent: readonly string[]
  readonly isCut: boolean
  /** Lagoon's own session; undefined while it has none. */
  readonly ours: string | undefined
  readonly nowMs: number
}

export interface Asked {
  readonly limit: number
  readonly contains?: string | undefined
}

/** The end of a session is told to the leader's tick and in whole seconds: its clock is wrong only beyond that. */
const clockToleranceMs = 3_000

/** In the order of `session.list`. O(n log n). */
export function sessionRows({ members, ours, isCut, nowMs }: Told): readonly SessionRow[] {
  const connected = connections(members)
  const ended = new Map(
    members.flatMap(({ dump }) => [...dump.sessions]).filter(([, one]) => one.endsAtMs !== undefined)
  )
  const timeouts = new Map(
    members.flatMap(({ dump }) => [...dump.sessions]).filter(([, one]) => one.timeoutMs !== undefined)
  )
  const ephemerals = new Map(members.toReversed().flatMap(({ dump }) => [...dump.ephemerals]))
  const ids = new Set([...members.flatMap(({ dump }) => [...dump.sessions.keys()]), ...connected.keys()])
  const rows = [...ids].map((sessionId): SessionRow => {
    const connection = connected.get(sessionId)
    const timeoutMs = connection?.timeoutMs ?? timeouts.get(sessionId)?.timeoutMs ?? null
    const endsAtMs = ended.get(sessionId)?.endsAtMs
    const paths = ephemerals.get(sessionId)
    return {
      sessionId,
      broker: brokerOf(paths),
      isOurs: sessionId === ours,
      client: connection?.client ?? null,
      member: connection?.member ?? null,
      timeoutMs,
      // A list that was cut short leaves out some who own znodes.
      ephemerals: paths?.length ?? (isCut ? null : 0),
      heardAtMs: endsAtMs === undefined || timeoutMs === null ? null : heardAt(endsAtMs, timeoutMs, nowMs)
    }
  })
  return rows.sort(bySession)
}

/** By a clock that agrees with ours; null by one that does not. */
function heardAt(endsAtMs: number, timeoutMs: number, nowMs: number): number | null {
  const isPossible = endsAtMs >= nowMs - clockToleranceMs && endsAtMs - timeoutMs <= nowMs + clockToleranceMs
  return isPossible ? Math.min(nowMs, endsAtMs - timeoutMs) : null
}

export function sessionsView(told: Told, rows: readonly SessionRow[], { limit, contains }: Asked): SessionsView {
  const matching = rows.filter(matches(contains))
  return { sessions: matching.slice(0, limit), ...toldOf(told, rows.length, matching.length) }
}

/** Pairs of path and session, of every member. */
export type Watches = ReadonlyMap<string, readonly string[]>

export function watchedPathsView(
  told: Told,
  watches: Watches,
  owners: ReadonlyMap<string, SessionOwner>,
  { limit, contains }: Asked
): WatchedPathsView {
  const wanted = contains?.trim().toLowerCase() ?? ''
  const matching = [...watches].filter(
    ([path, ids]) =>
      wanted === '' || path.toLowerCase().includes(wanted) || ids.some((id) => isNamed(ownerOf(id, owners), wanted))
  )
  matching.sort(([one], [other]) => (one < other ? -1 : 1))
  const paths = matching.slice(0, limit).map(([path, ids]) => ({
    path,
    count: ids.length,
    named: ids.slice(0, WATCHES_NAMED_MAX).map((id) => ownerOf(id, owners))
  }))
  return { paths, ...toldOf(told, watches.size, matching.length) }
}

export function watchersView(
  told: Told,
  watches: Watches,
  owners: ReadonlyMap<string, SessionOwner>,
  { limit, contains }: Asked
): WatchersView {
  const wanted = contains?.trim().toLowerCase() ?? ''
  const bySessionId = new Map<string, string[]>()
  for (const [path, ids] of watches)
    for (const id of ids) {
      const paths = bySessionId.get(id)
      if (paths === undefined) bySessionId.set(id, [path])
      else paths.push(path)
    }
  const rows = [...bySessionId].map(([id, paths]) => ({ owner: ownerOf(id, owners), paths }))
  const matching = rows.filter(
    ({ owner, paths }) =>
      wanted === '' || isNamed(owner, wanted) || paths.some((path) => path.toLowerCase().includes(wanted))
  )
  matching.sort((a, b) => b.paths.length - a.paths.length || bySession(a.owner, b.owner))
  const sessions = matching.slice(0, limit).map(({ owner, paths }) => {
    return { ...owner, count: paths.length, named: paths.toSorted().slice(0, WATCHES_NAMED_MAX) }
  })
  return { sessions, ...toldOf(told, rows.length, matching.length) }
}

/** A session whose client has gone on to another member may still have its connection with the first: the later one counts. */
function connections(
  members: readonly MemberTold[]
): ReadonlyMap<string, ClientConnection & { readonly member: string }> {
  const latest = new Map<string, ClientConnection & { readonly member: string }>()
  for (const { member, connections: own } of members)
    for (const connection of own) {
      const before = latest.get(connection.sessionId)
      if (before === undefined || before.establishedAtMs <= connection.establishedAtMs)
        latest.set(connection.sessionId, { ...connection, member })
    }
  return latest
}

function brokerOf(paths: readonly string[] | undefined): number | null {
  for (const path of paths ?? []) {
    const id = /^\/brokers\/ids\/(\d{1,10})$/.exec(path)?.[1]
    if (id !== undefined) return Number(id)
  }
  return null
}

const ownerOf = (sessionId: string, owners: ReadonlyMap<string, SessionOwner>): SessionOwner => {
  const { broker = null, isOurs = false, client = null, member = null } = owners.get(sessionId) ?? {}
  return { sessionId, broker, isOurs, client, member }
}

const matches = (contains: string | undefined): ((owner: SessionOwner) => boolean) => {
  const wanted = contains?.trim().toLowerCase() ?? ''
  return (owner) => wanted === '' || isNamed(owner, wanted)
}

const isNamed = ({ sessionId, broker, isOurs, client, member }: SessionOwner, wanted: string): boolean =>
  [sessionId, broker === null ? null : `broker-${broker}`, isOurs ? 'lagoon' : null, client, member].some(
    (text) => text?.toLowerCase().includes(wanted) === true
  )

const rank = ({ broker, isOurs }: SessionOwner): number => (broker !== null ? broker : isOurs ? 2 ** 31 : 2 ** 32)

/** Hexadecimal without leading zeros: the longer one is the larger one. */
const byId = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)

const bySession = (a: SessionOwner, b: SessionOwner): number => rank(a) - rank(b) || byId(a.sessionId, b.sessionId)

const toldOf = ({ silent, isCut }: Told, total: number, matching: number) => ({
  total,
  matching,
  silent: [...silent],
  isCut
})
