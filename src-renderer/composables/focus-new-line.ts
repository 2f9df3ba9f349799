/** Where the focus goes when the button that shows more of a list goes with its last lines: it would fall to the page. */
import { nextTick } from 'vue'

/** To the first of the new lines, once they are in the document. Lines are the list's children; `index` from 0. */
export async function focusNewLine(list: HTMLElement | null, index: number): Promise<void> {
  await nextTick()
  const line = list?.children[index]
  if (!(line instanceof HTMLElement)) return
  line.tabIndex = -1
  line.focus()
}
