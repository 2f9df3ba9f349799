import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import {
  decodePeerFrame,
  encodePeerFrame,
  type PeerFrame
} from '../../../../../../src-main/coordination/core/consensus/message-codec'
import type { PeerMessage } from '../../../../../../src-main/coordination/core/consensus/messages'
import type { LogCommand, LogEntry } from '../../../../../../src-main/coordination/core/log-entry'
import { DecodeError } from '../../../../../../src-main/coordination/wire/jute-reader'
import { nodeChecksum } from '../../../../../support/ensemble-world'

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff })
const zxid = fc.record({ epoch: uint32, counter: uint32 })
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

const message: fc.Arbitrary<PeerMessage> = fc.oneof(
  fc.record({ type: fc.constant('preVote' as const), term: uint32, last: zxid }),
  fc.record({
    type: fc.constantFrom('preVoteAnswer' as const, 'voteAnswer' as const),
    term: uint32,
    isGranted: fc.boolean()
  }),
  fc.record({ type: fc.constant('vote' as const), term: uint32, last: zxid, isTransfer: fc.boolean() }),
  fc.record({
    type: fc.constant('append' as const),
    term: uint32,
    previous: zxid,
    entries: fc.array(entry, { maxLength: 4 }),
    committed: zxid,
    round: count
  }),
  fc.record({ type: fc.constant('appendAnswer' as const), term: uint32, matched: zxid, round: count, ...standing }),
  fc.record({
    type: fc.constant('appendRefused' as const),
    term: uint32,
    refused: zxid,
    hint: zxid,
    round: count,
    ...standing
  }),
  fc.record({
    type: fc.constant('snapshot' as const),
    term: uint32,
    round: count,
    last: zxid,
    offsetBytes: count,
    totalBytes: count,
    bytes
  }),
  fc.record({
    type: fc.constant('snapshotAnswer' as const),
    term: uint32,
    last: zxid,
    receivedBytes: count,
    round: count,
    ...standing
  }),
  fc.record({ type: fc.constant('campaignNow' as const), term: uint32 }),
  fc.record({ type: fc.constant('readRequest' as const), term: uint32, readId: count }),
  fc.record({ type: fc.constant('readAnswer' as const), term: uint32, readId: count, position: zxid })
)

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
