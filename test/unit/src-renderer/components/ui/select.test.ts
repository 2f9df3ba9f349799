import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'
import UiSelect from '@/components/ui/UiSelect.vue'
import { one, show, useFakeHost } from '../../support/mount'
import { themeFile } from '../../support/theme-files'

beforeEach(useFakeHost)

/** What the theme says of a selector. */
function ruleOf(selector: string): string | undefined {
  const css = themeFile('components.css').replace(/\/\*[\s\S]*?\*\//g, '')
  const rules = [...css.matchAll(/^ {2}(\S[^{}]*?)\s*\{([^}]*)\}/gm)]
  return rules.find(([, name]) => name === selector)?.[2]
}

describe('a select of many options', () => {
  it('opens a list that is as high as there is room, and scrolls', async () => {
    const options = Array.from({ length: 100 }, (_, i) => ({ value: String(i), label: String(i) }))
    await show(UiSelect, { label: 'Replication factor', options, modelValue: '3' })
    one('combobox', 'Replication factor').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
    await flushPromises()

    const list = one('listbox', '')
    expect([...list.classList].sort()).toEqual(['popover', 'select'])
    // That it is measured is up to the library: the name must be one that it sets.
    expect(list.style.getPropertyValue('--reka-select-content-available-height')).toMatch(/available-height/)
    expect(ruleOf('.popover.select')).toMatch(/max-height: var\(--reka-select-content-available-height\);/)
    expect(ruleOf('.popover.select')).toMatch(/overflow-y: auto;/)
    // What scrolls is the list, with a bar: reka scrolls its viewport and hides that one's.
    expect(list.querySelector(':scope > [data-reka-select-viewport]')).not.toBeNull()
    expect(ruleOf('.popover.select > [data-reka-select-viewport]')).toMatch(/min-height: max-content;/)
  })
})
