/**
 * One entry of the ensemble's log, as it lies on disk and (later) goes between members. It carries all that is not
 * deterministic: the time, the session, the connection and a new session's id and password. What comes of it is
 * decided when it is applied.
 */
import type { SessionId } from '../../kernel/ids'
import { DecodeError, JuteReader } from '../wire/jute-reader'
import { JuteWriter } from '../wire/jute-writer'
import type { Zxid } from '../wire/zxid'

export type LogCommand =
  | {
      readonly type: 'createSession'
      readonly sessionId: SessionId
      readonly connectionId: number
      readonly timeoutMs: number
      readonly password: Uint8Array
    }
  /** Asks to become the session's attachment; a wrong password is refused when applied. */
  | {
      readonly type: 'attachSession'
      readonly sessionId: SessionId
      readonly connectionId: number
      readonly timeoutMs: number
      readonly password: Uint8Array
    }
  /** By its client, from this connection. */
  | { readonly type: 'closeSession'; readonly sessionId: SessionId; readonly connectionId: number }
  /** By the leader's clock. */
  | { readonly type: 'expireSession'; readonly sessionId: SessionId }
  /** A write of a client, as it came: operation code and undecoded body. */
  | {
      readonly type: 'operation'
      readonly sessionId: SessionId
      readonly connectionId: number
      readonly op: number
      readonly body: Uint8Array
    }

export interface LogEntry {
  readonly zxid: Zxid
  /** Wall clock of the leader when it took the command in: ctime and mtime. */
  readonly timeMs: number
  readonly command: LogCommand
}

const commandCodes = {
  createSession: 1,
  attachSession: 2,
  closeSession: 3,
  expireSession: 4,
  operation: 5
} as const satisfies Record<LogCommand['type'], number>

export function encodeLogEntry(entry: LogEntry): Uint8Array {
  const { command } = entry
  const writer = new JuteWriter(command.type === 'operation' ? 64 + command.body.byteLength : 96)
  writer.zxid(entry.zxid).long(entry.timeMs).int(commandCodes[command.type]).longBits(command.sessionId)
  switch (command.type) {
    case 'createSession':
    case 'attachSession':
      writer.long(command.connectionId).int(command.timeoutMs).buffer(command.password)
      break
    case 'closeSession':
      writer.long(command.connectionId)
      break
    case 'expireSession':
      break
    case 'operation':
      writer.long(command.connectionId).int(command.op).buffer(command.body)
      break
  }
  return writer.finish()
}

/** Byte fields are views into the input. Throws DecodeError. */
export function decodeLogEntry(bytes: Uint8Array): LogEntry {
  const reader = new JuteReader(bytes)
  const zxid = reader.zxid()
  const timeMs = reader.long()
  const code = reader.int()
  const command = readCommand(code, reader)
  if (reader.remaining > 0) throw new DecodeError(`${reader.remaining} bytes after a log entry`)
  return { zxid, timeMs, command }
}

function readCommand(code: number, reader: JuteReader): LogCommand {
  const sessionId = reader.longBits()
  switch (code) {
    case commandCodes.createSession:
    case commandCodes.attachSession:
      return {
        type: code === commandCodes.createSession ? 'createSession' : 'attachSession',
        sessionId,
        connectionId: reader.long(),
        timeoutMs: reader.int(),
        password: bytesOf(reader)
      }
    case commandCodes.closeSession:
      return { type: 'closeSession', sessionId, connectionId: reader.long() }
    case commandCodes.expireSession:
      return { type: 'expireSession', sessionId }
    case commandCodes.operation:
      return { type: 'operation', sessionId, connectionId: reader.long(), op: reader.int(), body: bytesOf(reader) }
    default:
      throw new DecodeError(`log command ${code}`)
  }
}

function bytesOf(reader: JuteReader): Uint8Array {
  const bytes = reader.buffer()
  if (bytes === null) throw new DecodeError('null where bytes must be')
  return bytes
}
