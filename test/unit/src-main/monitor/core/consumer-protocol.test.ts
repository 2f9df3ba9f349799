import { describe, expect, it } from 'vitest'
import {
  assignmentBytes,
  readAssignment,
  readSubscription,
  subscriptionBytes
} from '../../../../../src-main/monitor/core/consumer-protocol'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

describe('what consumers write into a group', () => {
  it('is a subscription as Java’s ConsumerProtocol writes version 0', () => {
    expect(subscriptionBytes(['t1'])).toEqual(bytes('0000 00000001 0002 7431 00000000'))
  })

  it('is an assignment as Java’s ConsumerProtocol writes version 0', () => {
    const assigned = [
      { topic: 't1', partition: 0 },
      { topic: 't1', partition: 2 }
    ]

    expect(assignmentBytes(assigned)).toEqual(bytes('0000 00000001 0002 7431 00000002 00000000 00000002 00000000'))
  })

  it('comes back as it was written', () => {
    const assigned = [
      { topic: '주문', partition: 1 },
      { topic: 'b', partition: 7 }
    ]

    expect(readAssignment(assignmentBytes(assigned))).toEqual(assigned)
    expect(readSubscription(subscriptionBytes(['a', '주문']))).toEqual(['a', '주문'])
  })

  it('is read from later versions, whose further fields are passed over', () => {
    // Version 3: topics, no user data, no owned partitions, generation, rack.
    const version3 = bytes('0003 00000001 0002 7431 ffffffff 00000000 ffffffff ffff')

    expect(readSubscription(version3)).toEqual(['t1'])
  })

  it('is nothing for a member that has no assignment yet', () => {
    expect(readAssignment(new Uint8Array(0))).toEqual([])
  })

  it('is not taken for one when the bytes are cut or claim more than they hold', () => {
    const whole = assignmentBytes([{ topic: 't1', partition: 0 }])

    for (let length = 1; length < whole.length - 4; length++) {
      expect(readAssignment(whole.subarray(0, length))).toBeUndefined()
    }
    expect(readAssignment(bytes('0000 7fffffff'))).toBeUndefined()
    expect(readSubscription(bytes('0000 00000001 7fff 61'))).toBeUndefined()
  })
})
