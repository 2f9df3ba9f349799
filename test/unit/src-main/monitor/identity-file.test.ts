import { describe, expect, it } from 'vitest'
import { clusterIdentity } from '../../../../src-main/monitor/identity-file'
import { silent } from '../../../support/ensemble-world'
import { MemoryDisk } from '../../../support/memory-disk'

const path = '/lab/monitor/cluster-id'
const id = 'Ff0bV6DeTKi4RIpMAqZFKA'
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function afterFirstRun(): Promise<MemoryDisk> {
  const disk = new MemoryDisk()
  clusterIdentity({ disk, log: silent }, '/lab/monitor').admits(id)
  await settled()
  return disk
}

describe('the id of the cluster', () => {
  it('is kept: another cluster at our ports is not admitted after a restart', async () => {
    const disk = await afterFirstRun()

    const again = clusterIdentity({ disk, log: silent }, '/lab/monitor')

    expect([again.admits('another_cluster_id_22_'), again.admits(id)]).toEqual([false, true])
  })

  it('is learned anew and written again when its file is empty, zeros, half or too long', async () => {
    const disk = await afterFirstRun()
    const whole = disk.read(path).slice()
    const damaged = [
      ...Array.from(whole, (_, length) => whole.slice(0, length)),
      new Uint8Array(whole.length),
      Uint8Array.from([...whole.slice(0, 5), ...new Uint8Array(whole.length - 5)]),
      new Uint8Array(5000).fill(65)
    ]
    for (const bytes of damaged) {
      disk.replaceUnsynced(path, bytes)

      expect(clusterIdentity({ disk, log: silent }, '/lab/monitor').admits(id), String(bytes.length)).toBe(true)
      await settled()

      expect(new TextDecoder().decode(disk.read(path))).toBe(`${id}\n`)
    }
  })

  it('is known for this run on a disk that is full', async () => {
    const disk = new MemoryDisk()
    disk.capacityBytes = 0
    const identity = clusterIdentity({ disk, log: silent }, '/lab/monitor')

    expect([identity.admits(id), identity.admits('another_cluster_id_22_')]).toEqual([true, false])
    await settled()
  })
})
