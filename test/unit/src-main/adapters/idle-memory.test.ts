import { expect, it } from 'vitest'
import { giveMemoryBackWhenIdle } from '../../../../src-main/adapters/idle-memory'
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

it('a process that rests gives back what each burst has left, however often', () => {
  const { clock, look } = lookingClock()
  giveMemoryBackWhenIdle(clock)

  for (let time = 0; time < 3; time++) {
    const highest = burst()
    // Busy until now; at rest since.
    look()
    look()

    expect(highest - process.memoryUsage().external).toBeGreaterThan(100 * megabyte)
  }
})
