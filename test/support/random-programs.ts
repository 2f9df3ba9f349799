/**
 * Random programs of what three clients ask an ensemble, for a comparison of two: the same seed gives the same program. What is
 * known to differ is not asked: several kinds of watches of one connection at one path (see watch-table.ts), create2 inside a
 * multi (replicated-state.ts), and checkWatches, to which 3.8.0 says yes when anybody watches the path.
 */
import { addWatchModes, createFlags, watcherTypes } from '../../src-main/coordination/wire/codes'
import type { CreateRequest, MultiOperation, Request } from '../../src-main/coordination/wire/requests'
import { openAcl, type Acl } from '../../src-main/coordination/wire/stat'
import { zxidZero } from '../../src-main/coordination/wire/zxid'
import { SimRandom } from './ensemble-world'

export const clientsPerProgram = 3

export type Step = { readonly client: number } & (
  | { readonly type: 'ask'; readonly request: Request }
  /** Another connection of the same session. */
  | { readonly type: 'reconnect' }
  /** The session is closed, another begun. */
  | { readonly type: 'renew' }
)

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const item = (permissions: number, scheme: string, id: string): Acl => ({ permissions, scheme, id })
/** One whose end nobody lives to see. */
const longMs = 2 ** 39

/** Each of a client's watches at a path is of its own kind. */
type WatchHabit = 'once' | 'persistent' | 'recursive'
const habits: readonly WatchHabit[] = ['once', 'persistent', 'recursive']

const lists: readonly (readonly Acl[])[] = [
  openAcl,
  openAcl,
  openAcl,
  openAcl,
  [item(31, 'auth', '')],
  [item(31, 'auth', ''), item(1, 'world', 'anyone')],
  [item(1, 'world', 'anyone')],
  [item(15, 'world', 'anyone'), item(16, 'digest', 'one:lj6jV0CklO+B740yxtWS4XOn7ag=')],
  [item(31, 'ip', '127.0.0.1/8'), item(31, 'ip', '127.0.0.1/8')],
  [item(30, 'ip', '10.0.0.0/8'), item(19, 'world', 'anyone')],
  [item(0, 'world', 'anyone'), item(31, 'auth', 'whoever')],
  [item(31, 'digest', 'x')],
  [item(31, 'nobody', 'x')],
  []
]

export class RandomProgram {
  readonly #random: SimRandom
  readonly #root: string

  constructor(seed: number, root: string) {
    this.#random = new SimRandom(seed)
    this.#root = root
  }

  steps(count: number): Step[] {
    return Array.from({ length: count }, () => this.#step())
  }

  #below(limit: number): number {
    return this.#random.uint32() % limit
  }

  #pick<Item>(items: readonly Item[]): Item {
    const picked = items[this.#below(items.length)]
    if (picked === undefined) throw new Error('nothing to pick from')
    return picked
  }

  #path(): string {
    const names = ['', '/a', '/a', '/b', '/a/x', '/a/y', '/a/x/deep', '/b/z', '/e', '/t', '/c', '/c/kept']
    const odd = ['/a//x', '/a/', '/.', '/\u{1}', '/ä']
    return this.#root + this.#pick(this.#below(40) === 0 ? odd : names)
  }

  #version(): number {
    return this.#pick([-1, -1, -1, 0, 0, 1, 2])
  }

  #data(): Uint8Array | null {
    return this.#pick([null, new Uint8Array(0), bytes('x'), bytes(String(this.#below(1_000)))])
  }

  #step(): Step {
    const client = this.#below(clientsPerProgram)
    const kind = this.#below(100)
    if (kind === 0) return { client, type: 'renew' }
    if (kind === 1) return { client, type: 'reconnect' }
    return { client, type: 'ask', request: this.#request(client, kind) }
  }

  #request(client: number, kind: number): Request {
    if (kind < 24) return this.#create()
    if (kind < 36) return { type: 'delete', path: this.#deletable(), version: this.#version() }
    if (kind < 46) return { type: 'setData', path: this.#path(), data: this.#data(), version: this.#version() }
    if (kind < 54) return { type: 'multi', operations: this.#operations() }
    if (kind < 58) return { type: 'setACL', path: this.#path(), acl: this.#pick(lists), version: this.#version() }
    if (kind < 62) return this.#auth()
    if (kind < 70) return this.#aboutWatches(client)
    return this.#read(client, kind)
  }

  #create(): CreateRequest {
    const path = this.#path()
    const isKept = path.startsWith(`${this.#root}/c/`)
    const flags = isKept ? 0 : this.#pick([0, 0, 0, createFlags.ephemeral, createFlags.sequential, 3, 7])
    const acl = this.#pick(lists)
    const create = { type: 'create', path, data: this.#data(), acl, flags, withStat: this.#below(2) === 0 } as const
    const under = this.#root
    switch (this.#below(12)) {
      case 0:
        return { ...create, path: `${under}/c`, flags: createFlags.container, withStat: true, isContainer: true }
      case 1: {
        const ttlMs = this.#pick([longMs, longMs, longMs, 0, -1, 2 ** 41])
        return { ...create, path: `${under}/t`, flags: this.#pick([5, 5, 6]), withStat: true, ttlMs }
      }
      case 2:
        return { ...create, flags: this.#pick([createFlags.container, createFlags.ttl]) }
      default:
        return create
    }
  }

  /** An emptied container would go, sooner here than there. */
  #deletable(): string {
    const path = this.#path()
    return path.startsWith(`${this.#root}/c/`) ? `${this.#root}/b` : path
  }

  #operations(): MultiOperation[] {
    return Array.from({ length: this.#below(5) }, () => {
      const version = this.#version()
      switch (this.#below(5)) {
        case 0:
          return { type: 'check', path: this.#path(), version }
        case 1:
          return { type: 'delete', path: this.#deletable(), version }
        case 2:
          return { type: 'setData', path: this.#path(), data: this.#data(), version }
        default:
          return this.#createInMulti()
      }
    })
  }

  #createInMulti(): MultiOperation {
    const create = this.#create()
    const { isContainer, ttlMs, ...plain } = create
    if (isContainer === true || (ttlMs !== undefined && ttlMs > 0)) return create
    // There a time to live that is missing or none spoils the frame of the one, and fails at the other.
    const flags = plain.flags === createFlags.ttl || plain.flags === createFlags.ttlSequential ? 0 : plain.flags
    return { ...plain, flags, withStat: false }
  }

  #auth(): Request {
    return { type: 'auth', scheme: 'digest', credentials: bytes(this.#pick(['one:1', 'two:2', 'one:1', 'super:test'])) }
  }

  #aboutWatches(client: number): Request {
    const path = this.#path()
    const habit = habits[client]
    const watcherType = this.#pick([watcherTypes.children, watcherTypes.data, watcherTypes.any])
    const kind = this.#below(6)
    if (kind === 0) return { type: 'removeWatches', path, watcherType }
    const some = [this.#path(), this.#path()]
    const none: readonly string[] = []
    if (habit === 'once') return { type: 'setWatches', relativeZxid: zxidZero, data: some, exist: some, child: some }
    if (kind === 2) {
      const own = habit === 'persistent' ? { persistent: some, recursive: none } : { persistent: none, recursive: some }
      return { type: 'setWatches', relativeZxid: zxidZero, data: none, exist: none, child: none, ...own }
    }
    const mode = habit === 'persistent' ? addWatchModes.persistent : addWatchModes.persistentRecursive
    return { type: 'addWatch', path, mode }
  }

  #read(client: number, kind: number): Request {
    const path = this.#path()
    const watch = habits[client] === 'once' && this.#below(2) === 0
    if (kind < 76) return { type: 'exists', path, watch }
    if (kind < 82) return { type: 'getData', path, watch }
    if (kind < 88) return { type: 'getChildren', path, watch, withStat: this.#below(2) === 0 }
    if (kind < 90) return { type: 'getACL', path }
    if (kind < 92) return { type: 'getAllChildrenNumber', path }
    if (kind < 94) return { type: 'getEphemerals', prefix: this.#pick([path, this.#root, '/']) }
    if (kind < 95) return this.#pick([{ type: 'whoAmI' }, { type: 'reconfig' }] as const)
    if (kind < 96) return { type: 'sync', path }
    return {
      type: 'multiRead',
      operations: [
        { type: 'getData', path, watch },
        { type: 'getChildren', path: this.#path(), watch, withStat: false }
      ]
    }
  }
}
