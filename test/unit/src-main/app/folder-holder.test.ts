import { describe, expect, it } from 'vitest'
import { ApiError } from '../../../../src-main/api/api'
import { showHolder } from '../../../../src-main/app/folder-holder'
import { AppError } from '../../../../src-main/kernel/errors'
import { SimClock } from '../../../support/ensemble-world'

const notYet = new AppError('NOT_RUNNING', 'No cluster is running.')

function holder(answers: readonly Error[], heldForMs = Number.POSITIVE_INFINITY) {
  const clock = new SimClock()
  const beganMs = clock.monotonicMs()
  let asked = 0
  const found = clock.until(
    showHolder({
      clock,
      isHeld: () => clock.monotonicMs() - beganMs < heldForMs,
      ask: () => {
        const failure = answers[Math.min(asked++, answers.length - 1)]
        return failure === undefined || asked > answers.length ? Promise.resolve() : Promise.reject(failure)
      }
    })
  )
  return { found, asked: () => asked, waitedMs: () => clock.monotonicMs() - beganMs }
}

describe('whoever has the folder', () => {
  it('is asked again while its socket is not open yet', async () => {
    const { found, asked } = holder([notYet, notYet, notYet])

    expect(await found).toBe('shown')
    expect(asked()).toBe(4)
  })

  it('has no window when it says so, and is not asked again', async () => {
    const { found, asked } = holder([new ApiError({ code: 'NOT_RUNNING', message: 'There is no window.' })])

    expect(await found).toBe('windowless')
    expect(asked()).toBe(1)
  })

  it('may let go meanwhile', async () => {
    const { found } = holder(Array<Error>(1000).fill(notYet), 500)

    expect(await found).toBe('free')
  })

  it('may end while it is asked', async () => {
    const { found } = holder([new ApiError({ code: 'DISCONNECTED', message: 'It is gone.' })], 0)

    expect(await found).toBe('free')
  })

  it('is not waited for when it stands still and has taken the question', async () => {
    const clock = new SimClock()
    const beganMs = clock.monotonicMs()
    const ask = (): Promise<void> => new Promise(() => undefined)

    expect(await clock.until(showHolder({ clock, isHeld: () => true, ask }))).toBe('windowless')
    expect(clock.monotonicMs() - beganMs).toBeLessThan(21_000)
  })

  it('is not waited for for ever', async () => {
    const { found, waitedMs } = holder(Array<Error>(1000).fill(notYet))

    expect(await found).toBe('windowless')
    expect(waitedMs()).toBeGreaterThanOrEqual(20_000)
    expect(waitedMs()).toBeLessThan(21_000)
  })
})
