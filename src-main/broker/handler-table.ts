/** All requests that this broker serves: dispatch and ApiVersions both read this table. */
import type { BrokerServices } from './broker-services'
import { produce } from './handlers/00-produce'
import { fetch } from './handlers/01-fetch'
import { listOffsets } from './handlers/02-list-offsets'
import { metadata } from './handlers/03-metadata'
import { leaderAndIsr } from './handlers/04-leader-and-isr'
import { stopReplica } from './handlers/05-stop-replica'
import { updateMetadata } from './handlers/06-update-metadata'
import { controlledShutdown } from './handlers/07-controlled-shutdown'
import { offsetCommit } from './handlers/08-offset-commit'
import { offsetFetch } from './handlers/09-offset-fetch'
import { findCoordinator } from './handlers/10-find-coordinator'
import { joinGroup } from './handlers/11-join-group'
import { heartbeat } from './handlers/12-heartbeat'
import { leaveGroup } from './handlers/13-leave-group'
import { syncGroup } from './handlers/14-sync-group'
import { describeGroups } from './handlers/15-describe-groups'
import { listGroups } from './handlers/16-list-groups'
import { apiVersions } from './handlers/18-api-versions'
import { createTopics } from './handlers/19-create-topics'
import { deleteTopics } from './handlers/20-delete-topics'
import { deleteRecords } from './handlers/21-delete-records'
import { initProducerId } from './handlers/22-init-producer-id'
import { offsetForLeaderEpoch } from './handlers/23-offset-for-leader-epoch'
import { describeConfigs } from './handlers/32-describe-configs'
import { alterConfigs } from './handlers/33-alter-configs'
import { describeLogDirs } from './handlers/35-describe-log-dirs'
import { createPartitions } from './handlers/37-create-partitions'
import { deleteGroups } from './handlers/42-delete-groups'
import { electLeaders } from './handlers/43-elect-leaders'
import { incrementalAlterConfigs } from './handlers/44-incremental-alter-configs'
import { alterPartitionReassignments } from './handlers/45-alter-partition-reassignments'
import { listPartitionReassignments } from './handlers/46-list-partition-reassignments'
import { offsetDelete } from './handlers/47-offset-delete'
import { alterPartition } from './handlers/56-alter-partition'
import { describeCluster } from './handlers/60-describe-cluster'
import { allocateProducerIds } from './handlers/67-allocate-producer-ids'
import type { HandlerRow } from './server/handler'

export function handlerTable(broker: BrokerServices): readonly HandlerRow[] {
  const makers = [
    produce,
    fetch,
    listOffsets,
    metadata,
    leaderAndIsr,
    stopReplica,
    updateMetadata,
    controlledShutdown,
    offsetCommit,
    offsetFetch,
    findCoordinator,
    joinGroup,
    heartbeat,
    leaveGroup,
    syncGroup,
    describeGroups,
    listGroups,
    createTopics,
    deleteTopics,
    deleteRecords,
    initProducerId,
    offsetForLeaderEpoch,
    describeConfigs,
    alterConfigs,
    describeLogDirs,
    createPartitions,
    deleteGroups,
    electLeaders,
    incrementalAlterConfigs,
    alterPartitionReassignments,
    listPartitionReassignments,
    offsetDelete,
    alterPartition,
    describeCluster,
    allocateProducerIds
  ]
  const rows: HandlerRow[] = makers.map((make) => make(broker))
  rows.push(apiVersions(() => rows))
  return rows
}
