import { describe, expect, it } from 'vitest'
import type { NodeView } from '../../../../src-main/api/views'
import { toldEvent } from '../../../../src-main/host/node-events'

const node = { name: 'broker-2' } as NodeView
const told = (name: string, fields: Readonly<Record<string, unknown>>) => {
  const event = toldEvent(node, name, fields, 5)
  return event === undefined ? undefined : [event.code, event.level, event.subject, event.params]
}
const cut = { topic: 't', partition: 3, leader: 1, leaderEpoch: 4, from: 9, to: 7 }

describe('what a node tells', () => {
  it.each<[string, Readonly<Record<string, unknown>>, unknown]>([
    [
      'isrShrunk',
      { count: 2, sample: 't-0, t-1', leaderEpoch: 1, broker: 3, cause: 'lagging' },
      ['isrShrunk', 'degraded', 'broker-2', { count: 2, sample: 't-0, t-1' }]
    ],
    [
      'isrExpanded',
      { count: 1, sample: 't-0', leaderEpoch: 1, broker: null, cause: 'caughtUp' },
      ['isrExpanded', 'healthy', 'broker-2', { count: 1, sample: 't-0' }]
    ],
    [
      'logTruncated',
      { ...cut, isBelowHighWatermark: false },
      ['logTruncated', 'recovering', 'broker-2', { count: 2, partition: 't-3', to: 7 }]
    ],
    [
      'logTruncated',
      { ...cut, isBelowHighWatermark: true },
      ['committedCut', 'critical', 'broker-2', { count: 2, partition: 't-3', to: 7 }]
    ],
    [
      'partitionsElected',
      { count: 1, sample: 't-0', leaderEpoch: 5, epoch: 3, cause: 'died', broker: 1, leader: 3 },
      [
        'partitionsElected',
        'recovering',
        'broker-2',
        { count: 1, sample: 't-0', leaderEpoch: 5, cause: 'died', broker: 'broker-1', leader: 'broker-3' }
      ]
    ],
    [
      'partitionsElected',
      { count: 9, sample: 't-0', leaderEpoch: 5, epoch: 3, cause: 'unclean', broker: null, leader: null },
      ['uncleanElection', 'critical', 'broker-2', { count: 9, sample: 't-0', leaderEpoch: 5 }]
    ],
    ['brokerLeft', { broker: 3, epoch: 1, cause: 'shutdown' }, ['brokerLeft', 'stopped', 'broker-3', {}]],
    ['brokerLeft', { broker: 3, epoch: 1, cause: 'bounced' }, ['brokerLeft', 'critical', 'broker-3', {}]],
    ['brokerLeft', { broker: 3, epoch: 1, cause: 'session' }, ['brokerSessionExpired', 'critical', 'broker-3', {}]],
    ['brokerJoined', { broker: 3, epoch: 1, brokerEpoch: '7' }, ['brokerRegistered', 'healthy', 'broker-3', {}]],
    [
      'reassignmentsEnded',
      { count: 2, sample: 't-0', epoch: 1 },
      ['reassignmentsEnded', 'healthy', 'broker-2', { count: 2, sample: 't-0' }]
    ],
    [
      'groupStateChanged',
      { groupId: 'g', from: 'Stable', state: 'PreparingRebalance', generation: 2, members: 1, expired: [] },
      ['groupStateChanged', 'recovering', 'g', { from: 'Stable', to: 'PreparingRebalance' }]
    ],
    ['groupStateChanged', { groupId: 'g', from: 'PreparingRebalance', state: 'CompletingRebalance' }, undefined],
    ['groupStateChanged', { groupId: 'g', from: 'Stable', state: 'Stable', expired: ['m'] }, undefined],
    [
      'sessionsExpired',
      { count: 1, ephemerals: 2, sessionId: '0x5' },
      ['sessionExpired', 'degraded', 'broker-2', { sessionId: '0x5', count: 2 }]
    ],
    [
      'sessionsExpired',
      { count: 9_000, ephemerals: 2, sessionId: '0x5' },
      ['sessionsExpired', 'degraded', 'broker-2', { sessions: 9_000, sessionId: '0x5', count: 2 }]
    ],
    [
      'snapshotRefused',
      { totalBytes: 2 ** 30 + 1, bytesMax: 2 ** 30 },
      ['snapshotRefused', 'critical', 'broker-2', { size: 1025, sizeMax: 1024 }]
    ],
    ['becameLeader', { count: 1, sample: 't-0', controller: 1, epoch: 3 }, undefined],
    ['something that later versions tell', {}, undefined]
  ])('of %s', (name, fields, event) => {
    expect(told(name, fields)).toEqual(event)
  })
})
