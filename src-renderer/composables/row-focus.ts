/**
 * Keys of the links and buttons in rows. Arrows go to that of the next row. Tab goes through a short list as through a
 * page; it leaves a long one at once, or ten thousand rows would be a trap.
 */
export const CONTROL = 'a[href], button:not([disabled])'
/** From here on a list is long. */
export const LONG_LIST = 100

export const ROW_STEPS: Readonly<Record<string, 1 | -1>> = { ArrowDown: 1, ArrowUp: -1 }

export function focusNextRow(event: KeyboardEvent): void {
  const by = ROW_STEPS[event.key]
  const step = by === 1 ? 'nextElementSibling' : 'previousElementSibling'
  if (by === undefined || !(event.target instanceof HTMLElement)) return
  // A menu that was opened from a row lies in it, and has arrows of its own.
  if (event.target.closest('[role=menu]') !== null) return
  let row = event.target.closest('tr, li')?.[step]
  while (row) {
    const control = row.querySelector<HTMLElement>(CONTROL)
    if (control !== null) {
      event.preventDefault()
      control.focus()
      return
    }
    row = row[step]
  }
}

/** The key itself then takes the focus on from the first or last control that is in the document. */
export function leaveLongList(event: KeyboardEvent, rows: HTMLElement | null, count: number): void {
  if (event.key !== 'Tab' || rows === null || count <= LONG_LIST) return
  // A row that is a stop by itself comes before the links in it.
  const controls = [...rows.querySelectorAll<HTMLElement>(`tr[tabindex='0'], ${CONTROL}`)]
  controls.at(event.shiftKey ? 0 : -1)?.focus({ preventScroll: true })
}
