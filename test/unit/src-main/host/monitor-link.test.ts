import { describe, expect, it } from 'vitest'
import { MonitorLink, type MonitorLinkPorts } from '../../../../src-main/host/monitor-link'
import type { ProcessHandlers } from '../../../../src-main/kernel/ports'
import { silent, SimClock } from '../../../support/ensemble-world'

function world(own: Partial<Pick<MonitorLinkPorts, 'kind' | 'log'>> = {}) {
  const clock = new SimClock()
  const launchedAtMs: number[] = []
  const handlers: ProcessHandlers[] = []
  const sent: unknown[] = []
  const launcher = {
    launch: (_kind: unknown, _config: unknown, own: ProcessHandlers) => {
      launchedAtMs.push(clock.monotonicMs())
      handlers.push(own)
      return {
        pid: 1,
        startedAt: '',
        send: (message: unknown) => void sent.push(message),
        kill: () => undefined,
        pause: () => Promise.resolve(),
        resume: () => Promise.resolve()
      }
    },
    sweep: () => Promise.resolve(false)
  }
  const ports = {
    kind: 'monitor' as const,
    launcher,
    clock,
    log: silent,
    config: () => ({}),
    observed: () => undefined,
    event: () => undefined,
    ...own
  }
  return { clock, launchedAtMs, handlers, sent, link: new MonitorLink(ports) }
}

describe('the link to the monitor', () => {
  it('says which of the two processes ended, the monitor or the reader', async () => {
    for (const kind of ['monitor', 'reader'] as const) {
      const lines: string[] = []
      const { handlers, link } = world({ kind, log: (_level, message) => lines.push(message) })
      link.start()
      handlers[0]?.exited({ code: 70, signal: null })

      expect(lines).toEqual([`the ${kind} process ended and is started again`])
      await expect(link.ask('topic.list', {})).rejects.toThrow(`The ${kind} is not running at the moment.`)
    }
  })

  it('starts a monitor that died again, with doubling pauses as for nodes, and renews its watches', async () => {
    const { clock, launchedAtMs, handlers, sent, link } = world()
    link.start()
    link.watch('topics', () => undefined)

    for (let times = 0; times < 4; times++) {
      handlers.at(-1)?.exited({ code: 70, signal: null })
      await clock.run(10_000)
    }

    const pauses = launchedAtMs.slice(1).map((atMs, i) => atMs - 10_000 * i - (launchedAtMs[0] ?? 0))
    expect(pauses).toEqual([500, 1000, 2000, 4000])
    expect(sent.filter((message) => (message as { key?: string }).key === 'topics')).toHaveLength(5)
  })

  it('tells all who watch a view that the monitor refuses it, and asks again when somebody wants it anew', () => {
    const { handlers, sent, link } = world()
    link.start()
    const told: string[] = []
    for (const who of ['a', 'b'])
      link.watch(
        'topics',
        () => undefined,
        (error) => told.push(`${who} ${error.message}`)
      )

    handlers[0]?.message({ type: 'refused', key: 'topics', error: { code: 'CONFLICT', message: 'Full.' } })
    expect(told).toEqual(['a Full.', 'b Full.'])

    const asked = sent.length
    link.watch('topics', () => undefined)
    expect(sent.slice(asked)).toEqual([{ type: 'watch', key: 'topics' }])
  })

  it('fails calls under way when the monitor dies', async () => {
    const { handlers, link } = world()
    link.start()
    const call = link.ask('topic.list', {})

    handlers[0]?.exited({ code: null, signal: 'SIGKILL' })

    await expect(call).rejects.toMatchObject({ code: 'NOT_RUNNING' })
  })
})
