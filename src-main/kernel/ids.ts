/**
 * Branded identities and positions. A brand says which number this is; the checked function beside each type is the
 * only way to make one from a plain number, and the helpers are the only way to advance one: plain arithmetic drops
 * the brand on purpose. All are safe integers (style rule 15).
 */
import { invariant } from './invariant'

declare const brand: unique symbol
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name }

/** Position of a record in a partition, inclusive, >= 0. */
export type Offset = Branded<number, 'Offset'>
/** Counts the leaders a partition has had, >= 0. */
export type LeaderEpoch = Branded<number, 'LeaderEpoch'>
/** broker.id of a broker, >= 0. */
export type BrokerId = Branded<number, 'BrokerId'>
/** Index of a partition inside its topic, >= 0. */
export type PartitionIndex = Branded<number, 'PartitionIndex'>

function wholeNumber(value: number, what: string): number {
  invariant(Number.isSafeInteger(value) && value >= 0, `${what} is a safe integer >= 0`, { value })
  return value
}

export const offset = (value: number): Offset => wholeNumber(value, 'offset') as Offset
export const leaderEpoch = (value: number): LeaderEpoch => wholeNumber(value, 'leader epoch') as LeaderEpoch
export const brokerId = (value: number): BrokerId => wholeNumber(value, 'broker id') as BrokerId
export const partitionIndex = (value: number): PartitionIndex => wholeNumber(value, 'partition') as PartitionIndex

export const nextOffset = (position: Offset): Offset => offset(position + 1)
export const offsetPlus = (position: Offset, records: number): Offset => offset(position + records)

/** A partition's name as people and folders write it: `orders-3`. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}
export const topicPartitionName = (of: TopicPartition): string => `${of.topic}-${of.partition}`
