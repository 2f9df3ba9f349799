/**
 * CRC-32C by the native library, SHA-1 by Node's. Loaded by require: imported, a CommonJS package makes Node load its parser of such
 * packages, which costs 7.5 MB of every process.
 */
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import type { Checksum } from '../kernel/ports'

const { crc32c } = createRequire(import.meta.url)('@node-rs/crc32') as {
  readonly crc32c: (bytes: Uint8Array, seed?: number) => number
}

export const nodeChecksum: Checksum = {
  crc32c: (bytes, seed) => (seed === undefined ? crc32c(bytes) : crc32c(bytes, seed)),
  sha1Base64: (bytes) => createHash('sha1').update(bytes).digest('base64')
}
