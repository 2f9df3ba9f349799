/** UpdateMetadata, versions 0 to 8: the controller says what the cluster looks like; clients' Metadata answers from it. */
import {
  updateMetadataRequest,
  updateMetadataResponse,
  updateMetadataTypes
} from '../../protocol/api/06-update-metadata'
import { code } from '../../protocol/wire/headers'
import type { ValueOf } from '../../protocol/wire/schema'
import { zeroUuid } from '../../kernel/uuid'
import type { BrokerServices } from '../broker-services'
import type { Slices } from '../../protocol/wire/codec'
import type { BrokerEndpoint, MetadataChange } from '../core/metadata-image'
import { topicNameProblem } from '../core/topic-name'
import { handler, type HandlerRow } from '../server/handler'
import { inSlices } from '../server/slices'
import type { ImageExtent } from '../start-orders'
import { forgetConfigsOfOthers } from './outdated-configs'

type Request = ValueOf<typeof updateMetadataRequest>

export function updateMetadata(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 6,
    served: [0, 8],
    isServedEarly: true,
    request: updateMetadataRequest,
    response: updateMetadataResponse,
    // Nothing of the request views the receive buffer.
    handle: (request) => broker.replicas.metadataInOrder(() => obey(broker, request))
  })
}

/**
 * One after the other, each in turns. What clients see in between is as if it had come in several requests, which the
 * controller may send as well.
 */
async function obey(broker: BrokerServices, request: Request) {
  const fenced = broker.replicas.fence(request.controllerEpoch, request.brokerEpoch)
  if (fenced !== undefined) return { errorCode: code(fenced) }
  const extent = extentOf(request.type)
  await inSlices(broker.clock, applied(broker, request, extent === 'all'))
  broker.replicas.metadataTold(request.liveBrokers.map(({ id }) => id))
  broker.imageChanged(extent)
  return { errorCode: 0 }
}

function extentOf(type: number): ImageExtent {
  if (type === updateMetadataTypes.full) return 'all'
  return type === updateMetadataTypes.incremental ? 'some' : 'unsaid'
}

function* applied(broker: BrokerServices, request: Request, isComplete: boolean): Slices<void> {
  const partitions = yield* partitionsOf(broker, request)
  const change = {
    controllerId: request.controllerId,
    isComplete,
    brokers: request.liveBrokers.map(brokerOf),
    partitions
  }
  for (const topic of yield* broker.image.applyInSlices(change)) {
    broker.topicGone(topic)
    yield
  }
  // Writes may have waited for a replica that is not to be waited for any more.
  for (const { topic, partition, offlineReplicas } of partitions) {
    if (offlineReplicas.length === 0) continue
    broker.replicas.partition(topic, partition)?.brokersChanged()
    yield
  }
}

function brokerOf({ id, v0Host, v0Port, endpoints, rack }: Request['liveBrokers'][number]): BrokerEndpoint {
  const endpoint = endpoints[0] ?? { host: v0Host, port: v0Port }
  return { id, host: endpoint.host, port: endpoint.port, rack }
}

/** Both shapes that the request has had, as one. */
function* partitionsOf(broker: BrokerServices, request: Request): Slices<MetadataChange['partitions']> {
  const told: MetadataChange['partitions'][number][] = []
  // Who is dead may be back without a word of all that it holds; who lives and is named has a log that cannot be used.
  const live = new Set(request.liveBrokers.map(({ id }) => id))
  const ungrouped = request.ungroupedPartitionStates.map((state) => ({
    topicName: state.topicName,
    topicId: zeroUuid,
    partitionStates: [state]
  }))
  for (const topic of [...request.topicStates, ...ungrouped]) {
    yield
    // Names that no topic can have are not taken over: they are echoed to clients, and written with their offsets.
    if (topicNameProblem(topic.topicName) !== undefined) continue
    forgetConfigsOfOthers(broker, [topic])
    for (const state of topic.partitionStates) {
      if (state.partitionIndex < 0) continue
      told.push({
        topic: topic.topicName,
        topicId: topic.topicId,
        partition: state.partitionIndex,
        leader: state.leader,
        leaderEpoch: state.leaderEpoch,
        replicas: state.replicas,
        isr: state.isr,
        offlineReplicas: state.offlineReplicas.filter((id) => live.has(id))
      })
      yield
    }
  }
  return told
}
