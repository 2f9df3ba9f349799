/**
 * Record codecs through libraries. Java's snappy is xerial-framed: 8 magic bytes, two int32 versions, then blocks of
 * `int32 length, raw snappy`; librdkafka sends raw blocks. Readers accept both.
 */
import { gunzipSync, constants } from 'node:zlib'
import * as zlib from 'node:zlib'
import { createRequire } from 'node:module'
import { AppError } from '../kernel/errors'
import type { Compression, CompressionCodec } from '../kernel/ports'

/** A batch of a megabyte can claim to hold gigabytes: so much is unpacked at most, in one batch. */
const plainBytesMax = 256 * 1024 * 1024

const xerialMagic = Uint8Array.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
// Not called `require`: the bundler puts a constant of that name into modules that use one.
const load = createRequire(import.meta.url)

interface SnappyLibrary {
  uncompressSync(bytes: Uint8Array, options: { asBuffer: true }): Uint8Array
}
interface Lz4Library {
  decompressFrameSync(bytes: Uint8Array): Uint8Array
}
interface ZstdLibrary {
  init(): Promise<void>
  decompress(bytes: Uint8Array): Uint8Array
}

let wasmZstd: ZstdLibrary | undefined
let loading: Promise<void> | undefined

/**
 * Loads the zstd decoder where Node has none of its own (before 22.15): when it is needed, since it takes 6 MB. The
 * library must be started once only (a second start makes it write zeros).
 */
export function loadZstd(): Promise<void> {
  loading ??= startZstd()
  return loading
}

async function startZstd(): Promise<void> {
  if ('zstdDecompressSync' in zlib) return
  const library = load('@bokuweb/zstd-wasm') as ZstdLibrary
  await library.init()
  wasmZstd = library
}

/** What a raw block says of itself first (snappy format description, "Preamble"): so much would be allocated. */
function snappyPlainBytes(block: Uint8Array): number {
  let value = 0
  for (let i = 0; i < 5; i++) {
    const byte = block[i] ?? 0
    value += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) break
  }
  return value
}

function unsnappy(bytes: Uint8Array): Uint8Array {
  const snappy = load('snappy') as SnappyLibrary
  const raw = (block: Uint8Array): Uint8Array => {
    if (snappyPlainBytes(block) > plainBytesMax) throw new Error('the records are too large')
    return snappy.uncompressSync(block, { asBuffer: true })
  }
  if (!xerialMagic.every((byte, i) => bytes[i] === byte)) return raw(bytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const blocks: Uint8Array[] = []
  let total = 0
  for (let at = 16; at + 4 <= bytes.length;) {
    const length = view.getInt32(at)
    if (length < 0 || at + 4 + length > bytes.length) throw new Error('a snappy block is cut short')
    const block = raw(bytes.subarray(at + 4, at + 4 + length))
    blocks.push(block)
    total += block.length
    if (total > plainBytesMax) throw new Error('the records are too large')
    at += 4 + length
  }
  return Buffer.concat(blocks)
}

function unzstd(bytes: Uint8Array): Uint8Array {
  const own = (zlib as { zstdDecompressSync?: (bytes: Uint8Array, options: object) => Uint8Array }).zstdDecompressSync
  if (own !== undefined) return own(bytes, { maxOutputLength: plainBytesMax })
  if (wasmZstd === undefined) throw new Error('the zstd decoder is still loading')
  return wasmZstd.decompress(bytes)
}

function decompressed(codec: CompressionCodec, bytes: Uint8Array): Uint8Array {
  if (codec === 0) return bytes
  if (codec === 1) return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: plainBytesMax })
  if (codec === 2) return unsnappy(bytes)
  if (codec === 3) return (load('lz4-napi') as Lz4Library).decompressFrameSync(bytes)
  return unzstd(bytes)
}

export const nodeCompression: Compression = {
  prepare: () => ('zstdDecompressSync' in zlib || wasmZstd !== undefined ? undefined : loadZstd()),
  decompress(codec, bytes) {
    try {
      return decompressed(codec, bytes)
    } catch (error) {
      throw new AppError('CORRUPT', 'the compressed records cannot be read', { cause: error, details: { codec } })
    }
  }
}
