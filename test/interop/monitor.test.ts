/** What the monitor says of a real cluster, held against what kafka-python sees, and against dead and stopped brokers. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GroupView, LagSampleView, RecordView, TopicView } from '../../src-main/api/views'
import { ControlClient } from '../../src-main/host/control-client'
import { LabCluster, runToEnd, until } from '../support/lab-cluster'

const python = '/usr/bin/python3'
const script = join(import.meta.dirname, 'monitor-kafka-python.py')

let cluster: LabCluster
let client: ControlClient

async function kafkaPython<T>(name: string, ...args: readonly string[]): Promise<T> {
  const { stdout, stderr, code } = await runToEnd(python, [script, name, cluster.ready.bootstrapServers, ...args])
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as T
}

async function topicWith(topic: string, partitions: number, recordsPerPartition: number): Promise<TopicView> {
  // One replica: what a broker has nobody else can tell.
  await client.call('topic.create', { topic, partitions, replicationFactor: 1 })
  for (let partition = 0; partition < partitions && recordsPerPartition > 0; partition++) {
    const records = Array.from({ length: recordsPerPartition }, (_, i) => ({ key: null, value: `${partition}-${i}` }))
    await client.call('records.produce', { topic, partition, acks: -1, records })
  }
  return await client.call('topic.describe', { topic })
}

/** Some topic has to have its group's coordinator somewhere else than on the broker that will be hurt. */
async function groupAwayFrom(broker: number, topic: string, offsets: Record<string, number>): Promise<string> {
  for (let i = 0; ; i++) {
    const groupId = `${topic}-group-${i}`
    await kafkaPython('commit', groupId, topic, JSON.stringify(offsets))
    const group = await client.call('group.describe', { groupId })
    if (group.coordinatorId !== broker) return groupId
  }
}

const cells = (group: GroupView): unknown[] =>
  group.partitions.map((row) => [
    row.topic,
    row.partition,
    row.committedOffset,
    row.startOffset,
    row.endOffset,
    row.lagRecords
  ])

beforeAll(async () => {
  cluster = await LabCluster.start()
  client = await ControlClient.connect(cluster.dir)
})

afterAll(async () => {
  client.close()
  await cluster.discard()
})

describe('the monitor, on a whole cluster', () => {
  it('computes the lag that kafka-python computes, cell by cell', async () => {
    await topicWith('lagging', 4, 10)
    await kafkaPython('commit', 'lagging-group', 'lagging', JSON.stringify({ 0: 3, 1: 10, 3: 0 }))

    const theirs = await kafkaPython('lag', 'lagging-group')
    const ours = await client.call('group.describe', { groupId: 'lagging-group' })

    expect(cells(ours)).toEqual(theirs)
    expect(cells(ours).map((row) => (row as number[])[5])).toEqual([7, 0, 10])
  })

  it('shows a partition that a member reads without ever committing: its lag is not known, not 0', async () => {
    await topicWith('read-only', 3, 5)
    const child = spawn(python, [script, 'member', cluster.ready.bootstrapServers, 'reader', 'read-only'], {
      stdio: ['pipe', 'pipe', 'inherit']
    })
    try {
      const group = await until('the member has its partitions', async () => {
        const { groups } = await client.call('group.list', {})
        if (!groups.some(({ groupId }) => groupId === 'reader')) return undefined
        const view = await client.call('group.describe', { groupId: 'reader' })
        return view.state === 'Stable' && view.partitions.length === 3 ? view : undefined
      })

      expect(group.members).toHaveLength(1)
      expect(group.members?.[0]?.assignments).toEqual([{ topic: 'read-only', partitions: [0, 1, 2] }])
      expect(
        group.partitions.map(({ committedOffset, endOffset, lagRecords }) => [committedOffset, endOffset, lagRecords])
      ).toEqual([
        [null, 5, null],
        [null, 5, null],
        [null, 5, null]
      ])
      expect(new Set(group.partitions.map(({ memberId }) => memberId))).toEqual(new Set([group.members?.[0]?.memberId]))
    } finally {
      child.stdin.end('stop\n')
      await once(child, 'exit')
    }
  })

  it('shares a group with a foreign member, and hands back what it read', async () => {
    await topicWith('shared', 4, 0)
    const child = spawn(python, [script, 'member', cluster.ready.bootstrapServers, 'both', 'shared'], {
      stdio: ['pipe', 'pipe', 'inherit']
    })
    const assignments: number[][] = []
    createInterface({ input: child.stdout }).on('line', (line) => assignments.push(JSON.parse(line) as number[]))
    try {
      await until('the foreign member has all', () => assignments.some((all) => all.length === 4))

      const { consumer } = await client.call('consumer.open', {
        topic: 'shared',
        groupId: 'both',
        from: 'earliest',
        commit: 'each'
      })
      const read: RecordView[] = []
      client.watch(`consumer:${consumer}`, (push) => {
        if (push.type !== 'records') return
        read.push(...push.records)
        void client.call('consumer.take', { consumer, sequence: push.sequence })
      })
      await until('the partitions are shared', () => assignments.at(-1)?.length === 2)
      const theirs = assignments.at(-1) ?? []
      const ours = [0, 1, 2, 3].find((partition) => !theirs.includes(partition)) ?? -1
      const records = [{ key: null, value: 'for us' }]
      await client.call('records.produce', { topic: 'shared', partition: ours, acks: -1, records })
      await until('our member reads', () => read.length === 1)
      await client.call('consumer.close', { consumer })

      expect(read[0]).toMatchObject({ topic: 'shared', partition: ours, offset: 0, value: 'for us' })
      await until('the foreign member has all again', () => assignments.at(-1)?.length === 4)
      const { partitions } = await client.call('group.describe', { groupId: 'both' })
      expect(partitions.find(({ partition }) => partition === ours)?.lagRecords).toBe(0)
    } finally {
      child.stdin.end('stop\n')
      await once(child, 'exit')
    }
  })

  it('puts a key where kafka-python and Java put it', async () => {
    await topicWith('keyed', 7, 0)
    const keys = ['', 'a', 'ab', 'abc', 'abcd', 'user-1', 'user-2', '주문', 'a longer key than most']
    const expected = await kafkaPython('partitions', '7', ...keys)

    const records = keys.map((key) => ({ key, value: 'v' }))
    const sent = await client.call('records.produce', { topic: 'keyed', acks: 1, records })

    expect(sent.records.map(({ partition }) => partition)).toEqual(expected)
  })

  it('shows the newest records of all partitions, newest first, with bytes and numbers as they are', async () => {
    await topicWith('newest', 3, 0)
    const send = async (partition: number, value: string | { base64: string }): Promise<void> => {
      const headers = [
        { key: 'h', value: 'one' },
        { key: 'h', value: { base64: '/w==' } }
      ]
      await client.call('records.produce', {
        topic: 'newest',
        partition,
        acks: -1,
        records: [{ key: null, value, headers }]
      })
    }
    await send(0, 'oldest')
    await send(1, '{"id":23958446825181076828}')
    await send(2, { base64: '//79' })
    await send(0, 'x'.repeat(100_000))

    const { records, unreachablePartitions } = await client.call('records.newest', { topic: 'newest', limit: 3 })

    expect(unreachablePartitions).toEqual([])
    expect(records.map(({ partition, offset }) => [partition, offset])).toEqual([
      [0, 1],
      [2, 0],
      [1, 0]
    ])
    const [big, bytes, number] = records
    expect(big?.cutFromBytes).toBe(100_000)
    expect(big?.value).toMatch(/^x{1000,20000}$/)
    expect(bytes?.value).toEqual({ base64: '//79' })
    expect(number?.value).toBe('{"id":23958446825181076828}')
    expect(number?.headers).toEqual([
      { key: 'h', value: 'one' },
      { key: 'h', value: { base64: '/w==' } }
    ])
  })

  it('says what Kafka says of a topic that cannot be made', async () => {
    await topicWith('twice', 1, 0)

    await expect(client.call('topic.create', { topic: 'twice' })).rejects.toMatchObject({
      code: 'KAFKA',
      kafkaError: 'TOPIC_ALREADY_EXISTS'
    })
    await expect(client.call('topic.describe', { topic: 'not-there' })).rejects.toMatchObject({
      kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION'
    })
  })
})

describe('the monitor, with a broker that is gone', () => {
  const hurt = 2

  it('leaves unknown only what that broker alone could tell, and tells what happened', async () => {
    await topicWith('offline', 6, 4)
    const groupId = await groupAwayFrom(hurt, 'offline', { 0: 1, 1: 1, 2: 1, 3: 1, 4: 1, 5: 1 })

    await client.call('node.kill', { node: `broker-${hurt}` })
    const topic = await until('its partitions have no leader', async () => {
      const view = await client.call('topic.describe', { topic: 'offline' })
      return view.partitions.some(({ leader }) => leader === null) ? view : undefined
    })

    const lost = topic.partitions.filter(({ replicas }) => replicas[0] === hurt)
    const kept = topic.partitions.filter(({ replicas }) => replicas[0] !== hurt)
    expect(lost.map(({ leader, endOffset, sizeBytes }) => [leader, endOffset, sizeBytes])).toEqual([
      [null, null, null],
      [null, null, null]
    ])
    expect(kept.map(({ startOffset, endOffset }) => [startOffset, endOffset])).toEqual(kept.map(() => [0, 4]))
    const { groups } = await client.call('group.list', {})
    const group = await client.call('group.describe', { groupId })
    expect(groups.find((row) => row.groupId === groupId)?.lagRecords).toBeNull()
    for (const { partition, committedOffset, lagRecords } of group.partitions) {
      expect([partition, committedOffset, lagRecords]).toEqual([
        partition,
        1,
        kept.some((row) => row.partition === partition) ? 3 : null
      ])
    }
    const { records, unreachablePartitions } = await client.call('records.newest', { topic: 'offline', limit: 100 })
    expect(records).toHaveLength(4 * kept.length)
    expect(unreachablePartitions).toEqual(lost.map(({ partition }) => partition))
    const view = await until('the cluster view has it', async () => {
      const seen = await client.call('cluster.view', {})
      return (seen.leaderlessPartitions ?? 0) > 0 ? seen : undefined
    })
    expect(view.brokers.find(({ name }) => name === `broker-${hurt}`)?.registered).toBe(false)
    expect(view.health).toBe('critical')
    const { events } = await client.call('cluster.events', {})
    expect(events.some(({ code, subject }) => code === 'brokerSessionExpired' && subject === 'broker-2')).toBe(true)
    expect(events.find(({ code }) => code === 'partitionsOffline')?.params).toMatchObject({ broker: 'broker-2' })
  })

  it('knows everything again when it is back', async () => {
    await client.call('node.start', { node: `broker-${hurt}` })

    const topic = await until('all partitions are known', async () => {
      const view = await client.call('topic.describe', { topic: 'offline' })
      return view.partitions.every(({ endOffset }) => endOffset !== null) ? view : undefined
    })

    expect(topic.partitions.map(({ endOffset }) => endOffset)).toEqual([4, 4, 4, 4, 4, 4])
    await until('the events tell it', async () => {
      const { events } = await client.call('cluster.events', {})
      return events.some(({ code }) => code === 'partitionsOnline')
    })
  })
})

describe('the monitor, with a broker that is stopped and still registered', () => {
  it('goes on once a second with what the others tell', async () => {
    const hurt = 3
    await topicWith('stalled', 3, 2)
    const groupId = await groupAwayFrom(hurt, 'stalled', { 0: 1, 1: 1, 2: 1 })
    const { nodes } = await client.call('cluster.status', {})
    const pid = nodes.find(({ name }) => name === `broker-${hurt}`)?.pid ?? 0
    const samples: LagSampleView[] = []
    client.watch(`lag:${groupId}`, (sample) => samples.push(sample))
    await until('it is sampled', () => samples.some(({ total }) => total === 3))

    process.kill(pid, 'SIGSTOP')
    try {
      const stalled = await until('its partition is not known', () => {
        const known = samples.filter(({ partitions }) => partitions.some(({ lag }) => lag === null))
        return known.length >= 4 ? known : undefined
      })

      for (const { total, partitions } of stalled) {
        expect(partitions.filter(({ lag }) => lag === 1)).toHaveLength(2)
        expect(total).toBeNull()
      }
      const distances = stalled.slice(1).map(({ atMs }, i) => atMs - (stalled[i]?.atMs ?? 0))
      expect(Math.max(...distances)).toBeLessThan(2500)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await until('it is known again', () => samples.at(-1)?.total === 3)
  })
})

describe('lag history', () => {
  it('survives a restart of the cluster, with a gap for the time that nobody looked', async () => {
    await topicWith('history', 1, 9)
    await kafkaPython('commit', 'history-group', 'history', JSON.stringify({ 0: 2 }))
    const lagOf = (): Promise<{ total: (number | null)[]; atMs: number[] }> =>
      client.call('group.lag', { groupId: 'history-group', rangeMs: 600_000 })
    await until('it is recorded', async () => (await lagOf()).total.filter((total) => total === 7).length >= 2)

    const before = await lagOf()
    client.close()
    await cluster.stop()
    // Nobody looks for longer than two samples may be apart.
    await until('it is a gap', () => Date.now() - (before.atMs.at(-1) ?? 0) > 4000)
    cluster = await LabCluster.start({ dir: cluster.dir })
    client = await ControlClient.connect(cluster.dir)
    const { total, atMs } = await until('it is recorded again', async () => {
      const history = await lagOf()
      const lastGap = history.total.lastIndexOf(null)
      return lastGap > 0 && history.total.slice(lastGap).includes(7) ? history : undefined
    })

    expect(total.slice(0, 2)).toEqual([7, 7])
    expect(total.at(-1)).toBe(7)
    expect([...atMs].sort((a, b) => a - b)).toEqual(atMs)
  })
})
