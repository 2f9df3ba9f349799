import { describe, expect, it } from 'vitest'
import { nodeChecksum } from '../../../../src-main/adapters/node-checksum'
import { AppError } from '../../../../src-main/kernel/errors'
import type { GroupLags } from '../../../../src-main/monitor/core/history-lines'
import { historyLimits, LagHistory } from '../../../../src-main/monitor/history'
import { MemoryDisk } from '../../../support/memory-disk'
import { TestClock } from '../../../support/storage-fixture'

const hourMs = 3_600_000
/** Ten minutes into an hour. */
const beginMs = Math.floor(1_795_575_000_000 / hourMs) * hourMs + 600_000
const dir = '/lab/monitor'

const lags = (...values: (number | null)[]): GroupLags =>
  values.map((lag, partition) => ({ topic: 't', partition, lag }))

function world(limits = historyLimits): {
  disk: MemoryDisk
  open: () => LagHistory
  logged: string[]
  kept: boolean[]
} {
  const disk = new MemoryDisk()
  const logged: string[] = []
  const kept: boolean[] = []
  const ports = {
    disk,
    clock: new TestClock(),
    checksum: nodeChecksum,
    log: (_level: string, message: string): void => void logged.push(message),
    keptChanged: (isKept: boolean): void => void kept.push(isKept)
  }
  return { disk, logged, kept, open: () => new LagHistory(ports, dir, limits) }
}

describe('lag history on disk', () => {
  it('gives back total and partitions of a group, sample by sample', async () => {
    const history = world().open()
    history.record(beginMs, new Map([['g', lags(5, null)]]))
    const pace = { writtenPerSecond: 1234.4, readPerSecond: 0.58 }
    history.record(beginMs + 1000, new Map([['g', lags(6, 1)]]), () => pace)

    const view = await history.read('g', beginMs - 1000, beginMs + 5000)

    expect(view).toEqual({
      groupId: 'g',
      fromMs: beginMs - 1000,
      toMs: beginMs + 5000,
      atMs: [beginMs, beginMs + 1000],
      total: [null, 7],
      written: [null, 1234],
      read: [null, 0.6],
      partitions: [
        { topic: 't', partition: 0, lag: [5, 6] },
        { topic: 't', partition: 1, lag: [null, 1] }
      ]
    })
  })

  it('writes a lag that stands still only once a minute, and still gives every sample', async () => {
    const { disk, open } = world()
    const history = open()
    for (let second = 0; second < 120; second++) history.record(beginMs + second * 1000, new Map([['g', lags(5)]]))

    const { total } = await history.read('g', beginMs, beginMs + hourMs)

    expect(total).toEqual(new Array(120).fill(5))
    const [file] = disk.list(dir)
    const text = new TextDecoder().decode(disk.read(`${dir}/${file?.name ?? ''}`))
    expect(text.split('\n').filter((line) => line.startsWith('G'))).toHaveLength(2)
  })

  it('has a gap where nothing was known', async () => {
    const history = world().open()
    history.record(beginMs, new Map([['g', lags(5)]]))
    history.record(beginMs + 1000, new Map([['g', lags(null)]]))
    history.record(beginMs + 2000, new Map([['g', lags(7)]]))

    expect((await history.read('g', beginMs, beginMs + 9000)).total).toEqual([5, null, 7])
  })

  it('has a gap where nobody looked for more than two and a half seconds', async () => {
    const history = world().open()
    history.record(beginMs, new Map([['g', lags(5)]]))
    history.record(beginMs + 2500, new Map([['g', lags(6)]]))
    history.record(beginMs + 5001, new Map([['g', lags(7)]]))

    const { total, atMs } = await history.read('g', beginMs, beginMs + 9000)

    expect(total).toEqual([5, 6, null, 7])
    expect(atMs).toEqual([beginMs, beginMs + 2500, beginMs + 2501, beginMs + 5001])
  })

  it('has no samples of a group while it was not there', async () => {
    const history = world().open()
    history.record(beginMs, new Map([['g', lags(5)]]))
    history.record(beginMs + 1000, new Map([['other', lags(1)]]))
    history.record(beginMs + 2000, new Map([['g', lags(7)]]))

    const { atMs } = await history.read('g', beginMs, beginMs + 9000)

    expect(atMs).toEqual([beginMs, beginMs + 2000])
    expect((await history.read('never', beginMs, beginMs + 9000)).atMs).toEqual([])
  })

  it('survives a process that died in the middle of a line', async () => {
    const { disk, open } = world()
    const first = open()
    first.record(beginMs, new Map([['g', lags(5)]]))
    first.record(beginMs + 1000, new Map([['g', lags(6)]]))
    first.close()
    const path = `${dir}/${disk.list(dir)[0]?.name ?? ''}`
    disk.writeFile(path, disk.read(path).subarray(0, -9))

    const second = open()
    second.record(beginMs + 2000, new Map([['g', lags(7)]]))
    const { total, atMs } = await second.read('g', beginMs, beginMs + 9000)

    expect(atMs).toEqual([beginMs, beginMs + 2000])
    expect(total).toEqual([5, 7])
  })

  it('does not show what bad bytes say: the lag is unknown until it is written whole again', async () => {
    const { disk, open } = world()
    const history = open()
    for (let second = 0; second < 61; second++)
      history.record(beginMs + second * 1000, new Map([['g', lags(1000 + second)]]))
    const path = `${dir}/${disk.list(dir)[0]?.name ?? ''}`
    const bytes = disk.read(path).slice()
    const at = new TextDecoder().decode(bytes).indexOf('[0,1010]')
    bytes[at + 3] = '9'.charCodeAt(0)
    disk.writeFile(path, bytes)

    const { total } = await history.read('g', beginMs, beginMs + hourMs)

    expect(total).not.toContain(9010)
    expect(total.slice(0, 10)).toEqual([1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009])
    expect(total[10]).toBe(1011)
    expect(total.at(-1)).toBe(1060)
  })

  it('goes over from one hour’s file to the next', async () => {
    const { disk, open } = world()
    const history = open()
    const hourEndMs = beginMs - 600_000 + hourMs
    history.record(hourEndMs - 500, new Map([['g', lags(1)]]))
    history.record(hourEndMs + 500, new Map([['g', lags(1)]]))

    expect(disk.list(dir)).toHaveLength(2)
    expect((await history.read('g', beginMs, hourEndMs + 9000)).total).toEqual([1, 1])
  })

  it('keeps no more bytes and no older files than its limits say', async () => {
    const limits = { fileBytesMax: 2000, bytesMax: 10_000, ageMsMax: 2 * hourMs }
    const { disk, open } = world(limits)
    const history = open()
    history.record(beginMs - 5 * hourMs, new Map([['g', lags(1)]]))
    for (let second = 0; second < 2000; second++)
      history.record(beginMs + second * 1000, new Map([['g', lags(second)]]))

    const files = disk.list(dir).map(({ name }) => name)
    const bytes = files.reduce((sum, name) => sum + (disk.sizeOf(`${dir}/${name}`) ?? 0), 0)

    expect(bytes).toBeLessThanOrEqual(limits.bytesMax + 200)
    expect(files.every((name) => name > 'lag-2026112500')).toBe(true)
    const { total } = await history.read('g', beginMs, beginMs + hourMs)
    expect(total.at(-1)).toBe(1999)
    expect(total).not.toContain(0)
  })

  it('says once that the disk is full, and goes on when it no longer is', async () => {
    const { disk, open, logged, kept } = world()
    const history = open()
    const openFile = disk.open.bind(disk)
    disk.open = () => {
      throw new AppError('DISK_FULL', 'There is no space left.')
    }
    history.record(beginMs, new Map([['g', lags(1)]]))
    history.record(beginMs + 1000, new Map([['g', lags(2)]]))
    disk.open = openFile
    history.record(beginMs + 2000, new Map([['g', lags(3)]]))

    expect(logged).toEqual(['lag history is not kept'])
    expect(kept).toEqual([false, true])
    expect((await history.read('g', beginMs, beginMs + 9000)).total).toEqual([3])
  })
})

describe('a long range', () => {
  it('has at most 3,600 points, and a spike of one sample is still there', async () => {
    const history = world().open()
    const seconds = 3 * 3600
    for (let second = 0; second < seconds; second++) {
      const lag = second === 5000 ? 1_000_000 : second % 7
      history.record(beginMs + second * 1000, new Map([['g', lags(lag)]]))
    }

    const view = await history.read('g', beginMs, beginMs + seconds * 1000)

    expect(view.atMs.length).toBeLessThanOrEqual(3600)
    expect(view.atMs.length).toBeGreaterThan(1000)
    expect(view.total[view.atMs.indexOf(beginMs + 5_000_000)]).toBe(1_000_000)
    expect([...view.atMs].sort((a, b) => a - b)).toEqual(view.atMs)
  })

  it('keeps a gap of one sample', async () => {
    const history = world().open()
    for (let second = 0; second < 2 * 3600; second++) {
      history.record(beginMs + second * 1000, new Map([['g', lags(second === 3000 ? null : 5)]]))
    }

    const { total, atMs } = await history.read('g', beginMs, beginMs + 2 * hourMs)

    expect(total.filter((value) => value === null)).toHaveLength(1)
    expect(total[atMs.indexOf(beginMs + 3_000_000)]).toBeNull()
  })
})
