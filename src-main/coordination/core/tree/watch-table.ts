/**
 * One-shot watches of this member's connections (ZooKeeper's WatchManager): two tables, data (with exist) and
 * child, local and never in the log. A watch belongs to its connection and dies with it.
 */
import type { WatcherEvent } from '../../wire/responses'

export type WatchTableName = 'data' | 'child'

/** An event and the connection it is for. */
export interface FiredWatch {
  readonly connectionId: number
  readonly event: WatcherEvent
}

export class WatchTable {
  /** Most paths are watched by one connection, and there may be hundreds of thousands: no set for each of those. */
  readonly #byPath: Readonly<Record<WatchTableName, Map<string, number | Set<number>>>> = {
    data: new Map(),
    child: new Map()
  }
  readonly #byConnection = new Map<number, Readonly<Record<WatchTableName, Set<string>>>>()
  #count = 0

  get count(): number {
    return this.#count
  }

  countOf(connectionId: number): number {
    const own = this.#byConnection.get(connectionId)
    return own === undefined ? 0 : own.data.size + own.child.size
  }

  add(table: WatchTableName, path: string, connectionId: number): void {
    let own = this.#byConnection.get(connectionId)
    if (own === undefined) {
      own = { data: new Set(), child: new Set() }
      this.#byConnection.set(connectionId, own)
    }
    if (own[table].has(path)) return
    own[table].add(path)
    this.#count++
    const watching = this.#byPath[table].get(path)
    if (watching === undefined) this.#byPath[table].set(path, connectionId)
    else if (typeof watching === 'number') this.#byPath[table].set(path, new Set([watching, connectionId]))
    else watching.add(connectionId)
  }

  /**
   * Takes what waits for this change. A deletion fires both tables of the znode, but tells a connection that waits in
   * both only once.
   */
  fire(change: WatcherEvent): readonly FiredWatch[] {
    const connections =
      change.type === 'childrenChanged' ? this.#take('child', change.path) : this.#take('data', change.path)
    if (change.type === 'deleted') for (const id of this.#take('child', change.path)) connections.add(id)
    return [...connections].map((connectionId) => ({ connectionId, event: change }))
  }

  connectionClosed(connectionId: number): void {
    const own = this.#byConnection.get(connectionId)
    if (own === undefined) return
    for (const table of ['data', 'child'] as const) {
      for (const path of own[table]) {
        const watching = this.#byPath[table].get(path)
        if (typeof watching === 'object') watching.delete(connectionId)
        if (watching === connectionId || (typeof watching === 'object' && watching.size === 0))
          this.#byPath[table].delete(path)
        this.#count--
      }
    }
    this.#byConnection.delete(connectionId)
  }

  #take(table: WatchTableName, path: string): Set<number> {
    const watching = this.#byPath[table].get(path)
    if (watching === undefined) return new Set()
    this.#byPath[table].delete(path)
    const connections = typeof watching === 'number' ? new Set([watching]) : watching
    for (const connectionId of connections) {
      const own = this.#byConnection.get(connectionId)
      own?.[table].delete(path)
      if (own?.data.size === 0 && own.child.size === 0) this.#byConnection.delete(connectionId)
      this.#count--
    }
    return connections
  }
}
