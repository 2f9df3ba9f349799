/** Identities that several rooms share. */

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** A partition's name as people and folders write it: `orders-3`. */
export const topicPartitionName = (of: TopicPartition): string => `${of.topic}-${of.partition}`
