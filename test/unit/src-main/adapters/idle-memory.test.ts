import { expect, it } from 'vitest'
import { giveMemoryBackWhenIdle, limitsOfMany } from '../../../../src-main/adapters/idle-memory'
import type { Clock } from '../../../../src-main/kernel/ports'

const megabyte = 1024 * 1024

/** The next look is when the test says so. */
function lookingClock(): { readonly clock: Clock; readonly look: () => void } {
  let next: () => void = () => undefined
  const after = (_ms: number, run: () => void): { cancel: () => void } => {
    next = run
    return { cancel: () => undefined }
  }
  return { clock: { after } as unknown as Clock, look: () => next() }
}

/** Bytes that nobody holds any more, and that nothing makes V8 collect. */
function burst(): number {
  new Uint8Array(128 * megabyte).fill(1)
  return process.memoryUsage().external
}

/** What still lives of a burst. */
let living: Uint8Array | undefined
function livingBurst(): number {
  living = new Uint8Array(128 * megabyte).fill(1)
  return process.memoryUsage().external
}

/** Buffers are swept by a thread of V8's own: on a busy machine that is told with a later collection. */
const expectGivenBack = (highest: number, look: () => void): Promise<void> =>
  expect
    .poll(
      () => {
        look()
        return highest - process.memoryUsage().external
      },
      { timeout: 20_000 }
    )
    .toBeGreaterThan(100 * megabyte)

it('a process that rests gives back what each burst has left, however often', async () => {
  const { clock, look } = lookingClock()
  giveMemoryBackWhenIdle(clock)

  for (let time = 0; time < 3; time++) {
    const highest = burst()
    // Busy until now; at rest since.
    look()
    look()

    await expectGivenBack(highest, look)
  }
})

it('what lived while it collected is given back, too, when it is given up later', async () => {
  const { clock, look } = lookingClock()
  giveMemoryBackWhenIdle(clock)
  const highest = livingBurst()
  look()
  look()
  expect(process.memoryUsage().external).toBeGreaterThan(highest - 32 * megabyte)

  living = undefined
  // Of what was old already, V8 tells only with the collection after the one that gave it back.
  for (let time = 0; time < 20; time++) look()

  await expectGivenBack(highest, look)
})

it('what goes on living is not collected every time', () => {
  const { clock, look } = lookingClock()
  let collections = 0
  giveMemoryBackWhenIdle(clock, undefined, () => void (collections += 1))
  livingBurst()
  for (let time = 0; time < 360; time++) look()

  // An hour at rest.
  expect(living?.length).toBeGreaterThan(0)
  expect(collections).toBeGreaterThan(3)
  expect(collections).toBeLessThan(12)
})

it('one of many gives back less than a node would keep', () => {
  const { clock, look } = lookingClock()
  const node = lookingClock()
  let collected: string[] = []
  giveMemoryBackWhenIdle(clock, limitsOfMany, () => void collected.push('one of many'))
  giveMemoryBackWhenIdle(node.clock, undefined, () => void collected.push('node'))
  look()
  node.look()
  collected = []
  living = new Uint8Array(20 * megabyte).fill(1)
  look()
  node.look()

  expect(collected).toEqual(['one of many'])
})
