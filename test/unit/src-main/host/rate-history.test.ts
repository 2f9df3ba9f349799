import { describe, expect, it } from 'vitest'
import type { BrokerStatsView, RatesView } from '../../../../src-main/api/views'
import { RateHistory } from '../../../../src-main/host/rate-history'

const broker = (bytesInPerSecond: number | null): BrokerStatsView => ({
  name: 'broker-1',
  registered: true,
  isSilent: false,
  isController: true,
  leaders: 1,
  replicas: 1,
  diskBytes: 0,
  bytesInPerSecond,
  bytesOutPerSecond: bytesInPerSecond,
  recordsInPerSecond: bytesInPerSecond
})

describe('the rates that the host keeps', () => {
  it('are there for a page that opens later, unknown where they were', () => {
    const history = new RateHistory()
    history.add(1000, [broker(10.4)])
    history.add(2000, [broker(null)])

    expect(history.all()).toEqual({
      atMs: [1000, 2000],
      brokers: [{ name: 'broker-1', inPerSecond: [10, null], outPerSecond: [10, null] }]
    })
  })

  it('are told to every tab, each sample as one object for all', () => {
    const history = new RateHistory()
    const told: RatesView[] = []
    history.listen((view) => told.push(view))
    const end = history.listen((view) => told.push(view))
    history.add(1000, [broker(1)])
    end()
    history.add(2000, [broker(2)])

    expect(told.map(({ atMs }) => atMs)).toEqual([[1000], [1000], [2000]])
    expect(told[0]).toBe(told[1])
  })

  it('are those of an hour, also when the clock does not move', () => {
    const history = new RateHistory()
    for (let second = 0; second < 5000; second++) history.add(second * 1000, [broker(1)])
    const { atMs } = history.all()
    expect(atMs.length).toBe(3600)
    expect(atMs.at(-1)).toBe(4_999_000)

    history.add(4_999_000, [broker(1)])
    expect(history.all().atMs.length).toBe(3600)
  })

  it('hold no times that are yet to come after the clock was put back', () => {
    const history = new RateHistory()
    for (const atMs of [1000, 2000, 3000, 2500]) history.add(atMs, [broker(1)])

    expect(history.all().atMs).toEqual([1000, 2000, 2500])
  })
})
