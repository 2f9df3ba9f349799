/** Records and batches for tests, and codecs that compress as clients do. */
import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import { compressFrameSync } from 'lz4-napi'
import { nodeChecksum } from '../../src-main/adapters/node-checksum'
import type { CompressionCodec } from '../../src-main/kernel/ports'
import { buildBatch } from '../../src-main/protocol/record/batch-builder'
import type { BatchOptions } from '../../src-main/protocol/record/batch-builder'
import type { RecordContent } from '../../src-main/protocol/record/record'

export const codecNames = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

const encoder = new TextEncoder()
const decoder = new TextDecoder()
export const bytesOf = (text: string): Uint8Array => encoder.encode(text)
export const textOf = (bytes: Uint8Array | null | undefined): string | null =>
  bytes === null || bytes === undefined ? null : decoder.decode(bytes)

const require = createRequire(import.meta.url)
const snappy = require('snappy') as { compressSync: (bytes: Uint8Array) => Uint8Array }
const zstd = require('@bokuweb/zstd-wasm') as {
  init: () => Promise<void>
  compress: (bytes: Uint8Array, level: number) => Uint8Array
  /** Ours: kept at the library, which is one a process; this file is loaded once for every test file. */
  starting?: Promise<void>
}

/** zstd is WebAssembly and must be initialised once and only once: a second time spoils the memory of the first. */
export function loadCodecs(): Promise<void> {
  zstd.starting ??= zstd.init()
  return zstd.starting
}

/** Java's framing: magic, two versions, then blocks of length and raw snappy. */
function xerialSnappy(bytes: Uint8Array): Uint8Array {
  const block = snappy.compressSync(bytes)
  const head = Buffer.alloc(20)
  Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]).copy(head)
  head.writeInt32BE(1, 8)
  head.writeInt32BE(1, 12)
  head.writeInt32BE(block.length, 16)
  return Buffer.concat([head, block])
}

export function compress(codec: CompressionCodec, block: Uint8Array): Uint8Array {
  if (codec === 1) return gzipSync(block)
  if (codec === 2) return xerialSnappy(block)
  if (codec === 3) return compressFrameSync(Buffer.from(block))
  if (codec === 4) return zstd.compress(Buffer.from(block), 3)
  return block
}

export const compressedWith = (codec: CompressionCodec): Pick<BatchOptions, 'compressed'> =>
  codec === 0 ? {} : { compressed: { codec, compress: (block) => compress(codec, block) } }

export function recordOf(value: string, fields: Partial<RecordContent> = {}): RecordContent {
  return { timestamp: 1_700_000_000_000n, key: null, value: bytesOf(value), ...fields }
}

/** One batch of records with these values. */
export function batchOf(
  values: readonly string[],
  options: BatchOptions & { readonly timestamp?: bigint } = {}
): Uint8Array<ArrayBuffer> {
  const timestamp = options.timestamp ?? 1_700_000_000_000n
  return buildBatch(
    values.map((value) => recordOf(value, { timestamp })),
    nodeChecksum,
    options
  )
}

/** A batch of an idempotent producer. */
export function sequencedBatch(
  id: number,
  epoch: number,
  baseSequence: number,
  values: readonly string[]
): Uint8Array<ArrayBuffer> {
  return batchOf(values, { producer: { id, epoch, baseSequence } })
}
