/**
 * Takes a picture of every screen, in both themes and languages.
 *   node scripts/screenshots.mjs --out DIR                    with an invented cluster (healthy, broken, empty, many)
 *   node scripts/screenshots.mjs --out DIR --url URL          of a running `lagoon up --ui`
 *   --renderer DIR   the built renderer for the invented cluster (out/renderer)
 *   --only TEXT      only pictures whose name contains TEXT
 *   --sizes 1280x800,1600x1000,1000x650
 * Fails when a page logs an error, breaks the content security policy, or a word of ours does not fit.
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

const press =
  (...keys) =>
  async (page) => {
    for (const key of keys) await page.keyboard.press(key)
  }

/** Screens of the invented cluster: [name, scene, address, what is done before the picture]. */
const FAKE = [
  ['overview', 'healthy', '#/overview'],
  ['overview-broken', 'broken', '#/overview'],
  ['first-start', 'empty', '#/overview'],
  ['brokers', 'healthy', '#/brokers'],
  ['brokers-detail', 'broken', '#/brokers/broker-2'],
  [
    'brokers-kill',
    'broken',
    '#/brokers/broker-3',
    (page) => page.locator('aside.detail .actions button').first().click()
  ],
  ['topics', 'broken', '#/topics'],
  ['topics-many', 'many', '#/topics', press('End')],
  [
    'topic-create',
    'broken',
    '#/topics',
    async (page) => {
      await page.locator('.toolbar button').last().click()
      await page.locator('#topic-name').fill('orders')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').waitFor()
    }
  ],
  ['topic-delete', 'healthy', '#/topics/orders', (page) => page.locator('.toolbar > button').last().click()],
  ['topic-partitions', 'broken', '#/topics/app-logs/partitions'],
  ['topic-messages', 'broken', '#/topics/app-logs/messages', press('j', 'j', 'j')],
  ['topic-config', 'healthy', '#/topics/app-logs/config'],
  ['groups', 'broken', '#/groups'],
  ['groups-none', 'empty', '#/groups'],
  ['group-lag', 'broken', '#/groups/es-sink'],
  ['group-members', 'healthy', '#/groups/es-sink/members'],
  ['settings', 'healthy', '#/settings'],
  ['palette', 'broken', '#/overview', press('Control+k')],
  ['shortcuts', 'healthy', '#/overview', press('?')],
  [
    'events',
    'broken',
    '#/topics',
    async (page) => {
      await page.locator('footer .latest').click()
    }
  ]
]

/** Screens of a real cluster: what stands in it is not known, so only the sections. */
const REAL = ['overview', 'brokers', 'topics', 'groups', 'settings'].map((name) => [name, 'real', `#/${name}`])

const problems = []
const hosts = new Map()

async function addressOf(scene) {
  if (values.url !== undefined) return values.url
  const known = hosts.get(scene)
  if (known !== undefined) return known.url
  const { startFakeHost } = await createJiti(import.meta.url).import('../test/support/fake-host.ts')
  const host = await startFakeHost(scene, resolve(values.renderer))
  hosts.set(scene, host)
  return host.url
}

async function picture(browser, screen, theme, language, [width, height]) {
  const [name, scene, hash, prepare] = screen
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
  const url = new URL(await addressOf(scene))
  await page.goto(url.href)
  await page.goto(new URL(hash, page.url()).href)
  await page.locator('.processes li').first().waitFor()
  await page.locator('.loading').waitFor({ state: 'detached' })
  await page.evaluate(() => document.fonts.ready)
  if (prepare !== undefined) await prepare(page)
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))))
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)
  if (sideways) problems.push(`${label}: wider than the window`)
  // Words of ours must fit; names and values of the cluster may be cut.
  const cut = await page.evaluate(() =>
    [...document.querySelectorAll('th, dt, h1, h2, .button, .segment, .tabs button, .table-foot, .toolbar')]
      .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1 && !one.matches('.cut'))
      .map((one) => one.textContent.trim())
  )
  for (const text of cut) problems.push(`${label}: cut off: ${text}`)
  await page.screenshot({ path: join(values.out, `${label}.png`) })
  await context.close()
}

await mkdir(values.out, { recursive: true })
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS })
try {
  const sizes = values.sizes.split(',').map((size) => size.split('x').map(Number))
  for (const screen of (values.url === undefined ? FAKE : REAL).filter(([name]) => name.includes(values.only))) {
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
