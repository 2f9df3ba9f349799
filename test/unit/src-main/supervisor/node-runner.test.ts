import { describe, expect, it } from 'vitest'
import { AppError } from '../../../../src-main/kernel/errors'
import type { ProcessHandlers } from '../../../../src-main/kernel/ports'
import { makeSpec } from '../../../../src-main/supervisor/core/cluster-spec'
import { NodeRunner } from '../../../../src-main/supervisor/node-runner'
import { silent, SimClock } from '../../../support/ensemble-world'

/** A runner whose processes cannot be made as long as `refuses`. */
function runnerUnderTest() {
  const clock = new SimClock()
  const world = { refuses: true, launches: 0, handlers: undefined as ProcessHandlers | undefined }
  const [spec] = makeSpec('lab', { ensemble: [2181], brokers: [] }).nodes
  if (spec === undefined) throw new Error('a cluster has a member')
  const runner = new NodeRunner(spec, {
    clock,
    launcher: {
      launch(_kind, _config, handlers) {
        world.launches += 1
        if (world.refuses) throw new AppError('FAILED', 'The ensemble process could not be started.')
        world.handlers = handlers
        return {
          pid: 7,
          startedAt: 't',
          send: () => undefined,
          kill: () => undefined,
          pause: () => Promise.resolve(),
          resume: () => Promise.resolve()
        }
      },
      sweep: () => Promise.resolve(false)
    },
    log: silent,
    dataDir: '/lab/ensemble-1',
    configOf: () => ({}),
    changed: () => undefined,
    event: () => undefined
  })
  return { runner, clock, world }
}

describe('NodeRunner', () => {
  it('tells why no process could be made, and tries again', async () => {
    const { runner, clock, world } = runnerUnderTest()

    runner.start()
    await expect(runner.whenRunning()).rejects.toThrow('could not be started')
    expect(runner.state).toBe('crashed')
    await clock.run(600)
    expect(world.launches).toBe(2)
    world.refuses = false
    await clock.run(30_000)
    world.handlers?.message({ type: 'ready', port: 2181 })

    expect(runner.state).toBe('running')
    expect(world.launches).toBe(3)
  })

  it.each([
    ['TOO_MANY_FILES', 'running'],
    ['ACCESS_DENIED', 'failed']
  ])('starts a node again that ended with %s, when that may have passed: %s', async (code, state) => {
    const { runner, clock, world } = runnerUnderTest()
    world.refuses = false
    runner.start()
    world.handlers?.message({ type: 'ready', port: 2181 })

    world.handlers?.message({ type: 'problem', code, message: 'Something is wrong.' })
    world.handlers?.exited({ code: 1, signal: null })
    expect(runner.view()).toMatchObject({ state: 'failed', problem: 'Something is wrong.' })
    await clock.run(6_000)
    world.handlers?.message({ type: 'ready', port: 2181 })

    expect([runner.state, world.launches]).toEqual([state, state === 'running' ? 2 : 1])
  })
})
