/** A Chromium for tests that are no Playwright tests, and what tables on its screen say. */
import { chromium, type Browser, type Locator, type Page } from '@playwright/test'

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: [...flags, '--disable-component-update', '--disable-sync']
  })
}

/** A row by the heads of its columns. */
export type Cells = Readonly<Record<string, string>>

/** Figures as a program writes them: thin spaces group digits on screen, and a minus is longer there. */
export const plain = (text: string): string => text.replaceAll(/[\u2009\u202f]/g, '').replaceAll('\u2212', '-')

/** Null while it is not there. Long tables have only the rows that are in sight. */
export function cellsOf(page: Page, label: string): Promise<readonly Cells[] | null> {
  return page.evaluate((name) => {
    const table = [...document.querySelectorAll('table')].find((one) => one.getAttribute('aria-label') === name)
    if (table === undefined) return null
    const heads = [...table.querySelectorAll('thead th')].map((head) => head.textContent.trim())
    return [...table.querySelectorAll('tbody tr')].map((row) =>
      Object.fromEntries(
        [...row.querySelectorAll('td')].flatMap((cell, index) => {
          const head = heads[index]
          return head === undefined ? [] : [[head, cell.textContent.trim()]]
        })
      )
    )
  }, label)
}

/** To a screen by its address within the page, without loading it again. */
export async function goTo(page: Page, address: string): Promise<void> {
  await page.evaluate((hash) => (window.location.hash = hash), address)
}

/** With the keyboard only: whatever has the focus is told these. */
export async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key)
}

/** Tab by Tab to what is looked for, as somebody without a mouse gets there. */
export async function tabTo(page: Page, target: Locator, most = 60): Promise<void> {
  for (let i = 0; i < most; i++) {
    if (await target.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`not reached with ${most} times Tab: ${String(target)}`)
}
