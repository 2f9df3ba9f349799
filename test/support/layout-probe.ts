/**
 * Finds text that is cut, covered or out of reach on the page as it stands. Runs inside the page (it is handed over as
 * source), so it uses nothing from outside itself.
 *
 * Text may be elided only where CSS says so with an ellipsis and the whole of it is at hand in a title: names and values
 * of the cluster, never our own words, never a number. What a scroller hides can be reached; what is clipped cannot.
 */
export function layoutProblems(): string[] {
  const SLACK = 1.5
  const SCROLLER_MIN = 44
  const PLOT_MIN = { width: 150, height: 88 }
  const VOID_MAX = 560
  /** Past a hundred only the rows in view are in the document; more of them have no scroller that bounds them. */
  const ROWS_MAX = 180
  const problems = new Set<string>()

  interface Box {
    left: number
    top: number
    right: number
    bottom: number
  }
  const boxOf = (element: Element): Box => {
    const { left, top, right, bottom } = element.getBoundingClientRect()
    return { left, top, right, bottom }
  }
  interface Clip {
    readonly box: Box
    readonly overflowX: string
    readonly overflowY: string
    readonly isElliptic: boolean
    readonly isFixed: boolean
  }
  /** Of every element that texts lie in, looked at once: a table of thousands of cells shares its ancestors. */
  const clips = new Map<Element, Clip>()
  const clipOf = (element: Element): Clip => {
    const known = clips.get(element)
    if (known !== undefined) return known
    const { overflowX, overflowY, textOverflow, position } = getComputedStyle(element)
    const clip = {
      box: boxOf(element),
      overflowX,
      overflowY,
      isElliptic: textOverflow === 'ellipsis',
      isFixed: position === 'fixed'
    }
    clips.set(element, clip)
    return clip
  }
  const quote = (text: string): string => `“${text.trim().replace(/\s+/g, ' ').slice(0, 60)}”`
  const placeOf = (element: Element): string => {
    const named = element.closest('[class]')
    return named === null
      ? element.tagName.toLowerCase()
      : `.${(named.getAttribute('class') ?? '').split(' ')[0] ?? ''}`
  }
  const isNumber = (text: string): boolean => /^[<≥~+−-]?\d[\d\u2009.,]*$/.test(text.trim())
  const isHiddenOnPurpose = (element: Element): boolean =>
    element.closest('.visually-hidden, [hidden], title') !== null || getComputedStyle(element).clipPath === 'inset(50%)'
  const dialog = [
    ...document.querySelectorAll('[role=dialog], [role=alertdialog], [role=menu], .popover[role=listbox]')
  ].at(-1)
  // What lies over the page on purpose is looked at instead of it.
  const root = dialog ?? document.querySelector('.event-list') ?? document.body

  if (document.documentElement.scrollWidth > window.innerWidth) problems.add('the page is wider than the window')
  if (document.documentElement.scrollHeight > window.innerHeight) problems.add('the page is higher than the window')

  /** What of the rectangle can be seen, or undefined when a scroller hides all of it; tells of what is clipped. */
  function seen(element: Element, rect: Box, text: string): Box | undefined {
    const clipped: Box = { ...rect }
    // Rows go below the head of their table, which stays.
    const head = element.closest('tbody')?.parentElement?.querySelector('th')
    if (head !== null && head !== undefined) clipped.top = Math.max(clipped.top, boxOf(head).bottom)
    if (clipped.top >= clipped.bottom) return undefined
    for (let up: Element | null = element; up !== null; up = up.parentElement) {
      const clip = clipOf(up)
      const { box } = clip
      // The head of a column is ours: its words are never elided.
      const isOurs = element.closest('th') !== null
      const isElided = clip.isElliptic && up.closest('[title]') !== null && !isNumber(text) && !isOurs
      for (const [axis, from, to] of [
        ['overflowX', 'left', 'right'],
        ['overflowY', 'top', 'bottom']
      ] as const) {
        const overflow = clip[axis]
        if (overflow === 'visible' || up === document.documentElement || up === document.body) continue
        const isOutside = clipped[from] < box[from] - SLACK || clipped[to] > box[to] + SLACK
        const isScroller = overflow === 'auto' || overflow === 'scroll'
        if (isOutside && !isScroller && !(isElided && axis === 'overflowX')) {
          problems.add(`cut: ${quote(text)} in ${placeOf(up)}`)
        }
        if (
          isOutside &&
          isScroller &&
          axis === 'overflowX' &&
          up.matches('.table-scroll, .dialog-body, .page, .detail')
        ) {
          problems.add(`only seen by scrolling sideways: ${quote(text)} in ${placeOf(up)}`)
        }
        clipped[from] = Math.max(clipped[from], box[from])
        clipped[to] = Math.min(clipped[to], box[to])
        if (clipped[from] >= clipped[to]) return undefined
      }
      if (clip.isFixed) break
    }
    if (
      clipped.right > window.innerWidth + SLACK ||
      clipped.bottom > window.innerHeight + SLACK ||
      clipped.left < -SLACK
    ) {
      problems.add(`out of reach: ${quote(text)} in ${placeOf(element)}`)
    }
    return clipped
  }

  function isCovered(element: Element, { left, top, right, bottom }: Box): boolean {
    const y = (top + bottom) / 2
    if (bottom - top < 6 || right - left < 4) return false
    const inset = Math.min(2, (right - left) / 2)
    return [left + inset, (left + right) / 2, right - inset].some((x) => {
      if (x < 0 || y < 0 || x >= window.innerWidth || y >= window.innerHeight) return false
      const hit = document.elementFromPoint(x, y)
      return hit === null || !(hit.contains(element) || element.contains(hit))
    })
  }

  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
  const range = document.createRange()
  const rowTexts = new Map<Element, Box[]>()
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement
    const text = node.nodeValue ?? ''
    if (element === null || text.trim() === '' || isHiddenOnPurpose(element) || !element.checkVisibility()) continue
    range.selectNodeContents(node)
    for (const { left, top, right, bottom } of range.getClientRects()) {
      if (right - left < 1 || bottom - top < 1) continue
      const visible = seen(element, { left, top, right, bottom }, text)
      if (visible === undefined) continue
      if (isCovered(element, visible)) problems.add(`covered: ${quote(text)} in ${placeOf(element)}`)
      const row = element.closest('tbody tr, .reason, .processes li, .sections li')
      if (row !== null) rowTexts.set(row, [...(rowTexts.get(row) ?? []), visible])
    }
  }

  for (const [row, boxes] of rowTexts) {
    boxes.sort((a, b) => a.left - b.left)
    boxes.forEach((box, index) => {
      const gap = (boxes[index + 1]?.left ?? 0) - box.right
      if (gap > VOID_MAX) problems.add(`a void of ${Math.round(gap)} px in a row of ${placeOf(row)}`)
    })
  }

  for (const rows of root.querySelectorAll('tbody')) {
    if (rows.childElementCount > ROWS_MAX) problems.add(`a table of ${rows.childElementCount} rows in the document`)
  }

  for (const strip of root.querySelectorAll('.figures')) {
    const starts = new Map<number, number>()
    for (const term of strip.querySelectorAll('dt')) {
      range.selectNodeContents(term)
      const { left } = range.getBoundingClientRect()
      const row = Math.round(term.parentElement?.getBoundingClientRect().top ?? 0)
      starts.set(row, Math.min(starts.get(row) ?? Infinity, left))
    }
    const lefts = [...starts.values()]
    if (Math.max(...lefts) - Math.min(...lefts) > SLACK) {
      problems.add(`rows of figures begin at ${lefts.map((left) => Math.round(left)).join(' and ')} px`)
    }
  }

  for (const scroller of root.querySelectorAll('*')) {
    const { overflowY } = clipOf(scroller)
    const isScroller = overflowY === 'auto' || overflowY === 'scroll'
    const isTooSmall = scroller.clientHeight < SCROLLER_MIN && scroller.scrollHeight > scroller.clientHeight + SLACK
    if (isScroller && isTooSmall && scroller.clientWidth > 0 && scroller.tagName !== 'TEXTAREA') {
      problems.add(`a scroller of ${scroller.clientHeight} px: ${placeOf(scroller)}`)
    }
  }
  for (const canvas of dialog === undefined ? document.querySelectorAll('canvas') : []) {
    if (!canvas.checkVisibility()) continue
    const { width, height } = canvas.getBoundingClientRect()
    if (width < PLOT_MIN.width || height < PLOT_MIN.height) {
      problems.add(`a plot of ${Math.round(width)} × ${Math.round(height)} px`)
    }
  }
  return [...problems]
}
