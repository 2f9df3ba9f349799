import { describe, expect, it } from 'vitest'
import {
  groupPartition,
  groupRecord,
  groupTombstone,
  offsetRecord,
  readGroupLogEntry
} from '../../../../../../src-main/broker/core/group/group-log'

const view = {
  groupId: 'g',
  state: 'Stable',
  protocolType: 'consumer',
  protocolName: 'range',
  leader: 'm',
  generationId: 7,
  stateTimestampMs: 1_700_000_000_000,
  members: [
    {
      memberId: 'm',
      groupInstanceId: 'i',
      clientId: 'c',
      clientHost: '/127.0.0.1',
      rebalanceTimeoutMs: 300_000,
      sessionTimeoutMs: 45_000,
      metadata: Uint8Array.of(1, 2),
      assignment: Uint8Array.of(3)
    }
  ]
} as const

describe('group records', () => {
  it('are read as they were written', () => {
    const { groupId, state, ...group } = view
    const { key, value } = groupRecord(view)

    expect(state).toBe('Stable')
    expect(readGroupLogEntry(key, value)).toEqual({ type: 'group', groupId, group })
  })

  it('keep an offset with its leader epoch, metadata and time', () => {
    const committed = { offset: 42, leaderEpoch: 3, metadata: 'note', commitTimestampMs: 1_700_000_000_001 }
    const { key, value } = offsetRecord('g', 'orders', 5, committed)

    expect(readGroupLogEntry(key, value)).toEqual({
      type: 'offset',
      groupId: 'g',
      topic: 'orders',
      partition: 5,
      committed
    })
  })

  it('forget by tombstones', () => {
    const offset = offsetRecord('g', 'orders', 5, null)
    const group = groupTombstone('g')

    expect(readGroupLogEntry(offset.key, offset.value)).toMatchObject({ type: 'offset', committed: null })
    expect(readGroupLogEntry(group.key, group.value)).toEqual({ type: 'group', groupId: 'g', group: null })
  })

  it('of other kinds are left alone', () => {
    expect(readGroupLogEntry(Uint8Array.of(0, 3, 0, 0), Uint8Array.of(0, 0))).toEqual({ type: 'unknown' })
    expect(readGroupLogEntry(null, null)).toEqual({ type: 'unknown' })
    expect(readGroupLogEntry(Uint8Array.of(0), null)).toEqual({ type: 'unknown' })
  })

  it.each([
    ['test-group', 12],
    ['polygenelubricants', 0]
  ])('of %s are in partition %i of 50, by Java’s String.hashCode', (groupId, partition) => {
    expect(groupPartition(groupId, 50)).toBe(partition)
  })
})
