/** What people type as bytes, and bytes as people read them: the room as the monitor sees it (`Serdes`). */
import zlib from 'node:zlib'
import type { Serdes } from '../api/formats'
import { plainBase64, plainHex, textProblem } from '../api/typed-text'
import { said } from '../kernel/said'
import { decodeAvro, encodeAvro } from './avro'
import { bytesFromPayload, payloadFromBytes } from './payload'

export const serdes: Serdes = {
  payloadBytes: bytesFromPayload,
  payloadFrom: payloadFromBytes,

  encode(format, text) {
    if (format.type === 'avro') return encodeAvro(format, text)
    const problem = textProblem(format.type, text)
    if (problem !== undefined) return problem
    if (format.type === 'hex') return Buffer.from(plainHex(text), 'hex')
    if (format.type === 'base64') return Buffer.from(plainBase64(text), 'base64')
    return new TextEncoder().encode(text)
  },

  decodeAvro,

  // What the client library compresses with: zstd is Node's own, which has it since 22.15.
  codecsMissing:
    'zstdCompressSync' in zlib
      ? {}
      : { zstd: said`zstd cannot be written here: it takes Node 22.15 or later, and this is ${process.versions.node}.` }
}
