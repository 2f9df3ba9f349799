/** The ensemble's screen by the keyboard alone, in an invented cluster: every control can be reached, seen and left again. */
import { resolve } from 'node:path'
import { expect, test as base, type Locator, type Page } from '@playwright/test'
import { startFakeHost, type FakeHost } from '../support/fake-host'
import { openScreen } from '../support/screens'

const renderer = resolve(import.meta.dirname, '../../out/renderer')
const TAB_STOPS_MAX = 80

const test = base.extend<object, { host: FakeHost }>({
  host: [
    // Playwright reads the names of fixtures out of the first parameter.
    async ({}, use) => {
      const host = await startFakeHost('minority', renderer)
      await use(host)
      await host.close()
    },
    { scope: 'worker' }
  ]
})

const open = (page: Page, { url }: FakeHost, hash: string): Promise<void> =>
  openScreen(page, url, { name: 'ensemble', scene: 'minority', hash })

const focused = (page: Page): Locator => page.locator(':focus')

async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key)
}

/** Tab until it stands there; the ring of what has the focus is looked at on the way. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  await expect(wanted).toBeVisible()
  const unseen: string[] = []
  for (let stops = 0; stops < TAB_STOPS_MAX; stops++) {
    await page.keyboard.press('Tab')
    const { isWanted, problem } = await wanted.evaluate((element) => {
      const at = document.activeElement
      if (at === null || at === document.body) return { isWanted: false, problem: undefined }
      const ring = at.matches('input') ? at.closest('.field') : at
      const style = ring === null ? undefined : getComputedStyle(ring)
      const isRinged = style !== undefined && style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) > 0
      const box = at.getBoundingClientRect()
      const isInside = box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight
      const name = `${at.tagName} ${at.getAttribute('aria-label') ?? at.textContent.trim().slice(0, 40)}`
      return { isWanted: at === element, problem: isRinged && isInside ? undefined : name }
    })
    if (problem !== undefined) unseen.push(problem)
    if (!isWanted) continue
    expect(unseen).toEqual([])
    return
  }
  throw new Error(`${TAB_STOPS_MAX} stops of Tab do not lead there`)
}

const rowText = (page: Page): Promise<string | null> => focused(page).textContent()

test('tabs, the filter and the rows of sessions are walked by keys, and left by them', async ({ page, host }) => {
  await open(page, host, '#/ensemble')
  await tabTo(page, page.getByRole('tab', { name: 'Members' }))
  await press(page, 'ArrowRight')
  await expect(page.getByRole('tab', { name: 'Sessions' })).toBeFocused()
  await expect(page.getByTestId('shown')).toContainText('200 of')

  // Most sessions have no link: their rows are stops themselves, also those that are not in the document yet.
  await tabTo(page, page.locator('tbody tr[tabindex="0"]'))
  await press(page, 'ArrowDown', 'ArrowDown')
  await expect(focused(page)).toContainText('Broker 3')
  await press(page, 'End')
  await expect(focused(page)).toHaveAttribute('aria-rowindex', '201')
  await expect(focused(page)).toBeInViewport()
  await press(page, 'Tab')
  await expect(page.getByRole('button', { name: 'Show more' })).toBeFocused()
  await press(page, 'Enter')
  await expect(page.getByTestId('shown')).toContainText('400 of')
  await press(page, 'Shift+Tab', 'Shift+Tab')
  await expect(page.getByRole('textbox', { name: 'Filter sessions' })).toBeFocused()

  await page.keyboard.type('0x3000a41c7d30000')
  await expect(page.getByTestId('shown')).toContainText('1 of 1')
  await press(page, 'ArrowDown')
  await expect(page.locator('tr[aria-selected="true"]')).toContainText('0x3000a41c7d30000')
  await press(page, 'Enter')
  await expect(page).toHaveURL(/#\/brokers\/broker-1$/)
})

test('the two ways to see watches are chosen by keys, which keep the focus; Enter goes to what is watched', async ({
  page,
  host
}) => {
  await open(page, host, '#/ensemble/watches')
  await tabTo(page, page.getByRole('radio', { name: 'By path' }))
  await press(page, 'ArrowRight')
  await expect(page.getByRole('radio', { name: 'By session' })).toBeFocused()
  await expect(page.getByTestId('shown')).toContainText('sessions that watch')
  await press(page, 'ArrowLeft')
  await expect(page.getByRole('radio', { name: 'By path' })).toBeFocused()

  await tabTo(page, page.getByRole('link', { name: '/admin/delete_topics' }))
  await press(page, 'ArrowDown', 'ArrowDown')
  await expect(page.getByRole('link', { name: '/app/locks' })).toBeFocused()
  await expect(page.locator('tr[aria-selected="true"]')).toContainText('/app/locks')
  await press(page, 'Enter')
  await expect(page).toHaveURL(/#\/ensemble\/%2Fapp%2Flocks$/)
})

test('the tree is unfolded, walked and opened by keys; Escape goes back to the line of what was open', async ({
  page,
  host
}) => {
  const line = (name: string): Locator =>
    page.getByRole('treeitem').filter({ has: page.locator('bdi').getByText(name, { exact: true }) })
  await open(page, host, '#/ensemble')
  await tabTo(page, page.getByRole('treeitem').first())
  await press(page, 'j', 'j', 'j')
  expect(await rowText(page)).toContain('brokers')
  await press(page, 'ArrowRight')
  await expect(line('ids')).toBeVisible()
  await press(page, 'ArrowRight')
  await expect(line('ids')).toBeFocused()
  await press(page, 'ArrowRight')
  await expect(line('2')).toBeVisible()
  await press(page, 'ArrowRight', 'ArrowDown', 'Enter')
  await expect(page).toHaveURL(/#\/ensemble\/%2Fbrokers%2Fids%2F2$/)

  await tabTo(page, page.getByRole('button', { name: 'Delete…' }))
  await press(page, 'Enter')
  await expect(page.getByRole('alertdialog')).toBeVisible()
  await press(page, 'Escape')
  await expect(page.getByRole('button', { name: 'Delete…' })).toBeFocused()
  await press(page, 'Escape')
  await expect(page).toHaveURL(/#\/ensemble$/)
  await expect(focused(page)).toHaveAttribute('role', 'treeitem')
  expect(await rowText(page)).toContain('2')
  await press(page, 'ArrowLeft', 'ArrowLeft')
  await expect(focused(page)).toHaveAttribute('aria-expanded', 'false')
})

test('a member is chosen, its failure asked about and broken off, and its row has the focus again', async ({
  page,
  host
}) => {
  await open(page, host, '#/ensemble')
  await tabTo(page, page.locator('tbody tr[tabindex="0"]'))
  await press(page, 'ArrowDown')
  await expect(page).toHaveURL(/#\/ensemble\/ensemble-2$/)

  await tabTo(page, page.getByRole('button', { name: 'Pause…' }))
  await press(page, 'Enter')
  await expect(page.getByRole('button', { name: 'Cancel' })).toBeFocused()
  await expect(page.getByRole('alertdialog')).toContainText('1 of 3 members would run, 2 needed')
  await press(page, 'Escape')
  await expect(page.getByRole('button', { name: 'Pause…' })).toBeFocused()
  await tabTo(page, page.getByRole('button', { name: 'Close detail' }))
  await press(page, 'Enter')
  await expect(page).toHaveURL(/#\/ensemble$/)
  await expect(focused(page)).toContainText('Ensemble 2')
})
