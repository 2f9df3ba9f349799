/** What is typed, in every serializer and codec, is what foreign clients read, byte for byte; and it comes back unchanged. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CommandInput } from '../../src-main/api/commands'
import type { Format } from '../../src-main/api/formats'
import type { ProductionView } from '../../src-main/api/producing'
import { ControlClient } from '../../src-main/host/control-client'
import { LabCluster, lagoon, runToEnd, until } from '../support/lab-cluster'

interface Read {
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [string, string | null])[]
}

let cluster: LabCluster
let client: ControlClient

beforeAll(async () => {
  cluster = await LabCluster.start()
  client = await ControlClient.connect(cluster.dir)
})

afterAll(async () => {
  client.close()
  await cluster.discard()
})

const python = '/usr/bin/python3'
const script = join(import.meta.dirname, 'produce-kafka-python.py')

async function readByKafkaPython(topic: string): Promise<readonly Read[]> {
  const { stdout, stderr, code } = await runToEnd(python, [script, cluster.ready.bootstrapServers, topic])
  if (code !== 0) throw new Error(stderr)
  return stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Read)
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')
type Sent = Omit<CommandInput<'records.produce'>, 'topic' | 'acks'>

async function produced(topic: string, sent: Sent): Promise<readonly Read[]> {
  await client.call('topic.create', { topic, partitions: 1 })
  await client.call('records.produce', { topic, acks: -1, ...sent })
  return await readByKafkaPython(topic)
}

const schema = JSON.stringify({
  type: 'record',
  name: 'Payment',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'note', type: ['null', 'string'] }
  ]
})
// Zigzag of 2^63 - 1, then branch 1 and "한".
const avroBody = Buffer.concat([
  Buffer.from('feffffffffffffffff01', 'hex'),
  Buffer.from('0206', 'hex'),
  Buffer.from('한')
])

describe('what is typed', () => {
  const strange = '"quotes"\n\ttab <b>&amp;</b> 한글 \u0000\u001b[31m \ufeff'
  const numbers = '{"a":9223372036854775807,"b":23958446825181076828,"c":1.0,"d":1e400,"e":-0}'
  const cases: readonly (readonly [string, Format, string, Buffer])[] = [
    ['text', { type: 'string' }, strange, Buffer.from(strange)],
    ['JSON, its numbers as typed', { type: 'json' }, numbers, Buffer.from(numbers)],
    ['hexadecimal digits', { type: 'hex' }, '00 ff 80 c3 28', Buffer.from('00ff80c328', 'hex')],
    ['Base64', { type: 'base64' }, 'AP+Awyg=', Buffer.from('00ff80c328', 'hex')],
    ['Avro', { type: 'avro', schema, framing: 'none' }, '{"id":9223372036854775807,"note":"한"}', avroBody],
    [
      'Avro of a registry',
      { type: 'avro', schema, framing: 'confluent', schemaId: 42 },
      '{"id":9223372036854775807,"note":{"string":"한"}}',
      Buffer.concat([Buffer.from('000000002a', 'hex'), avroBody])
    ]
  ]

  it.each(cases.map((one, i) => [...one, i] as const))(
    'as %s is read byte for byte, as key and as value',
    async (...one) => {
      const [, format, text, bytes, index] = one

      const [read] = await produced(`typed-${index}`, {
        keyFormat: format,
        valueFormat: format,
        records: [{ key: text, value: text }]
      })

      expect(read?.key).toBe(bytes.toString('base64'))
      expect(read?.value).toBe(bytes.toString('base64'))
    }
  )

  it('as an Avro single object begins with the fingerprint of its schema, and is read back', async () => {
    const format = { type: 'avro', schema, framing: 'singleObject' } as const
    const [read] = await produced('typed-single', {
      valueFormat: format,
      records: [{ key: null, value: '{"id":1,"note":null}' }]
    })

    const bytes = Buffer.from(read?.value ?? '', 'base64')
    expect(bytes.subarray(0, 2).toString('hex')).toBe('c301')
    expect(bytes.subarray(10).toString('hex')).toBe('0200')
    const payload = { base64: read?.value ?? '' }
    expect(await client.call('avro.decode', { schema, payload })).toEqual({
      text: '{"id":1,"note":null}',
      framing: 'singleObject'
    })
  })

  it('keeps null and empty apart, headers in order and repeated, and the time', async () => {
    const headers = [
      { key: 'b', value: '1' },
      { key: 'a', value: null },
      { key: 'b', value: '' },
      { key: '', value: { base64: 'AP8=' } },
      { key: 'b', value: '9223372036854775807' }
    ]
    const read = await produced('typed-headers', {
      records: [
        { key: null, value: null, headers, timestampMs: 1_700_000_000_123 },
        { key: '', value: '', timestampMs: 0 }
      ]
    })

    expect(read).toMatchObject([
      {
        key: null,
        value: null,
        timestamp: 1_700_000_000_123,
        headers: [
          ['b', base64('1')],
          ['a', null],
          ['b', ''],
          ['', 'AP8='],
          ['b', base64('9223372036854775807')]
        ]
      },
      { key: '', value: '', timestamp: 0, headers: [] }
    ])
  })

  it('has any time that a record can have: below 1970, none, and 64 bits of it', async () => {
    const times = ['-9223372036854775808', -1, 0, 9_999, '9223372036854775807', 5, 5 + 2 ** 31]
    const read = await produced('typed-times', {
      records: times.map((timestampMs) => ({ key: null, value: 'x', timestampMs }))
    })
    const told: unknown[] = []
    for (const offset of times.keys())
      told.push((await client.call('record.whole', { topic: 'typed-times', partition: 0, offset })).timestampMs)

    // JSON makes doubles of what the foreign client prints.
    expect(read.map(({ timestamp }) => timestamp)).toEqual(times.map(Number))
    expect(told).toEqual(times)
  })

  it('comes back from the API as it was, and can be produced again unchanged', async () => {
    await client.call('topic.create', { topic: 'again', partitions: 1 })
    const record = {
      key: { base64: '//8=' },
      value: '{"n":23958446825181076828}',
      headers: [
        { key: 'x', value: '1' },
        { key: 'x', value: '2' }
      ]
    }
    await client.call('records.produce', { topic: 'again', acks: -1, records: [record] })

    const { key, value, headers } = await client.call('record.whole', { topic: 'again', partition: 0, offset: 0 })
    await client.call('records.produce', { topic: 'again', acks: -1, records: [{ key, value, headers }] })

    const [first, second] = await readByKafkaPython('again')
    expect({ ...second, offset: 0, timestamp: 0 }).toEqual({ ...first, offset: 0, timestamp: 0 })
    expect(first?.headers).toHaveLength(2)
  })

  it('is refused in words when it is not what it is called, and nothing is written', async () => {
    await client.call('topic.create', { topic: 'refused', partitions: 1 })
    const send = client.call('records.produce', {
      topic: 'refused',
      acks: -1,
      valueFormat: { type: 'json' },
      records: [{ key: null, value: '{"a": 1,\n}' }]
    })

    await expect(send).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: 'Value: This is no JSON: in line 2, column 1 stands “}”, where a name in double quotes should.'
    })
    expect(await readByKafkaPython('refused')).toEqual([])
  })
})

describe('codecs', () => {
  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    '%s is what librdkafka unpacks, or is refused in words',
    async (codec) => {
      const topic = `codec-${codec}`
      const values = Array.from({ length: 200 }, (_, i) => `${i} ${'한글 and more '.repeat(200)}`)
      await client.call('topic.create', { topic, partitions: 1 })
      const { codecsMissing } = await client.call('records.check', { topic, key: null, value: null })

      const sent = client.call('records.produce', {
        topic,
        acks: -1,
        codec,
        records: values.map((value) => ({ key: null, value }))
      })

      if (codecsMissing[codec] !== undefined) {
        await expect(sent).rejects.toMatchObject({ code: 'INVALID_INPUT', message: codecsMissing[codec] })
        return
      }
      await sent
      const { stdout, code } = await runToEnd('/usr/bin/kcat', [
        '-b',
        cluster.ready.bootstrapServers,
        '-C',
        '-t',
        topic,
        '-e',
        '-q'
      ])
      expect(code).toBe(0)
      expect(stdout.split('\n').slice(0, -1)).toEqual(values)
      const { partitions } = await client.call('topic.describe', { topic })
      const plainBytes = values.reduce((sum, value) => sum + Buffer.byteLength(value), 0)
      const stored = partitions[0]?.sizeBytes ?? 0
      if (codec === 'none') expect(stored).toBeGreaterThan(plainBytes)
      else expect(stored).toBeLessThan(plainBytes / 5)
    }
  )
})

describe('errors', () => {
  it('of a record that is too large are Kafka’s, in words', async () => {
    await client.call('topic.create', { topic: 'small', partitions: 1, configs: { 'max.message.bytes': '1000' } })

    await expect(
      client.call('records.produce', { topic: 'small', acks: -1, records: [{ key: null, value: 'x'.repeat(2000) }] })
    ).rejects.toMatchObject({ code: 'KAFKA', kafkaError: 'MESSAGE_TOO_LARGE', message: expect.stringMatching(/[a-z]/) })
  })

  it('of some records leave the others written, and the command line says how many', async () => {
    await client.call('topic.create', { topic: 'partly', partitions: 2, configs: { 'max.message.bytes': '5000' } })
    // Records without a key stay together by the hundred: the second hundred has the one that is too large.
    const lines = [...Array.from({ length: 199 }, (_, i) => `line ${i}`), 'x'.repeat(6000)]

    const { stdout, stderr, code } = await lagoon(['produce', 'partly', '--json', '--data', cluster.dir], {
      input: `${lines.join('\n')}\n`
    })

    const written = stdout.split('\n').filter((line) => line !== '')
    expect(code).toBe(1)
    expect(stderr).toContain('MESSAGE_TOO_LARGE')
    expect(stderr).toContain(`${lines.length - written.length} of 200 records were not acknowledged`)
    expect(written).toHaveLength((await readByKafkaPython('partly')).length)
    expect(JSON.parse(written[0] ?? '')).toMatchObject({ topic: 'partly', offset: 0 })
  })
})

describe('a production', () => {
  it('makes its records, tells of them, and ends with who looks at it', async () => {
    await client.call('topic.create', { topic: 'many', partitions: 3 })
    const input = {
      topic: 'many',
      acks: -1,
      record: { key: 'k{n}', value: '{"n":{n}}' },
      valueFormat: { type: 'json' }
    } as const
    const first = await client.call('production.start', { ...input, count: 5000 })
    const views: ProductionView[] = []
    client.watch(`production:${first.production}`, (view) => views.push(view))
    await until('all are written', async () => Promise.resolve(views.at(-1)?.state === 'done' || undefined))

    expect(views.at(-1)).toMatchObject({ sent: 5000, acked: 5000, failed: 0, problem: null })
    const read = await readByKafkaPython('many')
    const numbers = read.map(
      ({ value }) => (JSON.parse(Buffer.from(value ?? '', 'base64').toString()) as { n: number }).n
    )
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 5000 }, (_, i) => i + 1))

    const second = await client.call('production.start', { ...input, ratePerSecond: 200 })
    const others: ProductionView[] = []
    const another = await ControlClient.connect(cluster.dir)
    another.watch(`production:${second.production}`, (view) => others.push(view))
    await until('some are written', async () => Promise.resolve((others.at(-1)?.acked ?? 0) > 50 || undefined))
    another.close()
    const count = async (): Promise<number> => (await readByKafkaPython('many')).length
    let last = -1
    const settled = await until('no more come', async () => {
      const now = await count()
      if (now === last) return now
      last = now
      return undefined
    })
    expect(settled).toBeGreaterThan(5050)
  })
})
