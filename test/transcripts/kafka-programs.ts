/**
 * What Kafka is asked when its answers are recorded. Each program begins in a cluster without topics and groups, but with
 * `__consumer_offsets`. `ask` gives the answer in its recorded form, whose names may stand in later requests.
 */
import { gzipSync } from 'node:zlib'
import { nodeChecksum } from '../../src-main/adapters/node-checksum'
import { headerAt } from '../../src-main/protocol/record/batch-header'
import { buildBatch, type BatchOptions } from '../../src-main/protocol/record/batch-builder'
import { putInt32 } from '../../src-main/protocol/record/big-endian'
import type { ApiName } from '../support/raw-client'
import type { Json, Outcome } from './kafka-dialogue'

export interface Asking {
  /** An unencodable request is an error of the program. */
  readonly ask: (
    what: string,
    api: ApiName,
    version: number,
    request: object,
    options?: { readonly on?: string; readonly outcome?: Outcome; readonly answerVersion?: number }
  ) => Promise<Answer>
  /** The answer to what was asked "later" on this connection. */
  readonly take: (what: string, api: ApiName, version: number, on: string) => Promise<Answer>
}

/** An answer whose fields a program may pick from. */
export type Answer = Json & { readonly [key: string]: Answer } & readonly Answer[]

type Run = (asking: Asking) => Promise<void>

const baseTime = 1_500_000_000_000n
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text))

function batch(values: readonly string[], options: BatchOptions & { readonly at?: bigint } = {}): Uint8Array {
  const from = options.at ?? baseTime
  const records = values.map((value, i) => ({ timestamp: from + BigInt(i), key: null, value: bytesOf(value) }))
  return buildBatch(records, nodeChecksum, options)
}

/** The batch with some of its header changed; its CRC fits unless that is what is changed. */
function changed(bytes: Uint8Array, change: (bytes: Uint8Array) => void, isCrcKept = false): Uint8Array {
  change(bytes)
  if (!isCrcKept) putInt32(bytes, headerAt.crc, nodeChecksum.crc32c(bytes.subarray(headerAt.attributes)))
  return bytes
}

const joined = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts))
const from = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i)

/** A frame of one raw block, for less than 256 bytes. */
const zstdRaw = (block: Uint8Array): Uint8Array =>
  joined(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, block.length, ...rawBlock(block.length)), block)
const rawBlock = (size: number): number[] => [((size << 3) | 1) & 0xff, size >> 5, 0]

const newTopic = (name: string, more: object = {}): object => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
  ...more
})
const configs = (values: Readonly<Record<string, string | null>>): object => ({
  configs: Object.entries(values).map(([name, value]) => ({ name, value }))
})
const create = ({ ask }: Asking, ...topics: readonly object[]): Promise<Answer> =>
  ask('make topics', 'createTopics', 7, { topics, timeoutMs: 10_000 })

const named = (version: number, ...names: readonly string[]): object => ({
  topics: names.map((name) => ({ name })),
  ...(version >= 4 ? { allowAutoTopicCreation: false } : {})
})

const apiVersions: Run = async ({ ask }) => {
  const software = { clientSoftwareName: 'raw', clientSoftwareVersion: '1.0' }
  for (const version of from(0, 4)) await ask(`version ${version}`, 'apiVersions', version, software)
  for (const name of ['', 'a b', '-raw']) {
    await ask(`the name "${name}"`, 'apiVersions', 3, { ...software, clientSoftwareName: name })
  }
  await ask('the version ""', 'apiVersions', 4, { ...software, clientSoftwareVersion: '' })
  await ask('a version that is not there yet', 'apiVersions', 99, software, { answerVersion: 0 })
}

const metadata: Run = async (asking) => {
  const { ask } = asking
  await create(asking, newTopic('orders', { numPartitions: 2 }), newTopic('in.valid_names-1'))
  for (const version of from(0, 12)) {
    await ask('a topic that is there', 'metadata', version, named(version, 'orders'))
    if (version >= 4) await ask('one that is not', 'metadata', version, named(version, 'missing'))
    await ask('no topic', 'metadata', version, { topics: [] })
    if (version >= 1) await ask('all topics', 'metadata', version, { topics: null })
  }
  for (const name of ['', '.', '..', 'a b', 'ü', 'a'.repeat(249), 'a'.repeat(250)]) {
    await ask(`the name "${name.slice(0, 5)}" of ${name.length}`, 'metadata', 9, named(9, name))
  }
  await ask('several, one twice', 'metadata', 9, named(9, 'orders', 'missing', 'orders', 'in.valid_names-1'))
  const byId = (topicId: string, name: string | null = null) => ({ topics: [{ topicId, name }] })
  await ask('by id', 'metadata', 12, byId('@topicId:orders'))
  await ask('by an id that is not there', 'metadata', 12, byId('AAAAAAAAAAAAAAAAAAAAAQ'))
  await ask('by neither name nor id', 'metadata', 12, byId('AAAAAAAAAAAAAAAAAAAAAA'))
  await ask('by id before version 12', 'metadata', 10, byId('@topicId:orders', 'orders'))
  await ask('by id without a name before version 12', 'metadata', 11, byId('@topicId:orders'))
  for (const version of [8, 9, 10]) {
    const operations = { includeClusterAuthorizedOperations: true, includeTopicAuthorizedOperations: true }
    await ask('with what may be done', 'metadata', version, { ...named(version, 'orders', 'missing'), ...operations })
  }
  await ask('made by asking', 'metadata', 9, { topics: [{ name: 'made' }], allowAutoTopicCreation: true })
  await ask('a version that is not there yet', 'metadata', 99, named(12, 'orders'), { outcome: 'end' })
}

const createTopics: Run = async ({ ask }) => {
  for (const version of from(0, 7)) {
    const make = (what: string, topic: object, more: object = {}) =>
      ask(what, 'createTopics', version, { topics: [topic], timeoutMs: 10_000, ...more })
    const name = `made-${version}`
    if (version >= 1) await make('only looked at', newTopic(name), { validateOnly: true })
    await make('a topic', newTopic(name, { numPartitions: 3 }))
    await make('the same again', newTopic(name))
    if (version >= 1) await make('the same again, only looked at', newTopic(name), { validateOnly: true })
    await make('with the defaults', newTopic(`default-${version}`, { numPartitions: -1, replicationFactor: -1 }))
    const assignments = [
      { partitionIndex: 1, brokerIds: [1] },
      { partitionIndex: 0, brokerIds: [1] }
    ]
    const shape = { numPartitions: -1, replicationFactor: -1 }
    await make('with an assignment', newTopic(`given-${version}`, { ...shape, assignments }))
  }
  const refused = async (what: string, topic: object): Promise<void> => {
    await ask(what, 'createTopics', 5, { topics: [topic], timeoutMs: 10_000, validateOnly: true })
    await ask(`${what}, in earnest`, 'createTopics', 5, { topics: [topic], timeoutMs: 10_000 })
  }
  for (const name of ['', '.', '..', 'a b', 'a/b', 'ü', 'a'.repeat(249), 'a'.repeat(250)]) {
    await refused(`the name "${name.slice(0, 5)}" of ${name.length}`, newTopic(name))
  }
  await ask('a dotted name', 'createTopics', 5, { topics: [newTopic('col.lide')], timeoutMs: 10_000 })
  await refused('a name that collides', newTopic('col_lide'))
  for (const numPartitions of [0, -2]) {
    await refused(`${numPartitions} partitions`, newTopic('bad', { numPartitions }))
  }
  for (const replicationFactor of [0, -2, 2]) {
    await refused(`replication factor ${replicationFactor}`, newTopic('bad', { replicationFactor }))
  }
  const given = (assignments: object[], more: object = {}) =>
    newTopic('bad', { numPartitions: -1, replicationFactor: -1, assignments, ...more })
  const partition = (partitionIndex: number, ...brokerIds: number[]) => ({ partitionIndex, brokerIds })
  await refused('an assignment and a number', given([partition(0, 1)], { numPartitions: 1 }))
  await refused('an assignment and a replication factor', given([partition(0, 1)], { replicationFactor: 1 }))
  // Only looked at: Kafka makes such topics where it does not refuse them, and then waits for leaders in vain.
  const assigned = (what: string, assignments: object[]) =>
    ask(what, 'createTopics', 5, { topics: [given(assignments)], timeoutMs: 10_000, validateOnly: true })
  await assigned('an assignment to a broker that is not there', [partition(0, 9)])
  await assigned('an assignment to nobody', [partition(0)])
  await assigned('an assignment to one broker twice', [partition(0, 1, 1)])
  await assigned('an assignment with a gap', [partition(0, 1), partition(2, 1)])
  await assigned('an assignment from 1 on', [partition(1, 1)])
  await assigned('an assignment of unequal lengths', [partition(0, 1), partition(1, 1, 2)])
  await assigned('an assignment that names a partition twice', [partition(0, 1), partition(0, 1)])
  const values: readonly (readonly [string, string | null])[] = [
    ['no.such.config', '1'],
    ['retention.ms', 'abc'],
    ['retention.ms', ''],
    ['retention.ms', '-2'],
    ['retention.ms', ' 5 '],
    ['retention.ms', '+5'],
    ['retention.ms', '1e3'],
    ['retention.ms', '9223372036854775808'],
    ['retention.ms', null],
    ['retention.bytes', '-2'],
    ['segment.bytes', '13'],
    ['segment.bytes', '2147483648'],
    ['segment.ms', '0'],
    ['max.message.bytes', '-1'],
    ['message.timestamp.type', 'createtime'],
    ['cleanup.policy', 'keep'],
    ['cleanup.policy', ''],
    ['compression.type', 'lzma'],
    ['min.insync.replicas', '0'],
    ['index.interval.bytes', '-1'],
    ['file.delete.delay.ms', '-1']
  ]
  for (const [i, [name, value]] of values.entries()) {
    await refused(`${name}=${value}`, newTopic(`bad-${i}`, configs({ [name]: value })))
  }
  const good = {
    'retention.ms': '9223372036854775807',
    'retention.bytes': '-1',
    'segment.bytes': '14',
    'message.timestamp.type': 'LogAppendTime',
    'max.message.bytes': '0'
  }
  await ask('configs that may be set', 'createTopics', 7, {
    topics: [newTopic('configured', configs(good))],
    timeoutMs: 10_000
  })
  const twice = [newTopic('twice'), newTopic('once'), newTopic('twice')]
  await ask('one name twice', 'createTopics', 5, { topics: twice, timeoutMs: 10_000 })
  await ask('no topic', 'createTopics', 5, { topics: [], timeoutMs: 10_000 })
  await ask('good ones beside bad ones', 'createTopics', 7, {
    topics: [newTopic('good-1'), newTopic('b a d'), newTopic('good-2')],
    timeoutMs: 10_000
  })
}

const deleteTopics: Run = async (asking) => {
  const { ask } = asking
  for (const version of from(0, 6)) {
    const of = (...names: string[]) =>
      version >= 6 ? { topics: names.map((name) => ({ name })) } : { topicNames: names }
    await create(asking, newTopic(`gone-${version}`), newTopic(`other-${version}`))
    const remove = (what: string, ...names: string[]) =>
      ask(what, 'deleteTopics', version, { ...of(...names), timeoutMs: 10_000 })
    await remove('a topic', `gone-${version}`)
    await remove('one that is not there', 'missing')
    await remove('one of each, one twice', `other-${version}`, 'missing', `other-${version}`)
    await remove('none')
    await remove('a bad name', 'a b')
    await remove('no name', '')
  }
  await create(asking, newTopic('by-id'))
  const byId = (what: string, ...topics: object[]) => ask(what, 'deleteTopics', 6, { topics, timeoutMs: 10_000 })
  await byId('an id that is not there', { topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' })
  await byId('neither name nor id', { name: null })
  await byId('both', { name: 'by-id', topicId: '@topicId:by-id' })
  await byId('by id', { topicId: '@topicId:by-id' })
}

const produced = (
  topic: string,
  records: Uint8Array | null,
  more: { readonly acks?: number; readonly index?: number; readonly transactionalId?: string } = {}
): object => ({
  ...(more.transactionalId === undefined ? {} : { transactionalId: more.transactionalId }),
  acks: more.acks ?? -1,
  timeoutMs: 10_000,
  topicData: [{ name: topic, partitionData: [{ index: more.index ?? 0, records }] }]
})

const produce: Run = async (asking) => {
  const { ask } = asking
  const small = { 'max.message.bytes': '200' }
  await create(
    asking,
    newTopic('orders', { numPartitions: 2 }),
    newTopic('small', configs(small)),
    newTopic('scrap'),
    newTopic('segments', configs({ 'segment.bytes': '200' })),
    newTopic('stamped', configs({ 'message.timestamp.type': 'LogAppendTime' }))
  )
  for (const version of from(3, 11)) {
    const send = (what: string, topic: string, records: Uint8Array | null, more = {}) =>
      ask(what, 'produce', version, produced(topic, records, more))
    await send('one batch', 'orders', batch(['a', 'b']))
    await send('acks 1', 'orders', batch(['c']), { acks: 1 })
    await send('acks 2', 'orders', batch(['c']), { acks: 2 })
    await send('acks -2', 'orders', batch(['c']), { acks: -2 })
    await send('to a topic that is not there', 'missing', batch(['c']))
    await send('to a partition that is not there', 'orders', batch(['c']), { index: 7 })
    await send('to a partition below 0', 'orders', batch(['c']), { index: -1 })
    await send(
      'a wrong CRC',
      'orders',
      changed(batch(['c']), (bytes) => bytes.fill(7, headerAt.crc, headerAt.crc + 4), true)
    )
    await send('too large', 'small', batch(['x'.repeat(300)]))
    await send('larger than a segment', 'segments', batch(['x'.repeat(300)]))
    await send('two batches', 'orders', joined(batch(['c']), batch(['d'])))
    await send('to an internal topic', '__consumer_offsets', batch(['c']))
  }
  const send = (what: string, topic: string, records: Uint8Array | null, more = {}) =>
    ask(what, 'produce', 9, produced(topic, records, more))
  await send('empty records', 'orders', new Uint8Array(0))
  await send('records cut in the header', 'orders', batch(['c']).subarray(0, 40))
  await send('records cut at the end', 'orders', batch(['c']).subarray(0, 65))
  await send('garbage behind a batch', 'scrap', joined(batch(['c']), Uint8Array.of(1, 2, 3)))
  for (const magic of [0, 1, 3]) {
    await send(
      `magic ${magic}`,
      'orders',
      changed(batch(['c']), (bytes) => (bytes[headerAt.magic] = magic))
    )
  }
  const count = (records: number) => (bytes: Uint8Array) => putInt32(bytes, headerAt.recordCount, records)
  await send('more records than there are', 'orders', changed(batch(['c', 'd']), count(3)))
  await send('fewer records than there are', 'orders', changed(batch(['c', 'd']), count(1)))
  await send('no record', 'orders', changed(batch(['c', 'd']), count(0)))
  const lastDelta = (delta: number) => (bytes: Uint8Array) => putInt32(bytes, headerAt.lastOffsetDelta, delta)
  await send('a last offset that is too high', 'orders', changed(batch(['c', 'd']), lastDelta(5)))
  await send('a last offset that is too low', 'orders', changed(batch(['c', 'd']), lastDelta(0)))
  await send(
    'a codec that does not exist',
    'orders',
    changed(batch(['c']), (bytes) => (bytes[headerAt.attributes + 1] = 5))
  )
  await send(
    'a plain body that says it is gzip',
    'orders',
    changed(batch(['c']), (bytes) => (bytes[headerAt.attributes + 1] = 1))
  )
  await send('a control batch', 'orders', batch(['c'], { isControl: true }))
  await send('a base offset of its own', 'orders', batch(['c'], { baseOffset: 77 }))
  await send('without a time', 'orders', batch(['c'], { at: -1n }))
  await send('with a time below -1', 'orders', batch(['c'], { at: -5n }))
  await send('with a time in nanoseconds', 'orders', batch(['c'], { at: 1_500_000_000_000_000_000n }))
  await send('where the broker stamps', 'stamped', batch(['c']))
  const gzip = { compressed: { codec: 1 as const, compress: (block: Uint8Array) => gzipSync(block) } }
  await send('gzip', 'orders', batch(['c', 'd'], gzip))
  await send('in a transaction', 'scrap', batch(['c']), { transactionalId: 'tx' })
  await ask(
    'a batch of a transaction without one',
    'produce',
    9,
    produced('orders', batch(['c'], { isTransactional: true, producer: { id: 8, epoch: 0, baseSequence: 0 } }))
  )
  const idempotent = (baseSequence: number, epoch = 0, values = ['p', 'q']) =>
    batch(values, { producer: { id: 4242, epoch, baseSequence } })
  const idem = (what: string, baseSequence: number, epoch = 0) =>
    ask(what, 'produce', 9, produced('orders', idempotent(baseSequence, epoch), { index: 1 }))
  await idem('the first of a producer, not from 0', 10)
  await idem('the next', 12)
  await idem('the same again', 12)
  await idem('one before that again', 10)
  await idem('a gap', 20)
  await idem('a newer epoch, not from 0', 14, 1)
  await idem('a newer epoch from 0', 0, 1)
  await idem('the older epoch', 14)
  await idem('the newer epoch goes on', 2, 1)
  await ask('no sequence', 'produce', 9, produced('orders', idempotent(-1, 1), { index: 1 }))
  await ask(
    'a sequence that wraps',
    'produce',
    9,
    produced('orders', batch(['p'], { producer: { id: 4343, epoch: 0, baseSequence: 2147483647 } }), { index: 1 })
  )
  await ask(
    'and goes on at 0',
    'produce',
    9,
    produced('orders', batch(['p'], { producer: { id: 4343, epoch: 0, baseSequence: 0 } }), { index: 1 })
  )
  await ask('several topics and partitions', 'produce', 9, {
    acks: 1,
    timeoutMs: 10_000,
    topicData: [
      {
        name: 'orders',
        partitionData: [
          { index: 0, records: batch(['z']) },
          { index: 9, records: batch(['z']) },
          { index: 1, records: batch(['z']) }
        ]
      },
      { name: 'missing', partitionData: [{ index: 0, records: batch(['z']) }] },
      { name: 'stamped', partitionData: [{ index: 0, records: batch(['z']) }] }
    ]
  })
  await ask('no topic', 'produce', 9, { acks: 1, timeoutMs: 10_000, topicData: [] })
  for (const version of [3, 7, 9]) {
    const on = `acks-0-${version}`
    await ask('acks 0', 'produce', version, produced('orders', batch(['0']), { acks: 0 }), { on, outcome: 'nothing' })
    await ask('what it wrote', 'listOffsets', 5, offsetsOf('orders', [[0, -1n]]), { on })
    await ask(
      'acks 0 to a topic that is not there',
      'produce',
      version,
      produced('missing', batch(['0']), { acks: 0 }),
      { on, outcome: 'end' }
    )
  }
  const zstd = { compressed: { codec: 4 as const, compress: zstdRaw } }
  await ask('zstd from version 7', 'produce', 7, produced('orders', batch(['c'], zstd)))
  await ask('zstd before it', 'produce', 6, produced('orders', batch(['c'], zstd)))
}

function offsetsOf(topic: string, partitions: readonly (readonly [number, bigint, number?])[]): object {
  return {
    replicaId: -1,
    topics: [
      {
        name: topic,
        partitions: partitions.map(([partitionIndex, timestamp, currentLeaderEpoch]) => ({
          partitionIndex,
          timestamp,
          ...(currentLeaderEpoch === undefined ? {} : { currentLeaderEpoch })
        }))
      }
    ]
  }
}

const listOffsets: Run = async (asking) => {
  const { ask } = asking
  await create(asking, newTopic('orders', { numPartitions: 2 }))
  await ask('write', 'produce', 9, produced('orders', batch(['a', 'b', 'c'])))
  await ask('write earlier ones', 'produce', 9, produced('orders', batch(['d', 'e'], { at: baseTime - 10n })))
  for (const version of from(1, 9)) {
    const at = (what: string, timestamp: bigint, partition = 0) =>
      ask(what, 'listOffsets', version, offsetsOf('orders', [[partition, timestamp]]))
    await at('latest', -1n)
    await at('earliest', -2n)
    for (const special of [-3n, -4n, -5n, -6n]) await at(`timestamp ${special}`, special)
    await at('by the first time', baseTime)
    await at('by a time between', baseTime + 1n)
    await at('by an early time', 0n)
    await at('by a late time', baseTime + 1000n)
    await at('by the largest time', 9223372036854775807n)
    await at('latest of an empty partition', -1n, 1)
    await at('earliest of an empty partition', -2n, 1)
    await at('by time in an empty partition', 0n, 1)
    if (version >= 7) await at('the largest time of an empty partition', -3n, 1)
    await at('of a partition that is not there', -1n, 9)
    await ask('of a topic that is not there', 'listOffsets', version, offsetsOf('missing', [[0, -1n]]))
    await ask(
      'one partition twice',
      'listOffsets',
      version,
      offsetsOf('orders', [
        [0, -1n],
        [1, -1n],
        [0, -2n]
      ])
    )
    await ask('nothing', 'listOffsets', version, { replicaId: -1, topics: [] })
    if (version >= 2) {
      const committed = { ...offsetsOf('orders', [[0, -1n]]), isolationLevel: 1 }
      await ask('latest for those who read committed', 'listOffsets', version, committed)
    }
    if (version >= 4) {
      await ask('with the right epoch', 'listOffsets', version, offsetsOf('orders', [[0, -1n, 0]]))
      await ask('with a newer epoch', 'listOffsets', version, offsetsOf('orders', [[0, -1n, 5]]))
    }
  }
}

interface FetchPartition {
  readonly partition: number
  readonly fetchOffset: number
  readonly partitionMaxBytes?: number
  readonly currentLeaderEpoch?: number
  readonly lastFetchedEpoch?: number
}

function fetched(version: number, topic: string, partitions: readonly FetchPartition[], more: object = {}): object {
  const name = version >= 13 ? { topicId: `@topicId:${topic}` } : { topic }
  return {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1_000_000,
    topics: [{ ...name, partitions: partitions.map((one) => ({ partitionMaxBytes: 1_000_000, ...one })) }],
    ...more
  }
}

const fetch: Run = async (asking) => {
  const { ask } = asking
  await create(asking, newTopic('orders', { numPartitions: 2 }), newTopic('empty'))
  for (const values of [['a', 'b', 'c'], ['d'], ['e', 'f']])
    await ask('write', 'produce', 9, produced('orders', batch(values)))
  await ask('write to the other', 'produce', 9, produced('orders', batch(['g']), { index: 1 }))
  for (const version of from(4, 16)) {
    const at = (what: string, fetchOffset: number, more: Partial<FetchPartition> = {}, request: object = {}) =>
      ask(what, 'fetch', version, fetched(version, 'orders', [{ partition: 0, fetchOffset, ...more }], request))
    await at('from the start', 0)
    await at('from inside a batch', 1)
    await at('from the end', 6)
    await at('beyond the end', 7)
    await at('below the start', -1)
    await at('far beyond', 9_000_000_000_000)
    await at('one batch, however small the limit of the partition', 0, { partitionMaxBytes: 1 })
    await at('one batch, however small the limit of the answer', 0, {}, { maxBytes: 1 })
    await at('two batches and a piece', 0, { partitionMaxBytes: 180 })
    await at('limits of 0', 0, { partitionMaxBytes: 0 }, { maxBytes: 0 })
    await at('as one who reads committed', 0, {}, { isolationLevel: 1 })
    await at('more than there is, in vain', 6, {}, { maxWaitMs: 20 })
    await at('of a partition that is not there', 0, { partition: 9 })
    await ask(
      'two partitions with little room',
      'fetch',
      version,
      fetched(
        version,
        'orders',
        [
          { partition: 1, fetchOffset: 0 },
          { partition: 0, fetchOffset: 0 }
        ],
        { maxBytes: 80 }
      )
    )
    await ask(
      'two partitions',
      'fetch',
      version,
      fetched(version, 'orders', [
        { partition: 1, fetchOffset: 0 },
        { partition: 0, fetchOffset: 3 }
      ])
    )
    await ask('of an empty topic', 'fetch', version, fetched(version, 'empty', [{ partition: 0, fetchOffset: 0 }]))
    if (version < 13)
      await ask(
        'of a topic that is not there',
        'fetch',
        version,
        fetched(version, 'missing', [{ partition: 0, fetchOffset: 0 }])
      )
    else {
      for (const [what, topicId] of [
        ['an id that is not there', 'AAAAAAAAAAAAAAAAAAAAAQ'],
        ['no id', 'AAAAAAAAAAAAAAAAAAAAAA']
      ] as const) {
        const topics = [{ topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }]
        await ask(what, 'fetch', version, { maxWaitMs: 0, minBytes: 1, maxBytes: 1000, topics })
      }
    }
    await ask('nothing', 'fetch', version, { maxWaitMs: 0, minBytes: 1, maxBytes: 1000, topics: [] })
    if (version >= 7) {
      await at('in a session that is not there', 0, {}, { sessionId: 777, sessionEpoch: 3 })
      await at('without a session', 0, {}, { sessionId: 0, sessionEpoch: -1 })
      await at('a first session', 0, {}, { sessionId: 0, sessionEpoch: 0 })
      await at('the end of a session that is not there', 0, {}, { sessionId: 777, sessionEpoch: -1 })
      await at('a session with an epoch and no id', 0, {}, { sessionId: 0, sessionEpoch: 3 })
    }
    if (version >= 9) {
      await at('with the right epoch', 0, { currentLeaderEpoch: 0 })
      await at('with a newer epoch', 0, { currentLeaderEpoch: 5 })
    }
    if (version >= 12) {
      await at('having read the right epoch', 3, { lastFetchedEpoch: 0 })
      await at('having read beyond the end of its epoch', 7, { lastFetchedEpoch: 0 })
      await at('having read an epoch that never was', 3, { lastFetchedEpoch: 4, currentLeaderEpoch: 0 })
    }
  }
}

const findCoordinator: Run = async ({ ask }) => {
  for (const version of from(0, 3)) {
    await ask('of a group', 'findCoordinator', version, { key: 'readers' })
    await ask('of the group ""', 'findCoordinator', version, { key: '' })
    if (version >= 1) {
      for (const keyType of [1, 2, 9]) {
        await ask(`of a key of type ${keyType}`, 'findCoordinator', version, { key: 'readers', keyType })
      }
    }
  }
  for (const version of from(4, 6)) {
    await ask('of two groups', 'findCoordinator', version, { coordinatorKeys: ['readers', 'writers'] })
    await ask('of one group twice', 'findCoordinator', version, { coordinatorKeys: ['readers', 'readers'] })
    await ask('of the group ""', 'findCoordinator', version, { coordinatorKeys: [''] })
    await ask('of no group', 'findCoordinator', version, { coordinatorKeys: [] })
    for (const keyType of [1, 2, 9]) {
      await ask(`of a key of type ${keyType}`, 'findCoordinator', version, { coordinatorKeys: ['readers'], keyType })
    }
  }
}

/**
 * Subscription of version 0: topics, the assignor's own bytes. Kafka reads it where the protocol type is "consumer"; what is
 * none costs it the answer.
 */
function subscription(topic: string, own: string): Uint8Array {
  const [name, data] = [bytesOf(topic), bytesOf(own)]
  return joined(Uint8Array.of(0, 0, 0, 0, 0, 1, 0, name.length), name, Uint8Array.of(0, 0, 0, data.length), data)
}

const protocols = (...names: readonly string[]) =>
  names.map((name) => ({ name, metadata: subscription('orders', `of ${name}`) }))

function joining(version: number, groupId: string, more: object = {}): object {
  return {
    groupId,
    sessionTimeoutMs: 30_000,
    ...(version >= 1 ? { rebalanceTimeoutMs: 30_000 } : {}),
    memberId: '',
    protocolType: 'consumer',
    protocols: protocols('range'),
    ...more
  }
}

/** Joins a group of its own; the member's id. */
async function member({ ask }: Asking, version: number, groupId: string): Promise<string> {
  const first = await ask('join', 'joinGroup', version, joining(version, groupId))
  const memberId = String(first['memberId'])
  if (version >= 4) await ask('join with the id given', 'joinGroup', version, joining(version, groupId, { memberId }))
  return memberId
}

/** What a sync must name from version 5 on (KIP-559). */
const rangeOfConsumers = { protocolType: 'consumer', protocolName: 'range' }

const groups: Run = async (asking) => {
  const { ask } = asking
  for (const version of from(0, 9)) {
    const group = `readers-${version}`
    const join = (what: string, more: object) => ask(what, 'joinGroup', version, joining(version, group, more))
    const memberId = await member(asking, version, group)
    const sync = Math.min(version, 5)
    const consumer = sync >= 5 ? rangeOfConsumers : {}
    const beat = Math.min(version, 4)
    const assignments = [{ memberId, assignment: bytesOf('all') }]
    await ask('heartbeat before the sync', 'heartbeat', beat, { groupId: group, generationId: 1, memberId })
    await ask('describe before the sync', 'describeGroups', Math.min(version, 5), { groups: [group] })
    if (sync >= 5) {
      const unnamed = { groupId: group, generationId: 1, memberId, assignments }
      await ask('sync without the protocol', 'syncGroup', sync, unnamed)
      await ask('sync without its type', 'syncGroup', sync, { ...unnamed, protocolName: 'range' })
    }
    await ask('sync', 'syncGroup', sync, { groupId: group, generationId: 1, memberId, ...consumer, assignments })
    await ask('sync again', 'syncGroup', sync, {
      groupId: group,
      generationId: 1,
      memberId,
      ...consumer,
      assignments: []
    })
    await ask('sync as a stranger', 'syncGroup', sync, {
      groupId: group,
      generationId: 1,
      memberId: 'who',
      ...consumer,
      assignments: []
    })
    await ask('sync of another generation', 'syncGroup', sync, {
      groupId: group,
      generationId: 7,
      memberId,
      ...consumer,
      assignments: []
    })
    await ask('sync in a group that is not there', 'syncGroup', sync, {
      groupId: 'no-group',
      generationId: 1,
      memberId,
      ...consumer,
      assignments: []
    })
    await ask('heartbeat', 'heartbeat', beat, { groupId: group, generationId: 1, memberId })
    await ask('heartbeat of another generation', 'heartbeat', beat, { groupId: group, generationId: 2, memberId })
    await ask('heartbeat of a stranger', 'heartbeat', beat, { groupId: group, generationId: 1, memberId: 'who' })
    await ask('heartbeat in a group that is not there', 'heartbeat', beat, {
      groupId: 'no-group',
      generationId: 1,
      memberId
    })
    await ask('heartbeat in the group ""', 'heartbeat', beat, { groupId: '', generationId: 1, memberId })
    await join('join as a stranger', { memberId: 'who' })
    await join('join another type', { protocolType: 'connect' })
    await join('join without a protocol in common', { protocols: protocols('sticky') })
    await join('join without a protocol', { protocols: [] })
    await join('join without a type', { protocolType: '' })
    await join('join with too short a session', { sessionTimeoutMs: 100 })
    await join('join with too long a session', { sessionTimeoutMs: 10_000_000 })
    await join('join the group ""', { groupId: '' })
    await ask('describe', 'describeGroups', Math.min(version, 5), { groups: [group] })
    const leave = Math.min(version, 5)
    const who = (id: string) => (leave >= 3 ? { members: [{ memberId: id }] } : { memberId: id })
    await ask('leave as a stranger', 'leaveGroup', leave, { groupId: group, ...who('who') })
    await ask('leave a group that is not there', 'leaveGroup', leave, { groupId: 'no-group', ...who(memberId) })
    await ask('leave', 'leaveGroup', leave, { groupId: group, ...who(memberId) })
    await ask('leave again', 'leaveGroup', leave, { groupId: group, ...who(memberId) })
    await ask('describe after it', 'describeGroups', Math.min(version, 5), { groups: [group] })
  }
  await ask('sync of another protocol', 'syncGroup', 5, {
    groupId: 'no-group',
    generationId: 1,
    memberId: 'who',
    protocolType: 'consumer',
    protocolName: 'range',
    assignments: []
  })
  for (const version of from(0, 5)) {
    await ask('describe what is not there', 'describeGroups', version, { groups: ['no-group', ''] })
    if (version >= 3)
      await ask('with what may be done', 'describeGroups', version, {
        groups: ['readers-0'],
        includeAuthorizedOperations: true
      })
  }
  for (const version of from(0, 5)) {
    await ask('list', 'listGroups', version, {})
    if (version >= 4) {
      for (const states of [['Empty'], ['empty'], ['Stable', 'Dead'], ['Nonsense']]) {
        await ask(`list by ${states.join(', ')}`, 'listGroups', version, { statesFilter: states })
      }
    }
    if (version >= 5)
      for (const type of ['classic', 'Consumer', 'nonsense'])
        await ask(`list ${type} ones`, 'listGroups', version, { typesFilter: [type] })
  }
}

const staticMembers: Run = async ({ ask }) => {
  const consumer = rangeOfConsumers
  const join = (what: string, more: object, version = 9) =>
    ask(what, 'joinGroup', version, joining(version, 'fleet', { groupInstanceId: 'one', ...more }))
  const first = await join('a static member', {})
  const memberId = String(first['memberId'])
  await ask('sync', 'syncGroup', 5, {
    groupId: 'fleet',
    generationId: 1,
    memberId,
    groupInstanceId: 'one',
    ...consumer,
    assignments: [{ memberId, assignment: bytesOf('all') }]
  })
  const second = await join('it comes back', {})
  const newId = String(second['memberId'])
  await ask('sync after it came back', 'syncGroup', 5, {
    groupId: 'fleet',
    generationId: 1,
    memberId: newId,
    groupInstanceId: 'one',
    ...consumer,
    assignments: []
  })
  await ask('heartbeat of the one before', 'heartbeat', 4, {
    groupId: 'fleet',
    generationId: 1,
    memberId,
    groupInstanceId: 'one'
  })
  await ask('heartbeat', 'heartbeat', 4, { groupId: 'fleet', generationId: 1, memberId: newId, groupInstanceId: 'one' })
  await ask('heartbeat of another instance', 'heartbeat', 4, {
    groupId: 'fleet',
    generationId: 1,
    memberId: newId,
    groupInstanceId: 'two'
  })
  await join('join as the one before', { memberId })
  await ask('sync as the one before', 'syncGroup', 5, {
    groupId: 'fleet',
    generationId: 1,
    memberId,
    groupInstanceId: 'one',
    ...consumer,
    assignments: []
  })
  await ask('commit as the one before', 'offsetCommit', 8, {
    groupId: 'fleet',
    generationIdOrMemberEpoch: 1,
    memberId,
    groupInstanceId: 'one',
    topics: []
  })
  await join('it comes back with other bytes', {
    protocols: [{ name: 'range', metadata: subscription('orders', 'other') }]
  })
  await ask('describe', 'describeGroups', 5, { groups: ['fleet'] })
  await ask('leave by the instance', 'leaveGroup', 5, {
    groupId: 'fleet',
    members: [{ memberId: '', groupInstanceId: 'one' }, { memberId: '', groupInstanceId: 'none' }, { memberId: 'who' }]
  })
  await ask('describe after it', 'describeGroups', 5, { groups: ['fleet'] })
}

const twoMembers: Run = async ({ ask, take }) => {
  const join = (what: string, memberId: string, on: string, outcome?: Outcome) =>
    ask(
      what,
      'joinGroup',
      7,
      joining(7, 'pair', { memberId, protocols: protocols('range', 'sticky') }),
      outcome === undefined ? { on } : { on, outcome }
    )
  const a = String((await join('a joins', '', 'a'))['memberId'])
  await join('a joins with its id', a, 'a')
  const sync = (
    what: string,
    memberId: string,
    generationId: number,
    on: string,
    members: readonly string[],
    outcome?: Outcome
  ) =>
    ask(
      what,
      'syncGroup',
      5,
      {
        groupId: 'pair',
        generationId,
        memberId,
        protocolType: 'consumer',
        protocolName: 'range',
        assignments: members.map((id, i) => ({ memberId: id, assignment: bytesOf(`part ${i}`) }))
      },
      outcome === undefined ? { on } : { on, outcome }
    )
  await sync('a syncs', a, 1, 'a', [a])
  const b = String((await join('b joins', '', 'b'))['memberId'])
  await join('b joins with its id', b, 'b', 'later')
  await ask('a learns of it', 'heartbeat', 4, { groupId: 'pair', generationId: 1, memberId: a }, { on: 'a' })
  await ask('describe meanwhile', 'describeGroups', 5, { groups: ['pair'] })
  await ask(
    'a commits meanwhile',
    'offsetCommit',
    8,
    { groupId: 'pair', generationIdOrMemberEpoch: 1, memberId: a, topics: [] },
    { on: 'a' }
  )
  await sync('a syncs meanwhile', a, 1, 'a', [])
  await join('a joins again', a, 'a')
  await take('b has joined', 'joinGroup', 7, 'b')
  await sync('b syncs', b, 2, 'b', [], 'later')
  await ask('describe before the leader has synced', 'describeGroups', 5, { groups: ['pair'] })
  await sync('a syncs for both', a, 2, 'a', [a, b])
  await take('b has its part', 'syncGroup', 5, 'b')
  await sync('b syncs with another protocol', b, 2, 'b', [])
  await ask(
    'of another protocol',
    'syncGroup',
    5,
    {
      groupId: 'pair',
      generationId: 2,
      memberId: b,
      protocolType: 'consumer',
      protocolName: 'sticky',
      assignments: []
    },
    { on: 'b' }
  )
  await ask(
    'of another type',
    'syncGroup',
    5,
    { groupId: 'pair', generationId: 2, memberId: b, protocolType: 'connect', protocolName: 'range', assignments: [] },
    { on: 'b' }
  )
  await ask('delete it meanwhile', 'deleteGroups', 2, { groupsNames: ['pair', 'no-group', ''] })
  await ask('both leave', 'leaveGroup', 5, { groupId: 'pair', members: [{ memberId: a }, { memberId: b }] })
  for (const version of from(0, 2))
    await ask('delete', 'deleteGroups', version, { groupsNames: ['pair', 'pair', 'no-group', ''] })
}

const offsets: Run = async (asking) => {
  const { ask } = asking
  await create(asking, newTopic('orders', { numPartitions: 3 }))
  const commit = (what: string, version: number, more: object = {}, partition: object = {}) =>
    ask(what, 'offsetCommit', version, {
      groupId: 'readers',
      topics: [
        {
          name: 'orders',
          partitions: [{ partitionIndex: 0, committedOffset: 5, committedMetadata: 'note', ...partition }]
        }
      ],
      ...more
    })
  const asked = (version: number, groupId: string, topics: object[] | null): object =>
    version >= 8 ? { groups: [{ groupId, topics }] } : { groupId, topics }
  for (const version of from(1, 9)) {
    await commit('an offset', version)
    if (version >= 6) await commit('with an epoch', version, {}, { committedLeaderEpoch: 3, partitionIndex: 1 })
    await commit('without metadata', version, {}, { committedMetadata: null, partitionIndex: 2 })
    await commit('too much metadata', version, {}, { committedMetadata: 'm'.repeat(4097) })
    await commit('of a partition that is not there', version, {}, { partitionIndex: 9 })
    await commit('of a topic that is not there', version, {
      topics: [{ name: 'missing', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] }]
    })
    await commit('as a member of no group', version, {
      groupId: 'no-group',
      generationIdOrMemberEpoch: 3,
      memberId: 'who'
    })
    await commit('of a generation of an empty group', version, { generationIdOrMemberEpoch: 3, memberId: 'who' })
    await commit('of the group ""', version, { groupId: '' })
    await commit('an offset below 0', version, {}, { committedOffset: -1 })
    await commit('nothing', version, { topics: [] })
    const partitions = { name: 'orders', partitionIndexes: [0, 1, 2, 9] }
    await ask('what was committed', 'offsetFetch', version, asked(version, 'readers', [partitions]))
    await ask(
      'of a topic without',
      'offsetFetch',
      version,
      asked(version, 'readers', [{ name: 'missing', partitionIndexes: [0] }])
    )
    await ask('of a group that is not there', 'offsetFetch', version, asked(version, 'no-group', [partitions]))
    await ask('of nothing', 'offsetFetch', version, asked(version, 'readers', []))
    await ask('of the group ""', 'offsetFetch', version, asked(version, '', [partitions]))
    if (version >= 2) {
      await ask('all', 'offsetFetch', version, asked(version, 'readers', null))
      await ask('all of a group that is not there', 'offsetFetch', version, asked(version, 'no-group', null))
    }
    if (version >= 7)
      await ask('what is stable', 'offsetFetch', version, {
        ...asked(version, 'readers', [partitions]),
        requireStable: true
      })
  }
  for (const version of [8, 9]) {
    await ask('of several groups', 'offsetFetch', version, {
      groups: [
        { groupId: 'readers', topics: null },
        { groupId: 'no-group', topics: null }
      ]
    })
  }
  await ask('as a member', 'offsetFetch', 9, {
    groups: [{ groupId: 'readers', memberId: 'who', memberEpoch: 3, topics: null }]
  })
  const memberId = await member(asking, 5, 'members')
  const inGroup = (what: string, more: object) => commit(what, 8, { groupId: 'members', ...more })
  await inGroup('before the sync', { generationIdOrMemberEpoch: 1, memberId })
  await ask('sync', 'syncGroup', 3, { groupId: 'members', generationId: 1, memberId, assignments: [] })
  await inGroup('as a member', { generationIdOrMemberEpoch: 1, memberId })
  await inGroup('of another generation', { generationIdOrMemberEpoch: 2, memberId })
  await inGroup('as a stranger', { generationIdOrMemberEpoch: 1, memberId: 'who' })
  await inGroup('without a member while there are some', {})
  await inGroup('as an instance that is not there', { generationIdOrMemberEpoch: 1, memberId, groupInstanceId: 'one' })
}

const describeConfigs: Run = async (asking) => {
  const { ask } = asking
  await create(asking, newTopic('orders', configs({ 'retention.ms': '5', 'segment.bytes': '1000' })))
  const of = (resourceType: number, resourceName: string, configurationKeys: readonly string[] | null = null) => ({
    resources: [{ resourceType, resourceName, configurationKeys }]
  })
  for (const version of from(0, 4)) {
    const more = { ...(version >= 1 ? { includeSynonyms: true } : {}) }
    await ask('of a topic', 'describeConfigs', version, of(2, 'orders'))
    await ask('with synonyms', 'describeConfigs', version, { ...of(2, 'orders'), ...more })
    await ask('some of them', 'describeConfigs', version, of(2, 'orders', ['retention.ms', 'no.such.config']))
    await ask('none of them', 'describeConfigs', version, of(2, 'orders', []))
    await ask('of a topic that is not there', 'describeConfigs', version, of(2, 'missing'))
    await ask('of a bad name', 'describeConfigs', version, of(2, 'a b'))
    await ask('of no name', 'describeConfigs', version, of(2, ''))
    await ask('of another broker', 'describeConfigs', version, of(4, '7'))
    await ask('of a broker that is no number', 'describeConfigs', version, of(4, 'one'))
    await ask('of an unknown type', 'describeConfigs', version, of(99, 'orders'))
    await ask('of the type 0', 'describeConfigs', version, of(0, 'orders'))
  }
  const names = [
    'broker.id',
    'log.retention.ms',
    'log.segment.bytes',
    'message.max.bytes',
    'min.insync.replicas',
    'compression.type',
    'log.cleanup.policy',
    'group.initial.rebalance.delay.ms'
  ]
  await ask('of the broker', 'describeConfigs', 4, of(4, '1', names))
  await ask('of the broker, with synonyms', 'describeConfigs', 4, { ...of(4, '1', names), includeSynonyms: true })
  await ask('of all brokers', 'describeConfigs', 4, of(4, ''))
  await ask('nothing', 'describeConfigs', 4, { resources: [] })
}

const cluster: Run = async (asking) => {
  const { ask } = asking
  await create(asking, newTopic('orders', { numPartitions: 2 }))
  await ask('write', 'produce', 9, produced('orders', batch(['a'])))
  for (const version of [0, 1]) {
    await ask('the cluster', 'describeCluster', version, { includeClusterAuthorizedOperations: false })
    await ask('with what may be done', 'describeCluster', version, { includeClusterAuthorizedOperations: true })
  }
  for (const endpointType of [2, 7]) {
    await ask(`endpoints of type ${endpointType}`, 'describeCluster', 1, {
      includeClusterAuthorizedOperations: false,
      endpointType
    })
  }
  for (const version of from(0, 4)) {
    const of = (...partitions: number[]) => ({ topics: [{ topic: 'orders', partitions }] })
    await ask('the folders', 'describeLogDirs', version, of(0, 1))
    await ask('of one partition', 'describeLogDirs', version, of(1))
    await ask('of a partition that is not there', 'describeLogDirs', version, of(9))
    await ask('of a topic that is not there', 'describeLogDirs', version, {
      topics: [{ topic: 'missing', partitions: [0] }]
    })
    await ask('of nothing', 'describeLogDirs', version, { topics: [] })
  }
  for (const version of from(0, 5)) {
    const init = (what: string, more: object = {}) =>
      ask(what, 'initProducerId', version, { transactionalId: null, transactionTimeoutMs: 60_000, ...more })
    await init('a producer id')
    await init('without time', { transactionTimeoutMs: -1 })
    await init('the transaction ""', { transactionalId: '' })
    if (version >= 3) {
      await init('with an id of its own', { producerId: 5n, producerEpoch: 0 })
      await init('with an epoch and no id', { producerEpoch: 3 })
    }
  }
}

export const programs: Readonly<Record<string, Run>> = {
  apiVersions,
  metadata,
  createTopics,
  deleteTopics,
  produce,
  listOffsets,
  fetch,
  findCoordinator,
  groups,
  staticMembers,
  twoMembers,
  offsets,
  describeConfigs,
  cluster
}
