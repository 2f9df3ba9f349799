/** `lagoon ensemble sessions` and `watches`: who is connected to the ensemble and what waits for changes, as the tabs of the screen have it. */
import { SESSION_ROWS_MAX, type SessionOwner, type SessionRow } from '../../api/sessions'
import type { SessionsView, WatchedPathsView, WatchersView } from '../../api/sessions'
import type { StatusView } from '../../api/views'
import { exitCodes } from './exit'
import type { CommonOptions } from './options'
import { printJson, printLine, table } from './output'
import { withCluster } from './verbs'

/** Rows that are printed unless more are asked for. */
export const ROWS_PRINTED = 200

export interface ListOptions extends CommonOptions {
  /** Default ROWS_PRINTED, at most SESSION_ROWS_MAX. */
  readonly limit?: number
  readonly contains?: string
}
export interface WatchesOptions extends ListOptions {
  readonly bySession?: boolean
}

type Told = Pick<SessionsView, 'total' | 'matching' | 'silent' | 'isCut'>
type Nodes = StatusView['nodes']

const asked = ({ limit, contains }: ListOptions): { limit: number; contains?: string } => ({
  limit: limit ?? ROWS_PRINTED,
  ...(contains === undefined ? {} : { contains })
})

export const ensembleSessions = (options: ListOptions): Promise<void> =>
  withCluster(options, async (client) => {
    const view = await client.call('session.list', asked(options))
    const { nodes } = await client.call('cluster.status', {})
    if (options.json === true) printJson(view)
    else printLine(sessionsText(view, nodes, Date.now()))
    tellRest(view, view.sessions.length, 'sessions', nodes)
  })

export const ensembleWatches = (options: WatchesOptions): Promise<void> =>
  withCluster(options, async (client) => {
    const { nodes } = await client.call('cluster.status', {})
    if (options.bySession === true) {
      const view = await client.call('watch.sessions', asked(options))
      if (options.json === true) printJson(view)
      else printLine(watchersText(view, nodes))
      return tellRest(view, view.sessions.length, 'sessions that watch', nodes)
    }
    const view = await client.call('watch.paths', asked(options))
    if (options.json === true) printJson(view)
    else printLine(watchedPathsText(view))
    tellRest(view, view.paths.length, 'watched paths', nodes)
  })

/** What is not there is said on stderr. With something missing that somebody ought to tell the command has failed. */
function tellRest(view: Told, shown: number, what: string, nodes: Nodes): void {
  const cut = cutSentence(view, shown, what)
  const unknown = unknownOfClients(view, nodes)
  for (const sentence of [cut, unknown]) if (sentence !== undefined) process.stderr.write(`${sentence}\n`)
  if (unknown !== undefined) process.exitCode = exitCodes.failed
}

export function cutSentence({ matching }: Told, shown: number, what: string): string | undefined {
  if (shown >= matching) return undefined
  const more = shown < SESSION_ROWS_MAX ? `--limit shows up to ${SESSION_ROWS_MAX}, ` : ''
  return `These are the first ${shown} of ${matching} ${what}: ${more}--contains only those that match.`
}

const hasClients = ({ state }: Nodes[number]): boolean => !['stopped', 'killed', 'crashed', 'failed'].includes(state)

/** A member whose process has ended has no clients, so that nothing of it is missing while others tell. */
export function unknownOfClients({ silent, isCut, total }: Told, nodes: Nodes): string | undefined {
  const members = silent.flatMap((address) => {
    const node = memberOf(address, nodes)
    return node === undefined || hasClients(node) || total === 0 ? [node?.name ?? address] : []
  })
  const sentences = [
    ...(members.length === 0 ? [] : [`${members.join(', ')} ${members.length === 1 ? 'tells' : 'tell'} nothing`]),
    ...(isCut ? ['a member had more to tell than fits into one answer'] : [])
  ]
  return sentences.length === 0 ? undefined : `Not known whole: ${sentences.join('; ')}.`
}

const memberOf = (address: string, nodes: Nodes): Nodes[number] | undefined =>
  nodes.find(({ name, port }) => name.startsWith('ensemble-') && address.endsWith(`:${port}`))

export function ownerText({ broker, isOurs, client, sessionId }: SessionOwner): string {
  if (broker !== null) return `broker-${broker}`
  return isOurs ? 'lagoon' : (client ?? sessionId)
}

const nameOf = (address: string | null, nodes: Nodes): string | null =>
  address === null ? null : (memberOf(address, nodes)?.name ?? address)

export function sessionsText({ sessions }: SessionsView, nodes: Nodes, nowMs: number): string {
  const row = (one: SessionRow): (string | number | null)[] => [
    ownerText(one),
    one.sessionId,
    one.client,
    nameOf(one.member, nodes),
    one.timeoutMs,
    one.ephemerals,
    one.heardAtMs === null ? null : Math.max(0, Math.round(nowMs - one.heardAtMs))
  ]
  const head = ['OWNER', 'SESSION', 'CLIENT', 'MEMBER', 'TIMEOUT MS', 'EPHEMERALS', 'HEARD MS AGO']
  return table(head, sessions.map(row))
}

/** The first of many, and how many more. */
const some = (named: readonly string[], count: number): string =>
  [...named, ...(count > named.length ? [`and ${count - named.length} more`] : [])].join(' ')

export function watchedPathsText({ paths }: WatchedPathsView): string {
  const rows = paths.map(({ path, count, named }) => [path, count, some(named.map(ownerText), count)])
  return table(['PATH', 'SESSIONS', 'WHO WAITS'], rows)
}

export function watchersText({ sessions }: WatchersView, nodes: Nodes): string {
  const rows = sessions.map((one) => [
    ownerText(one),
    one.sessionId,
    nameOf(one.member, nodes),
    one.count,
    some(one.named, one.count)
  ])
  return table(['OWNER', 'SESSION', 'MEMBER', 'PATHS', 'WHERE'], rows)
}
