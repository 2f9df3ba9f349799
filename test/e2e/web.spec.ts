import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test as base } from '@playwright/test'
import { ensembleJourney } from './ensemble-journey'
import { journey } from './journey'

const cli = resolve(import.meta.dirname, '../../out/main/cli.js')

const test = base.extend<{ uiUrl: string; problems: string[] }>({
  problems: async ({ page }, use) => {
    const problems: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        problems.push(`${message.type()}: ${message.text()}`)
    })
    page.on('pageerror', (error) => problems.push(`pageerror: ${error.message}`))
    await use(problems)
  },
  uiUrl: async ({}, use) => {
    const dir = mkdtempSync(join(tmpdir(), 'lagoon-e2e-'))
    const child: ChildProcess = spawn(process.execPath, [cli, 'up', '--ui', '--json', '--data', join(dir, 'cluster')], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const ready = await new Promise<{ uiUrl: string }>((done, failed) => {
      child.once('exit', (code) => failed(new Error(`lagoon up ended with ${String(code)}`)))
      if (child.stdout !== null)
        createInterface({ input: child.stdout }).once('line', (line) => done(JSON.parse(line) as { uiUrl: string }))
    })
    await use(ready.uiUrl)
    const gone = new Promise((done) => child.once('exit', done))
    child.kill('SIGINT')
    await gone
    rmSync(dir, { recursive: true, force: true })
  }
})

test('a new user’s road in a browser: create, lag, kill, what broke, start, drain', async ({
  page,
  uiUrl,
  problems
}) => {
  await page.goto(uiUrl)
  await journey(page)

  expect(problems).toEqual([])
})

test('the leader of three members is killed, then the quorum: what stops, what stays, and what heals it', async ({
  page,
  uiUrl,
  problems
}) => {
  await page.goto(uiUrl)
  await ensembleJourney(page)

  expect(problems).toEqual([])
})

test('the address lets in, and nothing else does', async ({ page, uiUrl, request }) => {
  const { origin } = new URL(uiUrl)
  expect((await request.get(`${origin}/`)).status()).toBe(401)
  expect((await request.get(`${origin}/?token=wrong`)).status()).toBe(401)

  await page.goto(uiUrl)

  await expect(page.getByTestId('verdict')).toBeVisible()
  expect(page.url()).not.toContain('token')
  const cookies = await page.context().cookies()
  expect(cookies).toMatchObject([{ httpOnly: true, sameSite: 'Strict' }])
})
