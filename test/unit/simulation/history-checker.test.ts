import { describe, expect, it } from 'vitest'
import {
  checkHistory,
  type AnomalyKind,
  type FinalRecord,
  type HistoryEntry,
  type ProducerPromise,
  type Sent
} from '../../chaos/history-checker'

const p = 'orders-0'
const sent = (value: string, producer = 'idem'): Sent => ({ type: 'sent', producer, partition: p, value })
const acked = (value: string, offset: number, producer = 'idem'): HistoryEntry => ({
  type: 'acked',
  producer,
  partition: p,
  value,
  offset
})
const read = (offset: number, value: string, reader = 'r'): HistoryEntry => ({
  type: 'read',
  reader,
  partition: p,
  offset,
  value
})
const ended = (offset: number, client = 'c'): HistoryEntry => ({ type: 'ended', client, partition: p, offset })
const commit = (type: 'committed' | 'commitTold', offset: number): HistoryEntry => ({
  type,
  group: 'g',
  partition: p,
  offset
})
const logOf = (...values: string[]): readonly FinalRecord[] => values.map((value, offset) => ({ offset, value }))

const promises = new Map<string, ProducerPromise>([
  ['idem', { isDurable: true, isIdempotent: true }],
  ['plain', { isDurable: true, isIdempotent: false }],
  ['risky', { isDurable: false, isIdempotent: false }]
])
const check = (entries: readonly HistoryEntry[], log: readonly FinalRecord[]) =>
  checkHistory({ entries, finalLogs: new Map([[p, log]]), promises })
const kinds = (entries: readonly HistoryEntry[], log: readonly FinalRecord[]): AnomalyKind[] =>
  check(entries, log).map(({ kind }) => kind)

describe('checkHistory', () => {
  it('finds nothing in a history in which every promise was kept', () => {
    const entries = [
      sent('a'),
      acked('a', 0),
      sent('b'),
      ended(1),
      read(0, 'a'),
      acked('b', 1),
      // Nobody knows what became of it; it is not there.
      sent('c'),
      read(1, 'b'),
      read(0, 'a', 's'),
      ended(2),
      commit('committed', 1),
      commit('commitTold', 1),
      commit('committed', 2)
    ]

    expect(check(entries, logOf('a', 'b'))).toEqual([])
  })

  it.each<[AnomalyKind, string, readonly HistoryEntry[], readonly FinalRecord[]]>([
    ['lost', 'an acknowledged record is gone', [sent('a'), acked('a', 0)], []],
    ['lost', 'the answer did not say where', [sent('a'), acked('a', -1)], []],
    ['moved', 'it is elsewhere', [sent('a'), acked('a', 1), sent('b')], logOf('a', 'b')],
    ['duplicate', 'an idempotent record is there twice', [sent('a'), acked('a', 0)], logOf('a', 'a')],
    ['reordered', 'a later record comes first', [sent('a'), sent('b')], logOf('b', 'a')],
    ['phantom', 'nobody sent it', [], logOf('x')],
    ['twoValues', 'two readers see two values', [sent('a'), sent('b'), read(0, 'a'), read(0, 'b', 's')], logOf('b')],
    ['twoValues', 'what was read has changed', [sent('a'), sent('b'), read(0, 'a')], logOf('b')],
    ['readBack', 'a reader is given a record again', [sent('a'), read(0, 'a'), read(0, 'a')], logOf('a')],
    [
      'skipped',
      'a reader is not given a record',
      [sent('a'), sent('b'), sent('c'), read(0, 'a'), read(2, 'c')],
      logOf('a', 'b', 'c')
    ],
    ['endWentBack', 'the end goes back for a client', [sent('a'), ended(1), ended(0)], logOf('a')],
    ['commitWentBack', 'a commit is forgotten', [commit('committed', 5), commit('commitTold', 3)], []],
    ['commitWentBack', 'and so is one that was only told', [commit('commitTold', 5), commit('commitTold', 3)], []]
  ])('finds %s: %s', (kind, _what, entries, log) => {
    expect(kinds(entries, log)).toContain(kind)
  })

  it('names the offsets that are lost', () => {
    expect(check([sent('a'), acked('a', 0), sent('b'), acked('b', 1)], logOf('a'))).toMatchObject([
      { kind: 'lost', partition: p, offsets: [1] }
    ])
  })

  it('holds against a producer only what it was promised', () => {
    expect(kinds([sent('a', 'plain'), sent('b', 'plain')], logOf('b', 'a', 'a'))).toEqual([])
    expect(kinds([sent('a', 'risky'), acked('a', 0, 'risky'), read(0, 'a'), sent('b')], logOf('b'))).toEqual([])
    expect(kinds([sent('a', 'plain'), acked('a', 0, 'plain')], [])).toEqual(['lost'])
  })

  it('lets a reader go elsewhere on purpose, and clients differ', () => {
    const entries = [sent('a'), sent('b'), read(0, 'a'), read(1, 'b'), ended(2, 'c'), ended(1, 'd')]
    const sought: HistoryEntry = { type: 'sought', reader: 'r', partition: p, offset: 0 }

    expect(kinds([...entries, sought, read(0, 'a')], logOf('a', 'b'))).toEqual([])
  })

  it('holds what is told of a commit against what was known when it was asked', () => {
    const ask = (asked: string): HistoryEntry => ({ type: 'commitAsked', group: 'g', partition: p, asked })
    const answered = (type: 'committed' | 'commitTold', offset: number, asked: string): HistoryEntry => ({
      type,
      group: 'g',
      partition: p,
      offset,
      asked
    })

    // The answer to the first was slow: another has committed since.
    expect(kinds([ask('1'), ask('2'), answered('committed', 9, '2'), answered('committed', 5, '1')], [])).toEqual([])
    expect(kinds([ask('1'), answered('committed', 9, '1'), ask('2'), answered('commitTold', 5, '2')], [])).toEqual([
      'commitWentBack'
    ])
    expect(
      kinds(
        [ask('1'), ask('2'), answered('committed', 9, '2'), answered('commitTold', 5, '1'), commit('commitTold', 5)],
        []
      )
    ).toEqual(['commitWentBack'])
  })

  it('does not miss a record that is there once, in another partition', () => {
    const entries: HistoryEntry[] = [{ ...sent('a'), partition: 'orders-1' }]

    expect(kinds(entries, logOf('a'))).toEqual(['phantom'])
  })
})
