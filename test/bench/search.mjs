// npm run bench:search: how fast a topic is searched, and what a live tail costs. Needs kcat to fill topics and to be
// compared with, and a built out/ (it builds it).
//   --records N   records of 1 KB (1000000); ten times as many of 100 B
//   --only a,b    text, tail
//   --size S      1 KB or 100 B only
// Each search looks through all of the topic for a text that stands in it once, or for a field. Figures are those of the
// search itself (its progress); memory is the reader's highest RSS, which must not grow with the topic.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from '../../scripts/build.mjs'
import { client, cpuSeconds, processIn, statusMb, up } from './app/lab.mjs'
import { casesOf, filledTopic, grep, needKcat, search, sizes } from './app/search.mjs'

const option = (name, fallback) =>
  process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : fallback
const records = Number(option('--records', '1000000'))
const only = option('--only', 'text,tail').split(',')
const onlySize = option('--size')
const tailSeconds = Number(option('--tail-seconds', '60'))
const work = mkdtempSync(join(tmpdir(), 'lagoon-search-'))
process.env.LAGOON_STATE = join(work, 'state')

async function measureSearch(lab, api) {
  const servers = lab.ready.bootstrapServers
  console.log('| search | found | records | s | MB/s | records/s | reader CPU-s | reader RSS MB, highest |')
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- |')
  for (const kind of sizes.filter(({ label }) => onlySize === undefined || label === onlySize)) {
    const { label, topic, size } = kind
    const count = records * kind.perRecord
    await filledTopic({ api, servers }, kind, count)
    for (const [name, criteria, order] of casesOf(kind)) {
      const run = await search(lab, api, { topic, order, criteria })
      if (run.recordsScanned !== count) throw new Error(JSON.stringify(run))
      console.log(
        `| ${label}: ${name} | ${run.found} | ${count} | ${run.seconds.toFixed(2)} | ${run.megabytesPerSecond.toFixed(0)} | ${(count / run.seconds).toFixed(0)} | ${run.cpu.toFixed(2)} | ${run.rssMb.toFixed(0)}, ${run.highestMb.toFixed(0)} |`
      )
    }
    const grepped = grep(servers, topic, count * size)
    console.log(`| ${label}: kcat \\| grep | 1 | ${count} | – | ${grepped.toFixed(0)} | – | – | – |`)
  }
}

/** 50,000 records a second into a topic that is tailed: what came is what was sent, and nothing grows. */
async function measureTail(lab, api) {
  const servers = lab.ready.bootstrapServers
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
  const pid = processIn(lab.child.pid, 'reader-process.js')
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
    rss.push(statusMb(pid, 'VmRSS'))
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

needKcat()
build()
const lab = await up(join(work, 'cluster'))
try {
  const api = await client(lab.dir)
  if (only.includes('text')) await measureSearch(lab, api)
  if (only.includes('tail')) await measureTail(lab, api)
  api.close()
} finally {
  await lab.stop()
  rmSync(work, { recursive: true, force: true })
}
