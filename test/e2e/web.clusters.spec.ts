/**
 * Two clusters side by side in a browser, on the keyboard alone: one is made beside the first, each has a tab of its own,
 * and what is done in one is not in the other. Foreign clients of both agree.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, type Page } from '@playwright/test'
import { Kafka, logLevel } from 'kafkajs'
import { LabCluster } from '../support/lab-cluster'

let first: LabCluster
const state = { before: process.env['LAGOON_STATE'], own: mkdtempSync(join(tmpdir(), 'lagoon-state-')) }
test.beforeAll(async () => {
  // What a run that was broken off has left is not among its clusters.
  process.env['LAGOON_STATE'] = state.own
  first = await LabCluster.start({ brokers: 1, args: ['--ui'] })
})
test.afterAll(async () => {
  await first.discard()
  process.env['LAGOON_STATE'] = state.before
  for (const dir of [`${first.dir}-beside`, state.own]) rmSync(dir, { recursive: true, force: true })
})

async function topicsAt(bootstrap: string): Promise<string[]> {
  const admin = new Kafka({ brokers: bootstrap.split(','), logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const topics = await admin.listTopics()
  await admin.disconnect()
  return topics.sort()
}

/** By the palette, which is open when it has the words. */
async function run(page: Page, words: string): Promise<void> {
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('dialog').getByRole('listbox')).toBeVisible()
  await page.keyboard.type(words)
  await page.keyboard.press('Enter')
}

async function createTopic(page: Page, name: string): Promise<void> {
  await run(page, 'Create topic')
  await expect(page.locator('#topic-name')).toBeFocused()
  await page.keyboard.type(name)
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('dialog')).toHaveCount(0)
}

test('a cluster is made beside the first; each tab has its own, and neither sees what is the other’s', async ({
  page,
  context
}) => {
  const problems: string[] = []
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
  })
  await page.goto(first.ready.uiUrl ?? '')
  await expect(page.getByText('1 of 1 brokers')).toBeVisible()

  await run(page, 'New cluster')
  await expect(page.locator('#cluster-name')).toBeFocused()
  await page.keyboard.type('beside')
  await page.locator('#cluster-dir').focus()
  await page.keyboard.press('Control+a')
  await page.keyboard.type(`${first.dir}-beside`)
  await page.locator('#cluster-brokers').focus()
  await page.keyboard.press('Control+a')
  await page.keyboard.type('1')
  await expect(page.getByRole('button', { name: 'Create and start' })).toBeEnabled()
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('banner').getByText('beside')).toBeVisible()
  await expect(page.getByText('1 of 1 brokers')).toBeVisible()

  const other = await context.newPage()
  await other.goto(first.ready.uiUrl ?? '')
  await expect(other.getByText('1 of 1 brokers')).toBeVisible()
  await expect(other.getByRole('banner').getByText('beside')).toHaveCount(0)
  await createTopic(page, 'only.beside')
  await createTopic(other, 'only.first')

  expect(await topicsAt(first.bootstrap)).toEqual(['only.first'])
  for (const [tab, mine, theirs] of [
    [page, 'only.beside', 'only.first'],
    [other, 'only.first', 'only.beside']
  ] as const) {
    await tab.keyboard.press('Control+4')
    await expect(tab.getByRole('row', { name: new RegExp(mine) })).toBeVisible()
    await expect(tab.getByRole('row', { name: new RegExp(theirs) })).toHaveCount(0)
  }

  // The switcher, there and back.
  await run(other, 'Go to cluster beside')
  await expect(other.getByRole('banner').getByText('beside')).toBeVisible()
  await other.keyboard.press('Control+4')
  await expect(other.getByRole('row', { name: /only\.beside/ })).toBeVisible()
  await other.close()
  await run(page, 'Stop cluster beside')
  const dialog = page.getByRole('alertdialog').or(page.getByRole('dialog'))
  await expect(dialog).toContainText('beside')
  await page.keyboard.press('Control+Enter')
  await expect(dialog).toHaveCount(0)
  await expect(page.getByRole('heading', { name: /beside.* is stopped/ })).toBeVisible()
  expect(await topicsAt(first.bootstrap)).toEqual(['only.first'])
  expect(problems).toEqual([])
})
