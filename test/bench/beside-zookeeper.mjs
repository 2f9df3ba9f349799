// node test/bench/beside-zookeeper.mjs: three members of ours and three of Debian's ZooKeeper 3.8 on this machine at the same time,
// asked with ZooKeeper's own C client (zookeeper-load.c), round by round in turn. Needs java, the zookeeper package and zkctl.py.
//   --rounds N      rounds a measurement (3)
//   --kills N       leaders killed, and paused (20)
//   --seconds N     of each load (5)
//   --only a,b      start, memory, load, kill, pause, sessions, watches, znodes (all but znodes)
//   --clusters a,b  ours, theirs (both)
//   --tick MS       of theirs (2000, its default in Debian; 500 is how others tune it)
//   --zkctl PATH    starts and stops a real ZooKeeper (../shared/tools/zkctl.py)
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { build } from '../../scripts/build.mjs'
import { compileZooKeeperLoad } from './compile-load.mjs'
import { openSessions } from './zookeeper-sessions.mjs'

const root = resolve(import.meta.dirname, '../..')
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    kills: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '5' },
    only: { type: 'string', default: 'start,memory,load,kill,pause,sessions,watches' },
    clusters: { type: 'string', default: 'ours,theirs' },
    tick: { type: 'string', default: '2000' },
    zkctl: { type: 'string', default: join(root, '../shared/tools/zkctl.py') }
  }
})
const [rounds, kills, seconds] = [values.rounds, values.kills, values.seconds].map(Number)
const only = values.only.split(',')
const ids = [1, 2, 3]
const fillCount = 200_000
const sessionCount = 10_000
const watchers = 100
const watchedZnodes = 1_000
const znodeCount = 1_000_000
const work = mkdtempSync(join(tmpdir(), 'lagoon-beside-zk-'))
const load = join(work, 'zookeeper-load')

const sorted = (numbers) => [...numbers].sort((a, b) => a - b)
const quantile = (numbers, q) => sorted(numbers)[Math.min(numbers.length - 1, Math.floor(numbers.length * q))]
const median = (numbers) => quantile(numbers, 0.5)
const spread = (numbers, digits = 0) =>
  `${median(numbers).toFixed(digits)} (${Math.min(...numbers).toFixed(digits)}–${Math.max(...numbers).toFixed(digits)})`
const pause = (ms) => new Promise((done) => setTimeout(done, ms))
const rssMb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024

/** Of CLOCK_MONOTONIC, as the load has it. */
const nowMs = () => Number(process.hrtime.bigint()) / 1e6

function word(port, text) {
  return new Promise((done) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.setTimeout(1_000, () => socket.destroy())
    socket.on('data', (part) => (answer += part))
    socket.on('error', () => undefined)
    socket.on('close', () => done(answer))
  })
}

const modeOf = async (port) => /^Mode: (\w+)$/m.exec(await word(port, 'srvr'))?.[1]

async function until(holds, withinMs = 120_000) {
  for (const endMs = nowMs() + withinMs; ; await pause(2)) {
    const found = await holds()
    if (found !== undefined && found !== false) return found
    if (nowMs() > endMs) throw new Error(`not within ${withinMs} ms: ${String(holds)}`)
  }
}

const isGone = (pid) =>
  until(() => !existsSync(`/proc/${pid}`) || /State:\s+Z/.test(readFileSync(`/proc/${pid}/status`, 'utf8')))

async function freePorts(count) {
  const servers = []
  for (let i = 0; i < count; i++) {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    servers.push(server)
  }
  const ports = servers.map((server) => server.address().port)
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
  return ports
}

// ── the two ensembles ────────────────────────────────────────────────────────────────────────────────────────────

class Ours {
  name = 'ours'
  #pids = new Map()
  #isFounding = true

  async prepare() {
    this.dir = mkdtempSync(join(work, 'ours-'))
    const ports = await freePorts(6)
    this.ports = ports.slice(0, 3)
    this.peerPorts = ports.slice(3)
  }

  start(id) {
    const others = ids.filter((one) => one !== id).map((one) => ({ memberId: one, port: this.peerPorts[one - 1] }))
    const configuration = {
      memberId: id,
      host: '127.0.0.1',
      port: this.ports[id - 1],
      dataDir: join(this.dir, `member-${id}`),
      sessionTimeoutMinMs: 4_000,
      sessionTimeoutMaxMs: 40_000,
      peers: { ensembleId: 'bench', port: this.peerPorts[id - 1], isFounding: this.#isFounding, others }
    }
    const entry = join(root, 'out/main/ensemble-process.js')
    const child = spawn(process.execPath, [entry, JSON.stringify(configuration)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc']
    })
    this.#pids.set(id, child.pid)
  }

  founded() {
    this.#isFounding = false
  }

  pid(id) {
    return this.#pids.get(id)
  }

  async down() {
    for (const pid of this.#pids.values())
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It is gone already.
      }
    rmSync(this.dir, { recursive: true, force: true })
  }
}

class Theirs {
  name = 'theirs'

  async prepare() {
    this.dir = join(work, `theirs-${Math.floor(nowMs())}`)
    const hosts = this.#ctl(
      '--tick',
      values.tick,
      '--base',
      String(22_000 + Math.floor(Math.random() * 200) * 10),
      'init'
    )
    this.ports = hosts.split(',').map((host) => Number(host.split(':')[1]))
  }

  #ctl(...args) {
    return execFileSync('python3', [values.zkctl, '--root', this.dir, ...args], { encoding: 'utf8' }).trim()
  }

  start(id) {
    if (id === undefined) this.#ctl('start', 'all')
    else this.#ctl('start', String(id))
  }

  pid(id) {
    return Number(this.#ctl('pid', String(id)))
  }

  async down() {
    spawnSync('python3', [values.zkctl, '--root', this.dir, 'kill', 'all'])
    rmSync(this.dir, { recursive: true, force: true })
  }
}

const hostsOf = ({ ports }, without) =>
  ports
    .filter((_, index) => index + 1 !== without)
    .map((port) => `127.0.0.1:${port}`)
    .join(',')

const serving = async ({ ports }, among = ids) => {
  const modes = await Promise.all(among.map((id) => modeOf(ports[id - 1])))
  return modes.every((mode) => mode !== undefined) && modes.includes('leader')
}

const leaderOf = (ensemble) =>
  until(async () => {
    for (const id of ids) if ((await modeOf(ensemble.ports[id - 1])) === 'leader') return id
    return undefined
  })

async function up(ensemble) {
  await ensemble.prepare()
  const fromMs = nowMs()
  if (ensemble instanceof Theirs) ensemble.start()
  else for (const id of ids) ensemble.start(id)
  await until(() => serving(ensemble))
  if (ensemble instanceof Ours) ensemble.founded()
  return nowMs() - fromMs
}

const ask = (ensemble, ...args) =>
  JSON.parse(execFileSync(load, [hostsOf(ensemble), ...args], { encoding: 'utf8' }) || 'null')

// ── what is measured ─────────────────────────────────────────────────────────────────────────────────────────────

const rows = []
function row(what, must, aim, ours, theirs, ratio) {
  rows.push([what, must, aim, ours ?? '–', theirs ?? '–', ratio ?? '–', loadavg()[0].toFixed(1)])
  console.error(rows.at(-1).join(' | '))
}

const ratioOf = (a, b) => (a === undefined || b === undefined ? undefined : (median(a) / median(b)).toFixed(2))
const each = async (ensembles, work) => {
  const found = {}
  for (const ensemble of ensembles) found[ensemble.name] = await work(ensemble)
  return found
}

/** Writes one at a time while `act` runs; what was answered, as [began, ended]. */
async function probing(ensemble, without, act) {
  const child = spawn(load, [hostsOf(ensemble, without), 'probe'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const acks = []
  createInterface({ input: child.stdout }).on('line', (line) => acks.push(line.split(' ').map(Number)))
  await until(() => acks.length > 50)
  const result = await act(acks)
  child.stdin.end()
  await once(child, 'close')
  return result
}

/** From the act to the answer of the first write that began after it. */
const afterLeader = (ensemble, signal) => async () => {
  const leader = await leaderOf(ensemble)
  return probing(ensemble, leader, async (acks) => {
    const pid = ensemble.pid(leader)
    const atMs = nowMs()
    process.kill(pid, signal)
    const [, endedMs] = await until(() => acks.find(([beganMs]) => beganMs > atMs))
    if (signal === 'SIGKILL') {
      await isGone(pid)
      ensemble.start(leader)
    } else process.kill(pid, 'SIGCONT')
    await until(() => serving(ensemble))
    return endedMs - atMs
  })
}

async function failOver(ensembles, what, signal, must, aim) {
  const found = { ours: [], theirs: [] }
  for (let i = 0; i < kills; i++)
    for (const ensemble of ensembles) found[ensemble.name].push(await afterLeader(ensemble, signal)())
  const told = (numbers) =>
    numbers.length === 0 ? undefined : `p50 ${median(numbers).toFixed(0)}, p99 ${quantile(numbers, 0.99).toFixed(0)} ms`
  row(
    `${what}, ${kills} times`,
    must,
    aim,
    told(found.ours),
    told(found.theirs),
    found.theirs.length === 0 ? undefined : ratioOf(found.theirs, found.ours)
  )
}

const measures = {
  async memory(ensembles) {
    const rssOf = (ensemble) => ids.map((id) => rssMb(ensemble.pid(id)))
    await pause(5_000)
    const idle = await each(ensembles, rssOf)
    row(
      'RSS of a member, idle, MB',
      '≤ 75',
      '60',
      ...(ensembles.length === 2
        ? [spread(idle.ours), spread(idle.theirs)]
        : [Object.values(idle).map((one) => spread(one))[0]])
    )
    const after = await each(ensembles, (ensemble) => {
      execFileSync(load, [hostsOf(ensemble), 'fill', String(fillCount), '1024'])
      return rssOf(ensemble)
    })
    row(
      `after ${fillCount} setData of 1 KB, MB`,
      '≤ ½',
      '¼',
      after.ours && spread(after.ours),
      after.theirs && spread(after.theirs),
      ratioOf(after.ours, after.theirs)
    )
  },
  async load(ensembles) {
    const loads = [
      ['set', 'pipelined'],
      ['create', 'pipelined'],
      ['get', 'pipelined'],
      ['set', 'single'],
      ['get', 'single']
    ]
    for (const [what, how] of loads) {
      const found = { ours: [], theirs: [] }
      for (let round = 0; round < rounds; round++)
        for (const ensemble of ensembles)
          found[ensemble.name].push(ask(ensemble, what, how, String(seconds), '100').perSecond)
      const told = (numbers) => (numbers.length === 0 ? undefined : spread(numbers))
      const ratio = found.ours.length * found.theirs.length === 0 ? undefined : ratioOf(found.ours, found.theirs)
      row(
        `${what} of 100 B, ${how === 'single' ? 'one at a time' : how}, per second`,
        '≥ 1×',
        '≥ 2×',
        told(found.ours),
        told(found.theirs),
        ratio
      )
    }
  },
  kill: (ensembles) => failOver(ensembles, 'leader killed → next acked write', 'SIGKILL', '≤ theirs', '300; 1000'),
  pause: (ensembles) => failOver(ensembles, 'leader paused → next acked write', 'SIGSTOP', '1500', '1000'),
  async sessions(ensembles) {
    const found = await each(ensembles, async (ensemble) => {
      const before = ids.map((id) => rssMb(ensemble.pid(id)))
      const sessions = await openSessions(ensemble.ports, sessionCount, { ephemerals: true })
      await pause(10_000)
      const after = ids.map((id) => rssMb(ensemble.pid(id)))
      const grown = after.reduce((sum, mb, index) => sum + mb - before[index], 0)
      const lost = sessions.lost
      await sessions.close()
      return `${lost} lost, ${((grown * 1024) / sessionCount / ids.length).toFixed(1)} KB a session and member`
    })
    row(`${sessionCount} sessions with an ephemeral each, 10 s`, 'none lost', '8 KB', found.ours, found.theirs)
  },
  async watches(ensembles) {
    const found = await each(ensembles, async (ensemble) => {
      const sessions = await openSessions(ensemble.ports, watchers, {})
      const tookMs = await sessions.watched(watchedZnodes)
      await sessions.close()
      return `${tookMs.toFixed(0)} ms`
    })
    row(`${watchers * watchedZnodes} watches below one parent: all events`, '1000 ms', '', found.ours, found.theirs)
  },
  async znodes(ensembles) {
    const found = await each(ensembles, async (ensemble) => {
      const leader = await leaderOf(ensemble)
      const longest = await probing(ensemble, leader, async (acks) => {
        const growing = spawn(load, [hostsOf(ensemble), 'grow', String(znodeCount), '100'], { stdio: 'inherit' })
        await once(growing, 'close')
        let gap = 0
        for (let i = 1; i < acks.length; i++) gap = Math.max(gap, acks[i][1] - acks[i - 1][1])
        return gap
      })
      const rss = ids.map((id) => rssMb(ensemble.pid(id)))
      const follower = ids.find((id) => id !== leader)
      const pid = ensemble.pid(follower)
      process.kill(pid, 'SIGKILL')
      await isGone(pid)
      const fromMs = nowMs()
      ensemble.start(follower)
      await until(() => serving(ensemble))
      return `longest write ${longest.toFixed(0)} ms, RSS ${spread(rss)} MB, restart ${((nowMs() - fromMs) / 1000).toFixed(1)} s`
    })
    row(`${znodeCount} znodes of 100 B`, 'no pause > 200 ms', '50 ms; 3 s', found.ours, found.theirs)
  }
}

const named = values.clusters.split(',')
const made = () => [new Ours(), new Theirs()].filter(({ name }) => named.includes(name))
build()
compileZooKeeperLoad(load)
const git = (...args) => execFileSync('git', args, { encoding: 'utf8', cwd: root }).trim()
const machine = `${cpus().length} × ${cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}`
console.log(
  `${machine}, commit ${git('rev-parse', '--short', 'HEAD')}; theirs: ZooKeeper 3.8, tickTime ${values.tick}; median (min–max) of ${rounds}\n`
)
let ensembles = []
try {
  if (only.includes('start')) {
    const starts = { ours: [], theirs: [] }
    for (let round = 0; round < rounds; round++)
      for (const ensemble of made()) {
        starts[ensemble.name].push(await up(ensemble))
        await ensemble.down()
      }
    const told = (numbers) => (numbers.length === 0 ? undefined : `${spread(numbers)} ms`)
    const ratio = starts.ours.length * starts.theirs.length === 0 ? undefined : ratioOf(starts.theirs, starts.ours)
    row('3 members to all serving', '≥ 5×', '500 ms, ≥ 10×', told(starts.ours), told(starts.theirs), ratio)
  }
  ensembles = made()
  for (const ensemble of ensembles) await up(ensemble)
  for (const name of only) if (name !== 'start') await measures[name](ensembles)
} finally {
  for (const ensemble of ensembles) await ensemble.down()
  rmSync(work, { recursive: true, force: true })
}
console.log('| what | must | aim | ours | ZooKeeper 3.8 | ratio | load |\n| --- | --- | --- | --- | --- | --- | --- |')
for (const cells of rows) console.log(`| ${cells.join(' | ')} |`)
process.exit(0)
