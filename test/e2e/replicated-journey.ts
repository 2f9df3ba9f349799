/**
 * A topic of three replicas under load from clients of somebody else; the leader of a partition is killed, or paused, from
 * the grid of replicas: another leads, the events say why and in which order, and all of it heals. No sleeps.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type Page } from '@playwright/test'
import { ForeignClient } from './foreign-client'

const topic = 'replicated'
const group = 'readers'
const patience = { timeout: 60_000 }
/**
 * What is written a second, and the most that is read: what has waited for a leader is made up for at a hundred a second, so
 * that it is seen also where each step on the screen takes a second.
 */
const writtenPerSecond = 400
const readPerSecondMax = 500
/** Records. A reader that keeps up is never so far behind, and one whose leader is missed is. */
const calmLag = 100
const bumpLag = 200
type Texts = typeof import('../../src-renderer/i18n/en.json')
const textsOf = (language: 'en' | 'ko'): Texts =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../src-renderer/i18n/${language}.json`), 'utf8')) as Texts

/** What stands before the first placeholder of a sentence, or after the last one; the last form is that of many. */
const fixedPart = (sentence: string): RegExp => {
  const forms = sentence.split(' | ').map((form) =>
    form
      .split(/\{\w+\}/)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')
  )
  return new RegExp(`^(?:${forms.join('|')})$`)
}

/** Sentences of the event list, the oldest first. */
async function events(page: Page): Promise<readonly string[]> {
  const list = page.locator('section.event-list .line .cut')
  // Names of others stand in isolating characters, which nobody sees.
  return (await list.allInnerTexts()).reverse().map((one) => one.replace(/[\u2066-\u2069]/g, ''))
}

const numberOf = (text: string): number => (/^[\d\s,.]+$/.test(text) ? Number(text.replace(/\D/g, '')) : NaN)

/** The highest lag that the chart says it shows; NaN while it says none. */
async function highestLag(page: Page, t: Texts): Promise<number> {
  const said = (await page.getByTestId('lag-chart').getByRole('img').getAttribute('aria-label')) ?? ''
  for (const sentence of [t.chart.lag, t.chart.lagWithGap]) {
    const pattern = sentence
      .replace(/[.*+?^$()|[\]\\]/g, '\\$&')
      .replace('{highest}', '(?<highest>[\\d\\s,.]+?)')
      .replace(/\{\w+\}/g, '.*')
    const found = new RegExp(`^${pattern}$`).exec(said.replace(/[\u2066-\u2069]/g, ''))?.groups?.highest
    if (found !== undefined) return numberOf(found)
  }
  return NaN
}

/** Nothing when the events say all of these in this order; else the first that is missing, with what they do say. */
async function untoldOf(page: Page, sentences: readonly string[]): Promise<string> {
  const told = await events(page)
  let place = -1
  for (const sentence of sentences) {
    place = told.findIndex((one, at) => at > place && fixedPart(sentence).test(one))
    if (place < 0) return `"${sentence}" is not told where it belongs:\n${told.join('\n')}`
  }
  return ''
}

export async function replicatedJourney(page: Page, language: 'en' | 'ko', act: 'kill' | 'pause'): Promise<void> {
  const [t, en] = [textsOf(language), textsOf('en')]
  /** Overview 1, Brokers 2, Ensemble 3, Topics 4, Groups 5, Lab 6, Settings 7. */
  const section = (number: number): Promise<void> => page.keyboard.press(`Control+${number}`)
  await expect(page.getByTestId('verdict')).toBeVisible(patience)
  if (language === 'ko') {
    await section(7)
    await page.getByRole('radio', { name: en.settings.languages.ko }).click()
  }
  await section(1)
  await expect(page.getByTestId('bootstrap').first()).toBeVisible(patience)
  const bootstrap = (await page.getByTestId('bootstrap').first().innerText()).trim()

  await section(4)
  await page.getByRole('button', { name: t.topics.create }).first().click()
  const creating = page.getByRole('dialog')
  await creating.locator('#topic-name').fill(topic)
  await creating.getByRole('radio', { name: '3', exact: true }).click()
  await page.keyboard.press('Control+Enter')
  await expect(creating).toBeHidden()

  // The reader is there first: it has nothing to make up for before anything was broken.
  const consumer = new ForeignClient('consume.py', [bootstrap, topic, group, String(readPerSecondMax)])
  let producer: ForeignClient | undefined
  try {
    await consumer.line('consuming')
    producer = new ForeignClient('produce-acked.py', [bootstrap, topic, String(writtenPerSecond)])
    await producer.line('producing')
    const lag = async (): Promise<number> => numberOf((await page.getByTestId('lag-total').innerText()).trim())
    const openGroup = async (): Promise<void> => {
      await section(5)
      await page
        .getByRole('row', { name: new RegExp(group) })
        .first()
        .click(patience)
      await page.keyboard.press('Enter')
    }
    await openGroup()
    await expect.poll(lag, patience).toBeLessThan(calmLag)
    await section(2)
    await page.getByRole('link', { name: t.placement.title, exact: true }).click()
    const grid = page.getByRole('application', { name: t.placement.title })
    await grid.focus()
    await page.keyboard.press('ArrowRight')
    const detail = page.getByRole('complementary', { name: new RegExp(`${topic}.*-0$`) })
    await expect(detail).toContainText('ISR 3/3', patience)
    const leader = Number(/\d+/.exec(await detail.locator('.replicas tbody th').first().innerText())?.[0])
    const broker = (id: number): string => t.node.broker.replace('{id}', String(id))
    const inline = t.node.inline.broker.replace('{id}', String(leader))

    await detail
      .getByRole('button', { name: t.rail.actionsOf.replace('{nodeIn}', inline) })
      .first()
      .click()
    await page.getByRole('menuitem', { name: t.nodeAction[act], exact: true }).click()
    const cost = page.getByRole('alertdialog')
    // Other replicas are in sync: nothing goes offline, and nobody has to type a name.
    await cost.getByRole('button', { name: t.cost.button[act].replace('{nodeIn}', inline) }).click(patience)
    await expect(cost).toBeHidden(patience)
    // What is written waits for a leader, and its reader for that.
    await openGroup()
    await expect.poll(lag, patience).toBeGreaterThan(bumpLag)
    await page.goBack()
    await page.goBack()
    await expect(detail).toBeVisible(patience)

    await expect(detail).toContainText('ISR 2/3', patience)
    await expect(detail.locator('.replicas tbody th').first()).not.toHaveText(broker(leader), patience)
    await page.getByRole('button', { name: t.events.open }).click()
    const chain = [
      act === 'kill' ? t.event.nodeKilled : t.event.nodePaused,
      t.event.brokerSessionExpired,
      t.event.partitionsElected,
      t.event.isrShrunk
    ]
    await expect.poll(() => untoldOf(page, chain), patience).toBe('')

    const row = detail.locator('.replicas tbody tr').filter({ hasText: broker(leader) })
    await row.getByRole('button').click()
    const healing = act === 'kill' ? t.nodeAction.start : t.nodeAction.resume
    await page.getByRole('menuitem', { name: healing, exact: true }).click()
    await expect(detail).toContainText('ISR 3/3', patience)
    // A broker that starts is in sync again when it has caught up, which may be before it has been told everything and serves.
    const healed = act === 'kill' ? t.event.nodeStarting : t.event.nodeResumed
    await expect.poll(() => untoldOf(page, [...chain, healed, t.event.isrExpanded]), patience).toBe('')
    if (act === 'kill')
      await expect.poll(() => untoldOf(page, [...chain, healed, t.event.nodeRunning]), patience).toBe('')
    await page.getByRole('button', { name: t.events.close }).click()

    producer.tell()
    expect(await producer.line('sent')).toMatch(/^sent (\d+) acked \1 failed 0 left 0 lost 0 doubled 0$/)
    consumer.tell()
    await openGroup()
    await expect(page.getByTestId('lag-total')).toHaveText('0', patience)
    await expect(page.getByTestId('lag-chart').getByRole('img')).toBeVisible()
    await expect.poll(() => highestLag(page, t), patience).toBeGreaterThan(bumpLag)
  } finally {
    await producer?.end()
    await consumer.end()
  }
}
