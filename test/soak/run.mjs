// A cluster under traffic, kills and full disks for as long as it is told: does anything grow, does anything end by itself?
// Beside foreign clients Lagoon's own workloads run, one of whose members always leaves, and a page of Chromium goes round the
// screens: nothing may be said on its console.
//   node test/soak/run.mjs [--minutes 60] [--dir DIR]
// DIR should lie on a file system of its own, of some 1 to 4 GB, which is filled to the last byte now and then (as root on
// Linux a tmpfs is mounted when DIR is left out; elsewhere the disk stays as it is). Closes with `N passed, N failed`.
import { spawn, spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import kafkajs from 'kafkajs'
import { WebSocket } from 'ws'
import { build } from '../../scripts/build.mjs'
import { ensureSystem } from '../../scripts/ensure-system.mjs'
import { openPage, ownProcesses } from './page.mjs'

const root = resolve(import.meta.dirname, '../..')
const cli = join(root, 'out/main/cli.js')
const { values: options } = parseArgs({
  options: { minutes: { type: 'string', default: '60' }, dir: { type: 'string' } }
})
const minutes = Number(options.minutes)
const sampleEveryMs = 5000
const killEveryMs = 40_000
const fillEveryMs = 240_000
const fullForMs = 15_000
/** Growth of the median from the second quarter to the last that is not taken for noise. */
const growthMax = 1.15
const growthBytesMin = 12 * 1024 * 1024
const topics = ['soak-a', 'soak-b', 'soak-c']

/** A group of ours that rebalances all the time, on a topic that foreign clients use, too. */
const scene = {
  name: 'churn',
  topics: [{ topic: 'soak-b', partitions: 6 }],
  producers: [
    { name: 'churn-in', topic: 'soak-b', ratePerSecond: 200, serializer: 'json' },
    {
      name: 'churn-burst',
      topic: 'soak-c',
      ratePerSecond: 50,
      burst: { everySeconds: 30, seconds: 5, ratePerSecond: 2000 }
    }
  ],
  consumers: [{ group: 'churn', topic: 'soak-b', members: 3, leaveEverySeconds: 45 }]
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms))
const log = (...words) => console.log(new Date().toISOString().slice(11, 19), ...words)
const results = []
const check = (name, isGood, words) => {
  results.push(isGood)
  console.log(`${isGood ? 'ok  ' : 'FAIL'} ${name}: ${words}`)
}

function smallDisk() {
  if (options.dir !== undefined) return { dir: options.dir, free: () => undefined, isSmall: true }
  const dir = mkdtempSync(join(tmpdir(), 'lagoon-soak-'))
  const isSmall =
    process.platform === 'linux' && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1500m', 'tmpfs', dir]).status === 0
  if (!isSmall) log('no file system of its own could be mounted: the disk is not filled')
  const free = () => {
    if (isSmall) spawnSync('umount', ['-l', dir])
    rmSync(dir, { recursive: true, force: true })
  }
  return { dir, free, isSmall }
}

function residentBytes(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096
  } catch {
    return undefined
  }
}

function lagoon(dir, ...args) {
  return new Promise((done) => {
    const child = spawn(process.execPath, [cli, ...args, '--json', '--data', dir], {
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let [out, err] = ['', '']
    child.stdout.on('data', (chunk) => (out += chunk))
    child.stderr.on('data', (chunk) => (err += chunk))
    child.on('close', (code) => done({ code, out, err }))
  })
}

/** An open tab: all the watches of the Overview, read as they come. */
async function openTab(url) {
  const answer = await fetch(url, { redirect: 'manual' })
  const cookie = answer.headers.get('set-cookie').split(';')[0]
  const origin = new URL(url).origin
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/api`, { headers: { cookie, origin } })
  let pushes = 0
  socket.on('message', () => pushes++)
  socket.on('open', () => {
    for (const key of ['cluster', 'events', 'topics', 'groups', 'partitions', 'topic:soak-a', 'group:soak', 'lag:soak'])
      socket.send(JSON.stringify({ type: 'watch', key }))
  })
  return { close: () => socket.close(), pushes: () => pushes }
}

/** Bytes until there is no more room; gives back what removes them. */
function fill(dir) {
  const path = join(dir, 'filler')
  const file = openSync(path, 'a')
  for (let bytes = 16 * 1024 * 1024; bytes >= 512;) {
    try {
      if (writeSync(file, Buffer.alloc(bytes)) < bytes) bytes /= 2
    } catch {
      bytes /= 2
    }
  }
  closeSync(file)
  return () => rmSync(path, { force: true })
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

function clientOf(brokers) {
  return new kafkajs.Kafka({
    clientId: 'soak',
    brokers,
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { initialRetryTime: 200, maxRetryTime: 1000, retries: 1e9 }
  })
}

async function produce(kafka, state) {
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  const value = Buffer.alloc(1000, 'x')
  while (!state.isOver) {
    const topic = topics[state.sent % topics.length]
    try {
      const messages = Array.from({ length: 100 }, (_, i) => ({ key: String(i), value }))
      await Promise.race([producer.send({ topic, messages, acks: 1, timeout: 5000 }), pause(20_000)])
    } catch {
      state.refused++
    }
    state.sent++
    await pause(50)
  }
  await Promise.race([producer.disconnect(), pause(2000)])
}

async function consume(kafka, state) {
  const consumer = kafka.consumer({ groupId: 'soak', sessionTimeout: 10_000 })
  await consumer.connect()
  await consumer.subscribe({ topics, fromBeginning: false })
  await consumer.run({ eachBatch: ({ batch }) => Promise.resolve(void (state.read += batch.messages.length)) })
  return () => Promise.race([consumer.disconnect(), pause(5000)])
}

async function main() {
  build()
  ensureSystem(['e2e'])
  const disk = smallDisk()
  const dir = join(disk.dir, 'cluster')
  mkdirSync(disk.dir, { recursive: true })
  const up = spawn(process.execPath, [cli, 'up', '--data', dir, '--ui', '--json'], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let [out, complaints] = ['', '']
  up.stderr.on('data', (chunk) => (complaints += chunk))
  const ready = await new Promise((done, failed) => {
    up.stdout.on('data', (chunk) => {
      if (out.includes('\n')) return
      out += chunk
      if (out.includes('\n')) done(JSON.parse(out.split('\n')[0]))
    })
    up.on('exit', (code) => failed(new Error(`up ended with ${code}: ${complaints}`)))
  })
  let hasEnded = false
  up.on('exit', () => (hasEnded = true))
  const state = { isOver: false, sent: 0, refused: 0, read: 0 }
  try {
    for (const topic of topics) {
      const configs = [
        'retention.bytes=20000000',
        'segment.bytes=5000000',
        'retention.ms=120000',
        'file.delete.delay.ms=1000'
      ]
      const given = configs.flatMap((config) => ['--config', config])
      const made = await lagoon(dir, 'topic', 'create', topic, '--partitions', '6', ...given)
      if (made.code !== 0) throw new Error(made.err)
    }
    const kafka = clientOf(ready.bootstrapServers.split(','))
    const scenePath = `${dir}-scene.json`
    writeFileSync(scenePath, JSON.stringify(scene))
    const started = await lagoon(dir, 'workload', 'start', scenePath)
    if (started.code !== 0) throw new Error(started.err)
    const page = await openPage(ready.uiUrl)
    const tab = await openTab(ready.uiUrl)
    const leave = await consume(kafka, state)
    const producing = produce(kafka, state)
    const samples = await faults({ dir, disk, up, page, state, hasEnded: () => hasEnded })
    state.isOver = true
    await Promise.race([producing, pause(30_000)])
    await leave()
    tab.close()
    const workloads = await lagoon(dir, 'workload', 'list')
    const rows = workloads.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    // One member has always left, and comes back later.
    const idle = rows.filter(({ state: is }) => is !== 'running')
    const isLeaving = idle.length <= 1 && idle.every(({ kind, state: is }) => kind === 'consumer' && is === 'stopped')
    const rates = rows.map(
      (row) => `${row.name} ${row.state} ${Math.round(row.ratePerSecond ?? 0)}/s, ${row.errors} errors`
    )
    check('workloads run to the end', rows.length === 5 && isLeaving, rates.join('; '))
    check('the page goes round', page.steps() > minutes * 6, `${page.steps()} screens`)
    const isShown = (await page.text()).includes('Overview')
    check(
      'nothing on the console of the page',
      page.problems.length === 0 && isShown,
      page.problems.slice(0, 3).join(' | ') || 'nothing'
    )
    await page.close()
    check('an open tab is told', tab.pushes() > minutes * 20, `${tab.pushes()} pushes`)
    await judge({ dir, samples, state, hasEnded })
  } finally {
    up.kill('SIGINT')
    if (!hasEnded) await Promise.race([new Promise((done) => up.on('exit', done)), pause(30_000)])
    check('nothing on stderr', complaints === '', complaints.slice(0, 500) || 'nothing')
    disk.free()
  }
}

/** Kills and fills until the time is over; what each process held, by role. */
async function faults({ dir, disk, up, page, state, hasEnded }) {
  const samples = new Map()
  const startMs = Date.now()
  let [nextKillMs, nextFillMs, kills, fills] = [startMs + killEveryMs, startMs + fillEveryMs / 2, 0, 0]
  let release = () => undefined
  let fullUntilMs = 0
  const victims = ['broker-1', 'broker-2', 'broker-1', 'ensemble-1']
  while (Date.now() - startMs < minutes * 60_000 && !hasEnded()) {
    const atMs = Date.now()
    if (fullUntilMs !== 0 && atMs >= fullUntilMs) {
      release()
      fullUntilMs = 0
    }
    if (disk.isSmall && atMs >= nextFillMs) {
      release = fill(disk.dir)
      fullUntilMs = atMs + fullForMs
      nextFillMs = atMs + fillEveryMs
      fills++
    }
    if (atMs >= nextKillMs) {
      const victim = victims[kills++ % victims.length]
      const killed = await lagoon(dir, 'node', 'kill', victim)
      await pause(3000)
      const started = await lagoon(dir, 'node', 'start', victim)
      log(
        `killed and started ${victim}: ${killed.code}, ${started.code} ${started.err.trim()}`,
        `sent ${state.sent} read ${state.read} refused ${state.refused}`
      )
      nextKillMs = Date.now() + killEveryMs
    }
    const status = await lagoon(dir, 'status')
    if (status.code === 0) {
      const { nodes } = JSON.parse(status.out)
      const roles = [
        ['host', up.pid],
        ...ownProcesses(up.pid),
        ...(await page.processes()),
        ...nodes.map(({ name, pid }) => [name, pid])
      ]
      for (const [role, pid] of roles) {
        const bytes = pid === null || pid === undefined ? undefined : residentBytes(pid)
        if (bytes === undefined) continue
        const list = samples.get(role) ?? []
        list.push({ atMs: atMs - startMs, bytes })
        samples.set(role, list)
      }
    }
    await page.step()
    await pause(sampleEveryMs)
  }
  release()
  log(`${kills} kills, ${fills} full disks`)
  return samples
}

async function judge({ dir, samples, state, hasEnded }) {
  check('the host lives', !hasEnded, hasEnded ? 'it ended' : 'it does')
  check(
    'records are read',
    state.read > state.sent * 50,
    `${state.read} of some ${state.sent * 100} sent, ${state.refused} sends refused`
  )
  const totalMs = minutes * 60_000
  for (const [role, list] of samples) {
    const part = (from, to) =>
      median(list.filter(({ atMs }) => atMs >= from * totalMs && atMs < to * totalMs).map(({ bytes }) => bytes))
    const [before, after] = [part(0.25, 0.5), part(0.75, 1)]
    const peak = Math.max(...list.map(({ bytes }) => bytes))
    const isFlat = after <= Math.max(before * growthMax, before + growthBytesMin)
    const mb = (bytes) => (bytes / 1024 / 1024).toFixed(1)
    check(
      `${role} is flat`,
      isFlat,
      `median ${mb(before)} MiB in the second quarter, ${mb(after)} in the last, peak ${mb(peak)}`
    )
  }
  // What is full or down at the end is up again within half a minute.
  let seen = ''
  for (let tries = 0; tries < 40; tries++) {
    const { nodes } = JSON.parse((await lagoon(dir, 'status')).out)
    seen = nodes.map(({ name, state: is }) => `${name} ${is}`).join(', ')
    if (nodes.every((node) => node.state === 'running')) break
    await pause(1000)
  }
  check('all nodes run', !/ (?!running)\w+(,|$)/.test(seen), seen)
  const text = ['lagoon.log.1', 'lagoon.log']
    .map((name) => join(dir, name))
    .filter(existsSync)
    .map((path) => readFileSync(path, 'utf8'))
    .join('')
  const broken = text.split('\n').filter((line) => /broken invariant|unhandled|UnhandledPromise|uncaught/i.test(line))
  check('no broken invariant, no unhandled rejection', broken.length === 0, broken[0]?.slice(0, 600) ?? 'none')
}

await main().catch((error) => check('the soak itself', false, error.stack ?? String(error)))
const failed = results.filter((isGood) => !isGood).length
console.log(`${results.length - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
