/** What handlers may ask of the rest of the broker. One object, made by broker-node. */
import type { BrokerId } from '../kernel/ids'
import type { Clock, Random } from '../kernel/ports'
import type { Uuid } from '../kernel/uuid'
import type { Controller } from './controller/controller'
import type { MetadataImage } from './core/metadata-image'
import type { ConfigWriter } from './config-writer'
import type { BrokerLayers } from './core/broker-layers'
import type { ReplicationQuotas } from './core/replication-quota'
import type { TopicConfigs } from './core/topic-configs'
import type { FetchSessions } from './fetch-sessions'
import type { GroupCoordinator } from './group-coordinator'
import type { ProducerIdSource } from './producer-id-source'
import type { ReplicaManager } from './replica-manager'
import type { ImageExtent } from './start-orders'

export interface BrokerServices {
  readonly brokerId: BrokerId
  /** All that belong to the cluster, alive or not, as far as is known. */
  readonly clusterBrokers: readonly BrokerId[]
  readonly clusterId: Uuid
  readonly clock: Clock
  readonly random: Random
  readonly image: MetadataImage
  readonly replicas: ReplicaManager
  readonly fetchSessions: FetchSessions
  readonly quotas: ReplicationQuotas
  /** Acts only while this broker is the controller; see Controller.isActive. */
  readonly controller: Controller
  readonly groups: GroupCoordinator
  /** zookeeper.session.timeout.ms and replica.lag.time.max.ms */
  readonly sessionTimeoutMs: number
  readonly replicaLagMaxMs: number
  readonly producerIds: ProducerIdSource
  /** Those of topics as far as they are loaded. */
  readonly configs: { readonly of: (topic: string) => TopicConfigs; readonly layers: BrokerLayers }
  /** Changes what is stored, for all brokers. */
  readonly configWriter: ConfigWriter
  /** After this `configs` knows them; waits for the ensemble. */
  readonly loadTopicConfigs: (topics: readonly string[]) => Promise<void>
  /** They were another topic's of that name. */
  readonly forgetTopicConfigs: (topic: string) => void
  /** The topic was deleted: what is kept about it goes. */
  readonly topicGone: (topic: string) => void
  /** Asks the controller to create a topic with the broker's defaults; does not wait. */
  readonly autoCreate: (topic: string) => void
  /** What this broker holds on disk. */
  readonly logDir: string
  readonly volume: () => { readonly totalBytes: number; readonly usableBytes: number } | undefined
  /** What people are to know of. */
  readonly event: (name: string, fields: Readonly<Record<string, unknown>>) => void
  /** Called after each change of the image. */
  readonly imageChanged: (extent: ImageExtent) => void
}
