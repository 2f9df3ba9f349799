/** The real app on a cluster folder of its own, closed with the test. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { _electron, errors, test as base, type ElectronApplication, type Page } from '@playwright/test'
// @ts-expect-error a plain script without types
import { ensureElectron } from '../../scripts/ensure-electron.mjs'

interface Electron {
  readonly execPath: string
  readonly flags: readonly string[]
}

export const test = base.extend<{ dataDir: string; lagoon: ElectronApplication; page: Page; problems: string[] }>({
  problems: async ({}, use) => use([]),
  dataDir: async ({}, use) => {
    const dir = mkdtempSync(join(tmpdir(), 'lagoon-e2e-'))
    await use(join(dir, 'cluster'))
    rmSync(dir, { recursive: true, force: true })
  },
  lagoon: async ({ dataDir }, use) => {
    const { execPath, flags } = (ensureElectron as () => Electron)()
    const launch = () =>
      _electron.launch({
        executablePath: execPath,
        args: [
          ...flags,
          '--disable-gpu',
          `--user-data-dir=${dataDir}-profile`,
          resolve(import.meta.dirname, '../..'),
          `--data=${dataDir}`
        ],
        env: { ...process.env, LAGOON_NO_DIALOG: '1', LANG: 'en_US.UTF-8' },
        timeout: 20_000
      })
    // On a machine that does more Playwright sometimes waits in vain for an Electron that it has attached itself to, and that says
    // nothing more (3 of 16 at load 10; once twice in a row). It has killed that one by then. One that starts takes some seconds.
    const launched = async (attemptsLeft: number): Promise<ElectronApplication> => {
      try {
        return await launch()
      } catch (error) {
        if (!(error instanceof errors.TimeoutError) || attemptsLeft <= 1) throw error
        return launched(attemptsLeft - 1)
      }
    }
    const app = await launched(4)
    await use(app)
    await app.close()
  },
  page: async ({ lagoon, problems }, use) => {
    const page = await lagoon.firstWindow()
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        problems.push(`${message.type()}: ${message.text()}`)
    })
    page.on('pageerror', (error) => problems.push(`pageerror: ${error.message}`))
    await use(page)
  }
})
export const expect = test.expect
