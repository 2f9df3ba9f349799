// Searches through whole topics: what stands in them once, or a field; and kcat | grep beside it.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { client, cpuSeconds, pause, processIn, statusMb, up } from './lab.mjs'

const megabyte = 1e6
const sampleEveryMs = 250
/** What stands once in each topic, in its last third. */
const needle = 'needle-7c1f9a'
const text = 'lorem ipsum dolor sit amet '.repeat(40)

export const sizes = [
  { label: '1 KB', topic: 'kilobytes', perRecord: 1, size: 1024, field: 'order.total == 99.9' },
  { label: '100 B', topic: 'hundreds', perRecord: 10, size: 100, field: 'id == 12345' }
]

/** Records to kcat's stdin, as fast as it takes them. */
export async function fill(servers, topic, count, size) {
  const args = ['-P', '-b', servers, '-t', topic, '-X', 'linger.ms=20', '-X', 'batch.num.messages=2000']
  const kcat = spawn('kcat', args, { stdio: ['pipe', 'inherit', 'inherit'] })
  let block = []
  for (let i = 0; i < count; i++) {
    const head = `{"id":${i},"level":"info","order":{"total":${(i % 1000) / 10},"id":9223372036854775807},"text":"`
    const mark = i === Math.floor(count * 0.8) ? needle : ''
    block.push(`${(head + mark + text).slice(0, size - 2)}"}\n`)
    if (block.length === 2000 || i === count - 1) {
      if (!kcat.stdin.write(block.join(''))) await once(kcat.stdin, 'drain')
      block = []
    }
  }
  kcat.stdin.end()
  await once(kcat, 'exit')
}

/** One search to its end; memory of the reader while it ran, by samples. */
export async function search(lab, api, query) {
  const { job } = await api.call('search.open', { limit: 100, ...query })
  const pid = processIn(lab.child.pid, 'reader-process.js')
  const rss = []
  let last
  api.watch(`job:${job}`, (push) => (last = push))
  const before = cpuSeconds(pid)
  while (last === undefined || last.state === 'running') {
    rss.push(statusMb(pid, 'VmRSS'))
    await pause(sampleEveryMs)
  }
  await api.call('job.close', { job })
  const { progress, state } = last
  if (state !== 'done') throw new Error(JSON.stringify(last))
  const seconds = progress.elapsedMs / 1000
  return {
    ...progress,
    seconds,
    megabytesPerSecond: progress.bytesScanned / megabyte / seconds,
    cpu: cpuSeconds(pid) - before,
    rssMb: Math.max(...rss, statusMb(pid, 'VmRSS')),
    highestMb: statusMb(pid, 'VmHWM')
  }
}

export const casesOf = ({ field }) => [
  ['text', [{ type: 'text', text: needle, isCaseSensitive: true }], 'newestFirst'],
  ['text, oldest first', [{ type: 'text', text: needle, isCaseSensitive: true }], 'oldestFirst'],
  ['text, any case', [{ type: 'text', text: needle.toUpperCase() }], 'newestFirst'],
  [`field ${field}`, [{ type: 'field', expression: field }], 'newestFirst'],
  ['field id > 9e18', [{ type: 'field', expression: 'id > 9000000000000000000' }], 'newestFirst'],
  ['regex needle-[0-9a-f]+', [{ type: 'regex', pattern: 'needle-[0-9a-f]+', isCaseSensitive: true }], 'newestFirst'],
  ['tombstones', [{ type: 'tombstone' }], 'newestFirst']
]

/** MB/s of kcat | grep over the same topic. */
export function grep(servers, topic, bytes) {
  const startedMs = performance.now()
  const command = `kcat -C -e -q -b '${servers}' -t ${topic} -o beginning | grep -c ${needle}`
  const found = spawnSync('sh', ['-c', command], { encoding: 'utf8' }).stdout.trim()
  if (found !== '1') throw new Error(`kcat | grep found ${found}`)
  return bytes / megabyte / ((performance.now() - startedMs) / 1000)
}

export function needKcat() {
  if (spawnSync('kcat', ['-V']).status !== 0) throw new Error('kcat is not installed: apt-get install kcat')
}

export async function filledTopic({ api, servers }, { topic, size }, count) {
  await api.call('topic.create', { topic, partitions: 6 })
  await fill(servers, topic, count, size)
}

/** For the table of the app: text and field path, each twice. */
export async function searchRows({ work, records }) {
  needKcat()
  const lab = await up(join(work, 'search', 'cluster'))
  const api = await client(lab.dir)
  const servers = lab.ready.bootstrapServers
  const rows = []
  try {
    for (const kind of sizes) {
      const count = records * kind.perRecord
      await filledTopic({ api, servers }, kind, count)
      const said = []
      for (const [name, criteria, order] of casesOf(kind).filter(([one]) => /^text$|^field \S+ ==/.test(one))) {
        const runs = []
        for (let run = 0; run < 2; run++) runs.push(await search(lab, api, { topic: kind.topic, order, criteria }))
        const wrong = runs.find(({ recordsScanned, found }) => recordsScanned !== count || found < 1)
        if (wrong !== undefined) throw new Error(JSON.stringify(wrong))
        const list = (of) => runs.map(of).join(' and ')
        said.push(
          `${name} ${list((run) => run.megabytesPerSecond.toFixed(0))} MB/s, reader ${list((run) => run.rssMb.toFixed(0))} MB at most`
        )
      }
      const grepped = grep(servers, kind.topic, count * kind.size)
      rows.push({
        what: `search over ${count.toLocaleString('en')} records of ${kind.label}`,
        must: '≥ 150 MB/s text, constant memory',
        aim: '≥ 400 MB/s',
        measured: [...said, `kcat \\| grep ${grepped.toFixed(0)} MB/s`].join('; ')
      })
    }
  } finally {
    api.close()
    await lab.stop()
  }
  return rows
}
