/** The rules of the connection (Kafka protocol guide): frames, versions, order, acks=0. */
import { connect } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { code } from '../../src-main/protocol/wire/headers'
import { Reader } from '../../src-main/protocol/wire/reader'
import { fetchFrom, fetchRequestOf, produceRequestOf, produceTo, RawCluster } from '../support/raw-cluster'
import { ConnectionClosed, readAnswer, requestFrame, type RawClient } from '../support/raw-client'
import { batchOf } from '../support/record-samples'

const topic = 'wire'

describe('a connection to a broker', () => {
  let cluster: RawCluster
  let leader: RawClient
  let leaderId: number

  beforeAll(async () => {
    cluster = await RawCluster.start({ brokers: 2 })
    await cluster.createTopic(topic)
    leaderId = await cluster.leaderId(topic)
    leader = await cluster.leader(topic)
  })

  afterAll(async () => {
    expect(await cluster.discard()).toBe(0)
  })

  it('tolerates bytes after a request, as librdkafka leaves behind its question for all topics', async () => {
    const client = await cluster.connect()
    const frame = requestFrame('metadata', 12, { topics: null }, 7)
    const padded = new Uint8Array(frame.length + 3)
    padded.set(frame)
    new DataView(padded.buffer).setInt32(0, padded.length - 4)

    client.write(padded)

    const { correlationId, value } = readAnswer('metadata', 12, await client.frame())
    expect(correlationId).toBe(7)
    expect(value.brokers).toHaveLength(2)
    client.close()
  })

  it('answers ApiVersions of a version to come in the layout of version 0, with its own range and error 35', async () => {
    const client = await cluster.connect()
    // Version 99 and a body that nobody can read.
    const head = Buffer.alloc(4 + 10 + 9)
    head.writeInt32BE(head.length - 4, 0)
    head.writeInt16BE(18, 4)
    head.writeInt16BE(99, 6)
    head.writeInt32BE(4242, 8)
    head.writeInt16BE(-1, 12)
    head.fill(0xff, 14)

    client.write(head)

    const reader = new Reader(await client.frame())
    expect(reader.int32()).toBe(4242)
    expect(reader.int16()).toBe(35)
    expect(reader.int32()).toBe(1)
    expect([reader.int16(), reader.int16(), reader.int16()]).toEqual([18, 0, 4])
    expect(reader.remaining).toBe(0)
    // The connection goes on: the client retries on it.
    expect((await client.ask('apiVersions', 0, {})).errorCode).toBe(0)
    client.close()
  })

  it('advertises exactly the versions that the clients of old and new need, Produce from 0', async () => {
    const { apiKeys } = await leader.ask('apiVersions', 3, { clientSoftwareName: 'test', clientSoftwareVersion: '1.0' })
    const ranges = Object.fromEntries(
      apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, [minVersion, maxVersion]])
    )

    expect(ranges).toEqual({
      0: [0, 11],
      1: [4, 17],
      2: [1, 9],
      3: [0, 12],
      4: [0, 7],
      5: [0, 4],
      6: [0, 8],
      7: [1, 3],
      8: [1, 9],
      9: [1, 9],
      10: [0, 6],
      11: [0, 9],
      12: [0, 4],
      13: [0, 5],
      14: [0, 5],
      15: [0, 6],
      16: [0, 5],
      18: [0, 4],
      19: [0, 7],
      20: [0, 6],
      21: [0, 2],
      22: [0, 5],
      23: [0, 4],
      32: [0, 4],
      33: [0, 2],
      35: [0, 4],
      37: [0, 3],
      42: [0, 2],
      43: [0, 2],
      44: [0, 1],
      45: [0, 0],
      46: [0, 0],
      47: [0, 0],
      56: [0, 3],
      60: [0, 1],
      67: [0, 0]
    })
  })

  it('refuses software names that are none, from version 3 on', async () => {
    for (const clientSoftwareName of ['', '-x', 'x y', 'x-'])
      expect((await leader.ask('apiVersions', 3, { clientSoftwareName, clientSoftwareVersion: '1' })).errorCode).toBe(
        code('INVALID_REQUEST')
      )
    expect(
      (await leader.ask('apiVersions', 4, { clientSoftwareName: 'a-b.c', clientSoftwareVersion: '1.2' })).errorCode
    ).toBe(0)
  })

  it('closes the connection on Produce 0 to 2, which it advertises only', async () => {
    for (const version of [0, 1, 2]) {
      const client = await cluster.connect(leaderId)
      client.write(requestFrame('produce', version, { acks: 1, timeoutMs: 1000, topicData: [] }, 1))
      await expect(client.frame()).rejects.toBeInstanceOf(ConnectionClosed)
    }
  })

  it('answers in the order of requests, also when a long poll comes first', async () => {
    const client = await cluster.connect(leaderId)
    const { highWatermark } = await fetchFrom(leader, topic, 0)
    const poll = client.send('fetch', 11, fetchRequestOf(topic, highWatermark, { maxWaitMs: 20_000 }))
    const after = [1, 2, 3].map(() => client.send('metadata', 1, { topics: [] }))
    let answers = 0
    const first = client.frame().then((frame) => {
      answers += 1
      return frame
    })
    await leader.ask('metadata', 1, { topics: [] })
    expect(answers).toBe(0)

    await produceTo(leader, topic, batchOf(['wakes the poll']))

    const fetched = readAnswer('fetch', 11, await first)
    expect(fetched.correlationId).toBe(poll)
    expect(fetched.value.responses[0]?.partitions[0]?.records?.length).toBeGreaterThan(0)
    for (const id of after) expect(readAnswer('metadata', 1, await client.frame()).correlationId).toBe(id)
    client.close()
  })

  it('answers acks=0 with nothing, and the next request with its own answer', async () => {
    const client = await cluster.connect(leaderId)
    const before = (await fetchFrom(leader, topic, 0)).highWatermark
    client.send('produce', 9, produceRequestOf(topic, batchOf(['no answer']), { acks: 0 }))

    const answer = await client.ask('listOffsets', 1, {
      replicaId: -1,
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1n }] }]
    })

    expect(answer.topics[0]?.partitions[0]?.offset).toBe(before + 1)
    client.close()
  })

  it('closes the connection when a produce with acks=0 fails', async () => {
    const client = await cluster.connect(leaderId)
    client.send('produce', 9, produceRequestOf('no-such-topic', batchOf(['lost']), { acks: 0 }))
    await expect(client.frame()).rejects.toBeInstanceOf(ConnectionClosed)
  })

  it('takes a null client id', async () => {
    const client = await cluster.connect()
    const frame = Buffer.alloc(4 + 10 + 4)
    frame.writeInt32BE(14, 0)
    frame.writeInt16BE(3, 4)
    frame.writeInt16BE(1, 6)
    frame.writeInt32BE(5, 8)
    frame.writeInt16BE(-1, 12)
    frame.writeInt32BE(0, 14)
    client.write(frame)
    expect(readAnswer('metadata', 1, await client.frame()).value.topics).toEqual([])
    client.close()
  })

  it('takes a request that comes byte by byte, and two in one piece', async () => {
    const client = await cluster.connect()
    const frame = requestFrame('metadata', 1, { topics: [] }, 1)
    for (const byte of frame) {
      client.write(Uint8Array.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(readAnswer('metadata', 1, await client.frame()).correlationId).toBe(1)
    client.write(Buffer.concat([requestFrame('metadata', 1, { topics: [] }, 2), requestFrame('apiVersions', 0, {}, 3)]))
    expect(readAnswer('metadata', 1, await client.frame()).correlationId).toBe(2)
    expect(readAnswer('apiVersions', 0, await client.frame()).correlationId).toBe(3)
    client.close()
  })

  const header = (length: number, ...rest: number[]): Uint8Array => {
    const bytes = Buffer.alloc(4 + rest.length)
    bytes.writeInt32BE(length, 0)
    bytes.set(rest, 4)
    return bytes
  }
  it.each([
    ['a negative length', header(-1)],
    ['the smallest number for a length', header(-0x8000_0000)],
    ['a length above socket.request.max.bytes', header(104_857_601, 0, 3, 0, 1)],
    ['a frame too short for a header', header(3, 0, 3, 0)],
    ['an empty frame', header(0)],
    ['an API key that is not served', header(10, 0, 99, 0, 0, 0, 0, 0, 1, 0xff, 0xff)],
    ['a version that is not served', header(10, 0, 3, 0, 77, 0, 0, 0, 1, 0xff, 0xff)],
    ['a body that cannot be read', header(14, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff)]
  ])('closes only its own connection on %s', async (_, bytes) => {
    const client = await cluster.connect(leaderId)
    client.write(bytes)

    await client.closed

    expect((await leader.ask('metadata', 1, { topics: [] })).brokers).toHaveLength(2)
    expect(leader.isClosed).toBe(false)
  })

  it('lives on when a client goes away in the middle of a long poll and of an answer', async () => {
    const socket = connect(cluster.lab.port(leaderId), '127.0.0.1')
    await once(socket, 'connect')
    socket.write(requestFrame('fetch', 11, fetchRequestOf(topic, 1_000, { maxWaitMs: 500 }), 1))
    socket.write(requestFrame('fetch', 11, fetchRequestOf(topic, 2, { maxWaitMs: 500, minBytes: 1_000_000 }), 2))
    socket.resetAndDestroy()
    await produceTo(leader, topic, batchOf(['nobody waits']))
    expect((await fetchFrom(leader, topic, 0)).errorCode).toBe(0)
    expect((await cluster.lab.statusOf(`broker-${leaderId}`)).pid).toBe(cluster.lab.node(`broker-${leaderId}`).pid)
  })
})
