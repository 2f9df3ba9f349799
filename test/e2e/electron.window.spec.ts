import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { ElectronApplication } from '@playwright/test'
// @ts-expect-error a plain script without types
import { ensureElectron } from '../../scripts/ensure-electron.mjs'
import { layoutProblems } from '../support/layout-probe'
import { expect, test } from './electron.fixture'

const closeWindow = (lagoon: ElectronApplication): Promise<void> =>
  lagoon.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
const isVisible = (lagoon: ElectronApplication): Promise<boolean> =>
  lagoon.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isVisible() === true)

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}
const nodePids = (dataDir: string): number[] =>
  [...readFileSync(join(dataDir, 'processes.json'), 'utf8').matchAll(/"pid":\s*(\d+)/g)].map((match) =>
    Number(match[1])
  )

/** The app once more, for the same folder and on a profile of its own unless one is named: how it ended. */
function startAgain(dataDir: string, profile = `${dataDir}-second`): Promise<number | null> {
  const { execPath, flags } = (ensureElectron as () => { execPath: string; flags: string[] })()
  const args = [...flags, '--disable-gpu', `--user-data-dir=${profile}`, resolve(import.meta.dirname, '../..')]
  const again = spawn(execPath, [...args, `--data=${dataDir}`], {
    stdio: 'ignore',
    env: { ...process.env, LAGOON_NO_DIALOG: '1' }
  })
  return new Promise((resolve) => again.on('exit', resolve))
}

test('closing asks once: kept in the tray, brought back by a second launch, then stopped for good', async ({
  page,
  lagoon,
  dataDir
}) => {
  await expect(page.getByText('Healthy').first()).toBeVisible()
  const pids = nodePids(dataDir)
  expect(pids.length).toBeGreaterThan(1)

  await closeWindow(lagoon)
  const dialog = page.getByRole('alertdialog', { name: 'Close Lagoon?' })
  await expect(dialog).toBeVisible()
  await expect(dialog.getByRole('button', { name: 'Keep it running' })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(dialog).toHaveCount(0)
  expect(await isVisible(lagoon)).toBe(true)

  await closeWindow(lagoon)
  await expect(dialog).toBeVisible()
  await page.keyboard.press('Enter')
  await expect.poll(() => isVisible(lagoon)).toBe(false)
  expect(pids.every(isAlive)).toBe(true)

  expect(await startAgain(dataDir)).toBe(0)
  await expect.poll(() => isVisible(lagoon)).toBe(true)
  expect(pids.every(isAlive)).toBe(true)

  await closeWindow(lagoon)
  await page.getByRole('checkbox').focus()
  await page.keyboard.press('Space')
  const closed = lagoon.waitForEvent('close')
  await page.getByRole('button', { name: 'Stop the cluster' }).press('Enter')
  await closed
  expect(pids.filter(isAlive)).toEqual([])
  const preferences = JSON.parse(readFileSync(`${dataDir}-profile/preferences.json`, 'utf8')) as { closing: string }
  expect(preferences.closing).toBe('stop')
})

test('what closing does can be chosen, and is obeyed without a question', async ({ page, lagoon, dataDir }) => {
  await expect(page.getByText('Healthy').first()).toBeVisible()
  const pids = nodePids(dataDir)
  await page.evaluate(() => (window.location.hash = '#/settings'))
  const closing = page.getByRole('radiogroup', { name: 'When the window closes' })
  await closing.getByRole('radio', { name: 'Keep the cluster running' }).press('Space')
  await expect(closing.getByRole('radio', { name: 'Keep the cluster running' })).toBeChecked()

  // A second cluster beside it, made with the keys alone; the first one goes on meanwhile.
  await page.getByRole('button', { name: 'Go to another cluster' }).press('Enter')
  await page.getByRole('menuitem', { name: 'New cluster…' }).press('Enter')
  await page.getByLabel('Name', { exact: true }).fill('beside')
  await page.getByLabel('Folder', { exact: true }).fill(`${dataDir}-beside`)
  await page.locator('#cluster-brokers').fill('1')
  const creates = page.getByRole('button', { name: 'Create and start' })
  await expect(creates).toBeEnabled()
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('banner').getByText('beside')).toBeVisible()
  await expect(page.getByText('1 of 1 brokers')).toBeVisible()
  const besides = nodePids(`${dataDir}-beside`)
  expect([...pids, ...besides].every(isAlive)).toBe(true)
  await page.getByRole('button', { name: 'Go to another cluster' }).press('Enter')
  await page.getByRole('menuitem', { name: 'cluster Healthy' }).press('Enter')
  await expect(page.getByText('3 of 3 brokers')).toBeVisible()

  await closeWindow(lagoon)

  await expect.poll(() => isVisible(lagoon)).toBe(false)
  expect([...pids, ...besides].every(isAlive)).toBe(true)
  const closed = lagoon.waitForEvent('close')
  await lagoon.evaluate(({ app }) => app.quit())
  await closed
  expect([...pids, ...besides].filter(isAlive)).toEqual([])
})

test('a second launch on the same profile brings the first to the front, whatever became of its cluster', async ({
  page,
  lagoon,
  dataDir
}) => {
  await expect(page.getByText('Healthy').first()).toBeVisible()
  const pids = nodePids(dataDir)
  await page.evaluate(() => (window.location.hash = '#/lab/cluster'))
  // Others that run beside this test may have the same name.
  const own = page.getByRole('row').filter({ has: page.getByTitle(dataDir, { exact: true }) })
  await own.getByRole('button', { name: 'Stop…' }).press('Enter')
  await page.getByRole('button', { name: 'Stop the cluster' }).press('Enter')
  await expect.poll(() => pids.filter(isAlive)).toEqual([])
  await lagoon.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide())

  // Its folder is nobody's now: only the profile says that the app runs.
  expect(await startAgain(dataDir, `${dataDir}-profile`)).toBe(0)

  await expect.poll(() => isVisible(lagoon)).toBe(true)
  expect(pids.filter(isAlive)).toEqual([])
})

test('a second launch on the same profile for another folder opens that cluster beside the first', async ({
  page,
  lagoon,
  dataDir
}) => {
  await expect(page.getByText('Healthy').first()).toBeVisible()

  expect(await startAgain(`${dataDir}-other`, `${dataDir}-profile`)).toBe(0)

  const other = await lagoon.waitForEvent('window', { predicate: (one) => one !== page })
  await expect(other.getByText('3 of 3 brokers')).toBeVisible()
  expect(nodePids(dataDir).every(isAlive)).toBe(true)
  expect(nodePids(`${dataDir}-other`).every(isAlive)).toBe(true)
})

test('the window is 900 × 600 at least, and nothing is cut there', async ({ page, lagoon }) => {
  await expect(page.getByText('Healthy').first()).toBeVisible()

  const size = await lagoon.evaluate(({ BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows()
    window?.setSize(300, 200)
    return window?.getSize()
  })

  expect(size).toEqual([900, 600])
  await expect.poll(() => page.evaluate(() => window.innerWidth)).toBe(900)
  for (const section of ['overview', 'brokers', 'ensemble', 'topics', 'groups', 'lab', 'settings']) {
    await page.evaluate((name) => (window.location.hash = `#/${name}`), section)
    await expect(page.locator('.sections [aria-current="page"]')).toHaveAttribute('href', new RegExp(section))
    await expect.poll(() => page.evaluate(layoutProblems)).toEqual([])
  }
})
