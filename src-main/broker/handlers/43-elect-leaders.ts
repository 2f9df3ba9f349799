/**
 * ElectLeaders, versions 0 to 2 (KIP-460); served by the controller, NOT_CONTROLLER elsewhere. Answers when every live
 * broker knows the new leaders, or REQUEST_TIMED_OUT (they are elected all the same). Asked for all partitions it tells of
 * those that were elected or could not be.
 */
import { electLeadersRequest, electLeadersResponse } from '../../protocol/api/43-elect-leaders'
import { code } from '../../protocol/wire/headers'
import type { ValueOf } from '../../protocol/wire/schema'
import { withinTime } from '../../kernel/waiting'
import type { TopicPartition } from '../../kernel/ids'
import { said } from '../../kernel/said'
import type { BrokerServices } from '../broker-services'
import type { Elected, ElectionOutcome } from '../controller/leader-changes'
import { handler, type HandlerRow } from '../server/handler'
import { notController } from './not-controller'

type Request = ValueOf<typeof electLeadersRequest>

const unclean = 1

export function electLeaders(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 43,
    served: [0, 2],
    request: electLeadersRequest,
    response: electLeadersResponse,
    async handle(request) {
      const { electionType, timeoutMs } = request
      const asked = askedFor(request)
      if (!(await broker.controller.whenReadyToWrite(timeoutMs))) {
        const refused = notController(broker)
        const outcomes = (asked ?? []).map((one) => ({ ...one, ...refused }))
        return { errorCode: code(refused.error), replicaElectionResults: resultsOf(outcomes) }
      }
      const type = electionType === unclean ? 'unclean' : 'preferred'
      const elected = await withinTime(broker.clock, timeoutMs, broker.controller.electLeaders(type, asked))
      const { error, outcomes } = elected ?? timedOut(asked)
      // Of all partitions nobody knows which were elected: an empty list alone would say that none had to be.
      return { errorCode: code(asked === undefined ? error : 'NONE'), replicaElectionResults: resultsOf(outcomes) }
    }
  })
}

function timedOut(asked: readonly TopicPartition[] = []): Elected {
  const error = 'REQUEST_TIMED_OUT'
  const message = said`It is not known yet which leaders are elected, and whether all brokers know them.`
  return { error, outcomes: asked.map((one) => ({ ...one, error, message })) }
}

function askedFor({ topicPartitions }: Request): readonly TopicPartition[] | undefined {
  return topicPartitions?.flatMap(({ topic, partitions }) =>
    [...new Set(partitions)].map((partition) => ({ topic, partition }))
  )
}

function resultsOf(outcomes: readonly ElectionOutcome[]) {
  const byTopic = new Map<string, { partitionId: number; errorCode: number; errorMessage: string | null }[]>()
  for (const { topic, partition, error, message } of outcomes) {
    const known = byTopic.get(topic)
    const result = { partitionId: partition, errorCode: code(error), errorMessage: message }
    if (known === undefined) byTopic.set(topic, [result])
    else known.push(result)
  }
  return [...byTopic].map(([topic, partitionResult]) => ({ topic, partitionResult }))
}
