import { describe, expect, it } from 'vitest'
import { watchedDisk } from '../../../../src-main/adapters/watched-disk'
import { MemoryDisk } from '../../../support/memory-disk'
import { bytesOf } from '../../../support/record-samples'
import { TestClock } from '../../../support/storage-fixture'

function watched(usableBytes: () => number | undefined = () => undefined) {
  const [inner, clock] = [new MemoryDisk(), new TestClock()]
  const told: (string | undefined)[] = []
  inner.makeDirectory('/node')
  const disk = watchedDisk(inner, { dir: '/node', clock, usableBytes, told: (problem) => told.push(problem) })
  return { inner, clock, told, disk }
}

describe('a watched disk', () => {
  it.each([
    ['append', (disk: MemoryDisk) => disk.open('/node/log', 'append').append(bytesOf('more'))],
    ['replaceUnsynced', (disk: MemoryDisk) => disk.replaceUnsynced('/node/file', bytesOf('more'))],
    ['replace', (disk: MemoryDisk) => disk.replace('/node/file', bytesOf('more'))]
  ])('tells once that it is full when %s finds no room, and the write fails all the same', async (_name, write) => {
    const { inner, told, disk } = watched()
    inner.capacityBytes = 0

    await expect(Promise.resolve().then(() => write(disk as MemoryDisk))).rejects.toMatchObject({ code: 'DISK_FULL' })
    await expect(Promise.resolve().then(() => write(disk as MemoryDisk))).rejects.toMatchObject({ code: 'DISK_FULL' })

    expect(told).toEqual([expect.stringContaining('The disk is full')])
  })

  it('tells within two seconds that there is room again, and leaves no file of its own behind', () => {
    const { inner, clock, told, disk } = watched()
    inner.capacityBytes = 0
    expect(() => disk.replaceUnsynced('/node/file', bytesOf('more'))).toThrow()
    clock.advance(10_000)
    expect(told).toHaveLength(1)

    inner.capacityBytes = Infinity
    clock.advance(2_000)

    expect(told).toEqual([expect.any(String), undefined])
    expect(inner.paths).toEqual([])
    expect(clock.pending).toBe(0)
  })

  it('does not take a little room for enough: what found none would find none again', () => {
    let usable = 3_000_000
    const { inner, clock, told, disk } = watched(() => usable)
    inner.capacityBytes = 0
    expect(() => disk.replaceUnsynced('/node/file', new Uint8Array(2_000_000))).toThrow()
    inner.capacityBytes = Infinity
    clock.advance(10_000)
    expect(told).toHaveLength(1)

    usable = 4_000_000
    clock.advance(2_000)

    expect(told).toHaveLength(2)
  })

  it('tells nothing of other failures', () => {
    const { inner, told, disk } = watched()
    inner.isReadOnly = true

    expect(() => disk.replaceUnsynced('/node/file', bytesOf('more'))).toThrow()

    expect(told).toEqual([])
  })
})
