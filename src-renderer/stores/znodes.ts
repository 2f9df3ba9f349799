/**
 * The tree of znodes as far as it is unfolded, and the one that is looked at. Each is followed while somebody holds the tree;
 * `changed` has those whose last push was another one than before, so that the eye finds what moves.
 */
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { CommandInput, CommandOutput } from '@api/commands'
import { ZNODE_ROWS_MAX, childPath, type ZnodeChildrenView, type ZnodeView } from '@api/znodes'
import { host } from './host'
import { useNoticesStore } from './notices'

/** Children that are unfolded at once; more are asked for. */
export const PAGE = 200

interface Unfolded {
  readonly limit: number
  readonly end: () => void
}

export const useZnodesStore = defineStore('znodes', () => {
  const notices = useNoticesStore()
  const children = shallowRef<ReadonlyMap<string, ZnodeChildrenView>>(new Map())
  const open = shallowRef<ReadonlyMap<string, number>>(new Map([['/', PAGE]]))
  const changed = shallowRef<ReadonlySet<string>>(new Set())
  const selected = shallowRef<ZnodeView>()
  const watches = new Map<string, Unfolded>()
  const holders = ref(0)
  let endSelected: (() => void) | undefined
  let selectedPath: string | undefined

  function told(view: ZnodeChildrenView): void {
    const before = children.value.get(view.path)
    const zxids = new Map(before?.rows.map(({ name, mzxid }) => [name, mzxid]))
    const moved = view.rows.filter(({ name, mzxid }) => before !== undefined && zxids.get(name) !== mzxid)
    // Of the first page that comes nothing is news.
    const news = before?.isReachable === true ? moved.map(({ name }) => childPath(view.path, name)) : []
    if (news.length > 0) changed.value = new Set(news)
    children.value = new Map(children.value).set(view.path, view)
  }

  function follow(): void {
    for (const [path, { limit, end }] of watches) {
      if (holders.value > 0 && open.value.get(path) === limit) continue
      end()
      watches.delete(path)
    }
    if (holders.value === 0) return
    for (const [path, limit] of open.value) {
      if (watches.has(path)) continue
      const end = host().watch(`children:${limit}:${path}`, told, (error) => {
        fold(path)
        notices.failed('watch', path, error)
      })
      watches.set(path, { limit, end })
    }
  }

  function unfold(path: string): void {
    if (open.value.has(path)) return
    open.value = new Map(open.value).set(path, PAGE)
    follow()
  }

  /** What is below it is forgotten: it is looked up again when it is unfolded. */
  function fold(path: string): void {
    const isKept = (one: string): boolean => one !== path && !one.startsWith(path === '/' ? '/' : `${path}/`)
    open.value = new Map([...open.value].filter(([one]) => isKept(one)))
    children.value = new Map([...children.value].filter(([one]) => isKept(one)))
    follow()
  }

  /** False when no more of them are followed. */
  function more(path: string): boolean {
    const limit = open.value.get(path)
    if (limit === undefined || limit >= ZNODE_ROWS_MAX) return false
    open.value = new Map(open.value).set(path, Math.min(ZNODE_ROWS_MAX, limit + PAGE))
    follow()
    return true
  }

  function hold(): () => void {
    holders.value += 1
    follow()
    return () => {
      holders.value -= 1
      follow()
    }
  }

  function select(path: string | undefined): void {
    if (path === selectedPath) return
    endSelected?.()
    selectedPath = path
    selected.value = undefined
    endSelected =
      path === undefined
        ? undefined
        : host().watch(
            `znode:${path}`,
            (view) => {
              if (view.path === selectedPath) selected.value = view
            },
            (error) => notices.failed('watch', path, error)
          )
  }

  const create = (input: CommandInput<'znode.create'>): Promise<CommandOutput<'znode.create'>> =>
    host().call('znode.create', input)
  const set = (input: CommandInput<'znode.set'>): Promise<CommandOutput<'znode.set'>> => host().call('znode.set', input)
  const remove = (input: CommandInput<'znode.delete'>): Promise<CommandOutput<'znode.delete'>> =>
    host().call('znode.delete', input)

  return { children, open, changed, selected, unfold, fold, more, hold, select, create, set, remove }
})
