/**
 * CreateTopics from end to end: so many topics of one partition in one request to a cluster of three brokers, until it is
 * answered. Meanwhile another client produces and fetches one record again and again: the longest that it waited. At the end
 * the memory of every node.
 *
 *   node scripts/build.mjs && node test/bench/create-topics.mjs [topics ...]
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { rolldown } from 'rolldown'

async function load() {
  const entry = `${import.meta.dirname}/create-topics-parts.ts`
  const bundle = await rolldown({ input: entry, platform: 'node', external: [/^node:/, '@node-rs/crc32', 'lz4-napi'] })
  const file = join(import.meta.dirname, '../../node_modules/.cache/bench/create-topics-parts.mjs')
  await bundle.write({ file, format: 'esm' })
  return import(file)
}

process.env.LAGOON_TEST_OUT ??= join(import.meta.dirname, '../../out/main')
const { RawCluster, batchOf, fetchFrom, produceTo } = await load()

const residentMiB = (pid) =>
  Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024)

const cpuSeconds = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return ((Number(fields[11]) + Number(fields[12])) / 100).toFixed(1)
}

/** How long another client waited at most for a record to be stored and fetched, in ms. */
async function longestWaitWhile(client, work) {
  let isOver = false
  const over = work.finally(() => (isOver = true))
  let longest = 0
  while (!isOver) {
    const sentMs = performance.now()
    const { baseOffset } = await produceTo(client, 'other', batchOf(['a']))
    await fetchFrom(client, 'other', Number(baseOffset))
    longest = Math.max(longest, performance.now() - sentMs)
    await setTimeout(1)
  }
  await over
  return longest
}

for (const count of (process.argv.length > 2 ? process.argv.slice(2) : ['2000', '10000', '20000']).map(Number)) {
  const cluster = await RawCluster.start({ brokers: 3 })
  await cluster.createTopic('other')
  const controller = await cluster.controllerId()
  const other = await cluster.connect(await cluster.leaderId('other'))
  const asked = Array.from({ length: count }, (_, i) => ({
    name: `topic-${i}`,
    numPartitions: 1,
    replicationFactor: 1,
    assignments: [],
    configs: []
  }))
  const beganMs = performance.now()
  const creating = cluster.ask(controller, 'createTopics', 7, { topics: asked, timeoutMs: 600_000 })
  const othersMs = await longestWaitWhile(other, creating)
  const seconds = (performance.now() - beganMs) / 1000
  const failed = (await creating).topics.filter(({ errorCode }) => errorCode !== 0).length
  const memory = () =>
    cluster.lab.ready.nodes.map(({ name, pid }) => `${name} ${residentMiB(pid)} (${cpuSeconds(pid)} s)`).join(', ')
  const atOnce = memory()
  await setTimeout(Number(process.env.SETTLE_MS ?? 60_000))
  console.log(
    `${count} topics: ${seconds.toFixed(1)} s, ${failed} failed, others ${Math.round(othersMs)} ms; MiB (and CPU) at the end: ${atOnce}; a minute later: ${memory()}`
  )
  other.close()
  await cluster.discard()
}
