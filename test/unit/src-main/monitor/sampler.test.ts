import { describe, expect, it } from 'vitest'
import { AppError } from '../../../../src-main/kernel/errors'
import { InvariantError } from '../../../../src-main/kernel/invariant'
import { groupLag } from '../../../../src-main/monitor/core/lag'
import type { EnsembleFacts, Snapshot } from '../../../../src-main/monitor/core/snapshot'
import { offsetsPerSampleMax, Sampler } from '../../../../src-main/monitor/sampler'
import { TestClock } from '../../../support/storage-fixture'
import { FakeCluster } from './fake-cluster'

function world(): { cluster: FakeCluster; clock: TestClock; sampler: Sampler; watched: Set<string> } {
  const cluster = new FakeCluster()
  const clock = new TestClock()
  const watched = new Set<string>()
  const sampler = new Sampler({ clock, cluster, ensemble: () => null, watchedTopics: () => watched })
  return { cluster, clock, sampler, watched }
}

function aGroup(cluster: FakeCluster, groupId: string, coordinator: number, committed: Record<string, number>): void {
  cluster.fakeGroups.set(groupId, { coordinator, state: 'Stable', committed: new Map(Object.entries(committed)) })
}

const ends = (snapshot: Snapshot, topic: string): unknown[] | undefined =>
  snapshot.topics.get(topic)?.partitions.map(({ endOffset }) => endOffset)

function lagsOf(snapshot: Snapshot, groupId: string): unknown {
  const group = snapshot.groups?.get(groupId)
  return group === undefined ? undefined : groupLag(snapshot, group).partitions.map(({ lag }) => lag)
}

describe('a sample', () => {
  it('says that a partition has no leader when it has none a moment later, either', async () => {
    const { cluster, clock, sampler } = world()
    const partitions = cluster.topic('t', [1, 2])
    await sampler.sample()
    const leaders = (snapshot: Snapshot) => snapshot.topics.get('t')?.partitions.map(({ leader }) => leader)
    const take = async (asked: (looks: number) => void): Promise<Snapshot> => {
      let looks = 0
      const metadata = cluster.metadata.bind(cluster)
      cluster.metadata = (...options) => {
        asked(++looks)
        return metadata(...options)
      }
      let isOver = false
      const sampling = sampler.sample().finally(() => (isOver = true))
      while (!isOver) {
        await new Promise(setImmediate)
        if (!isOver) clock.advance(50)
      }
      cluster.metadata = metadata
      return sampling
    }
    const second = partitions[1] ?? expect.fail()

    // Its leader is being replaced.
    expect(leaders(await take((looks) => (second.leader = looks < 3 ? null : 3)))).toEqual([1, 3])
    // It is gone.
    let asked = 0
    expect(leaders(await take((looks) => ([second.leader, asked] = [null, looks])))).toEqual([1, null])
    expect(asked).toBe(5)
    // That is known by then.
    expect(leaders(await take((looks) => (asked = looks)))).toEqual([1, null])
    expect(asked).toBe(1)
  })

  it('knows offsets, sizes and lag of a whole cluster', async () => {
    const { cluster, sampler } = world()
    cluster.topic('t', [1, 2, 3])
    cluster.append('t', 1, ['a', 'b'])
    aGroup(cluster, 'g', 3, { 't 0': 0, 't 1': 1 })

    const snapshot = await sampler.sample()

    expect(snapshot.topics.get('t')?.partitions.map((row) => [row.startOffset, row.endOffset, row.sizeBytes])).toEqual([
      [0, 0, 0],
      [0, 2, 200],
      [0, 0, 0]
    ])
    expect(lagsOf(snapshot, 'g')).toEqual([0, 1])
  })

  it('loses only the partitions of a leader that does not answer', async () => {
    const { cluster, sampler } = world()
    cluster.topic('t', [1, 2, 3])
    aGroup(cluster, 'g', 3, { 't 0': 0, 't 1': 0 })
    await sampler.sample()
    cluster.append('t', 0, ['a'])
    cluster.away.add(2)

    const snapshot = await sampler.sample()

    expect(ends(snapshot, 't')).toEqual([1, null, 0])
    expect(lagsOf(snapshot, 'g')).toEqual([1, null])
  })

  it.each(['metadata', 'offsets', 'sizes', 'groups', 'describeGroups', 'committed'] as const)(
    'calls a broker unreachable for an error of the environment only, not for a broken invariant (%s)',
    async (what) => {
      const { cluster, sampler } = world()
      cluster.topic('t', [1])
      aGroup(cluster, 'g', 1, { 't 0': 0 })
      const fail = (error: Error): void => void Object.assign(cluster, { [what]: () => Promise.reject(error) })
      fail(new InvariantError('must hold: nothing', {}))

      await expect(sampler.sample()).rejects.toBeInstanceOf(InvariantError)

      fail(new AppError('TIMED_OUT', 'It did not answer.'))
      expect(await sampler.sample()).toMatchObject({ atMs: expect.any(Number) as number })
    }
  )

  it('keeps a group whose coordinator does not answer, as Unknown', async () => {
    const { cluster, sampler } = world()
    cluster.topic('t', [1])
    aGroup(cluster, 'g', 2, { 't 0': 0 })
    aGroup(cluster, 'h', 3, { 't 0': 0 })
    await sampler.sample()
    cluster.away.add(2)

    const { groups } = await sampler.sample()

    expect(groups?.get('g')).toMatchObject({
      state: 'Unknown',
      lastState: 'Stable',
      coordinatorId: null,
      lastCoordinatorId: 2,
      members: null,
      committed: null
    })
    expect(groups?.get('h')?.state).toBe('Stable')
  })

  it('drops a group only when its own coordinator no longer lists it', async () => {
    const { cluster, sampler } = world()
    aGroup(cluster, 'g', 2, {})
    await sampler.sample()
    cluster.fakeGroups.delete('g')
    cluster.away.add(2)
    const without = await sampler.sample()
    cluster.away.clear()

    const after = await sampler.sample()

    expect(without.groups?.has('g')).toBe(true)
    expect(after.groups?.has('g')).toBe(false)
  })

  it('keeps the list of topics, and nothing that moves, when no broker answers', async () => {
    const { cluster, sampler } = world()
    cluster.topic('t', [1])
    cluster.append('t', 0, ['a'])
    const before = await sampler.sample()
    for (const broker of cluster.brokers) cluster.away.add(broker)

    const after = await sampler.sample()

    expect(after.hasMetadata).toBe(false)
    expect(after.topicsAtMs).toBe(before.atMs)
    expect(after.topics.get('t')?.partitions).toMatchObject([{ leader: null, endOffset: null, sizeBytes: null }])
  })

  it('does not carry offsets over to another leader that does not tell any', async () => {
    const { cluster, sampler } = world()
    const [partition] = cluster.topic('t', [1])
    cluster.append('t', 0, ['a'])
    await sampler.sample()
    if (partition !== undefined) partition.leader = 2
    cluster.away.add(2)

    expect(ends(await sampler.sample(), 't')).toEqual([null])
  })

  it('reads commits before ends, so that no lag is too small', async () => {
    const { cluster, sampler } = world()
    cluster.topic('t', [1])
    aGroup(cluster, 'g', 1, { 't 0': 0 })

    await sampler.sample()

    expect(cluster.asked.indexOf('1 committed')).toBeLessThan(cluster.asked.indexOf('1 latest'))
  })

  it('is one at a time, and those who ask meanwhile share the next', async () => {
    const { cluster, sampler } = world()
    cluster.topic('t', [1])

    const first = sampler.sample()
    const second = sampler.sample()
    const third = sampler.sample()

    expect(second).toBe(third)
    expect(await first).not.toBe(await second)
    expect(cluster.asked.filter((what) => what === 'metadata')).toHaveLength(2)
  })

  it('of a large cluster asks at most so many partitions, always those that matter, the others in turn', async () => {
    const { cluster, sampler, watched } = world()
    const partitions = offsetsPerSampleMax
    cluster.topic('huge', new Array<number>(partitions).fill(1))
    cluster.topic('read', [1])
    cluster.topic('watched', [1])
    aGroup(cluster, 'g', 1, { 'read 0': 0 })
    watched.add('watched')

    const first = await sampler.sample()
    const second = await sampler.sample()

    expect([ends(first, 'read'), ends(first, 'watched')]).toEqual([[0], [0]])
    expect(ends(first, 'huge')?.filter((end) => end === null)).toHaveLength(2)
    expect(ends(second, 'huge')).not.toContain(null)
  })

  it('knows the rate of a topic from two samples', async () => {
    const { cluster, sampler, clock } = world()
    cluster.topic('t', [1, 2])
    const first = await sampler.sample()
    clock.advance(2000)
    cluster.append('t', 0, ['a', 'b', 'c'])
    cluster.append('t', 1, ['d'])

    const second = await sampler.sample()

    expect(first.topics.get('t')?.recordsInPerSecond).toBeNull()
    expect(second.topics.get('t')?.recordsInPerSecond).toBe(2)
  })
})

describe('metadata that takes long to read', () => {
  /** A cluster whose metadata takes 400 ms. */
  function slow(): ReturnType<typeof world> & {
    readonly reads: () => number
    readonly facts: { now: EnsembleFacts | null }
  } {
    const { cluster, clock, watched } = world()
    const facts: { now: EnsembleFacts | null } = { now: null }
    const read = cluster.metadata.bind(cluster)
    cluster.metadata = (options) => {
      clock.advance(400)
      return read(options)
    }
    const sampler = new Sampler({ clock, cluster, ensemble: () => facts.now, watchedTopics: () => watched })
    const reads = (): number => cluster.asked.filter((what) => what === 'metadata').length
    return { cluster, clock, sampler, watched, reads, facts }
  }

  it('is used again on the beat for a while', async () => {
    const { cluster, clock, sampler, reads } = slow()
    cluster.topic('t', [1])
    await sampler.sample('beat')
    clock.advance(1000)
    cluster.append('t', 0, ['a'])
    const again = await sampler.sample('beat')
    const readsSoFar = reads()
    clock.advance(1500)

    await sampler.sample('beat')

    expect(readsSoFar).toBe(1)
    expect(ends(again, 't')).toEqual([1])
    expect(again.hasMetadata).toBe(true)
    expect(reads()).toBe(2)
  })

  it('is read anew for a command, after a change in the ensemble, and when a leader does not answer', async () => {
    const { cluster, sampler, reads, facts } = slow()
    cluster.topic('t', [2])
    await sampler.sample('beat')

    await sampler.sample('command')
    const afterCommand = reads()
    facts.now = { brokerIds: [1], controllerId: 1, controllerEpoch: 1 }
    await sampler.sample('beat')
    const afterChange = reads()
    cluster.away.add(2)
    await sampler.sample('beat')
    await sampler.sample('beat')

    expect([afterCommand, afterChange, reads()]).toEqual([2, 3, 4])
  })
})
