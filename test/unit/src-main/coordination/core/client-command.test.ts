import { describe, expect, it } from 'vitest'
import { identitiesLengthMax, identitiesMax, problemOf } from '../../../../../src-main/coordination/core/client-command'
import type { LogCommand } from '../../../../../src-main/coordination/core/log-entry'
import { SessionIds } from '../../../../../src-main/coordination/core/session/session-ids'
import { opCodes } from '../../../../../src-main/coordination/wire/codes'
import { juteBytesMax } from '../../../../../src-main/coordination/wire/jute-reader'
import { JuteWriter } from '../../../../../src-main/coordination/wire/jute-writer'
import { requestOp, writeRequest, type Request } from '../../../../../src-main/coordination/wire/requests'
import { openAcl } from '../../../../../src-main/coordination/wire/stat'

const password = new Uint8Array(16)
const identities = [{ scheme: 'ip', id: '127.0.0.1' }]
const ownId = new SessionIds(2, 1_000).next(() => false)

type Operation = Extract<LogCommand, { readonly type: 'operation' }>

function operation(request: Request, change: Partial<Operation> = {}): LogCommand {
  const writer = new JuteWriter()
  writeRequest(writer, request)
  const own = { type: 'operation', sessionId: ownId, connectionId: 10, identities } as const
  return { ...own, op: requestOp(request), body: writer.finish(), ...change }
}

const create = { type: 'create', path: '/a', data: null, acl: openAcl, flags: 0, withStat: false } as const
const remove = { type: 'delete', path: '/a', version: -1 } as const

describe('what a member may propose for its clients', () => {
  it('is their sessions and their writes', () => {
    const session = { sessionId: ownId, connectionId: 10, timeoutMs: 6_000, password }
    const taken: readonly LogCommand[] = [
      { type: 'createSession', ...session },
      { type: 'attachSession', ...session, sessionId: -5n },
      { type: 'closeSession', sessionId: ownId, connectionId: 10 },
      operation(create),
      operation({ ...create, withStat: true }),
      operation(remove),
      operation({ type: 'setData', path: '/a', data: null, version: 0 }),
      operation({ type: 'setACL', path: '/a', acl: openAcl, version: 0 }),
      operation({ type: 'reconfig' }),
      operation({ type: 'multi', operations: [create, remove, { type: 'check', path: '/a', version: 0 }] })
    ]

    for (const command of taken) expect(problemOf(command, 2), JSON.stringify(command.type)).toBeUndefined()
  })

  it('is nothing that a leader decides, and no session of another member', () => {
    const session = { type: 'createSession', sessionId: ownId, connectionId: 10, timeoutMs: 6_000, password } as const
    const refused: readonly LogCommand[] = [
      { type: 'expireSession', sessionId: ownId },
      { type: 'deletePassed', path: '/a' },
      { type: 'beginTerm', memberId: 2 },
      { type: 'admitMember', memberId: 2, incarnation: 1 },
      { ...session, sessionId: new SessionIds(3, 1_000).next(() => false) },
      { ...session, sessionId: 0n },
      { ...session, sessionId: -1n },
      { ...session, timeoutMs: 0 },
      { ...session, password: new Uint8Array(17) },
      { ...session, type: 'attachSession', password: new Uint8Array(juteBytesMax + 1) }
    ]

    for (const command of refused) expect(problemOf(command, 2), command.type).toEqual(expect.any(String))
  })

  it('is no read, whatever its body, and no write that cannot be read', () => {
    const writes: readonly number[] = [1, 2, 5, 7, 14, 15, 16, 19, 21]
    const bodies = [new Uint8Array(0), new Uint8Array(100), Uint8Array.of(0, 0, 0, 1, 47, 0, 0, 0, 0, 0, 0, 0, 0)]
    for (const [name, op] of Object.entries(opCodes)) {
      if (writes.includes(op)) continue
      for (const body of bodies) expect(problemOf(operation(remove, { op, body }), 2), name).toContain('no write')
    }
    for (const op of writes)
      expect(problemOf(operation(remove, { op, body: Uint8Array.of(0x7f) }), 2)).toContain('no write')
    expect(problemOf(operation(remove, { op: 77 }), 2)).toContain('no write')
  })

  it('is of somebody, and no longer than what a client can ask for', () => {
    const { identities: _nobody, ...unsigned } = operation(remove) as Operation
    expect(problemOf(unsigned, 2)).toContain('nobody')
    const many = Array.from({ length: identitiesMax + 1 }, (_, i) => ({ scheme: 'digest', id: `${i}` }))
    expect(problemOf(operation(remove, { identities: many }), 2)).toBeDefined()
    const long = [{ scheme: 'digest', id: 'x'.repeat(identitiesLengthMax) }]
    expect(problemOf(operation(remove, { identities: long }), 2)).toBeDefined()
    const body = new Uint8Array(juteBytesMax + 1)
    body.set((operation(remove) as Operation).body)
    expect(problemOf(operation(remove, { body }), 2)).toContain('longer')
  })
})
