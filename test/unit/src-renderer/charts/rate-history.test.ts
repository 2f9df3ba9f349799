import { describe, expect, it } from 'vitest'
import { appendRates } from '@/charts/rate-history'
import { clusterView, statsView } from '../support/views'

describe('rates since the window opened', () => {
  it('are one sample a second, however often the view is pushed', () => {
    const once = appendRates([], 1000, clusterView())

    expect(appendRates(once, 1200, clusterView())).toBe(once)
    expect(appendRates(once, 2000, clusterView())).toHaveLength(2)
  })

  it('are unknown for a broker that does not report', () => {
    const view = clusterView({ brokers: [statsView('broker-1', { bytesInPerSecond: null, bytesOutPerSecond: null })] })

    expect(appendRates([], 1000, view)[0]?.brokers.get('broker-1')).toEqual({ inPerSecond: null, outPerSecond: null })
  })

  it('are kept for an hour', () => {
    const old = appendRates([], 1000, clusterView())

    expect(appendRates(old, 3_602_000, clusterView()).map((sample) => sample.atMs)).toEqual([3_602_000])
  })
})
