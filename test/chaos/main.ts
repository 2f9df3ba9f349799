/**
 * Chaos with real processes and real clients: a cluster of `lagoon up`, librdkafka, kafkajs and Java's clients that write
 * down what they were told, a plan of faults made of a seed, and one checker that holds the history against the logs.
 *   --seconds 60 | --minutes 60   how long faults happen   --seed N   another plan   --rate N   records a second
 *   --without-java                 needs no Maven           --keep     keeps the folders of a run without a fault
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ChaosClients, durableTopic, riskyProducer, riskyTopic } from './chaos-clients'
import { ChaosCluster } from './chaos-cluster'
import { ChaosFaults } from './chaos-faults'
import { loseOnPurpose } from './chaos-loss'
import { configsOf, planOf } from './chaos-plan'
import { checkHistory, type Anomaly, type AnomalyKind, type FinalRecord } from './history-checker'
import { until } from '../support/lab-cluster'

const partitions = 6
/** Records of all producers in the whole run: they are kept in memory, several times. */
const recordsMax = 900_000
const ratePerSecond = 700
const withinMs = 120_000
const anomaliesShown = 15
const kinds: readonly AnomalyKind[] = [
  'lost',
  'moved',
  'duplicate',
  'reordered',
  'phantom',
  'twoValues',
  'readBack',
  'skipped',
  'endWentBack',
  'commitWentBack'
]

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    rate: { type: 'string' },
    root: { type: 'string', default: process.cwd() },
    'without-java': { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false }
  }
})
const seconds = options.minutes === undefined ? Number(options.seconds ?? 60) : Number(options.minutes) * 60
const seed = Number(options.seed ?? Date.now() % 1_000_000)
const rate = Number(options.rate ?? Math.min(ratePerSecond, recordsMax / seconds))
const folder = join(options.root, 'out', 'chaos', `seed-${seed}`)
/** Of lost offsets. */
const rangesShown = 20
const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6
const beganMs = monotonicMs()
const story: string[] = []
const checks: { readonly name: string; readonly isGood: boolean; readonly words: string }[] = []
const violations: string[] = []

const at = (ms: number): string => `${((ms - beganMs) / 1000).toFixed(1).padStart(7)} s`
function tell(words: string): void {
  const line = `${at(monotonicMs())}  ${words}`
  story.push(line)
  console.log(line)
}
function violated(words: string): void {
  violations.push(words)
  tell(`VIOLATED: ${words}`)
}
function check(name: string, isGood: boolean, words = ''): void {
  checks.push({ name, isGood, words })
}

async function run(cluster: ChaosCluster, clients: ChaosClients): Promise<void> {
  const { client, lab } = cluster
  await client.call('topic.create', {
    topic: durableTopic,
    partitions,
    replicationFactor: 3,
    configs: { 'min.insync.replicas': '2', 'retention.ms': '-1', 'segment.bytes': '1000000' }
  })
  await client.call('topic.create', {
    topic: riskyTopic,
    partitions: 1,
    replicationFactor: 3,
    configs: { 'min.insync.replicas': '1', 'retention.ms': '-1', 'unclean.leader.election.enable': 'true' }
  })
  await clients.start()
  await until(
    'every producer is acknowledged something',
    () => clients.expectedEnds.every((name) => clients.ackCount(name) > 0),
    withinMs
  )
  tell('all clients are at work')

  const faults = new ChaosFaults({ cluster, tell, violated })
  await faults.run(planOf(seed, seconds, lab.brokerIds))
  await faults.heal()
  await cluster.rest('the cluster comes to rest when all is healed', withinMs)
  tell('all is healed, and at rest')
  const before = new Map(clients.expectedEnds.map((name) => [name, clients.ackCount(name)]))
  await until(
    'every producer goes on',
    () => [...before].every(([name, count]) => clients.ackCount(name) > count),
    withinMs,
    () => [...before].map(([name, count]) => `${name} ${clients.ackCount(name) - count}`).join(', ')
  )

  await loseOnPurpose(cluster, clients, tell)
  await cluster.rest('the cluster comes to rest after the loss', withinMs)
  tell('producers end')
  await clients.quiet()
  await until(
    'each producer says what it sent',
    () => clients.expectedEnds.every((name) => clients.ends.has(name)),
    withinMs
  )
  await judge(cluster, clients, faults)
}

async function judge(cluster: ChaosCluster, clients: ChaosClients, faults: ChaosFaults): Promise<void> {
  const finalLogs = new Map<string, readonly FinalRecord[]>()
  const ends = new Map<string, number>()
  for (let partition = 0; partition < partitions; partition++) {
    const log = await cluster.finalLog(durableTopic, partition)
    finalLogs.set(`${durableTopic}-${partition}`, log)
    ends.set(`${durableTopic}-${partition}`, (log.at(-1)?.offset ?? -1) + 1)
  }
  finalLogs.set(`${riskyTopic}-0`, await cluster.finalLog(riskyTopic, 0))
  await until(
    'every reader comes to the end',
    () => clients.behind(ends).length === 0,
    withinMs,
    () => clients.behind(ends).slice(0, 10).join('; ')
  )
  await clients.stop()
  tell('all clients have ended; the history is checked')

  const entries = clients.history()
  const anomalies = checkHistory({ entries, finalLogs, promises: clients.promises })
  for (const kind of kinds) {
    const found = anomalies.filter((one) => one.kind === kind)
    check(`no record or offset is ${kind}`, found.length === 0, shown(found))
  }
  const left = [...clients.ends].filter(([, { left, failed }]) => left > 0 || failed > 0)
  const undelivered = left.map(([name, end]) => `${name} ${JSON.stringify(end)}`)
  check('all that is sent is acknowledged in the end', undelivered.length === 0, undelivered.join(', '))
  check('no client complains', clients.complaints.length === 0, clients.complaints.slice(0, 10).join('\n    '))
  const differing = [
    ...(await cluster.differingReplicas(durableTopic, partitions, withinMs)),
    ...(await cluster.differingReplicas(riskyTopic, 1, withinMs))
  ]
  check('all replicas have the same bytes', differing.length === 0, differing.join('\n    '))

  // The same history, held against a promise that nobody gave.
  const asked = new Map([[riskyProducer, { isDurable: true, isIdempotent: false }]])
  const risky = entries.filter((entry) => entry.type === 'acked' && entry.producer === riskyProducer)
  const riskyLog = new Map([[`${riskyTopic}-0`, finalLogs.get(`${riskyTopic}-0`) ?? []]])
  const lost = checkHistory({ entries: risky, finalLogs: riskyLog, promises: asked }).filter(
    ({ kind }) => kind === 'lost'
  )
  const offsets = lost.flatMap((one) => one.offsets)
  check('the checker finds what acks=1 has lost by an unclean election', lost.length > 0)
  tell(`acks=1 has lost ${lost.length} acknowledged records, at offsets ${ranges(offsets)}`)
  for (const [name, { count, gapMs, gapAtMs }] of clients.acks())
    tell(`${name}: ${count} acknowledged; longest without: ${(gapMs / 1000).toFixed(1)} s, from ${at(gapAtMs).trim()}`)
  tell(`faults: ${[...faults.done].map(([kind, count]) => `${count} ${kind}`).join(', ')}`)
  const read = entries.filter(({ type }) => type === 'read').length
  const acked = [...clients.acks().values()].reduce((sum, { count }) => sum + count, 0)
  tell(`${entries.length} entries: ${acked} acknowledged, ${read} read`)
}

const shown = (found: readonly Anomaly[]): string =>
  found
    .slice(0, anomaliesShown)
    .map(({ partition, offsets, what }) => `${partition} @ ${offsets.slice(0, 20).join(', ')}: ${what}`)
    .concat(found.length > anomaliesShown ? [`and ${found.length - anomaliesShown} more`] : [])
    .join('\n    ')

/** 1–3, 7 */
/** The first of them in words: after an unclean election the same offset was acknowledged more than once, and of an hour there are thousands. */
function ranges(offsets: readonly number[]): string {
  const parts: [number, number][] = []
  for (const offset of [...new Set(offsets)].sort((a, b) => a - b)) {
    const last = parts.at(-1)
    if (last?.[1] === offset - 1) last[1] = offset
    else parts.push([offset, offset])
  }
  const shown = parts.slice(0, rangesShown).map(([from, to]) => (from === to ? String(from) : `${from}–${to}`))
  const more = parts.length - shown.length
  return `${shown.join(', ')}${more > 0 ? ` and ${more} ranges more` : ''}`
}

async function main(): Promise<boolean> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  console.log(`seed ${seed}: ${seconds} s of faults, ${Math.round(rate)} records a second; ${folder}`)
  const configs = configsOf(seed)
  console.log(`brokers have ${configs.join(', ')}`)
  const cluster = await ChaosCluster.start(configs.flatMap((config) => ['--broker-config', config]))
  const clients = new ChaosClients({
    bootstrap: cluster.lab.bootstrap,
    scripts: join(options.root, 'test', 'chaos', 'clients'),
    folder,
    partitions,
    riskyPartitions: 1,
    rate,
    withJava: !options['without-java'],
    remark: tell
  })
  try {
    await run(cluster, clients)
  } catch (error) {
    violated(error instanceof Error ? error.message : String(error))
    for (const complaint of clients.complaints) violated(complaint)
  } finally {
    clients.kill()
  }
  check('it comes to rest, and to its end', violations.length === 0, violations.join('\n    '))
  const isGood = checks.every((one) => one.isGood)
  const isKept = !isGood || options.keep
  if (isKept) for (const [words, count] of clients.remarks) story.push(`${count} × ${words}`)
  writeFileSync(join(folder, 'story.txt'), `${story.join('\n')}\n`)
  const code = await cluster.close(isKept)
  check('the cluster ends by itself', code === 0, `it ended with ${code}`)
  if (isKept) console.log(`kept: ${folder} (what clients said, the story), ${cluster.lab.dir} (the cluster)`)
  else rmSync(folder, { recursive: true, force: true })
  return isGood && code === 0
}

const isGood = await main()
for (const { name, words } of checks.filter((one) => !one.isGood)) console.log(`  ✗ seed ${seed}: ${name}: ${words}`)
const good = checks.filter((one) => one.isGood).length
console.log(`${good} passed, ${checks.length - good} failed`)
process.exit(isGood ? 0 : 1)
