import { beforeEach, describe, expect, it } from 'vitest'
import { focusNextRow, leaveLongList, LONG_LIST } from '@/composables/row-focus'

const rows = (count: number): HTMLElement => {
  document.body.innerHTML = `<ul>${Array.from({ length: count }, (_, index) =>
    index === 1 ? '<li>no control</li>' : `<li><button>${index}</button></li>`
  ).join('')}</ul>`
  const list = document.querySelector('ul')
  if (list === null) throw new Error('no list')
  return list
}
const focused = (): string | null | undefined => document.activeElement?.textContent
const on = (list: HTMLElement, text: string): void => {
  const button = [...list.querySelectorAll('button')].find((one) => one.textContent === text)
  if (button === undefined) throw new Error(`no button ${text}`)
  button.focus()
}
/** The key on what has the focus, as the handler sees it. */
function press(list: HTMLElement, key: string, handler: (event: KeyboardEvent) => void, shiftKey = false): Event {
  const event = new KeyboardEvent('keydown', { key, shiftKey, bubbles: true, cancelable: true })
  list.addEventListener('keydown', handler, { once: true })
  document.activeElement?.dispatchEvent(event)
  return event
}

describe('keys in rows', () => {
  let list: HTMLElement
  beforeEach(() => {
    list = rows(4)
  })

  it('go to the next row that has a control, and back', () => {
    on(list, '0')
    expect(press(list, 'ArrowDown', focusNextRow).defaultPrevented).toBe(true)
    expect(focused()).toBe('2')
    press(list, 'ArrowUp', focusNextRow)
    expect(focused()).toBe('0')
  })

  it('stay at the ends and leave other keys alone', () => {
    on(list, '3')
    expect(press(list, 'ArrowDown', focusNextRow).defaultPrevented).toBe(false)
    expect(press(list, 'x', focusNextRow).defaultPrevented).toBe(false)
    expect(focused()).toBe('3')
  })

  it('let Tab go through a short list and out of a long one, either way', () => {
    on(list, '0')
    press(list, 'Tab', (event) => leaveLongList(event, list, 4))
    expect(focused()).toBe('0')

    list = rows(6)
    on(list, '3')
    press(list, 'Tab', (event) => leaveLongList(event, list, LONG_LIST + 1))
    expect(focused()).toBe('5')
    on(list, '3')
    const back = press(list, 'Tab', (event) => leaveLongList(event, list, LONG_LIST + 1), true)
    expect(focused()).toBe('0')
    expect(back.defaultPrevented).toBe(false)
  })
})
