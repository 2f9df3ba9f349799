/**
 * Every screen and dialog under axe: WCAG 2.0, 2.1 and 2.2 at levels A and AA and axe's best practices, in both themes.
 * No rule is switched off and nothing is left out of the page that is looked at.
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { expect, test as base, type Browser, type Page } from '@playwright/test'
import type { AxeResults, RunOptions } from 'axe-core'
import { startFakeHost, type FakeHost } from '../support/fake-host'
import { openScreen, SCREENS, type Screen } from '../support/screens'

const renderer = resolve(import.meta.dirname, '../../out/renderer')
const THEMES = ['dark', 'light'] as const
const OPTIONS: RunOptions = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  // Switched off by default in axe, though it is level AA of WCAG 2.2.
  rules: { 'target-size': { enabled: true } },
  resultTypes: ['violations']
}

/** The second theme is the same document with other colours: whatever looks at anything else has been answered. */
const COLOURS: RunOptions = { runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } }

declare const axe: { run(options: RunOptions): Promise<AxeResults> }

interface Stage {
  readonly page: (screen: Screen) => Promise<Page>
  readonly close: () => Promise<void>
}

function createStage(browser: Browser): Stage {
  const hosts = new Map<string, Promise<FakeHost>>()
  const source = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  return {
    page: async (screen) => {
      const host = hosts.get(screen.scene) ?? startFakeHost(screen.scene, renderer)
      hosts.set(screen.scene, host)
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' })
      const stored = JSON.stringify({ theme: 'dark', language: 'en', density: 'normal', rangeMs: 900_000 })
      await context.addInitScript((value) => window.localStorage.setItem('lagoon.settings', value), stored)
      const page = await context.newPage()
      await openScreen(page, (await host).url, screen)
      // Evaluated through the browser's own protocol: the page's content security policy stays as it is.
      await page.evaluate(await source)
      return page
    },
    close: async () => {
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

function findings(results: AxeResults): string[] {
  return results.violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => {
      const why = (failureSummary ?? '').split('\n').slice(1).join(';')
      return `${id} (${help}) at ${target.join(' ')}:${why}`
    })
  )
}

for (const screen of SCREENS) {
  test(`${screen.name}: axe finds nothing in either theme`, async ({ stage }) => {
    const found: string[] = []
    const page = await stage.page(screen)
    for (const theme of THEMES) {
      // Of a page that is there only the stylesheet's half of the theme is another: colours, which is what axe looks at.
      await page.evaluate((value) => (document.documentElement.dataset['theme'] = value), theme)
      const isFirst = theme === THEMES[0]
      const results = await page.evaluate((options) => axe.run(options), isFirst ? OPTIONS : COLOURS)
      // It has looked: at much of the page, and at the colours of each theme.
      expect(results.passes.length).toBeGreaterThan(isFirst ? 10 : 0)
      found.push(...findings(results).map((finding) => `${theme}: ${finding}`))
    }
    await page.context().close()

    expect(found).toEqual([])
  })
}
