/**
 * Every screen and dialog, in both languages, in small and large windows and zoomed: no text is cut, covered or out of
 * reach, no row has a void in it, no plot is too low to be read. A browser's zoom of 150 % and 200 % of a window of
 * 1280 × 800 is the same page with so many CSS pixels fewer.
 */
import { resolve } from 'node:path'
import { expect, test as base, type Browser, type Page } from '@playwright/test'
import { startFakeHost, type FakeHost } from '../support/fake-host'
import { layoutProblems } from '../support/layout-probe'
import { openScreen, SCREENS, type Screen } from '../support/screens'

const renderer = resolve(import.meta.dirname, '../../out/renderer')
const LANGUAGES = ['en', 'ko'] as const
const SIZES = {
  '1280 × 800': { width: 1280, height: 800 },
  '900 × 600': { width: 900, height: 600 },
  '1920 × 1080': { width: 1920, height: 1080 },
  '1280 × 800 at 150 %': { width: 853, height: 533 },
  '1280 × 800 at 200 %': { width: 640, height: 400 }
} as const

interface Stage {
  readonly page: (screen: Screen, language: string) => Promise<Page>
  readonly close: () => Promise<void>
}

/** One page a language. Going on to another screen of the same scene loads nothing, unless something was opened on it. */
function createStage(browser: Browser): Stage {
  const hosts = new Map<string, Promise<FakeHost>>()
  const pages = new Map<string, Promise<Page>>()
  const last = new Map<string, Screen>()

  const newPage = async (language: string): Promise<Page> => {
    const context = await browser.newContext({ timezoneId: 'Asia/Seoul', reducedMotion: 'reduce' })
    const stored = JSON.stringify({ theme: 'dark', language, density: 'normal', rangeMs: 900_000 })
    await context.addInitScript((value) => window.localStorage.setItem('lagoon.settings', value), stored)
    return context.newPage()
  }
  return {
    page: async (screen, language) => {
      const host = hosts.get(screen.scene) ?? startFakeHost(screen.scene, renderer)
      hosts.set(screen.scene, host)
      const waiting = pages.get(language) ?? newPage(language)
      pages.set(language, waiting)
      const page = await waiting
      if (last.get(language)?.prepare !== undefined) await page.goto('about:blank')
      last.set(language, screen)
      await page.setViewportSize(SIZES['1280 × 800'])
      await openScreen(page, (await host).url, screen)
      return page
    },
    close: async () => {
      for (const page of pages.values()) await (await page).context().close()
      for (const host of hosts.values()) await (await host).close()
    }
  }
}

const test = base.extend<object, { stage: Stage }>({
  stage: [
    async ({ browser }, use) => {
      const stage = createStage(browser)
      await use(stage)
      await stage.close()
    },
    { scope: 'worker' }
  ]
})
test.use({ trace: 'off' })

for (const screen of SCREENS) {
  test(`${screen.name}: all of it can be read in every window and language`, async ({ stage }) => {
    const found: string[] = []
    for (const language of LANGUAGES) {
      const page = await stage.page(screen, language)
      for (const [size, viewport] of Object.entries(SIZES)) {
        await page.setViewportSize(viewport)
        // Sizes that are measured by scripts settle in the frames after the resize.
        await page.evaluate(
          () =>
            new Promise<void>((done) =>
              requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => done())))
            )
        )
        const problems = await page.evaluate(layoutProblems)
        found.push(...problems.map((problem) => `${language}, ${size}: ${problem}`))
      }
    }

    expect(found).toEqual([])
  })
}
