/**
 * The handshake (zookeeper.jute, ConnectRequest and ConnectResponse): neither side has a header; old clients leave the last byte out.
 *
 * Our own clients say behind it of which ensemble they are: {magic LGEN, string ensemble id}. ZooKeeper reads no further than
 * its last field, and other clients say nothing: they are taken as ever. A member of another ensemble answers who said so with
 * {magic LGEN, empty string} in place of a response, and closes: which one it is of it does not say, since whoever knows may speak at
 * the port of members. (Where a response has its protocol version, 0, that has the magic; who does not know of it finds a password
 * longer than the frame, and takes the connection for lost. Earlier versions put their ensemble's id in place of the empty string.)
 */
import type { SessionId } from '../../kernel/ids'
import type { JuteReader } from './jute-reader'
import { JuteWriter } from './jute-writer'
import type { Zxid } from './zxid'

export const passwordBytes = 16
const ensembleMagic = 0x4c47_454e
/** Of what follows the magic: the length of a string. */
const ensembleBytesMin = 8

export interface ConnectRequest {
  readonly lastZxidSeen: Zxid
  readonly timeoutMs: number
  /** 0 asks for a new session. */
  readonly sessionId: SessionId
  readonly password: Uint8Array
  /** Undefined when the client did not send the byte; the answer then has none either. */
  readonly readOnly: boolean | undefined
  /** Of the ensemble that is meant; undefined when the client did not say. */
  readonly ensembleId: string | undefined
}

export interface ConnectResponse {
  /** Negotiated; 0 refuses the session. */
  readonly timeoutMs: number
  readonly sessionId: SessionId
  readonly password: Uint8Array
  readonly readOnly: boolean | undefined
}

export const sessionRefused = { timeoutMs: 0, sessionId: 0n, password: new Uint8Array(passwordBytes) } as const

export function readConnectRequest(reader: JuteReader): ConnectRequest {
  // The version of the protocol: there has been one, 0, and ZooKeeper takes any (measured on 3.8).
  reader.int()
  const lastZxidSeen = reader.seenZxid()
  const timeoutMs = reader.int()
  const sessionId = reader.longBits()
  const password = reader.buffer() ?? new Uint8Array(0)
  const readOnly = reader.remaining > 0 ? reader.boolean() : undefined
  const isNamed = reader.remaining >= ensembleBytesMin && reader.int() === ensembleMagic
  const ensembleId = isNamed ? reader.string() : undefined
  return { lastZxidSeen, timeoutMs, sessionId, password, readOnly, ensembleId }
}

/** One that names its ensemble sends the byte of readOnly, too. */
export function connectRequestFrame(
  request: Omit<ConnectRequest, 'ensembleId'> & { readonly ensembleId?: string }
): Uint8Array {
  const writer = JuteWriter.frame(64).int(0).zxid(request.lastZxidSeen).int(request.timeoutMs)
  writer.longBits(request.sessionId).buffer(request.password)
  if (request.readOnly !== undefined) writer.boolean(request.readOnly)
  if (request.ensembleId !== undefined) writer.int(ensembleMagic).string(request.ensembleId)
  return writer.finishFrame()
}

export function readConnectResponse(reader: JuteReader): ConnectResponse {
  reader.int()
  const timeoutMs = reader.int()
  const sessionId = reader.longBits()
  const password = reader.buffer() ?? new Uint8Array(0)
  return { timeoutMs, sessionId, password, readOnly: reader.remaining > 0 ? reader.boolean() : undefined }
}

/** To who means another ensemble. */
export function foreignEnsembleFrame(): Uint8Array {
  return JuteWriter.frame(64).int(ensembleMagic).string('').finishFrame()
}

/** Is this the answer of another ensemble than the one that was meant? Throws DecodeError. */
export function isOfForeignEnsemble(reader: JuteReader): boolean {
  return reader.int() === ensembleMagic
}

export function connectResponseFrame(response: ConnectResponse): Uint8Array {
  const writer = JuteWriter.frame(64).int(0).int(response.timeoutMs).longBits(response.sessionId)
  writer.buffer(response.password)
  if (response.readOnly !== undefined) writer.boolean(response.readOnly)
  return writer.finishFrame()
}
