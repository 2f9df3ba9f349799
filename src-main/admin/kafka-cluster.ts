/** A cluster through the client library: everything that monitor and app know of Kafka's protocol comes through here. */
import type { ClusterIdentity } from '../kernel/cluster-identity'
import type { KafkaCluster, RecordScanner } from '../kernel/cluster-ports'
import { scanBatches } from './batch-scan'
import type { HostPort } from './broker-lanes'
import { Brokers } from './brokers'
import { clusterAdministration } from './cluster-administration'
import { clusterReader } from './cluster-reader'
import { clusterWriter } from './cluster-writer'
import type { RecordBytes } from './fetched-records'
import { groupMembership } from './membership'
import { compiledMatcher } from './matching/record-matcher'
import { rawFetch } from './record-fetch'
import { prepareKafkaLibrary } from './kafka-library'

/** Connects to nothing yet: each broker is connected to when it is first asked. */
export function openKafkaCluster(
  bootstrapServers: readonly HostPort[],
  clientId: string,
  recordBytes: RecordBytes,
  identity: ClusterIdentity
): KafkaCluster & RecordScanner {
  prepareKafkaLibrary()
  const brokers = new Brokers(bootstrapServers, clientId, identity)
  return {
    ...clusterReader(brokers),
    ...clusterWriter(brokers, recordBytes),
    ...clusterAdministration(brokers),
    ...groupMembership(brokers),
    fetchRaw: rawFetch(brokers),
    matcher: compiledMatcher,
    scan: (bytes, reading) => scanBatches(bytes, recordBytes, reading),
    close() {
      brokers.lanes.close()
      return Promise.resolve()
    }
  }
}
