/**
 * A cluster at rest after each of LAGOON_FAULTS random faults: leader, replicas and ISR of every partition are on our screens
 * what kafka-topics prints. In the end all replicas hold the same bytes. LAGOON_SEED repeats a run.
 */
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PlacementView, TopicView } from '../../src-main/api/views'
import { ControlClient } from '../../src-main/host/control-client'
import { messageOf } from '../../src-main/kernel/errors'
import { kafkaClassPath, kafkaLog4j } from '../support/kafka-tools'
import { LabCluster, runToEnd, until } from '../support/lab-cluster'
import { RandomFaults } from '../support/random-faults'
import { ScreensClient } from '../support/screens-client'
import { ToolServer } from '../support/tool-server'

const seed = Number(process.env['LAGOON_SEED'] ?? Date.now() % 1_000_000)
const faults = Number(process.env['LAGOON_FAULTS'] ?? 50)
/** Screens are told once a second of what was looked at once a second. */
const shownWithinMs = 20_000
/** What replicas in sync may be behind, replica.lag.time.max.ms, several times. */
const caughtUpWithinMs = 10_000
const topics = [
  { topic: 'three', partitions: 6, replicationFactor: 3 },
  { topic: 'two', partitions: 4, replicationFactor: 2 },
  { topic: 'one', partitions: 3, replicationFactor: 1 },
  { topic: 'risky', partitions: 3, replicationFactor: 3, configs: { 'unclean.leader.election.enable': 'true' } }
] as const

/** By topic, a line for each partition. */
type Table = Readonly<Record<string, readonly string[]>>

const row = (leader: number | null, replicas: readonly number[], isr: readonly number[]): string =>
  `leader ${leader ?? 'none'} replicas ${replicas.join()} isr ${isr.join()}`

describe(`${faults} random faults, seed ${seed}`, () => {
  let cluster: LabCluster
  let client: ControlClient
  let screens: ScreensClient
  let tools: ToolServer
  let lab: RandomFaults
  let placement: PlacementView | undefined

  beforeAll(async () => {
    // So that what is dead is soon known to be, and leadership moves when it is told to.
    const configs = [
      'zookeeper.session.timeout.ms=1500',
      'replica.lag.time.max.ms=1500',
      'auto.leader.rebalance.enable=false'
    ]
    const args = ['--ui', ...configs.flatMap((config) => ['--broker-config', config])]
    ;[cluster, tools] = await Promise.all([LabCluster.start({ brokers: 3, args }), ToolServer.start()])
    client = await ControlClient.connect(cluster.dir)
    screens = await ScreensClient.open(cluster.ready.uiUrl ?? '')
    for (const one of topics) await client.call('topic.create', one)
    screens.watch('placement', (view) => (placement = view))
    lab = new RandomFaults(seed, cluster, client, ['risky'])
  })

  afterAll(async () => {
    screens.close()
    client.close()
    await tools.end()
    expect((await cluster.discard()).code).toBe(0)
  })

  const about = (): string => `seed ${seed}, after:\n  ${lab.done.slice(-12).join('\n  ')}\n`

  async function asKafkaSays(): Promise<Table> {
    const tool = 'org.apache.kafka.tools.TopicCommand'
    const { stdout } = await tools.run(tool, '--bootstrap-server', lab.bootstrap, '--describe')
    const table: Record<string, string[]> = {}
    const line = /Topic: (\S+)\s+Partition: \d+\s+Leader: (\S+)\s+Replicas: (\S+)\s+Isr: (\S*)/g
    for (const [, topic = '', leader, replicas = '', isr = ''] of stdout.matchAll(line))
      (table[topic] ??= []).push(`leader ${leader} replicas ${replicas} isr ${isr}`)
    return table
  }

  const asPlacementSays = (view: PlacementView | undefined): Table =>
    Object.fromEntries(
      (view?.topics ?? []).map(({ name, partitions }) => [
        name,
        partitions.map(({ leader, replicas, isr }) => row(leader, replicas, isr))
      ])
    )

  const asPageSays = (view: TopicView | null): readonly string[] =>
    (view?.partitions ?? []).map(({ leader, replicas, isr }) => row(leader, replicas, isr))

  const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
  const sorted = (table: Table): Table => Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1)))

  /** Asks both until they agree; the failure has what each said last, and the tool's own when it failed. */
  async function expectEqualScreens(): Promise<void> {
    let [kafkas, ours]: [Table, Table] = [{}, {}]
    let complaint = 'kafka-topics did not end'
    await until(
      'Placement is what kafka-topics prints',
      async () => {
        try {
          kafkas = sorted(await asKafkaSays())
          complaint = ''
        } catch (error) {
          complaint = messageOf(error)
          return false
        }
        ours = sorted(asPlacementSays(placement))
        return isEqual(kafkas, ours)
      },
      shownWithinMs
    ).catch(() => {
      if (complaint !== '') throw new Error(`${complaint}\n${about()}`)
      expect(ours, about()).toEqual(kafkas)
    })
    const picked = lab.pick(topics).topic
    let page: readonly string[] = []
    screens.watch(`topic:${picked}`, (view) => (page = asPageSays(view)))
    await until(
      'the page of a topic is what kafka-topics prints',
      () => isEqual(page, kafkas[picked]),
      shownWithinMs
    ).catch(() => expect(page, `${picked}, ${about()}`).toEqual(kafkas[picked]))
  }

  /** Different ones for each partition that can take them. */
  async function write(): Promise<void> {
    const input = Array.from({ length: 20 }, (_, i) => `after ${lab.done.length} ${i}`).join('\n')
    for (const { topic } of topics)
      await runToEnd('kcat', ['-P', '-b', lab.bootstrap, '-t', topic, '-X', 'acks=1', '-X', 'message.timeout.ms=500'], {
        input
      })
  }

  it.each(Array.from({ length: faults }, (_, i) => i + 1))(
    'fault %i: our screens show what kafka-topics prints',
    async () => {
      await lab.next()
      await expectEqualScreens()
      await write()
    }
  )

  it('all is healed: kafka-dump-log prints the same of each replica', async () => {
    await lab.healAll()
    await expectEqualScreens()
    for (const [topic, rows] of Object.entries(await asKafkaSays())) {
      if (topic.startsWith('__')) continue
      for (const [partition, said] of rows.entries()) {
        const replicas = /replicas (\S+)/.exec(said)?.[1]?.split(',').map(Number) ?? []
        await expectEqualDumps(replicas, `${topic}-${partition}`)
      }
    }
  })

  /** One in the ISR may still lack the last records: a disk that was full is tried again after replica.fetch.backoff.ms. */
  async function expectEqualDumps(replicas: readonly number[], partition: string): Promise<void> {
    let dumps: readonly string[] = []
    await until(
      `${partition} is the same everywhere`,
      async () => {
        dumps = await Promise.all(replicas.map((id) => dumped(id, partition)))
        return dumps.every((dump) => dump === dumps[0])
      },
      caughtUpWithinMs
    ).catch((error: unknown) => {
      for (const dump of dumps) expect(dump, `${partition}, ${about()}`).toBe(dumps[0])
      throw error
    })
  }

  async function dumped(brokerId: number, partition: string): Promise<string> {
    const folder = join(cluster.node(`broker-${brokerId}`).dataDir, partition)
    const files = readdirSync(folder)
      .filter((name) => name.endsWith('.log'))
      .sort()
      .map((name) => join(folder, name))
    const { stdout } = await tools.run(
      'kafka.tools.DumpLogSegments',
      '--deep-iteration',
      '--print-data-log',
      '--files',
      files.join()
    )
    return stdout.replace(/^(Dumping|Log starting).*$/gm, '')
  }

  it('kafka-replica-verification finds no replica behind', async () => {
    const jvm = [
      '-Xmx256m',
      '-XX:TieredStopAtLevel=1',
      `-Dlog4j.configuration=file:${kafkaLog4j}`,
      '-cp',
      await kafkaClassPath()
    ]
    const args = ['--broker-list', cluster.bootstrap, '--topics-include', 'one|two|three|risky', '--time', '-2']
    const tool = 'org.apache.kafka.tools.ReplicaVerificationTool'
    const child = spawn('java', [...jvm, tool, ...args, '--report-interval-ms', '2000'], {
      stdio: ['ignore', 'pipe', 'pipe']
    })
    const lines: string[] = []
    let complaint = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text))
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
    try {
      // It goes round until it is ended; what it has not read yet counts as lag.
      const isWhole = (line: string) => /max lag is 0 for partition \S+ at offset \d+ among 16 partitions/.test(line)
      await until(
        'it finds no lag, report after report',
        () => lines.length > 3 && lines.slice(-3).every(isWhole),
        60_000,
        () => `${lines.join('\n')} ${complaint}`
      )
      expect(
        lines.filter((line) => /differ|checksum|mismatch/i.test(line)),
        about()
      ).toEqual([])
    } finally {
      child.kill('SIGKILL')
    }
  })
})
