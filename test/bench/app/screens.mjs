// Rows on one growing cluster, looked at in Chromium: 50 topics and 20 groups, then a fast topic, 300 topics, one of 1,000
// partitions, 10,000 topics. Each row makes what it needs, so that each can be asked for alone.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import { frames, framesText, openBrowser, taskMs } from './browser.mjs'
import { client, cpuSeconds, cpuShare, pause, processIn, spread, statusMb, up } from './lab.mjs'

const wideName = 'wide'
const tailed = 'tailed'

let big
async function bigCluster(work) {
  if (big !== undefined) return big
  const lab = await up(join(work, 'screens', 'cluster'), { hasScreens: true })
  const api = await client(lab.dir)
  const browser = await openBrowser()
  const kafka = new kafkajs.Kafka({
    brokers: lab.ready.bootstrapServers.split(','),
    requestTimeout: 180_000,
    logLevel: kafkajs.logLevel.NOTHING
  })
  const admin = kafka.admin()
  await admin.connect()
  big = { lab, api, browser, admin, url: lab.ready.uiUrl, topicCount: 0, hasGroups: false, groupCount: 0 }
  return big
}

export async function closeBig() {
  if (big === undefined) return
  const { lab, api, browser, admin } = big
  await browser.close()
  await admin.disconnect().catch(() => undefined)
  api.close()
  await lab.stop()
  big = undefined
}

const nameOf = (index) => `tenant-${String(Math.floor(index / 20)).padStart(3, '0')}.stream-${index % 20}`

/** So many topics of three partitions (one, where there are thousands), and 20 groups that committed in some of them. */
export async function filled(work, count) {
  const cluster = await bigCluster(work)
  const { admin, api } = cluster
  for (; cluster.topicCount < count;) {
    const from = cluster.topicCount
    const until = Math.min(count, from + 2000)
    const topics = Array.from({ length: until - from }, (_, i) => ({
      topic: nameOf(from + i),
      numPartitions: count > 1000 ? 1 : 3
    }))
    await admin.createTopics({ topics, timeout: 120_000, waitForLeaders: false })
    cluster.topicCount = until
  }
  if (!cluster.hasGroups) {
    cluster.hasGroups = true
    const partitions = [0, 1, 2].map((partition) => ({ partition, offset: '0' }))
    // Each joins its group for a moment, which a coordinator takes its time for.
    const commit = async (_, group) => {
      for (const topic of new Set([nameOf(group), nameOf((group * 7 + 1) % 50)]))
        await admin.setOffsets({ groupId: `readers-${group}`, topic, partitions })
    }
    await Promise.all(Array.from({ length: 20 }, commit))
    await api.call('workload.start', { scene: 'steady' })
  }
  const isAtRest = ({ topicCount, leaderlessPartitions, underReplicatedPartitions }) =>
    topicCount >= count && leaderlessPartitions === 0 && underReplicatedPartitions === 0
  await seen(api, isAtRest)
  // Of thousands that are new, sizes and rates come to be known one after the other.
  if (count > 1000) await pause(20_000)
  return cluster
}

/** Resolves when the cluster's view says so. */
function seen(api, isThere) {
  return new Promise((done) => api.watch('cluster', (view) => isThere(view) && done(view)))
}

export async function updatesRow({ work, watchSeconds }) {
  const { browser, url } = await filled(work, 50)
  const tab = await browser.page(url)
  const { page, cdp, pid } = tab
  const said = []
  let longest = 0
  let hasLong = false
  for (const section of ['Overview', 'Topics', 'Groups']) {
    await page
      .getByRole('link', { name: new RegExp(`^${section}`) })
      .first()
      .click()
    await pause(3000)
    // Without anything of ours in the frames: asking for every frame costs more than all the updates.
    const { share } = await cpuShare(pid, () => pause((watchSeconds * 1000) / 2))
    const task = (await taskMs(cdp, 10)) / 10
    const seenFrames = await frames(page, watchSeconds / 2)
    longest = Math.max(longest, seenFrames.longest)
    hasLong ||= seenFrames.tasks.length > 0
    said.push(
      `${section}: ${share.toFixed(1)} % of a core, main thread ${task.toFixed(1)} ms/s, ${framesText(seenFrames)}`
    )
  }
  await tab.close()
  return [
    row(
      '1 Hz updates with 3 brokers, 50 topics, 20 groups',
      'no frame > 50 ms, renderer < 5 % of a core',
      '< 2 %',
      said,
      tab
    )
  ]
}

const row = (what, must, aim, said, tab) => ({
  what,
  must,
  aim,
  measured: [...said, ...(tab.problems.length === 0 ? [] : [`CONSOLE: ${tab.problems[0]}`])].join('; ')
})

export async function overviewRow({ work, watchSeconds }) {
  const { browser, url } = await filled(work, 300)
  const tab = await browser.page(url)
  await tab.page.getByTestId('verdict').waitFor()
  await pause(3000)
  const { share } = await cpuShare(tab.pid, () => pause((watchSeconds * 1000) / 2))
  const seenFrames = await frames(tab.page, watchSeconds / 2, async () => {
    await tab.page.mouse.move(640, 500)
    for (let i = 0; i < 20; i++) await tab.page.mouse.wheel(0, i < 10 ? 120 : -120)
  })
  await tab.close()
  return [
    row(
      '300 topics on the Overview',
      'no frame > 50 ms',
      '–',
      [`${share.toFixed(1)} % of a core`, framesText(seenFrames)],
      tab
    )
  ]
}

/** From the event of a page until what it asks for is painted. */
async function answer(page, event, isThere, act) {
  // In place before the event is sent: input and evaluations reach a page by different roads.
  await page.evaluate(
    ([type, source]) => {
      window.bench.answer = window.bench.after(type, new Function(`return ${source}`))
    },
    [event, isThere]
  )
  await act()
  return page.evaluate(() => window.bench.answer)
}
const hasRows = (heading) =>
  `document.querySelector('.page h1, h1')?.textContent.trim() === ${JSON.stringify(heading)} && document.querySelectorAll('tbody tr[data-index]').length > 0`

async function openTopics(page) {
  return answer(page, 'click', hasRows('Topics'), () =>
    page
      .getByRole('link', { name: /^Topics/ })
      .first()
      .click()
  )
}

export async function partitionsRow({ work, rounds }) {
  const cluster = await filled(work, 300)
  const { browser, url, admin } = cluster
  if (!cluster.hasWide) {
    cluster.hasWide = true
    await admin.createTopics({ topics: [{ topic: wideName, numPartitions: 1000 }], timeout: 120_000 })
  }
  const opened = []
  let tab
  for (let round = 0; round < rounds; round++) {
    tab = await browser.page(url)
    const { page } = tab
    await openTopics(page)
    await page.getByRole('searchbox').or(page.locator('.filter input')).first().fill(wideName)
    const link = page.getByRole('link', { name: wideName, exact: true })
    await link.waitFor()
    // A topic without records opens with its partitions.
    const isThere = `document.querySelector('h1')?.textContent.includes('${wideName}') && document.querySelector('[role=tab][aria-selected=true]')?.textContent.includes('Partitions') && document.querySelectorAll('tbody tr[data-index]').length > 10`
    opened.push(await answer(page, 'click', isThere, () => link.click()))
    await tab.close()
  }
  return [
    row(
      'one topic of 1,000 partitions opened',
      '≤ 300 ms',
      '100 ms',
      [`${spread(opened)} ms from the click to its partitions painted`],
      tab
    )
  ]
}

export async function topicsRow({ work, rounds, topicCount, watchSeconds }) {
  const { browser, url, lab } = await filled(work, topicCount)
  const shown = []
  const keys = []
  let [tab, seenFrames, share] = []
  for (let round = 0; round < rounds; round++) {
    tab = await browser.page(url)
    const { page, pid } = tab
    await page.getByTestId('verdict').waitFor()
    await pause(2000)
    shown.push(await openTopics(page))
    const input = page.locator('.filter input').first()
    await input.focus()
    for (const key of ['t', '-', '1', '4', '.', 's']) {
      const before = await input.inputValue()
      // The list as the whole word filters it: its first row is the first that matches.
      const isThere = `document.querySelector('.filter input').value === ${JSON.stringify(before + key)}`
      keys.push(await answer(page, 'keydown', isThere, () => page.keyboard.press(key)))
    }
    if (round === 0) {
      await input.fill('')
      share = (await cpuShare(pid, () => pause(watchSeconds * 500))).share
      seenFrames = await scrolled(page)
    }
    await tab.close()
  }
  const monitor = await cpuShare(processIn(lab.child.pid, 'monitor-process.js'), () => pause(10_000))
  return [
    row(`${topicCount.toLocaleString('en')} topics: list shown`, '≤ 500 ms', '200 ms', [`${spread(shown)} ms`], tab),
    row(
      `${topicCount.toLocaleString('en')} topics: filter keystroke to painted`,
      '≤ 100 ms',
      '30 ms',
      [
        `${spread(keys)} ms; at rest and scrolled: renderer ${share.toFixed(1)} % of a core, ${framesText(seenFrames)}; monitor ${monitor.share.toFixed(0)} % of a core`
      ],
      tab
    )
  ]
}

/** Frames while a list is scrolled as fast as a wheel goes, and of the seconds after it. */
const scrolled = (page) =>
  frames(page, 15, async () => {
    await page.mouse.move(640, 500)
    for (let i = 0; i < 30; i++) await page.mouse.wheel(0, 2000)
  })

const groupsAtOnce = 250

export async function groupsRow({ work, rounds, groupCount, watchSeconds }) {
  const cluster = await filled(work, 50)
  const { browser, url, lab, admin } = cluster
  const partitions = [{ partition: 0, offset: '0' }]
  for (; cluster.groupCount < groupCount; cluster.groupCount += groupsAtOnce) {
    const some = Array.from({ length: groupsAtOnce }, (_, i) => cluster.groupCount + i)
    const commit = (group) =>
      admin.setOffsets({
        groupId: `tenant-${String(group).padStart(4, '0')}-readers`,
        topic: nameOf(group % 50),
        partitions
      })
    await Promise.all(some.map(commit))
  }
  await pause(5000)
  const shown = []
  const said = []
  let tab
  for (let round = 0; round < rounds; round++) {
    tab = await browser.page(url)
    const { page, pid } = tab
    await page.getByTestId('verdict').waitFor()
    await pause(2000)
    const isThere = `document.querySelectorAll('tbody tr[data-index]').length > 20`
    const open = () =>
      page
        .getByRole('link', { name: /^Groups/ })
        .first()
        .click()
    shown.push(await answer(page, 'click', isThere, open))
    if (round === 0) {
      const { share } = await cpuShare(pid, () => pause(watchSeconds * 500))
      said.push(`at rest and scrolled: renderer ${share.toFixed(1)} % of a core, ${framesText(await scrolled(page))}`)
    }
    await tab.close()
  }
  const monitor = await cpuShare(processIn(lab.child.pid, 'monitor-process.js'), () => pause(10_000))
  said.push(`monitor ${monitor.share.toFixed(0)} % of a core`)
  const what = `${groupCount.toLocaleString('en')} groups: list shown`
  return [row(what, 'no frame > 50 ms', '–', [`${spread(shown)} ms`, ...said], tab)]
}

const perSecond = 50_000

export async function tailRow({ work, tailSeconds }) {
  const { browser, url, lab, api } = await filled(work, 50)
  if (!(await api.call('topic.list', {})).topics.some(({ name }) => name === tailed)) {
    await api.call('topic.create', {
      topic: tailed,
      partitions: 6,
      configs: { 'retention.bytes': '200000000', 'segment.bytes': '50000000' }
    })
  }
  const tab = await browser.page(url)
  const { page, pid } = tab
  await page.getByTestId('verdict').waitFor()
  await page.evaluate((topic) => (location.hash = `#/topics/${topic}/messages`), tailed)
  await page.getByRole('button', { name: 'Live tail' }).click()
  await page.getByText('0 came').waitFor()
  const reader = processIn(lab.child.pid, 'reader-process.js')
  const kcat = spawn('kcat', ['-P', '-b', lab.ready.bootstrapServers, '-t', tailed, '-X', 'linger.ms=20'], {
    stdio: ['pipe', 'inherit', 'inherit']
  })
  const perTick = `${JSON.stringify({ level: 'info', text: 'x'.repeat(200) })}\n`.repeat(500)
  const startedMs = performance.now()
  const elapsed = () => (performance.now() - startedMs) / 1000
  const samples = []
  let sent = 0
  const before = { renderer: cpuSeconds(pid), reader: cpuSeconds(reader) }
  let seenFrames
  // Frames of the last part only: asking for every frame costs the renderer more than the tail.
  const framesFrom = tailSeconds * 0.8
  let cpu
  for (let next = 0; elapsed() < tailSeconds;) {
    const due = Math.floor((elapsed() * perSecond) / 500) * 500
    for (; sent < due; sent += 500) if (!kcat.stdin.write(perTick)) await once(kcat.stdin, 'drain')
    if (elapsed() >= next) {
      samples.push({ page: statusMb(pid, 'VmRSS'), reader: statusMb(reader, 'VmRSS') })
      next += 1
    }
    if (cpu === undefined && elapsed() >= framesFrom) {
      const took = elapsed()
      cpu = {
        renderer: ((cpuSeconds(pid) - before.renderer) / took) * 100,
        reader: ((cpuSeconds(reader) - before.reader) / took) * 100
      }
      await page.evaluate(() => window.bench.beginFrames())
    }
    await pause(10)
  }
  seenFrames = await page.evaluate(() => window.bench.endFrames())
  const rate = sent / elapsed()
  kcat.stdin.end()
  await once(kcat, 'exit')
  const status = await page.getByText(/came/).first().innerText()
  await tab.close()
  const part = (which, from, to) => {
    const some = samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to))
    return (some.reduce((sum, sample) => sum + sample[which], 0) / some.length).toFixed(0)
  }
  const memory = (which) => `${part(which, 0.2, 0.4)}, ${part(which, 0.8, 1)} MB RSS in the second and last fifth`
  return [
    row(
      `live tail of a 50,000 records/s topic, ${tailSeconds} s`,
      'memory flat, no frame > 50 ms',
      'renderer < 15 % of a core',
      [
        `${rate.toFixed(0)} records/s`,
        `renderer ${cpu.renderer.toFixed(1)} % of a core, ${memory('page')}`,
        `reader ${cpu.reader.toFixed(1)} %, ${memory('reader')}`,
        framesText(seenFrames),
        status.replace(/\s+/g, ' ')
      ],
      tab
    )
  ]
}
