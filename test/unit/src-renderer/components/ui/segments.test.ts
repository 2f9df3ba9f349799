import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
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

  it('leaves keys of the page alone', async () => {
    const group = mount(UiSegments, { props: { label: 'Which', options, modelValue: 'a' }, attachTo: document.body })

    await group.find('[value=a]').trigger('keydown', { key: 'ArrowRight', ctrlKey: true })
    await group.find('[value=a]').trigger('keydown', { key: 'j' })

    expect(group.emitted('update:modelValue')).toBeUndefined()
    group.unmount()
  })
})
