/** One connection of a producer that does not wait for an answer before it sends more, as librdkafka and Java's do. */
import { produceRequest, produceResponse } from '../../../src-main/protocol/api/00-produce'
import type { Address, Clock, Connection, Network } from '../../../src-main/kernel/ports'
import { decode, encode, isDecodeFailure } from '../../../src-main/protocol/wire/codec'
import { errorName, type KafkaError } from '../../../src-main/protocol/wire/error-codes'
import { beginRequest, sealFrame } from '../../../src-main/protocol/wire/headers'
import { Reader } from '../../../src-main/protocol/wire/reader'
import { expectAppError } from '../../../src-main/kernel/errors'

const apiKey = 0
const version = 9
const connectTimeoutMs = 500
const answerTimeoutMs = 1_500
/** Of the response header: correlation id, and no tags. */
const headerBytes = 5

export interface ProduceAnswer {
  /** The answer is that of another request: they have to come in the order of requests (Kafka protocol guide, "Network"). */
  readonly isMixedUp: boolean
  readonly error: KafkaError
  readonly offset: number
}

export class ProduceStream {
  readonly #clock: Clock
  readonly #connection: Connection
  readonly #answers: ProduceAnswer[] = []
  #isClosed = false
  #sent = 0
  #answered = 0
  #wake: () => void = () => undefined

  private constructor(clock: Clock, connection: Connection) {
    this.#clock = clock
    this.#connection = connection
  }

  /** Undefined when nobody listens there. */
  static async open(clock: Clock, network: Network, address: Address): Promise<ProduceStream | undefined> {
    let stream: ProduceStream | undefined
    try {
      const options = { ...address, frameBytesMax: 1 << 20, timeoutMs: connectTimeoutMs }
      const connection = await network.connect(options, (made) => {
        const opened = new ProduceStream(clock, made)
        stream = opened
        return { frame: (bytes) => opened.#received(bytes), closed: () => opened.#closed() }
      })
      stream ??= new ProduceStream(clock, connection)
      return stream
    } catch (error) {
      expectAppError(error)
      return undefined
    }
  }

  send(topic: string, partition: number, records: Uint8Array): void {
    if (this.#isClosed) return
    const writer = beginRequest(apiKey, version, ++this.#sent, 'pipelined', produceRequest)
    const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }]
    encode(produceRequest, version, { transactionalId: null, acks: -1, timeoutMs: 1_000, topicData }, writer)
    sealFrame(writer)
    this.#connection.send(writer.finished())
  }

  /** Of the oldest request that was not answered; undefined when the connection ends before, or nothing comes for too long. */
  async answer(): Promise<ProduceAnswer | undefined> {
    if (this.#answers.length === 0 && !this.#isClosed) {
      const timer = this.#clock.after(answerTimeoutMs, () => this.close())
      await new Promise<void>((resolve) => (this.#wake = resolve))
      timer.cancel()
    }
    return this.#answers.shift()
  }

  close(): void {
    this.#connection.destroy()
    this.#closed()
  }

  #closed(): void {
    this.#isClosed = true
    this.#wake()
  }

  #received(bytes: Uint8Array): void {
    const correlationId = new Reader(bytes).int32()
    const answer = decode(produceResponse, version, new Reader(bytes.slice(), headerBytes))
    if (isDecodeFailure(answer)) return this.close()
    const answered = answer.responses[0]?.partitionResponses[0]
    if (answered === undefined) return this.close()
    const isMixedUp = correlationId !== ++this.#answered
    this.#answers.push({ isMixedUp, error: errorName(answered.errorCode), offset: answered.baseOffset })
    this.#wake()
  }
}
