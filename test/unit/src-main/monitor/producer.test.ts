import { describe, expect, it } from 'vitest'
import { AppError } from '../../../../src-main/kernel/errors'
import { partitionOfKey } from '../../../../src-main/monitor/core/partitioner'
import { Producer } from '../../../../src-main/monitor/producer'
import { serdes } from '../../../../src-main/serdes/serdes'
import { SimClock } from '../../../support/ensemble-world'
import { FakeCluster, kafkaError } from './fake-cluster'

function world(): { cluster: FakeCluster; clock: SimClock; producer: Producer } {
  const cluster = new FakeCluster()
  const clock = new SimClock()
  const random = { uint32: () => 1, bytes: (count: number) => new Uint8Array(count) }
  return { cluster, clock, producer: new Producer({ clock, random, serdes, cluster }) }
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

  it('tells each record its own fate when some were not written, and sends nothing behind one that failed', async () => {
    const { cluster, producer } = world()
    cluster.topic('t', [1, null])
    const large = 'x'.repeat(400_000)
    cluster.produceFailures.push(kafkaError('MESSAGE_TOO_LARGE'))

    const parts = await producer
      .produce({
        topic: 't',
        acks: -1,
        partition: 0,
        records: [
          { key: null, value: large },
          { key: null, value: large }
        ]
      })
      .catch((error: unknown) => error)

    expect(parts).toMatchObject({ kafkaError: 'MESSAGE_TOO_LARGE' })
    expect(cluster.topics.get('t')?.[0]?.records).toHaveLength(0)
  })

  it('says what was written beside what was not', async () => {
    const { cluster, producer } = world()
    cluster.topic('t', [1, 2])
    cluster.produceFailures.push(kafkaError('MESSAGE_TOO_LARGE'))
    const key = (partition: number): string =>
      Array.from({ length: 100 }, (_, i) => `k${i}`).find(
        (one) => partitionOfKey(new TextEncoder().encode(one), 2) === partition
      ) ?? ''

    const { records: sent } = await producer.produce({
      topic: 't',
      acks: -1,
      records: [0, 1].map((partition) => ({ key: key(partition), value: 'x' }))
    })

    expect(sent.filter(({ error }) => error === undefined)).toHaveLength(1)
    expect(sent.find(({ error }) => error !== undefined)).toMatchObject({
      offset: null,
      error: { code: 'KAFKA', kafkaError: 'MESSAGE_TOO_LARGE' }
    })
  })

  it('writes nothing when one record cannot be encoded, and says which', async () => {
    const { cluster, producer } = world()
    cluster.topic('t', [1])

    await expect(
      producer.produce({ topic: 't', acks: -1, valueFormat: { type: 'json' }, records: records('1', '{', '2') })
    ).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('Record 2, value: The JSON ends')
    })
    expect(cluster.asked.filter((what) => what.includes('produce'))).toEqual([])
  })

  it('says before where a key goes, what the bytes are, and what is wrong', async () => {
    const { cluster, producer } = world()
    cluster.topic('t', [1, 2, 3])
    const checked = await producer.check({ topic: 't', key: '한글', value: 'zz', valueFormat: { type: 'hex' } })

    expect(checked).toMatchObject({
      partitionCount: 3,
      partition: partitionOfKey(new TextEncoder().encode('한글'), 3),
      key: { bytes: 6, problem: null },
      value: { bytes: null, problem: { code: 'hexDigit' } }
    })
    expect((await producer.check({ topic: 't', key: null, value: null })).partition).toBeNull()
    expect((await producer.check({ topic: 't', key: '', value: null })).partition).not.toBeNull()
  })

  it('puts no record into a batch that begins later than it, or 25 days earlier', async () => {
    const { cluster, producer } = world()
    const [partition] = cluster.topic('t', [1])
    const [least, most] = ['-9223372036854775808', '9223372036854775807']
    const times = [5, 5, 9, 4, 7, undefined, undefined, 3, -1, most, least, 0, 2 ** 31 - 1, 2 ** 31, most]

    await producer.produce({
      topic: 't',
      acks: -1,
      records: times.map((timestampMs, i) => ({
        key: null,
        value: String(i),
        ...(timestampMs === undefined ? {} : { timestampMs })
      }))
    })

    expect(partition?.records.map(({ value }) => value)).toEqual(times.map((_, i) => String(i)))
    const sizes = cluster.asked.filter((what) => what.includes('produce')).map((what) => what.split(' ').at(-1))
    expect(sizes).toEqual(['3', '2', '2', '1', '1', '1', '1', '2', '1', '1'])
  })
})
