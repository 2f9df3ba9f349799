import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { GroupRow } from '@api/views'
import OverviewLag from '@/components/overview/OverviewLag.vue'
import type { FakeApi } from '../../support/fake-api'
import { show, shownText, useFakeHost } from '../../support/mount'

// There is no canvas here; what a chart draws is tested as functions.
vi.mock('@/composables/use-chart', () => ({ useChart: () => undefined }))

let api: FakeApi
beforeEach(async () => {
  api = useFakeHost()
  await show(OverviewLag)
})

const group = (state: string): GroupRow => ({
  groupId: 'billing',
  state,
  protocol: 'range',
  memberCount: null,
  topics: [],
  lagRecords: null,
  lagUnknown: 'coordinatorSilent',
  isBehind: false,
  coordinatorId: null
})
const push = async (groups: readonly GroupRow[]): Promise<void> => {
  api.push('groups', { observedAtMs: 1, groups: [...groups] })
  await flushPromises()
}
const answer = async (total: (number | null)[]): Promise<void> => {
  const now = Date.now()
  const atMs = total.map((_, index) => now - 1000 * (total.length - index))
  api.last('group.lag').resolve({ groupId: 'billing', fromMs: now - 900_000, toMs: now, atMs, total, partitions: [] })
  await flushPromises()
}
const chart = (): Element | null => document.querySelector('[data-testid=lag-chart] canvas')

describe('the lag on the overview', () => {
  it('is still drawn when no coordinator answers but its history is known', async () => {
    await push([group('Unknown')])
    await answer([7, 9, null])

    expect(chart()?.getAttribute('aria-label')).toContain('9 at most')
    expect(shownText()).toContain('billing—')
    expect(shownText()).not.toContain('No group has committed')
  })

  it('is said to be unknown when nothing of it was known in the range', async () => {
    await push([group('Unknown')])
    await answer([null, null])

    expect(chart()).toBeNull()
    expect(shownText()).toContain('Lag is not known now')
    expect(shownText()).not.toContain('No group has committed')
  })

  it('is said to be without commits only when the groups answered', async () => {
    await push([])

    expect(shownText()).toContain('No group has committed an offset')
  })

  it('keeps the line and the colour of a group whose lag becomes unknown, whoever comes meanwhile', async () => {
    const row = (groupId: string, lagRecords: number | null): GroupRow => ({
      ...group('Stable'),
      groupId,
      lagRecords,
      lagUnknown: lagRecords === null ? 'leaderSilent' : null
    })
    const answered = new Set<unknown>()
    const answerAll = async (): Promise<void> => {
      const now = Date.now()
      for (const call of api.calls.filter((one) => one.name === 'group.lag' && !answered.has(one))) {
        answered.add(call)
        const { groupId } = call.input as { groupId: string }
        call.resolve({ groupId, fromMs: now - 900_000, toMs: now, atMs: [now - 1000], total: [5], partitions: [] })
      }
      await flushPromises()
    }
    const legend = (): string[] =>
      [...document.querySelectorAll('.legend li')].map(
        (item) => `${item.querySelector('path')?.dataset['series'] ?? ''} ${item.querySelector('a')?.textContent ?? ''}`
      )
    await push([row('worst', 9000), row('second', 500), row('third', 90), row('fourth', 80)])
    await answerAll()
    expect(legend()).toEqual(['1 worst', '2 second', '3 third'])

    await push([row('worst', null), row('second', null), row('third', 90), row('fourth', 80)])
    await answerAll()
    expect(legend().slice(0, 3)).toEqual(['1 worst', '2 second', '3 third'])

    await push([row('worst', 9000), row('second', 500), row('third', 90), row('fourth', 80)])
    await answerAll()
    expect(legend().slice(0, 3)).toEqual(['1 worst', '2 second', '3 third'])
  })
})
