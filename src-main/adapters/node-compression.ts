/** The record codecs: gzip by Node, the others by our own decoders, which are the same on every Node (ADR 15). */
import { gunzipSync } from 'node:zlib'
import { AppError } from '../kernel/errors'
import { unpackedBytesMax, type Compression, type CompressionCodec } from '../kernel/ports'
import { unpackLz4 } from '../protocol/compression/lz4'
import { BlockTooLarge } from '../protocol/compression/plain-bytes'
import { unpackSnappy } from '../protocol/compression/snappy'
import { unpackZstd } from '../protocol/compression/zstd'

const codecNames = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
const inflateStepBytes = { min: 4096, max: 256 * 1024 } as const

/** Pieces as large as the result may be: zlib makes them whole, also for a batch of a hundred bytes. */
function gunzip(bytes: Uint8Array, plainBytesMax: number): Uint8Array {
  const chunkSize = Math.min(inflateStepBytes.max, Math.max(inflateStepBytes.min, bytes.length * 4))
  return gunzipSync(bytes, { maxOutputLength: plainBytesMax, chunkSize })
}

function decompressed(codec: CompressionCodec, bytes: Uint8Array, plainBytesMax: number): Uint8Array {
  switch (codec) {
    case 0:
      return bytes
    case 1:
      return gunzip(bytes, plainBytesMax)
    case 2:
      return unpackSnappy(bytes, plainBytesMax)
    case 3:
      return unpackLz4(bytes, plainBytesMax)
    case 4:
      return unpackZstd(bytes, plainBytesMax)
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof BlockTooLarge || (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE'
}

export const nodeCompression: Compression = {
  decompress(codec, bytes, plainBytesMax = unpackedBytesMax) {
    try {
      return decompressed(codec, bytes, plainBytesMax)
    } catch (error) {
      const details = { codec: codecNames[codec] }
      if (!isTooLarge(error)) {
        throw new AppError('CORRUPT', `the ${codecNames[codec]} records cannot be unpacked`, { cause: error, details })
      }
      const limit = plainBytesMax >= 2 ** 20 ? `${Math.floor(plainBytesMax / 2 ** 20)} MiB` : `${plainBytesMax} bytes`
      const message = `the ${codecNames[codec]} records unpack to more than ${limit}, which is as much as is read of a batch`
      throw new AppError('TOO_LARGE', message, { cause: error, details })
    }
  }
}
