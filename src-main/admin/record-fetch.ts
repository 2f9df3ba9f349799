/**
 * Fetching records. The answer is read by our own protocol code, not by the client library: that unpacks batches without
 * any limit, and gives up the whole answer for one batch that it cannot read (ADR 15).
 */
import { promisify } from 'node:util'
import { Writer as LibraryWriter, type Connection } from '@platformatic/kafka'
import type {
  ClusterWriter,
  FetchedPartition,
  FetchOptions,
  FetchPosition,
  KafkaProblem,
  RecordScanner
} from '../kernel/cluster-ports'
import { AppError } from '../kernel/errors'
import { said } from '../kernel/said'
import { fetchRequest, fetchResponse } from '../protocol/api/01-fetch'
import { decode, encode, isDecodeFailure } from '../protocol/wire/codec'
import { Reader } from '../protocol/wire/reader'
import type { ValueOf } from '../protocol/wire/schema'
import { Writer } from '../protocol/wire/writer'
import { check, kafkaProblem } from './broker-lanes'
import type { Brokers } from './brokers'
import { byTopic } from './cluster-reader'
import { endOfBatches } from './batch-scan'
import { recordsOf, ReadingRoom, type RecordBytes } from './fetched-records'

const fetchKey = 1
/** Topics by name; Kafka 3.9 and our own brokers both serve it. */
const fetchVersion = 12
/** A socket gives no more at once (libuv: 64 KiB). */
const readBytesMax = 1024 * 1024
const noSession = { sessionId: 0, sessionEpoch: -1 } as const

type Answer = ValueOf<typeof fetchResponse>

interface AnswerReader {
  readonly position: number
  readonly buffer: { subarray(from: number): { readonly buffer: Uint8Array } }
}
type Send = (
  apiKey: number,
  apiVersion: number,
  createPayload: () => LibraryWriter,
  parse: (correlationId: number, apiKey: number, apiVersion: number, reader: AnswerReader) => Answer,
  hasRequestTags: boolean,
  hasResponseTags: boolean,
  callback: (error: Error | null, answer?: Answer) => void
) => void

interface Answered {
  readonly topic: string
  readonly partition: number
  readonly problem: KafkaProblem | null
  readonly from: number
  readonly bytes: Uint8Array
}

async function fetchAnswer(
  brokers: Brokers,
  broker: number,
  positions: readonly FetchPosition[],
  options: FetchOptions
): Promise<readonly Answered[]> {
  const answer = await brokers.ask(broker, options.lane, options.timeoutMs, (connection) =>
    ask(connection, positions, options)
  )
  check(answer.errorCode)
  const offsets = new Map(positions.map((at) => [placeName(at.topic, at.partition), at.offset]))
  return answer.responses.flatMap(({ topic, partitions }) =>
    partitions.map(({ partitionIndex: partition, errorCode, records }) => ({
      topic,
      partition,
      problem: kafkaProblem(errorCode),
      from: offsets.get(placeName(topic, partition)) ?? 0,
      bytes: records ?? noBytes
    }))
  )
}

/** What came as it came: for those who look through it without making records of all of it. */
export function rawFetch(brokers: Brokers): RecordScanner['fetchRaw'] {
  return async (broker, positions, options) => {
    const answer = await fetchAnswer(brokers, broker, positions, options)
    return answer.map(({ topic, partition, problem, from, bytes }) => ({
      topic,
      partition,
      problem,
      bytes,
      nextOffset: endOfBatches(bytes, from)
    }))
  }
}

export function recordFetch(brokers: Brokers, ports: RecordBytes): ClusterWriter['fetch'] {
  let turn = 0
  return async (broker, positions, options) => {
    const asked = await fetchAnswer(brokers, broker, positions, options)
    const room = new ReadingRoom()
    const fetched: FetchedPartition[] = []
    // What one partition takes of the room is missing to the next: each is the first in its turn.
    turn += 1
    for (let i = 0; i < asked.length; i++) {
      const { topic, partition, problem, from, bytes } = asked[(turn + i) % asked.length] ?? unreachable()
      const { payloadBytesMax, hasBatch } = options
      const read = recordsOf(bytes, ports, { from, payloadBytesMax, hasBatch, room })
      fetched.push({ topic, partition, problem, ...read })
    }
    return fetched
  }
}

const noBytes = new Uint8Array(0)
const placeName = (topic: string, partition: number): string => `${partition} ${topic}`

function unreachable(): never {
  throw new Error('an index below the length has an element')
}

function ask(connection: Connection, positions: readonly FetchPosition[], options: FetchOptions): Promise<Answer> {
  const send = promisify((connection.send as unknown as Send).bind(connection)) as (
    ...args: readonly unknown[]
  ) => Promise<Answer>
  return send(fetchKey, fetchVersion, () => requestOf(positions, options), parsed, true, true)
}

function requestOf(
  positions: readonly FetchPosition[],
  { maxWaitMs, partitionBytesMax, answerBytesMax }: FetchOptions
): LibraryWriter {
  const offsets = new Map(positions.map((at) => [placeName(at.topic, at.partition), at.offset]))
  const topics = byTopic(positions).map(([topic, partitions]) => ({
    topic,
    partitions: partitions.map((partition) => ({
      partition,
      fetchOffset: offsets.get(placeName(topic, partition)) ?? 0,
      partitionMaxBytes: partitionBytesMax
    }))
  }))
  const writer = new Writer()
  encode(fetchRequest, fetchVersion, { maxWaitMs, minBytes: 1, maxBytes: answerBytesMax, ...noSession, topics }, writer)
  const bytes = writer.finished()
  return LibraryWriter.create().append(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
}

function parsed(_correlationId: number, _apiKey: number, _apiVersion: number, reader: AnswerReader): Answer {
  // One piece of its own: the library uses its buffers again. What came in several it has joined into a new one.
  const joined = reader.buffer.subarray(reader.position).buffer
  const bytes = joined.length > readBytesMax ? joined : Uint8Array.prototype.slice.call(joined)
  const answer = decode(fetchResponse, fetchVersion, new Reader(bytes))
  if (isDecodeFailure(answer))
    throw new AppError('CORRUPT', said`The broker's answer cannot be read: ${answer.failure}.`)
  return answer
}
