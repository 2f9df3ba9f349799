/**
 * Replica ids of requests that no broker makes (Kafka's ListOffsetsRequest.CONSUMER_REPLICA_ID and DEBUGGING_REPLICA_ID). A tool that
 * compares replicas may read any of them, whoever leads, up to its end.
 */
export const consumerReplicaId = -1
export const debuggingReplicaId = -2
