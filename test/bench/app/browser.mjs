// Chromium on the built bundle, and what a page tells about its frames.
import { chromium } from '@playwright/test'
import { pause } from './lab.mjs'

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

/** In every page before its own scripts: frames, messages of the host, strokes on canvases, on request. */
function probe() {
  const bench = { frames: undefined, messages: undefined, stroked: 0 }
  window.bench = bench
  bench.beginFrames = () => {
    const frames = { last: undefined, gaps: [], tasks: [], isOver: false }
    bench.frames = frames
    frames.observer = new PerformanceObserver((list) => {
      for (const { duration, startTime } of list.getEntries()) frames.tasks.push({ duration, startTime })
    })
    frames.observer.observe({ type: 'longtask' })
    const frame = (at) => {
      if (frames.isOver) return
      if (frames.last !== undefined) frames.gaps.push(at - frames.last)
      frames.last = at
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
  }
  bench.endFrames = () => {
    const { frames } = bench
    frames.isOver = true
    frames.observer.disconnect()
    return {
      count: frames.gaps.length,
      longest: Math.max(...frames.gaps),
      late: frames.gaps.filter((gap) => gap > 50),
      tasks: frames.tasks
    }
  }
  /** After what is drawn now has been painted. */
  bench.painted = () =>
    new Promise((done) =>
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => done(performance.now())
        port2.postMessage(undefined)
      })
    )
  /** From an event (of the keyboard, of the pointer) until `isThere` holds and is painted, in ms. */
  bench.after = (type, isThere) =>
    new Promise((done) => {
      window.addEventListener(
        type,
        ({ timeStamp }) => {
          const look = () => {
            if (!isThere()) return void requestAnimationFrame(look)
            void bench.painted().then((at) => done(at - timeStamp))
          }
          requestAnimationFrame(look)
        },
        { capture: true, once: true }
      )
    })
  const { stroke } = CanvasRenderingContext2D.prototype
  CanvasRenderingContext2D.prototype.stroke = function (...given) {
    stroke.apply(this, given)
    bench.stroked = performance.now()
  }
  const { requestAnimationFrame: frame } = window
  window.requestAnimationFrame = (run) =>
    frame.call(window, (at) => {
      const begun = performance.now()
      run(at)
      if (bench.stroked >= begun) bench.drawn?.(performance.now() - begun)
    })
  const { setTimeout: later } = window
  /** Timers with what they have put into microtasks: a page takes in one of them what came in a second. */
  window.setTimeout = (run, ms, ...given) =>
    later.call(
      window,
      async (...args) => {
        const begun = performance.now()
        run(...args)
        if (bench.timed === undefined) return
        for (let turn = 0; turn < 50; turn++) await undefined
        bench.timed?.(performance.now() - begun)
      },
      ms,
      ...given
    )
  const Socket = window.WebSocket
  window.WebSocket = class extends Socket {
    constructor(...given) {
      super(...given)
      // Before the page's own listener, and nothing of the message is kept.
      this.addEventListener('message', ({ data }) => bench.messages?.(data, performance.now()))
      // Behind it, and behind what it has put into microtasks.
      this.addEventListener('open', () => this.addEventListener('message', () => bench.handled?.(performance.now())))
    }
  }
}

export async function openBrowser() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: flags
  })
  return {
    browser,
    close: () => browser.close(),
    async page(url, settings = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
      const page = await context.newPage()
      const problems = []
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) problems.push(message.text())
      })
      page.on('pageerror', (error) => problems.push(error.message))
      await page.addInitScript(probe)
      await page.addInitScript(
        (value) => localStorage.setItem('lagoon.settings', value),
        JSON.stringify({ theme: 'dark', language: 'en', density: 'normal', rangeMs: 3_600_000, ...settings })
      )
      await page.goto(url)
      const cdp = await context.newCDPSession(page)
      await cdp.send('Performance.enable')
      return { page, cdp, problems, close: () => context.close(), pid: await rendererPid(browser, page) }
    }
  }
}

/** The process of a page: the renderer that is busy when the page is. */
async function rendererPid(browser, page) {
  const session = await browser.newBrowserCDPSession()
  const cpuOf = async () => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo')
    return new Map(processInfo.filter(({ type }) => type === 'renderer').map(({ id, cpuTime }) => [id, cpuTime]))
  }
  const before = await cpuOf()
  await page.evaluate(() => {
    for (const until = performance.now() + 300; performance.now() < until;);
  })
  const grown = [...(await cpuOf())].map(([id, time]) => [id, time - (before.get(id) ?? 0)])
  await session.detach()
  return grown.sort((a, b) => b[1] - a[1])[0][0]
}

/** What the main thread did in so many seconds, in ms. */
export async function taskMs(cdp, seconds) {
  const read = async () => {
    const { metrics } = await cdp.send('Performance.getMetrics')
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]))
  }
  const before = await read()
  await pause(seconds * 1000)
  const after = await read()
  return (after.TaskDuration - before.TaskDuration) * 1000
}

/** Frames of so many seconds, while `work` runs beside. */
export async function frames(page, seconds, work = () => undefined) {
  await page.evaluate(() => window.bench.beginFrames())
  const startedMs = performance.now()
  await work()
  await pause(Math.max(0, seconds * 1000 - (performance.now() - startedMs)))
  return page.evaluate(() => window.bench.endFrames())
}

export const framesText = ({ count, longest, late, tasks }) =>
  `longest frame ${longest.toFixed(0)} ms, ${late.length} of ${count} > 50 ms, long tasks ${tasks.length === 0 ? 'none' : tasks.map(({ duration }) => duration.toFixed(0)).join(', ')}`
