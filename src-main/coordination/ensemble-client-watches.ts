/**
 * The client's side of one-shot watches (ZooKeeper Programmer's Guide, "ZooKeeper Watches"): who is to be told about
 * which path. The tables outlive a connection, because the server forgets them with it; setWatches then arms them again.
 */
import type { SetWatchesRequest } from './wire/requests'
import type { WatcherEvent } from './wire/responses'
import type { Zxid } from './wire/zxid'

export type Watcher = (event: WatcherEvent) => void

/** data: getData and exists of a znode that is there; exist: of one that is not; child: getChildren. */
export type WatchKind = 'data' | 'exist' | 'child'

/** Characters of paths in one setWatches request; far below the member's frame limit. */
const setWatchesPathsMax = 128 * 1024

const kindsOfEvent = {
  created: ['data', 'exist'],
  deleted: ['data', 'exist', 'child'],
  dataChanged: ['data', 'exist'],
  childrenChanged: ['child']
} as const satisfies Record<WatcherEvent['type'], readonly WatchKind[]>

export class EnsembleClientWatches {
  readonly #tables: Readonly<Record<WatchKind, Map<string, Set<Watcher>>>> = {
    data: new Map(),
    exist: new Map(),
    child: new Map()
  }

  add(kind: WatchKind, path: string, watcher: Watcher): void {
    const table = this.#tables[kind]
    const watchers = table.get(path)
    if (watchers === undefined) table.set(path, new Set([watcher]))
    else watchers.add(watcher)
  }

  /** The watchers this event is for, each once; they are not armed any more. */
  take(event: WatcherEvent): readonly Watcher[] {
    const taken = new Set<Watcher>()
    for (const kind of kindsOfEvent[event.type]) {
      for (const watcher of this.#tables[kind].get(event.path) ?? []) taken.add(watcher)
      this.#tables[kind].delete(event.path)
    }
    return [...taken]
  }

  /** Watchers that are armed, each as often as it is. */
  get count(): number {
    let count = 0
    for (const table of Object.values(this.#tables)) for (const watchers of table.values()) count += watchers.size
    return count
  }

  clear(): void {
    for (const table of Object.values(this.#tables)) table.clear()
  }

  /** Requests that arm all of them on a new connection; none when nothing is watched. */
  setWatchesRequests(relativeZxid: Zxid): readonly SetWatchesRequest[] {
    const requests: SetWatchesRequest[] = []
    let paths: Record<WatchKind, string[]> = { data: [], exist: [], child: [] }
    let size = 0
    const flush = (): void => {
      if (size > 0) requests.push({ type: 'setWatches', relativeZxid, ...paths })
      paths = { data: [], exist: [], child: [] }
      size = 0
    }
    for (const kind of ['data', 'exist', 'child'] as const) {
      for (const path of this.#tables[kind].keys()) {
        paths[kind].push(path)
        size += path.length + 1
        if (size >= setWatchesPathsMax) flush()
      }
    }
    flush()
    return requests
  }
}
