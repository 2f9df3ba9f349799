/**
 * Finds the handler of a frame and decides what a frame without one gets: an ApiVersions answer of version 0 with
 * UNSUPPORTED_VERSION (so that a newer client can step down), else a closed connection, as Kafka does.
 */
import { apiVersionsResponse } from '../../protocol/api/18-api-versions'
import { encode } from '../../protocol/wire/codec'
import { beginResponse, code, readRequestHeader, type RequestHeader } from '../../protocol/wire/headers'
import { Reader } from '../../protocol/wire/reader'
import type { Writer } from '../../protocol/wire/writer'
import type { HandlerRow } from './handler'

const apiVersionsKey = 18

export type Routed =
  /** `body` is where its own fields begin. */
  | { readonly type: 'request'; readonly header: RequestHeader; readonly row: HandlerRow; readonly body: number }
  | { readonly type: 'answer'; readonly writer: Writer }
  | { readonly type: 'refuse'; readonly reason: string }

export class RequestRouter {
  readonly #rows = new Map<number, HandlerRow>()

  constructor(rows: readonly HandlerRow[]) {
    for (const row of rows) this.#rows.set(row.apiKey, row)
  }

  route(frame: Uint8Array): Routed {
    const reader = new Reader(frame)
    const header = readRequestHeader(reader, (apiKey, version) => this.#isFlexible(apiKey, version))
    if (header === undefined) return { type: 'refuse', reason: 'a frame too short for a request header' }
    const { apiKey, apiVersion } = header
    const row = this.#rows.get(apiKey)
    if (row === undefined) return { type: 'refuse', reason: `API key ${apiKey} is not served` }
    if (apiVersion < row.served[0] || apiVersion > row.served[1]) {
      if (apiKey === apiVersionsKey) return { type: 'answer', writer: unsupportedApiVersions(header, row) }
      return { type: 'refuse', reason: `${row.request.name} version ${apiVersion} is not served` }
    }
    return { type: 'request', header, row, body: reader.position }
  }

  #isFlexible(apiKey: number, version: number): boolean {
    const row = this.#rows.get(apiKey)
    return row !== undefined && version >= row.request.flexibleFrom && version <= row.served[1]
  }
}

function unsupportedApiVersions(header: RequestHeader, row: HandlerRow): Writer {
  const writer = beginResponse(header, false)
  const apiKeys = [{ apiKey: apiVersionsKey, minVersion: row.advertised[0], maxVersion: row.advertised[1] }]
  encode(apiVersionsResponse, 0, { errorCode: code('UNSUPPORTED_VERSION'), apiKeys }, writer)
  return writer
}
