/**
 * What consumers write into a group's subscription and assignment (Kafka's ConsumerProtocol, version 0, which every
 * later version begins with). Foreign bytes: anything that is none gives undefined, never an exception.
 */
import type { TopicPartition } from '../../kernel/ids'

const version = 0
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Partitions of an assignment; none for the empty bytes of a member that has none yet. */
export function readAssignment(bytes: Uint8Array): readonly TopicPartition[] | undefined {
  if (bytes.length === 0) return []
  try {
    const cursor = new Cursor(bytes)
    cursor.int16()
    const assigned: TopicPartition[] = []
    for (let topics = cursor.count(); topics > 0; topics--) {
      const topic = cursor.text()
      for (let partitions = cursor.count(); partitions > 0; partitions--)
        assigned.push({ topic, partition: cursor.int32() })
    }
    return assigned
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

export function readSubscription(bytes: Uint8Array): readonly string[] | undefined {
  try {
    const cursor = new Cursor(bytes)
    cursor.int16()
    const topics: string[] = []
    for (let count = cursor.count(); count > 0; count--) topics.push(cursor.text())
    return topics
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

export function subscriptionBytes(topics: readonly string[]): Uint8Array {
  const parts = [int16(version), int32(topics.length), ...topics.flatMap(text), int32(0)]
  return joined(parts)
}

export function assignmentBytes(assigned: readonly TopicPartition[]): Uint8Array {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of assigned) topics.set(topic, [...(topics.get(topic) ?? []), partition])
  const parts = [int16(version), int32(topics.size)]
  for (const [topic, partitions] of topics)
    parts.push(...text(topic), int32(partitions.length), ...partitions.map(int32))
  return joined([...parts, int32(0)])
}

function int16(value: number): Uint8Array {
  return Uint8Array.of((value >> 8) & 0xff, value & 0xff)
}

function int32(value: number): Uint8Array {
  return Uint8Array.of((value >> 24) & 0xff, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff)
}

function text(value: string): readonly Uint8Array[] {
  const bytes = encoder.encode(value)
  return [int16(bytes.length), bytes]
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Reads forward; past the end it throws the RangeError of DataView. */
class Cursor {
  readonly #view: DataView
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  int16(): number {
    const value = this.#view.getInt16(this.#at)
    this.#at += 2
    return value
  }

  int32(): number {
    const value = this.#view.getInt32(this.#at)
    this.#at += 4
    return value
  }

  /** Entries of an array: no more than bytes are left. */
  count(): number {
    const value = this.int32()
    if (value > this.#bytes.length - this.#at) throw new RangeError('an array that is longer than its bytes')
    return value
  }

  text(): string {
    const length = this.int16()
    if (length < 0 || this.#at + length > this.#bytes.length)
      throw new RangeError('a text that is longer than its bytes')
    const value = decoder.decode(this.#bytes.subarray(this.#at, this.#at + length))
    this.#at += length
    return value
  }
}
