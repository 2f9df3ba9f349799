/**
 * Watches of this member's connections (ZooKeeper's WatchManager): two tables, data (with exist) and child, local and never in
 * the log. A watch belongs to its connection and dies with it.
 *
 * There are three kinds: one that is used up by its event, one that stays, and one that stays and is for all below its path
 * too, which is told of no children (ZOOKEEPER-1416). Deviation: at one path a connection may have all of them, as from 3.9 on
 * (ZOOKEEPER-4466); in 3.8 the one armed last takes the place of the others.
 */
import type { TreeChange } from './znode-tree'
import { WatchIndex } from './watch-index'

export type WatchTableName = 'data' | 'child'
export type WatchKind = 'once' | 'persistent' | 'recursive'

/** An event and the connection it is for. */
export interface FiredWatch {
  readonly connectionId: number
  readonly event: TreeChange
}

const tables = ['data', 'child'] as const satisfies readonly WatchTableName[]
const kinds = ['once', 'persistent', 'recursive'] as const satisfies readonly WatchKind[]

type Table = Readonly<Record<WatchKind, WatchIndex>>
const newTable = (): Table => {
  return { once: new WatchIndex(), persistent: new WatchIndex(), recursive: new WatchIndex() }
}

export class WatchTable {
  readonly #tables: Readonly<Record<WatchTableName, Table>> = { data: newTable(), child: newTable() }

  get count(): number {
    return this.#all().reduce((count, index) => count + index.count, 0)
  }

  countOf(connectionId: number): number {
    return this.#all().reduce((count, index) => count + index.countOf(connectionId), 0)
  }

  add(table: WatchTableName, path: string, connectionId: number, kind: WatchKind = 'once'): void {
    this.#tables[table][kind].add(path, connectionId)
  }

  has(table: WatchTableName, path: string, connectionId: number): boolean {
    return kinds.some((kind) => this.#tables[table][kind].has(path, connectionId))
  }

  /** Of every kind. False when there was none. */
  remove(table: WatchTableName, path: string, connectionId: number): boolean {
    return kinds.filter((kind) => this.#tables[table][kind].remove(path, connectionId)).length > 0
  }

  /**
   * Takes what waits for this change. A deletion fires both tables of the znode, but tells a connection that waits in
   * both only once.
   */
  fire(event: TreeChange): readonly FiredWatch[] {
    const connections = new Set<number>()
    if (event.type === 'childrenChanged') {
      this.#fireAt('child', event.path, connections)
    } else {
      this.#fireAt('data', event.path, connections)
      this.#fireAbove('data', event.path, connections)
    }
    if (event.type === 'deleted') {
      this.#fireAt('child', event.path, connections)
      this.#fireAbove('child', event.path, connections)
    }
    return [...connections].map((connectionId) => ({ connectionId, event }))
  }

  connectionClosed(connectionId: number): void {
    for (const index of this.#all()) index.connectionClosed(connectionId)
  }

  // ── for the four-letter words ─────────────────────────────────────────────────────────────────────────────────

  /** Connections that wait, and paths that are waited for. O(n) in their number. */
  summary(): { readonly connections: number; readonly paths: number; readonly watches: number } {
    return { connections: this.connections().size, paths: this.paths().size, watches: this.count }
  }

  connections(): ReadonlySet<number> {
    return union(this.#all().map((index) => index.connections()))
  }

  paths(): ReadonlySet<string> {
    return union(this.#all().map((index) => index.paths()))
  }

  pathsOf(connectionId: number): ReadonlySet<string> {
    return union(this.#all().map((index) => index.pathsOf(connectionId)))
  }

  connectionsAt(path: string): ReadonlySet<number> {
    return union(this.#all().map((index) => index.at(path)))
  }

  #all(): readonly WatchIndex[] {
    return tables.flatMap((table) => kinds.map((kind) => this.#tables[table][kind]))
  }

  #fireAt(name: WatchTableName, path: string, connections: Set<number>): void {
    const table = this.#tables[name]
    for (const connectionId of table.once.take(path)) connections.add(connectionId)
    for (const connectionId of table.persistent.at(path)) connections.add(connectionId)
  }

  /** Those at the path itself among them. */
  #fireAbove(name: WatchTableName, path: string, connections: Set<number>): void {
    const { recursive } = this.#tables[name]
    if (recursive.count === 0) return
    for (let at = path; ; at = at.slice(0, at.lastIndexOf('/'))) {
      for (const connectionId of recursive.at(at === '' ? '/' : at)) connections.add(connectionId)
      if (at === '' || at === '/') return
    }
  }
}

function union<Item>(all: readonly Iterable<Item>[]): ReadonlySet<Item> {
  const items = new Set<Item>()
  for (const some of all) for (const item of some) items.add(item)
  return items
}
