import { describe, expect, it } from 'vitest'
import { BrokerChannel, type BrokerCall } from '../../../../src-main/broker/broker-channel'
import { metadataRequest, metadataResponse } from '../../../../src-main/protocol/api/03-metadata'
import { createTopicsRequest, createTopicsResponse } from '../../../../src-main/protocol/api/19-create-topics'
import { deleteTopicsRequest, deleteTopicsResponse } from '../../../../src-main/protocol/api/20-delete-topics'
import type { InputOf, Message } from '../../../../src-main/protocol/wire/schema'
import { BrokerWorld } from '../../../support/broker-world'
import { SimRandom } from '../../../support/ensemble-world'

const metadataCall = { apiKey: 3, version: 12, request: metadataRequest, response: metadataResponse } as const
const createCall = { apiKey: 19, version: 7, request: createTopicsRequest, response: createTopicsResponse } as const
const deleteCall = { apiKey: 20, version: 6, request: deleteTopicsRequest, response: deleteTopicsResponse } as const
const ids = [1, 2, 3]
const ignored = (): void => undefined

/** Forty things that happen at any moment, then a quiet minute; a seed gives the same run each time. */
async function runOf(seed: number): Promise<void> {
  const world = await BrokerWorld.start(ids)
  const random = new SimRandom(seed)
  const pick = (count: number): number => (random.uint32() >>> 8) % count
  const asking: Promise<unknown>[] = []
  const trail: string[] = []
  const ask = <Q extends Message, A extends Message>(id: number, call: BrokerCall<Q, A>, value: InputOf<Q>): void => {
    const channel = new BrokerChannel(world, { host: 'sim', port: 9091 + id }, 'test')
    // Whatever comes of it: the brokers' agreement is what counts.
    asking.push(
      channel
        .ask(call, value, 20_000)
        .then(ignored, ignored)
        .finally(() => channel.close())
    )
  }
  for (let step = 0; step < 40; step++) {
    const id = ids[pick(3)] ?? 1
    const name = `t${pick(5)}`
    const what = pick(10)
    if (what < 4) {
      trail.push(`create ${name}`)
      const topics = [{ name, numPartitions: 3, replicationFactor: 1, assignments: [], configs: [] }]
      for (const each of ids) ask(each, createCall, { topics, timeoutMs: 5_000 })
    } else if (what < 7) {
      trail.push(`delete ${name}`)
      for (const each of ids) ask(each, deleteCall, { topics: [{ name }], timeoutMs: 5_000 })
    } else if (what < 9) {
      const ms = [30, 300, 9_000][pick(3)] ?? 30
      trail.push(`blip ${id} ${ms}`)
      world.blip(id, ms)
    } else {
      trail.push('ensemble')
      await world.stopEnsemble()
      await world.startEnsemble()
    }
    await world.clock.run(pick(4) === 0 ? pick(8_000) : pick(20))
  }
  await world.clock.run(60_000)
  await world.clock.until(Promise.all(asking))
  const seen = []
  for (const id of ids) {
    const { topics, controllerId, brokers } = await world.ask(id, metadataCall, { topics: null })
    seen.push({
      brokers: brokers.map(({ nodeId }) => nodeId),
      controllerId,
      topics: topics.map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        leaders: partitions.map(({ leaderId, leaderEpoch, partitionIndex }) => [partitionIndex, leaderId, leaderEpoch])
      }))
    })
  }
  const context = { seed, trail: trail.join('; ') }
  expect({ ...context, failures: world.failures }).toEqual({ ...context, failures: [] })
  expect({ ...context, seen: seen[1] }).toEqual({ ...context, seen: seen[0] })
  expect({ ...context, seen: seen[2] }).toEqual({ ...context, seen: seen[0] })
  expect(seen[0]?.brokers).toEqual(ids)
  for (const topic of seen[0]?.topics ?? []) {
    expect({ ...context, topic, count: topic.leaders.length }).toMatchObject({ count: 3 })
    for (const [partition, leader] of topic.leaders) {
      expect({ ...context, topic, leader: leader ?? -1 }).not.toMatchObject({ leader: -1 })
      const held = world
        .diskOf(leader ?? 0)
        .list('/log')
        .map(({ name }) => name)
      expect({ ...context, held, has: held.includes(`${topic.name}-${partition ?? 0}`) }).toMatchObject({ has: true })
    }
  }
  for (const id of ids) {
    const controller = world.brokers.get(id)?.inspect()['controller'] as { isActive: boolean; deleting: string[] }
    if (controller.isActive) expect({ ...context, deleting: controller.deleting }).toMatchObject({ deleting: [] })
  }
}

/** LAGOON_SEEDS: how many more to try; 842 once found a topic that a broker showed for ever. */
const more = Number(process.env['LAGOON_SEEDS'] ?? 0)
const seeds = [1, 2, 3, 4, 842, ...Array.from({ length: more }, (_, i) => 1_000 + i)]

describe('Brokers that lose connections, sessions and the ensemble while topics come and go', () => {
  it.each(seeds)('agree in the end about brokers, topics and leaders (seed %i)', (seed) => runOf(seed), 60_000)
})
