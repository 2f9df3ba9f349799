/** Producing with the keyboard alone: typed, sent, read back by a client of somebody else, and produced again unchanged. */
import { expect, test } from '@playwright/test'
import { LabCluster, lagoon, runToEnd } from '../support/lab-cluster'

let cluster: LabCluster

test.beforeAll(async () => {
  cluster = await LabCluster.start({ brokers: 1, args: ['--ui'] })
})

test.afterAll(async () => {
  await cluster.discard()
})

async function createTopic(topic: string, partitions: number): Promise<void> {
  const words = ['topic', 'create', topic, '--partitions', String(partitions), '--data', cluster.dir]
  expect((await lagoon(words)).code).toBe(0)
}

interface Read {
  readonly key: string | null
  readonly payload: string | null
  readonly headers?: readonly string[]
  readonly offset: number
}

async function readByKcat(topic: string): Promise<readonly Read[]> {
  const args = ['-b', cluster.ready.bootstrapServers, '-C', '-t', topic, '-e', '-q', '-J']
  const { stdout } = await runToEnd('/usr/bin/kcat', args)
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Read)
}

const typed = '{"id":9223372036854775807,"a":1.0,"b":1e400,"c":-0}'

test('a record is typed, sent and produced again with the keyboard alone', async ({ page }) => {
  test.setTimeout(30_000)
  await createTopic('typed', 1)
  await page.goto(new URL('#/topics/typed', cluster.ready.uiUrl).href)
  await page.getByRole('tab').first().waitFor()

  await page.keyboard.press('p')
  const dialog = page.getByRole('dialog')
  await expect(dialog.locator('#produce-value')).toBeFocused()
  await page.keyboard.insertText(typed)
  await dialog.getByRole('button', { name: 'Add header' }).focus()
  for (const value of ['1', '2']) {
    await page.keyboard.press('Enter')
    await page.keyboard.type('same')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.type(value)
    await dialog.getByRole('button', { name: 'Add header' }).focus()
  }
  await page.keyboard.press('Control+Enter')
  await expect(dialog.getByText('partition 0, offset 0')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()

  await page.goto(new URL('#/topics/typed/messages', cluster.ready.uiUrl).href)
  await page.getByRole('row').nth(1).waitFor()
  await page.keyboard.press('j')
  const again = page.getByRole('button', { name: 'Produce again…' })
  await again.focus()
  await page.keyboard.press('Enter')
  await expect(dialog.locator('#produce-value')).toHaveValue(typed)
  await expect(dialog.getByLabel('Name of header 2')).toHaveValue('same')
  await page.keyboard.press('Control+Enter')
  await expect(dialog.getByText('partition 0, offset 1')).toBeVisible()

  const read = await readByKcat('typed')
  expect(read.map(({ payload }) => payload)).toEqual([typed, typed])
  expect(read.map(({ headers }) => headers)).toEqual([
    ['same', '1', 'same', '2'],
    ['same', '1', 'same', '2']
  ])
})

test('10 MB are pasted without stopping the window, and what the broker says of them is shown', async ({ page }) => {
  test.setTimeout(30_000)
  await createTopic('large', 1)
  await page.goto(new URL('#/topics/large', cluster.ready.uiUrl).href)
  await page.getByRole('tab').first().waitFor()
  await page.keyboard.press('p')
  const dialog = page.getByRole('dialog')
  await expect(dialog.locator('#produce-value')).toBeFocused()

  const longestMs = await page.evaluate(async () => {
    const data = new DataTransfer()
    data.setData('text/plain', 'x'.repeat(10 * 1024 * 1024))
    let longest = 0
    let last = performance.now()
    let isDone = false
    const frame = (): void => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
      if (!isDone) requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
    document
      .querySelector('#produce-value')
      ?.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, cancelable: true, bubbles: true }))
    for (let i = 0; i < 30; i++) await new Promise((resolve) => requestAnimationFrame(resolve))
    isDone = true
    return longest
  })
  expect(longestMs).toBeLessThan(1000)
  await expect(dialog.getByText('too much to be edited here')).toBeVisible()
  await expect(dialog.getByText('(max.message.bytes)')).toBeVisible()

  await page.keyboard.press('Control+Enter')
  await expect(dialog.getByRole('alert')).toContainText('MESSAGE_TOO_LARGE')
})

test('many records are made at a rate until Stop', async ({ page }) => {
  test.setTimeout(30_000)
  await createTopic('rated', 2)
  await page.goto(new URL('#/topics/rated', cluster.ready.uiUrl).href)
  await page.getByRole('tab').first().waitFor()
  await page.keyboard.press('p')
  const dialog = page.getByRole('dialog')
  await dialog.locator('#produce-value').fill('record {n}')
  await dialog.getByRole('radio', { name: 'Many' }).click()
  await dialog.locator('#produce-count').fill('')
  await dialog.locator('#produce-rate').fill('200')

  await page.keyboard.press('Control+Enter')
  await expect(dialog.getByText(/^[1-9]\d\d+ sent/)).toBeVisible()
  await dialog.getByRole('button', { name: 'Stop' }).click()
  await expect(dialog.getByText('Stopped')).toBeVisible()

  const sent = /^([\d\s\u2009\u202f,]+) sent, ([\d\s\u2009\u202f,]+) ack/.exec(
    (await dialog.locator('.counts').innerText()).split('\n').find((line) => line.includes('sent')) ?? ''
  )
  const number = (text: string | undefined): number => Number((text ?? '').replaceAll(/\D/g, ''))
  expect(number(sent?.[1])).toBe(number(sent?.[2]))
  expect(await readByKcat('rated')).toHaveLength(number(sent?.[1]))
})
