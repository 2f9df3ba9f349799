import { describe, expect, it } from 'vitest'
import { AppError } from '../../../../src-main/kernel/errors'
import { partitionOfKey } from '../../../../src-main/monitor/core/partitioner'
import { Producer } from '../../../../src-main/monitor/producer'
import { SimClock } from '../../../support/ensemble-world'
import { FakeCluster, kafkaError } from './fake-cluster'

function world(): { cluster: FakeCluster; clock: SimClock; producer: Producer } {
  const cluster = new FakeCluster()
  const clock = new SimClock()
  const random = { uint32: () => 1, bytes: (count: number) => new Uint8Array(count) }
  return { cluster, clock, producer: new Producer({ clock, random, cluster }) }
}

const records = (...values: string[]): { key: null; value: string }[] => values.map((value) => ({ key: null, value }))

describe('producing', () => {
  it('tells partition and offset of each record in the order given', async () => {
    const { cluster, producer } = world()
    cluster.topic('t', [1, 2, 3])
    const keys = ['a', 'b', 'c', 'd', 'a']

    const sent = await producer.produce({ topic: 't', acks: -1, records: keys.map((key) => ({ key, value: key })) })

    expect(sent.records.map(({ partition }) => partition)).toEqual(
      keys.map((key) => partitionOfKey(new TextEncoder().encode(key), 3))
    )
    for (const [i, { partition, offset }] of sent.records.entries()) {
      expect(cluster.topics.get('t')?.[partition]?.records[offset ?? -1]?.value).toBe(keys[i])
    }
  })

  it('writes to the partition that was named', async () => {
    const { cluster, producer } = world()
    cluster.topic('t', [1, 2])

    const sent = await producer.produce({ topic: 't', acks: 1, partition: 1, records: records('x', 'y') })

    expect(sent.records).toEqual([
      { topic: 't', partition: 1, offset: 0 },
      { topic: 't', partition: 1, offset: 1 }
    ])
  })

  it('knows no offset without acknowledgement', async () => {
    const { cluster, producer } = world()
    cluster.topic('t', [1])

    expect((await producer.produce({ topic: 't', acks: 0, records: records('x') })).records[0]?.offset).toBeNull()
  })

  it('looks for the leader again when it moved', async () => {
    const { cluster, clock, producer } = world()
    cluster.topic('t', [1])
    cluster.produceFailures.push(kafkaError('NOT_LEADER_OR_FOLLOWER'))

    const sent = producer.produce({ topic: 't', acks: -1, records: records('x') })
    await clock.run(1000)

    expect((await sent).records).toEqual([{ topic: 't', partition: 0, offset: 0 }])
    expect(cluster.asked.filter((what) => what.includes('produce'))).toHaveLength(2)
  })

  it('does not write again after a time-out: the first may have been written', async () => {
    const { cluster, producer } = world()
    cluster.topic('t', [1])
    cluster.away.add(1)

    await expect(producer.produce({ topic: 't', acks: 1, records: records('x') })).rejects.toMatchObject({
      code: 'TIMED_OUT'
    })
    expect(cluster.asked.filter((what) => what.includes('produce'))).toHaveLength(1)
  })

  it('writes records that nobody placed elsewhere when their leader is away, others not', async () => {
    const { cluster, clock, producer } = world()
    cluster.topic('t', [1, 2])
    const refused = (): AppError => new AppError('CONNECTION_REFUSED', 'nothing listens there')
    cluster.produceFailures.push(refused())
    const free = producer.produce({ topic: 't', acks: 1, records: records('x') })
    await clock.run(1000)
    cluster.produceFailures.push(refused())
    const placed = producer.produce({ topic: 't', acks: 1, partition: 1, records: records('y') })
    await clock.run(1000)

    const asked = cluster.asked.filter((what) => what.includes('produce'))
    expect(asked).toEqual(['2 produce t-1 1', '1 produce t-0 1', '2 produce t-1 1', '2 produce t-1 1'])
    expect((await free).records[0]?.partition).toBe(0)
    expect((await placed).records[0]?.partition).toBe(1)
  })

  it('splits what does not fit into one batch, in order', async () => {
    const { cluster, producer } = world()
    const [partition] = cluster.topic('t', [1])
    const values = Array.from({ length: 30 }, (_, i) => String(i).padStart(2, '0').repeat(50_000))

    const sent = await producer.produce({ topic: 't', acks: -1, records: records(...values) })

    expect(sent.records.map(({ offset }) => offset)).toEqual(values.map((_, i) => i))
    expect(partition?.records.map(({ value }) => value)).toEqual(values)
    expect(cluster.asked.filter((what) => what.includes('produce')).length).toBeGreaterThan(4)
  })

  it('says which error it is when there is no topic, partition or leader', async () => {
    const { cluster, producer } = world()
    cluster.topic('t', [null])

    const send = (topic: string, partition?: number): Promise<unknown> =>
      producer.produce({ topic, acks: 1, records: records('x'), ...(partition === undefined ? {} : { partition }) })

    await expect(send('none')).rejects.toMatchObject({ kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION' })
    await expect(send('t', 5)).rejects.toMatchObject({ kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION' })
    await expect(send('t', 0)).rejects.toMatchObject({ kafkaError: 'LEADER_NOT_AVAILABLE' })
  })
})
