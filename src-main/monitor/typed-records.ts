/** Typed records as bytes. All of a request are looked at before one is sent. */
import { ApiError } from '../api/api'
import { problemSentence, type Format, type Serdes, type TypedProblem } from '../api/formats'
import type { TypedRecord } from '../api/producing'
import type { Payload } from '../api/views'
import type { NewRecord } from '../kernel/cluster-ports'
import { said } from '../kernel/said'

export interface Formats {
  readonly keyFormat?: Format | undefined
  readonly valueFormat?: Format | undefined
}

/** What is wrong, at the beginning of a sentence and inside of one. */
const PARTS = {
  key: { first: said`Key`, inside: said`key` },
  value: { first: said`Value`, inside: said`value` },
  header: { first: said`Header`, inside: said`header` }
} as const
type Part = keyof typeof PARTS

/** Throws ApiError INVALID_INPUT; `number` says which of several it is, from 1. */
export function newRecord(serdes: Serdes, formats: Formats, typed: TypedRecord, number?: number): NewRecord {
  const part = (what: Part, format: Format | undefined, payload: Payload): Uint8Array | null => {
    const bytes = typedBytes(serdes, format, payload)
    if (bytes === null || bytes instanceof Uint8Array) return bytes
    const why = problemSentence(bytes)
    const message =
      number === undefined ? `${PARTS[what].first}: ${why}` : said`Record ${number}, ${PARTS[what].inside}: ${why}`
    throw new ApiError({ code: 'INVALID_INPUT', message })
  }
  const { key, value, headers = [], timestampMs } = typed
  return {
    key: part('key', formats.keyFormat, key),
    value: part('value', formats.valueFormat, value),
    headers: headers.map((header) => ({ key: header.key, value: part('header', undefined, header.value) })),
    ...(timestampMs === undefined ? {} : { timestampMs: BigInt(timestampMs) })
  }
}

/** null for none: a null key, a tombstone. */
export function typedBytes(
  serdes: Serdes,
  format: Format | undefined,
  payload: Payload
): Uint8Array | TypedProblem | null {
  if (typeof payload !== 'string') return serdes.payloadBytes(payload)
  return serdes.encode(format ?? { type: 'string' }, payload)
}

const overheadBytes = 32

/** An estimate from above of what it takes in a batch that is not compressed. */
export function recordBytes({ key, value, headers }: NewRecord): number {
  let bytes = overheadBytes + (key?.length ?? 0) + (value?.length ?? 0)
  for (const header of headers) bytes += 10 + header.key.length * 3 + (header.value?.length ?? 0)
  return bytes
}
