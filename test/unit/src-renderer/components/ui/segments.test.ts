import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { h, nextTick, ref } from 'vue'
import UiSegments from '@/components/ui/UiSegments.vue'

const options = [
  { value: 'a', label: 'A' },
  { value: 'b', label: 'B', isDisabled: true },
  { value: 'c', label: 'C' }
]

describe('UiSegments', () => {
  it.each([
    ['ArrowRight', 'a', 'c'],
    ['ArrowDown', 'c', 'a'],
    ['ArrowLeft', 'a', 'c'],
    ['ArrowUp', 'c', 'a']
  ])('chooses with %s at once, however short it is pressed: from %s to %s', async (key, from, to) => {
    const group = mount(UiSegments, { props: { label: 'Which', options, modelValue: from }, attachTo: document.body })
    const radio = group.find(`[value=${from}]`)

    await radio.trigger('keydown', { key })
    await radio.trigger('keyup', { key })

    expect(group.emitted('update:modelValue')?.at(-1)).toEqual([to])
    group.unmount()
  })

  it.each([
    [['ArrowRight', 'ArrowRight'], 'd'],
    [['ArrowDown', 'ArrowRight'], 'd'],
    [['ArrowUp', 'ArrowLeft', 'ArrowDown'], 'd'],
    [['ArrowRight', 'ArrowRight', 'ArrowRight'], 'a']
  ])('keeps focus and choice together over %j', async (keys, to) => {
    const chosen = ref('a')
    const four = [...options, { value: 'd', label: 'D' }]
    const group = mount(
      () => h(UiSegments, { label: 'Which', options: four, modelValue: chosen.value, 'onUpdate:modelValue': choose }),
      { attachTo: document.body }
    )
    function choose(value: string | number): void {
      chosen.value = String(value)
    }
    group.find<HTMLElement>('[value=a]').element.focus()

    for (const key of keys) {
      const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })
      document.activeElement?.dispatchEvent(event)
      expect(event.defaultPrevented).toBe(true)
    }
    // What was put off until the key had been down for a moment.
    await new Promise((resolve) => setTimeout(resolve))
    await nextTick()

    expect(chosen.value).toBe(to)
    expect(document.activeElement?.getAttribute('value')).toBe(to)
    expect(group.findAll('button[tabindex="0"]').map((radio) => radio.attributes('value'))).toEqual([to])
    group.unmount()
  })

  it('leaves keys of the page alone', async () => {
    const group = mount(UiSegments, { props: { label: 'Which', options, modelValue: 'a' }, attachTo: document.body })

    await group.find('[value=a]').trigger('keydown', { key: 'ArrowRight', ctrlKey: true })
    await group.find('[value=a]').trigger('keydown', { key: 'j' })

    expect(group.emitted('update:modelValue')).toBeUndefined()
    group.unmount()
  })
})
