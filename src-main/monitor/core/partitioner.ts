/**
 * Which partition a record goes to when nobody says: by its key as Java's default partitioner does, (murmur2 with the
 * sign bit cleared) modulo partitions, so that equal keys of any client meet; without a key one partition for a while,
 * then the next (KIP-480's sticky partitioner, by records instead of batches).
 */
const seed = 0x9747b28c
const mixer = 0x5bd1e995
const rotation = 24

/** Signed 32 bits, as org.apache.kafka.common.utils.Utils.murmur2 gives. */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes
  const whole = length - (length % 4)
  let hash = seed ^ length
  for (let at = 0; at < whole; at += 4) {
    let block = int32LittleEndian(bytes, at)
    block = Math.imul(block, mixer)
    block ^= block >>> rotation
    block = Math.imul(block, mixer)
    hash = Math.imul(hash, mixer) ^ block
  }
  if (length > whole) {
    for (let at = length - 1; at >= whole; at--) hash ^= (bytes[at] ?? 0) << (8 * (at - whole))
    hash = Math.imul(hash, mixer)
  }
  hash ^= hash >>> 13
  hash = Math.imul(hash, mixer)
  return hash ^ (hash >>> 15)
}

function int32LittleEndian(bytes: Uint8Array, at: number): number {
  const byte = (index: number): number => bytes[at + index] ?? 0
  return byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24)
}

export function partitionOfKey(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}

/** Records without a key that stay together. */
export const stickyRecords = 100

/** Where records without a key go, topic by topic; `available` are partitions with a leader. */
export class StickyPartitions {
  readonly #topics = new Map<string, { partition: number; left: number }>()
  readonly #topicsMax = 1000

  next(topic: string, available: readonly number[], random: number): number {
    const known = this.#topics.get(topic)
    if (known !== undefined && known.left > 0 && available.includes(known.partition)) {
      known.left--
      return known.partition
    }
    const at = known === undefined ? random % available.length : available.findIndex((one) => one > known.partition)
    const partition = available[at === -1 ? 0 : at] ?? 0
    if (this.#topics.size >= this.#topicsMax) this.#topics.clear()
    this.#topics.set(topic, { partition, left: stickyRecords - 1 })
    return partition
  }
}
