/**
 * AlterPartition, versions 0 to 3 (KIP-497); served by the controller, NOT_CONTROLLER elsewhere. The leader of partitions
 * proposes their ISRs; answered when they are stored, partition by partition, with the state that is.
 */
import { alterPartitionRequest, alterPartitionResponse } from '../../protocol/api/56-alter-partition'
import { code } from '../../protocol/wire/headers'
import type { InputOf, ValueOf } from '../../protocol/wire/schema'
import type { BrokerServices } from '../broker-services'
import type { IsrAnswer, ProposedTopic } from '../controller/isr-changes'
import { handler, type HandlerRow } from '../server/handler'

type Asked = ValueOf<typeof alterPartitionRequest>['topics'][number]
type Answered = InputOf<typeof alterPartitionResponse>['topics'][number]['partitions'][number]

const topicIdsFrom = 2
const brokerEpochsFrom = 3
/** Before it the error was another's (KIP-841). */
const ineligibleFrom = 2
const recovering = 1

export function alterPartition(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 56,
    served: [0, 3],
    // A leader that starts has members to take in before clients are served.
    isServedEarly: true,
    request: alterPartitionRequest,
    response: alterPartitionResponse,
    async handle({ brokerId, brokerEpoch, topics }, { header: { apiVersion } }) {
      const proposed = topics.map((topic) => proposedOf(topic, apiVersion))
      const answers = await broker.controller.changeIsrs({ brokerId, brokerEpoch }, proposed)
      if (answers.error !== 'NONE') return { errorCode: code(answers.error), topics: [] }
      return {
        errorCode: 0,
        topics: topics.map(({ topicName, topicId, partitions }, i) => ({
          topicName,
          topicId,
          partitions: partitions.map(({ partitionIndex }, j) =>
            answerOf(partitionIndex, answers.topics[i]?.[j] ?? { error: 'UNKNOWN_SERVER_ERROR' }, apiVersion)
          )
        }))
      }
    }
  })
}

function proposedOf({ topicName, topicId, partitions }: Asked, version: number): ProposedTopic {
  return {
    topic: version < topicIdsFrom ? topicName : undefined,
    topicId: version < topicIdsFrom ? undefined : topicId,
    partitions: partitions.map((one) => ({
      partition: one.partitionIndex,
      leaderEpoch: one.leaderEpoch,
      partitionEpoch: one.partitionEpoch,
      isRecovering: one.leaderRecoveryState === recovering,
      isr:
        version < brokerEpochsFrom ? one.newIsr.map((id) => ({ brokerId: id, brokerEpoch: -1n })) : one.newIsrWithEpochs
    }))
  }
}

function answerOf(partitionIndex: number, { error, state, partitionEpoch }: IsrAnswer, version: number): Answered {
  const known = error === 'INELIGIBLE_REPLICA' && version < ineligibleFrom ? 'OPERATION_NOT_ATTEMPTED' : error
  return {
    partitionIndex,
    errorCode: code(known),
    leaderId: state?.leader ?? 0,
    leaderEpoch: state?.leaderEpoch ?? 0,
    isr: state?.isr ?? [],
    partitionEpoch: partitionEpoch ?? 0
  }
}
