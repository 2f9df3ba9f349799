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
const chart = (): Element | null => document.querySelector('.plot-place canvas')

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
})
