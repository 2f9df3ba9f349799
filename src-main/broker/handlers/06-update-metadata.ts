/** UpdateMetadata, versions 0 to 8: the controller says what the cluster looks like; clients' Metadata answers from it. */
import {
  updateMetadataFull,
  updateMetadataRequest,
  updateMetadataResponse
} from '../../protocol/api/06-update-metadata'
import { code } from '../../protocol/wire/headers'
import type { ValueOf } from '../../protocol/wire/schema'
import { zeroUuid } from '../../kernel/uuid'
import type { BrokerServices } from '../broker-services'
import type { MetadataChange } from '../core/metadata-image'
import { topicNameProblem } from '../core/topic-name'
import { handler, type HandlerRow } from '../server/handler'
import { forgetConfigsOfOthers } from './outdated-configs'

type Request = ValueOf<typeof updateMetadataRequest>

export function updateMetadata(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 6,
    served: [0, 8],
    isServedEarly: true,
    request: updateMetadataRequest,
    response: updateMetadataResponse,
    handle(request) {
      const fenced = broker.replicas.fence(request.controllerEpoch, request.brokerEpoch)
      if (fenced !== undefined) return { errorCode: code(fenced) }
      const change = changeOf(request)
      forgetConfigsOfOthers(
        broker,
        request.topicStates.filter(({ topicName }) => topicNameProblem(topicName) === undefined)
      )
      for (const topic of broker.image.apply(change)) broker.topicGone(topic)
      broker.imageChanged(change.isComplete)
      return { errorCode: 0 }
    }
  })
}

function changeOf(request: Request): MetadataChange & { readonly isComplete: boolean } {
  const grouped = request.topicStates.flatMap(({ topicName, topicId, partitionStates }) =>
    partitionStates.map((state) => ({ ...state, topicName, topicId }))
  )
  const ungrouped = request.ungroupedPartitionStates.map((state) => ({ ...state, topicId: zeroUuid }))
  return {
    controllerId: request.controllerId,
    isComplete: request.type === updateMetadataFull,
    brokers: request.liveBrokers.map(({ id, v0Host, v0Port, endpoints, rack }) => {
      const endpoint = endpoints[0] ?? { host: v0Host, port: v0Port }
      return { id, host: endpoint.host, port: endpoint.port, rack }
    }),
    partitions: [...grouped, ...ungrouped].filter(isLegal).map((state) => ({
      topic: state.topicName,
      topicId: state.topicId,
      partition: state.partitionIndex,
      leader: state.leader,
      leaderEpoch: state.leaderEpoch,
      replicas: state.replicas,
      isr: state.isr,
      offlineReplicas: state.offlineReplicas
    }))
  }
}

/** Names that no topic can have are not taken over: they are echoed to clients, and written with their offsets. */
function isLegal({ topicName, partitionIndex }: { readonly topicName: string; readonly partitionIndex: number }) {
  return partitionIndex >= 0 && topicNameProblem(topicName) === undefined
}
