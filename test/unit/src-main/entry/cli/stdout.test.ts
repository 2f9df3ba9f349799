import { afterEach, describe, expect, it, vi } from 'vitest'

/** A module of its own for each test: it counts for its process. */
async function stdout() {
  vi.resetModules()
  return await import('../../../../../src-main/entry/cli/stdout')
}

function answerWrites(error: Error | null): void {
  vi.spyOn(process.stdout, 'write').mockImplementation(((_text: string, done: (error: Error | null) => void) => {
    process.nextTick(done, error)
    return true
  }) as typeof process.stdout.write)
}

const turn = (): Promise<string> => new Promise((resolve) => setImmediate(() => resolve('not taken')))

describe('standard output', () => {
  afterEach(() => vi.restoreAllMocks())

  it('has taken what the system took', async () => {
    const { writeOut, unwrittenCount } = await stdout()
    answerWrites(null)
    await writeOut('a')
    expect(unwrittenCount()).toBe(0)
  })

  it('has never taken what could not be written, so that nobody commits it', async () => {
    const { writeOut, unwrittenCount } = await stdout()
    answerWrites(new Error('EPIPE'))

    const taken = await Promise.race([writeOut('a').then(() => 'taken'), turn()])

    expect([taken, unwrittenCount()]).toEqual(['not taken', 1])
  })

  it('holds up no work that goes on without a reader', async () => {
    const { writeOut, goOnWithoutReader } = await stdout()
    goOnWithoutReader()
    answerWrites(new Error('EPIPE'))

    await writeOut('a')
  })
})
