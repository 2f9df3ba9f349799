// npm run bench: prints the tables of docs/benchmarks.md. Needs gcc, librdkafka-dev and a built out/ (it builds both).
//   --rounds N   rounds a measurement; the first is dropped (6)
//   --only a,b   start, memory, produce, fetch
// Ours and its floor alternate in the same rounds; a figure is the median of the rounds' ratios.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from '../../scripts/build.mjs'
import { compileLoad } from './compile-load.mjs'

const root = resolve(import.meta.dirname, '../..')
const cli = join(root, 'out/main/cli.js')
const option = (name, fallback) =>
  process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : fallback
const rounds = Number(option('--rounds', '6'))
const only = option('--only', 'start,memory,produce,fetch').split(',')
const work = mkdtempSync(join(tmpdir(), 'lagoon-bench-'))
const load = join(work, 'load')
const gigabyte = 1e9

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
const spread = (values, digits) =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`

const seconds = (...args) => Number(execFileSync(load, args.map(String), { encoding: 'utf8' }))

/** The sum of what so many runs took. */
function repeated(times, run) {
  let took = 0
  for (let i = 0; i < times; i++) took += run()
  return took
}

/** User and system CPU of a process, in seconds. */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

const rssMb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024

/** A process whose first line of stdout is awaited. */
function start(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: root })
  return new Promise((done, failed) => {
    createInterface({ input: child.stdout }).once('line', (line) => done({ child, line }))
    child.once('exit', (code) => failed(new Error(`${command} ${args.join(' ')} ended with ${code}`)))
  })
}

async function stop(child, signal = 'SIGINT') {
  const gone = new Promise((done) => child.once('exit', done))
  child.kill(signal)
  await gone
}

let clusters = 0
async function up(brokers) {
  const dir = join(work, `cluster-${++clusters}`)
  const { child, line } = await start(process.execPath, [
    cli,
    'up',
    '--json',
    '--data',
    dir,
    '--brokers',
    String(brokers),
    // As the rows say: a new cluster has three otherwise.
    '--ensemble',
    '1'
  ])
  return { child, dir, ready: JSON.parse(line) }
}

const verb = (dir, ...args) =>
  execFileSync(process.execPath, [cli, ...args, '--data', dir, '--json'], { encoding: 'utf8' })

// ── start and memory ─────────────────────────────────────────────────────────────────────────────────────────────

async function measureStart() {
  console.log('\n| `lagoon up` to ready | ms, median (min–max) | must | aim |\n|---|---|---|---|')
  for (const [brokers, must, aim] of [
    [1, 1000, 500],
    [3, 1500, 900]
  ]) {
    const times = []
    for (let round = 0; round < rounds; round++) {
      const { child, dir, ready } = await up(brokers)
      await stop(child)
      rmSync(dir, { recursive: true })
      if (round > 0) times.push(ready.startMs)
    }
    console.log(`| ${brokers} + 1 | ${spread(times, 0)} | ≤ ${must} | ≤ ${aim} |`)
  }
}

async function measureMemory() {
  const idle = 'require("net").createServer().listen(0, "127.0.0.1", function () { console.log(this.address().port) })'
  const broker = []
  const member = []
  const bare = []
  for (let round = 0; round < rounds; round++) {
    const { child, dir, ready } = await up(1)
    const node = await start(process.execPath, ['-e', idle])
    // Until both have settled: an idle process gives back what its start took.
    await new Promise((done) => setTimeout(done, 10_000))
    const pid = (name) => ready.nodes.find((entry) => entry.name === name).pid
    if (round > 0) {
      broker.push(rssMb(pid('broker-1')))
      member.push(rssMb(pid('ensemble-1')))
      bare.push(rssMb(node.child.pid))
    }
    await stop(node.child, 'SIGKILL')
    await stop(child)
    rmSync(dir, { recursive: true })
  }
  const ratio = (values) => (median(values) / median(bare)).toFixed(2)
  console.log('\n| idle for 10 s | RSS MB, median (min–max) | over bare Node | must | aim |\n|---|---|---|---|---|')
  console.log(`| bare Node, listening | ${spread(bare, 1)} | 1 | – | – |`)
  console.log(`| broker | ${spread(broker, 1)} | ${ratio(broker)} | ≤ 1.6 | 1.25 |`)
  console.log(`| ensemble member | ${spread(member, 1)} | ${ratio(member)} | ≤ 1.6 | 1.25 |`)
}

// ── produce and fetch ────────────────────────────────────────────────────────────────────────────────────────────

const recordBytes = 1024
const recordsPerRound = 400_000
/** A topic is read so often in one round: CPU time comes in ticks of 10 ms. */
const readsPerRound = 4

/** A VM gives free pages back to its host; whoever uses one again pays for it. Both ends are to find warm ones. */
const warmBytes = 2e9

/** CPU of `pid` while `work` runs, in seconds for each GB of payload. */
function cpuPerGigabyte(pid, bytes, run) {
  seconds('touch', warmBytes)
  const before = cpuSeconds(pid)
  const took = run()
  return { cpu: ((cpuSeconds(pid) - before) / bytes) * gigabyte, megabytesPerSecond: bytes / 1e6 / took }
}

async function measureProduce() {
  console.log(
    '\n| produce, 1 KB records, acks=1 | broker CPU-s/GB | floor CPU-s/GB | ratio, median (min–max) | must | aim | MB/s |\n|---|---|---|---|---|---|---|'
  )
  for (const [batch, must, aim] of [
    [65_536, 1.7, 1.35],
    [16_384, 2.3, 1.7]
  ]) {
    const ours = []
    const floors = []
    const ratios = []
    const rates = []
    const { child, dir, ready } = await up(1)
    const pid = ready.nodes.find(({ name }) => name === 'broker-1').pid
    const floor = await start(process.execPath, [
      join(import.meta.dirname, 'floor.mjs'),
      'receive',
      join(work, 'floor.data')
    ])
    const bytes = recordsPerRound * recordBytes
    for (let round = 0; round < rounds; round++) {
      const topic = `produce-${batch}-${round}`
      // Both ends overwrite pages that were just freed: first touch would be measured otherwise.
      verb(dir, 'topic', 'create', topic, '--config', 'file.delete.delay.ms=0')
      const our = cpuPerGigabyte(pid, bytes, () =>
        seconds('produce', ready.bootstrapServers, topic, recordsPerRound, recordBytes, batch)
      )
      const least = cpuPerGigabyte(floor.child.pid, bytes, () =>
        seconds('write', '127.0.0.1', floor.line, bytes, batch)
      )
      verb(dir, 'topic', 'delete', topic)
      if (round === 0) continue
      ours.push(our.cpu)
      floors.push(least.cpu)
      ratios.push(our.cpu / least.cpu)
      rates.push(our.megabytesPerSecond)
    }
    await stop(floor.child, 'SIGKILL')
    await stop(child)
    rmSync(dir, { recursive: true })
    console.log(
      `| ${batch / 1024} KB batches | ${spread(ours, 2)} | ${spread(floors, 2)} | ${spread(ratios, 2)} | ≤ ${must} | ≤ ${aim} | ${spread(rates, 0)} |`
    )
  }
}

async function measureFetch() {
  console.log(
    '\n| fetch, 1 KB records | broker CPU-s/GB | floor CPU-s/GB | ratio, median (min–max) | must | aim | MB/s |\n|---|---|---|---|---|---|---|'
  )
  for (const partitions of [1, 8]) {
    const ours = []
    const floors = []
    const ratios = []
    const rates = []
    const { child, dir, ready } = await up(1)
    const pid = ready.nodes.find(({ name }) => name === 'broker-1').pid
    verb(dir, 'topic', 'create', 'fetch', '--partitions', String(partitions))
    seconds('produce', ready.bootstrapServers, 'fetch', recordsPerRound, recordBytes, 65_536)
    const segment = join(dir, 'broker-1', 'fetch-0', '00000000000000000000.log')
    const floor = await start(process.execPath, [join(import.meta.dirname, 'floor.mjs'), 'send', segment])
    const floorBytes = statSync(segment).size
    const bytes = readsPerRound * recordsPerRound * recordBytes
    for (let round = 0; round < rounds; round++) {
      const our = cpuPerGigabyte(pid, bytes, () =>
        repeated(readsPerRound, () => seconds('consume', ready.bootstrapServers, 'fetch', recordsPerRound))
      )
      // A part of the records is in the one file: read it as often as it takes.
      const times = Math.round(bytes / floorBytes)
      const least = cpuPerGigabyte(floor.child.pid, floorBytes * times, () =>
        repeated(times, () => seconds('read', '127.0.0.1', floor.line, floorBytes))
      )
      if (round === 0) continue
      ours.push(our.cpu)
      floors.push(least.cpu)
      ratios.push(our.cpu / least.cpu)
      rates.push(our.megabytesPerSecond)
    }
    await stop(floor.child, 'SIGKILL')
    await stop(child)
    rmSync(dir, { recursive: true })
    console.log(
      `| ${partitions} partition${partitions === 1 ? '' : 's'} | ${spread(ours, 2)} | ${spread(floors, 2)} | ${spread(ratios, 2)} | ≤ 1.7 | ≤ 1.35 | ${spread(rates, 0)} |`
    )
  }
}

const measures = { start: measureStart, memory: measureMemory, produce: measureProduce, fetch: measureFetch }

try {
  build()
  if (only.includes('produce') || only.includes('fetch')) compileLoad(load)
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', cwd: root }).trim()
  console.log(
    `${cpus().length} × ${cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}, commit ${commit}, ${rounds} rounds, the first dropped`
  )
  for (const name of only) await measures[name]()
} finally {
  rmSync(work, { recursive: true, force: true })
}
