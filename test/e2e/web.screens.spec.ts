/**
 * Every screen and dialog, in both languages, in small and large windows and zoomed: no text is cut, covered or out of
 * reach, no row has a void in it, no plot is too low to be read. A browser's zoom of 150 % and 200 % of a window of
 * 1280 × 800 is the same page with so many CSS pixels fewer. And under axe, in both themes: WCAG 2.0, 2.1 and 2.2 at
 * levels A and AA and axe's best practices; no rule is switched off and nothing is left out of the page.
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { expect, test as base, type Browser, type Page } from '@playwright/test'
import type { AxeResults, RunOptions } from 'axe-core'
import { startFakeHost, type FakeHost } from '../support/fake-host'
import { layoutProblems } from '../support/layout-probe'
import { openScreen, SCREENS, type Screen } from '../support/screens'

const renderer = resolve(import.meta.dirname, '../../out/renderer')
const LANGUAGES = ['en', 'ko'] as const
const THEMES = ['light', 'dark'] as const
const SIZES = {
  '1280 × 800': { width: 1280, height: 800 },
  '900 × 600': { width: 900, height: 600 },
  '1920 × 1080': { width: 1920, height: 1080 },
  '1280 × 800 at 150 %': { width: 853, height: 533 },
  '1280 × 800 at 200 %': { width: 640, height: 400 }
} as const
const RULES: RunOptions = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  // Switched off by default in axe, though it is level AA of WCAG 2.2.
  rules: { 'target-size': { enabled: true } },
  resultTypes: ['violations']
}
/** The second theme is the same document with other colours: whatever looks at anything else has been answered. */
const COLOURS: RunOptions = {
  runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] },
  // What passes is counted by rule; a selector for each of its elements takes as long as the rule.
  resultTypes: ['violations']
}

declare const axe: { run(options: RunOptions): Promise<AxeResults> }

interface Stage {
  readonly page: (screen: Screen, language: string) => Promise<Page>
  readonly close: () => Promise<void>
}

/** One page, of one language at a time. Another screen of the same scene loads nothing, unless something was opened before. */
function createStage(browser: Browser): Stage {
  const hosts = new Map<string, Promise<FakeHost>>()
  let shown: { readonly page: Page; readonly language: string; screen: Screen | undefined } | undefined
  let loads = 0

  const open = async (language: string): Promise<Page> => {
    const context = await browser.newContext({ timezoneId: 'Asia/Seoul', reducedMotion: 'reduce' })
    const stored = JSON.stringify({ theme: 'dark', language, density: 'normal', rangeMs: 900_000 })
    await context.addInitScript((value) => window.localStorage.setItem('lagoon.settings', value), stored)
    return context.newPage()
  }
  return {
    page: async (screen, language) => {
      const host = hosts.get(screen.scene) ?? startFakeHost(screen.scene, renderer)
      hosts.set(screen.scene, host)
      if (shown?.language !== language) {
        await shown?.page.context().close()
        shown = { page: await open(language), language, screen: undefined }
      }
      const { page, screen: last } = shown
      if (last === undefined || last.scene !== screen.scene || last.prepare !== undefined) loads += 1
      shown.screen = screen
      await page.setViewportSize(SIZES['1280 × 800'])
      // At another address than before it is loaded anew; only after the # it goes on.
      await openScreen(page, `${(await host).url}?${loads}`, screen)
      return page
    },
    close: async () => {
      await shown?.page.context().close()
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

const axeSource = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

function violations({ violations }: AxeResults, theme: string): string[] {
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => {
      const why = (failureSummary ?? '').split('\n').slice(1).join(';')
      return `${theme}: ${id} (${help}) at ${target.join(' ')}:${why}`
    })
  )
}

/** Of the page as it stands; it is left in the theme it had. */
async function axeProblems(page: Page): Promise<string[]> {
  // Evaluated through the browser's own protocol: the page's content security policy stays as it is.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(await axeSource)
  const found: string[] = []
  for (const theme of THEMES) {
    // Of a page that is there only the stylesheet's half of the theme is another: colours, which is what axe looks at.
    await page.evaluate((value) => (document.documentElement.dataset['theme'] = value), theme)
    const isFirst = theme === THEMES[0]
    const results = await page.evaluate((options) => axe.run(options), isFirst ? RULES : COLOURS)
    // It has looked: at much of the page, and at the colours of each theme.
    expect(results.passes.length).toBeGreaterThan(isFirst ? 10 : 0)
    found.push(...violations(results, theme))
  }
  return found
}

async function layoutProblemsAt(page: Page, size: keyof typeof SIZES): Promise<string[]> {
  await page.setViewportSize(SIZES[size])
  // Sizes that are measured by scripts settle in the frames after the resize.
  await page.evaluate(
    () =>
      new Promise<void>((done) =>
        requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => done())))
      )
  )
  return page.evaluate(layoutProblems)
}

// One language after the other: of a page that is not looked at nothing is left, and each is loaded for itself.
for (const language of LANGUAGES) {
  for (const screen of SCREENS) {
    const byWhom = language === 'en' ? ', and by everyone' : ''
    test(`${screen.name} (${language}): read whole in every window${byWhom}`, async ({ stage }) => {
      const page = await stage.page(screen, language)
      const found = language === 'en' ? await axeProblems(page) : []
      for (const size of Object.keys(SIZES) as (keyof typeof SIZES)[])
        found.push(...(await layoutProblemsAt(page, size)).map((problem) => `${size}: ${problem}`))

      expect(found).toEqual([])
    })
  }
}
