/** Messages with a real cluster, on the keyboard: search, stop, tail, pause, export; records written by a foreign client. Errors in Korean. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test as base } from '@playwright/test'
import korean from '../../src-renderer/i18n/ko.json' with { type: 'json' }

const cli = resolve(import.meta.dirname, '../../out/main/cli.js')
const needle = '23958446825181076828'
const others = 1_000_000

interface Lab {
  readonly dir: string
  readonly uiUrl: string
  readonly bootstrapServers: string
}

const test = base.extend<{ lab: Lab }>({
  lab: async ({}, use) => {
    const dir = mkdtempSync(join(tmpdir(), 'lagoon-e2e-'))
    const args = [cli, 'up', '--brokers', '1', '--ui', '--json', '--data', join(dir, 'cluster')]
    const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const ready = await new Promise<Omit<Lab, 'dir'>>((done, failed) => {
      child.once('exit', (code) => failed(new Error(`lagoon up ended with ${String(code)}`)))
      if (child.stdout !== null)
        createInterface({ input: child.stdout }).once('line', (line) => done(JSON.parse(line) as Omit<Lab, 'dir'>))
    })
    await use({ dir, ...ready })
    const gone = new Promise((done) => child.once('exit', done))
    child.kill('SIGINT')
    await gone
    rmSync(dir, { recursive: true, force: true })
  }
})

function produce({ bootstrapServers }: Lab, input: string, args: readonly string[] = []): void {
  const ended = spawnSync('kcat', ['-P', '-b', bootstrapServers, '-t', 'orders', ...args], { input, encoding: 'utf8' })
  if (ended.status !== 0) throw new Error(ended.stderr)
}

test('one record is found among a million, tailed, paused and exported, on the keyboard alone', async ({
  page,
  lab
}) => {
  const data = join(lab.dir, 'cluster')
  spawnSync(process.execPath, [cli, 'topic', 'create', 'orders', '--partitions', '3', '--data', data])
  produce(lab, `{"order":{"id":${needle},"total":1.0}}\n`, ['-k', 'k', '-H', 'n=1', '-H', 'n=2'])
  produce(lab, '{"order":{"id":9223372036854775807,"total":99}}\n'.repeat(others), ['-z', 'lz4'])
  await page.goto(lab.uiUrl)
  await page.evaluate(() => (window.location.hash = '#/topics/orders/messages'))
  await expect(page.getByRole('grid')).toBeVisible()

  await page.keyboard.press('/')
  await page.keyboard.type(needle)
  await page.keyboard.press('Enter')

  await expect(page.getByText('1 found', { exact: true })).toBeVisible()
  await expect(page.locator('.scan')).toContainText(/Scanned 1.000.001 of 1.000.001/)
  await page.keyboard.press('j')
  const detail = page.getByRole('complementary', { name: 'Record' })
  await expect(detail).toContainText(needle)
  await expect(detail).toContainText('CreateTime')

  const path = join(lab.dir, 'found.jsonl')
  await page.getByRole('button', { name: 'Export…' }).focus()
  await page.keyboard.press('Enter')
  await page.locator('#export-path').fill(path)
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('dialog')).toContainText(path)
  await expect.poll(() => readFileSync(path, 'utf8').split('\n').length).toBe(2)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
    value: `{"order":{"id":${needle},"total":1.0}}`,
    headers: [
      { key: 'n', value: '1' },
      { key: 'n', value: '2' }
    ]
  })
  await page.keyboard.press('Escape')

  await page.keyboard.press('/')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Live tail' }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByText('0 came')).toBeVisible()
  await page.getByRole('button', { name: 'Live tail' }).evaluate((button: HTMLElement) => button.blur())
  produce(lab, 'first\n')
  await expect(page.getByText('1 came')).toBeVisible()
  await expect(page.getByRole('grid')).toContainText('first')
  await page.keyboard.press(' ')
  await expect(page.getByText('0 while paused')).toBeVisible()
  produce(lab, 'unseen\n'.repeat(3000))
  await expect(page.getByText(/3.000 while paused/)).toBeVisible()
  await page.keyboard.press(' ')
  await expect(page.getByText(/3.000 skipped/)).toBeVisible()
  await expect(page.getByRole('grid')).not.toContainText('unseen')
})

test.describe('in Korean', () => {
  test.use({ locale: 'ko-KR' })

  test('what went wrong is said in Korean: what the broker answers, and what the disk does', async ({ page, lab }) => {
    spawnSync(process.execPath, [cli, 'topic', 'create', 'orders', '--data', join(lab.dir, 'cluster')])
    produce(lab, 'first\n')
    await page.goto(lab.uiUrl)
    await page.evaluate(() => (window.location.hash = '#/topics'))
    await page.getByRole('button', { name: korean.topics.create }).first().click()
    await page.locator('#topic-name').fill('orders')
    await page.keyboard.press('Control+Enter')
    await expect(page.locator('#create-problem')).toContainText("TOPIC_ALREADY_EXISTS: 'orders' 토픽이 이미 있습니다.")

    await page.evaluate(() => (window.location.hash = '#/topics/orders/messages'))
    await page.reload()
    await page.getByRole('button', { name: korean.messages.export }).click()
    await page.locator('#export-path').fill(join(lab.dir, 'nowhere', 'found.jsonl'))
    await page.keyboard.press('Control+Enter')
    await expect(page.getByRole('dialog').getByRole('alert')).toHaveText(`${join(lab.dir, 'nowhere')} 폴더가 없습니다.`)
  })
})
