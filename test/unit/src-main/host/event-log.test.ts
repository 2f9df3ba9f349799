import { describe, expect, it } from 'vitest'
import type { ClusterEvent } from '../../../../src-main/api/views'
import { EventLog } from '../../../../src-main/host/event-log'
import type { DiskFile } from '../../../../src-main/kernel/ports'
import { MemoryDisk } from '../../../support/memory-disk'
import { TestClock } from '../../../support/storage-fixture'

const event = (atMs: number): Omit<ClusterEvent, 'id'> => ({
  atMs,
  code: 'nodeKilled',
  level: 'critical',
  kind: 'process',
  subject: 'broker-1',
  params: { id: 1 }
})

function logOn(disk: MemoryDisk, said: string[] = [], clock = new TestClock(), days = 36_500): EventLog {
  return new EventLog({ disk, clock, log: (_, message) => void said.push(message) }, '/history', days)
}

describe('events', () => {
  it('come back with their numbers after the host was killed, and later ones go on from there', () => {
    const disk = new MemoryDisk()
    const earlier = logOn(disk)
    earlier.add(event(1))
    earlier.add(event(2))
    disk.kill()

    const log = logOn(disk)
    log.add(event(3))

    expect(log.recent().map(({ id, atMs }) => [id, atMs])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3]
    ])
  })

  it('around a torn or foreign line are kept', () => {
    const disk = new MemoryDisk()
    logOn(disk).add(event(1))
    const file = disk.open('/history/events.log', 'append')
    const half = JSON.stringify({ id: 2, ...event(2) }).slice(0, 30)
    file.append(new TextEncoder().encode(`{"id":7,"code":"notKnownHere"}\n"text"\n\u0000\n${half}`))
    file.close()

    const log = logOn(disk)
    log.add(event(3))

    expect(
      logOn(disk)
        .recent()
        .map(({ atMs }) => atMs)
    ).toEqual([1, 3])
  })

  it('are bounded, in memory and on disk, and the newest stay', () => {
    const disk = new MemoryDisk()
    const log = logOn(disk)
    for (let atMs = 0; atMs < 30_000; atMs++) log.add(event(atMs))

    const again = logOn(disk).recent()
    expect(again.length).toBe(2000)
    expect(again.at(-1)).toMatchObject({ id: 30_000, atMs: 29_999 })
    const bytes = disk.list('/history').reduce((sum, { name }) => sum + (disk.sizeOf(`/history/${name}`) ?? 0), 0)
    expect(bytes).toBeLessThan(2.01 * 1024 * 1024)
  })

  it('leave no file open while the disk is full', () => {
    const disk = new MemoryDisk()
    logOn(disk).add(event(1))
    let open = 0
    const opened = (...args: Parameters<MemoryDisk['open']>): DiskFile => {
      const file = disk.open(...args)
      open += 1
      return new Proxy(file, {
        get: (target, name) => {
          if (name === 'close') open -= 1
          const value = Reflect.get(target, name, target) as unknown
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        }
      })
    }
    const counting = new Proxy(disk, {
      get: (target, name) => {
        if (name === 'open') return opened
        const value = Reflect.get(target, name, target) as unknown
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      }
    })
    const log = logOn(counting)
    disk.capacityBytes = 0
    for (let i = 0; i < 5; i++) log.add(event(i))

    expect(open).toBe(0)
  })

  it('go on being told while the disk is full, which is said once, and are kept again when it has room', () => {
    const disk = new MemoryDisk()
    const said: string[] = []
    const log = logOn(disk, said)
    log.add(event(1))
    disk.capacityBytes = 0
    log.add(event(2))
    log.add(event(3))
    disk.capacityBytes = Infinity
    log.add(event(4))

    expect(log.recent().map(({ atMs }) => atMs)).toEqual([1, 2, 3, 4])
    expect(said).toEqual(['events.log is not kept'])
    expect(
      logOn(disk)
        .recent()
        .map(({ atMs }) => atMs)
    ).toEqual([1, 4])
  })

  it('go when they are older than what is to be kept, at once when that is less, and not from a file that is shared', () => {
    const dayMs = 86_400_000
    const disk = new MemoryDisk()
    const clock = new TestClock()
    const log = logOn(disk, [], clock, 7)
    for (const age of [8, 6, 2, 0]) log.add(event(clock.nowMs() - age * dayMs))
    const ages = (): number[] => log.recent().map(({ atMs }) => (clock.nowMs() - atMs) / dayMs)

    expect(ages()).toEqual([6, 2, 0])
    log.keep(3)
    expect(ages()).toEqual([2, 0])
    clock.advance(2 * dayMs)
    log.add(event(clock.nowMs()))

    expect(ages()).toEqual([2, 0])
    expect(logOn(disk, [], clock, 3).recent()).toEqual(log.recent())
  })

  it('that are older than what is kept are no longer on the disk either: at once when less is kept, else within a day', () => {
    const dayMs = 86_400_000
    const disk = new MemoryDisk()
    const clock = new TestClock()
    const log = logOn(disk, [], clock, 7)
    for (const age of [6, 2, 0]) log.add(event(clock.nowMs() - age * dayMs))
    const onDisk = (): number => logOn(disk, [], clock, 36_500).recent().length

    log.keep(3)
    expect(onDisk()).toBe(2)
    clock.advance(1.5 * dayMs)
    expect([log.recent().length, onDisk()]).toEqual([1, 2])
    clock.advance(dayMs)
    log.add(event(clock.nowMs()))
    expect([log.recent().length, onDisk()]).toEqual([2, 2])
    expect(logOn(disk, [], clock, 3).recent()).toEqual(log.recent())
  })

  it('that were being written anew when the host was killed are there once', () => {
    const disk = new MemoryDisk()
    const log = logOn(disk)
    for (let atMs = 0; atMs < 10_000; atMs++) log.add(event(atMs))
    const newer = disk.read('/history/events.log')
    disk.replaceUnsynced(
      '/history/events.log',
      Uint8Array.from([...disk.read('/history/events.log.1').slice(-20_000), ...newer])
    )

    const ids = logOn(disk)
      .recent()
      .map(({ id }) => id)
    expect([ids.length, new Set(ids).size, ids.at(-1)]).toEqual([2000, 2000, 10_000])
  })

  it('stay as they are on a disk that does not take them anew', () => {
    const dayMs = 86_400_000
    const disk = new MemoryDisk()
    const clock = new TestClock()
    const said: string[] = []
    const log = logOn(disk, said, clock, 7)
    for (const age of [6, 0]) log.add(event(clock.nowMs() - age * dayMs))
    disk.capacityBytes = 0
    log.keep(1)

    expect(log.recent()).toHaveLength(1)
    expect(said).toEqual(['what is old in events.log was not removed'])
    expect(logOn(disk, [], clock, 7).recent()).toHaveLength(2)
  })
})
