import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nodeChecksum } from '../../../../../src-main/adapters/node-checksum'
import { producerExpirationMs, ProducerState, sequencePlus } from '../../../../../src-main/storage/core/producer-state'
import type { ProducerBatch, SequenceCheck } from '../../../../../src-main/storage/core/producer-state'

const batch = (baseSequence: number, records = 10, epoch = 0, id = 7): ProducerBatch => ({
  id,
  epoch,
  baseSequence,
  lastOffsetDelta: records - 1
})
const outcome = (check: SequenceCheck): string => (check.type === 'error' ? check.error : check.type)

/** A producer that wrote batches of ten records from sequence 0 and offset 100 on. */
function wrote(batches: number, epoch = 0): ProducerState {
  const state = new ProducerState()
  for (let i = 0; i < batches; i++) state.appended(batch(i * 10, 10, epoch), 109 + i * 10, 1_000, false)
  return state
}

describe('an idempotent producer', () => {
  it('that is unknown may begin with any sequence', () => {
    expect(outcome(new ProducerState().check(batch(50)))).toBe('next')
  })

  it('goes on without a gap', () => {
    expect(outcome(wrote(2).check(batch(20)))).toBe('next')
    expect(outcome(wrote(2).check(batch(21)))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(outcome(wrote(2).check(batch(15)))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  })

  it('that repeats one of its last five batches learns where it is', () => {
    const state = wrote(7)

    for (let i = 2; i < 7; i++)
      expect(state.check(batch(i * 10))).toEqual({
        type: 'duplicate',
        baseOffset: 100 + i * 10,
        lastOffset: 109 + i * 10,
        timestampMs: 1_000
      })
    expect(outcome(state.check(batch(10)))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  })

  it.each(['KAFKA_STORAGE_ERROR', 'NOT_ENOUGH_REPLICAS'] as const)('is told %s until that batch is there', (error) => {
    const state = wrote(2)
    state.refused(batch(20), error)

    expect(outcome(state.check(batch(30)))).toBe(error)
    expect(outcome(state.check(batch(10)))).toBe('duplicate')
    expect(outcome(state.check(batch(20)))).toBe('next')
    // Its producer has given up, and begins anew.
    expect(outcome(state.check(batch(0, 10, 1)))).toBe('next')
    state.appended(batch(20), 139, 1_000, false)
    expect(outcome(state.check(batch(30)))).toBe('next')
    expect(outcome(state.check(batch(40)))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  })

  it('waits for no batch that is there, or could not be next', () => {
    const state = wrote(2)
    state.refused(batch(10), 'NOT_ENOUGH_REPLICAS')
    state.refused(batch(50), 'NOT_ENOUGH_REPLICAS')

    expect(outcome(state.check(batch(20)))).toBe('next')
    expect(outcome(state.check(batch(30)))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  })

  it('that is unknown does not begin behind a batch that was refused', () => {
    const state = new ProducerState()
    state.refused(batch(0), 'KAFKA_STORAGE_ERROR')

    expect(outcome(state.check(batch(10)))).toBe('KAFKA_STORAGE_ERROR')
    expect(outcome(state.check(batch(10, 10, 0, 8)))).toBe('next')
    expect(outcome(state.check(batch(0)))).toBe('next')
  })

  it('that repeats sequences in another batch is no duplicate', () => {
    expect(outcome(wrote(1).check(batch(5, 5)))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  })

  it('of a new epoch begins at 0, of an old one is fenced', () => {
    expect(outcome(wrote(2, 3).check(batch(0, 10, 4)))).toBe('next')
    expect(outcome(wrote(2, 3).check(batch(20, 10, 4)))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(outcome(wrote(2, 3).check(batch(20, 10, 2)))).toBe('INVALID_PRODUCER_EPOCH')
  })

  it('forgets the batches of its old epoch', () => {
    const state = wrote(2)
    state.appended(batch(0, 10, 1), 129, 1_000, false)

    expect(state.check(batch(0, 10, 1))).toMatchObject({ type: 'duplicate', baseOffset: 120 })
    expect(outcome(state.check(batch(10, 10, 1)))).toBe('next')
  })

  it('wraps its sequence from 2^31-1 to 0', () => {
    const state = new ProducerState()
    state.appended(batch(2 ** 31 - 10), 109, 1_000, false)
    expect(outcome(state.check(batch(0)))).toBe('next')

    const across = new ProducerState()
    across.appended(batch(2 ** 31 - 4), 109, 1_000, false)
    expect(outcome(across.check(batch(6)))).toBe('next')
    expect(outcome(across.check(batch(2 ** 31 - 4)))).toBe('duplicate')
    expect(sequencePlus(2 ** 31 - 1, 1)).toBe(0)
  })

  it('is forgotten a day after its last batch, unless a transaction is open', () => {
    const state = wrote(1)
    state.appended(batch(0, 10, 0, 8), 200, 1_000, true)

    state.expire(1_000 + producerExpirationMs - 1)
    expect(state.count).toBe(2)
    state.expire(1_000 + producerExpirationMs)

    expect(state.view().map(({ producerId }) => producerId)).toEqual([8])
    state.transactionEnded(8, 0, 1, 1_000)
    state.expire(1_000 + producerExpirationMs)
    expect(state.count).toBe(0)
  })
})

describe('a producer snapshot', () => {
  it('keeps the newest batch of each producer', () => {
    const before = wrote(3)
    before.appended(batch(5, 1, 2, 2 ** 40), 500, 2_000, false)
    const after = new ProducerState()

    expect(after.decodeSnapshot(before.encodeSnapshot(nodeChecksum), nodeChecksum)).toBe(true)

    expect(after.view()).toEqual(before.view())
    expect(outcome(after.check(batch(30)))).toBe('next')
    expect(after.check(batch(20))).toMatchObject({ type: 'duplicate', baseOffset: 120 })
    expect(outcome(after.check(batch(10)))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  })

  it('learns the older batches again from the log', () => {
    const after = new ProducerState()
    after.decodeSnapshot(wrote(7).encodeSnapshot(nodeChecksum), nodeChecksum)

    for (let i = 0; i < 7; i++) after.rememberOlder(batch(i * 10), 109 + i * 10, 1_000)

    expect(outcome(after.check(batch(70)))).toBe('next')
    for (let i = 2; i < 7; i++)
      expect(after.check(batch(i * 10))).toMatchObject({ type: 'duplicate', baseOffset: 100 + i * 10 })
    expect(outcome(after.check(batch(10)))).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER')
  })

  it('with any wrong byte, or cut, is refused and leaves nothing', () => {
    const bytes = wrote(3).encodeSnapshot(nodeChecksum)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const wrong = bytes.slice()
        wrong[at] = (wrong[at] ?? 0) ^ mask
        const state = wrote(1)
        expect(state.decodeSnapshot(wrong, nodeChecksum)).toBe(false)
        expect(state.count).toBe(0)
      })
    )
    for (let length = 0; length < bytes.length; length++)
      expect(new ProducerState().decodeSnapshot(bytes.subarray(0, length), nodeChecksum)).toBe(false)
  })

  it("is Kafka's file", () => {
    const bytes = wrote(1).encodeSnapshot(nodeChecksum)

    expect(Buffer.from(bytes.subarray(0, 2)).toString('hex')).toBe('0001')
    expect(Buffer.from(bytes.subarray(6)).toString('hex')).toBe(
      '00000001' +
        '0000000000000007' +
        '0000' +
        '00000009' +
        '000000000000006d' +
        '00000009' +
        '00000000000003e8' +
        'ffffffff' +
        'ffffffffffffffff'
    )
  })
})
