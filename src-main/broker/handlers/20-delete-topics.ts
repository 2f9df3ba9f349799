/**
 * DeleteTopics, versions 0 to 6; served by the controller, NOT_CONTROLLER elsewhere. Answers when the topic is gone for
 * clients, which every live broker has confirmed, or REQUEST_TIMED_OUT. With one of its brokers down the name stays taken
 * until that broker is back and has deleted its part. Internal topics are not deleted.
 */
import { deleteTopicsRequest, deleteTopicsResponse } from '../../protocol/api/20-delete-topics'
import { code } from '../../protocol/wire/headers'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { InputOf } from '../../protocol/wire/schema'
import { kafkaErrorSentence } from '../../kernel/kafka-errors'
import { said } from '../../kernel/said'
import { zeroUuid } from '../../kernel/uuid'
import { withinTime } from '../../kernel/waiting'
import type { BrokerServices } from '../broker-services'
import { isInternalTopic } from '../core/topic-name'
import { chunks } from '../controller/controller-writes'
import type { Slices } from '../../protocol/wire/codec'
import { handler, type HandlerRow } from '../server/handler'
import { inSlices, soon } from '../server/slices'
import { notController } from './not-controller'

/** Topics whose deletion is under way at the same time for one request. */
const removedAtOnce = 200

type Answer = InputOf<typeof deleteTopicsResponse>['responses'][number]
interface Asked {
  readonly name: string | null
  readonly topicId: string
}

export function deleteTopics(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 20,
    served: [0, 6],
    request: deleteTopicsRequest,
    response: deleteTopicsResponse,
    async handle(request, { header }) {
      const asked: readonly Asked[] =
        header.apiVersion >= 6 ? request.topics : request.topicNames.map((name) => ({ name, topicId: zeroUuid }))
      const responses: Answer[] = []
      // A set, asked for together: topics that are there wait for their brokers at the same time.
      const wanted = await inSlices(broker.clock, eachOnce(asked))
      await broker.controller.whenReadyToWrite(request.timeoutMs)
      for (const some of chunks(wanted, removedAtOnce)) {
        responses.push(...(await Promise.all(some.map((topic) => remove(broker, topic, request.timeoutMs)))))
        // What is refused is refused at once: without this all of them would be one turn of the event loop.
        await soon(broker.clock)
      }
      return { responses }
    }
  })
}

function* eachOnce(asked: readonly Asked[]): Slices<readonly Asked[]> {
  const wanted = new Map<string, Asked>()
  for (const [i, topic] of asked.entries()) {
    wanted.set(`${topic.topicId} ${topic.name ?? ''}`, topic)
    if (i % 1000 === 999) yield
  }
  return [...wanted.values()]
}

async function remove(broker: BrokerServices, asked: Asked, timeoutMs: number): Promise<Answer> {
  const { topicId } = asked
  const failed = (error: KafkaError, errorMessage: string | null, name: string | null = asked.name): Answer => ({
    name,
    topicId,
    errorCode: code(error),
    errorMessage: kafkaErrorSentence(error, errorMessage)
  })
  if (!(await broker.controller.whenInOffice()))
    return failed('NOT_CONTROLLER', notController(broker).message, asked.name ?? null)
  if ((asked.name === null) === (topicId === zeroUuid)) {
    return failed('INVALID_REQUEST', said`A topic is deleted by its name or by its id: one of them, not both.`)
  }
  const name = topicId === zeroUuid ? asked.name : (broker.image.topicName(topicId) ?? null)
  if (name === null) return failed('UNKNOWN_TOPIC_ID', said`There is no topic with this id.`)
  if (isInternalTopic(name)) return failed('INVALID_REQUEST', said`Topic ${name} is internal and is not deleted.`, name)
  const { error, message, gone } = await broker.controller.deleteTopic(name)
  if (error !== 'NONE') return failed(error, message, name)
  const isGone = await withinTime(
    broker.clock,
    timeoutMs,
    gone.then(() => true)
  )
  if (isGone === undefined) {
    return failed(
      'REQUEST_TIMED_OUT',
      said`The topic is marked for deletion, but not every broker has heard of it yet.`,
      name
    )
  }
  // Who named it gets no id, as with Kafka.
  return { name, topicId, errorCode: 0 }
}
