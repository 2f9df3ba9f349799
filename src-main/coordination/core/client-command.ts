/**
 * What a member asks the leader to put into the log: what its clients want, and nothing that a leader decides by itself. It was judged
 * at the client port already; here it is judged of whoever says that he is a member, since what is in the log is on every disk for good.
 */
import { DecodeError, juteBytesMax, JuteReader } from '../wire/jute-reader'
import { passwordBytes } from '../wire/connect'
import { readRequest, writeOf, type WriteRequest } from '../wire/requests'
import type { MemberId } from './consensus/messages'
import type { LogCommand } from './log-entry'
import { memberOf } from './session/session-ids'

/** Of one connection: its address, and what it has authenticated as. */
export const identitiesMax = 32
/** Of schemes and ids together: with the largest request they are a small part of a frame between members. */
export const identitiesLengthMax = 64 * 1024

/** Why no client of this member can have asked for it; undefined: one can. */
export function problemOf(command: LogCommand, from: MemberId): string | undefined {
  switch (command.type) {
    case 'createSession': {
      const { sessionId, timeoutMs, password } = command
      if (memberOf(sessionId) !== from) return 'a session that another member would give out'
      return timeoutMs > 0 && password.byteLength === passwordBytes ? undefined : 'a session that no member gives out'
    }
    case 'attachSession':
      return command.password.byteLength <= juteBytesMax ? undefined : 'a password longer than a request'
    case 'closeSession':
      return undefined
    case 'operation':
      return problemOfOperation(command)
    case 'expireSession':
    case 'deletePassed':
    case 'beginTerm':
    case 'admitMember':
      return `${command.type}, which is for the leader to decide`
  }
}

type Operation = Extract<LogCommand, { readonly type: 'operation' }>

function problemOfOperation(operation: Operation): string | undefined {
  const { op, body, identities } = operation
  if (identities === undefined || identities.length > identitiesMax) return 'an operation of nobody'
  const length = identities.reduce((sum, { scheme, id }) => sum + scheme.length + id.length, 0)
  if (length > identitiesLengthMax) return 'an operation of somebody with too many names'
  if (body.byteLength > juteBytesMax) return 'an operation longer than a request'
  return writtenRequest(operation) === undefined ? `operation ${op}, which is no write` : undefined
}

/** Undefined of a read, and of what cannot be decoded: neither is ever in the log, unless somebody has forged it. */
export function writtenRequest({ op, body }: Pick<Operation, 'op' | 'body'>): WriteRequest | undefined {
  try {
    return writeOf(readRequest(op, new JuteReader(body)))
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
