/**
 * LeaderAndIsr, versions 0 to 7: the controller tells which partitions this broker holds and who leads them. Obeyed
 * partition by partition, fenced by controller epoch, broker epoch and leader epoch. A partition that the disk has no
 * room for is answered with KAFKA_STORAGE_ERROR; the others are obeyed.
 */
import { leaderAndIsrRequest, leaderAndIsrResponse } from '../../protocol/api/04-leader-and-isr'
import { code } from '../../protocol/wire/headers'
import type { ValueOf } from '../../protocol/wire/schema'
import { topicPartitionName } from '../../kernel/ids'
import { zeroUuid } from '../../kernel/uuid'
import type { BrokerServices } from '../broker-services'
import { chunks } from '../controller/controller-writes'
import { topicNameProblem } from '../core/topic-name'
import { handler, type HandlerRow } from '../server/handler'
import { Turns } from '../server/slices'
import { forgetConfigsOfOthers } from './outdated-configs'

type Request = ValueOf<typeof leaderAndIsrRequest>

/** Names of so many partitions are told with how many there are. */
const namesToldMax = 3
/** Topics whose configs are read at the same time. */
const configsAtOnce = 200

/**
 * An order is obeyed as a whole, in turns, before the next one: whoever gave it may be gone by then. A partition is led as
 * soon as it is its turn.
 */
export function leaderAndIsr(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 4,
    served: [0, 7],
    isServedEarly: true,
    request: leaderAndIsrRequest,
    response: leaderAndIsrResponse,
    async handle(request, { header }) {
      // Nothing here views the receive buffer.
      const topics = topicsOf(request)
      const liveLeaders = request.liveLeaders.map(({ brokerId: id, hostName: host, port }) => ({ id, host, port }))
      await loadConfigs(broker, topics)
      return broker.replicas.inOrder(async () => {
        const fenced = broker.replicas.fence(request.controllerEpoch, request.brokerEpoch)
        if (fenced !== undefined) return { errorCode: code(fenced) }
        broker.replicas.leadersTold(liveLeaders)
        const obeyed = await obey(broker, topics, request)
        if (header.apiVersion >= 5) return { errorCode: 0, topics: obeyed }
        return { errorCode: 0, partitionErrors: obeyed.flatMap((topic) => topic.partitionErrors) }
      })
    }
  })
}

/** A log is opened with them; what is no partition of ours is refused below, and nothing is kept of it. */
async function loadConfigs(broker: BrokerServices, topics: readonly TopicStates[]): Promise<void> {
  const turns = new Turns(broker.clock)
  for (const some of chunks(topics, configsAtOnce)) {
    const ours = some.filter(
      ({ topicName, partitionStates }) =>
        topicNameProblem(topicName) === undefined &&
        partitionStates.some(({ replicas }) => replicas.includes(broker.brokerId))
    )
    forgetConfigsOfOthers(broker, ours)
    await broker.loadTopicConfigs(ours.map(({ topicName }) => topicName))
    await turns.next()
  }
}

async function obey(broker: BrokerServices, topics: readonly TopicStates[], from: Request) {
  const turns = new Turns(broker.clock)
  // Versions that carry no broker epoch say -1.
  const under = from.brokerEpoch < 0n ? {} : { brokerEpoch: from.brokerEpoch }
  const obeyed = []
  const led: string[] = []
  const followed: string[] = []
  for (const { topicName, topicId, partitionStates } of topics) {
    const partitionErrors = []
    for (const state of partitionStates) {
      const { partitionIndex, leader, leaderEpoch, isr, replicas, partitionEpoch } = state
      const role = { leader, leaderEpoch, isr, replicas, partitionEpoch, ...under }
      const before = broker.replicas.partition(topicName, partitionIndex)?.leaderEpoch
      const error = await broker.replicas.assume({ topic: topicName, partition: partitionIndex, topicId, ...role })
      partitionErrors.push({ topicName, partitionIndex, errorCode: code(error) })
      if (error === 'NONE' && before !== leaderEpoch)
        (leader === broker.brokerId ? led : followed).push(
          topicPartitionName({ topic: topicName, partition: partitionIndex })
        )
      await turns.next()
    }
    obeyed.push({ topicId, partitionErrors })
  }
  tell(broker, 'becameLeader', led, from)
  tell(broker, 'becameFollower', followed, from)
  return obeyed
}

/** One event for all of an order. */
function tell(
  broker: BrokerServices,
  name: 'becameLeader' | 'becameFollower',
  partitions: readonly string[],
  { controllerId, controllerEpoch }: Request
): void {
  if (partitions.length === 0) return
  const sample = partitions.slice(0, namesToldMax).join(', ')
  broker.event(name, { count: partitions.length, sample, controller: controllerId, epoch: controllerEpoch })
}

type TopicStates = Pick<Request['topicStates'][number], 'topicName' | 'topicId' | 'partitionStates'>

/** Both shapes that the request has had, as one. */
function topicsOf(request: Request): readonly TopicStates[] {
  const ungrouped = request.ungroupedPartitionStates.map((state) => ({
    topicName: state.topicName,
    topicId: zeroUuid,
    partitionStates: [state]
  }))
  return [...request.topicStates, ...ungrouped]
}
