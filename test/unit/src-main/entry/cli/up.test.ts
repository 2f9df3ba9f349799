import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { up, type UpPorts } from '../../../../../src-main/entry/cli/up'
import { AppError } from '../../../../../src-main/kernel/errors'

const openLab = vi.fn()
const ports = {
  openLab,
  machine: {
    clock: { after: () => ({ cancel: () => undefined }), soon: () => undefined, monotonicMs: () => 0 },
    labs: { idOf: (dir: string) => dir, list: () => [], newBrokers: () => undefined },
    root: '/labs',
    ownDir: '/labs/own'
  }
} as unknown as UpPorts

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
let ended: (number | string | null | undefined)[]
let written: string
let before: Map<string, unknown[]>
let stopped: ((failure: unknown) => unknown)[]
beforeEach(() => {
  ended = []
  written = ''
  stopped = []
  before = new Map(signals.map((signal) => [signal, process.listeners(signal)]))
  vi.spyOn(process, 'exit').mockImplementation((code) => {
    ended.push(code)
    return undefined as never
  })
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written += String(text)
    return true
  })
})
afterEach(() => {
  vi.restoreAllMocks()
  for (const signal of signals)
    for (const listener of process.listeners(signal))
      if (before.get(signal)?.includes(listener) !== true) process.off(signal, listener)
})

function lab(started: Promise<void>, stop: () => Promise<void> = () => Promise.resolve()): void {
  const host = { dir: '/labs/x', name: 'x', stop, onStopped: (listener: () => unknown) => void stopped.push(listener) }
  started.catch(() => undefined)
  openLab.mockResolvedValue({ host, log: () => undefined, started })
}
const endsByItself = async (failure?: unknown): Promise<void> => {
  for (const listener of stopped) await listener(failure)
}

describe('lagoon up', () => {
  it('goes on when its cluster ended while it started, to be opened again, and ends with the one that ends for good', async () => {
    lab(Promise.reject(new AppError('ABORTED', 'It is being reset.')))
    await up({ data: '/labs/x' }, ports)
    expect([ended, written]).toEqual([[], ''])

    await endsByItself()
    // The real one does not come back.
    expect(ended[0]).toBe(0)
  })

  it('fails with the sentence of a cluster that could not start', async () => {
    lab(Promise.reject(new AppError('FAILED', 'Port 9092 is taken.')))
    await expect(up({ data: '/labs/x' }, ports)).rejects.toThrow('Port 9092 is taken.')
    await endsByItself(new AppError('FAILED', 'Port 9092 is taken.'))
    expect([ended, written]).toEqual([[1], 'Port 9092 is taken.\n'])
  })

  it('ends with 1 and the sentence when not all could be stopped', async () => {
    lab(Promise.reject(new AppError('ABORTED', '')), () =>
      Promise.reject(new AppError('FAILED', 'broker-1 does not end.'))
    )
    await up({ data: '/labs/x' }, ports)

    process.emit('SIGINT')
    await vi.waitFor(() => expect(ended).toEqual([1]))
    expect(written).toBe('broker-1 does not end.\n')

    process.emit('SIGINT')
    expect(ended.at(-1)).toBe(1)
  })
})
