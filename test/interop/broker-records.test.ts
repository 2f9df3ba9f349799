/** Produce, Fetch and ListOffsets, byte by byte. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeChecksum } from '../../src-main/adapters/node-checksum'
import type { CompressionCodec } from '../../src-main/kernel/ports'
import { buildBatch } from '../../src-main/protocol/record/batch-builder'
import { attributeBits, headerAt, readBatchHeader } from '../../src-main/protocol/record/batch-header'
import { code } from '../../src-main/protocol/wire/headers'
import { until } from '../support/lab-cluster'
import { fetchFrom, fetchRequestOf, produceRequestOf, produceTo, RawCluster } from '../support/raw-cluster'
import { readAnswer, type RawClient } from '../support/raw-client'
import { batchOf, codecNames, compressedWith, loadCodecs, recordOf, sequencedBatch } from '../support/record-samples'

describe('records', () => {
  let cluster: RawCluster
  let topics = 0

  beforeAll(async () => {
    await loadCodecs()
    cluster = await RawCluster.start({ brokers: 2 })
  })

  afterAll(async () => {
    expect(await cluster.discard()).toBe(0)
  })

  /** A topic of one partition and a connection to its leader. */
  async function fresh(configs: Readonly<Record<string, string>> = {}): Promise<{ topic: string; leader: RawClient }> {
    const topic = `records-${++topics}`
    await cluster.createTopic(topic, { configs })
    return { topic, leader: await cluster.leader(topic) }
  }

  const checksummed = (batch: Uint8Array): Uint8Array => {
    const crc = nodeChecksum.crc32c(batch.subarray(headerAt.attributes))
    new DataView(batch.buffer, batch.byteOffset).setUint32(headerAt.crc, crc)
    return batch
  }
  const altered = (batch: Uint8Array, change: (view: DataView) => void): Uint8Array => {
    const copy = batch.slice()
    change(new DataView(copy.buffer))
    return checksummed(copy)
  }

  async function listed(leader: RawClient, topic: string, timestamp: bigint, version = 7) {
    const asked = { replicaId: -1, topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }] }
    return (await leader.ask('listOffsets', version, asked)).topics[0]?.partitions[0]
  }

  it('come back as they were stored, with every codec: only base offset and leader epoch are the broker’s', async () => {
    const { topic, leader } = await fresh()
    const sent: Uint8Array[] = []
    for (const codec of [0, 1, 2, 3, 4] as CompressionCodec[]) {
      const batch = batchOf([`${codecNames[codec]} a`, 'b'.repeat(500)], compressedWith(codec))
      expect(await produceTo(leader, topic, batch)).toMatchObject({
        errorCode: 0,
        baseOffset: codec * 2,
        logAppendTimeMs: -1,
        logStartOffset: 0
      })
      sent.push(batch)
    }

    const { records, highWatermark } = await fetchFrom(leader, topic, 0)

    expect(highWatermark).toBe(10)
    let at = 0
    for (const [i, batch] of sent.entries()) {
      const stored = (records ?? new Uint8Array()).slice(at, at + batch.length)
      expect(readBatchHeader(stored)).toMatchObject({ baseOffset: i * 2, partitionLeaderEpoch: 0 })
      const expected = batch.slice()
      expected.set(stored.subarray(0, 8), 0)
      expected.set(
        stored.subarray(headerAt.partitionLeaderEpoch, headerAt.partitionLeaderEpoch + 4),
        headerAt.partitionLeaderEpoch
      )
      expect(stored).toEqual(expected)
      at += batch.length
    }
    expect(at).toBe(records?.length)
  })

  it('of another version than 2, several batches, a cut one, or none are INVALID_RECORD; what is damaged is CORRUPT_MESSAGE', async () => {
    const { topic, leader } = await fresh()
    const good = batchOf(['good'])
    const wrongCrc = good.slice()
    wrongCrc[headerAt.crc] = (wrongCrc[headerAt.crc] ?? 0) ^ 1
    const flag = (bit: number) =>
      altered(good, (view) => view.setInt16(headerAt.attributes, view.getInt16(headerAt.attributes) | bit))
    const cases: [string, Uint8Array | null, string][] = [
      ['no records', null, 'INVALID_RECORD'],
      ['empty records', new Uint8Array(0), 'INVALID_RECORD'],
      ['two batches', Buffer.concat([good, good]), 'INVALID_RECORD'],
      ['magic 1', altered(good, (view) => view.setInt8(headerAt.magic, 1)), 'INVALID_RECORD'],
      ['a control batch', flag(attributeBits.control), 'INVALID_RECORD'],
      ['a wrong count', altered(good, (view) => view.setInt32(headerAt.recordCount, 5)), 'INVALID_RECORD'],
      [
        'a producer without a sequence',
        altered(good, (view) => view.setBigInt64(headerAt.producerId, 5n)),
        'INVALID_RECORD'
      ],
      ['a wrong checksum', wrongCrc, 'CORRUPT_MESSAGE'],
      // As Kafka 3.9.1 answers (test/transcripts).
      ['a cut batch', good.slice(0, -1), 'INVALID_RECORD'],
      ['a stump', good.slice(0, 40), 'INVALID_RECORD'],
      ['the broker’s own time stamp', flag(attributeBits.logAppendTime), 'INVALID_TIMESTAMP']
    ]
    for (const [what, records, error] of cases) {
      const answer = await produceTo(leader, topic, records)
      expect(answer.errorCode, what).toBe(code(error as never))
      expect(answer.baseOffset, what).toBe(-1)
    }
    expect((await fetchFrom(leader, topic, 0)).highWatermark).toBe(0)
  })

  it('are refused with Kafka’s own errors: acks, size, codec, place', async () => {
    const { topic, leader } = await fresh({ 'max.message.bytes': '2000' })
    const good = batchOf(['good'])
    expect((await produceTo(leader, topic, good, { acks: 2 })).errorCode).toBe(code('INVALID_REQUIRED_ACKS'))
    const large = await produceTo(leader, topic, batchOf(['x'.repeat(3000)]), { version: 8 })
    expect(large.errorCode).toBe(code('MESSAGE_TOO_LARGE'))
    expect(large.errorMessage).toMatch(/2000/)
    const zstd = batchOf(['z'], compressedWith(4))
    expect((await produceTo(leader, topic, zstd, { version: 6 })).errorCode).toBe(code('UNSUPPORTED_COMPRESSION_TYPE'))
    expect((await produceTo(leader, topic, zstd, { version: 7 })).errorCode).toBe(0)
    expect((await produceTo(leader, 'nowhere', good)).errorCode).toBe(code('UNKNOWN_TOPIC_OR_PARTITION'))
    expect((await produceTo(leader, topic, good, { partition: 7 })).errorCode).toBe(code('UNKNOWN_TOPIC_OR_PARTITION'))
    expect((await produceTo(leader, topic, good, { transactionalId: 'tx' })).errorCode).toBe(53)
  })

  it('sent to the wrong broker get NOT_LEADER, with the way to the leader from version 10 on', async () => {
    const { topic } = await fresh()
    const leaderId = await cluster.leaderId(topic)
    const wrong = await cluster.client(cluster.otherThan(leaderId))
    const answer = await wrong.ask('produce', 10, produceRequestOf(topic, batchOf(['lost'])))
    const partition = answer.responses[0]?.partitionResponses[0]
    expect(partition).toMatchObject({
      errorCode: code('NOT_LEADER_OR_FOLLOWER'),
      currentLeader: { leaderId, leaderEpoch: 0 }
    })
    const { port } = cluster.lab.node(`broker-${leaderId}`)
    expect(answer.nodeEndpoints).toEqual([{ nodeId: leaderId, host: '127.0.0.1', port, rack: null }])
    const { topicId } = await cluster.topic(topic)
    const fetched = await wrong.ask('fetch', 16, fetchRequestOf(topic, 0, { topicId }))
    expect(fetched.responses[0]?.partitions[0]).toMatchObject({ errorCode: 6, currentLeader: { leaderId } })
    expect(fetched.nodeEndpoints).toHaveLength(1)
    expect((await listed(wrong, topic, -1n))?.errorCode).toBe(6)
  })

  it('get the broker’s time in a LogAppendTime topic', async () => {
    const { topic, leader } = await fresh({ 'message.timestamp.type': 'LogAppendTime' })
    const before = Date.now()
    const { logAppendTimeMs } = await produceTo(leader, topic, batchOf(['now'], { timestamp: 5n }))
    expect(logAppendTimeMs).toBeGreaterThanOrEqual(before)
    const { records } = await fetchFrom(leader, topic, 0)
    const header = readBatchHeader(records ?? new Uint8Array())
    expect(header).toMatchObject({ timestampType: 'LogAppendTime', maxTimestamp: BigInt(logAppendTimeMs) })
    expect(nodeChecksum.crc32c((records ?? new Uint8Array()).subarray(headerAt.attributes))).toBe(header.crc)
  })

  it('of an idempotent producer: a duplicate gets its first offset, a gap 45, an old epoch 47, also after a restart', async () => {
    const topic = `records-${++topics}`
    await cluster.createTopic(topic)
    const id = 4_000_000 + topics
    const send = async (epoch: number, sequence: number, values: string[]) =>
      produceTo(await cluster.leader(topic), topic, sequencedBatch(id, epoch, sequence, values))

    expect(await send(0, 0, ['a', 'b'])).toMatchObject({ errorCode: 0, baseOffset: 0 })
    expect(await send(0, 2, ['c'])).toMatchObject({ errorCode: 0, baseOffset: 2 })
    expect(await send(0, 0, ['a', 'b'])).toMatchObject({ errorCode: 0, baseOffset: 0 })
    expect((await send(0, 5, ['gap'])).errorCode).toBe(code('OUT_OF_ORDER_SEQUENCE_NUMBER'))
    expect((await send(1, 3, ['must start at 0'])).errorCode).toBe(code('OUT_OF_ORDER_SEQUENCE_NUMBER'))
    expect(await send(1, 0, ['d'])).toMatchObject({ errorCode: 0, baseOffset: 3 })
    expect((await send(0, 3, ['old'])).errorCode).toBe(code('INVALID_PRODUCER_EPOCH'))

    const leaderId = await cluster.leaderId(topic)
    const checks = async (): Promise<void> => {
      expect(await send(1, 0, ['d'])).toMatchObject({ errorCode: 0, baseOffset: 3 })
      // Right behind a change of leader it is to be sent again: what belongs there may be on its way (ADR 48).
      const gap = async (): Promise<number> => (await send(1, 7, ['gap'])).errorCode
      expect([19, 45]).toContain(await gap())
      await until('a gap is one', async () => (await gap()) === 45)
      expect((await send(0, 3, ['old'])).errorCode).toBe(47)
    }
    for (const act of ['node.stop', 'node.kill'] as const) {
      await cluster.lab.call(act, { node: `broker-${leaderId}` })
      await cluster.lab.call('node.start', { node: `broker-${leaderId}` })
      await expect.poll(() => cluster.leaderId(topic).catch(() => 0), { timeout: 20_000 }).toBe(leaderId)
      await expect
        .poll(async () => (await fetchFrom(await cluster.leader(topic), topic, 0)).errorCode, { timeout: 20_000 })
        .toBe(0)
      await checks()
    }
    expect((await fetchFrom(await cluster.leader(topic), topic, 0)).highWatermark).toBe(4)
  })

  it('larger than what a fetch allows come one whole batch at least, from the first partition with data', async () => {
    const { topic, leader } = await fresh()
    const batch = batchOf(['x'.repeat(5000)])
    for (let i = 0; i < 3; i++) await produceTo(leader, topic, batch)
    for (const limits of [{ maxBytes: 10 }, { partitionMaxBytes: 10 }]) {
      const { records } = await fetchFrom(leader, topic, 1, limits)
      expect(records?.length).toBeGreaterThanOrEqual(batch.length)
      expect(readBatchHeader(records ?? new Uint8Array()).baseOffset).toBe(1)
    }
    const old = await fetchFrom(leader, topic, 0, { maxBytes: 10, version: 4 })
    expect(old.records?.length).toBeGreaterThanOrEqual(batch.length)
  })

  it('are waited for: a long poll ends with an append, else when its time is over', async () => {
    const { topic, leader } = await fresh()
    const waiting = await cluster.connect(await cluster.leaderId(topic))
    const startMs = performance.now()
    const empty = await fetchFrom(waiting, topic, 0, { maxWaitMs: 400 })
    expect(performance.now() - startMs).toBeGreaterThan(380)
    expect(empty).toMatchObject({ errorCode: 0, highWatermark: 0 })
    expect(empty.records?.length ?? 0).toBe(0)

    waiting.send('fetch', 11, fetchRequestOf(topic, 0, { maxWaitMs: 20_000 }))
    const answer = waiting.frame()
    await produceTo(leader, topic, batchOf(['here']))
    const { value } = readAnswer('fetch', 11, await answer)
    expect(value.responses[0]?.partitions[0]?.highWatermark).toBe(1)
    expect(performance.now() - startMs).toBeLessThan(10_000)
    waiting.close()
  })

  it('of a topic that is deleted end a long poll early', async () => {
    const { topic } = await fresh()
    const waiting = await cluster.connect(await cluster.leaderId(topic))
    waiting.send('fetch', 11, fetchRequestOf(topic, 0, { maxWaitMs: 60_000 }))
    const answer = waiting.frame()
    await cluster.deleteTopic(topic)
    const { value } = readAnswer('fetch', 11, await answer)
    expect([3, 6]).toContain(value.responses[0]?.partitions[0]?.errorCode)
    waiting.close()
  })

  it('outside of the log are OFFSET_OUT_OF_RANGE, at once', async () => {
    const { topic, leader } = await fresh()
    await produceTo(leader, topic, batchOf(['one']))
    for (const offset of [-1, 2, 1e15]) {
      const answer = await fetchFrom(leader, topic, offset, { maxWaitMs: 20_000 })
      expect(answer.errorCode, String(offset)).toBe(code('OFFSET_OUT_OF_RANGE'))
    }
    expect((await fetchFrom(leader, topic, 1)).errorCode).toBe(0)
  })

  it('are fetched in a session by who asks for one; 70 for who names one that is not there', async () => {
    const { topic, leader } = await fresh()
    const wants = await leader.ask('fetch', 12, fetchRequestOf(topic, 0, { sessionEpoch: 0 }))
    expect(wants).toMatchObject({ errorCode: 0 })
    expect(wants.sessionId).toBeGreaterThan(0)
    expect(wants.responses).toHaveLength(1)
    const { sessionId } = wants
    const goesOn = await leader.ask('fetch', 12, {
      ...fetchRequestOf(topic, 0, { sessionId, sessionEpoch: 1 }),
      topics: []
    })
    expect(goesOn).toMatchObject({ errorCode: 0, sessionId, responses: [] })
    const names = await leader.ask('fetch', 12, fetchRequestOf(topic, 0, { sessionId: 77, sessionEpoch: 3 }))
    expect(names.errorCode).toBe(code('FETCH_SESSION_ID_NOT_FOUND'))
    const closes = await leader.ask('fetch', 12, fetchRequestOf(topic, 0, { sessionId, sessionEpoch: -1 }))
    expect(closes).toMatchObject({ errorCode: 0, sessionId: 0 })
  })

  it('have no list of aborted transactions when read uncommitted, an empty one when committed', async () => {
    const { topic, leader } = await fresh()
    await produceTo(leader, topic, batchOf(['one']))
    expect((await fetchFrom(leader, topic, 0, { isolationLevel: 0 })).abortedTransactions).toBeNull()
    const committed = await fetchFrom(leader, topic, 0, { isolationLevel: 1 })
    expect(committed.abortedTransactions).toEqual([])
    expect(committed.lastStableOffset).toBe(1)
  })

  it('are found by time with every codec, and by the names of both ends', async () => {
    const { topic, leader } = await fresh()
    for (const codec of [0, 1, 2, 3, 4] as CompressionCodec[]) {
      const base = 1_000_000n + BigInt(codec) * 1000n
      const records = [0n, 100n, 200n].map((more) => recordOf(`v${more}`, { timestamp: base + more }))
      await produceTo(leader, topic, buildBatch(records, nodeChecksum, compressedWith(codec)))
    }
    expect(await listed(leader, topic, -1n)).toMatchObject({ errorCode: 0, offset: 15, timestamp: -1n, leaderEpoch: 0 })
    expect(await listed(leader, topic, -2n)).toMatchObject({ errorCode: 0, offset: 0, timestamp: -1n, leaderEpoch: 0 })
    expect(await listed(leader, topic, -3n)).toMatchObject({ errorCode: 0, offset: 14, timestamp: 1_004_200n })
    expect(await listed(leader, topic, -4n, 8)).toMatchObject({ errorCode: 0, offset: 0 })
    expect(await listed(leader, topic, -5n, 9)).toMatchObject({ errorCode: 0, offset: -1 })
    for (let codec = 0; codec < 5; codec++) {
      const found = await listed(leader, topic, 1_000_050n + BigInt(codec) * 1000n)
      expect(found, codecNames[codec]).toMatchObject({
        errorCode: 0,
        offset: codec * 3 + 1,
        timestamp: 1_000_100n + BigInt(codec) * 1000n,
        leaderEpoch: 0
      })
    }
    expect(await listed(leader, topic, 0n)).toMatchObject({ offset: 0, timestamp: 1_000_000n })
    expect(await listed(leader, topic, 1_004_201n)).toMatchObject({ errorCode: 0, offset: -1, timestamp: -1n })
    expect((await listed(leader, 'nowhere', -1n))?.errorCode).toBe(3)
  })

  it('are fetched by topic id from version 13 on: an unknown id is 100, an unknown partition of a known one 3', async () => {
    const { topic, leader } = await fresh()
    const { topicId } = await cluster.topic(topic)
    expect((await fetchFrom(leader, topic, 0, { version: 13, topicId })).errorCode).toBe(0)
    const unknown = await leader.ask('fetch', 13, fetchRequestOf(topic, 0, { topicId: 'AAAAAAAAAAAAAAAAAAAAEQ' }))
    expect(unknown.responses[0]?.partitions[0]?.errorCode).toBe(code('UNKNOWN_TOPIC_ID'))
    expect(unknown.responses[0]?.topicId).toBe('AAAAAAAAAAAAAAAAAAAAEQ')
    const sixth = await fetchFrom(leader, topic, 0, { version: 13, topicId, partition: 5 })
    expect(sixth.errorCode).toBe(code('UNKNOWN_TOPIC_OR_PARTITION'))
  })
})
