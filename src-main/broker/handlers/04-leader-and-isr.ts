/**
 * LeaderAndIsr, versions 0 to 7: the controller tells which partitions this broker holds and who leads them. Obeyed
 * partition by partition, fenced by controller epoch, broker epoch and leader epoch. A partition that the disk has no
 * room for is answered with KAFKA_STORAGE_ERROR; the others are obeyed.
 */
import { leaderAndIsrRequest, leaderAndIsrResponse } from '../../protocol/api/04-leader-and-isr'
import { code } from '../../protocol/wire/headers'
import type { ValueOf } from '../../protocol/wire/schema'
import { zeroUuid } from '../../kernel/uuid'
import type { BrokerServices } from '../broker-services'
import { chunks } from '../controller-writes'
import { topicNameProblem } from '../core/topic-name'
import { handler, type HandlerRow } from '../server/handler'
import { forgetConfigsOfOthers } from './outdated-configs'

type Request = ValueOf<typeof leaderAndIsrRequest>

/** New logs whose files are made safe at the same time. */
const openedAtOnce = 16

export function leaderAndIsr(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 4,
    served: [0, 7],
    isServedEarly: true,
    request: leaderAndIsrRequest,
    response: leaderAndIsrResponse,
    async handle(request, { header }) {
      // Configs first: a log is opened with them. Nothing here views the receive buffer.
      const topics = topicsOf(request).filter(({ topicName }) => topicNameProblem(topicName) === undefined)
      forgetConfigsOfOthers(broker, topics)
      await broker.loadTopicConfigs(topics.map(({ topicName }) => topicName))
      return broker.replicas.inOrder(async () => {
        const fenced = broker.replicas.fence(request.controllerEpoch, request.brokerEpoch)
        if (fenced !== undefined) return { errorCode: code(fenced) }
        const obeyed = await obey(broker, request)
        if (header.apiVersion >= 5) return { errorCode: 0, topics: obeyed }
        return { errorCode: 0, partitionErrors: obeyed.flatMap((topic) => topic.partitionErrors) }
      })
    }
  })
}

async function obey(broker: BrokerServices, request: Request) {
  const obeyed = topicsOf(request).map(({ topicName, topicId, partitionStates }) => ({
    topicId,
    partitionErrors: partitionStates.map((state) => ({
      topicName,
      partitionIndex: state.partitionIndex,
      errorCode: 0,
      state
    }))
  }))
  const partitions = obeyed.flatMap(({ topicId, partitionErrors }) => partitionErrors.map((of) => ({ topicId, of })))
  for (const some of chunks(partitions, openedAtOnce)) {
    await Promise.all(
      some.map(async ({ topicId, of }) => {
        const { topicName: topic, partitionIndex: partition, state } = of
        const { leader, leaderEpoch, isr, replicas, partitionEpoch } = state
        const order = { topic, partition, topicId, leader, leaderEpoch, isr, replicas, partitionEpoch }
        of.errorCode = code(await broker.replicas.assume(order))
      })
    )
  }
  return obeyed
}

/** Both shapes that the request has had, as one. */
function topicsOf(request: Request) {
  const ungrouped = request.ungroupedPartitionStates.map((state) => ({
    topicName: state.topicName,
    topicId: zeroUuid,
    partitionStates: [state]
  }))
  return [...request.topicStates, ...ungrouped]
}
