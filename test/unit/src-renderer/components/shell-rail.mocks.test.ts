import { describe, expect, it, vi } from 'vitest'
import { nextTick, ref } from 'vue'
import EventRail from '@/components/shell/EventRail.vue'
import LastEvents from '@/components/overview/LastEvents.vue'
import StatusMark from '@/components/data/StatusMark.vue'
import WorkloadTools from '@/components/lab/WorkloadTools.vue'
import { useClockStore } from '@/stores/clock'
import { useSettingsStore } from '@/stores/settings'
import { eventView, NOW_MS } from '../support/views'
import { one, show, shownText, useFakeHost } from '../support/mount'

const WIDTH = 900
vi.mock('@vueuse/core', async (original) => ({
  ...(await original<object>()),
  useElementSize: () => ({ width: ref(WIDTH), height: ref(200) })
}))
// There is no style here that would say them.
vi.mock('@/charts/tokens', () => ({
  documentTokens: () => ({ mark: 8, space: 4, textAxis: 11, fontUi: 'sans-serif' })
}))

/** How many changes of its document the next second brings. */
async function changesIn(element: Element, work: () => void): Promise<number> {
  const seen: MutationRecord[] = []
  const observer = new MutationObserver((records) => seen.push(...records))
  observer.observe(element, { subtree: true, childList: true, attributes: true, characterData: true })
  work()
  await nextTick()
  seen.push(...observer.takeRecords())
  observer.disconnect()
  return seen.length
}

describe('the event rail', () => {
  it('changes nothing in a second that is less than a pixel of it, and moves in the pixel that follows', async () => {
    const api = useFakeHost()
    const wrapper = await show(EventRail)
    const settings = useSettingsStore()
    const clock = useClockStore()
    settings.rangeMs = 3_600_000
    const pixelMs = settings.rangeMs / WIDTH
    const start = Math.ceil(NOW_MS / pixelMs) * pixelMs - pixelMs + 1
    clock.nowMs = start
    api.push('events', { events: [eventView(1, start - 600_000), eventView(2, start - 1_000)] })
    await nextTick()
    expect(wrapper.element.parentElement?.querySelectorAll('.event')).toHaveLength(2)
    const { body } = document

    expect(await changesIn(body, () => (clock.nowMs = start + 1_000))).toBe(0)
    expect(await changesIn(body, () => (clock.nowMs = start + 2_000))).toBe(0)
    expect(await changesIn(body, () => (clock.nowMs = start + 4_000))).toBeGreaterThan(0)
  })

  it('has every event that has happened, also within its last pixel', async () => {
    const api = useFakeHost()
    await show(EventRail)
    useSettingsStore().rangeMs = 3_600_000
    const clock = useClockStore()
    for (let second = 0; second < 8; second++) {
      clock.nowMs = NOW_MS + second * 1_000
      api.push('events', { events: [eventView(second + 1, clock.nowMs)] })
      await nextTick()
      const drawn = [...document.querySelectorAll('.event title')].flatMap(({ textContent }) => textContent.split('\n'))
      expect(drawn).toHaveLength(second + 1)
    }
  })
})

describe('the event rail of a cluster whose folder is gone', () => {
  it('says what is known instead of that nothing has happened, and no client can be added', async () => {
    const api = useFakeHost()
    await show(EventRail)
    await show(WorkloadTools)
    const stick = {
      id: 'first',
      name: 'stick',
      dir: '/media/stick',
      state: 'gone',
      health: null,
      brokers: null,
      brokerPorts: [],
      ensemblePorts: [],
      processes: null,
      pid: null,
      problem: null,
      progress: null
    } as const
    const known = { current: 'first', leftOut: 0, root: '/labs', newBrokers: 3, host: null }
    const add = (): HTMLButtonElement[] =>
      ['Add producer', 'Add consumer'].map((name) => one('button', name) as HTMLButtonElement)
    expect(shownText()).toContain('No events yet')
    expect(add().map(({ disabled }) => disabled)).toEqual([false, false])

    api.push('clusters', { ...known, clusters: [stick] })
    await nextTick()

    expect(shownText()).not.toContain('No events yet')
    expect(document.querySelector('.event-rail .latest')?.textContent).toMatch(/The folder of .?stick.? is gone/)
    expect(document.querySelector('.event-rail .head .data')?.textContent).toBe('—')
    expect(add().map(({ disabled }) => disabled)).toEqual([true, true])
    expect(add().map(({ title }) => title.replace(/[\u2066-\u2069]/g, ''))).toEqual([
      'The folder of stick is gone',
      'The folder of stick is gone'
    ])

    api.push('clusters', { ...known, clusters: [{ ...stick, state: 'running' }] })
    await nextTick()
    expect(add().map(({ disabled }) => disabled)).toEqual([false, false])
  })
})

describe('the ring of what recovers', () => {
  const turning = (): number => document.querySelectorAll('.mark.is-running').length

  it('turns while it does, and stands in the list of what happened', async () => {
    const api = useFakeHost()
    await show(StatusMark, { level: 'recovering' })
    expect(turning()).toBe(1)
    await show(LastEvents)
    await show(EventRail)
    api.push('events', { events: [eventView(1, NOW_MS, { level: 'recovering' })] })
    await nextTick()
    expect(document.querySelectorAll('.mark[data-status=recovering]')).toHaveLength(3)
    expect(turning()).toBe(1)
  })
})
