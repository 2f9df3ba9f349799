// The lag chart: six partitions, an hour of samples, one more each second. The cluster is invented (nobody waits an hour),
// the page, its store and its chart are the built bundle's.
import { join } from 'node:path'
import { createJiti } from 'jiti'
import { openBrowser, taskMs } from './browser.mjs'
import { pause, root, spread } from './lab.mjs'

export async function lagRow({ rounds }) {
  const jiti = createJiti(import.meta.url)
  const { startFakeHost } = await jiti.import('../../support/fake-host.ts')
  const host = await startFakeHost('healthy', join(root, 'out/renderer'))
  const browser = await openBrowser()
  const draws = []
  const updates = []
  const whole = []
  const pages = []
  try {
    for (let round = 0; round < rounds; round++) {
      const tab = await browser.page(`${host.url}#/groups`)
      const { page, cdp } = tab
      await page.getByRole('link', { name: 'billing', exact: true }).waitFor()
      const drawn = page.evaluate(
        () =>
          new Promise((done) => {
            window.bench.messages = (data, at) => {
              if (!data.includes('"type":"result"') || !data.includes('"atMs":[')) return
              window.bench.messages = undefined
              window.bench.stroked = 0
              const look = () => {
                if (window.bench.stroked === 0) return void requestAnimationFrame(look)
                void window.bench.painted().then((painted) => done(painted - at))
              }
              requestAnimationFrame(look)
            }
          })
      )
      await page.getByRole('link', { name: 'billing', exact: true }).click()
      draws.push(await drawn)
      await pause(2000)
      // The chart's own: what a second's messages do until their microtasks are done, and the drawing of both plots in the frame
      // that follows. With all else of the page: the beat in which figures, tables and the rail take in the same second.
      const took = await page.evaluate(
        () =>
          new Promise((done) => {
            const took = []
            const { bench } = window
            let begun
            let cost = 0
            let beat = 0
            let hasSample = false
            bench.messages = (data, at) => {
              begun = at
              hasSample ||= data.includes('"key":"lag:')
            }
            bench.handled = (at) => (cost += at - begun)
            bench.timed = (ms) => (beat += ms)
            bench.drawn = (ms) => {
              if (hasSample) took.push([cost + ms, cost + beat + ms])
              cost = beat = 0
              hasSample = false
              if (took.length < 8) return
              bench.messages = bench.handled = bench.timed = bench.drawn = undefined
              done(took)
            }
          })
      )
      updates.push(...took.map(([chart]) => chart))
      whole.push(...took.map(([, all]) => all))
      pages.push((await taskMs(cdp, 8)) / 8)
      if (tab.problems.length > 0) throw new Error(tab.problems.join('\n'))
      await tab.close()
    }
  } finally {
    await browser.close()
    await host.close()
  }
  return [
    {
      what: 'lag chart 6 series × 1 h at 1 Hz: first draw',
      must: '≤ 150 ms',
      aim: '60 ms',
      measured: `${spread(draws)} ms from the answer to painted`
    },
    {
      what: 'lag chart 6 series × 1 h at 1 Hz: update',
      must: '≤ 16 ms',
      aim: '4 ms',
      measured: `${spread(updates, 1)} ms of the main thread, to take in a second's samples and to draw both plots; with all else that the page takes in ${spread(whole, 1)} ms; the whole page, layout and painting too, ${spread(pages, 1)} ms a second`
    }
  ]
}
