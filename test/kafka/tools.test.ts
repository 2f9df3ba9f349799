/** Kafka 3.9.1's own tools and Java's clients against a cluster of ours. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ControlClient } from '../../src-main/host/control-client'
import { dumpLog, kafkaClassPath, runKafkaTool } from '../support/kafka-tools'
import { LabCluster, runToEnd, until } from '../support/lab-cluster'

const run = promisify(execFile)

interface GroupDescription {
  readonly groupId: string
  readonly state: string
  readonly partitions: readonly {
    readonly topic: string
    readonly partition: number
    readonly committedOffset: number | null
    readonly endOffset: number | null
    readonly lagRecords: number | null
    readonly memberId: string | null
  }[]
}

describe('Kafka 3.9.1', () => {
  let cluster: LabCluster
  const classes = mkdtempSync(join(tmpdir(), 'lagoon-java-'))

  beforeAll(async () => {
    await kafkaClassPath()
    cluster = await LabCluster.start({ brokers: 3 })
  })

  afterAll(async () => {
    rmSync(classes, { recursive: true, force: true })
    expect((await cluster.discard()).code).toBe(0)
  })

  const topics = (...args: string[]) =>
    runKafkaTool('org.apache.kafka.tools.TopicCommand', ['--bootstrap-server', cluster.bootstrap, ...args])

  it('kafka-topics creates, describes, lists and deletes', async () => {
    const name = 'tools.topics'
    await topics(
      '--create',
      '--topic',
      name,
      '--partitions',
      '4',
      '--replication-factor',
      '1',
      '--config',
      'retention.ms=60000'
    )
    const { stdout } = await topics('--describe', '--topic', name)
    expect(stdout).toMatch(/PartitionCount: 4\s+ReplicationFactor: 1\s+Configs: .*retention\.ms=60000/)
    expect(stdout.match(/Leader: [123]\s+Replicas: [123]\s+Isr: [123]/g)).toHaveLength(4)
    await expect(topics('--create', '--topic', name)).rejects.toThrow(/already exists/)
    await topics('--delete', '--topic', name)
    expect((await topics('--list')).stdout.split('\n')).not.toContain(name)
  })

  it('Java’s producer and consumers share, commit, resume; its admin client sees and deletes it all', async () => {
    const classPath = await kafkaClassPath()
    await run('javac', ['-cp', classPath, '-d', classes, join(import.meta.dirname, 'GroupClient.java')])
    const args = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', [classes, classPath].join(delimiter)]
    const ended = await runToEnd('java', [...args, 'GroupClient', cluster.bootstrap, 'java.clients'])

    expect(ended.code, ended.stderr).toBe(0)
    expect(ended.stdout.trim().split('\n')).toEqual([
      'created 6',
      'produced none',
      'produced gzip',
      'produced snappy',
      'produced lz4',
      'produced zstd',
      'shared',
      'produced none',
      'resumed 600',
      'committed 3600',
      'state Empty',
      'controller true',
      'configs true',
      'dirs 3',
      'deleted true'
    ])
  })

  it('10,000 random keys are on the partitions where Java’s producer puts them', async () => {
    const topic = 'java.keys'
    const partitions = 7
    await topics('--create', '--topic', topic, '--partitions', String(partitions), '--replication-factor', '1')
    // Any bytes of any length, the empty key too.
    const keys = Array.from({ length: 10_000 }, (_, i) => randomBytes(i % 41).toString('base64'))
    const classPath = await kafkaClassPath()
    await run('javac', ['-cp', classPath, '-d', classes, join(import.meta.dirname, 'KeyPartitions.java')])
    const java = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', [classes, classPath].join(delimiter), 'KeyPartitions']
    const told = await runToEnd('java', [...java, String(partitions)], { input: `${keys.join('\n')}\n` })
    expect(told.code, told.stderr).toBe(0)

    const client = await ControlClient.connect(cluster.dir)
    const { records } = await client.call('records.produce', {
      topic,
      acks: -1,
      records: keys.map((key) => ({ key: { base64: key }, value: 'v' }))
    })
    client.close()

    expect(records.map(({ partition }) => partition)).toEqual(told.stdout.trim().split('\n').map(Number))
    expect(records.flatMap(({ offset, error }) => (offset === null ? [error] : []))).toEqual([])
  })

  it('console producer and consumer, get-offsets, and lag that equals ours cell by cell', async () => {
    const topic = 'tools.lag'
    await topics('--create', '--topic', topic, '--partitions', '3', '--replication-factor', '1')
    for (let partition = 0; partition < 3; partition++) {
      const lines = Array.from({ length: 10 + partition * 5 }, (_, i) => `p${partition}-${i}`).join('\n')
      const kcat = ['-P', '-b', cluster.bootstrap, '-t', topic, '-p', String(partition)]
      expect((await runToEnd('kcat', kcat, { input: `${lines}\n` })).code).toBe(0)
    }
    const offsets = await runKafkaTool('org.apache.kafka.tools.GetOffsetShell', [
      '--bootstrap-server',
      cluster.bootstrap,
      '--topic',
      topic
    ])
    expect(offsets.stdout.trim().split('\n').sort()).toEqual([`${topic}:0:10`, `${topic}:1:15`, `${topic}:2:20`])

    const consumed = await runKafkaTool('org.apache.kafka.tools.consumer.ConsoleConsumer', [
      ...['--bootstrap-server', cluster.bootstrap, '--topic', topic, '--group', 'tools.lag.group'],
      ...['--from-beginning', '--max-messages', '30', '--timeout-ms', '20000']
    ])
    const read = consumed.stdout.trim().split('\n')
    expect(read).toHaveLength(30)
    expect(new Set(read).size).toBe(30)

    const described = await runKafkaTool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', [
      ...['--bootstrap-server', cluster.bootstrap, '--describe', '--group', 'tools.lag.group']
    ])
    const cells = described.stdout
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([group]) => group === 'tools.lag.group')
      .map(([, name, partition, committed, end, lag]) => [name, partition, committed, end, lag])
      .sort()
    expect(cells).toHaveLength(3)
    const ours = await cluster.verb<GroupDescription>('group', 'describe', 'tools.lag.group')
    const ownCells = ours.partitions
      .map(({ topic: name, partition, committedOffset, endOffset, lagRecords }) =>
        [name, partition, committedOffset ?? '-', endOffset ?? '-', lagRecords ?? '-'].map(String)
      )
      .sort()
    expect(ownCells).toEqual(cells)
    expect(ours.state).toBe('Empty')
  })

  it('kafka-configs changes topics and brokers, and describes what holds', async () => {
    const topic = 'tools.configs'
    await topics('--create', '--topic', topic, '--partitions', '2', '--replication-factor', '1')
    const configs = async (...args: string[]) =>
      (await runKafkaTool('kafka.admin.ConfigCommand', ['--bootstrap-server', cluster.bootstrap, ...args])).stdout
    const ofTopic = ['--entity-type', 'topics', '--entity-name', topic]
    const ofBrokers = ['--entity-type', 'brokers', '--entity-default']
    const ofBroker = ['--entity-type', 'brokers', '--entity-name', '2']

    await configs('--alter', ...ofTopic, '--add-config', 'retention.ms=9223372036854775807,max.message.bytes=2000')
    await configs('--alter', ...ofTopic, '--delete-config', 'max.message.bytes')
    await configs('--alter', ...ofBrokers, '--add-config', 'log.segment.bytes=1048576')
    await configs('--alter', ...ofBroker, '--add-config', 'log.segment.bytes=2097152')

    const described = await configs('--describe', ...ofTopic)
    expect(described).toContain('retention.ms=9223372036854775807')
    expect(described).not.toContain('max.message.bytes')
    expect(await configs('--describe', ...ofBrokers)).toContain('log.segment.bytes=1048576')
    expect(await configs('--describe', ...ofBroker)).toMatch(
      /log\.segment\.bytes=2097152.*DYNAMIC_BROKER_CONFIG:log\.segment\.bytes=2097152.*DYNAMIC_DEFAULT_BROKER_CONFIG:log\.segment\.bytes=1048576.*DEFAULT_CONFIG:log\.segment\.bytes=1073741824/
    )
    await expect(configs('--alter', ...ofTopic, '--add-config', 'retention.ms=soon')).rejects.toThrow(
      /not a whole number/
    )
    await configs('--alter', ...ofBroker, '--delete-config', 'log.segment.bytes')
    await configs('--alter', ...ofBrokers, '--delete-config', 'log.segment.bytes')
  })

  it('kafka-topics adds partitions, kafka-delete-records purges, kafka-consumer-groups resets and forgets offsets', async () => {
    const topic = 'tools.admin'
    const group = 'tools.admin.group'
    await topics('--create', '--topic', topic, '--partitions', '1', '--replication-factor', '1')
    await topics('--alter', '--topic', topic, '--partitions', '3')
    expect((await topics('--describe', '--topic', topic)).stdout).toMatch(/PartitionCount: 3/)
    await expect(topics('--alter', '--topic', topic, '--partitions', '2')).rejects.toThrow(
      /higher than the requested 2/
    )
    const input = Array.from({ length: 50 }, (_, i) => `line ${i}`).join('\n')
    expect((await runToEnd('kcat', ['-P', '-b', cluster.bootstrap, '-t', topic, '-p', '2'], { input })).code).toBe(0)

    const file = join(classes, 'offsets.json')
    writeFileSync(file, JSON.stringify({ partitions: [{ topic, partition: 2, offset: 20 }], version: 1 }))
    const purged = await runKafkaTool('org.apache.kafka.tools.DeleteRecordsCommand', [
      ...['--bootstrap-server', cluster.bootstrap, '--offset-json-file', file]
    ])
    expect(purged.stdout).toMatch(new RegExp(`partition: ${topic}-2\\s+low_watermark: 20`))
    const earliest = await runKafkaTool('org.apache.kafka.tools.GetOffsetShell', [
      ...['--bootstrap-server', cluster.bootstrap, '--topic-partitions', `${topic}:2`, '--time', 'earliest']
    ])
    expect(earliest.stdout.trim()).toBe(`${topic}:2:20`)

    const groups = async (...args: string[]) =>
      (
        await runKafkaTool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', [
          ...['--bootstrap-server', cluster.bootstrap, '--group', group, ...args]
        ])
      ).stdout
    expect(await groups('--reset-offsets', '--topic', topic, '--to-earliest', '--execute')).toMatch(
      new RegExp(`${group}\\s+${topic}\\s+2\\s+20`)
    )
    expect(await groups('--delete-offsets', '--topic', topic)).toMatch(/Successful/)
    expect(await groups('--reset-offsets', '--topic', `${topic}:2`, '--to-latest', '--execute')).toMatch(/50/)
    expect(await groups('--delete')).toMatch(/successful/)
  })

  it('console producer’s records are read back by kcat', async () => {
    const topic = 'tools.console'
    await topics('--create', '--topic', topic, '--partitions', '1', '--replication-factor', '1')
    const classPath = await kafkaClassPath()
    const produced = await runToEnd(
      'java',
      [
        '-Xmx128m',
        '-cp',
        classPath,
        'kafka.tools.ConsoleProducer',
        '--bootstrap-server',
        cluster.bootstrap,
        '--topic',
        topic
      ],
      { input: 'one\ntwo\n한글\n' }
    )
    expect(produced.code, produced.stderr).toBe(0)
    const read = await runToEnd('kcat', ['-C', '-b', cluster.bootstrap, '-t', topic, '-o', 'beginning', '-e', '-q'])
    expect(read.stdout).toBe('one\ntwo\n한글\n')
  })

  it('kafka-dump-log finds no fault in the files of a broker that was killed and started again', async () => {
    const topic = 'tools.dump'
    await topics(
      '--create',
      '--topic',
      topic,
      '--partitions',
      '3',
      '--replication-factor',
      '1',
      '--config',
      'segment.bytes=65536'
    )
    // Batches that fit into a segment, whatever the machine's pace: larger ones are refused (RECORD_LIST_TOO_LARGE).
    const options = ['-X', 'linger.ms=1', '-X', 'batch.size=16384']
    const load = (codec: string) =>
      runToEnd('kcat', ['-P', '-b', cluster.bootstrap, '-t', topic, '-z', codec, ...options], {
        input: Array.from({ length: 3000 }, (_, i) => `${codec} ${i} ${'x'.repeat(i % 90)}`).join('\n')
      })
    for (const codec of ['none', 'lz4', 'zstd']) expect((await load(codec)).code).toBe(0)
    for (const id of [1, 2, 3]) {
      await cluster.call('node.kill', { node: `broker-${id}` })
      await cluster.call('node.start', { node: `broker-${id}` })
    }
    await until('it can be written to', async () => (await load('gzip')).code === 0)

    const files = cluster.ready.nodes
      .filter(({ name }) => name.startsWith('broker-'))
      .flatMap(({ dataDir }) =>
        readdirSync(dataDir)
          .filter((name) => name.startsWith(`${topic}-`) || name === '__consumer_offsets-0')
          .flatMap((folder) =>
            readdirSync(join(dataDir, folder))
              .filter((name) => /\.(log|index|timeindex)$/.test(name))
              .map((name) => join(dataDir, folder, name))
          )
      )
    const logs = files.filter((name) => name.endsWith('.log'))
    expect(logs.length).toBeGreaterThan(5)
    const faults =
      /Mismatches in|out of order|not found in the log|[Nn]on-consecutive|corrupt|isvalid: false|invalid bytes|Exception/
    const deep = await dumpLog(logs, '--deep-iteration')
    expect(deep.stdout + deep.stderr).not.toMatch(faults)
    expect(deep.stdout.match(/^\| offset: \d+/gm)?.length).toBeGreaterThanOrEqual(12_000)
    const indexes = await dumpLog(
      files.filter((name) => !name.endsWith('.log')),
      '--index-sanity-check'
    )
    expect(indexes.stdout + indexes.stderr).not.toMatch(faults)
  })
})
