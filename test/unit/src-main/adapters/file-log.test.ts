import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'

async function until(look: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(look()).toBe(true), { timeout: 10_000, interval: 10 })
}

describe('fileLog', () => {
  it('stays below a size while it runs, with one older file', async () => {
    vi.resetModules()
    const { fileLog } = await import('../../../../src-main/adapters/file-log')
    const dir = mkdtempSync(join(tmpdir(), 'lagoon-log-'))
    const path = join(dir, 'lagoon.log')
    const { log, useFile } = fileLog()
    useFile(path, 20_000)

    const isThere = (text: string): boolean =>
      [path, `${path}.1`].some((file) => existsSync(file) && readFileSync(file, 'utf8').includes(text))
    for (let i = 0; i < 2000; i++) {
      log('info', `line ${i}`, { text: 'x'.repeat(100) })
      if (i % 50 === 0) await until(() => isThere(`line ${i}"`))
    }
    await until(() => isThere('line 1999"'))

    expect(readdirSync(dir).sort()).toEqual(['lagoon.log', 'lagoon.log.1'])
    for (const name of readdirSync(dir)) expect(statSync(join(dir, name)).size).toBeLessThan(40_000)
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
    expect(lines.every((line) => (JSON.parse(line) as { msg: string }).msg.startsWith('line '))).toBe(true)
    rmSync(dir, { recursive: true })
  })

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
