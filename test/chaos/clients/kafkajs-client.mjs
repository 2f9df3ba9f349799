// kafkajs as a client of a chaos run: what it tells is in client-lines.ts. Ends when stdin says "stop", or ends.
//   produce BOOTSTRAP TOPIC NAME plain|idempotent PARTITIONS RATE
//   member BOOTSTRAP TOPIC NAME GROUP
import { createInterface } from 'node:readline'
import kafkajs from 'kafkajs'

const { Kafka, logLevel } = kafkajs
const requestTimeoutMs = 6000
const commitEveryMs = 300
/** Longer than a session, a join and all that may be asked again. */
const silentMaxMs = 20_000
/** Asks for another process in place of this one. */
const againCode = 75

const now = () => Number(process.hrtime.bigint()) / 1e6
const pause = (ms) => new Promise((done) => setTimeout(done, ms))

const [verb, bootstrap, topic, name, ...rest] = process.argv.slice(2)
const tell = (kind, ...words) => process.stdout.write(`${name} ${kind} ${words.join(' ')}\n`)
const kafka = new Kafka({
  clientId: name,
  brokers: bootstrap.split(','),
  logLevel: logLevel.NOTHING,
  requestTimeout: requestTimeoutMs,
  connectionTimeout: 2000,
  retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 1e6 }
})

// A request that times out while nobody waits for it any more would end the process.
process.on('unhandledRejection', (error) => tell('~', `nobody waits for: ${error}`))

let isOver = false
const commands = createInterface({ input: process.stdin })
commands.on('line', (line) => (isOver ||= line === 'stop'))
commands.on('close', () => (isOver = true))

async function produce(mode, partitions, rate) {
  const isIdempotent = mode === 'idempotent'
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    idempotent: isIdempotent,
    ...(isIdempotent ? { maxInFlightRequests: 1 } : {})
  })
  await producer.connect()
  let [number, failed, lane] = [0, 0, 0]
  /** One batch after the other to its own partitions. */
  const send = async () => {
    const own = lane++
    const lanes = isIdempotent ? 1 : 3
    while (!isOver) {
      const partition = Math.floor(Math.random() * Number(partitions))
      const count = 1 + Math.floor(Math.random() * 20)
      const numbers = Array.from({ length: count }, () => ++number)
      for (const one of numbers) tell('s', now(), partition, one)
      const messages = numbers.map((one) => ({ partition, value: `${name}:${one}` }))
      try {
        const [answer] = await producer.send({ topic, messages, acks: -1, timeout: requestTimeoutMs })
        const base = Number(answer.baseOffset ?? -1)
        for (const [i, one] of numbers.entries()) tell('a', now(), partition, one, base < 0 ? -1 : base + i)
      } catch (error) {
        failed += count
        // A producer that may try for ever gives up only on what it cannot understand.
        tell(isIdempotent ? '!' : '~', `not delivered: ${error.message}`)
      }
      await pause(((count * lanes) / Number(rate)) * 1000)
    }
    return own
  }
  await Promise.all(Array.from({ length: isIdempotent ? 1 : 3 }, send))
  tell('d', number, 0, failed)
  await Promise.race([producer.disconnect(), pause(2000)])
}

/** kafkajs gives up at times, or waits for ever: then another process takes its place, as its user would have it. */
async function member(group) {
  let seenAt = now()
  let isGone = false
  const consumer = await consume(group, {
    lives: () => (seenAt = now()),
    ended: () => (isGone = true)
  }).catch((error) => tell('~', `not begun: ${error.message}`))
  while (!isOver && consumer !== undefined && !isGone && now() - seenAt < silentMaxMs) await pause(200)
  if (!isOver) {
    tell('~', isGone ? 'it has given up' : 'it is silent')
    process.exit(againCode)
  }
  await Promise.race([consumer?.disconnect(), pause(3000)])
}

async function consume(group, { lives, ended }) {
  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout: 6000,
    heartbeatInterval: 1000,
    rebalanceTimeout: 10_000,
    maxWaitTimeInMs: 100,
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 20 }
  })
  for (const event of [consumer.events.HEARTBEAT, consumer.events.FETCH, consumer.events.GROUP_JOIN])
    consumer.on(event, lives)
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    tell('~', `crash: ${payload.error.message}`)
    if (payload.restart !== true) ended()
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  let [commitAt, commitBegan] = [0, 0]
  // One that is being disconnected resolves what it has not committed, too.
  consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload }) => {
    for (const { partitions } of payload.topics)
      for (const { partition, offset } of partitions) tell('c', commitBegan, now(), partition, offset, group)
  })
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch, heartbeat }) => {
      // It goes back to what is committed without a word, whenever it finds its metadata stale.
      tell('k', now(), batch.partition, batch.firstOffset() ?? 0)
      for (const { offset, value } of batch.messages)
        tell('r', now(), batch.partition, offset, value.toString().split(' ', 1)[0])
      if (now() < commitAt) return
      commitAt = now() + commitEveryMs
      const next = BigInt(batch.lastOffset()) + 1n
      commitBegan = now()
      try {
        await consumer.commitOffsets([{ topic, partition: batch.partition, offset: String(next) }])
      } catch (error) {
        tell('~', `not committed: ${error.message}`)
      }
      await heartbeat()
    }
  })
  return consumer
}

await { produce, member }[verb](...rest)
process.exit(0)
