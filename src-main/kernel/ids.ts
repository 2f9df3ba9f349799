/**
 * Identities and positions that several rooms share. Two numbers of different kinds are different types, so that an epoch
 * where an offset belongs does not compile (ADR 22); at run time they are the numbers they are. A plain number may
 * become any of them, so literals and arithmetic need no cast; what has a kind never becomes another.
 */
declare const kind: unique symbol
type OfKind<Value, Kind extends string> = Value & { readonly [kind]?: Kind }

/** A record's place in its partition; an …EndOffset is exclusive. -1 where the protocol says none. */
export type Offset = OfKind<number, 'Offset'>
/** Byte in a log file. */
export type FilePosition = OfKind<number, 'FilePosition'>
/** Of a partition: rises with each election. -1: none. */
export type LeaderEpoch = OfKind<number, 'LeaderEpoch'>
/** Of the cluster: rises with each controller. */
export type ControllerEpoch = OfKind<number, 'ControllerEpoch'>
/** Of a broker's registration: its czxid. -1: none. */
export type BrokerEpoch = OfKind<bigint, 'BrokerEpoch'>
/** -1: none. */
export type BrokerId = OfKind<number, 'BrokerId'>
/** A zxid in one piece, as the ensemble's clients see it (a Stat's czxid). */
export type PackedZxid = OfKind<bigint, 'PackedZxid'>
/** Of a session with the ensemble; 0 is none. */
export type SessionId = OfKind<bigint, 'SessionId'>

/** A broker epoch is the zxid that made its registration (Kafka's ZooKeeper mode). */
export const brokerEpochOf = (registration: PackedZxid): BrokerEpoch => registration as bigint

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** A partition's name as people and folders write it: `orders-3`. */
export const topicPartitionName = (of: TopicPartition): string => `${of.topic}-${of.partition}`
