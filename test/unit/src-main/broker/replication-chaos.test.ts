/** Whichever brokers are killed and links are cut, what acks=all acknowledged is there in the end, once, on all replicas alike. */
import { describe, expect, it } from 'vitest'
import { BrokerChannel } from '../../../../src-main/broker/broker-channel'
import { produceRequest, produceResponse } from '../../../../src-main/protocol/api/00-produce'
import { SimRandom } from '../../../support/ensemble-world'
import { batchOf } from '../../../support/record-samples'
import { ReplicaWorld } from '../../../support/replica-world'

const produceCall = { apiKey: 0, version: 9, request: produceRequest, response: produceResponse } as const
const ids = [1, 2, 3]
const steps = 25

/** A seed gives the same run each time. */
async function runOf(seed: number): Promise<void> {
  const replicas = await ReplicaWorld.start(ids)
  const { world } = replicas
  const random = new SimRandom(seed)
  const pick = (count: number): number => (random.uint32() >>> 8) % count
  await replicas.create('r', [[1, 2, 3]], { 'min.insync.replicas': '2' })
  const trail: string[] = []
  const acked: string[] = []
  const asking: Promise<unknown>[] = []
  const down = new Set<number>()
  /** To whoever may lead: the wrong ones refuse it. */
  const write = (id: number, value: string): void => {
    const channel = new BrokerChannel(world, { host: 'sim', port: 9091 + id }, 'test')
    const topicData = [{ name: 'r', partitionData: [{ index: 0, records: batchOf([value]) }] }]
    const request = { transactionalId: null, acks: -1, timeoutMs: 5_000, topicData }
    asking.push(
      channel
        .ask(produceCall, request, 20_000)
        .then(
          ({ responses }) => {
            if (responses[0]?.partitionResponses[0]?.errorCode === 0) acked.push(value)
          },
          () => undefined
        )
        .finally(() => channel.close())
    )
  }
  const act = async (): Promise<void> => {
    const id = ids[pick(3)] ?? 1
    const other = ids[pick(3)] ?? 1
    const what = pick(6)
    if (what <= 1 && down.size === 0) {
      trail.push(`kill ${id}`)
      replicas.kill(id)
      down.add(id)
    } else if (what === 2 && id !== other) {
      trail.push(`cut ${id} ${other}`)
      world.network.fault(`broker-${id}`, `broker-${other}`, { isCut: true })
    } else if (what === 3) {
      trail.push(`slow ${id} ${other}`)
      world.network.fault(`broker-${id}`, `broker-${other}`, { delayMs: pick(200), jitterMs: pick(50) })
    } else if (what === 4) {
      trail.push('heal')
      world.network.heal()
    } else if (down.size > 0) {
      const [back = 1] = down
      trail.push(`start ${back}`)
      down.delete(back)
      world.network.heal()
      await world.startBroker(back)
    }
  }
  let value = 0
  for (let step = 0; step < steps; step++) {
    await act()
    for (let i = pick(4); i > 0; i--) for (const id of ids) if (!down.has(id)) write(id, `${value++}`)
    await world.clock.run(pick(3) === 0 ? pick(9_000) : pick(300))
  }
  world.network.heal()
  for (const id of down) await world.startBroker(id)
  const context = { seed, trail: trail.join('; '), failures: world.failures }
  expect(context).toEqual({ ...context, failures: [] })
  await replicas.until('r', 0, ({ leader, isr }) => leader > 0 && isr.length === 3)
  await world.clock.until(Promise.all(asking))
  await world.clock.run(5_000)

  const log = replicas.logOf(1, 'r')
  for (const id of [2, 3]) expect({ ...context, log: replicas.logOf(id, 'r') }).toEqual({ ...context, log })
  const text = Buffer.from(log, 'hex')
  const stored = new Set(valuesIn(text))
  expect({ ...context, lost: acked.filter((one) => !stored.has(one)) }).toEqual({ ...context, lost: [] })
  expect({ ...context, failures: world.failures }).toEqual({ ...context, failures: [] })
}

/** Of batches with one record each, whose value ends the batch but for its header count. */
function valuesIn(log: Buffer): string[] {
  const values: string[] = []
  for (let at = 0; at + 61 < log.length;) {
    const size = log.readInt32BE(at + 8) + 12
    const record = log.subarray(at + 61, at + size)
    // Length, attributes, two deltas, no key, the value's length, the value, no headers; all short.
    const length = (record[5] ?? 0) >> 1
    values.push(record.subarray(6, 6 + length).toString())
    at += size
  }
  return values
}

describe('a replicated topic', () => {
  const { LAGOON_SEED: seed, LAGOON_ROUNDS: rounds = '1' } = process.env
  // 40: a leader that wrote nothing in its epoch, and asked for what parts from that for ever.
  const seeds =
    seed === undefined
      ? [1, 2, 3, 4, 5, 6, 40, 43, 45]
      : Array.from({ length: Number(rounds) }, (_, i) => Number(seed) + i)
  it.each(seeds)('loses nothing acknowledged, seed %i', runOf, 120_000)
})
