import { describe, expect, it } from 'vitest'
import type { BrokerStatsView, RatesView } from '../../../../src-main/api/views'
import { RateHistory } from '../../../../src-main/host/rate-history'
import { MemoryDisk } from '../../../support/memory-disk'

const historyOn = (disk = new MemoryDisk()): RateHistory => new RateHistory({ disk, log: () => undefined }, '/history')

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
    const history = historyOn()
    history.add(1000, [broker(10.4)])
    history.add(2000, [broker(null)])

    expect(history.all()).toEqual({
      atMs: [1000, 2000],
      brokers: [{ name: 'broker-1', inPerSecond: [10, null], outPerSecond: [10, null] }]
    })
  })

  it('are told to every tab, each sample as one object for all', () => {
    const history = historyOn()
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
    const history = historyOn()
    for (let second = 0; second < 5000; second++) history.add(second * 1000, [broker(1)])
    const { atMs } = history.all()
    expect(atMs.length).toBe(3600)
    expect(atMs.at(-1)).toBe(4_999_000)

    history.add(4_999_000, [broker(1)])
    expect(history.all().atMs.length).toBe(3600)
  })

  it('hold no times that are yet to come after the clock was put back', () => {
    const history = historyOn()
    for (const atMs of [1000, 2000, 3000, 2500]) history.add(atMs, [broker(1)])

    expect(history.all().atMs).toEqual([1000, 2000, 2500])
  })
})

describe('the rates of an earlier host', () => {
  it('are there, with a gap for the time in which nobody looked', () => {
    const disk = new MemoryDisk()
    const earlier = historyOn(disk)
    earlier.add(1000, [broker(10)])
    earlier.add(2000, [broker(null)])
    disk.kill()

    const history = historyOn(disk)
    history.add(9000, [broker(30)])

    expect(history.all()).toEqual({
      atMs: [1000, 2000, 2001, 9000],
      brokers: [{ name: 'broker-1', inPerSecond: [10, null, null, 30], outPerSecond: [10, null, null, 30] }]
    })
  })

  it('hold no times that were yet to come when the clock was put back', () => {
    const disk = new MemoryDisk()
    const earlier = historyOn(disk)
    for (const atMs of [1000, 2000, 3000, 2500]) earlier.add(atMs, [broker(1)])
    disk.kill()

    expect(historyOn(disk).all().atMs).toEqual([1000, 2000, 2500, 2501])
  })

  it('stay within what may be kept', () => {
    const disk = new MemoryDisk()
    const brokers = Array.from({ length: 200 }, (_, i) => ({ ...broker(123_456_789), name: `broker-${i}` }))
    const history = historyOn(disk)
    for (let second = 0; second < 4000; second++) history.add(second * 1000, brokers)

    const bytes = disk.list('/history').reduce((sum, { name }) => sum + (disk.sizeOf(`/history/${name}`) ?? 0), 0)
    expect(bytes).toBeLessThan(8.1 * 1024 * 1024)
    expect(historyOn(disk).all().atMs.length).toBeGreaterThan(500)
  })
})
