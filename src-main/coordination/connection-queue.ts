/** What waits on a client's connection, in the order in which it was asked for. */
import type { LogCommand } from './core/log-entry'
import type { Outcome } from './core/replicated-state'
import type { ConnectRequest } from './wire/connect'
import type { ReadRequest, SetWatchesRequest } from './wire/requests'
import type { Identity } from './wire/stat'
import type { Zxid } from './wire/zxid'

/** A frame may hold 200,000 paths: so many are looked at in one turn. */
export const watchedPathsPerTurn = 2_000

/** What became of a proposal; undefined where it was refused. */
export interface Decision {
  readonly zxid: Zxid
  readonly outcome: Outcome
}

export type Waiting = { readonly cameAtMs: number } & (
  | { readonly type: 'handshake'; readonly proposalId: number; readonly request: ConnectRequest }
  | { readonly type: 'write'; readonly xid: number; readonly proposalId: number; readonly bytes: number }
  /** A write that is proposed when every sync and ping before it has passed. */
  | {
      readonly type: 'held'
      readonly xid: number
      readonly command: LogCommand
      readonly bytes: number
    }
  /** A write whose entry is decided while replies before it wait for room. */
  | { readonly type: 'written'; readonly xid: number; readonly decision: Decision | undefined }
  /** `barrier`: of a sync or a ping, which is answered when the leader has said how far this member must be, and it is. */
  | {
      readonly type: 'read'
      readonly xid: number
      readonly request: ReadRequest
      readonly identities: readonly Identity[]
      readonly barrier?: { isPassed: boolean }
    }
  /** Of a setWatches with many paths: a turn of its own, and no reply but the last piece's, which is a read. */
  | { readonly type: 'piece'; readonly request: SetWatchesRequest; readonly identities: readonly Identity[] }
  /** Of an auth. Its header tells no zxid (measured on 3.8). */
  | { readonly type: 'authenticated'; readonly xid: number }
  | { readonly type: 'error'; readonly xid: number; readonly error: number; readonly closes: boolean }
)

const watchedTables = ['data', 'exist', 'child', 'persistent', 'recursive'] as const

export function looksAtTree(waiting: Waiting): boolean {
  return waiting.type === 'piece' || (waiting.type === 'read' && waiting.request.type !== 'ping')
}

/** The same in pieces of so many paths, in their order; one at least. */
export function piecesOf(request: SetWatchesRequest): SetWatchesRequest[] {
  const none = { ...request, data: [], exist: [], child: [], persistent: [], recursive: [] }
  const pathsIn = (table: (typeof watchedTables)[number]): readonly string[] => request[table] ?? []
  const count = watchedTables.reduce((paths, table) => paths + pathsIn(table).length, 0)
  if (count <= watchedPathsPerTurn) return [request]
  return watchedTables.flatMap((table) => {
    const paths = pathsIn(table)
    const pieces: SetWatchesRequest[] = []
    for (let at = 0; at < paths.length; at += watchedPathsPerTurn)
      pieces.push({ ...none, [table]: paths.slice(at, at + watchedPathsPerTurn) })
    return pieces
  })
}
