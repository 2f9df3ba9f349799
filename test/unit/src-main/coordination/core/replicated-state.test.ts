import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeLogEntry, encodeLogEntry, type LogCommand } from '../../../../../src-main/coordination/core/log-entry'
import { ReplicatedState, type Applied } from '../../../../../src-main/coordination/core/replicated-state'
import { statOf } from '../../../../../src-main/coordination/core/tree/znode'
import { DecodeError } from '../../../../../src-main/coordination/wire/jute-reader'
import { JuteWriter } from '../../../../../src-main/coordination/wire/jute-writer'
import { requestOp, writeRequest, type WriteRequest } from '../../../../../src-main/coordination/wire/requests'
import { openAcl } from '../../../../../src-main/coordination/wire/stat'

const password = Uint8Array.from({ length: 16 }, (_, index) => index)

function operation(request: WriteRequest, sessionId = 1n, connectionId = 10): LogCommand {
  const writer = new JuteWriter()
  writeRequest(writer, request)
  return { type: 'operation', sessionId, connectionId, op: requestOp(request), body: writer.finish() }
}

const create = (path: string, flags = 0): WriteRequest => ({
  type: 'create',
  path,
  data: null,
  acl: openAcl,
  flags,
  withStat: false
})

class Driver {
  readonly state = new ReplicatedState()
  #counter = 0

  apply(command: LogCommand): Applied {
    this.#counter++
    return this.state.apply({
      zxid: { epoch: 1, counter: this.#counter },
      proposalId: 1,
      timeMs: this.#counter,
      command
    })
  }

  session(sessionId = 1n, connectionId = 10): void {
    this.apply({ type: 'createSession', sessionId, connectionId, timeoutMs: 6_000, password })
  }
}

describe('the replicated state', () => {
  it('takes writes only from the connection the session is attached to', () => {
    const driver = new Driver()
    driver.session()

    const attached = driver.apply({
      type: 'attachSession',
      sessionId: 1n,
      connectionId: 11,
      timeoutMs: 5_000,
      password
    })

    expect(attached.outcome).toEqual({ type: 'sessionAttached', sessionId: 1n, previousConnectionId: 10 })
    expect(driver.apply(operation(create('/a'), 1n, 10)).outcome).toEqual({ type: 'moved' })
    expect(driver.apply(operation(create('/a'), 1n, 11)).outcome).toMatchObject({ type: 'reply', error: 0 })
    expect(driver.state.sessions.find(1n)?.timeoutMs).toBe(5_000)
  })

  it('refuses an unknown session and a wrong password alike', () => {
    const driver = new Driver()
    driver.session()
    const attach = { type: 'attachSession', connectionId: 11, timeoutMs: 5_000 } as const

    expect(driver.apply({ ...attach, sessionId: 2n, password }).outcome).toEqual({ type: 'attachRefused' })
    const wrong = driver.apply({ ...attach, sessionId: 1n, password: new Uint8Array(16) })

    expect(wrong.outcome).toEqual({ type: 'attachRefused' })
    expect(driver.state.sessions.find(1n)?.connectionId).toBe(10)
  })

  it('expiry deletes the ephemerals of the session, once, and its later writes are refused', () => {
    const driver = new Driver()
    driver.session()
    driver.apply(operation(create('/e', 1)))

    const expired = driver.apply({ type: 'expireSession', sessionId: 1n })

    expect(expired.outcome).toEqual({ type: 'sessionClosed', sessionId: 1n, connectionId: 10 })
    expect(expired.changes.map(({ path }) => path)).toEqual(['/e', '/'])
    expect(driver.apply({ type: 'expireSession', sessionId: 1n }).outcome).toEqual({ type: 'nothing' })
    expect(driver.apply(operation(create('/f'))).outcome).toEqual({ type: 'moved' })
  })

  it('a write that fails uses up a zxid and changes nothing', () => {
    const driver = new Driver()
    driver.session()

    const { outcome, changes } = driver.apply(operation(create('/no/parent')))

    expect(outcome).toEqual({ type: 'reply', error: -101, response: undefined })
    expect(changes).toEqual([])
    expect(driver.state.lastApplied).toEqual({ epoch: 1, counter: 2 })
  })

  it('is the same on every member that applies the same entries', () => {
    const command = fc.oneof(
      fc
        .record({ path: fc.constantFrom('/a', '/a/b', '/c', '/c/s-'), flags: fc.constantFrom(0, 1, 2, 3) })
        .map(({ path, flags }) => operation(create(path, flags))),
      fc.constantFrom('/a', '/a/b', '/c').map((path) => operation({ type: 'delete', path, version: -1 })),
      fc
        .constantFrom('/a', '/a/b', '/c')
        .map((path) => operation({ type: 'setData', path, data: password, version: -1 }))
    )
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
        const [one, other] = [new Driver(), new Driver()]
        one.session()
        other.session()

        for (const each of commands) expect(other.apply(each)).toEqual(one.apply(each))

        const dump = ({ state }: Driver): unknown =>
          [...state.tree.entries()].map(([path, znode]) => [path, statOf(znode)])
        expect(dump(other)).toEqual(dump(one))
      })
    )
  })
})

describe('what no member proposes, and a log may have all the same', () => {
  const forged = (op: number, body: Uint8Array): LogCommand => {
    return { type: 'operation', sessionId: 1n, connectionId: 10, op, body }
  }

  it('is passed over: reads, what cannot be decoded, and a session whose id is taken', () => {
    const driver = new Driver()
    driver.session()
    const before = driver.state.sessions.find(1n)

    const random = fc.sample(fc.uint8Array({ maxLength: 40 }), 200)
    for (let op = -12; op < 130; op++)
      for (const body of [new Uint8Array(0), ...random.slice(0, 20)]) {
        const { outcome } = driver.apply(forged(op, body))
        expect(outcome.type).toBe('reply')
      }
    const again = { type: 'createSession', sessionId: 1n, connectionId: 66, timeoutMs: 1, password } as const

    expect(driver.apply(again)).toEqual({ outcome: { type: 'attachRefused' }, changes: [] })
    expect(driver.state.sessions.find(1n)).toBe(before)
    expect(driver.apply(operation(create('/still'))).outcome).toMatchObject({ error: 0 })
  })
})

describe('log entries', () => {
  const sessionId = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  const connectionId = fc.maxSafeInteger().map(Math.abs)
  const attachment = fc.record({
    type: fc.constantFrom('createSession' as const, 'attachSession' as const),
    sessionId,
    connectionId,
    timeoutMs: fc.nat(),
    password: fc.uint8Array()
  })
  const commands: fc.Arbitrary<LogCommand> = fc.oneof(
    attachment,
    fc.record({ type: fc.constant('closeSession' as const), sessionId, connectionId }),
    fc.record({ type: fc.constant('expireSession' as const), sessionId }),
    fc.record({
      type: fc.constant('operation' as const),
      sessionId,
      connectionId,
      op: fc.nat(),
      body: fc.uint8Array({ maxLength: 50 })
    }),
    fc.record({
      type: fc.constant('operation' as const),
      sessionId,
      connectionId,
      op: fc.nat(),
      body: fc.uint8Array({ maxLength: 50 }),
      identities: fc.array(fc.record({ scheme: fc.string(), id: fc.string() }))
    }),
    fc.record({ type: fc.constant('deletePassed' as const), path: fc.string() })
  )

  it('read back as they were written, and are refused when cut or longer', () => {
    fc.assert(
      fc.property(commands, fc.nat(), (command, timeMs) => {
        const entry = { zxid: { epoch: 1, counter: 2 }, proposalId: 1, timeMs, command }
        const bytes = encodeLogEntry(entry)

        expect(decodeLogEntry(bytes)).toEqual(entry)
        expect(() => decodeLogEntry(bytes.slice(0, -1))).toThrow(DecodeError)
        expect(() => decodeLogEntry(Uint8Array.of(...bytes, 0))).toThrow(DecodeError)
      })
    )
  })
})
