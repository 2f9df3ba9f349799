// A page of Chromium on the app for as long as a soak lasts: it goes round the screens, tails a topic, comes back when the
// connection does. Whatever it says on its console or throws is collected.
import { readFileSync, readdirSync } from 'node:fs'
import { chromium } from '@playwright/test'

const flags = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync']

/** One step each: the Overview in between, as it is what most have open most of the time. */
const round = [
  '#/overview',
  '#/topics',
  '#/overview',
  '#/topics/soak-a/messages',
  '#/overview',
  '#/topics/soak-a/partitions',
  '#/groups',
  '#/groups/soak',
  '#/overview',
  '#/groups/churn',
  '#/brokers',
  '#/brokers/broker-1',
  '#/overview',
  '#/lab/workloads'
]

export async function openPage(url) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: flags
  })
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  const problems = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => problems.push(`pageerror: ${error.message}`))
  page.on('crash', () => problems.push('the page crashed'))
  await page.goto(url)
  const session = await browser.newBrowserCDPSession()
  const heap = await page.context().newCDPSession(page)
  let steps = 0
  return {
    problems,
    /** The next screen; a topic's messages are tailed while they are looked at. */
    async step() {
      const hash = round[steps++ % round.length]
      // What a page holds is judged, not what V8 has not looked at yet: with memory to spare it lets garbage lie.
      if (steps % round.length === 0) await heap.send('HeapProfiler.collectGarbage')
      await page.evaluate((to) => (location.hash = to), hash)
      const tail = page.getByRole('button', { name: 'Live tail' })
      if (hash.endsWith('messages')) await tail.click({ timeout: 3000 }).catch(() => undefined)
    },
    steps: () => steps,
    /** By kind: one page, so one renderer is busy; an idle spare one is left out. */
    async processes() {
      const { processInfo } = await session.send('SystemInfo.getProcessInfo')
      const busiest = new Map()
      for (const { type, id, cpuTime } of processInfo) {
        const known = busiest.get(type)
        if (known === undefined || known.cpuTime < cpuTime) busiest.set(type, { id, cpuTime })
      }
      return [...busiest].map(([type, { id }]) => [`chromium ${type}`, id])
    },
    text: () => page.locator('body').innerText(),
    close: () => browser.close()
  }
}

/** Processes of our own below the host, by what they are: [role, pid]. */
export function ownProcesses(hostPid) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ')[1] !== String(hostPid)) return []
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
        const kind = /(monitor|reader|workload)-process\.js$/.exec(line[1] ?? '')?.[1]
        if (kind === undefined) return []
        return [[kind === 'workload' ? `workload ${JSON.parse(line[2]).name}` : kind, Number(pid)]]
      } catch {
        return [] // gone meanwhile
      }
    })
}
