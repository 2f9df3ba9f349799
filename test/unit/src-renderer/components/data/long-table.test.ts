import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, shallowRef } from 'vue'
import DataTable from '@/components/data/DataTable.vue'
import { show, useFakeHost } from '../../support/mount'

/** There is no layout here: a window of ten rows, wherever it is scrolled to. */
const WINDOW_PX = 280

const nameAt = (index: number): string => `row-${String(index).padStart(4, '0')}`
const rows = (count: number): string[] => Array.from({ length: count }, (_, index) => nameAt(index))
const selected = shallowRef<string>()
const given = shallowRef<readonly string[]>([])

const Table = (isSelectable: boolean) =>
  defineComponent({
    setup: () => () =>
      h(
        DataTable,
        {
          label: 'rows',
          columns: [
            { key: 'name', label: 'Name', isForeign: true },
            { key: 'size', label: 'Size', isNumber: true }
          ],
          rows: given.value,
          rowKey: (name: unknown) => String(name),
          cell: (name: unknown, key: string) => (key === 'size' ? '1' : String(name)),
          selectedKey: selected.value,
          isSelectable,
          onSelect: (key: string | undefined) => (selected.value = key)
        },
        { name: ({ row }: { row: unknown }) => [h('a', { href: `#${String(row)}` }, String(row))] }
      )
  })

const trs = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('tr[data-index]')]
const shownIndexes = (): number[] => trs().map((tr) => Number(tr.dataset['index']))
const linkOf = (name: string): HTMLElement => {
  const link = document.querySelector<HTMLElement>(`a[href="#${name}"]`)
  if (link === null) throw new Error(`${name} is not in the document`)
  return link
}
async function scrollTo(index: number): Promise<void> {
  const scroller = document.querySelector('.table-scroll')
  if (scroller === null) throw new Error('no table')
  scroller.scrollTop = index * 28
  scroller.dispatchEvent(new Event('scroll'))
  await flushPromises()
}
async function press(key: string): Promise<void> {
  const target = document.activeElement ?? document.body
  target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
  await flushPromises()
  await flushPromises()
}
async function shown(count: number, isSelectable = true): Promise<void> {
  given.value = rows(count)
  await show(Table(isSelectable))
}

beforeEach(() => {
  useFakeHost()
  selected.value = undefined
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(WINDOW_PX)
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(900)
  vi.spyOn(Element.prototype, 'scrollIntoView').mockImplementation(() => undefined)
})
afterEach(() => vi.restoreAllMocks())

describe('a table of thousands of rows', () => {
  it('writes other rows into the elements that it has', async () => {
    await shown(5000)
    await scrollTo(200)
    const before = trs()

    await scrollTo(3000)

    expect(trs()).toEqual(before)
    expect(shownIndexes()).toContain(3000)
    expect(shownIndexes()).not.toContain(200)
    expect(linkOf(nameAt(3000)).textContent).toBe(nameAt(3000))
    expect(trs().map((tr) => Number(tr.getAttribute('aria-rowindex')))).toEqual(
      shownIndexes().map((index) => index + 2)
    )
  })

  it('takes the room of all rows, those that are not in the document too', async () => {
    await shown(5000)
    await scrollTo(3000)

    const rooms = [...document.querySelectorAll<HTMLElement>('.spacer-cell')]
    const px = rooms.reduce((sum, { style }) => sum + Number.parseFloat(style.height), 0)

    expect(px + trs().length * 28).toBe(5000 * 28)
  })

  it('keeps the row that has the focus, wherever it is scrolled to', async () => {
    await shown(5000)
    const link = linkOf(nameAt(2))
    link.focus()
    await flushPromises()

    await scrollTo(3000)

    expect(document.activeElement).toBe(link)
    expect(link.textContent).toBe(nameAt(2))
    expect(shownIndexes().slice(0, 2)).toEqual([2, 2994])
    await scrollTo(0)
    expect(shownIndexes().slice(0, 4)).toEqual([0, 1, 2, 3])
  })

  it('goes on from there with the keys', async () => {
    await shown(5000)
    linkOf(nameAt(2)).focus()
    await scrollTo(3000)

    await press('ArrowDown')

    expect(selected.value).toBe(nameAt(3))
    expect(document.activeElement).toBe(linkOf(nameAt(3)))
  })

  it('takes the focus with it to its end', async () => {
    await shown(5000)
    linkOf(nameAt(2)).focus()

    await press('End')

    expect(selected.value).toBe(nameAt(4999))
    expect(document.activeElement).toBe(linkOf(nameAt(4999)))
  })

  it('does the same where rows are not chosen', async () => {
    await shown(5000, false)
    linkOf(nameAt(2)).focus()
    await scrollTo(3000)

    await press('ArrowUp')

    expect(document.activeElement).toBe(linkOf(nameAt(1)))
  })

  it('gives the focus to no other row when its own has gone', async () => {
    await shown(5000)
    linkOf(nameAt(2)).focus()
    await flushPromises()

    given.value = rows(5000).filter((name) => name !== nameAt(2))
    await flushPromises()

    expect(document.activeElement).toBe(document.body)
    expect(shownIndexes()).toContain(2)
  })

  it('selects the row that a click is in', async () => {
    await shown(5000)
    await scrollTo(3000)

    trs()
      .find((tr) => tr.dataset['index'] === '3001')
      ?.querySelector<HTMLElement>('td.number')
      ?.click()
    await flushPromises()

    expect(selected.value).toBe(nameAt(3001))
    expect(document.querySelector('[aria-selected=true]')?.getAttribute('data-index')).toBe('3001')
  })
})
