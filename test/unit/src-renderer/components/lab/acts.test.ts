import { describe, expect, it } from 'vitest'
import { flushPromises } from '@vue/test-utils'
import { ACT_ITEMS, ACT_VERDICTS, ACT_WHYS } from '@api/acts'
import { NODE_ACTS } from '@api/failures'
import ActsList from '@/components/lab/ActsList.vue'
import en from '@/i18n/en.json'
import { fakeActs } from '../../../../support/fake-acts'
import { show, useFakeHost } from '../../support/mount'

const open = (): string => document.querySelector('.outcome')?.textContent ?? ''
const row = (id: number): HTMLElement | null => document.querySelector(`[data-act="${id}"] button`)

async function shown(language: 'en' | 'ko' = 'en') {
  const api = useFakeHost()
  await show(ActsList, {}, language)
  api.push('acts', { acts: fakeActs(1_700_000_000_000) })
  await flushPromises()
  return api
}

describe('what became of failures', () => {
  it('says that there are none only when that is known', async () => {
    const api = useFakeHost()
    await show(ActsList)
    expect(document.body.textContent).not.toContain(en.acts.none)
    api.push('acts', { acts: [] })
    await flushPromises()
    expect(document.body.textContent).toContain(en.acts.none)
  })

  it('is open for the newest, of which nothing has happened yet', async () => {
    await shown()
    expect(row(5)?.getAttribute('aria-expanded')).toBe('true')
    expect(row(5)?.textContent).toContain('Restart of broker 1: is being followed')
    expect(open()).toContain(en.acts.notYet)
  })

  it('has what was predicted beside what happened, in words', async () => {
    await shown()
    row(4)?.click()
    await flushPromises()
    const text = open().replace(/[\u2066-\u2069]/g, '')
    expect(text).toContain('Who leads them now: broker 1 (7), broker 3 (3).')
    expect(text).toContain('2 have another leader than was predicted: orders-1, ')
    expect(text).toContain('The last election was 6.1 s after it')
    expect(text).toContain(
      'acks=all is refused on 3 of 29 partitions that were looked at. Records came in on 17 of them.'
    )
    expect(document.querySelectorAll('.outcome tbody [data-status=degraded]')).toHaveLength(4)
  })

  it('says why it may differ, and what was not looked at', async () => {
    await shown()
    row(3)?.click()
    await flushPromises()
    expect(open()).toContain(en.acts.why.returned)
    expect(open()).toContain(en.acts.notLooked)
    row(2)?.click()
    await flushPromises()
    expect(open()).toContain('Meanwhile: Slow disk of broker 3, crash of broker 2.')
    row(2)?.click()
    await flushPromises()
    expect(document.querySelector('.outcome')).toBeNull()
  })

  it('has words for everything that it may be', () => {
    expect(Object.keys(en.acts.item).sort()).toEqual([...ACT_ITEMS].sort())
    expect(Object.keys(en.acts.why).sort()).toEqual([...ACT_WHYS].sort())
    expect(Object.keys(en.acts.verdict).sort()).toEqual([...ACT_VERDICTS].sort())
    expect(Object.keys(en.acts.deed).sort()).toEqual([...NODE_ACTS, 'fault'].sort())
  })
})
