/**
 * Batches that cannot be read stand in a log and cost nobody more than themselves: readers show the rest and name the
 * place, and no process grows on them (ADR 15, ADR 16).
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ControlClient } from '../../src-main/host/control-client'
import { nodeChecksum } from '../../src-main/adapters/node-checksum'
import { buildBatch } from '../../src-main/protocol/record/batch-builder'
import { headerAt } from '../../src-main/protocol/record/batch-header'
import { putInt16, putInt32 } from '../../src-main/protocol/record/big-endian'
import { code } from '../../src-main/protocol/wire/headers'
import { zerosOf } from '../support/bombs'
import { lagoon } from '../support/lab-cluster'
import { produceTo, RawCluster } from '../support/raw-cluster'
import type { RawClient } from '../support/raw-client'
import { batchOf, compressedWith, loadCodecs, recordOf } from '../support/record-samples'

const MiB = 1024 * 1024
const residentBytesMax = 600 * MiB
const packedBytesMax = 900_000

/** As much as goes into a megabyte, 2 GiB at most. */
function bombOf(name: string): Uint8Array {
  const { codec, make } = zerosOf[name] ?? { codec: 0, make: (bytes: number) => new Uint8Array(bytes) }
  let plainBytes = 2048 * MiB
  let block = make(plainBytes)
  if (block.length > packedBytesMax)
    block = make((plainBytes = Math.floor((plainBytes / block.length) * packedBytesMax)))
  const compress = () => block
  return buildBatch([recordOf('a'), recordOf('b')], nodeChecksum, { compressed: { codec, compress } })
}

/** VmHWM of /proc: the most that the process ever held. */
function peakBytes(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
}

// Snappy cannot hold more than 21 times its size, so no batch of a megabyte exceeds the limit.
const names = Object.keys(zerosOf).filter((name) => !name.startsWith('snappy'))

describe('records that cannot be read', () => {
  let cluster: RawCluster
  let client: RawClient

  beforeAll(async () => {
    await loadCodecs()
    cluster = await RawCluster.start({ brokers: 1 })
    client = await cluster.client(1)
  })

  afterAll(async () => {
    expect(await cluster.discard()).toBe(0)
  })

  it('because they unpack to gigabytes are stored; consume, Messages and look-ups go on, and say where', async () => {
    await cluster.createTopic('bombs', { partitions: 2 })
    await produceTo(client, 'bombs', batchOf(['first']))
    for (const name of names) expect((await produceTo(client, 'bombs', bombOf(name))).errorCode).toBe(0)
    await produceTo(client, 'bombs', batchOf(['last']))
    await produceTo(client, 'bombs', batchOf(['beside']), { partition: 1 })

    const args = [
      'consume',
      'bombs',
      '--from',
      'earliest',
      '--poll-timeout-ms',
      '3000',
      '--json',
      '--data',
      cluster.lab.dir
    ]
    const consumed = await lagoon(args)

    const values = consumed.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { value: string }).value)
    expect(values.sort()).toEqual(['beside', 'first', 'last'])
    for (let i = 0; i < names.length; i++)
      expect(consumed.stderr).toContain(`bombs-0 offsets ${1 + 2 * i} to ${2 + 2 * i} cannot be read: `)
    const control = await ControlClient.connect(cluster.lab.dir)
    const newest = await control.call('records.newest', { topic: 'bombs', limit: 100 })
    control.close()
    expect(newest.records.map(({ value }) => value).sort()).toEqual(['beside', 'first', 'last'])
    expect(newest.unreadable).toHaveLength(names.length)
    expect(newest.unreadable[0]).toMatchObject({
      topic: 'bombs',
      partition: 0,
      fromOffset: 1,
      toOffset: 2,
      why: 'tooLarge'
    })
    const asked = Array.from({ length: 1 + 2 * names.length }, () => ({
      partitionIndex: 0,
      timestamp: 1_700_000_000_001n
    }))
    await client.ask('listOffsets', 5, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: 'bombs', partitions: asked }]
    })
    const broker = cluster.lab.node('broker-1').pid ?? 0
    const host = cluster.lab.child.pid ?? 0
    for (const pid of [broker, host, ...childrenOf(host).flatMap((child) => [child, ...childrenOf(child)])])
      expect(peakBytes(pid)).toBeLessThan(residentBytesMax)
  })

  it('of any codec, with a body of 20 MB, are consumed whole, and looked up to the record', async () => {
    await cluster.createTopic('large')
    const records = Array.from({ length: 200 }, (_, i) =>
      recordOf(`${i} ${'x'.repeat(100_000)}`, { timestamp: BigInt(1000 + i) })
    )
    for (const codec of [1, 2, 3, 4] as const) {
      const batch = buildBatch(records, nodeChecksum, compressedWith(codec))
      expect((await produceTo(client, 'large', batch)).errorCode).toBe(0)
    }

    const args = [
      'consume',
      'large',
      '--from',
      'earliest',
      '--max-records',
      '800',
      '--poll-timeout-ms',
      '20000',
      '--json'
    ]
    const consumed = await lagoon([...args, '--data', cluster.lab.dir])
    const found = await client.ask('listOffsets', 5, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: 'large', partitions: [{ partitionIndex: 0, timestamp: 1150n }] }]
    })

    const offsets = consumed.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { offset: number }).offset)
    expect(offsets).toEqual(Array.from({ length: 800 }, (_, i) => i))
    expect(found.topics[0]?.partitions[0]).toMatchObject({ errorCode: 0, offset: 150 })
  })

  it.each([
    [
      'a codec that its body does not have',
      'UNKNOWN_SERVER_ERROR',
      (bytes: Uint8Array) => putInt16(bytes, headerAt.attributes, 1)
    ],
    ['more records than it has', 'INVALID_RECORD', (bytes: Uint8Array) => putInt32(bytes, headerAt.recordCount, 3)],
    ['fewer records than it has', 'INVALID_RECORD', (bytes: Uint8Array) => putInt32(bytes, headerAt.recordCount, 1)]
  ] as const)('because the batch says %s are refused, and nothing is stored', async (what, error, change) => {
    const topic = `refused-${what.replaceAll(' ', '-')}`
    await cluster.createTopic(topic)
    const batch = batchOf(['a', 'b'])
    change(batch)
    putInt32(batch, headerAt.lastOffsetDelta, new DataView(batch.buffer).getInt32(headerAt.recordCount) - 1)
    putInt32(batch, headerAt.crc, nodeChecksum.crc32c(batch.subarray(headerAt.attributes)))

    const answer = await produceTo(client, topic, batch)

    expect(answer.errorCode).toBe(code(error))
    expect(answer.errorMessage).toMatch(/batch/)
    expect((await produceTo(client, topic, batchOf(['good']))).baseOffset).toBe(0)
  })
})
