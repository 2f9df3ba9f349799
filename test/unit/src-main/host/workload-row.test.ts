import { beforeEach, describe, expect, it } from 'vitest'
import { consumerSettingsSchema } from '../../../../src-main/api/workloads'
import { WorkloadRow } from '../../../../src-main/host/workload-row'
import type { WorkloadEvent } from '../../../../src-main/host/workload-events'
import { Workloads } from '../../../../src-main/host/workloads'
import { AppError } from '../../../../src-main/kernel/errors'
import type { ChildProcess, ProcessExit, ProcessHandlers, ProcessLauncher } from '../../../../src-main/kernel/ports'
import type { Mode } from '../../../../src-main/workload/core/telling'
import { MemoryDisk } from '../../../support/memory-disk'
import { TestClock } from '../../../support/storage-fixture'

const settings = consumerSettingsSchema.parse({ group: 'readers', topic: 'orders', sessionTimeoutMs: 6000 })
const spec = { name: 'reader', kind: 'consumer' as const, scene: null, settings }

class FakeProcess implements ProcessLauncher {
  handlers: ProcessHandlers | undefined
  readonly sent: Readonly<Record<string, unknown>>[] = []
  /** Answers orders as a process does. */
  obeys = true
  runsAtOnce = false
  refusal: AppError | undefined
  kills = 0

  launch(_kind: unknown, _config: unknown, handlers: ProcessHandlers): ChildProcess {
    if (this.refusal !== undefined) throw this.refusal
    this.handlers = handlers
    if (this.runsAtOnce) queueMicrotask(() => this.tells('run'))
    return {
      pid: 7,
      startedAt: '',
      send: (message) => {
        this.sent.push(message)
        const { type, mode, slowedBy } = message as { type: string; mode: Mode; slowedBy: number }
        if (type === 'order' && this.obeys) this.tells(mode, slowedBy)
        if (type === 'stop' && this.obeys) this.ends({ code: 0, signal: null })
      },
      kill: () => {
        this.kills += 1
        this.ends({ code: null, signal: 'SIGKILL' })
      },
      pause: () => Promise.resolve(),
      resume: () => Promise.resolve()
    }
  }
  sweep = (): Promise<boolean> => Promise.resolve(false)
  ends(exit: ProcessExit): void {
    this.handlers?.exited(exit)
  }
  tells(mode: Mode, slowedBy = 1): void {
    const fields = { atMs: 1, isReady: true, mode, slowedBy, records: 0, errors: 0, lastError: null, unsent: 0 }
    const group = { isJoining: false, memberId: 'm', generation: 1, partitions: [0], lagRecords: 0 }
    this.handlers?.message({ type: 'event', name: 'workload', fields: { ...fields, ...group } })
  }
}

let clock: TestClock
let process_: FakeProcess
let happened: WorkloadEvent[]
let row: WorkloadRow
beforeEach(() => {
  clock = new TestClock()
  process_ = new FakeProcess()
  happened = []
  row = new WorkloadRow(spec, {
    clock,
    launcher: process_,
    log: () => undefined,
    bootstrapServers: () => '127.0.0.1:9092',
    changed: () => undefined,
    happened: (event) => void happened.push(event)
  })
  row.start()
  process_.tells('run')
})
const told = (): unknown[] => happened.map(({ code, level, params }) => [code, level, params])

describe('what happened to a workload', () => {
  it('is that it was killed, when it was', async () => {
    await row.kill()
    expect(told()).toEqual([['workloadKilled', 'critical', {}]])
    expect(row.state).toBe('killed')
  })

  it('is nothing when it stopped as it was asked to', async () => {
    await row.stop(true)
    expect([told(), row.state]).toEqual([[], 'stopped'])
  })

  it('is that it had to be killed, when it did not stop in time', async () => {
    process_.obeys = false
    const stopped = row.stop(false)
    clock.advance(5000)
    await stopped
    expect(told()).toEqual([['workloadHung', 'critical', { seconds: 5 }]])
  })

  it('is that it was killed, also when it was being stopped', async () => {
    process_.obeys = false
    const stopped = row.stop(false)
    await row.kill()
    await stopped
    expect(told()).toEqual([['workloadKilled', 'critical', {}]])
  })

  it.each<[ProcessExit, string, Record<string, unknown>]>([
    [{ code: 0, signal: null }, 'stopped', { exit: 'exit code 0' }],
    [{ code: null, signal: 'SIGKILL' }, 'critical', { exit: 'SIGKILL' }],
    [{ code: 1, signal: null }, 'critical', { exit: 'exit code 1', problem: 'Out of memory' }]
  ])('is that it ended by itself, and how: %j', (exit, level, params) => {
    if (exit.code === 1) process_.handlers?.line('Out of memory')
    process_.ends(exit)
    expect(told()).toEqual([['workloadEnded', level, params]])
  })

  it('is that it could not start, and why; and nothing of before when it is started again', async () => {
    await row.kill()
    process_.refusal = new AppError('FAILED', 'No more processes.')
    row.start()
    expect(told().slice(1)).toEqual([['workloadFailed', 'critical', { problem: 'No more processes.' }]])

    process_.refusal = undefined
    row.start()
    process_.ends({ code: 0, signal: null })
    expect(happened.at(-1)?.params).toEqual({ exit: 'exit code 0' })
  })

  it('is once that its heartbeats stopped, and for how long its group waits', async () => {
    await row.order('zombie', 1)
    process_.tells('zombie')
    await row.order('zombie', 10)
    expect(told()).toEqual([['workloadZombied', 'degraded', { sessionSeconds: 6 }]])
  })
})

describe('the rows of a lab', () => {
  it('that are paused or silent stay so when they are slowed down, and are slower when they go on', async () => {
    const events: unknown[] = []
    process_.runsAtOnce = true
    const workloads = new Workloads(
      {
        clock,
        disk: new MemoryDisk(),
        launcher: process_,
        log: () => undefined,
        bootstrapServers: () => '',
        ask: () => Promise.resolve({}) as never,
        event: (event) => void events.push(event)
      },
      '/lab'
    )
    const consumers = [{ name: 'reader', group: 'readers', topic: 'orders' }]
    await workloads.startScene({ definition: { name: 'one', consumers } })
    const after = async (action: 'pause' | 'slow' | 'zombie' | 'resume'): Promise<unknown> => {
      const [view] = (await workloads.change({ name: 'reader', action })).workloads
      return [view?.state, view?.slowedBy]
    }

    expect([await after('pause'), await after('slow')]).toEqual([
      ['paused', 1],
      ['paused', 10]
    ])
    expect(await after('resume')).toEqual(['running', 1])
    expect([await after('zombie'), await after('slow')]).toEqual([
      ['zombie', 1],
      ['zombie', 10]
    ])
    expect(events).toMatchObject([{ code: 'workloadZombied', subject: 'reader', atMs: clock.nowMs() }])
  })

  it('that cannot be kept run on, are told with the reason, and are kept as soon as there is room', async () => {
    process_.runsAtOnce = true
    const disk = new MemoryDisk()
    disk.makeDirectory('/lab')
    const ports = {
      clock,
      disk,
      launcher: process_,
      log: () => undefined,
      bootstrapServers: () => '',
      ask: () => Promise.resolve({}) as never,
      event: () => undefined
    }
    const workloads = new Workloads(ports, '/lab')
    const replace = disk.replace.bind(disk)
    disk.replace = () => Promise.reject(new AppError('DISK_FULL', 'No room on the disk.'))
    const consumers = [{ name: 'reader', group: 'readers', topic: 'orders' }]
    await workloads.startScene({ definition: { name: 'one', consumers } })

    expect(workloads.view().workloads).toMatchObject([{ name: 'reader', state: 'running' }])
    expect(workloads.view().notKept).toEqual({ sinceMs: clock.nowMs(), reason: 'No room on the disk.' })
    expect(new Workloads(ports, '/lab').view().workloads).toEqual([])

    const later = async (): Promise<void> => {
      clock.advance(10_000)
      await new Promise((done) => setImmediate(done))
    }
    await later()
    expect(workloads.view().notKept).not.toBeNull()
    disk.replace = replace
    await later()
    expect(workloads.view().notKept).toBeNull()
    expect(new Workloads(ports, '/lab').view().workloads).toMatchObject([{ name: 'reader' }])
  })
})
