import { beforeEach, describe, expect, it } from 'vitest'
import { SimClock } from '../../simulation/world/sim-clock'
import { SimNetwork } from '../../simulation/world/sim-network'
import { SimNode } from '../../simulation/world/sim-node'

const at = { host: 'sim', port: 2181, frameBytesMax: 1_000 }
const bytes = Uint8Array.of(1)
const deaf = () => ({ frame: () => undefined, closed: () => undefined })

let clock: SimClock
let machine: SimNode
beforeEach(() => {
  clock = new SimClock()
  machine = new SimNode('one', clock, new SimNetwork(clock))
})

/** How it stands with a promise when a second has passed. */
async function after(promise: Promise<unknown>): Promise<string> {
  let state = 'open'
  promise.then(
    () => (state = 'resolved'),
    () => (state = 'rejected')
  )
  await clock.run(1_000)
  return state
}

describe('what is left of a process that has ended', () => {
  it('changes nothing on the disk of the next one', async () => {
    const before = machine.begin()
    machine.crash()
    const now = machine.begin()

    expect(() => before.disk.replaceUnsynced('/old', bytes)).toThrow('ended')
    expect(() => before.disk.open('/old', 'append')).toThrow('ended')
    expect(await after(before.disk.replace('/old', bytes))).toBe('open')
    expect(now.disk.exists('/old')).toBe(false)
    expect(await after(now.disk.replace('/new', bytes))).toBe('resolved')
  })

  it('takes no port, and gives no lock of the next one back', async () => {
    const before = machine.begin()
    const lock = before.disk.lock('/.lock')
    machine.kill()
    const now = machine.begin()
    now.disk.lock('/.lock')

    lock.release()
    expect(() => now.disk.lock('/.lock')).toThrow('in use')
    expect(await after(before.network.listen(at, deaf))).toBe('open')
    expect(await after(before.network.connect({ ...at, timeoutMs: 100 }, deaf))).toBe('open')
    expect(await after(now.network.listen(at, deaf))).toBe('resolved')
  })
})
