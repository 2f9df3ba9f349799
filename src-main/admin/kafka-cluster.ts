/** A cluster through the client library: everything that monitor and app know of Kafka's protocol comes through here. */
import type { ClusterIdentity } from '../kernel/cluster-identity'
import type { KafkaCluster } from '../kernel/cluster-ports'
import type { HostPort } from './broker-lanes'
import { Brokers } from './brokers'
import { clusterAdministration } from './cluster-administration'
import { clusterReader } from './cluster-reader'
import { clusterWriter } from './cluster-writer'
import type { RecordBytes } from './fetched-records'
import { groupMembership } from './membership'
import { prepareKafkaLibrary } from './kafka-library'

/** Connects to nothing yet: each broker is connected to when it is first asked. */
export function openKafkaCluster(
  bootstrapServers: readonly HostPort[],
  clientId: string,
  recordBytes: RecordBytes,
  identity: ClusterIdentity
): KafkaCluster {
  prepareKafkaLibrary()
  const brokers = new Brokers(bootstrapServers, clientId, identity)
  return {
    ...clusterReader(brokers),
    ...clusterWriter(brokers, recordBytes),
    ...clusterAdministration(brokers),
    ...groupMembership(brokers),
    close() {
      brokers.lanes.close()
      return Promise.resolve()
    }
  }
}
