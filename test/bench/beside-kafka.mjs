// node test/bench/beside-kafka.mjs: three brokers of ours and three of Apache Kafka 3.9.1 (ZooKeeper mode) on this machine at the
// same time, the same clients, the same configs, round by round in turn. Needs java and kafkactl.py (see --kafkactl).
//   --rounds N      rounds a measurement (3)
//   --only a,b      start, memory, produce, latency, kill, stop, create, failover, catchup
//   --clusters a,b  ours, theirs (both)
//   --gigabytes N   what a follower catches up with (5)
//   --kafkactl PATH starts and stops a real Kafka (../shared/tools/kafkactl.py)
import { execFile, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'
import { build } from '../../scripts/build.mjs'
import { compileLoad } from './compile-load.mjs'

const root = resolve(import.meta.dirname, '../..')
const cli = join(root, 'out/main/cli.js')
const option = (name, fallback) =>
  process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : fallback
const rounds = Number(option('--rounds', '3'))
const only = option('--only', 'start,memory,produce,latency,kill,stop,create').split(',')
const named = option('--clusters', 'ours,theirs').split(',')
const gigabytes = Number(option('--gigabytes', '5'))
const kafkactl = resolve(option('--kafkactl', join(root, '../shared/tools/kafkactl.py')))
const work = mkdtempSync(join(tmpdir(), 'lagoon-beside-'))
const load = join(work, 'load')
const sessionMs = 6000
const warmBytes = 3e9
/** Between two looks at 5,000 partitions. */
const lookMs = 100
const settings = {
  'zookeeper.session.timeout.ms': String(sessionMs),
  'min.insync.replicas': '2',
  'default.replication.factor': '3'
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1]
const spread = (values, digits = 0) =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`
const pause = (ms) => new Promise((done) => setTimeout(done, ms))
const run = (command, args) => execFileSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28 })
const runBeside = promisify(execFile)
const cpuSeconds = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
const rssMb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
const sum = (values) => values.reduce((all, one) => all + one, 0)

// ── the two clusters ─────────────────────────────────────────────────────────────────────────────────────────────

class Ours {
  name = 'ours'
  async up() {
    this.dir = mkdtempSync(join(work, 'ours-'))
    const configs = Object.entries(settings).map(([key, value]) => `${key}=${value}`)
    const args = ['up', '--json', '--data', this.dir, '--brokers', '3']
    this.child = spawn(process.execPath, [cli, ...args, ...configs.flatMap((one) => ['--broker-config', one])], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: root
    })
    const line = await new Promise((done, failed) => {
      createInterface({ input: this.child.stdout }).once('line', done)
      this.child.once('exit', (code) => failed(new Error(`lagoon up ended with ${code}`)))
    })
    const ready = JSON.parse(line)
    this.bootstrap = ready.bootstrapServers
    this.startMs = ready.startMs
  }
  nodes() {
    const { nodes } = JSON.parse(run(process.execPath, [cli, 'status', '--json', '--data', this.dir]))
    return nodes.filter(({ pid }) => pid !== null)
  }
  brokers() {
    return this.nodes().filter(({ name }) => name.startsWith('broker'))
  }
  verb(verb, id) {
    run(process.execPath, this.#args(verb, id))
  }
  verbBeside(verb, id) {
    return runBeside(process.execPath, this.#args(verb, id))
  }
  #args(verb, id) {
    return [cli, 'node', verb, `broker-${id}`, '--data', this.dir]
  }
  async down() {
    const gone = new Promise((done) => this.child.once('exit', done))
    this.child.kill('SIGINT')
    await gone
  }
}

class Theirs {
  name = 'theirs'
  #ctl(...args) {
    return run('python3', [kafkactl, ...args])
  }
  async up() {
    this.dir = mkdtempSync(join(work, 'theirs-'))
    const set = { ...settings, 'offsets.topic.replication.factor': '3', 'controlled.shutdown.enable': 'true' }
    const sets = Object.entries(set).map(([key, value]) => `${key}=${value}`)
    const told = this.#ctl('up', '--dir', this.dir, '--mode', 'zookeeper', '--brokers', '3', '--set', ...sets)
    const facts = JSON.parse(told.trim().split('\n').at(-1))
    this.bootstrap = facts.bootstrapServers
    this.startMs = facts.startMs
    this.facts = facts
  }
  nodes() {
    return this.#ctl('status', '--dir', this.dir)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ pid, state }) => typeof pid === 'number' && state !== 'dead' && existsSync(`/proc/${pid}`))
      .map(({ node, name = node, pid }) => ({ name, pid }))
  }
  brokers() {
    return this.nodes().filter(({ name }) => name.startsWith('broker'))
  }
  verb(verb, id) {
    this.#ctl(verb, `broker${id}`, '--dir', this.dir)
  }
  verbBeside(verb, id) {
    return runBeside('python3', [kafkactl, verb, `broker${id}`, '--dir', this.dir])
  }
  async down() {
    this.#ctl('down', '--dir', this.dir, '--wipe')
  }
}

const clusters = [new Ours(), new Theirs()].filter(({ name }) => named.includes(name))
const adminOf = async (cluster, work) => {
  const admin = new Kafka({
    brokers: cluster.bootstrap.split(','),
    logLevel: logLevel.NOTHING,
    requestTimeout: 120_000
  }).admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}
const create = (cluster, topic, numPartitions, configEntries = []) =>
  adminOf(cluster, (admin) =>
    admin.createTopics({
      waitForLeaders: true,
      timeout: 120_000,
      topics: [{ topic, numPartitions, replicationFactor: 3, configEntries }]
    })
  )
const drop = (cluster, topic) => adminOf(cluster, (admin) => admin.deleteTopics({ topics: [topic], timeout: 60_000 }))
const seen = (cluster, topic) =>
  adminOf(cluster, async (admin) => (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0].partitions)
async function whole(cluster, topic) {
  for (;;) {
    const partitions = await seen(cluster, topic).catch(() => [])
    if (partitions.length > 0 && partitions.every(({ isr }) => isr.length === 3)) return
    await pause(200)
  }
}

const rows = (title, heads) => console.log(`\n| ${title} | ${heads.join(' | ')} |\n|---${'|---'.repeat(heads.length)}|`)
const row = (title, ...cells) => console.log(`| ${title} | ${cells.join(' | ')} | load ${loadavg()[0].toFixed(1)} |`)
const ratio = (ours, theirs, digits = 2) =>
  ours === undefined || theirs === undefined ? '–' : (median(ours) / median(theirs)).toFixed(digits)
/** The value below which 99 of 100 are. */
const percentile99 = (values) => [...values].sort((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1]

// ── what is measured ─────────────────────────────────────────────────────────────────────────────────────────────

async function start() {
  rows('3 brokers to every partition led', ['ours, ms', 'theirs, ms', 'theirs / ours', ''])
  const [ours, theirs] = clusters.map(({ startMs }) => startMs)
  row('', ...clusters.map(({ startMs }) => String(startMs)), theirs === undefined ? '–' : (theirs / ours).toFixed(1))
}

function memory(title) {
  const [ours, theirs] = clusters.map((cluster) => sum(cluster.nodes().map(({ pid }) => rssMb(pid))))
  const cells = [ours, theirs].filter((one) => one !== undefined).map((one) => one.toFixed(0))
  row(title, ...cells, theirs === undefined ? '–' : (ours / theirs).toFixed(2))
}

async function produce() {
  rows('produce acks=all, RF 3, min.insync 2', [
    'ours, MB/s',
    'theirs, MB/s',
    'ours / theirs',
    'ours, CPU-s/GB',
    'theirs, CPU-s/GB',
    ''
  ])
  for (const partitions of [1, 12])
    for (const [bytes, records] of [
      [100, 1_500_000],
      [1024, 300_000],
      [10_240, 30_000]
    ]) {
      const rates = new Map(clusters.map(({ name }) => [name, []]))
      const costs = new Map(clusters.map(({ name }) => [name, []]))
      for (let round = 0; round <= rounds; round++)
        for (const cluster of clusters) {
          const topic = `produce-${partitions}-${bytes}-${round}`
          await create(cluster, topic, partitions, [{ name: 'file.delete.delay.ms', value: '0' }])
          await whole(cluster, topic)
          // A VM gives free pages back to its host; whoever uses one again pays for it. Both are to find warm ones.
          run(load, ['touch', String(warmBytes)])
          const pids = cluster.brokers().map(({ pid }) => pid)
          const before = sum(pids.map(cpuSeconds))
          const took = Number(
            run(load, ['produce', cluster.bootstrap, topic, String(records), String(bytes), '65536', 'all'])
          )
          const cpu = sum(pids.map(cpuSeconds)) - before
          await drop(cluster, topic)
          if (round === 0) continue
          rates.get(cluster.name).push((bytes * records) / 1e6 / took)
          costs.get(cluster.name).push((cpu / (bytes * records)) * 1e9)
        }
      const [ours, theirs] = [rates.get('ours'), rates.get('theirs')]
      const title = `${bytes} B, ${partitions} partition${partitions === 1 ? '' : 's'}`
      const all = (told, digits) => [...told.values()].map((one) => spread(one, digits))
      row(title, ...all(rates), ratio(ours, theirs), ...all(costs, 1))
    }
}

async function latency() {
  rows('1,000 records of 1 KB a second, ms to the ack', ['ours p50', 'ours p99', 'theirs p50', 'theirs p99', ''])
  for (const cluster of clusters) {
    await create(cluster, 'paced', 1)
    await whole(cluster, 'paced')
  }
  for (const acks of ['1', 'all']) {
    const told = new Map(clusters.map(({ name }) => [name, []]))
    for (let round = 0; round <= rounds; round++)
      for (const cluster of clusters) {
        const figures = run(load, ['paced', cluster.bootstrap, 'paced', '1000', '10', acks])
          .trim()
          .split(' ')
          .map(Number)
        if (round > 0) told.get(cluster.name).push(figures)
      }
    const cells = [...told.values()].flatMap((figures) =>
      [0, 1].map((at) =>
        spread(
          figures.map((one) => one[at]),
          2
        )
      )
    )
    row(`acks=${acks}`, ...cells)
  }
  for (const cluster of clusters) await drop(cluster, 'paced')
}

/** The longest time without an ack of an idempotent producer while the leader is taken away. */
async function gap(cluster, verb) {
  const topic = `gap-${verb}`
  const [{ leader }] = await seen(cluster, topic)
  const seconds = verb === 'kill' ? 16 : 12
  const child = spawn(load, ['paced', cluster.bootstrap, topic, '1000', String(seconds), 'all'], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text) => (said += text))
  const ended = new Promise((done) => child.once('close', done))
  await pause(3000)
  cluster.verb(verb, leader)
  if ((await ended) !== 0) throw new Error(`${cluster.name}: the load ended early at a ${verb}`)
  cluster.verb('start', leader)
  await whole(cluster, topic)
  return Number(said.trim().split(' ')[2])
}

async function gaps(verb, title) {
  rows(title, ['ours, ms', 'theirs, ms', ''])
  const told = new Map(clusters.map(({ name }) => [name, []]))
  for (const cluster of clusters) {
    await create(cluster, `gap-${verb}`, 1)
    await whole(cluster, `gap-${verb}`)
  }
  for (let round = 0; round < rounds; round++)
    for (const cluster of clusters) told.get(cluster.name).push(await gap(cluster, verb))
  row(`${rounds} times`, ...[...told.values()].map((one) => `${spread(one)}, p99 ${percentile99(one).toFixed(0)}`))
  for (const cluster of clusters) await drop(cluster, `gap-${verb}`)
}

async function creation() {
  rows('a topic of 1,000 partitions, RF 3, until every partition is led', [
    'ours, ms',
    'theirs, ms',
    'theirs / ours',
    ''
  ])
  const told = new Map(clusters.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const cluster of clusters) {
      const topic = `wide-${round}`
      const before = performance.now()
      await create(cluster, topic, 1000)
      for (;;) {
        const partitions = await seen(cluster, topic).catch(() => [])
        if (partitions.length === 1000 && partitions.every(({ leader }) => leader >= 0)) break
      }
      told.get(cluster.name).push(performance.now() - before)
      await whole(cluster, topic)
      await drop(cluster, topic)
      await pause(3000)
    }
  const [ours, theirs] = [...told.values()]
  row(`${rounds} times`, ...[...told.values()].map((one) => spread(one)), ratio(theirs, ours, 1))
}

/** When its process was gone: whoever is asked to kill it takes a while to start. */
async function killed(cluster, id) {
  const { pid } = cluster.brokers().find(({ name }) => name.endsWith(String(id)))
  const asked = cluster.verbBeside('kill', id)
  while (existsSync(`/proc/${pid}`)) await pause(1)
  const goneAtMs = performance.now()
  await asked
  return goneAtMs
}

/** From the death of the controller's broker, which leads a third of 5,000 partitions, until each is led by one that lives. */
async function failover() {
  rows('controller killed, 5,000 partitions of 3 replicas: until all are led, session included', [
    'ours, ms',
    'theirs, ms',
    ''
  ])
  const told = new Map(clusters.map(({ name }) => [name, []]))
  const topics = Array.from({ length: 5 }, (_, i) => `many-${i}`)
  const clusterOf = (cluster) => adminOf(cluster, (admin) => admin.describeCluster())
  for (const cluster of clusters) {
    for (const topic of topics) await create(cluster, topic, 1000)
    for (const topic of topics) await whole(cluster, topic)
    for (let round = 0; round < rounds; round++) {
      const { controller, brokers } = await clusterOf(cluster)
      const alive = brokers.filter(({ nodeId }) => nodeId !== controller).map(({ host, port }) => `${host}:${port}`)
      const before = await killed(cluster, controller)
      const survivors = { bootstrap: alive.join(',') }
      for (let left = topics; left.length > 0;) {
        const looked = await Promise.all(left.map((topic) => seen(survivors, topic).catch(() => [])))
        left = left.filter((_, i) => {
          const partitions = looked[i]
          return partitions.length < 1000 || partitions.some(({ leader }) => leader === controller || leader < 0)
        })
        // Who looks again and again takes from both clusters the cores that they are to come back with.
        if (left.length > 0) await pause(lookMs)
      }
      told.get(cluster.name).push(performance.now() - before)
      cluster.verb('start', controller)
      for (const topic of topics) await whole(cluster, topic)
    }
    for (const topic of topics) await drop(cluster, topic)
  }
  row(`${rounds} times`, ...[...told.values()].map((one) => spread(one)))
}

/** A paced producer of another topic before, and while, a follower that was stopped copies what it has missed. */
async function catchup() {
  rows(`a follower catches up with ${gigabytes} GB: 500 records of 1 KB a second to others, ms to the ack`, [
    'before, p50',
    'before, p99',
    'meanwhile, p50',
    'meanwhile, p99',
    'ratio of p99',
    'caught up in, s'
  ])
  for (const cluster of clusters) {
    await create(cluster, 'behind', 1)
    await whole(cluster, 'behind')
    const [{ leader, replicas }] = await seen(cluster, 'behind')
    const follower = replicas.find((id) => id !== leader)
    await create(cluster, 'others', 3)
    await whole(cluster, 'others')
    cluster.verb('stop', follower)
    const records = Math.round((gigabytes * 1e9) / 10_240)
    run(load, ['produce', cluster.bootstrap, 'behind', String(records), '10240', '65536', 'all'])
    const paced = (seconds) =>
      new Promise((done, failed) => {
        const child = spawn(load, ['paced', cluster.bootstrap, 'others', '500', String(seconds), 'all'], {
          stdio: ['ignore', 'pipe', 'inherit']
        })
        let said = ''
        child.stdout.setEncoding('utf8').on('data', (text) => (said += text))
        child.once('close', (code) => (code === 0 ? done(said.trim().split(' ').map(Number)) : failed(new Error(said))))
      })
    await paced(5)
    const before = await paced(10)
    cluster.verb('start', follower)
    const began = performance.now()
    const caughtUp = whole(cluster, 'behind').then(() => (performance.now() - began) / 1000)
    const meanwhile = await paced(10)
    const cells = [before[0], before[1], meanwhile[0], meanwhile[1], meanwhile[1] / before[1], await caughtUp]
    row(cluster.name, ...cells.map((one) => one.toFixed(2)))
    await drop(cluster, 'behind')
    await drop(cluster, 'others')
  }
}

const measures = {
  failover,
  catchup,
  start,
  produce,
  latency,
  kill: () => gaps('kill', `leader killed: longest time without an ack, session ${sessionMs} ms`),
  stop: () => gaps('stop', 'leader stopped cleanly: longest time without an ack'),
  create: creation
}

if (!existsSync(kafkactl)) {
  console.error(`There is no ${kafkactl}. Name the program that starts a real Kafka with --kafkactl.`)
  process.exit(1)
}
try {
  build()
  compileLoad(load)
  const commit = run('git', ['-C', root, 'rev-parse', '--short', 'HEAD']).trim()
  console.log(
    `${cpus().length} × ${cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}, commit ${commit}, ${rounds} rounds`
  )
  for (const cluster of clusters) await cluster.up()
  if (only.includes('start')) await start()
  if (only.includes('memory')) {
    await pause(10_000)
    rows('RSS of all nodes, MB', ['ours', 'theirs', 'ours / theirs', ''])
    memory('idle')
  }
  for (const name of ['produce', 'latency', 'kill', 'stop', 'create', 'failover', 'catchup'])
    if (only.includes(name)) await measures[name]()
  if (only.includes('memory')) {
    rows('RSS of all nodes, MB', ['ours', 'theirs', 'ours / theirs', ''])
    memory('after all that')
  }
} finally {
  for (const cluster of clusters)
    if (cluster.dir !== undefined) await cluster.down().catch((error) => console.error(String(error)))
  rmSync(work, { recursive: true, force: true })
}
