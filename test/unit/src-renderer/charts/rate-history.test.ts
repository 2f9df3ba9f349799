import { describe, expect, it } from 'vitest'
import { mergeRates } from '@/charts/rate-history'
import type { RatesView } from '@api/views'

const rates = (atMs: readonly number[], bytes: number | null = 1): RatesView => ({
  atMs: [...atMs],
  brokers: [{ name: 'broker-1', inPerSecond: atMs.map(() => bytes), outPerSecond: atMs.map(() => bytes) }]
})
const times = (history: ReturnType<typeof mergeRates>): number[] => history.map(({ atMs }) => atMs)

describe('rates of brokers', () => {
  it('begin with what the host has kept, and go on with each sample', () => {
    const kept = mergeRates([], rates([1000, 2000, 3000]))

    expect(times(mergeRates(kept, rates([4000])))).toEqual([1000, 2000, 3000, 4000])
  })

  it('are not there twice when the whole of them comes again after a lost connection', () => {
    const kept = mergeRates([], rates([1000, 2000, 3000]))

    expect(times(mergeRates(kept, rates([2000, 3000, 4000, 5000])))).toEqual([1000, 2000, 3000, 4000, 5000])
  })

  it('are unknown for a broker that does not report', () => {
    const [sample] = mergeRates([], rates([1000], null))

    expect(sample?.brokers.get('broker-1')).toEqual({ inPerSecond: null, outPerSecond: null })
  })

  it('are kept for an hour', () => {
    expect(times(mergeRates(mergeRates([], rates([1000])), rates([3_602_000])))).toEqual([3_602_000])
  })
})
