/**
 * LeaderAndIsr, versions 0 to 7: the controller tells which partitions this broker holds and who leads them. Obeyed
 * partition by partition, fenced by controller epoch, broker epoch and leader epoch.
 */
import { leaderAndIsrRequest, leaderAndIsrResponse } from '../../protocol/api/04-leader-and-isr'
import { code } from '../../protocol/wire/headers'
import type { ValueOf } from '../../protocol/wire/schema'
import { zeroUuid } from '../../kernel/uuid'
import type { BrokerServices } from '../broker-services'
import { topicNameProblem } from '../core/topic-name'
import { handler, type HandlerRow } from '../server/handler'

export function leaderAndIsr(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 4,
    served: [0, 7],
    isServedEarly: true,
    request: leaderAndIsrRequest,
    response: leaderAndIsrResponse,
    async handle(request, { header }) {
      // Configs first: a log is opened with them. Nothing here views the receive buffer.
      await broker.loadTopicConfigs(
        topicsOf(request)
          .map(({ topicName }) => topicName)
          .filter((topic) => topicNameProblem(topic) === undefined)
      )
      const fenced = broker.replicas.fence(request.controllerEpoch, request.brokerEpoch)
      if (fenced !== undefined) return { errorCode: code(fenced) }
      const obeyed = topicsOf(request).map(({ topicName, topicId, partitionStates }) => ({
        topicId,
        partitionErrors: partitionStates.map((state) => ({
          topicName,
          partitionIndex: state.partitionIndex,
          errorCode: code(
            broker.replicas.assume({
              topic: topicName,
              partition: state.partitionIndex,
              topicId,
              leader: state.leader,
              leaderEpoch: state.leaderEpoch,
              isr: state.isr,
              replicas: state.replicas,
              partitionEpoch: state.partitionEpoch
            })
          )
        }))
      }))
      if (header.apiVersion >= 5) return { errorCode: 0, topics: obeyed }
      return { errorCode: 0, partitionErrors: obeyed.flatMap((topic) => topic.partitionErrors) }
    }
  })
}

/** Both shapes that the request has had, as one. */
function topicsOf(request: ValueOf<typeof leaderAndIsrRequest>) {
  const ungrouped = request.ungroupedPartitionStates.map((state) => ({
    topicName: state.topicName,
    topicId: zeroUuid,
    partitionStates: [state]
  }))
  return [...request.topicStates, ...ungrouped]
}
