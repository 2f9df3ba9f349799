/** Keys of a table: arrows or j/k move, Home and End jump, Enter opens, Space marks, Esc clears. Off while a dialog or field has them. */
import { useEventListener } from '@vueuse/core'
import { useDialogsStore } from '@/stores/dialogs'

export interface TableKeys {
  readonly count: () => number
  readonly index: () => number
  readonly move: (index: number) => void
  readonly open: () => void
  readonly clear: () => void
  /** Space marks a row, or takes its mark away. */
  readonly mark?: ((index: number) => void) | undefined
  /** Shift and an arrow mark the rows from one to the other. */
  readonly markTo?: ((from: number, to: number) => void) | undefined
}

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 10, PageUp: -10 }

export function nextIndex(key: string, index: number, count: number): number | undefined {
  if (count === 0) return undefined
  if (key === 'Home') return 0
  if (key === 'End') return count - 1
  const step = STEPS[key]
  if (step === undefined) return undefined
  if (index < 0) return step > 0 ? 0 : count - 1
  return Math.min(count - 1, Math.max(0, index + step))
}

export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null
}

/** Radio groups, tabs and menus have arrow keys of their own; a button or a link has its own Enter. */
const ownsArrows = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('[role=radiogroup], [role=tablist], [role=menu]') !== null
const ownsEnter = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('button, a[href]') !== null
/** A link does nothing with Space. */
const ownsSpace = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('button, [role=combobox]') !== null

export function useTableKeys(keys: TableKeys): void {
  const dialogs = useDialogsStore()
  useEventListener(document, 'keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    if (dialogs.dialog !== undefined || isTyping(event.target) || ownsArrows(event.target)) return
    const next = nextIndex(event.key, keys.index(), keys.count())
    if (next !== undefined) {
      event.preventDefault()
      if (event.shiftKey) keys.markTo?.(Math.max(0, keys.index()), next)
      keys.move(next)
    } else if (event.key === ' ' && keys.mark !== undefined && keys.index() >= 0 && !ownsSpace(event.target)) {
      event.preventDefault()
      keys.mark(keys.index())
    } else if (event.key === 'Enter' && keys.index() >= 0 && !ownsEnter(event.target)) {
      event.preventDefault()
      keys.open()
    } else if (event.key === 'Escape' && keys.index() >= 0) {
      event.preventDefault()
      keys.clear()
    }
  })
}
