/**
 * Three members on screen: the one that leads is killed, another leads a later term and the brokers stay; a second one is killed, and
 * there is no quorum: no topic can be created, with that reason; one is started, and a topic can. No sleeps.
 */
import { expect, type Page } from '@playwright/test'

const topic = 'after-the-quorum'
const patience = { timeout: 60_000 }

async function openSection(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Sections' }).getByTitle(name, { exact: true }).click()
}

const members = (page: Page) => page.getByRole('grid', { name: 'Members of the ensemble' })
const quorum = (page: Page) => page.getByTestId('quorum')
const leading = (page: Page) => members(page).getByRole('row', { name: / Leader / })

/** Which one leads, and its term. Behind a member's number stands its port. */
async function leader(page: Page): Promise<{ readonly id: number; readonly term: number }> {
  await expect(leading(page)).toHaveCount(1, patience)
  // While a detail goes, the table is still as narrow as beside it, and has no room for terms.
  await expect(members(page).getByRole('columnheader', { name: 'Term' })).toBeVisible(patience)
  const text = await leading(page).innerText()
  const [, id, term] = /^Ensemble (\d)[\s\S]*?Leader\s+(\d+)/.exec(text) ?? []
  return { id: Number(id), term: Number(term) }
}

async function kill(page: Page, id: number, cost: RegExp): Promise<void> {
  await members(page)
    .getByRole('row', { name: new RegExp(`^Ensemble ${id}\\s?\\d{4}`) })
    .click()
  await page
    .getByRole('complementary', { name: `Ensemble ${id}` })
    .getByRole('button', { name: 'Kill…' })
    .click()
  const dialog = page.getByRole('alertdialog')
  await expect(dialog).toContainText(cost)
  await dialog.getByRole('button', { name: `Kill ensemble ${id}` }).click()
  await expect(dialog).toBeHidden()
  await page.keyboard.press('Escape')
}

export async function ensembleJourney(page: Page): Promise<void> {
  await expect(page.getByTestId('verdict')).toContainText(/healthy|has no topics yet/, patience)
  await openSection(page, 'Ensemble')
  await expect(quorum(page)).toContainText('3 of 3 members run; one may be lost', patience)
  const first = await leader(page)

  await kill(page, first.id, /Another member is elected/)
  await expect(quorum(page)).toContainText('2 of 3 members run; one more loss stops writes', patience)
  const second = await leader(page)
  expect(second.id).not.toBe(first.id)
  expect(second.term).toBeGreaterThan(first.term)
  await expect(page.getByText(`Ensemble ${second.id} got 2 of 3 votes`)).toBeVisible(patience)
  await openSection(page, 'Overview')
  const verdict = page.getByTestId('verdict')
  await expect(verdict).toContainText(`Ensemble ${first.id} is down`, patience)
  await expect(verdict).not.toContainText(/Broker \d (is|does)/)
  await openSection(page, 'Brokers')
  await expect(page.getByRole('row', { name: /^Broker \d.*Running/ })).toHaveCount(3)

  const [third = 0] = [1, 2, 3].filter((id) => id !== first.id && id !== second.id)
  await openSection(page, 'Ensemble')
  await kill(page, third, /The ensemble has no quorum/)
  await expect(quorum(page)).toContainText('No quorum: 1 of 3 members run, 2 needed', patience)
  await openSection(page, 'Topics')
  await page.getByRole('button', { name: 'Create topic' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill(topic)
  await expect(dialog).toContainText('it has no quorum (1 of 3 members run, 2 needed)')
  await expect(dialog.getByRole('button', { name: 'Create topic' })).toBeDisabled()

  await page.keyboard.press('Escape')
  await dialog.getByRole('button', { name: 'Discard' }).click()
  await openSection(page, 'Ensemble')
  await page
    .getByRole('button', { name: `Start ensemble ${third}`, exact: true })
    .first()
    .click()
  await expect(quorum(page)).toContainText('2 of 3 members run; one more loss stops writes', patience)
  await openSection(page, 'Topics')
  await page.getByRole('button', { name: 'Create topic' }).first().click()
  await dialog.getByLabel('Name').fill(topic)
  await dialog.getByRole('button', { name: 'Create topic' }).click()
  await expect(dialog).toBeHidden(patience)

  // What it wrote is in the tree, while one looks.
  await openSection(page, 'Ensemble')
  const znode = (name: string) => page.getByRole('treeitem').filter({ has: page.getByText(name, { exact: true }) })
  await znode('brokers').focus()
  await page.keyboard.press('ArrowRight')
  await znode('topics').focus()
  await page.keyboard.press('ArrowRight')
  await expect(znode(topic)).toBeVisible(patience)
}
