/**
 * Znodes that somebody looks at, kept current by the ensemble's own watches: `znode:<path>` is one with its data,
 * `children:<limit>:<path>` the first of its children. Watches fire once and miss what is between two looks, so what fired is read
 * again; a znode that changes a thousand times a second is read `minPauseMs` apart.
 *
 * A child's own number of children is no watch of its parent: it is looked at again now and then. Limits: heldMax keys, and
 * ZNODE_ROWS_MAX children of each.
 */
import type { ApiErrorBody } from '../api/api'
import type { Serdes } from '../api/formats'
import type { WatchKey } from '../api/watch'
import {
  childPath,
  childrenOfKey,
  znodePathSchema,
  ZNODE_SHOWN_BYTES,
  type ZnodeChildrenView,
  type ZnodeRow,
  type ZnodeView
} from '../api/znodes'
import { EnsembleError, type EnsembleClient, type Watcher, type ZnodeStat } from '../coordination/ensemble-client'
import { ignore } from '../kernel/errors'
import type { Clock, Timer } from '../kernel/ports'
import { said } from '../kernel/said'
import { aclOf, ownerOf, statView, unlessDenied } from './znode-administration'

export const heldMax = 300
const minPauseMs = 250
const rowsAgeMaxMs = 10_000
const retryMs = 1_000

export interface ZnodeWatchesPorts {
  readonly client: EnsembleClient
  readonly clock: Clock
  readonly serdes: Pick<Serdes, 'payloadFrom'>
  readonly push: (key: WatchKey, value: ZnodeView | ZnodeChildrenView) => void
  readonly refused: (key: WatchKey, error: ApiErrorBody) => void
}

export const isZnodeKey = (key: WatchKey): boolean => key.startsWith('znode:') || key.startsWith('children:')

export class ZnodeWatches {
  readonly #ports: ZnodeWatchesPorts
  readonly #held = new Map<WatchKey, Followed>()

  constructor(ports: ZnodeWatchesPorts) {
    this.#ports = ports
    ports.client.onSession((event) => {
      // Armed again by the client after a lost connection; of an expired session nothing is left.
      for (const one of this.#held.values()) one.session(event === 'connected')
    })
  }

  begin(key: WatchKey): void {
    const held = this.#held.get(key)
    if (held !== undefined) return held.tellAgain()
    const { client, refused } = this.#ports
    const told = (value: ZnodeView | ZnodeChildrenView): void => this.#ports.push(key, value)
    if (this.#held.size >= heldMax) {
      const message = said`${heldMax} znodes are followed already. Fold some of the tree, and open this one again.`
      return refused(key, { code: 'CONFLICT', message })
    }
    const children = childrenOfKey(key)
    const path = key.startsWith('znode:') ? key.slice('znode:'.length) : undefined
    const isPath = path !== undefined && znodePathSchema.safeParse(path).success
    const reader: Reader | undefined =
      children !== undefined
        ? new ChildrenReader(client, this.#ports.clock, children.path, children.limit)
        : isPath
          ? new ZnodeReader(client, this.#ports.serdes, path)
          : undefined
    if (reader === undefined) return refused(key, { code: 'INVALID_INPUT', message: said`${key} names no znode.` })
    const followed = new Followed(this.#ports, reader, told)
    this.#held.set(key, followed)
    followed.session(client.state === 'connected')
  }

  end(key: WatchKey): void {
    this.#held.get(key)?.close()
    this.#held.delete(key)
  }

  closeAll(): void {
    for (const key of [...this.#held.keys()]) this.end(key)
  }
}

interface Reader {
  /** Reads what is stale, and has `fired` called when that changes. */
  read(fired: () => void): Promise<ZnodeView | ZnodeChildrenView>
  /** All of it is read anew the next time; absent: it always is. */
  forget?(): void
  unreachable(): ZnodeView | ZnodeChildrenView
  readonly ageMaxMs: number | undefined
}

/** One key: one reading at a time, and what fires meanwhile is read after a pause. */
class Followed {
  readonly #ports: Pick<ZnodeWatchesPorts, 'clock' | 'client'>
  readonly #reader: Reader
  readonly #told: (value: ZnodeView | ZnodeChildrenView) => void
  #last: ZnodeView | ZnodeChildrenView | undefined
  #lastText = ''
  #isReading = false
  #isStale = false
  #isClosed = false
  #timer: Timer | undefined

  constructor(
    ports: Pick<ZnodeWatchesPorts, 'clock' | 'client'>,
    reader: Reader,
    told: (value: ZnodeView | ZnodeChildrenView) => void
  ) {
    this.#ports = ports
    this.#reader = reader
    this.#told = told
  }

  session(isConnected: boolean): void {
    if (isConnected) {
      this.#reader.forget?.()
      this.#fired()
    } else this.#tell(this.#reader.unreachable())
  }

  tellAgain(): void {
    if (this.#last !== undefined) this.#told(this.#last)
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  readonly #fired = (): void => {
    this.#isStale = true
    if (!this.#isReading && !this.#isClosed) void this.#read()
  }

  async #read(): Promise<void> {
    const { clock, client } = this.#ports
    this.#isReading = true
    this.#timer?.cancel()
    this.#isStale = false
    let pauseMs = minPauseMs
    try {
      const value = await this.#reader.read(this.#fired)
      this.#tell(value)
    } catch (error) {
      if (!(error instanceof EnsembleError)) throw error
      ignore(error, 'told as not reachable; read again when connected, or after a while')
      this.#reader.forget?.()
      this.#tell(this.#reader.unreachable())
      this.#isStale = client.state === 'connected'
      pauseMs = retryMs
    }
    if (this.#isClosed) return
    // What fires during the pause waits for its end.
    this.#timer = clock.after(pauseMs, () => {
      this.#isReading = false
      if (this.#isStale) return void this.#read()
      const { ageMaxMs } = this.#reader
      if (ageMaxMs !== undefined) this.#timer = clock.after(ageMaxMs, () => this.#fired())
    })
  }

  #tell(value: ZnodeView | ZnodeChildrenView): void {
    const text = JSON.stringify(value)
    if (this.#isClosed || text === this.#lastText) return
    this.#last = value
    this.#lastText = text
    this.#told(value)
  }
}

class ZnodeReader implements Reader {
  readonly ageMaxMs = undefined
  readonly #client: EnsembleClient
  readonly #serdes: Pick<Serdes, 'payloadFrom'>
  readonly #path: string
  #last: ZnodeView

  constructor(client: EnsembleClient, serdes: Pick<Serdes, 'payloadFrom'>, path: string) {
    this.#client = client
    this.#serdes = serdes
    this.#path = path
    this.#last = {
      path,
      isReachable: false,
      stat: null,
      data: null,
      cutFromBytes: null,
      owner: null,
      acl: null,
      isDenied: false
    }
  }

  async read(fired: () => void): Promise<ZnodeView> {
    const stat = await this.#client.exists(this.#path, fired)
    // Children that come and go change its stat, too. Its ACL may let its data be seen by others only.
    const isLeaf = stat === undefined || stat.ephemeralOwner !== 0n
    const [found, acl] = await Promise.all([
      stat === undefined ? undefined : unlessDenied(this.#client.getData(this.#path)),
      stat === undefined ? null : aclUnlessGone(this.#client, this.#path),
      isLeaf ? undefined : unlessDenied(this.#client.getChildren(this.#path, fired))
    ])
    const isDenied = found === 'denied'
    const now = isDenied ? stat : found?.stat
    const data = isDenied ? null : (found?.data ?? null)
    const isCut = data !== null && data.byteLength > ZNODE_SHOWN_BYTES
    this.#last = {
      path: this.#path,
      isReachable: true,
      stat: now === undefined ? null : statView(now),
      data: this.#serdes.payloadFrom(isCut ? data.subarray(0, ZNODE_SHOWN_BYTES) : data),
      cutFromBytes: isCut ? data.byteLength : null,
      owner: now === undefined ? null : await ownerOf(this.#client, now),
      acl,
      isDenied
    }
    return this.#last
  }

  unreachable(): ZnodeView {
    return { ...this.#last, isReachable: false }
  }
}

/** It may be deleted between two looks. */
async function aclUnlessGone(client: EnsembleClient, path: string): Promise<string[] | null> {
  try {
    return await aclOf(client, path)
  } catch (error) {
    if (error instanceof EnsembleError && error.code === 'NONODE') return null
    throw error
  }
}

class ChildrenReader implements Reader {
  readonly ageMaxMs = rowsAgeMaxMs
  readonly #client: EnsembleClient
  readonly #clock: Clock
  readonly #path: string
  readonly #limit: number
  readonly #rows = new Map<string, { readonly row: ZnodeRow; readonly readMs: number }>()
  #names: readonly string[] | undefined
  #total: number | null = null
  #fired: () => void = () => undefined

  constructor(client: EnsembleClient, clock: Clock, path: string, limit: number) {
    this.#client = client
    this.#clock = clock
    this.#path = path
    this.#limit = limit
  }

  readonly #listChanged: Watcher = () => {
    this.#names = undefined
    this.#fired()
  }

  readonly #rowChanged: Watcher = ({ path }) => {
    if (this.#rows.delete(path.slice(path.lastIndexOf('/') + 1))) this.#fired()
  }

  async read(fired: () => void): Promise<ZnodeChildrenView> {
    this.#fired = fired
    if (this.#names === undefined) await this.#readNames()
    const names = this.#names ?? []
    const nowMs = this.#clock.monotonicMs()
    const isDue = (name: string): boolean => nowMs - (this.#rows.get(name)?.readMs ?? -Infinity) >= rowsAgeMaxMs
    await Promise.all(names.filter(isDue).map((name) => this.#readRow(name)))
    return { path: this.#path, isReachable: true, total: this.#total, rows: this.#known() }
  }

  async #readNames(): Promise<void> {
    const told = await unlessDenied(this.#client.getChildren(this.#path, this.#listChanged))
    // What may not be seen is not known; whoever is let in later looks again.
    const found = told === 'denied' ? undefined : told
    this.#total = found?.children.length ?? null
    this.#names = found?.children.slice(0, this.#limit) ?? []
    // It is told when it comes.
    if (found === undefined) await this.#client.exists(this.#path, this.#listChanged)
    const shown = new Set(this.#names)
    for (const name of this.#rows.keys()) if (!shown.has(name)) this.#rows.delete(name)
  }

  async #readRow(name: string): Promise<void> {
    const stat = await this.#client.exists(childPath(this.#path, name), this.#rowChanged)
    if (stat === undefined) this.#rows.delete(name)
    else this.#rows.set(name, { row: rowOf(name, stat), readMs: this.#clock.monotonicMs() })
  }

  #known(): readonly ZnodeRow[] {
    return (this.#names ?? []).flatMap((name) => this.#rows.get(name)?.row ?? [])
  }

  forget(): void {
    this.#names = undefined
    this.#rows.clear()
  }

  unreachable(): ZnodeChildrenView {
    return { path: this.#path, isReachable: false, total: this.#total, rows: this.#known() }
  }
}

function rowOf(name: string, stat: ZnodeStat): ZnodeRow {
  const { version, mzxid, mtimeMs, numChildren, ephemeralOwner } = statView(stat)
  return { name, version, mzxid, mtimeMs, numChildren, isEphemeral: ephemeralOwner !== '0x0' }
}
