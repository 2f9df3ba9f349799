/** Kafka 3.9.1's own tools for replicas and leaders against a cluster of ours, with what kafka-topics shows after each. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kafkaClassPath, runKafkaTool } from '../support/kafka-tools'
import { LabCluster, until } from '../support/lab-cluster'
import { produceTo } from '../support/raw-cluster'
import { RawClient } from '../support/raw-client'
import { batchOf } from '../support/record-samples'

interface Described {
  readonly leader: string
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

describe('Kafka 3.9.1’s tools for replicas and leaders', () => {
  let cluster: LabCluster
  const folder = mkdtempSync(join(tmpdir(), 'lagoon-replicas-'))

  beforeAll(async () => {
    await kafkaClassPath()
    // So that leadership comes back when it is asked for, not before.
    const args = ['--broker-config', 'auto.leader.rebalance.enable=false']
    cluster = await LabCluster.start({ brokers: 3, args })
  })

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true })
    expect((await cluster.discard()).code).toBe(0)
  })

  const tool = async (mainClass: string, ...args: readonly string[]): Promise<string> =>
    (await runKafkaTool(mainClass, ['--bootstrap-server', cluster.bootstrap, ...args])).stdout

  const topics = (...args: readonly string[]) => tool('org.apache.kafka.tools.TopicCommand', ...args)

  const described = async (topic: string): Promise<readonly Described[]> => {
    const stdout = await topics('--describe', '--topic', topic)
    const rows = stdout.matchAll(/Partition: \d+\s+Leader: (\S+)\s+Replicas: (\S+)\s+Isr: (\S*)/g)
    const ids = (text = ''): number[] => text.split(',').filter(Boolean).map(Number)
    return [...rows].map(([, leader = '', replicas, isr]) => ({
      leader,
      replicas: ids(replicas),
      isr: ids(isr).sort()
    }))
  }

  const untilSeen = (what: string, topic: string, holds: (partitions: readonly Described[]) => boolean) =>
    until(what, async () => holds(await described(topic)), 60_000)

  const jsonFile = (name: string, value: unknown): string => {
    const path = join(folder, `${name}.json`)
    writeFileSync(path, JSON.stringify(value))
    return path
  }

  const reassign = (...args: readonly string[]) =>
    tool('org.apache.kafka.tools.reassign.ReassignPartitionsCommand', ...args)
  const elect = (...args: readonly string[]) => tool('org.apache.kafka.tools.LeaderElectionCommand', ...args)

  it('kafka-topics makes three replicas, all in sync, and refuses four', async () => {
    await topics('--create', '--topic', 'three', '--partitions', '6', '--replication-factor', '3')
    const partitions = await described('three')
    expect(partitions).toHaveLength(6)
    for (const { replicas, isr } of partitions)
      expect([[...replicas].sort(), isr]).toEqual([
        [1, 2, 3],
        [1, 2, 3]
      ])
    expect(new Set(partitions.map(({ leader }) => leader)).size).toBe(3)
    await expect(
      topics('--create', '--topic', 'four', '--partitions', '1', '--replication-factor', '4')
    ).rejects.toThrow(/Replication factor: 4 larger than available brokers: 3/)
  })

  it('kafka-leader-election gives leadership back after a clean stop, and says where it is not needed', async () => {
    await topics('--create', '--topic', 'elected', '--replica-assignment', '2:1:3,1:2:3')
    await cluster.call('node.stop', { node: 'broker-2' })
    expect(await described('elected')).toEqual([
      { leader: '1', replicas: [2, 1, 3], isr: [1, 3] },
      { leader: '1', replicas: [1, 2, 3], isr: [1, 3] }
    ])
    await expect(elect('--election-type', 'preferred', '--topic', 'elected', '--partition', '0')).rejects.toThrow(
      /PreferredLeaderNotAvailable|preferred leader was not available|could not be elected|Error completing/i
    )
    await cluster.call('node.start', { node: 'broker-2' })
    await untilSeen('all are in sync', 'elected', (partitions) => partitions.every(({ isr }) => isr.length === 3))

    const told = await elect('--election-type', 'preferred', '--all-topic-partitions')

    expect(told).toMatch(/Successfully completed leader election \(PREFERRED\) for partitions .*elected-0/)
    expect((await described('elected')).map(({ leader }) => leader)).toEqual(['2', '1'])
    const again = await elect('--election-type', 'preferred', '--topic', 'elected', '--partition', '0')
    expect(again).toMatch(/Valid replica already elected for partitions .*elected-0/)
  })

  it('kafka-reassign-partitions sets a throttle that is held: 8 MB at 1 MB a second', async () => {
    await topics('--create', '--topic', 'heavy', '--replica-assignment', '1')
    const leader = await RawClient.connect(cluster.port(1))
    for (let i = 0; i < 128; i++)
      expect((await produceTo(leader, 'heavy', batchOf(['x'.repeat(62_500)]))).errorCode).toBe(0)
    const plan = { version: 1, partitions: [{ topic: 'heavy', partition: 0, replicas: [1, 2] }] }
    const file = jsonFile('heavy', plan)
    const beganMs = performance.now()
    await reassign('--execute', '--reassignment-json-file', file, '--throttle', '1000000')
    const inSync = async () => {
      const { topics: seen } = await leader.ask('metadata', 9, { topics: [{ name: 'heavy' }] })
      return seen[0]?.partitions[0]?.isrNodes.length === 2
    }
    expect(await inSync()).toBe(false)
    await until('it is copied', inSync, 60_000)
    const seconds = (performance.now() - beganMs) / 1_000
    leader.close()
    // The first megabyte goes at once, and what is over the rate when the last one leaves is not waited for.
    expect(seconds).toBeGreaterThan(5)
    expect(await reassign('--verify', '--reassignment-json-file', file)).toMatch(/Clearing topic-level throttles/)
  })

  it('kafka-reassign-partitions moves replicas with a throttle, lists, verifies, and is broken off', async () => {
    await topics('--create', '--topic', 'moved', '--replica-assignment', '1:2,2:1')
    const plan = (...replicas: readonly (readonly number[])[]) => ({
      version: 1,
      partitions: replicas.map((ids, partition) => ({ topic: 'moved', partition, replicas: ids }))
    })
    const there = jsonFile('there', plan([3, 1], [2, 3]))

    const begun = await reassign('--execute', '--reassignment-json-file', there, '--throttle', '50000000')
    expect(begun).toContain('Successfully started partition reassignments for moved-0,moved-1')
    await until(
      'it is done',
      async () =>
        (await reassign('--verify', '--reassignment-json-file', there, '--preserve-throttles')).match(
          /moved-0 is completed[^]*moved-1 is completed/
        ) !== null
    )
    expect(await reassign('--verify', '--reassignment-json-file', there)).toMatch(/Clearing topic-level throttles/)
    expect(await reassign('--list')).toContain('No partition reassignments found')
    expect(await described('moved')).toEqual([
      // The leader is of the target: it stays, as with Kafka.
      { leader: '1', replicas: [3, 1], isr: [1, 3] },
      { leader: '2', replicas: [2, 3], isr: [2, 3] }
    ])

    await cluster.call('node.stop', { node: 'broker-1' })
    const dead = jsonFile('dead', plan([2, 1], [1, 2]))
    await expect(reassign('--execute', '--reassignment-json-file', dead)).rejects.toThrow(/Unknown broker id 1/)
    await cluster.call('node.start', { node: 'broker-1' })
  })
})
