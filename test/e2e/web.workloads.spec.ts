/**
 * Traffic on purpose in a browser: the first start's one click makes lag move, and its clients are slowed, hung and killed
 * with the keyboard alone. What the screen says is compared with what kafkajs sees of the group.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test as base, type Locator, type Page } from '@playwright/test'
import { Kafka, logLevel } from 'kafkajs'

const cli = resolve(import.meta.dirname, '../../out/main/cli.js')

interface Lab {
  readonly uiUrl: string
  readonly bootstrapServers: string
}

const test = base.extend<{ lab: Lab; problems: string[] }>({
  problems: async ({ page }, use) => {
    const problems: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        problems.push(`${message.type()}: ${message.text()}`)
    })
    page.on('pageerror', (error) => problems.push(`pageerror: ${error.message}`))
    await use(problems)
  },
  lab: async ({}, use) => {
    const dir = mkdtempSync(join(tmpdir(), 'lagoon-e2e-'))
    const child: ChildProcess = spawn(process.execPath, [cli, 'up', '--ui', '--json', '--data', join(dir, 'cluster')], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const ready = await new Promise<Lab>((done, failed) => {
      child.once('exit', (code) => failed(new Error(`lagoon up ended with ${String(code)}`)))
      if (child.stdout !== null)
        createInterface({ input: child.stdout }).once('line', (line) => done(JSON.parse(line) as Lab))
    })
    await use(ready)
    const gone = new Promise((done) => child.once('exit', done))
    child.kill('SIGINT')
    await gone
    rmSync(dir, { recursive: true, force: true })
  }
})

const row = (page: Page, name: string): Locator => page.locator(`[data-workload=${name}]`)

/** Thin spaces and the like group digits on screen. */
async function figure(cell: Locator): Promise<number> {
  const text = (await cell.innerText()).replace(/[^\d]/g, '')
  return text === '' ? Number.NaN : Number(text)
}

/** Opens the menu of a row and takes an item, with keys only. */
async function choose(page: Page, name: string, item: RegExp): Promise<void> {
  await row(page, name)
    .getByRole('button', { name: /^More actions/ })
    .focus()
  await page.keyboard.press('Enter')
  const items = page.getByRole('menuitem')
  await expect(items.first()).toBeFocused()
  const index = (await items.allInnerTexts()).findIndex((text) => item.test(text))
  for (let at = 1; at <= index; at++) {
    await page.keyboard.press('ArrowDown')
    await expect(items.nth(at)).toBeFocused()
  }
  expect(await items.nth(index).innerText()).toMatch(item)
  await page.keyboard.press('Enter')
}

test('one click makes traffic whose lag moves; its clients are slowed, hung and killed by keyboard alone', async ({
  page,
  lab,
  problems
}) => {
  const admin = new Kafka({ brokers: lab.bootstrapServers.split(','), logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const members = async (): Promise<string[]> =>
    ((await admin.describeGroups(['demo-readers'])).groups[0]?.members ?? []).map(({ clientId }) => clientId).sort()
  await page.goto(lab.uiUrl)

  await test.step('the first start', async () => {
    await page.getByRole('button', { name: 'Make a topic with traffic' }).focus()
    await page.keyboard.press('Enter')
    await expect(page.getByTestId('traffic')).toContainText('A producer writes', { timeout: 30_000 })
    const chart = page.locator('.lag').getByRole('img')
    await expect(chart).toHaveAttribute('aria-label', /demo-readers/)
    const seen = new Set<string>()
    await expect
      .poll(
        async () => seen.add((await page.getByTestId('traffic').innerText()).match(/lag is ([\d\s]+)/)?.[1] ?? '').size
      )
      .toBeGreaterThan(2)
    expect(await members()).toEqual(['demo-reader-1', 'demo-reader-2', 'demo-reader-3'])
  })

  await test.step('slowed', async () => {
    await page.getByRole('link', { name: /Slow a consumer down/ }).focus()
    await page.keyboard.press('Enter')
    await expect(row(page, 'demo-in')).toContainText('Running')
    await choose(page, 'demo-reader-1', /Slow down × 100/)
    await expect(row(page, 'demo-reader-1')).toContainText('Slowed × 100')
    const lag = row(page, 'demo-reader-1').locator('td.number').last()
    await expect.poll(() => figure(lag)).toBeGreaterThan(300)
    await choose(page, 'demo-reader-1', /Back to normal/)
    await expect(row(page, 'demo-reader-1')).toContainText('Running')
  })

  await test.step('a zombie', async () => {
    await choose(page, 'demo-reader-2', /zombie/)
    await expect(page.getByRole('alertdialog')).toContainText('stand still for up to 10 s')
    await page.keyboard.press('Control+Enter')
    await expect(row(page, 'demo-reader-2')).toContainText('Zombie')
    await expect(row(page, 'demo-reader-2')).toContainText('evicted in')
    await expect(row(page, 'demo-reader-2')).toContainText('out of the group')
    expect(await members()).toEqual(['demo-reader-1', 'demo-reader-3'])
  })

  await test.step('killed, and started again', async () => {
    await row(page, 'demo-reader-2').getByRole('button', { name: /^Kill/ }).focus()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('alertdialog')).toContainText('A real SIGKILL')
    await page.keyboard.press('Control+Enter')
    await expect(row(page, 'demo-reader-2')).toContainText('Killed')
    // The group's page has seen the rebalances: the others own what it owned.
    await page.keyboard.press('Control+5')
    await page.getByRole('link', { name: 'demo-readers' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('tab', { name: 'Lag' }).focus()
    await page.keyboard.press('ArrowRight')
    const rows = page.getByRole('table', { name: 'Members' }).getByRole('row')
    await expect(rows).toHaveCount(3)
    await expect(rows.filter({ hasText: /demo-reader-[13]/ })).toHaveCount(2)
    const owned = async (): Promise<number[]> => {
      const texts = await rows.locator('td:last-child').allInnerTexts()
      return texts
        .flatMap((text) =>
          text
            .replace(/^[^:]*:/, '')
            .trim()
            .split(/\s+/)
            .map(Number)
        )
        .sort((a, b) => a - b)
    }
    await expect.poll(owned).toEqual([0, 1, 2, 3, 4, 5])
    await page.getByRole('button', { name: 'Open event list' }).focus()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('region', { name: 'Events' })).toContainText(/demo-readers: \w+ → \w+/)
    await page.keyboard.press('Enter')
    await page.keyboard.press('Control+6')
    await row(page, 'demo-reader-2')
      .getByRole('button', { name: /^Start/ })
      .focus()
    await page.keyboard.press('Enter')
    await expect(row(page, 'demo-reader-2')).toContainText('Running')
    await expect.poll(members).toHaveLength(3)
  })

  await admin.disconnect()
  expect(problems).toEqual([])
})
