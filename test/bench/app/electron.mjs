// Rows on Electron: how long the window takes, and what the whole app and a node of it hold in memory.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'
import { ensureElectron } from '../../../scripts/ensure-electron.mjs'
import { family, pause, pssMb, root, spread, statusMb, stop, up } from './lab.mjs'

const isNode = ({ line }) => /(broker|ensemble)-process\.js/.test(line)

/** The app on a folder, its page seen from outside: `ms` are counted from the start of the process. */
async function launch(dir) {
  const { execPath, flags } = ensureElectron()
  const args = [...flags, '--disable-gpu', '--remote-debugging-port=0', `--user-data-dir=${dir}-profile`]
  const startedMs = Date.now()
  const child = spawn(execPath, [...args, root, `--data=${dir}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, LAGOON_NO_DIALOG: '1', LANG: 'en_US.UTF-8' }
  })
  const lines = createInterface({ input: child.stderr })
  const address = await new Promise((done, failed) => {
    lines.on('line', (line) => {
      const found = /DevTools listening on ws:\/\/(\S+?)\//.exec(line)?.[1]
      if (found !== undefined) done(found)
    })
    child.once('exit', (code) => failed(new Error(`the app ended with ${code}`)))
  })
  const page = await pageAt(address)
  return { child, page, since: (wallMs) => wallMs - startedMs, close: () => stop(child, 'SIGTERM') }
}

/**
 * The one page of the app, by its own debugger: Playwright waits for answers of a browser that an older Electron does not
 * give, and asks for more than is measured.
 */
async function pageAt(address) {
  for (;;) {
    const targets = await fetch(`http://${address}/json/list`).then((answer) => answer.json())
    const target = targets.find(({ type, url }) => type === 'page' && url.startsWith('app:'))
    if (target !== undefined) return attached(target.webSocketDebuggerUrl)
    await pause(10)
  }
}

async function attached(url) {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  const answers = new Map()
  socket.on('message', (data) => {
    const { id, ...answer } = JSON.parse(data.toString())
    answers.get(id)?.(answer)
  })
  let id = 0
  /** What an expression comes to in the page, awaited there. */
  const evaluate = async (expression) => {
    const own = ++id
    const params = { expression, awaitPromise: true, returnByValue: true }
    const answer = new Promise((done) => answers.set(own, done))
    socket.send(JSON.stringify({ id: own, method: 'Runtime.evaluate', params }))
    const { result, error } = await answer
    // The document that was being loaded has come in the place of the empty one.
    if (/execution context|target navigated/i.test(error?.message ?? '')) {
      await pause(10)
      return evaluate(expression)
    }
    const problem = error?.message ?? result?.exceptionDetails?.exception?.description
    if (problem !== undefined) throw new Error(problem)
    return result.result.value
  }
  return { evaluate }
}

/** In the page: looks in each frame until what is asked for is there. */
const seen = (expression) => `new Promise((done) => {
  const look = () => {
    const found = ${expression}
    if (found) done(found)
    else requestAnimationFrame(look)
  }
  look()
})`
const link = (section) => `document.querySelector('nav a[href="#/${section}"]')`

/** A click on a section answered with its screen, painted: from outside, so at most a few ms too much. */
async function answered({ page, since }) {
  const [at, firstPaint] = await page.evaluate(`(async () => {
    ;(await ${seen(link('settings'))}).click()
    await ${seen(`document.querySelector('h1')?.textContent.trim() === 'Settings'`)}
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
    const at = Date.now()
    const [paint] = performance.getEntriesByName('first-contentful-paint')
    return [at, performance.timeOrigin + paint.startTime]
  })()`)
  return { answersMs: since(at), paintMs: since(firstPaint) }
}

/** The verdict says so: every node serves, and the monitor has seen it. */
async function ready({ page, since }) {
  const isReady = `/healthy|no topics yet/i.test(document.querySelector('[data-testid=verdict]')?.textContent ?? '') && Date.now()`
  return since(
    await page.evaluate(`(async () => { (await ${seen(link('overview'))}).click(); return ${seen(isReady)} })()`)
  )
}

export async function startRow({ work, rounds }) {
  const dir = join(work, 'start', 'cluster')
  const rows = []
  // The first start makes the folder and is not counted.
  for (let round = 0; round <= rounds; round++) {
    const app = await launch(dir)
    try {
      const times = { ...(await answered(app)), readyMs: await ready(app) }
      if (round > 0) rows.push(times)
    } finally {
      await app.close()
    }
  }
  const of = (name) => spread(rows.map((row) => row[name]))
  return [
    {
      what: 'window: launch to first screen that answers (Electron, second start)',
      must: '≤ 2 s',
      aim: '1.2 s',
      measured: `${of('answersMs')} ms; first paint ${of('paintMs')} ms`
    },
    { what: 'window: launch to cluster ready', must: '≤ 3 s', aim: '1.8 s', measured: `${of('readyMs')} ms` }
  ]
}

/** Names as people know them: the kind of a Chromium process, or the script. */
const kindOf = ({ line }) =>
  /--type=([\w-]+)/.exec(line)?.[1] ??
  /([\w-]+-process)\.js/.exec(line)?.[1] ??
  (line.includes('electron') ? 'main' : line.trim().slice(0, 30))

export async function memoryRow({ work, settleSeconds }) {
  const app = await launch(join(work, 'memory', 'cluster'))
  await ready(app)
  await pause(settleSeconds * 1000)
  const all = family(app.child.pid)
  const own = all.filter((one) => !isNode(one))
  const whole = own.reduce((sum, { pid }) => sum + pssMb(pid), 0)
  const parts = own.map((one) => `${kindOf(one)} ${pssMb(one.pid).toFixed(0)}`).join(', ')
  const nodesOf = (processes) =>
    processes.filter(isNode).map(({ pid, line }) => ({
      role: /broker/.test(line) ? 'broker' : 'member',
      pss: pssMb(pid),
      rss: statusMb(pid, 'VmRSS')
    }))
  const underElectron = nodesOf(all)
  await app.close()
  const plain = await up(join(work, 'memory-node', 'cluster'), { brokers: 3 })
  await pause(settleSeconds * 1000)
  const underNode = nodesOf(family(plain.child.pid))
  await plain.stop()
  const text = (nodes, role) => {
    const some = nodes.filter((node) => node.role === role)
    return `${role} PSS ${spread(some.map(({ pss }) => pss))}, RSS ${spread(some.map(({ rss }) => rss))}`
  }
  return [
    {
      what: 'whole app idle, PSS, without the nodes',
      must: '≤ 380 MB',
      aim: '320 MB',
      measured: `${whole.toFixed(0)} MB (${parts})`
    },
    {
      what: 'a node under Electron over the same under Node, MB',
      must: 'measured',
      aim: 'ADR',
      measured: `Electron: ${text(underElectron, 'broker')}; ${text(underElectron, 'member')}. Node ${process.versions.node}: ${text(underNode, 'broker')}; ${text(underNode, 'member')}`
    }
  ]
}
