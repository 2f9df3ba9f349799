import { describe, expect, it } from 'vitest'
import { faultyClock } from '../../../../src-main/adapters/faulty-clock'
import { faultyDisk } from '../../../../src-main/adapters/faulty-disk'
import { FaultSwitch, noFaults } from '../../../../src-main/kernel/node-faults'
import { MemoryDisk } from '../../../support/memory-disk'
import { bytesOf } from '../../../support/record-samples'
import { SimClock } from '../../../simulation/world/sim-clock'

function faulty() {
  const [inner, faults, clock] = [new MemoryDisk(), new FaultSwitch(), new SimClock()]
  inner.makeDirectory('/node')
  return { inner, faults, clock, disk: faultyDisk(inner, faults, clock) }
}

describe('a faulty disk', () => {
  it('has no room for anything while it is full, reads all the same, and takes all again when healed', async () => {
    const { faults, disk } = faulty()
    const log = disk.open('/node/log', 'append')
    log.append(bytesOf('before'))
    faults.set({ ...noFaults, isDiskFull: true })

    const full = expect.objectContaining({ code: 'DISK_FULL' })
    expect(() => log.append(bytesOf('more'))).toThrow(full)
    expect(() => disk.open('/node/new', 'create')).toThrow(full)
    expect(() => disk.makeDirectory('/node/folder')).toThrow(full)
    expect(() => disk.replaceUnsynced('/node/file', bytesOf('x'))).toThrow(full)
    await expect(disk.replace('/node/file', bytesOf('x'))).rejects.toEqual(full)
    expect(new TextDecoder().decode(disk.read('/node/log'))).toBe('before')
    faults.set(noFaults)
    log.append(bytesOf(' and after'))

    expect(new TextDecoder().decode(disk.read('/node/log'))).toBe('before and after')
    expect(log.sizeBytes).toBe(16)
  })

  it('is slow with writes, at once, and with syncs, later', async () => {
    const { faults, clock, disk } = faulty()
    const log = disk.open('/node/log', 'append')
    faults.set({ ...noFaults, diskDelayMs: 30 })
    const beganMs = performance.now()
    log.append(bytesOf('slow'))
    expect(performance.now() - beganMs).toBeGreaterThan(25)

    let isSynced = false
    void log.sync().then(() => (isSynced = true))
    await clock.run(29)
    expect(isSynced).toBe(false)
    await clock.run(1)

    expect(isSynced).toBe(true)
  })
})

describe('a faulty clock', () => {
  it('has another time of day, and the same durations', () => {
    const [faults, inner] = [new FaultSwitch(), new SimClock()]
    const clock = faultyClock(inner, faults)
    faults.set({ ...noFaults, clockSkewMs: -60_000 })

    expect(clock.nowMs()).toBe(inner.nowMs() - 60_000)
    expect(clock.monotonicMs()).toBe(inner.monotonicMs())
  })
})
