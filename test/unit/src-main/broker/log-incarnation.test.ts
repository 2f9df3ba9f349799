import { describe, expect, it } from 'vitest'
import { isSameFolder } from '../../../../src-main/broker/core/log-names'
import { logIncarnation } from '../../../../src-main/broker/log-incarnation'
import { MemoryDisk } from '../../../support/memory-disk'
import { silent, SimRandom } from '../../../support/ensemble-world'

function folder() {
  const disk = new MemoryDisk()
  disk.makeDirectory('/log')
  const random = new SimRandom(1)
  const start = (bootId: string, wasClean: boolean): Promise<string> =>
    logIncarnation({ disk, random, log: silent, dir: '/log', bootId }, wasClean)
  return { disk, start }
}

describe('logIncarnation', () => {
  it('stays when nothing can be lost: after a clean stop, and when only the process died', async () => {
    const { start } = folder()
    const first = await start('a', true)

    expect(first).not.toBe('')
    expect(await start('a', false)).toBe(first)
    expect(await start('b', true)).toBe(first)
    expect(await start('b', false)).toBe(first)
  })

  it('is another one when the machine stopped, when nobody says whether it did, and in an emptied folder', async () => {
    const { disk, start } = folder()
    const seen = [await start('a', true), await start('b', false), await start('', false), await start('', false)]
    disk.remove('/log/log-incarnation')
    seen.push(await start('b', true))
    disk.writeFile('/log/log-incarnation', new TextEncoder().encode('{"incarn'))
    seen.push(await start('b', true))

    expect(new Set(seen).size).toBe(seen.length)
  })

  it('says whose ends may be lost, until the folder is emptied', async () => {
    const { disk, start } = folder()
    const first = await start('a', true)
    const shortened = await start('b', false)
    const again = await start('c', false)
    disk.remove('/log/log-incarnation')
    const emptied = await start('c', true)

    expect(isSameFolder(first, shortened)).toBe(true)
    expect(isSameFolder(first, again)).toBe(true)
    expect(isSameFolder(first, emptied)).toBe(false)
  })

  it('is not taken for the earlier one when the disk had no room to write it down', async () => {
    const { disk, start } = folder()
    const first = await start('a', true)
    disk.isFull = true
    const second = await start('b', false)
    const third = await start('b', false)

    expect(new Set([first, second, third]).size).toBe(3)
  })
})
