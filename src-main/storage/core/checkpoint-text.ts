/**
 * The text of Kafka's checkpoint files: a version line `0`, a count line, then one entry a line. Also the two small
 * property files of a log directory. Anything that does not read as such, cut off in the middle of a number for one, is
 * undefined, and the owner rebuilds.
 */
import type { BrokerId, Offset } from '../../kernel/ids'
import type { EpochStart } from './leader-epochs'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8')

/** topic-partition name → offset */
export type OffsetsByPartition = ReadonlyMap<string, Offset>

function encodeLines(lines: readonly string[]): Uint8Array {
  return encoder.encode(['0', String(lines.length), ...lines, ''].join('\n'))
}

function decodeLines(bytes: Uint8Array): string[] | undefined {
  const text = decoder.decode(bytes)
  if (!text.endsWith('\n')) return undefined
  const [version, count, ...rest] = text.split('\n')
  const lines = rest.filter((line) => line !== '')
  return version === '0' && count === String(lines.length) ? lines : undefined
}

/** `<topic> <partition> <offset>` a line. Keys are `<topic>-<partition>`. */
export function encodeOffsets(offsets: OffsetsByPartition): Uint8Array {
  return encodeLines(
    [...offsets].map(([name, offset]) => {
      const dash = name.lastIndexOf('-')
      return `${name.slice(0, dash)} ${name.slice(dash + 1)} ${offset}`
    })
  )
}

export function decodeOffsets(bytes: Uint8Array): Map<string, Offset> | undefined {
  const offsets = new Map<string, Offset>()
  for (const line of decodeLines(bytes) ?? ['?']) {
    const match = /^(\S+) (\d+) (\d+)$/.exec(line)
    if (match === null || !Number.isSafeInteger(Number(match[3]))) return undefined
    offsets.set(`${match[1]}-${match[2]}`, Number(match[3]))
  }
  return offsets
}

/** `<epoch> <start offset>` a line, ascending. */
export function encodeEpochs(starts: readonly EpochStart[]): Uint8Array {
  return encodeLines(starts.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`))
}

export function decodeEpochs(bytes: Uint8Array): EpochStart[] | undefined {
  const starts: EpochStart[] = []
  for (const line of decodeLines(bytes) ?? ['?']) {
    const match = /^(\d+) (\d+)$/.exec(line)
    if (match === null || !Number.isSafeInteger(Number(match[2]))) return undefined
    starts.push({ epoch: Number(match[1]), startOffset: Number(match[2]) })
  }
  return starts
}

// ── partition.metadata ───────────────────────────────────────────────────────────────────────────────────────────

export const encodePartitionMetadata = (topicId: string): Uint8Array =>
  encoder.encode(`version: 0\ntopic_id: ${topicId}\n`)

export function decodePartitionMetadata(bytes: Uint8Array): string | undefined {
  return /^version: 0\ntopic_id: ([A-Za-z0-9_-]{22})\s*$/.exec(decoder.decode(bytes))?.[1]
}

// ── meta.properties ──────────────────────────────────────────────────────────────────────────────────────────────

/** Whose log directory this is (version 0, as brokers of ZooKeeper mode write it); fields may be absent. */
export interface MetaProperties {
  readonly brokerId: BrokerId | undefined
  readonly clusterId: string | undefined
}

export const encodeMetaProperties = (brokerId: BrokerId, clusterId: string): Uint8Array =>
  encoder.encode(`version=0\nbroker.id=${brokerId}\ncluster.id=${clusterId}\n`)

/** Reads version 0 and KRaft's version 1 (node.id). Undefined when it is neither. */
export function decodeMetaProperties(bytes: Uint8Array): MetaProperties | undefined {
  const entries = decoder
    .decode(bytes)
    .split(/\r?\n/)
    .filter((line) => !/^\s*([#!].*)?$/.test(line))
    .map((line) => /^\s*([^=:\s]+)\s*[=:]\s*(.*?)\s*$/.exec(line))
  const values = new Map(entries.map((match) => [match?.[1] ?? '', match?.[2] ?? '']))
  if (values.get('version') !== '0' && values.get('version') !== '1') return undefined
  const id = values.get('broker.id') ?? values.get('node.id')
  return { brokerId: id === undefined ? undefined : Number(id), clusterId: values.get('cluster.id') }
}
