/// <reference lib="dom" />
import { ensembleJourney } from './ensemble-journey'
import { journey } from './journey'
import { replicatedJourney } from './replicated-journey'
import { expect, test } from './electron.fixture'

test('a new user’s road in the window: create, lag, kill, what broke, start, drain', async ({ page, problems }) => {
  await journey(page)

  expect(problems).toEqual([])
})

test('the leader of three members is killed, then the quorum: what stops, what stays, and what heals it', async ({
  page,
  problems
}) => {
  await ensembleJourney(page)

  expect(problems).toEqual([])
})

test('a leader of three replicas is killed from the grid: another leads, the events say why, and it heals', async ({
  page,
  problems
}) => {
  await replicatedJourney(page, 'en', 'kill')

  expect(problems).toEqual([])
})

test('세 복제본의 리더를 그리드에서 일시 정지하면 다른 리더가 선출되고 회복한다', async ({ page, problems }) => {
  await replicatedJourney(page, 'ko', 'pause')

  expect(problems).toEqual([])
})

test('the page is sandboxed: no Node, no other page, no window, no foreign code', async ({ page, lagoon }) => {
  await expect(page.getByTestId('verdict')).toBeVisible()

  const seen = await page.evaluate(async () => {
    const world = globalThis as unknown as Record<string, unknown>
    const script = document.createElement('script')
    script.textContent = 'globalThis.foreignCode = true'
    document.head.append(script)
    return {
      globals: ['require', 'process', 'Buffer', 'electron', 'ipcRenderer'].filter((name) => name in world),
      port: Object.keys(world['lagoonPort'] as object).sort(),
      hasRun: 'foreignCode' in world,
      opened: window.open('https://example.invalid/') !== null,
      fetched: await fetch('https://example.invalid/').then(
        () => true,
        () => false
      )
    }
  })
  expect(seen).toEqual({ globals: [], port: ['listen', 'post'], hasRun: false, opened: false, fetched: false })

  const preferences = await lagoon.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as {
      getLastWebPreferences(): Record<string, unknown>
    }
    const { sandbox, contextIsolation, nodeIntegration, webviewTag } = contents.getLastWebPreferences()
    return { sandbox, contextIsolation, nodeIntegration, webviewTag }
  })
  expect(preferences).toEqual({ sandbox: true, contextIsolation: true, nodeIntegration: false, webviewTag: false })

  // Asked of the host: the test's own page object goes on waiting for the navigation that was refused.
  const shown = await lagoon.evaluate(async ({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents
    await contents?.executeJavaScript("location.href = 'https://example.invalid/'")
    const isStill = (await contents?.executeJavaScript(
      "document.querySelector('[data-testid=verdict]') !== null"
    )) as boolean
    return { isStill, origin: new URL(contents?.getURL() ?? '').host, windows: BrowserWindow.getAllWindows().length }
  })
  expect(shown).toEqual({ isStill: true, origin: 'lagoon', windows: 1 })
})

test('what is no message of the API gets an error or nothing, and the host lives', async ({ page }) => {
  await expect(page.getByTestId('verdict')).toBeVisible()

  const answers = await page.evaluate(
    () =>
      new Promise<unknown[]>((resolve) => {
        const port = (
          globalThis as unknown as { lagoonPort: { post(m: unknown): void; listen(f: (m: unknown) => void): void } }
        ).lagoonPort
        const received: unknown[] = []
        port.listen((message) => {
          const { type, id } = message as { type: string; id?: number }
          if (id === undefined || id < 9_000_000) return
          received.push({ type, id })
          if (received.length === 3) resolve(received)
        })
        port.post('nonsense')
        port.post({ type: 'call', id: -1, name: 'cluster.status', input: {} })
        port.post({ type: 'call', id: 9_000_001, name: 'no.such', input: {} })
        port.post({ type: 'call', id: 9_000_002, name: 'node.kill', input: { node: '../../etc' } })
        port.post({ type: 'call', id: 9_000_003, name: 'cluster.status', input: {} })
      })
  )

  expect(answers).toEqual([
    { type: 'error', id: 9_000_001 },
    { type: 'error', id: 9_000_002 },
    { type: 'result', id: 9_000_003 }
  ])
})
