/**
 * Request and response headers (Kafka protocol guide, "Request Header"; KIP-482). A request header carries tags when the request is flexible; the client
 * id keeps its int16 length even then. ApiVersions answers always use response header 0.
 */
import { ERROR_CODES, type KafkaError } from './error-codes'
import { DecodeError } from './decode-error'
import { Reader } from './reader'
import type { Message } from './schema'
import { Writer } from './writer'

export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
}

const apiVersionsKey = 18

/** Undefined when the frame is too short for a header. `isFlexible` tells whether tags follow. */
export function readRequestHeader(
  reader: Reader,
  isFlexible: (apiKey: number, apiVersion: number) => boolean
): RequestHeader | undefined {
  try {
    const apiKey = reader.int16()
    const apiVersion = reader.int16()
    const correlationId = reader.int32()
    const length = reader.int16()
    const clientId = length < 0 ? null : reader.text(length)
    if (isFlexible(apiKey, apiVersion)) reader.skipTags()
    return { apiKey, apiVersion, correlationId, clientId }
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

/** A writer that holds the frame length (to be set by `sealFrame`) and the response header. */
export function beginResponse(header: RequestHeader, isFlexible: boolean): Writer {
  const writer = new Writer()
  writer.int32(0)
  writer.int32(header.correlationId)
  if (isFlexible && header.apiKey !== apiVersionsKey) writer.unsignedVarint(0)
  return writer
}

/** The same for a request that we send. */
export function beginRequest(
  apiKey: number,
  apiVersion: number,
  correlationId: number,
  clientId: string,
  message: Message
): Writer {
  const writer = new Writer()
  writer.int32(0)
  writer.int16(apiKey)
  writer.int16(apiVersion)
  writer.int32(correlationId)
  writer.text(clientId, false)
  if (apiVersion >= message.flexibleFrom) writer.unsignedVarint(0)
  return writer
}

export function sealFrame(writer: Writer): void {
  writer.setInt32(0, writer.totalBytes - 4)
}

export function code(error: KafkaError): number {
  return ERROR_CODES[error]
}
