/**
 * One entry of the ensemble's log, as it lies on disk and goes between members. It carries all that is not
 * deterministic: the time, the session, the connection and a new session's id and password. What comes of it is
 * decided when it is applied.
 *
 * Entries of the first format have no proposal id, and commands have other codes in it; operations of the second say nothing
 * of who asks. They are read, and written as they were.
 */
import type { SessionId } from '../../kernel/ids'
import { DecodeError, JuteReader } from '../wire/jute-reader'
import { JuteWriter } from '../wire/jute-writer'
import type { Identity } from '../wire/stat'
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
      /** Who asked: the address, and what the connection had authenticated as (ADR 46). Absent in entries of versions without ACLs. */
      readonly identities?: readonly Identity[]
    }
  /** By the leader's clock: a container that is empty again, or a znode whose time to live is over. */
  | { readonly type: 'deletePassed'; readonly path: string }
  /** A leader's first entry: when it is committed, so is everything before it. */
  | { readonly type: 'beginTerm'; readonly memberId: number }
  /** This life of a member (consensus/messages.ts, HardState) has everything, votes and counts from here on. */
  | { readonly type: 'admitMember'; readonly memberId: number; readonly incarnation: number }

export interface LogEntry {
  readonly zxid: Zxid
  /** Of who proposed it, never the same twice; 0: nobody waits for it. */
  readonly proposalId: number
  /** Wall clock of the leader when it took the command in: ctime and mtime. 0 where nothing comes of it. */
  readonly timeMs: number
  readonly command: LogCommand
}

const commandCodes = {
  createSession: 11,
  attachSession: 12,
  closeSession: 13,
  expireSession: 14,
  operation: 15,
  beginTerm: 16,
  admitMember: 17,
  deletePassed: 18
} as const satisfies Record<LogCommand['type'], number>

/** Without what its client sent. */
const entryOverheadBytes = 112
/** In the first format codes were lower by this, and there was no proposal id. */
const proposalCodes = 10
/** An operation with identities before the rest of it. */
const identifiedOperation = 19
const secondFormatCodes: readonly number[] = [
  commandCodes.beginTerm,
  commandCodes.admitMember,
  commandCodes.deletePassed,
  identifiedOperation
]

export function encodeLogEntry(entry: LogEntry): Uint8Array {
  const writer = new JuteWriter(entryCapacityBytes(entry))
  writeLogEntry(writer, entry)
  return writer.finish()
}

/** What an entry takes, about: so that a buffer for many of them need not grow again and again. */
export function entryCapacityBytes({ command }: Pick<LogEntry, 'command'>): number {
  return entryOverheadBytes + (command.type === 'operation' ? command.body.byteLength : 0)
}

export function writeLogEntry(writer: JuteWriter, entry: LogEntry): void {
  const { command } = entry
  writer.zxid(entry.zxid).long(entry.timeMs).int(codeOf(command)).long(entry.proposalId)
  switch (command.type) {
    case 'createSession':
    case 'attachSession':
      writer.longBits(command.sessionId).long(command.connectionId).int(command.timeoutMs).buffer(command.password)
      break
    case 'closeSession':
      writer.longBits(command.sessionId).long(command.connectionId)
      break
    case 'expireSession':
      writer.longBits(command.sessionId)
      break
    case 'operation':
      if (command.identities !== undefined)
        writer.vector(command.identities, ({ scheme, id }) => writer.string(scheme).string(id))
      writer.longBits(command.sessionId).long(command.connectionId).int(command.op).buffer(command.body)
      break
    case 'beginTerm':
      writer.int(command.memberId)
      break
    case 'admitMember':
      writer.int(command.memberId).long(command.incarnation)
      break
    case 'deletePassed':
      writer.string(command.path)
      break
  }
}

function codeOf(command: LogCommand): number {
  const isIdentified = command.type === 'operation' && command.identities !== undefined
  return isIdentified ? identifiedOperation : commandCodes[command.type]
}

/** Byte fields are views into the input. Throws DecodeError. */
export function decodeLogEntry(bytes: Uint8Array): LogEntry {
  const reader = new JuteReader(bytes)
  const zxid = reader.zxid()
  const timeMs = reader.long()
  const written = reader.int()
  const isFirstFormat = written < proposalCodes
  const proposalId = isFirstFormat ? 0 : reader.long()
  const code = isFirstFormat ? written + proposalCodes : written
  if (isFirstFormat && secondFormatCodes.includes(code)) throw new DecodeError(`log command ${written}`)
  const command = readCommand(code, reader)
  if (reader.remaining > 0) throw new DecodeError(`${reader.remaining} bytes after a log entry`)
  return { zxid, proposalId, timeMs, command }
}

function readCommand(code: number, reader: JuteReader): LogCommand {
  switch (code) {
    case commandCodes.createSession:
    case commandCodes.attachSession:
      return {
        type: code === commandCodes.createSession ? 'createSession' : 'attachSession',
        sessionId: reader.longBits(),
        connectionId: reader.long(),
        timeoutMs: reader.int(),
        password: bytesOf(reader)
      }
    case commandCodes.closeSession:
      return { type: 'closeSession', sessionId: reader.longBits(), connectionId: reader.long() }
    case commandCodes.expireSession:
      return { type: 'expireSession', sessionId: reader.longBits() }
    case commandCodes.operation:
      return readOperation(reader, undefined)
    case identifiedOperation: {
      const identities = reader.vector(8, () => ({ scheme: reader.string(), id: reader.string() }))
      return readOperation(reader, identities)
    }
    case commandCodes.deletePassed:
      return { type: 'deletePassed', path: reader.string() }
    case commandCodes.beginTerm:
      return { type: 'beginTerm', memberId: reader.int() }
    case commandCodes.admitMember:
      return { type: 'admitMember', memberId: reader.int(), incarnation: reader.long() }
    default:
      throw new DecodeError(`log command ${code}`)
  }
}

function readOperation(
  reader: JuteReader,
  identities: readonly Identity[] | undefined
): Extract<LogCommand, { type: 'operation' }> {
  const [sessionId, connectionId, op, body] = [reader.longBits(), reader.long(), reader.int(), bytesOf(reader)]
  if (identities === undefined) return { type: 'operation', sessionId, connectionId, op, body }
  return { type: 'operation', sessionId, connectionId, op, body, identities }
}

function bytesOf(reader: JuteReader): Uint8Array {
  const bytes = reader.buffer()
  if (bytes === null) throw new DecodeError('null where bytes must be')
  return bytes
}
