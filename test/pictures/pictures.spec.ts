/**
 * Pictures of every screen and dialog, in both themes and languages and two windows, to be looked at: `npm run pictures`.
 * They are left in out/pictures/<window>/<theme>-<language>/<screen>.png. `-- -g NAME` makes those of some screens only.
 */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from '@playwright/test'
import { startFakeHost } from '../support/fake-host'
import { openScreen, SCREENS } from '../support/screens'

const root = resolve(import.meta.dirname, '../..')
const WINDOWS = [
  { width: 1280, height: 800 },
  { width: 1600, height: 1000 }
]

for (const screen of SCREENS) {
  test(screen.name, async ({ browser }) => {
    const host = await startFakeHost(screen.scene, join(root, 'out/renderer'))
    for (const theme of ['light', 'dark']) {
      for (const language of ['en', 'ko']) {
        const context = await browser.newContext({
          reducedMotion: 'reduce',
          ...(WINDOWS[0] && { viewport: WINDOWS[0] })
        })
        const stored = JSON.stringify({ theme, language, density: 'normal', rangeMs: 900_000 })
        await context.addInitScript((value) => window.localStorage.setItem('lagoon.settings', value), stored)
        const page = await context.newPage()
        await openScreen(page, host.url, screen)
        for (const viewport of WINDOWS) {
          await page.setViewportSize(viewport)
          const folder = join(root, 'out/pictures', `${viewport.width}x${viewport.height}`, `${theme}-${language}`)
          mkdirSync(folder, { recursive: true })
          await page.screenshot({ path: join(folder, `${screen.name}.png`), animations: 'disabled' })
        }
        await context.close()
      }
    }
    await host.close()
  })
}
