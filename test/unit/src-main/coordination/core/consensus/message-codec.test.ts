import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import {
  decodePeerFrame,
  encodePeerFrame,
  type PeerFrame
} from '../../../../../../src-main/coordination/core/consensus/message-codec'
import { termMax, type PeerMessage } from '../../../../../../src-main/coordination/core/consensus/messages'
import type { LogCommand, LogEntry } from '../../../../../../src-main/coordination/core/log-entry'
import { DecodeError } from '../../../../../../src-main/coordination/wire/jute-reader'
import { zxidZero } from '../../../../../../src-main/coordination/wire/zxid'
import { nodeChecksum } from '../../../../../support/ensemble-world'

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff })
const zxid = fc.record({ epoch: uint32, counter: uint32 })
const term = fc.oneof(fc.nat(10), fc.integer({ min: 0, max: termMax }))
const count = fc.maxSafeNat()
const bytes = fc.uint8Array({ maxLength: 40 })
const sessionId = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const memberId = fc.integer({ min: 1, max: 127 })
const standing = { isVoter: fc.boolean(), incarnation: count }
const timeoutMs = fc.integer({ min: 0, max: 1_000_000 })

const session = { sessionId, connectionId: count, timeoutMs, password: bytes }
const command: fc.Arbitrary<LogCommand> = fc.oneof(
  fc.record({ type: fc.constant('createSession' as const), ...session }),
  fc.record({ type: fc.constant('attachSession' as const), ...session }),
  fc.record({ type: fc.constant('closeSession' as const), sessionId, connectionId: count }),
  fc.record({ type: fc.constant('expireSession' as const), sessionId }),
  fc.record({ type: fc.constant('operation' as const), sessionId, connectionId: count, op: fc.nat(200), body: bytes }),
  fc.record({ type: fc.constant('beginTerm' as const), memberId }),
  fc.record({ type: fc.constant('admitMember' as const), memberId, incarnation: count })
)
const entry: fc.Arbitrary<LogEntry> = fc.record({ zxid, proposalId: count, timeMs: count, command })

const anyMessage: fc.Arbitrary<PeerMessage> = fc.oneof(
  fc.record({ type: fc.constant('preVote' as const), term, last: zxid }),
  fc.record({
    type: fc.constantFrom('preVoteAnswer' as const, 'voteAnswer' as const),
    term,
    isGranted: fc.boolean()
  }),
  fc.record({ type: fc.constant('vote' as const), term, last: zxid, isTransfer: fc.boolean() }),
  fc.record({
    type: fc.constant('append' as const),
    term,
    previous: zxid,
    entries: fc.array(entry, { maxLength: 4 }),
    committed: zxid,
    round: count
  }),
  fc.record({ type: fc.constant('appendAnswer' as const), term, matched: zxid, round: count, ...standing }),
  fc.record({
    type: fc.constant('appendRefused' as const),
    term,
    refused: zxid,
    hint: zxid,
    round: count,
    ...standing
  }),
  fc.record({
    type: fc.constant('snapshot' as const),
    term,
    round: count,
    last: zxid,
    offsetBytes: count,
    totalBytes: count,
    bytes
  }),
  fc.record({
    type: fc.constant('snapshotAnswer' as const),
    term,
    last: zxid,
    receivedBytes: count,
    round: count,
    ...standing
  }),
  fc.record({ type: fc.constant('campaignNow' as const), term }),
  fc.record({ type: fc.constant('readRequest' as const), term, readId: count }),
  fc.record({ type: fc.constant('readAnswer' as const), term, readId: count, position: zxid })
)

/** Its positions are of no later term than it is. */
function inTerm(one: PeerMessage): PeerMessage {
  const walk = (value: unknown): unknown => {
    if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(walk)
    const fields = Object.entries(value).map(([name, field]: [string, unknown]) =>
      name === 'epoch' ? [name, Number(field) % (one.term + 1)] : [name, walk(field)]
    )
    return Object.fromEntries(fields) as unknown
  }
  return walk(one) as PeerMessage
}
const message = anyMessage.map(inTerm)

const frame: fc.Arbitrary<PeerFrame> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('consensus' as const), message }) },
  fc.record({
    type: fc.constant('hello' as const),
    ensembleId: fc.string(),
    from: memberId,
    to: memberId,
    life: count
  }),
  fc.record({ type: fc.constant('proposal' as const), proposalId: count, command }),
  fc.record({ type: fc.constant('notTaken' as const), command }),
  fc.record({ type: fc.constant('alive' as const) }),
  fc.record({ type: fc.constant('touched' as const), sessionIds: fc.array(sessionId, { maxLength: 5 }) })
)

const body = (one: PeerFrame): Uint8Array => encodePeerFrame(one, nodeChecksum).subarray(4)

/** With the checksum of what it has: as whoever knows how to write one. */
function sealed(any: Uint8Array): Uint8Array {
  const copy = any.slice()
  if (copy.length >= 4) new DataView(copy.buffer).setUint32(0, nodeChecksum.crc32c(copy.subarray(4)))
  return copy
}

describe('what members say to each other', () => {
  it('comes as it was sent', () => {
    fc.assert(
      fc.property(frame, (one) => {
        expect(decodePeerFrame(body(one), nodeChecksum)).toEqual(one)
      }),
      { numRuns: 1_000 }
    )
  })

  it('is refused, and nothing worse, when it is cut or longer than it says', () => {
    fc.assert(
      fc.property(frame, fc.nat(), (one, at) => {
        const whole = body(one)
        expect(() => decodePeerFrame(sealed(whole.slice(0, at % whole.length)), nodeChecksum)).toThrow(DecodeError)
        expect(() => decodePeerFrame(sealed(Uint8Array.from([...whole, 0])), nodeChecksum)).toThrow(DecodeError)
      }),
      { numRuns: 300 }
    )
  })

  it('is refused when a byte of it is another one', () => {
    fc.assert(
      fc.property(frame, fc.nat(), fc.integer({ min: 1, max: 255 }), (one, at, wrong) => {
        const any = body(one).slice()
        any[at % any.length] = (any[at % any.length] ?? 0) ^ wrong
        expect(() => decodePeerFrame(any, nodeChecksum)).toThrow('checksum')
      }),
      { numRuns: 500 }
    )
  })

  it('is refused past the last term, and where a position is of a later term than the message', () => {
    const refused = (one: PeerMessage): void => {
      const frame = { type: 'consensus', message: one } as const
      expect(() => decodePeerFrame(body(frame), nodeChecksum)).toThrow(DecodeError)
    }
    const later = { epoch: 8, counter: 1 }
    const of = { previous: zxidZero, committed: zxidZero, round: 1 }
    const begins = { proposalId: 0, timeMs: 0, command: { type: 'beginTerm', memberId: 2 } } as const

    for (const term of [termMax + 1, 0xffff_fffe, 0xffff_ffff]) {
      refused({ type: 'preVote', term, last: zxidZero })
      refused({ type: 'voteAnswer', term, isGranted: false })
      refused({ type: 'append', term, ...of, entries: [] })
      refused({ type: 'campaignNow', term })
    }
    refused({ type: 'vote', term: 7, last: later, isTransfer: false })
    refused({ type: 'append', term: 7, ...of, previous: later, entries: [] })
    refused({ type: 'append', term: 7, ...of, committed: later, entries: [] })
    refused({ type: 'append', term: 7, ...of, entries: [{ zxid: later, ...begins }] })
    const piece = { offsetBytes: 0, totalBytes: 1, bytes: new Uint8Array(1) }
    refused({ type: 'snapshot', term: 7, round: 1, last: later, ...piece })
  })

  it('is read or refused, whatever it is', () => {
    const readOrRefused = (any: Uint8Array): void => {
      try {
        decodePeerFrame(sealed(any), nodeChecksum)
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError)
      }
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), readOrRefused), { numRuns: 2_000 })
    fc.assert(
      fc.property(frame, fc.nat(), fc.nat(255), (one, at, value) => {
        const any = body(one).slice()
        any[at % any.length] = value
        readOrRefused(any)
      }),
      { numRuns: 5_000 }
    )
  })
})
