// node test/bench/search.mjs: how fast a topic is searched, and what a live tail costs. Needs kcat to fill topics and to be
// compared with, and a built out/ (it builds it).
//   --records N   records of 1 KB (1000000); ten times as many of 100 B
//   --only a,b    text, tail
// Each search looks through all of the topic for a text that stands in it once, or for a field. Figures are those of the
// search itself (its progress); memory is the reader's highest RSS (VmHWM), which must not grow with the topic.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from '../../scripts/build.mjs'

const root = resolve(import.meta.dirname, '../..')
const cli = join(root, 'out/main/cli.js')
const option = (name, fallback) =>
  process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : fallback
const records = Number(option('--records', '1000000'))
const only = option('--only', 'text,tail').split(',')
const tailSeconds = Number(option('--tail-seconds', '60'))
const work = mkdtempSync(join(tmpdir(), 'lagoon-search-'))
const megabyte = 1e6

/** What stands once in each topic, in its last third. */
const needle = 'needle-7c1f9a'

async function up() {
  const dir = join(work, 'cluster')
  const child = spawn(process.execPath, [cli, 'up', '--json', '--data', dir], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return { child, dir, ready: JSON.parse(line) }
}

/** The API on the control socket: a line of JSON each way (src-main/api/wire.ts). */
async function client(dir) {
  const socket = connect(join(dir, 'lagoon.sock'))
  await once(socket, 'connect')
  const calls = new Map()
  const watches = new Map()
  createInterface({ input: socket, crlfDelay: Infinity }).on('line', (line) => {
    const message = JSON.parse(line)
    if (message.type === 'push') watches.get(message.key)?.(message.value)
    else calls.get(message.id)?.(message)
  })
  let id = 0
  const send = (message) => socket.write(`${JSON.stringify(message)}\n`)
  return {
    call: async (name, input) => {
      const own = ++id
      const answer = new Promise((done) => calls.set(own, done))
      send({ type: 'call', id: own, name, input })
      const { type, value, error } = await answer
      if (type === 'error') throw new Error(error.message)
      return value
    },
    watch: (key, listener) => {
      watches.set(key, listener)
      send({ type: 'watch', key })
    },
    close: () => socket.destroy()
  }
}

/** Records to kcat's stdin, as fast as it takes them. */
async function fill(servers, topic, count, size) {
  const kcat = spawn(
    'kcat',
    ['-P', '-b', servers, '-t', topic, '-X', 'linger.ms=20', '-X', 'batch.num.messages=2000'],
    {
      stdio: ['pipe', 'inherit', 'inherit']
    }
  )
  let block = []
  for (let i = 0; i < count; i++) {
    const head = `{"id":${i},"level":"info","order":{"total":${(i % 1000) / 10},"id":9223372036854775807},"text":"`
    const mark = i === Math.floor(count * 0.8) ? needle : ''
    block.push(`${head}${mark}${'lorem ipsum dolor sit amet '.repeat(40)}`.slice(0, size - 2) + '"}\n')
    if (block.length === 2000 || i === count - 1) {
      if (!kcat.stdin.write(block.join(''))) await once(kcat.stdin, 'drain')
      block = []
    }
  }
  kcat.stdin.end()
  await once(kcat, 'exit')
}

function readerPid() {
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      if (command.includes('reader-process.js') && command.includes(work)) return pid
    } catch {
      // gone meanwhile
    }
  }
  throw new Error('the reader does not run')
}
const memoryMb = (pid, field) =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
const cpuSeconds = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

async function search(api, topic, criteria, order) {
  const { job } = await api.call('search.open', { topic, order, criteria, limit: 100 })
  return await new Promise((done) => {
    api.watch(`job:${job}`, (push) => {
      if (push.state !== 'running') done(push)
    })
  })
}

async function measureSearch(api, servers) {
  const topics = [
    ['1 KB', 'kilobytes', records, 1024],
    ['100 B', 'hundreds', records * 10, 100]
  ]
  console.log('| search | order | found | records | s | MB/s | records/s | reader RSS MB, highest |')
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- |')
  for (const [label, topic, count, size] of topics) {
    await api.call('topic.create', { topic, partitions: 6 })
    await fill(servers, topic, count, size)
    const field = size > 200 ? 'order.total == 99.9' : 'id == 12345'
    const cases = [
      ['text', [{ type: 'text', text: needle, isCaseSensitive: true }], 'newestFirst'],
      ['text', [{ type: 'text', text: needle, isCaseSensitive: true }], 'oldestFirst'],
      ['text, any case', [{ type: 'text', text: needle.toUpperCase() }], 'newestFirst'],
      [`field ${field}`, [{ type: 'field', expression: field }], 'newestFirst'],
      ['field id > 9e18', [{ type: 'field', expression: 'id > 9000000000000000000' }], 'newestFirst'],
      [
        'regex needle-[0-9a-f]+',
        [{ type: 'regex', pattern: 'needle-[0-9a-f]+', isCaseSensitive: true }],
        'newestFirst'
      ],
      ['tombstones', [{ type: 'tombstone' }], 'newestFirst']
    ]
    for (const [name, criteria, order] of cases) {
      const { progress, state } = await search(api, topic, criteria, order)
      if (state !== 'done' || progress.recordsScanned !== count) throw new Error(JSON.stringify(progress))
      const seconds = progress.elapsedMs / 1000
      console.log(
        `| ${label}: ${name} | ${order} | ${progress.found} | ${progress.recordsScanned} | ${seconds.toFixed(2)} | ${(progress.bytesScanned / megabyte / seconds).toFixed(0)} | ${(progress.recordsScanned / seconds).toFixed(0)} | ${memoryMb(readerPid(), 'VmHWM').toFixed(0)} |`
      )
    }
    const startedMs = performance.now()
    const command = `kcat -C -e -q -b '${servers}' -t ${topic} -o beginning | grep -c ${needle}`
    const found = execFileSync('sh', ['-c', command], { encoding: 'utf8' }).trim()
    const seconds = (performance.now() - startedMs) / 1000
    console.log(
      `| ${label}: kcat \\| grep | oldest first | ${found} | ${count} | ${seconds.toFixed(2)} | ${((count * size) / megabyte / seconds).toFixed(0)} | ${(count / seconds).toFixed(0)} | – |`
    )
  }
}

/** 50,000 records a second into a topic that is tailed: what came is what was sent, and nothing grows. */
async function measureTail(api, servers) {
  await api.call('topic.create', { topic: 'tailed', partitions: 6 })
  const { job } = await api.call('tail.open', { topic: 'tailed', criteria: [] })
  let last
  let pushes = 0
  let shown = 0
  let largest = 0
  api.watch(`job:${job}`, (push) => {
    last = push
    pushes += 1
    shown += push.records.length
    largest = Math.max(largest, push.records.length)
  })
  while (last === undefined) await new Promise((done) => setTimeout(done, 50))
  const pid = readerPid()
  const cpuBefore = cpuSeconds(pid)
  const startedMs = performance.now()
  const kcat = spawn('kcat', ['-P', '-b', servers, '-t', 'tailed', '-X', 'linger.ms=20'], {
    stdio: ['pipe', 'inherit', 'inherit']
  })
  const line = `${JSON.stringify({ level: 'info', text: 'x'.repeat(200) })}\n`
  const perTick = line.repeat(500)
  let sent = 0
  const rss = []
  while (performance.now() - startedMs < tailSeconds * 1000) {
    const due = Math.floor(((performance.now() - startedMs) / 1000) * 100) * 500
    for (; sent < due; sent += 500) if (!kcat.stdin.write(perTick)) await once(kcat.stdin, 'drain')
    rss.push(memoryMb(pid, 'VmRSS'))
    await new Promise((done) => setTimeout(done, 100))
  }
  kcat.stdin.end()
  await once(kcat, 'exit')
  while (last.arrived < sent) await new Promise((done) => setTimeout(done, 50))
  const seconds = (performance.now() - startedMs) / 1000
  const third = Math.floor(rss.length / 3)
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
  console.log(
    `\n| live tail | records/s | arrived | sent | shown + skipped | pushes/s | records in a push | reader CPU % | RSS MB, first and last third |`
  )
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |')
  console.log(
    `| ${tailSeconds} s | ${(sent / seconds).toFixed(0)} | ${last.arrived} | ${sent} | ${shown + last.skipped} | ${(pushes / seconds).toFixed(1)} | ≤ ${largest} | ${(((cpuSeconds(pid) - cpuBefore) / seconds) * 100).toFixed(1)} | ${mean(rss.slice(0, third)).toFixed(0)}, ${mean(rss.slice(-third)).toFixed(0)} |`
  )
  await api.call('job.close', { job })
}

if (spawnSync('kcat', ['-V']).status !== 0) throw new Error('kcat is not installed: apt-get install kcat')
build()
const { child, dir, ready } = await up()
try {
  const api = await client(dir)
  if (only.includes('text')) await measureSearch(api, ready.bootstrapServers)
  if (only.includes('tail')) await measureTail(api, ready.bootstrapServers)
  api.close()
} finally {
  child.kill('SIGINT')
  await once(child, 'exit')
  rmSync(work, { recursive: true, force: true })
}
