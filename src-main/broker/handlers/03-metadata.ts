/**
 * Metadata, versions 0 to 12. The topics asked for are a set: each is answered once. A topic that is unknown may be
 * created by asking: the answer then
 * is LEADER_NOT_AVAILABLE until it is there (auto.create.topics.enable). Look-up by id comes with version 12. A partition without a leader, or whose leader is
 * being replaced, has leader -1, error LEADER_NOT_AVAILABLE and its full replica list.
 */
import { metadataRequest, metadataResponse } from '../../protocol/api/03-metadata'
import { code } from '../../protocol/wire/headers'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { Slices } from '../../protocol/wire/codec'
import type { InputOf, ValueOf } from '../../protocol/wire/schema'
import { zeroUuid } from '../../kernel/uuid'
import type { BrokerServices } from '../broker-services'
import { startConfig } from '../core/broker-layers'
import type { PartitionMetadata, TopicMetadata } from '../core/metadata-image'
import { isInternalTopic, topicNameProblem } from '../core/topic-name'
import { clusterOperations, notRequested, topicOperations } from './authorized-operations'
import { handler, type HandlerRow } from '../server/handler'
import { mapInSlices } from '../server/slices'

type Request = ValueOf<typeof metadataRequest>
type Wanted = NonNullable<Request['topics']>[number]
type TopicAnswer = InputOf<typeof metadataResponse>['topics'][number]

export function metadata(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 3,
    served: [0, 12],
    request: metadataRequest,
    response: metadataResponse,
    *handle(request, { header }) {
      const version = header.apiVersion
      const topics = yield* topicAnswers(broker, request, version)
      return {
        brokers: broker.image.brokers().map(({ id, host, port, rack }) => ({ nodeId: id, host, port, rack })),
        clusterId: broker.clusterId,
        controllerId: broker.image.controllerId,
        topics,
        clusterAuthorizedOperations:
          version >= 8 && version <= 10 && request.includeClusterAuthorizedOperations ? clusterOperations : notRequested
      }
    }
  })
}

function* topicAnswers(broker: BrokerServices, request: Request, version: number): Slices<TopicAnswer[]> {
  const describe = (topic: TopicMetadata): TopicAnswer =>
    topicAnswer(broker, topic, request.includeTopicAuthorizedOperations)
  const isAll = request.topics === null || (version === 0 && request.topics.length === 0)
  if (isAll) return yield* mapInSlices(broker.image.topics(), describe)
  const wanted = new Map<string, Wanted>()
  for (const [i, topic] of (request.topics ?? []).entries()) {
    wanted.set(topic.topicId === zeroUuid ? `name ${topic.name ?? ''}` : topic.topicId, topic)
    if (i % 1000 === 999) yield
  }
  return yield* mapInSlices(wanted.values(), ({ name, topicId }) => {
    if (topicId !== zeroUuid) {
      if (version < 12) return unknown({ error: 'INVALID_REQUEST', name: name ?? '', topicId })
      const known = broker.image.topic(broker.image.topicName(topicId) ?? '')
      return known === undefined ? unknown({ error: 'UNKNOWN_TOPIC_ID', name: null, topicId }) : describe(known)
    }
    const known = broker.image.topic(name ?? '')
    if (known !== undefined) return describe(known)
    const answer = missing(broker, name ?? '', request.allowAutoTopicCreation)
    return request.includeTopicAuthorizedOperations ? { ...answer, topicAuthorizedOperations: topicOperations } : answer
  })
}

function missing(broker: BrokerServices, name: string, mayCreate: boolean): TopicAnswer {
  if (topicNameProblem(name) !== undefined) return unknown({ error: 'INVALID_TOPIC_EXCEPTION', name })
  if (!mayCreate || isInternalTopic(name)) return unknown({ error: 'UNKNOWN_TOPIC_OR_PARTITION', name })
  if (broker.image.collidingTopic(name) !== undefined) return unknown({ error: 'INVALID_TOPIC_EXCEPTION', name })
  if (startConfig('auto.create.topics.enable', broker.configs.layers) === 'false')
    return unknown({ error: 'UNKNOWN_TOPIC_OR_PARTITION', name })
  broker.autoCreate(name)
  return unknown({ error: 'LEADER_NOT_AVAILABLE', name })
}

function unknown(at: {
  readonly error: KafkaError
  readonly name: string | null
  readonly topicId?: string
}): TopicAnswer {
  const isInternal = at.name !== null && isInternalTopic(at.name)
  return { errorCode: code(at.error), name: at.name, topicId: at.topicId ?? zeroUuid, isInternal, partitions: [] }
}

function topicAnswer(broker: BrokerServices, topic: TopicMetadata, withOperations: boolean): TopicAnswer {
  return {
    errorCode: 0,
    name: topic.name,
    topicId: topic.topicId,
    isInternal: isInternalTopic(topic.name),
    partitions: topic.partitions.map((partition) => partitionAnswer(broker, topic, partition)),
    topicAuthorizedOperations: withOperations ? topicOperations : notRequested
  }
}

/** This broker has been ordered under a later leader, which clients are told of when it has taken over (ADR 50). */
function isReplaced(
  broker: BrokerServices,
  topic: TopicMetadata,
  { partition, leader, leaderEpoch }: PartitionMetadata
): boolean {
  const held = broker.replicas.partition(topic.name, partition)
  return held?.topicId === topic.topicId && held.leaderEpoch > leaderEpoch && held.role.leader !== leader
}

function partitionAnswer(broker: BrokerServices, topic: TopicMetadata, partition: PartitionMetadata) {
  const hasLeader = broker.image.isAlive(partition.leader) && !isReplaced(broker, topic, partition)
  return {
    errorCode: hasLeader ? 0 : code('LEADER_NOT_AVAILABLE'),
    partitionIndex: partition.partition,
    leaderId: hasLeader ? partition.leader : -1,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: partition.replicas,
    isrNodes: partition.isr,
    offlineReplicas: partition.replicas.filter(
      (replica) => !broker.image.isAlive(replica) || partition.offlineReplicas.includes(replica)
    )
  }
}
