/** The unfolded tree as lines. Pure. */
import { childPath, type ZnodeChildrenView, type ZnodeRow } from '@api/znodes'

export interface ZnodeLine {
  readonly type: 'znode'
  readonly path: string
  readonly name: string
  readonly depth: number
  /** Of its parent's children: which it is, from 1, and of how many. */
  readonly position: number
  readonly siblings: number
  /** The root has none. */
  readonly row: ZnodeRow | undefined
  /** null: not known. */
  readonly childCount: number | null
  readonly isOpen: boolean
}
export interface MoreLine {
  readonly type: 'more'
  /** Whose children these are. */
  readonly path: string
  readonly depth: number
  readonly shown: number
  readonly total: number
}
export type TreeLine = ZnodeLine | MoreLine

export function znodeLines(
  children: ReadonlyMap<string, ZnodeChildrenView>,
  open: ReadonlyMap<string, number>,
  filter = ''
): readonly TreeLine[] {
  const wanted = filter.trim().toLowerCase()
  const below = (path: string, depth: number): readonly TreeLine[] => {
    const view = open.has(path) ? children.get(path) : undefined
    if (view === undefined) return []
    const lines = view.rows.flatMap((row, index): readonly TreeLine[] => {
      const own = childPath(path, row.name)
      const isOpen = open.has(own)
      const inside = below(own, depth + 1)
      if (wanted !== '' && inside.length === 0 && !own.toLowerCase().includes(wanted)) return []
      const line: ZnodeLine = {
        type: 'znode',
        path: own,
        name: row.name,
        depth,
        position: index + 1,
        siblings: view.total ?? view.rows.length,
        row,
        childCount: isOpen ? (children.get(own)?.total ?? row.numChildren) : row.numChildren,
        isOpen
      }
      return [line, ...inside]
    })
    const total = view.total ?? 0
    const isWhole = wanted !== '' || total <= view.rows.length
    if (isWhole) return lines
    return [...lines, { type: 'more', path, depth, shown: view.rows.length, total }]
  }
  const root: ZnodeLine = {
    type: 'znode',
    path: '/',
    name: '/',
    depth: 0,
    position: 1,
    siblings: 1,
    row: undefined,
    childCount: children.get('/')?.total ?? null,
    isOpen: open.has('/')
  }
  return [root, ...below('/', 1)]
}

/** The line of a path, or of the nearest one above it that is shown. */
export function nearestLine(lines: readonly TreeLine[], path: string): number {
  for (let one = path; ; one = one.slice(0, Math.max(1, one.lastIndexOf('/')))) {
    const index = lines.findIndex((line) => line.type === 'znode' && line.path === one)
    if (index >= 0 || one === '/') return index
  }
}
