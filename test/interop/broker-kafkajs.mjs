// kafkajs, as broker-clients.test.ts drives it: one verb a run, JSON lines on stdout.
import { createInterface } from 'node:readline'
import kafkajs from 'kafkajs'

const { CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = kafkajs

const say = (fields) => process.stdout.write(`${JSON.stringify(fields)}\n`)
const b64 = (bytes) => (bytes === null || bytes === undefined ? null : bytes.toString('base64'))
const kafka = (bootstrap) =>
  new Kafka({ clientId: 'kafkajs', brokers: bootstrap.split(','), logLevel: logLevel.NOTHING })
const allBytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))

const verbs = {
  async create(bootstrap, topic, partitions) {
    const admin = kafka(bootstrap).admin()
    await admin.connect()
    await admin.createTopics({
      topics: [
        {
          topic,
          numPartitions: Number(partitions),
          replicationFactor: 1,
          configEntries: [{ name: 'retention.ms', value: '86400000' }]
        }
      ],
      waitForLeaders: true
    })
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: ['retention.ms'] }]
    })
    say({
      partitions: topics[0].partitions.map(({ partitionId }) => partitionId).sort((a, b) => a - b),
      retentionMs: resources[0].configEntries[0].configValue
    })
    await admin.disconnect()
  },

  async delete(bootstrap, topic) {
    const admin = kafka(bootstrap).admin()
    await admin.connect()
    await admin.deleteTopics({ topics: [topic], timeout: 30_000 })
    say({ topics: (await admin.listTopics()).sort() })
    await admin.disconnect()
  },

  async produce(bootstrap, topic, codec, start, count) {
    const producer = kafka(bootstrap).producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const messages = Array.from({ length: Number(count) }, (_, n) => {
      const i = Number(start) + n
      const value = i % 17 === 16 ? null : Buffer.concat([Buffer.from(`${codec} value ${i} `), allBytes])
      return { key: Buffer.from(`key-${i}`), value, headers: { n: String(i) } }
    })
    const compression = codec === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None
    const meta = await producer.send({ topic, messages, compression, acks: -1 })
    say({ meta, sent: messages.map(({ key, value }) => ({ key: b64(key), value: b64(value) })) })
    await producer.disconnect()
  },

  async member(bootstrap, topic, groupId) {
    const consumer = kafka(bootstrap).consumer({
      groupId,
      sessionTimeout: 6000,
      heartbeatInterval: 500,
      rebalanceTimeout: 6000,
      maxWaitTimeInMs: 200
    })
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
      say({ assigned: [...(payload.memberAssignment[topic] ?? [])].sort((a, b) => a - b) })
    )
    const next = new Map()
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    const running = consumer.run({
      autoCommit: false,
      eachMessage: ({ partition, message }) => {
        next.set(partition, String(BigInt(message.offset) + 1n))
        say({ partition, offset: Number(message.offset), key: b64(message.key), value: b64(message.value) })
        return Promise.resolve()
      }
    })
    for await (const line of createInterface({ input: process.stdin })) {
      if (line === 'commit') {
        await consumer.commitOffsets([...next].map(([partition, offset]) => ({ topic, partition, offset })))
        say({ committed: Object.fromEntries([...next].map(([partition, offset]) => [partition, Number(offset)])) })
      }
      if (line === 'leave') {
        await consumer.disconnect()
        await running
        say({ left: true })
        return
      }
    }
  },

  async committed(bootstrap, topic, groupId) {
    const admin = kafka(bootstrap).admin()
    await admin.connect()
    const [found] = await admin.fetchOffsets({ groupId, topics: [topic] })
    say({ committed: Object.fromEntries(found.partitions.map(({ partition, offset }) => [partition, Number(offset)])) })
    await admin.disconnect()
  }
}

const [verb, ...args] = process.argv.slice(2)
await verbs[verb](...args)
process.exit(0)
