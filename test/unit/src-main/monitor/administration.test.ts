import { afterEach, describe, expect, it } from 'vitest'
import { offsetOrTime } from '../../../../src-main/entry/cli/options'
import { AppError } from '../../../../src-main/kernel/errors'
import { GroupAdministration } from '../../../../src-main/monitor/group-administration'
import { TopicAdministration } from '../../../../src-main/monitor/topic-administration'
import { SimClock } from '../../../support/ensemble-world'
import { FakeCluster, kafkaError } from './fake-cluster'

function world() {
  const clock = new SimClock()
  const cluster = new FakeCluster(clock)
  cluster.topic('t', [1, 2])
  for (const partition of [0, 1]) cluster.append('t', partition, ['a', 'b', 'c', 'd', 'e'], 1_000)
  cluster.fakeGroups.set('g', { coordinator: 3, state: 'Empty', committed: new Map([['t 0', 3]]) })
  const ports = { clock, cluster }
  return { clock, cluster, groups: new GroupAdministration(ports), topics: new TopicAdministration(ports) }
}

describe('a reset of offsets', () => {
  it('shifts once, although what was stored could not be read back at once', async () => {
    const { clock, cluster, groups } = world()
    const read = cluster.committedOffsets.bind(cluster)
    let failures = 0
    cluster.committedOffsets = async (coordinator, groupId) => {
      if (cluster.commits.length > 0 && failures++ < 2) throw new AppError('CONNECTION_REFUSED', 'it is starting')
      return read(coordinator, groupId)
    }

    const reset = await clock.until(groups.reset({ groupId: 'g', to: { type: 'shift', by: -1 } }))

    expect(reset.partitions).toMatchObject([{ topic: 't', partition: 0, before: 3, after: 2 }])
    expect(cluster.fakeGroups.get('g')?.committed.get('t 0')).toBe(2)
  })

  it('waits while the coordinator loads, rather than taking nothing for the answer', async () => {
    const { clock, cluster, groups } = world()
    const describeGroup = cluster.describeGroup.bind(cluster)
    let loading = 2
    cluster.describeGroup = (coordinator, groupId) =>
      loading-- > 0 ? Promise.reject(kafkaError('COORDINATOR_LOAD_IN_PROGRESS')) : describeGroup(coordinator, groupId)

    const reset = await clock.until(groups.reset({ groupId: 'g', to: { type: 'latest' } }))

    expect(reset).toMatchObject({ applied: true, partitions: [{ before: 3, after: 5 }] })
  })
})

describe('a reset that is taken back', () => {
  const beside = { leaderEpoch: 7, metadata: 'by hand' }
  const commit = { offset: 3, ...beside }

  it('is told with all that was committed, and is as before: outside of the log, too, and with nothing where nothing was', async () => {
    const { clock, cluster, groups } = world()
    cluster.commitDetails.set('t 0', beside)
    for (const log of cluster.topics.get('t') ?? []) log.startOffset = 4
    const scope = [{ topic: 't' }]

    const { was } = await clock.until(groups.reset({ groupId: 'g', to: { type: 'latest' }, topics: scope }))
    const restored = await clock.until(
      groups.restore({
        groupId: 'g',
        partitions: [
          { topic: 't', partition: 0, commit },
          { topic: 't', partition: 1, commit: null }
        ]
      })
    )

    expect(was).toEqual([{ topic: 't', partition: 0, ...commit }])
    expect(restored.failed).toEqual([])
    expect(restored.partitions.map(({ after }) => after)).toEqual([3, null])
    expect(await cluster.committedOffsets(3, 'g')).toEqual(was)
  })

  it('is as before by what its plan told, where it was committed and nobody could read that back', async () => {
    const { clock, cluster, groups } = world()
    cluster.commitDetails.set('t 0', beside)
    const read = cluster.committedOffsets.bind(cluster)
    cluster.committedOffsets = (coordinator, groupId) =>
      cluster.commits.length > 0 ? Promise.reject(new AppError('TIMED_OUT', 'slow')) : read(coordinator, groupId)
    const asked = { groupId: 'g', to: { type: 'latest' } } as const

    const plan = await clock.until(groups.reset({ ...asked, dryRun: true }))
    const failed = await clock.until(groups.reset(asked).catch((error: unknown) => error))
    expect(failed).toMatchObject({ code: 'TIMED_OUT' })
    cluster.committedOffsets = read
    expect(await read(3, 'g')).toMatchObject([{ offset: 5 }])

    const partitions = plan.was.map(({ topic, partition, ...one }) => ({ topic, partition, commit: one }))
    await clock.until(groups.restore({ groupId: 'g', partitions }))
    expect(await read(3, 'g')).toEqual([{ topic: 't', partition: 0, ...commit }])
  })

  it('says of each partition what the coordinator refused, and of those where somebody else commits', async () => {
    const { clock, cluster, groups } = world()
    cluster.refused.set('t 0', 'UNKNOWN_TOPIC_OR_PARTITION')
    const read = cluster.committedOffsets.bind(cluster)
    cluster.committedOffsets = async (coordinator, groupId) =>
      (await read(coordinator, groupId)).map((one) => (one.partition === 1 ? { ...one, offset: 5 } : one))
    const at = { ...commit, offset: 1 }

    const restored = await clock.until(
      groups.restore({ groupId: 'g', partitions: [0, 1].map((partition) => ({ topic: 't', partition, commit: at })) })
    )

    expect(restored.partitions).toEqual([])
    expect(restored.failed).toMatchObject([
      { partition: 0, kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION' },
      { partition: 1, kafkaError: null }
    ])
  })

  it('tells what is back although taking back failed', async () => {
    const { clock, cluster, groups } = world()
    cluster.fakeGroups.get('g')?.committed.set('t 1', 2)
    cluster.deleteOffsets = () => Promise.reject(new AppError('TIMED_OUT', 'no answer'))

    const restored = await clock.until(
      groups.restore({
        groupId: 'g',
        partitions: [
          { topic: 't', partition: 0, commit },
          { topic: 't', partition: 1, commit: null }
        ]
      })
    )

    expect(restored.partitions).toEqual([{ topic: 't', partition: 0, before: 3, after: 3 }])
    expect(restored.failed).toEqual([{ topic: 't', partition: 1, kafkaError: 'TIMED_OUT', message: 'no answer' }])
  })

  it('has nothing to take back of a group that is gone', async () => {
    const { clock, cluster, groups } = world()
    cluster.fakeGroups.get('g')?.committed.clear()
    cluster.deleteOffsets = () => Promise.reject(kafkaError('GROUP_ID_NOT_FOUND'))

    const restored = await clock.until(
      groups.restore({ groupId: 'g', partitions: [{ topic: 't', partition: 0, commit: null }] })
    )

    expect(restored).toMatchObject({ partitions: [{ after: null }], failed: [] })
  })
})

describe('a purge', () => {
  it('by time takes nothing that was written after it began', async () => {
    const { clock, cluster, topics } = world()
    const atTime = cluster.offsetsAtTime.bind(cluster)
    cluster.offsetsAtTime = async (...asked) => {
      const found = await atTime(...asked)
      cluster.append('t', 0, ['late'], 9_000)
      return found
    }

    const purged = await clock.until(
      topics.purge({ topic: 't', partition: 0, before: { type: 'time', timestampMs: 5_000 } })
    )

    expect(purged.partitions).toEqual([{ partition: 0, startOffset: 5 }])
  })

  it('during which every broker goes away names what was not purged', async () => {
    const { clock, cluster, topics } = world()
    const metadata = cluster.metadata.bind(cluster)
    let asked = 0
    cluster.metadata = (options) => {
      if (asked++ > 0) for (const id of cluster.brokers) cluster.away.add(id)
      return metadata(options)
    }

    const purged = await clock.until(topics.purge({ topic: 't' }))

    expect(purged.partitions).toEqual([])
    expect(purged.failed).toMatchObject([
      { partition: 0, kafkaError: 'CONNECTION_REFUSED' },
      { partition: 1, kafkaError: 'CONNECTION_REFUSED' }
    ])
  })

  it('asks each leader once, and names what has none', async () => {
    const { clock, cluster, topics } = world()
    cluster.topic('u', [1, null, 1, 1])

    const purged = await clock.until(topics.purge({ topic: 'u' }))

    expect(purged.partitions.map(({ partition }) => partition)).toEqual([0, 2, 3])
    expect(purged.failed).toMatchObject([{ partition: 1, kafkaError: 'LEADER_NOT_AVAILABLE' }])
    expect(cluster.asked.filter((what) => what.endsWith('deleteRecords'))).toEqual(['1 deleteRecords'])
  })
})

describe('more partitions', () => {
  it('that were made by a request which was said to have failed are there', async () => {
    const { clock, cluster, topics } = world()
    let attempts = 0
    cluster.createPartitions = () => {
      attempts++
      cluster.topic('t', [1, 2, 3])
      return Promise.reject(kafkaError(attempts === 1 ? 'NOT_CONTROLLER' : 'INVALID_PARTITIONS'))
    }

    expect(await clock.until(topics.addPartitions({ topic: 't', to: 3 }))).toEqual({ topic: 't', partitions: 3 })
    await expect(clock.until(topics.addPartitions({ topic: 't', to: 3 }))).rejects.toThrow('INVALID_PARTITIONS')
  })
})

describe('a time on the command line', () => {
  const zone = process.env['TZ']
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
  })

  it('is of this machine’s zone when it names none, with and without hours', () => {
    process.env['TZ'] = 'Asia/Seoul'

    const midnight = new Date('2026-01-30T15:00:00Z')
    expect(offsetOrTime('2026-01-31')).toEqual(midnight)
    expect(offsetOrTime('2026-01-31 00:00')).toEqual(midnight)
    expect(offsetOrTime('2026-01-31T00:00:00Z')).toEqual(new Date('2026-01-31T00:00:00Z'))
  })
})
