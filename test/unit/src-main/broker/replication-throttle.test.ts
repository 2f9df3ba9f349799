/** Reassignments with a throttle (KIP-73), of leaders and of followers, in simulated time. */
import { describe, expect, it } from 'vitest'
import {
  configChangeData,
  configData,
  configPath,
  paths,
  type ConfigEntity
} from '../../../../src-main/broker/core/znodes'
import {
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse
} from '../../../../src-main/protocol/api/45-alter-partition-reassignments'
import { ReplicaWorld } from '../../../support/replica-world'

const alterCall = {
  apiKey: 45,
  version: 0,
  request: alterPartitionReassignmentsRequest,
  response: alterPartitionReassignmentsResponse
} as const
const megabyte = 1024 * 1024
const megabytes = 8

/** As kafka-configs stores it. */
async function configure(
  { world }: ReplicaWorld,
  entity: ConfigEntity,
  configs: Readonly<Record<string, string>>
): Promise<void> {
  const client = await world.ensemble()
  const path = configPath(entity)
  if ((await world.clock.until(client.exists(path))) === undefined) await world.clock.until(client.create(path, null))
  await world.clock.until(client.setData(path, configData(configs), -1))
  await world.clock.until(client.create(paths.newConfigChange, configChangeData(entity), { sequential: true }))
  await world.clock.until(client.close())
  await world.clock.run(500)
}

async function filled(): Promise<ReplicaWorld> {
  const replicas = await ReplicaWorld.start([1, 2])
  await replicas.create('t', [[1]])
  for (let i = 0; i < megabytes * 16; i++) expect(await replicas.produce('t', ['x'.repeat(megabyte / 16)])).toBe('NONE')
  return replicas
}

/** How long it takes until broker 2 is in sync, and what was acked meanwhile is not held up. */
async function secondsToCopy(replicas: ReplicaWorld): Promise<number> {
  const { world } = replicas
  const topics = [{ name: 't', partitions: [{ partitionIndex: 0, replicas: [1, 2] }] }]
  const sinceMs = world.clock.monotonicMs()
  const answer = await world.ask(1, alterCall, { topics })
  expect(answer.responses[0]?.partitions[0]?.errorCode).toBe(0)
  await replicas.until('t', 0, ({ isr }) => isr.length === 2)
  return (world.clock.monotonicMs() - sinceMs) / 1_000
}

describe('a replica that is copied', () => {
  it('is copied at once where nothing is throttled', async () => {
    const replicas = await filled()
    expect(await secondsToCopy(replicas)).toBeLessThan(1.5)
    expect(replicas.world.failures).toEqual([])
  })

  it.each(['leader', 'follower'] as const)('takes its time when the %s is throttled', async (side) => {
    const replicas = await filled()
    const throttled = side === 'leader' ? 1 : 2
    await configure(
      replicas,
      { type: 'topic', topic: 't' },
      { [`${side}.replication.throttled.replicas`]: `0:${throttled}` }
    )
    await configure(
      replicas,
      { type: 'broker', id: throttled },
      { [`${side}.replication.throttled.rate`]: String(megabyte) }
    )

    const seconds = await secondsToCopy(replicas)

    expect(seconds).toBeGreaterThan((megabytes - 2) * 0.9)
    expect(seconds).toBeLessThan(megabytes * 1.5)
    // In sync, it is not held back although the rate is used up.
    const beganMs = replicas.world.clock.monotonicMs()
    expect(await replicas.produce('t', ['y'.repeat(megabyte / 2)])).toBe('NONE')
    expect(replicas.world.clock.monotonicMs() - beganMs).toBeLessThan(200)
    expect(replicas.logOf(2, 't')).toBe(replicas.logOf(1, 't'))
    expect(replicas.world.failures).toEqual([])
  })

  it('goes on at full speed when the throttle is taken away', async () => {
    const replicas = await filled()
    await configure(replicas, { type: 'topic', topic: 't' }, { 'follower.replication.throttled.replicas': '*' })
    await configure(replicas, { type: 'broker', id: 2 }, { 'follower.replication.throttled.rate': '1000' })
    const { world } = replicas
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, replicas: [1, 2] }] }]
    await world.ask(1, alterCall, { topics })
    await world.clock.run(20_000)
    expect((await replicas.seen('t')).isr).toEqual([1])

    await configure(replicas, { type: 'broker', id: 2 }, {})
    const sinceMs = world.clock.monotonicMs()
    await replicas.until('t', 0, ({ isr }) => isr.length === 2)
    expect(world.clock.monotonicMs() - sinceMs).toBeLessThan(2_000)
    expect(world.failures).toEqual([])
  })
})
