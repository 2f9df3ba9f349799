import { beforeEach, describe, expect, it } from 'vitest'
import type { LogEntry } from '../../../../src-main/coordination/core/log-entry'
import { TxnLog, type Recovery } from '../../../../src-main/coordination/txn-log'
import { zxidZero, type Zxid } from '../../../../src-main/coordination/wire/zxid'
import { encodeLogEntry } from '../../../../src-main/coordination/core/log-entry'
import { JuteWriter } from '../../../../src-main/coordination/wire/jute-writer'
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
  return { zxid: { epoch: 1, counter }, proposalId: counter, timeMs: counter, command }
}

/** Whole entries as text: comparing bytes one by one takes long. */
const told = (entries: readonly LogEntry[] | undefined): string[] | undefined =>
  entries?.map((one) => new TextDecoder().decode(encodeLogEntry(one)))

const closed = (log: TxnLog): void => log.close()

const entryAt = (epoch: number, counter: number): LogEntry => ({ ...entry(counter), zxid: { epoch, counter } })

describe('the log', () => {
  let clock: SimClock
  let disk: MemoryDisk

  beforeEach(() => {
    clock = new SimClock()
    disk = new MemoryDisk(clock)
    disk.makeDirectory(directory)
  })

  async function recovered(
    after: Zxid = zxidZero,
    found: { readonly hasHardState?: boolean } = {}
  ): Promise<{ log: TxnLog; entries: LogEntry[]; recovery: Recovery }> {
    const log = new TxnLog({
      disk,
      checksum: nodeChecksum,
      directory,
      whenFull: () => Promise.reject(new Error('the disk has room'))
    })
    const recovery = await clock.until(log.recover(after, found))
    return { log, entries: [...recovery.entries], recovery }
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
    expect(recovery).toMatchObject({ lastZxid: { epoch: 1, counter: 3 }, truncatedBytes: 0 })
  })

  it('cut at every byte, gives the whole batches before the cut and goes on from there', async () => {
    closed(await written([entry(1)], [entry(2), entry(3)], [entry(4)]))
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
    closed(await written([entry(1)], [entry(2)]))
    const good = disk.read(firstPath).length
    closed(await written([entry(3), entry(4)]))
    const whole = disk.read(firstPath)

    for (let at = good; at < whole.length; at++) {
      for (const [from, to] of [
        [at, whole.length],
        [good, at]
      ] as const) {
        const torn = whole.slice()
        torn.fill(0, from, to)
        if (torn.every((byte, index) => byte === whole[index])) continue
        disk.writeFile(firstPath, torn)

        const { entries } = await recovered()

        expect(
          entries.map(({ zxid }) => zxid.counter),
          `zeros from ${from} to ${to}`
        ).toEqual([1, 2])
      }
    }
  })

  it('cuts off the zeros by which its file ran ahead when it was killed, and tells only of a torn batch before them', async () => {
    const log = await written([entry(1)], [entry(2)])
    const length = disk.read(firstPath).length
    log.append([entry(3)])
    disk.crash((_path, unsyncedBytes) => unsyncedBytes - 3)
    expect(disk.read(firstPath).length).toBe(length)

    const { log: again, recovery } = await recovered()
    again.append([entry(3, 'again')])
    await clock.until(again.sync())
    disk.kill()
    const { recovery: third, entries } = await recovered()

    expect(length).toBeGreaterThan(4096)
    expect(recovery.entries.map(({ zxid }) => zxid.counter)).toEqual([1, 2])
    expect(recovery.truncatedBytes).toBeGreaterThan(0)
    expect(recovery.truncatedBytes).toBeLessThan(100)
    expect(third.truncatedBytes).toBe(0)
    expect(entries).toEqual([entry(1), entry(2), entry(3, 'again')])
  })

  it('leaves no zeros at the end of a segment that another one follows', async () => {
    const log = await written([entry(1)], [entry(2)])
    const ahead = disk.read(firstPath)
    await clock.until(log.roll())
    disk.crash()
    const whole = disk.read(firstPath)
    expect(ahead.length - whole.length).toBeGreaterThan(1024)
    expect(log.read(zxidZero, { entriesMax: 10, bytesMax: 1000 }, () => true)).toHaveLength(2)

    expect((await recovered()).entries).toEqual([entry(1), entry(2)])
  })

  it('takes zeros at the end of a segment that another one follows for nothing, and for damage where entries are missing', async () => {
    const log = await written([entry(1)], [entry(2)])
    await clock.until(log.roll())
    log.append([entry(3)])
    await clock.until(log.sync())
    closed(log)
    const whole = disk.read(firstPath)
    const withZeros = new Uint8Array(whole.length + 100)
    withZeros.set(whole)
    disk.writeFile(firstPath, withZeros)
    const { log: again, recovery } = await recovered()
    expect(recovery).toMatchObject({ truncatedBytes: 0, lastZxid: { counter: 3 } })
    closed(again)

    const batchOfSecond = 2 * 4
    withZeros.fill(0, (disk.sizeOf(firstPath) ?? 0) - 100 - batchOfSecond)
    disk.writeFile(firstPath, withZeros)
    await expect(recovered()).rejects.toMatchObject({ code: 'CORRUPT' })
  })

  it('refuses to start, naming the file, when a byte before the last batch is wrong', async () => {
    closed(await written([entry(1)], [entry(2), entry(3)]))
    const lastBatchAt = disk.read(firstPath).length
    closed(await written([entry(4)]))
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
    await clock.until(log.roll())
    const whole = disk.read(firstPath)

    disk.writeFile(firstPath, whole.slice(0, -1))

    await expect(recovered()).rejects.toMatchObject({ code: 'CORRUPT' })
  })

  it('refuses a hole between segments, and a snapshot without a log after it', async () => {
    const log = await written([entry(1)], [entry(2)])
    await clock.until(log.roll())
    log.append([entry(3)])
    await clock.until(log.sync())
    disk.remove(firstPath)

    await expect(recovered()).rejects.toMatchObject({ code: 'CORRUPT' })
    disk.remove('/data/log.0000000100000003')
    await expect(recovered({ epoch: 1, counter: 2 })).rejects.toMatchObject({ code: 'CORRUPT' })
  })

  it('refuses a hole before a segment that is empty or begins with a term, which fits behind anything', async () => {
    const log = await written([entry(1)], [entry(2)])
    await clock.until(log.roll())
    const before = disk.read(firstPath)
    for (const later of [[], [entryAt(2, 1)]]) {
      if (later.length > 0) log.append(later)
      await clock.until(log.sync())
      disk.remove(firstPath)

      await expect(recovered()).rejects.toMatchObject({ code: 'CORRUPT' })
      await expect(recovered({ epoch: 1, counter: 1 })).rejects.toMatchObject({ code: 'CORRUPT' })
      expect((await recovered({ epoch: 1, counter: 2 })).entries).toEqual(later)
      disk.writeFile(firstPath, before)
      expect((await recovered()).entries).toEqual([entry(1), entry(2), ...later])
    }
  })

  it('refuses a log that is gone, or is none any more, where there was one', async () => {
    const hasHardState = { hasHardState: true }
    await expect(recovered(zxidZero, hasHardState)).rejects.toMatchObject({ code: 'CORRUPT' })
    const { log } = await recovered()
    expect((await recovered(zxidZero, hasHardState)).entries).toEqual([])
    log.append([entry(1)])
    await clock.until(log.sync())

    for (const bytes of [new Uint8Array(0), new Uint8Array(500)]) {
      disk.writeFile(firstPath, bytes)
      await expect(recovered(zxidZero, hasHardState)).rejects.toMatchObject({ code: 'CORRUPT' })
    }
  })

  it('that was cut back before its newest segment goes on there', async () => {
    const log = await written([entry(1), entry(2), entry(3)])
    await clock.until(log.roll())
    log.truncateAfter({ epoch: 1, counter: 1 })
    await clock.until(log.roll())
    log.append([entryAt(2, 1)])
    await clock.until(log.sync())

    expect((await recovered()).entries).toEqual([entry(1), entryAt(2, 1)])
    await clock.until(log.roll())
    log.append([entryAt(2, 2)])
    await clock.until(log.sync())
    expect((await recovered()).entries).toEqual([entry(1), entryAt(2, 1), entryAt(2, 2)])
  })

  it('that was cut and rolled before anything followed is cut after a power cut, too', async () => {
    const log = await written([entry(1), entry(2)], [entryAt(2, 1)])
    log.truncateAfter({ epoch: 1, counter: 2 })
    await clock.until(log.roll())
    disk.crash()

    expect((await recovered()).entries).toEqual([entry(1), entry(2)])
  })

  it('reads on after a snapshot, whether or not the older segments are still there', async () => {
    const log = await written([entry(1)], [entry(2)])
    await clock.until(log.roll())
    log.append([entry(3)])
    await clock.until(log.sync())

    expect((await recovered({ epoch: 1, counter: 2 })).entries).toEqual([entry(3)])
    log.deleteUpTo({ epoch: 1, counter: 2 })

    expect(disk.exists(firstPath)).toBe(false)
    expect((await recovered({ epoch: 1, counter: 2 })).entries).toEqual([entry(3)])
  })

  it('that has nothing yet and was rolled again keeps its empty segment', async () => {
    const log = await written([entry(1)])
    await clock.until(log.roll())
    const { log: second, entries } = await recovered()
    await clock.until(second.roll())
    second.append([entry(2)])
    await clock.until(second.sync())

    expect(entries).toEqual([entry(1)])
    expect((await recovered()).entries).toEqual([entry(1), entry(2)])
  })

  it('that was cut goes on after the cut with another term, also after a start', async () => {
    const log = await written([entry(1), entry(2)], [entry(3)])
    log.truncateAfter({ epoch: 1, counter: 1 })
    log.append([entryAt(2, 1)])
    await clock.until(log.sync())

    const { entries, recovery, log: again } = await recovered()
    expect(entries).toEqual([entry(1), entryAt(2, 1)])
    expect(recovery.lastZxid).toEqual({ epoch: 2, counter: 1 })
    again.truncateAfter(zxidZero)
    again.append([entryAt(3, 1)])
    await clock.until(again.sync())

    expect((await recovered()).entries).toEqual([entryAt(3, 1)])
  })

  it('that was cut and rolled goes on from where it was cut', async () => {
    const log = await written([entry(1), entry(2)], [entryAt(4, 1)])
    log.truncateAfter({ epoch: 1, counter: 2 })
    log.append([entryAt(3, 1)])
    await clock.until(log.sync())
    await clock.until(log.roll())
    log.append([entryAt(3, 2)])
    await clock.until(log.sync())

    // A snapshot at (3,1): (4,1) comes after it only by its number.
    expect((await recovered({ epoch: 3, counter: 1 })).entries).toEqual([entryAt(3, 2)])
    log.deleteUpTo({ epoch: 3, counter: 1 })
    expect(disk.exists(firstPath)).toBe(false)
    expect((await recovered({ epoch: 3, counter: 1 })).entries).toEqual([entryAt(3, 2)])
  })

  it('keeps the segment in which there is more than a snapshot has', async () => {
    const log = await written([entry(1), entry(2)])
    await clock.until(log.roll())

    log.deleteUpTo({ epoch: 1, counter: 1 })

    expect((await recovered({ epoch: 1, counter: 1 })).entries).toEqual([entry(2)])
  })

  it('loses nothing that was synced and nothing else than whole operations, whenever the power is cut', async () => {
    const operations: readonly ((log: TxnLog) => void)[] = [
      (log) => log.append([entry(1), entry(2)]),
      (log) => log.append([entry(3)]),
      (log) => log.truncateAfter({ epoch: 1, counter: 1 }),
      (log) => log.append([entryAt(2, 1), entryAt(2, 2)]),
      (log) => log.truncateAfter({ epoch: 2, counter: 1 }),
      (log) => log.append([entryAt(3, 1)])
    ]
    const after: readonly (readonly LogEntry[])[] = [
      [],
      [entry(1), entry(2)],
      [entry(1), entry(2), entry(3)],
      [entry(1)],
      [entry(1), entryAt(2, 1), entryAt(2, 2)],
      [entry(1), entryAt(2, 1)],
      [entry(1), entryAt(2, 1), entryAt(3, 1)]
    ]
    let points = 0

    for (let synced = 0; synced < operations.length; synced++) {
      for (let kept = 0; ; kept++) {
        disk = new MemoryDisk(clock)
        disk.makeDirectory(directory)
        const { log } = await recovered()
        for (const operation of operations.slice(0, synced)) {
          operation(log)
          await clock.until(log.sync())
        }
        operations[synced]?.(log)
        let unsyncedBytes = 0
        disk.crash((_path, unsynced) => {
          unsyncedBytes = unsynced
          return Math.min(kept, unsynced)
        })

        const first = await recovered()
        const isWhole = kept >= unsyncedBytes
        expect(first.entries, `${kept} bytes of operation ${synced}`).toEqual(after[isWhole ? synced + 1 : synced])
        const second = await recovered()
        expect(second.entries).toEqual(first.entries)
        expect(second.recovery.truncatedBytes).toBe(0)
        points++
        if (isWhole) break
      }
    }
    expect(points).toBeGreaterThan(300)
  })

  it('keeps over a power cut what a killed process had only written, once a start has told of it', async () => {
    const log = await written([entry(1)])
    log.append([entry(2)])
    disk.kill()
    expect((await recovered()).entries).toEqual([entry(1), entry(2)])

    disk.crash()

    expect((await recovered()).entries).toEqual([entry(1), entry(2)])
  })

  it('is read from any position, as it counts, also after a start', async () => {
    const log = await written()
    const large = 'x'.repeat(10_000)
    for (let counter = 1; counter <= 20; counter++) log.append([entry(counter, large), entry(++counter, 'small')])
    log.truncateAfter({ epoch: 1, counter: 17 })
    log.append([entryAt(5, 1), entryAt(5, 2)])
    await clock.until(log.sync())
    await clock.until(log.roll())
    log.append([entryAt(5, 3)])
    await clock.until(log.sync())
    const { log: started, entries } = await recovered()
    expect(entries).toHaveLength(20)
    const isNext = (after: Zxid, next: Zxid): boolean => {
      const index = entries.findIndex(({ zxid }) => zxid.epoch === next.epoch && zxid.counter === next.counter)
      const before = entries[index - 1]?.zxid ?? zxidZero
      return index >= 0 && before.epoch === after.epoch && before.counter === after.counter
    }

    for (const one of [log, started]) {
      const all = { entriesMax: 100, bytesMax: Infinity }
      for (let count = 0; count <= 20; count++) {
        const after = entries[count - 1]?.zxid ?? zxidZero
        expect(told(one.read(after, all, isNext)), `after ${count}`).toEqual(told(entries.slice(count)))
      }
      const few = { entriesMax: 3, bytesMax: Infinity }
      expect(told(one.read(zxidZero, few, isNext))).toEqual(told(entries.slice(0, 3)))
      expect(told(one.read(zxidZero, { entriesMax: 100, bytesMax: 1 }, isNext))).toEqual(told(entries.slice(0, 2)))
    }
    started.deleteUpTo({ epoch: 5, counter: 2 })
    expect(started.read({ epoch: 1, counter: 3 }, { entriesMax: 1, bytesMax: 1 }, isNext)).toBeUndefined()
    expect(started.read({ epoch: 5, counter: 2 }, { entriesMax: 1, bytesMax: 1 }, isNext)).toEqual([entryAt(5, 3)])
  })

  it('of the first format is read, and goes on in this one', async () => {
    const bodyOf = ({ zxid, timeMs }: LogEntry): Uint8Array =>
      new JuteWriter().zxid(zxid).long(timeMs).int(4).longBits(9n).finish()
    const header = new JuteWriter().int(0x4c47_544c).int(1).zxid({ epoch: 1, counter: 1 })
    const first = header.finish().slice()
    const batch = new JuteWriter()
      .int(1)
      .buffer(bodyOf(entry(1)))
      .finish()
      .slice()
    const length = new JuteWriter().int(batch.length).raw(batch).finish().slice()
    const crcOf = (bytes: Uint8Array): Uint8Array => new JuteWriter().int(nodeChecksum.crc32c(bytes)).finish().slice()
    const magic = new JuteWriter().int(0x4c47_5442).finish().slice()
    disk.writeFile(firstPath, Uint8Array.from([...first, ...crcOf(first), ...magic, ...crcOf(length), ...length]))

    const { log, entries } = await recovered()
    expect(entries).toEqual([
      { zxid: { epoch: 1, counter: 1 }, proposalId: 0, timeMs: 1, command: { type: 'expireSession', sessionId: 9n } }
    ])
    log.append([entry(2)])
    await clock.until(log.sync())

    expect((await recovered()).entries.map((one) => encodeLogEntry(one))).toEqual(
      [...entries, entry(2)].map((one) => encodeLogEntry(one))
    )
  })

  it('written by a newer format is refused', async () => {
    await written([entry(1)])
    const bytes = disk.read(firstPath)
    bytes[7] = 3
    const crc = nodeChecksum.crc32c(bytes.subarray(0, 16))
    new DataView(bytes.buffer).setUint32(16, crc)
    disk.writeFile(firstPath, bytes)

    await expect(recovered()).rejects.toThrow(/format 3/)
  })
})
