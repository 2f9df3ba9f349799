import { beforeEach, describe, expect, it } from 'vitest'
import type { LogEntry } from '../../../../src-main/coordination/core/log-entry'
import { TxnLog, type Recovery } from '../../../../src-main/coordination/txn-log'
import { zxidZero, type Zxid } from '../../../../src-main/coordination/wire/zxid'
import { AppError } from '../../../../src-main/kernel/errors'
import { nodeChecksum, SimClock } from '../../../support/ensemble-world'
import { MemoryDisk } from '../../../support/memory-disk'

const directory = '/data'
const firstPath = '/data/log.0000000100000001'

function entry(counter: number, body = 'x'.repeat(counter)): LogEntry {
  const command = {
    type: 'operation',
    sessionId: 1n,
    connectionId: 1,
    op: 5,
    body: new TextEncoder().encode(body)
  } as const
  return { zxid: { epoch: 1, counter }, timeMs: counter, command }
}

describe('the log', () => {
  let clock: SimClock
  let disk: MemoryDisk

  beforeEach(() => {
    clock = new SimClock()
    disk = new MemoryDisk(clock)
    disk.makeDirectory(directory)
  })

  async function recovered(after: Zxid = zxidZero): Promise<{ log: TxnLog; entries: LogEntry[]; recovery: Recovery }> {
    const log = new TxnLog({
      disk,
      checksum: nodeChecksum,
      directory,
      whenFull: () => Promise.reject(new Error('the disk has room'))
    })
    const entries: LogEntry[] = []
    const recovery = await clock.until(log.recover(after, (one) => entries.push(one)))
    return { log, entries, recovery }
  }

  async function written(...batches: readonly (readonly LogEntry[])[]): Promise<TxnLog> {
    const { log } = await recovered()
    for (const batch of batches) {
      log.append(batch)
      await clock.until(log.sync())
    }
    return log
  }

  it('gives back what was appended and synced, in order, after a power cut', async () => {
    await written([entry(1)], [entry(2), entry(3)])
    disk.crash()

    const { entries, recovery } = await recovered()

    expect(entries).toEqual([entry(1), entry(2), entry(3)])
    expect(recovery).toEqual({ lastZxid: { epoch: 1, counter: 3 }, entries: 3, truncatedBytes: 0 })
  })

  it('cut at every byte, gives the whole batches before the cut and goes on from there', async () => {
    await written([entry(1)], [entry(2), entry(3)], [entry(4)])
    const whole = disk.read(firstPath)

    let best = 0
    for (let length = 0; length <= whole.length; length++) {
      disk.writeFile(firstPath, whole.slice(0, length))
      const { log, entries } = await recovered()
      expect([0, 1, 3, 4], `cut at ${length}`).toContain(entries.length)
      expect(entries).toEqual([1, 2, 3, 4].slice(0, entries.length).map((counter) => entry(counter)))
      expect(entries.length).toBeGreaterThanOrEqual(best)
      best = entries.length

      log.append([entry(entries.length + 1, 'after')])
      await clock.until(log.sync())
      const again = await recovered()
      expect(again.entries.at(-1)).toEqual(entry(entries.length + 1, 'after'))
      expect(again.recovery.truncatedBytes).toBe(0)
    }
    expect(best).toBe(4)
  })

  it('with a torn or zero-filled last batch drops only that batch', async () => {
    await written([entry(1)], [entry(2)])
    const good = disk.read(firstPath).length
    await written([entry(3), entry(4)])
    const whole = disk.read(firstPath)

    for (let at = good; at < whole.length; at++) {
      const torn = whole.slice()
      torn.fill(0, at)
      if (torn.every((byte, index) => byte === whole[index])) continue
      disk.writeFile(firstPath, torn)

      const { entries } = await recovered()

      expect(entries.map(({ zxid }) => zxid.counter)).toEqual([1, 2])
    }
  })

  it('refuses to start, naming the file, when a byte before the last batch is wrong', async () => {
    await written([entry(1)], [entry(2), entry(3)])
    const lastBatchAt = disk.read(firstPath).length
    await written([entry(4)])
    const whole = disk.read(firstPath)

    for (let at = 0; at < lastBatchAt; at++) {
      const damaged = whole.slice()
      damaged[at] = (damaged[at] ?? 0) ^ 0x10
      disk.writeFile(firstPath, damaged)

      const failure = await recovered().catch((error: unknown) => error)

      expect(failure, `byte ${at}`).toBeInstanceOf(AppError)
      expect(failure).toMatchObject({ code: 'CORRUPT' })
      expect((failure as AppError).message).toContain(firstPath)
      expect(disk.read(firstPath)).toEqual(damaged)
    }
  })

  it('refuses any damage in a segment that is not the last', async () => {
    const log = await written([entry(1)], [entry(2)])
    await clock.until(log.roll({ epoch: 1, counter: 3 }))
    const whole = disk.read(firstPath)

    disk.writeFile(firstPath, whole.slice(0, -1))

    await expect(recovered()).rejects.toMatchObject({ code: 'CORRUPT' })
  })

  it('refuses a hole between segments, and a snapshot without a log after it', async () => {
    const log = await written([entry(1)], [entry(2)])
    await clock.until(log.roll({ epoch: 1, counter: 3 }))
    log.append([entry(3)])
    await clock.until(log.sync())
    disk.remove(firstPath)

    await expect(recovered()).rejects.toMatchObject({ code: 'CORRUPT' })
    disk.remove('/data/log.0000000100000003')
    await expect(recovered({ epoch: 1, counter: 2 })).rejects.toMatchObject({ code: 'CORRUPT' })
  })

  it('reads on after a snapshot, whether or not the older segments are still there', async () => {
    const log = await written([entry(1)], [entry(2)])
    await clock.until(log.roll({ epoch: 1, counter: 3 }))
    log.append([entry(3)])
    await clock.until(log.sync())

    expect((await recovered({ epoch: 1, counter: 2 })).entries).toEqual([entry(3)])
    log.deleteBefore({ epoch: 1, counter: 3 })

    expect(disk.exists(firstPath)).toBe(false)
    expect((await recovered({ epoch: 1, counter: 2 })).entries).toEqual([entry(3)])
  })

  it('that has nothing yet and was rolled again keeps its empty segment', async () => {
    const log = await written([entry(1)])
    await clock.until(log.roll({ epoch: 1, counter: 2 }))
    const { log: second, entries } = await recovered()
    await clock.until(second.roll({ epoch: 1, counter: 2 }))
    second.append([entry(2)])
    await clock.until(second.sync())

    expect(entries).toEqual([entry(1)])
    expect((await recovered()).entries).toEqual([entry(1), entry(2)])
  })

  it('written by a newer format is refused', async () => {
    await written([entry(1)])
    const bytes = disk.read(firstPath)
    bytes[7] = 2
    const crc = nodeChecksum.crc32c(bytes.subarray(0, 16))
    new DataView(bytes.buffer).setUint32(16, crc)
    disk.writeFile(firstPath, bytes)

    await expect(recovered()).rejects.toThrow(/format 2/)
  })
})
