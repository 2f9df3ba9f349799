import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { opCodes } from '../../../../../src-main/coordination/wire/codes'
import {
  connectRequestFrame,
  connectResponseFrame,
  foreignEnsembleFrame,
  isOfForeignEnsemble,
  readConnectRequest,
  readConnectResponse
} from '../../../../../src-main/coordination/wire/connect'
import { DecodeError, JuteReader } from '../../../../../src-main/coordination/wire/jute-reader'
import { JuteWriter } from '../../../../../src-main/coordination/wire/jute-writer'
import {
  readRequest,
  requestOp,
  writeRequest,
  type CreateRequest,
  type Request
} from '../../../../../src-main/coordination/wire/requests'
import {
  readReplyHeader,
  readResponse,
  readWatchEvent,
  replyFrame,
  watchEventFrame,
  writeResponse,
  type Response
} from '../../../../../src-main/coordination/wire/responses'

const int = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff })
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff })
const zxid = fc.record({ epoch: uint32, counter: uint32 })
/** As a client has it: of an int64 with a sign. */
const seenZxid = fc.record({ epoch: fc.integer(), counter: uint32 })
const path = fc.string().map((text) => `/${text}`)
const data = fc.option(fc.uint8Array({ maxLength: 40 }))
const timeMs = fc.integer({ min: 0, max: 2 ** 45 })
const sessionId = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const acl = fc.array(fc.record({ permissions: int, scheme: fc.string(), id: fc.string() }), { maxLength: 3 })
const type = <Name extends string>(name: Name): fc.Arbitrary<Name> => fc.constant(name)

const createFields = { type: type('create'), path, data, acl, flags: int }
const create = fc.record({ ...createFields, withStat: fc.boolean() })
/** There the flags tell what is made. */
const createInMulti = fc.record({ ...createFields, flags: fc.integer({ min: 0, max: 3 }), withStat: fc.boolean() })
const getData = fc.record({ type: type('getData'), path, watch: fc.boolean() })
const getChildren = fc.record({ type: type('getChildren'), path, watch: fc.boolean(), withStat: fc.constant(false) })
const remove = fc.record({ type: type('delete'), path, version: int })
const setData = fc.record({ type: type('setData'), path, data, version: int })
const check = fc.record({ type: type('check'), path, version: int })
const requests: fc.Arbitrary<Request> = fc.oneof(
  create,
  remove,
  setData,
  fc.record({ ...createFields, isContainer: fc.constant(true), withStat: fc.constant(true) }),
  fc.record({ ...createFields, ttlMs: timeMs, withStat: fc.constant(true) }),
  fc.record({ type: type('setACL'), path, acl, version: int }),
  fc.record({
    type: type('multi'),
    operations: fc.array(fc.oneof(createInMulti, remove, setData, check), { maxLength: 4 })
  }),
  fc.record({ type: type('exists'), path, watch: fc.boolean() }),
  getData,
  fc.record({ type: type('getChildren'), path, watch: fc.boolean(), withStat: fc.boolean() }),
  fc.record({ type: type('multiRead'), operations: fc.array(fc.oneof(getData, getChildren), { maxLength: 4 }) }),
  fc.record({ type: fc.constantFrom('getACL' as const, 'sync' as const, 'getAllChildrenNumber' as const), path }),
  fc.record({ type: type('getEphemerals'), prefix: fc.option(path) }),
  fc.record({ type: type('addWatch'), path, mode: int }),
  fc.record({
    type: fc.constantFrom('checkWatches' as const, 'removeWatches' as const),
    path,
    watcherType: fc.constantFrom(1 as const, 2 as const, 3 as const)
  }),
  fc.record({ type: type('auth'), scheme: fc.string(), credentials: fc.uint8Array({ maxLength: 40 }) }),
  fc.record({
    type: type('setWatches'),
    relativeZxid: seenZxid,
    data: fc.array(path),
    exist: fc.array(path),
    child: fc.array(path),
    persistent: fc.array(path),
    recursive: fc.array(path)
  }),
  fc.record({
    type: type('setWatches'),
    relativeZxid: seenZxid,
    data: fc.array(path),
    exist: fc.array(path),
    child: fc.array(path)
  }),
  fc.constantFrom(
    { type: 'ping' } as const,
    { type: 'closeSession' } as const,
    { type: 'whoAmI' } as const,
    { type: 'sasl' } as const,
    { type: 'reconfig' } as const
  )
)

const stat = fc.record({
  czxid: zxid,
  mzxid: zxid,
  ctimeMs: timeMs,
  mtimeMs: timeMs,
  version: int,
  cversion: int,
  aversion: int,
  ephemeralOwner: sessionId,
  dataLength: int,
  numChildren: int,
  pzxid: zxid
})
const responses: fc.Arbitrary<{ op: number; response: Response }> = fc.oneof(
  fc.record({ path }).map(({ path }) => ({
    op: opCodes.create,
    response: { type: 'create', path, stat: undefined } as const
  })),
  fc
    .record({ path, stat })
    .map((fields) => ({ op: opCodes.create2, response: { type: 'create', ...fields } as const })),
  stat.map((stat) => ({ op: opCodes.exists, response: { type: 'exists', stat } as const })),
  stat.map((stat) => ({ op: opCodes.setData, response: { type: 'setData', stat } as const })),
  fc
    .record({ data, stat })
    .map((fields) => ({ op: opCodes.getData, response: { type: 'getData', ...fields } as const })),
  fc.record({ children: fc.array(fc.string()), stat }).map((fields) => ({
    op: opCodes.getChildren2,
    response: { type: 'getChildren', ...fields } as const
  })),
  fc.record({ acl, stat }).map((fields) => ({ op: opCodes.getACL, response: { type: 'getACL', ...fields } as const })),
  fc
    .array(
      fc.oneof(
        fc.record({ type: type('create'), path, stat: fc.option(stat, { nil: undefined }) }),
        fc.record({ type: type('setData'), stat }),
        fc.record({ type: fc.constantFrom('delete' as const, 'check' as const) }),
        fc.record({ type: type('error'), error: int })
      )
    )
    .map((results) => ({ op: opCodes.multi, response: { type: 'multi', results } as const })),
  stat.map((stat) => ({ op: opCodes.setACL, response: { type: 'setACL', stat } as const })),
  fc
    .array(
      fc.oneof(
        fc.record({ type: type('getData'), data, stat }),
        fc.record({ type: type('getChildren'), children: fc.array(fc.string()) }),
        fc.record({ type: type('error'), error: int })
      )
    )
    .map((results) => ({ op: opCodes.multiRead, response: { type: 'multiRead', results } as const })),
  fc.array(path).map((paths) => ({ op: opCodes.getEphemerals, response: { type: 'getEphemerals', paths } as const })),
  int.map((count) => ({
    op: opCodes.getAllChildrenNumber,
    response: { type: 'getAllChildrenNumber', count } as const
  })),
  fc
    .array(fc.record({ scheme: fc.string(), id: fc.string() }))
    .map((identities) => ({ op: opCodes.whoAmI, response: { type: 'whoAmI', identities } as const })),
  fc.constant({ op: opCodes.addWatch, response: { type: 'addWatch' } as const })
)

function encoded(request: Request): Uint8Array {
  const writer = new JuteWriter()
  writeRequest(writer, request)
  return writer.finish()
}

describe('ZooKeeper messages', () => {
  it('every request reads back as it was written', () => {
    fc.assert(
      fc.property(requests, (request) => {
        expect(readRequest(requestOp(request), new JuteReader(encoded(request)))).toEqual(request)
      }),
      { numRuns: 500 }
    )
  })

  it('every response reads back as it was written', () => {
    fc.assert(
      fc.property(responses, ({ op, response }) => {
        const writer = new JuteWriter()
        writeResponse(writer, response)
        expect(readResponse(op, new JuteReader(writer.finish()))).toEqual(response)
      }),
      { numRuns: 500 }
    )
  })

  it('a request that is cut at any byte is refused with a DecodeError', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const bytes = encoded(request)
        for (let length = 0; length < bytes.length; length++) {
          expect(() => readRequest(requestOp(request), new JuteReader(bytes.slice(0, length)))).toThrow(DecodeError)
        }
      })
    )
  })

  it('hostile bytes give a request, nothing, or a DecodeError, for every operation', () => {
    fc.assert(
      fc.property(fc.integer({ min: -12, max: 108 }), fc.uint8Array({ maxLength: 200 }), (op, bytes) => {
        try {
          readRequest(op, new JuteReader(bytes))
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
      { numRuns: 5_000 }
    )
  })

  it('an operation that is not spoken here is told apart from a malformed one', () => {
    for (const op of [10, 23, 24, 99, 108, 9999, -10, -1, 0]) {
      expect(readRequest(op, new JuteReader(new Uint8Array(64)))).toBeUndefined()
    }
  })

  it('inside a multi the flags tell what is made, as ZooKeeper has it', () => {
    const create = { type: 'create', path: '/a', data: null, acl: [] } as const
    const asRead = (request: CreateRequest): unknown => {
      const read = readRequest(opCodes.multi, new JuteReader(encoded({ type: 'multi', operations: [request] })))
      return read?.type === 'multi' ? read.operations[0] : undefined
    }

    expect(asRead({ ...create, flags: 4, withStat: false })).toEqual({
      ...create,
      flags: 4,
      withStat: true,
      isContainer: true
    })
    expect(asRead({ ...create, flags: 0, withStat: true, isContainer: true })).toEqual({
      ...create,
      flags: 0,
      withStat: false
    })
    expect(asRead({ ...create, flags: 0, withStat: true, ttlMs: 9 })).toEqual({ ...create, flags: 0, withStat: false })
    expect(asRead({ ...create, flags: 5, withStat: true, ttlMs: 9 })).toEqual({
      ...create,
      flags: 5,
      withStat: true,
      ttlMs: 9
    })
  })

  it('takes an id that is null for an empty one, as kazoo writes it', () => {
    const writer = new JuteWriter().string('/a').int(1).int(31).string('auth').int(-1).int(-1)

    expect(readRequest(opCodes.setACL, new JuteReader(writer.finish()))).toMatchObject({
      acl: [{ permissions: 31, scheme: 'auth', id: '' }]
    })
  })

  it('the handshake names an ensemble behind what ZooKeeper reads, and what else stands there is passed over', () => {
    const password = new Uint8Array(16)
    const request = {
      lastZxidSeen: { epoch: 3, counter: 9 },
      timeoutMs: 6000,
      sessionId: 0n,
      password,
      readOnly: false
    }
    const plain = connectRequestFrame(request)
    const named = connectRequestFrame({ ...request, ensembleId: 'OcKMPK_hRbeYAZWJgbAQtw' })

    expect([...named.subarray(4, plain.length)]).toEqual([...plain.subarray(4)])
    expect(readConnectRequest(new JuteReader(named, 4)).ensembleId).toBe('OcKMPK_hRbeYAZWJgbAQtw')
    const strange = Uint8Array.from([...plain, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(readConnectRequest(new JuteReader(strange, 4))).toEqual(request)
  })

  it('who answers for another ensemble says so, in what is no response to who does not know of it', () => {
    // As earlier versions answer, too, which named theirs.
    const named = new JuteWriter().int(0).int(0x4c47_454e).string('OcKMPK_hRbeYAZWJgbAQtw').finish()
    for (const frame of [foreignEnsembleFrame(), named]) {
      expect(isOfForeignEnsemble(new JuteReader(frame, 4))).toBe(true)
      expect(() => readConnectResponse(new JuteReader(frame, 4))).toThrow(DecodeError)
    }
    const password = new Uint8Array(16)
    const response = connectResponseFrame({ timeoutMs: 6000, sessionId: 5n, password, readOnly: false })
    expect(isOfForeignEnsemble(new JuteReader(response, 4))).toBe(false)
  })

  it('the handshake carries the read-only byte only when it was sent', () => {
    for (const readOnly of [undefined, false, true]) {
      const password = Uint8Array.from({ length: 16 }, (_, index) => index)
      const request = { lastZxidSeen: { epoch: 3, counter: 9 }, timeoutMs: 6000, sessionId: -5n, password, readOnly }
      const response = { timeoutMs: 6000, sessionId: -5n, password, readOnly }

      const requestBytes = connectRequestFrame(request)
      const responseBytes = connectResponseFrame(response)

      expect(readConnectRequest(new JuteReader(requestBytes, 4))).toEqual(request)
      expect(readConnectResponse(new JuteReader(responseBytes, 4))).toEqual(response)
      expect(responseBytes.length).toBe(4 + (readOnly === undefined ? 36 : 37))
    }
  })

  it('a reply with an error has no body', () => {
    const frame = replyFrame({ xid: 4, zxid: { epoch: 1, counter: 2 }, error: -101 }, { type: 'sync', path: '/a' })

    expect(frame.length).toBe(4 + 16)
    expect(readReplyHeader(new JuteReader(frame, 4))).toEqual({ xid: 4, zxid: { epoch: 1, counter: 2 }, error: -101 })
  })

  it('a watch event has xid -1, zxid -1 and the state SyncConnected', () => {
    const frame = watchEventFrame({ type: 'childrenChanged', path: '/a' })
    const reader = new JuteReader(frame, 4)

    expect([reader.int(), reader.longBits(), reader.int()]).toEqual([-1, -1n, 0])
    expect(readWatchEvent(reader)).toEqual({ type: 'childrenChanged', path: '/a' })
    expect([...frame.slice(20, 28)]).toEqual([0, 0, 0, 4, 0, 0, 0, 3])
  })
})
