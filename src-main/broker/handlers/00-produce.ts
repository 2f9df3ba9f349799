/**
 * Produce, versions 3 to 11. Each batch is checked, numbered and written before the next is looked at. acks=1 is answered then;
 * acks=all when all of it is committed, which with one replica is the same turn (ADR 29); the next request of the connection is
 * written meanwhile (ADR 40). acks=0 has no answer; an error then
 * closes the connection (Kafka's KafkaApis.handleProduceRequest). Versions 0 to 2 are advertised and refused, as Kafka 4
 * does: older librdkafka takes their absence for "no compression" (KAFKA-18659). Records are stepped over, not decoded (ADR 16).
 */
import type { Offset, BrokerId } from '../../kernel/ids'
import { produceRequest, produceResponse } from '../../protocol/api/00-produce'
import { attributeBits, batchAttributes, batchHeaderBytes } from '../../protocol/record/batch-header'
import { kafkaErrorSentence } from '../../kernel/kafka-errors'
import { said } from '../../kernel/said'
import { code } from '../../protocol/wire/headers'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { InputOf, ValueOf } from '../../protocol/wire/schema'
import type { BrokerServices } from '../broker-services'
import { isInternalTopic } from '../core/topic-name'
import type { Position } from '../replica-manager'
import { AnswerLater, closeConnection, handler, noResponse, type HandlerRow, type Moved } from '../server/handler'
import { leaderHint, nodeEndpoints } from './leader-hint'

type Request = ValueOf<typeof produceRequest>
type Answer = InputOf<typeof produceResponse>['responses'][number]['partitionResponses'][number]
type Written =
  | { readonly error: KafkaError; readonly message: string | null }
  | {
      readonly error: 'NONE'
      readonly baseOffset: Offset
      readonly logAppendTimeMs: number
      readonly logStartOffset: Offset
      readonly position: Position
    }

const all = -1

const refused = (error: KafkaError, message?: string): Written => ({
  error,
  message: kafkaErrorSentence(error, message)
})

export function produce(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 0,
    served: [3, 11],
    advertised: [0, 11],
    request: produceRequest,
    response: produceResponse,
    isBulk: true,
    mayFollow: true,
    *handle(request, { header }) {
      const version = header.apiVersion
      const leaders = new Set<BrokerId>()
      let hasFailed = false
      let moved: Moved
      const responses: Responses = []
      /** Written, and not known to be committed yet. */
      const waiting: Waiting[] = []
      for (const { name, partitionData } of request.topicData) {
        const partitionResponses: Answer[] = []
        for (const { index, records: received } of partitionData) {
          const records = received === null || moved === undefined ? received : moved(received)
          const written = write(broker, request, { topic: name, partition: index, records, version })
          if (written.error !== 'NONE') hasFailed = true
          const piece = { topic: name, partition: index, version }
          if (request.acks === all && 'position' in written && !isCommitted(written.position))
            waiting.push({ piece, position: written.position, at: partitionResponses.length, in: partitionResponses })
          partitionResponses.push(partitionResponse(broker, piece, written, leaders))
          moved = (yield) as Moved
        }
        responses.push({ name, partitionResponses })
      }
      if (request.acks === 0) return hasFailed ? closeConnection : noResponse
      const answer = () =>
        leaders.size === 0 ? { responses } : { responses, nodeEndpoints: nodeEndpoints(broker.image, leaders) }
      if (waiting.length === 0) return answer()
      return new AnswerLater(whenCommitted(broker, waiting, request.timeoutMs, leaders).then(answer))
    }
  })
}

type Responses = { name: string; partitionResponses: Answer[] }[]

interface Waiting {
  readonly piece: { readonly topic: string; readonly partition: number; readonly version: number }
  readonly position: Position
  /** Where its answer stands. */
  readonly in: Answer[]
  readonly at: number
}

const isCommitted = ({ partition, endOffset }: Position): boolean => partition.outcomeOf(endOffset) === 'NONE'

/** Resolves when each is committed or is known not to be in time: its answer then says so, and where it was written. */
function whenCommitted(
  broker: BrokerServices,
  waiting: readonly Waiting[],
  timeoutMs: number,
  leaders: Set<BrokerId>
): Promise<void> {
  let left = waiting.length
  return new Promise((resolve) => {
    const positions = waiting.map(({ position }) => position)
    broker.replicas.whenCommitted(positions, timeoutMs, (index, error) => {
      const one = waiting[index]
      const answer = one?.in[one.at]
      if (one !== undefined && answer !== undefined && error !== 'NONE') {
        const failed = partitionResponse(broker, one.piece, refused(error), leaders)
        one.in[one.at] = { ...answer, ...failed, baseOffset: answer.baseOffset }
      }
      if (--left === 0) resolve()
    })
  })
}

interface Piece {
  readonly topic: string
  readonly partition: number
  readonly records: Uint8Array | null
  readonly version: number
}

function write(broker: BrokerServices, request: Request, piece: Piece): Written {
  if (request.acks < -1 || request.acks > 1) return refused('INVALID_REQUIRED_ACKS')
  if (request.transactionalId !== null) return refused('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
  if (isInternalTopic(piece.topic)) {
    return refused('INVALID_TOPIC_EXCEPTION', said`Cannot append to internal topic ${piece.topic}`)
  }
  const partition = broker.replicas.leaderForClients(piece.topic, piece.partition)
  if (typeof partition === 'string') {
    if (piece.records !== null) broker.replicas.refusedWhileUnsure(piece.topic, piece.partition, piece.records)
    return refused(wrongBroker(broker, piece, partition))
  }
  if (piece.records === null || piece.records.length === 0)
    return refused('INVALID_RECORD', 'A produce request carries exactly one batch a partition')
  if (isTransactional(piece.records)) return refused('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
  const options = { needsMinIsr: request.acks === all, produceVersion: piece.version }
  const result = broker.replicas.append(partition, piece.records, options)
  if (result.type === 'error') return refused(result.error, result.message)
  const { baseOffset, lastOffset, logAppendTimeMs, logStartOffset } = result
  const position = { partition, endOffset: lastOffset + 1 }
  return { error: 'NONE', baseOffset, logAppendTimeMs, logStartOffset, position }
}

/** A batch may say that it belongs to a transaction although the request does not. */
function isTransactional(records: Uint8Array): boolean {
  return records.length >= batchHeaderBytes && (batchAttributes(records, 0) & attributeBits.transactional) !== 0
}

/** A partition that exists elsewhere is NOT_LEADER here, so that the client looks for its leader. */
function wrongBroker(broker: BrokerServices, piece: Piece, error: KafkaError): KafkaError {
  if (error !== 'UNKNOWN_TOPIC_OR_PARTITION') return error
  return broker.image.partition(piece.topic, piece.partition) === undefined ? error : 'NOT_LEADER_OR_FOLLOWER'
}

function partitionResponse(
  broker: BrokerServices,
  { topic, partition, version }: { readonly topic: string; readonly partition: number; readonly version: number },
  written: Written,
  leaders: Set<BrokerId>
): Answer {
  if (!('message' in written)) {
    const { baseOffset, logAppendTimeMs, logStartOffset } = written
    return { index: partition, errorCode: 0, baseOffset, logAppendTimeMs, logStartOffset }
  }
  // Producers of those versions do not know KAFKA_STORAGE_ERROR.
  const error = written.error === 'KAFKA_STORAGE_ERROR' && version <= 3 ? 'NOT_LEADER_OR_FOLLOWER' : written.error
  const failed = { index: partition, errorCode: code(error), baseOffset: -1, errorMessage: written.message }
  const hint = error === 'NOT_LEADER_OR_FOLLOWER' && version >= 10 ? leaderHint(broker, topic, partition) : undefined
  if (hint === undefined) return failed
  leaders.add(hint.leaderId)
  return { ...failed, currentLeader: hint }
}
