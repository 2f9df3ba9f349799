import { describe, expect, it } from 'vitest'
import type { SessionId } from '../../../../../src-main/kernel/ids'
import {
  connectionsIn,
  isCutShort,
  isNotServing,
  sessionsIn,
  watchesIn
} from '../../../../../src-main/monitor/core/member-words'
import {
  consWord,
  dumpWord,
  notServing,
  watchesByPathWord,
  type ConnectionFigures
} from '../../../../../src-main/coordination/core/admin-words'

const id = (value: bigint): SessionId => value

const connection = (port: number, sessionId: SessionId | undefined): ConnectionFigures => ({
  host: '127.0.0.1',
  port,
  isRead: true,
  queued: 0,
  received: 3,
  sent: 2,
  session:
    sessionId === undefined
      ? undefined
      : {
          sessionId,
          timeoutMs: 6_000,
          establishedAtMs: 1_795_830_140_507,
          lastOperation: 'PING',
          lastXid: -2,
          lastZxid: { epoch: 5, counter: 3 },
          lastReplyAtMs: 12,
          lastLatencyMs: 0,
          latency: { minMs: 0, averageMs: 0.2, maxMs: 3 }
        }
})

describe('what members say in four-letter words', () => {
  it('is read as it is written: connections that have a session', () => {
    const text = consWord([connection(53_412, id(0x3000a41c7d20007n)), connection(53_413, undefined)])

    expect(connectionsIn(text)).toEqual([
      {
        client: '127.0.0.1:53412',
        sessionId: '0x3000a41c7d20007',
        timeoutMs: 6_000,
        establishedAtMs: 1_795_830_140_507
      }
    ])
  })

  it('knows of a leader when sessions end, and of everybody whose the ephemeral znodes are', () => {
    const atMs = Date.UTC(2026, 10, 9, 21, 45, 7)
    const ephemerals = new Map([[id(2n), ['/brokers/ids/3', '/controller']]])
    const text = dumpWord({ type: 'ending', sets: [{ atMs, sessionIds: [id(2n), id(-1n)] }] }, ephemerals)

    const { sessions, ephemerals: owned } = sessionsIn(text)

    expect([...sessions]).toEqual([
      ['0x2', { endsAtMs: atMs }],
      ['0xffffffffffffffff', { endsAtMs: atMs }]
    ])
    expect([...owned]).toEqual([['0x2', ['/brokers/ids/3', '/controller']]])
  })

  it('knows of a follower the timeouts of all', () => {
    const text = dumpWord({ type: 'all', all: [{ sessionId: id(7n), timeoutMs: 18_000 }] }, new Map())

    expect([...sessionsIn(text).sessions]).toEqual([['0x7', { timeoutMs: 18_000 }]])
  })

  it('tells watches as pairs of path and session', () => {
    const text = watchesByPathWord([
      ['/a', [id(1n), id(2n)]],
      ['/a/b c', [id(1n)]]
    ])

    expect([...watchesIn(text)]).toEqual([
      ['/a', '0x1'],
      ['/a', '0x2'],
      ['/a/b c', '0x1']
    ])
  })

  it('says when there is more than fits, and when a member has no leader', () => {
    const long = Array.from({ length: 5_000 }, (_, i): [string, SessionId[]] => [`/${'x'.repeat(2_000)}${i}`, [id(1n)]])
    const text = watchesByPathWord(long)

    expect(isCutShort(text)).toBe(true)
    expect([...watchesIn(text)].length).toBeLessThan(5_000)
    expect(isCutShort(watchesByPathWord(long.slice(0, 3)))).toBe(false)
    expect([isNotServing(notServing), isNotServing(text)]).toEqual([true, false])
  })

  it('passes over what it does not know', () => {
    const lines = [' /127.0.0.1:1[0](queued=0,recved=1,sent=0)', 'x', ' /h:9[1](sid=king,to=1,est=1)', '', '\t0xzz']

    expect(connectionsIn(lines.join('\n'))).toEqual([])
    expect(sessionsIn('1 expire at once:\n\t0x5\n').sessions.get('0x5')).toEqual({})
    expect([...watchesIn('\t0x1\n/a\n\tking\n')]).toEqual([])
  })
})
