/**
 * What members answer to four-letter words, as facts (ZooKeeper Administrator's Guide, "The Four Letter Words"; the layout is that of
 * 3.8). A line that says something else is passed over. Pure.
 */

export interface ClientConnection {
  /** host:port */
  readonly client: string
  readonly sessionId: string
  readonly timeoutMs: number
  /** When the connection was made, by the member's wall clock. */
  readonly establishedAtMs: number
}

/** Of `cons`: connections whose client has said who it is. */
export function connectionsIn(text: string): readonly ClientConnection[] {
  return [...linesOf(text)].flatMap((line) => {
    const [, host, port, inside] = /^ ?\/(.+):(\d{1,5})\[\d+\]\((.*)\)$/.exec(line) ?? []
    if (host === undefined || port === undefined || inside === undefined) return []
    const fields = new Map(inside.split(',').map((field) => [field.slice(0, field.indexOf('=')), field] as const))
    const valueOf = (name: string): string => fields.get(name)?.slice(name.length + 1) ?? ''
    const sessionId = sessionIdIn(valueOf('sid'))
    const [timeoutMs, establishedAtMs] = [Number(valueOf('to')), Number(valueOf('est'))]
    if (sessionId === undefined || !Number.isSafeInteger(timeoutMs) || !Number.isSafeInteger(establishedAtMs)) return []
    return [{ client: `${host}:${port}`, sessionId, timeoutMs, establishedAtMs }]
  })
}

export interface DumpedSessions {
  /** All of them; when each would end, by the leader's wall clock in whole seconds, and its timeout, by a follower's word. */
  readonly sessions: ReadonlyMap<string, { readonly endsAtMs?: number; readonly timeoutMs?: number }>
  /** By session: the paths that end with it. */
  readonly ephemerals: ReadonlyMap<string, readonly string[]>
}

/** Of `dump`: of a leader "n expire at …" and their ids, of a follower ids with timeouts; then whose the ephemeral znodes are. */
export function sessionsIn(text: string): DumpedSessions {
  const sessions = new Map<string, { endsAtMs?: number; timeoutMs?: number }>()
  const ephemerals = new Map<string, string[]>()
  let endsAtMs: number | undefined
  let owned: string[] | undefined
  for (const line of linesOf(text)) {
    const date = /^\d+ expire at (.*):$/.exec(line)?.[1]
    const owner = /^(0x[0-9a-f]{1,16}):$/.exec(line)?.[1]
    if (date !== undefined) endsAtMs = dateMs(date)
    else if (owner !== undefined) ephemerals.set(owner, (owned = []))
    else if (owned !== undefined && line.startsWith('\t/')) owned.push(line.slice(1))
    else {
      const [, id, timeout] = /^\t?(0x[0-9a-f]{1,16})(?:\t(\d+)ms)?$/.exec(line) ?? []
      if (id === undefined) continue
      sessions.set(id, {
        ...(timeout === undefined ? {} : { timeoutMs: Number(timeout) }),
        ...(timeout !== undefined || endsAtMs === undefined ? {} : { endsAtMs })
      })
    }
  }
  return { sessions, ephemerals }
}

/** Of `wchp`: by path the sessions that watch it. */
export function* watchesIn(text: string): IterableIterator<readonly [path: string, sessionId: string]> {
  let path: string | undefined
  for (const line of linesOf(text)) {
    if (line.startsWith('/')) path = line
    else if (path !== undefined && line.startsWith('\t')) {
      const sessionId = sessionIdIn(line.slice(1))
      if (sessionId !== undefined) yield [path, sessionId]
    }
  }
}

/** It has no leader, and tells nothing that hangs on one. */
export const isNotServing = (text: string): boolean => text.includes('not currently serving requests')

/** Its last line says that there would be more (our members' own words). */
export const isCutShort = (text: string): boolean => text.trimEnd().endsWith('it would be too much for one answer.)')

function* linesOf(text: string): IterableIterator<string> {
  for (let from = 0; from < text.length;) {
    const found = text.indexOf('\n', from)
    const end = found < 0 ? text.length : found
    yield text.slice(from, end)
    from = end + 1
  }
}

const sessionIdIn = (text: string): string | undefined => /^0x[0-9a-f]{1,16}$/.exec(text)?.[0]

/** As Java's Date is written, in UTC: Sun Nov 29 21:45:00 UTC 2026. */
function dateMs(text: string): number | undefined {
  const [, month, day, time, year] = /^\w{3} (\w{3}) (\d{1,2}) (\d\d:\d\d:\d\d) (?:UTC|GMT) (\d{4})$/.exec(text) ?? []
  const atMs = year === undefined ? NaN : Date.parse(`${day} ${month} ${year} ${time} UTC`)
  return Number.isNaN(atMs) ? undefined : atMs
}
