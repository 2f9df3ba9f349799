/**
 * Takes a picture of every screen, in both themes and languages.
 *   npm run pictures -- --out DIR                            with an invented cluster (healthy, broken, empty, many)
 *   node scripts/screenshots.mjs --out DIR --url URL          of a running `lagoon up --ui`
 *   --renderer DIR   the built renderer for the invented cluster (out/renderer)
 *   --only TEXT      only pictures whose name contains TEXT
 *   --sizes 1280x800,1600x1000,1000x650
 * Fails when a page logs an error, breaks the content security policy, or text is cut, covered or out of reach.
 */
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from '@playwright/test'
import { createJiti } from 'jiti'

const CHROMIUM = process.env.LAGOON_CHROMIUM ?? '/usr/bin/chromium'
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'out/screenshots' },
    url: { type: 'string' },
    renderer: { type: 'string', default: 'out/renderer' },
    only: { type: 'string', default: '' },
    sizes: { type: 'string', default: '1280x800,1600x1000,1000x650' },
    themes: { type: 'string', default: 'dark,light' },
    languages: { type: 'string', default: 'en,ko' }
  }
})

/** Screens of a real cluster: what stands in it is not known, so only the sections. */
const REAL = ['overview', 'brokers', 'topics', 'groups', 'lab', 'settings'].map((name) => ({
  name,
  scene: 'real',
  hash: `#/${name}`
}))
const jiti = createJiti(import.meta.url)
const { openScreen, SCREENS } = await jiti.import('../test/support/screens.ts')
const { layoutProblems } = await jiti.import('../test/support/layout-probe.ts')
const { startFakeHost } = await jiti.import('../test/support/fake-host.ts')

const problems = []
const hosts = new Map()

async function addressOf(scene) {
  if (values.url !== undefined) return values.url
  const known = hosts.get(scene)
  if (known !== undefined) return known.url
  const host = await startFakeHost(scene, resolve(values.renderer))
  hosts.set(scene, host)
  return host.url
}

async function picture(browser, screen, theme, language, [width, height]) {
  const { name, scene } = screen
  const context = await browser.newContext({ viewport: { width, height }, timezoneId: 'Asia/Seoul' })
  const page = await context.newPage()
  const label = `${name}-${theme}-${language}-${width}`
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`${label}: ${message.text()}`)
  })
  page.on('pageerror', (error) => problems.push(`${label}: ${error.message}`))
  await page.addInitScript(
    ([key, value]) => window.localStorage.setItem(key, value),
    [
      'lagoon.settings',
      JSON.stringify({ theme, language, density: 'normal', rangeMs: scene === 'empty' ? 60_000 : 900_000 })
    ]
  )
  await page.goto(await addressOf(scene))
  await openScreen(page, page.url(), screen)
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))))
  for (const problem of await page.evaluate(layoutProblems)) problems.push(`${label}: ${problem}`)
  await page.screenshot({ path: join(values.out, `${label}.png`) })
  await context.close()
}

await mkdir(values.out, { recursive: true })
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS })
try {
  const sizes = values.sizes.split(',').map((size) => size.split('x').map(Number))
  for (const screen of (values.url === undefined ? SCREENS : REAL).filter(({ name }) => name.includes(values.only))) {
    for (const theme of values.themes.split(',')) {
      for (const language of values.languages.split(',')) {
        for (const size of sizes) await picture(browser, screen, theme, language, size)
      }
    }
  }
} finally {
  await browser.close()
  for (const host of hosts.values()) await host.close()
}
for (const problem of new Set(problems)) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1
