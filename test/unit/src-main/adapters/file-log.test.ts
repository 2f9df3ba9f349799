import { readFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'

async function until(look: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(look()).toBe(true), { timeout: 10_000, interval: 10 })
}

describe('fileLog', () => {
  it('outlives a disk that is full', async () => {
    vi.resetModules()
    const { fileLog } = await import('../../../../src-main/adapters/file-log')
    const uncaught: unknown[] = []
    const caught = (error: unknown): void => void uncaught.push(error)
    process.on('uncaughtException', caught)
    const dir = mkdtempSync(join(tmpdir(), 'lagoon-log-'))
    const { log, useFile } = fileLog()

    useFile('/dev/full')
    log('info', 'does not fit', {})
    // A second log, written after it, shows that the first has had its turn.
    vi.resetModules()
    const second = (await import('../../../../src-main/adapters/file-log')).fileLog()
    const path = join(dir, 'lagoon.log')
    second.useFile(path)
    for (let i = 0; i < 3; i++) {
      log('info', 'does not fit either', {})
      second.log('info', `line ${i}`, {})
      await until(() => existsSync(path) && readFileSync(path, 'utf8').includes(`line ${i}`))
    }
    process.off('uncaughtException', caught)
    rmSync(dir, { recursive: true, force: true })

    expect(uncaught).toEqual([])
  })
})
