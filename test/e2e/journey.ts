/**
 * The road of a new user, the same in the window and in a browser: create a topic, let a foreign client write and a foreign
 * group read slowly, watch the lag rise, kill a broker, read what broke, start it, watch the lag drain. No sleeps: each step
 * waits for what a user would see.
 */
import { expect, type Page } from '@playwright/test'
import { ForeignClient } from './foreign-client'

const topic = 'journey'
const group = 'slow-readers'
const producedPerSecond = 300
const consumedPerSecond = 40
const patience = { timeout: 60_000 }

/** Thin spaces and the like group digits on screen. */
async function lagOf(page: Page): Promise<number> {
  const text = (await page.getByTestId('lag-total').innerText()).replace(/[^\d]/g, '')
  return text === '' ? Number.NaN : Number(text)
}

async function openSection(page: Page, name: string): Promise<void> {
  await page
    .getByRole('navigation', { name: 'Sections' })
    .getByRole('link', { name: new RegExp(`^${name}`) })
    .click()
}

async function createTopic(page: Page): Promise<void> {
  await openSection(page, 'Topics')
  await page.getByRole('button', { name: 'Create topic' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill(topic)
  await dialog.getByLabel('Partitions').fill('6')
  // One replica: what its broker leads goes offline with it.
  await dialog.getByRole('radio', { name: '1', exact: true }).click()
  await dialog.getByRole('button', { name: 'Create topic' }).click()
  await expect(dialog).toBeHidden()
  await expect(page.getByText(topic, { exact: true }).first()).toBeVisible()
}

async function openGroup(page: Page): Promise<void> {
  await openSection(page, 'Groups')
  await page.getByRole('row', { name: new RegExp(group) }).click(patience)
  await page.keyboard.press('Enter')
  await expect(page.getByTestId('lag-total')).toBeVisible()
}

async function openBroker(page: Page, broker: string): Promise<void> {
  await openSection(page, 'Brokers')
  await page
    .getByRole('row', { name: new RegExp(`^${broker}`) })
    .first()
    .click()
}

async function act(page: Page, broker: string, action: 'Kill…' | 'Start'): Promise<void> {
  await openBroker(page, broker)
  await page.getByRole('button', { name: action, exact: true }).click()
}

export async function journey(page: Page): Promise<void> {
  await expect(page.getByTestId('verdict')).toContainText(/healthy|has no topics yet/, patience)
  const bootstrap = (await page.getByTestId('bootstrap').first().innerText()).trim()
  await createTopic(page)

  const producer = new ForeignClient('produce.py', [bootstrap, topic, String(producedPerSecond)])
  const consumer = new ForeignClient('consume.py', [bootstrap, topic, group, String(consumedPerSecond)])
  try {
    await producer.line('producing')
    await consumer.line('consuming')
    await openGroup(page)
    await expect.poll(() => lagOf(page), patience).toBeGreaterThan(500)
    const seen = await lagOf(page)
    await expect.poll(() => lagOf(page), patience).toBeGreaterThan(seen + 500)
    await expect(page.getByTestId('lag-chart').getByRole('img')).toHaveAttribute('aria-label', /Lag of/)
    await expect(page.getByTestId('pace-chart').getByRole('img')).toHaveAttribute(
      'aria-label',
      /Written [1-9]/,
      patience
    )

    await act(page, 'Broker 2', 'Kill…')
    const dialog = page.getByRole('alertdialog')
    await expect(dialog).toContainText(/partitions? go(es)? offline/)
    // Its partitions of one replica have no other one in sync.
    await dialog.locator('#cost-name').fill('broker-2')
    await dialog.getByRole('button', { name: 'Kill broker 2' }).click()
    await expect(page.getByRole('row', { name: /^Broker 2/ }).first()).toContainText('Killed')
    await openSection(page, 'Overview')
    await expect(page.getByTestId('verdict')).toContainText('Broker 2 is down', patience)
    await expect(page.getByTestId('verdict')).toContainText(/partitions? ha(s|ve) no leader/, patience)
    await expect(page.getByRole('img', { name: '2 of 6 partitions without a leader' })).toBeVisible()
    await openBroker(page, 'Broker 2')
    await page.getByRole('radio', { name: /^No leader [1-9]/ }).click(patience)
    await expect(page.getByRole('row', { name: new RegExp(`^${topic}-\\d .*No leader`) })).toHaveCount(2)

    await act(page, 'Broker 2', 'Start')
    await expect(page.getByRole('row', { name: /^Broker 2/ }).first()).toContainText('Running', patience)
    producer.tell()
    await producer.line('produced')
    consumer.tell()
    await openGroup(page)
    await expect.poll(() => lagOf(page), { timeout: 90_000 }).toBe(0)
    await openSection(page, 'Overview')
    await expect(page.getByTestId('verdict')).toContainText('healthy', patience)
  } finally {
    await producer.end()
    await consumer.end()
  }
}
