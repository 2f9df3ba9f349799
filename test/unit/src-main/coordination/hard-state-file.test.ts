import { beforeEach, describe, expect, it } from 'vitest'
import type { HardState } from '../../../../src-main/coordination/core/consensus/messages'
import { HardStateFile } from '../../../../src-main/coordination/hard-state-file'
import { nodeChecksum, SimClock } from '../../../support/ensemble-world'
import { MemoryDisk } from '../../../support/memory-disk'

const path = '/data/hard-state'
const first: HardState = { term: 7, vote: 3, isVoter: true, incarnation: 2 ** 52 + 1 }
const second: HardState = { term: 0xffff_fffe, vote: 0, isVoter: false, incarnation: 5 }

describe('the hard state on disk', () => {
  let clock: SimClock
  let disk: MemoryDisk
  let file: HardStateFile

  beforeEach(() => {
    clock = new SimClock()
    disk = new MemoryDisk(clock)
    disk.makeDirectory('/data')
    file = new HardStateFile({ disk, checksum: nodeChecksum, directory: '/data' })
  })

  it('is what was written last, and nothing in a new folder', async () => {
    expect(file.read()).toBeUndefined()
    for (const hardState of [first, second]) {
      await clock.until(file.write(hardState))
      expect(file.read()).toEqual(hardState)
    }
  })

  it('is the old one or the new one after a power cut', async () => {
    await clock.until(file.write(first))
    void file.write(second)
    disk.crash()
    expect(file.read()).toEqual(first)

    await clock.until(file.write(second))
    disk.crash()
    expect(file.read()).toEqual(second)
  })

  it('stays as it is when the disk is full', async () => {
    await clock.until(file.write(first))
    disk.isFull = true

    await expect(clock.until(file.write(second))).rejects.toMatchObject({ code: 'DISK_FULL' })

    expect(file.read()).toEqual(first)
  })

  it('is refused, by its name, when any byte of it is wrong or it is cut', async () => {
    await clock.until(file.write(first))
    const whole = disk.read(path)

    for (let i = 0; i < whole.length; i++) {
      const damaged = whole.slice()
      damaged[i] = (damaged[i] ?? 0) ^ 0x10
      for (const bytes of [damaged, whole.slice(0, i)]) {
        disk.writeFile(path, bytes)
        expect(() => file.read(), `byte ${i}`).toThrow(path)
      }
    }
  })
})
