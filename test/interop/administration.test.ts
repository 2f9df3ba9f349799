/** Changes of topics and groups by the CLI, on a real cluster. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CommandInput } from '../../src-main/api/commands'
import { ControlClient } from '../../src-main/host/control-client'
import { LabCluster, lagoon, until } from '../support/lab-cluster'

let cluster: LabCluster
let client: ControlClient

beforeAll(async () => {
  cluster = await LabCluster.start()
  client = await ControlClient.connect(cluster.dir)
})

afterAll(async () => {
  client.close()
  await cluster.discard()
})

/** A topic with ten records in each partition, and a group that has read three of each. */
async function readTopic(topic: string, partitions = 2, replicationFactor = -1): Promise<string> {
  await client.call('topic.create', { topic, partitions, replicationFactor })
  for (let partition = 0; partition < partitions; partition++) {
    const records = Array.from({ length: 10 }, (_, i) => ({ key: null, value: `${partition}-${i}` }))
    await client.call('records.produce', { topic, partition, acks: -1, records })
  }
  const groupId = `${topic}-group`
  await client.call('group.reset', { groupId, to: { type: 'offset', offset: 3 }, topics: [{ topic }] })
  return groupId
}

const committed = async (groupId: string) =>
  (await client.call('group.describe', { groupId })).partitions.map(({ committedOffset }) => committedOffset)

interface Reset {
  readonly groupId: string
  readonly applied: boolean
  readonly partitions: readonly { topic: string; partition: number; before: number | null; after: number }[]
}

describe('lagoon group reset', () => {
  it('plans with --dry-run and changes nothing', async () => {
    const group = await readTopic('reset.dry')

    const planned = await cluster.verb<Reset>('group', 'reset', group, '--to', 'latest', '--dry-run')

    expect(planned).toEqual({
      groupId: group,
      applied: false,
      partitions: [0, 1].map((partition) => ({ topic: 'reset.dry', partition, before: 3, after: 10 }))
    })
    expect(await committed(group)).toEqual([3, 3])
  })

  it.each<[string, readonly string[], readonly number[]]>([
    ['earliest', ['--to', 'earliest'], [0, 0]],
    ['latest', ['--to', 'latest'], [10, 10]],
    ['offset', ['--to', '7'], [7, 7]],
    ['beyond', ['--to', '700'], [10, 10]],
    ['before-all', ['--to', '2001-01-01T00:00:00Z'], [0, 0]],
    ['after-all', ['--to', '2101-01-01'], [10, 10]],
    ['forward', ['--shift-by', '2'], [5, 5]],
    ['back', ['--shift-by', '-2'], [1, 1]],
    ['one-partition', ['--to', 'latest', '--topic', 'reset.one-partition:1'], [3, 10]]
  ])('goes to %s and reads back what is stored', async (name, args, after) => {
    const group = await readTopic(`reset.${name}`)

    const reset = await cluster.verb<Reset>('group', 'reset', group, ...args)

    expect(reset.applied).toBe(true)
    expect(reset.partitions.map(({ partition, after: to }) => to === after[partition])).not.toContain(false)
    expect(await committed(group)).toEqual(after)
  })

  it('says in words, and by --json, which end it took for an offset that is not there', async () => {
    const group = await readTopic('reset.clamped')
    const args = ['group', 'reset', group, '--to', '999', '--topic', 'reset.clamped:1', '--dry-run']

    const planned = await cluster.verb<Reset>(...args)
    const { stdout } = await lagoon([...args, '--data', cluster.dir])

    expect(planned.partitions).toEqual([
      { topic: 'reset.clamped', partition: 1, before: 3, after: 10, clampedTo: 'end' }
    ])
    expect(stdout).toContain('Offset 999 lies beyond the end of reset.clamped-1: its end was taken.')
  })

  it('is taken back commit by commit: below the log’s start, and gone where nothing was', async () => {
    const topic = 'reset.undone'
    const groupId = await readTopic(topic, 3)
    const commit = { offset: 2, leaderEpoch: 5, metadata: 'by hand' }
    await client.call('group.restore', {
      groupId,
      partitions: [
        { topic, partition: 0, commit },
        { topic, partition: 1, commit: null }
      ]
    })
    await client.call('topic.purge', { topic, partition: 0, before: { type: 'offset', offset: 6 } })
    expect(await committed(groupId)).toEqual([2, 3])

    const reset = await client.call('group.reset', { groupId, to: { type: 'latest' }, topics: [{ topic }] })
    expect(await committed(groupId)).toEqual([10, 10, 10])
    const was = new Map(reset.was.map(({ partition, topic: _topic, ...one }) => [partition, one]))
    const partitions = [0, 1, 2].map((partition) => ({ topic, partition, commit: was.get(partition) ?? null }))
    const restored = await client.call('group.restore', { groupId, partitions })

    expect(was.get(0)).toEqual(commit)
    expect(restored).toEqual({
      groupId,
      partitions: [2, null, 3].map((after, partition) => ({ topic, partition, before: 10, after })),
      failed: []
    })
    expect(await committed(groupId)).toEqual([2, 3])
  })

  it('is refused while a member is alive, and names it', async () => {
    const group = await readTopic('reset.alive')
    const { consumer } = await client.call('consumer.open', {
      topic: 'reset.alive',
      groupId: group,
      from: 'earliest',
      commit: 'never'
    })
    client.watch(`consumer:${consumer}`, () => undefined)
    await until('the member has joined', async () => {
      return (await client.call('group.describe', { groupId: group })).state === 'Stable'
    })

    const refused = await cluster.fails('group', 'reset', group, '--to', 'latest')
    const refusedDelete = await cluster.fails('group', 'delete', group)
    await client.call('consumer.close', { consumer })

    expect(refused).toMatchObject({ code: 1 })
    expect(refused.stderr).toMatch(/^NON_EMPTY_GROUP: .*1 alive: \S+/)
    expect(refusedDelete.stderr).toMatch(/^NON_EMPTY_GROUP: /)
    expect(await committed(group)).toEqual([3, 3])
  })

  it.each<[string, readonly string[], number, RegExp]>([
    ['no target', [], 2, /--to earliest/],
    ['two targets', ['--to', 'latest', '--shift-by', '1'], 2, /--to earliest/],
    ['a target that is none', ['--to', 'yesterday'], 2, /2026-01-31/],
    ['a topic that is not there', ['--to', 'latest', '--topic', 'nosuch'], 1, /UNKNOWN_TOPIC_OR_PARTITION: .*nosuch/],
    ['a partition that is not there', ['--to', 'latest', '--topic', 'reset.bad:9'], 1, /no partition 9/],
    ['partitions that are none', ['--to', 'latest', '--topic', 'reset.bad:x'], 2, /orders:0,3/]
  ])('says what is wrong with %s', async (_what, args, code, sentence) => {
    const topics = await client.call('topic.list', {})
    if (!topics.topics.some(({ name }) => name === 'reset.bad')) await readTopic('reset.bad')

    const failed = await cluster.fails('group', 'reset', 'reset.bad-group', ...args)

    expect(failed.code).toBe(code)
    expect(failed.stderr).toMatch(sentence)
    expect(await committed('reset.bad-group')).toEqual([3, 3])
  })

  it('knows a group that is none, and shifts nothing that was never committed', async () => {
    await client.call('topic.create', { topic: 'reset.never' })

    const none = await cluster.fails('group', 'reset', 'nobody', '--to', 'latest')
    const never = await cluster.fails('group', 'reset', 'nobody', '--shift-by', '1', '--topic', 'reset.never')

    expect([none.code, never.code]).toEqual([1, 1])
    expect(none.stderr).toMatch(/GROUP_ID_NOT_FOUND/)
    expect(never.stderr).toMatch(/reset\.never-0/)
  })
})

describe('lagoon group delete', () => {
  it('deletes an empty group with its offsets, once', async () => {
    const group = await readTopic('delete.group')

    expect(await cluster.verb('group', 'delete', group)).toEqual({ groupId: group })

    expect((await client.call('group.list', {})).groups.map(({ groupId }) => groupId)).not.toContain(group)
    expect((await cluster.fails('group', 'delete', group)).stderr).toMatch(/GROUP_ID_NOT_FOUND/)
  })
})

describe('lagoon topic', () => {
  it('takes min.insync.replicas above the factor as Kafka does, and says what it means', async () => {
    const create = ['topic', 'create', 'strict', '--replication-factor', '1', '--config', 'min.insync.replicas=3']
    const data = ['--data', cluster.dir]
    const created = await lagoon([...create, ...data])
    const altered = await lagoon(['topic', 'alter', 'strict', '--config', 'min.insync.replicas=2', ...data])
    const fitting = await lagoon(['topic', 'alter', 'strict', '--config', 'min.insync.replicas=1', ...data])

    expect([created.code, altered.code, fitting.code]).toEqual([0, 0, 0])
    expect(created.stderr).toContain('is 3 with a replication factor of 1: it counts as 1')
    expect(altered.stderr).toContain('is 2 with a replication factor of 1: it counts as 1')
    expect(fitting.stderr).toBe('')
  })

  it('alters configs and says what is set then', async () => {
    await client.call('topic.create', { topic: 'alter', configs: { 'segment.ms': '5000' } })

    const set = await cluster.verb('topic', 'alter', 'alter', '--config', 'retention.ms=9223372036854775807')
    const removed = await cluster.verb('topic', 'alter', 'alter', '--delete-config', 'segment.ms')
    const wrong = await cluster.fails('topic', 'alter', 'alter', '--config', 'retention.ms=soon')

    expect(set).toEqual({
      topic: 'alter',
      configs: { 'segment.ms': '5000', 'retention.ms': '9223372036854775807' }
    })
    expect(removed).toEqual({ topic: 'alter', configs: { 'retention.ms': '9223372036854775807' } })
    expect(wrong.code).toBe(1)
    expect(wrong.stderr).toMatch(/^INVALID_CONFIG: .*retention\.ms/)
    expect((await cluster.fails('topic', 'alter', 'alter')).code).toBe(2)
  })

  it('adds partitions, and never takes any', async () => {
    await client.call('topic.create', { topic: 'grow', partitions: 2 })

    expect(await cluster.verb('topic', 'add-partitions', 'grow', '--to', '5')).toEqual({ topic: 'grow', partitions: 5 })

    expect((await client.call('topic.describe', { topic: 'grow' })).partitions).toHaveLength(5)
    const fewer = await cluster.fails('topic', 'add-partitions', 'grow', '--to', '4')
    expect(fewer.stderr).toMatch(/^INVALID_PARTITIONS: .*currently has 5/)
  })

  it('purges before an offset, a time, in one partition, or all', async () => {
    await readTopic('purge')
    const starts = async () =>
      (await client.call('topic.describe', { topic: 'purge' })).partitions.map(({ startOffset }) => startOffset)

    const one = await cluster.verb('topic', 'purge', 'purge', '--partition', '1', '--before', '4')
    const afterOne = await starts()
    await cluster.verb('topic', 'purge', 'purge', '--before', '2001-01-01T00:00:00Z')
    const afterTime = await starts()
    const beyond = await cluster.fails('topic', 'purge', 'purge', '--before', '11')
    const all = await cluster.verb('topic', 'purge', 'purge')

    expect(one).toEqual({ topic: 'purge', partitions: [{ partition: 1, startOffset: 4 }] })
    expect([afterOne, afterTime]).toEqual([
      [0, 4],
      [0, 4]
    ])
    expect(beyond).toMatchObject({ code: 1 })
    expect(beyond.stderr).toMatch(/^Not purged: partitions 0, 1: OFFSET_OUT_OF_RANGE: [^;]+\n$/)
    expect(all).toEqual({
      topic: 'purge',
      partitions: [
        { partition: 0, startOffset: 10 },
        { partition: 1, startOffset: 10 }
      ]
    })
    expect(await starts()).toEqual([10, 10])
  })

  it('keeps what was purged gone when its broker is killed right after', async () => {
    // One replica: this is about what that broker has made safe, not about whoever leads after it.
    await readTopic('purge.kill', 1, 1)
    await cluster.verb('topic', 'purge', 'purge.kill', '--before', '6')
    const [partition] = (await client.call('topic.describe', { topic: 'purge.kill' })).partitions
    const node = `broker-${String(partition?.leader)}`

    await cluster.call('node.kill', { node })
    await cluster.call('node.start', { node })

    await until('it leads again', async () => {
      const [now] = (await client.call('topic.describe', { topic: 'purge.kill' })).partitions
      return now?.startOffset === 6 && now.endOffset === 10
    })
  })
})

describe('configs', () => {
  const of = async (resource: CommandInput<'config.describe'>['resource'], name: string) =>
    (await client.call('config.describe', { resource })).configs.find((config) => config.name === name)

  it('of a topic tell value, source and what holds otherwise, and are read back when they were changed', async () => {
    await client.call('topic.create', { topic: 'configs.topic', configs: { 'retention.ms': '60000' } })
    const resource = { type: 'topic', topic: 'configs.topic' } as const
    const before = await of(resource, 'retention.ms')

    const { configs } = await client.call('config.alter', {
      resource,
      set: { 'retention.bytes': '9223372036854775807' },
      remove: ['retention.ms']
    })

    expect(before).toMatchObject({
      isSet: true,
      value: '60000',
      source: 'topic',
      otherwise: { value: '604800000', source: 'default' }
    })
    expect(configs.find(({ name }) => name === 'retention.ms')).toMatchObject({ isSet: false, value: '604800000' })
    expect(configs.find(({ name }) => name === 'retention.bytes')).toMatchObject({
      isSet: true,
      value: '9223372036854775807'
    })
  })

  it('of a broker hold over those of all brokers, and both are the default of topics', async () => {
    await client.call('topic.create', { topic: 'configs.broker' })
    const all = { type: 'broker', broker: null } as const
    const one = { type: 'broker', broker: 1 } as const

    await client.call('config.alter', { resource: all, set: { 'log.retention.ms': '7200000' } })
    await client.call('config.alter', { resource: one, set: { 'log.retention.ms': '3600000' } })

    expect(await of(all, 'log.retention.ms')).toMatchObject({ isSet: true, value: '7200000', source: 'everyBroker' })
    expect(await of(one, 'log.retention.ms')).toMatchObject({
      isSet: true,
      value: '3600000',
      otherwise: { value: '7200000', source: 'everyBroker' }
    })
    expect(await of({ type: 'topic', topic: 'configs.broker' }, 'retention.ms')).toMatchObject({ isSet: false })
    await client.call('config.alter', { resource: one, remove: ['log.retention.ms'] })
    await client.call('config.alter', { resource: all, remove: ['log.retention.ms'] })
    expect(await of(one, 'log.retention.ms')).toMatchObject({ isSet: false, value: '604800000', source: 'default' })
  })

  it('that are refused name the config, and nothing is changed', async () => {
    await client.call('topic.create', { topic: 'configs.refused' })
    const resource = { type: 'topic', topic: 'configs.refused' } as const

    const refused = client.call('config.alter', {
      resource,
      set: { 'retention.ms': '60000', 'segment.bytes': '3' }
    })

    await expect(refused).rejects.toMatchObject({ kafkaError: 'INVALID_CONFIG' })
    await expect(refused).rejects.toThrow('segment.bytes')
    expect(await of(resource, 'retention.ms')).toMatchObject({ isSet: false })
  })
})
