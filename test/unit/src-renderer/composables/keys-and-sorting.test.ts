import { afterAll, describe, expect, it, vi } from 'vitest'
import { shallowRef } from 'vue'
import { nodeLevel } from '@/composables/node-level'
import { matchPalette } from '@/composables/palette-match'
import { possibleActions } from '@/composables/use-node-actions'
import { compareValues, useSorted } from '@/composables/use-sorted'
import { nextIndex } from '@/composables/use-table-keys'
import { totalLag, trendPerSecond } from '@/components/groups/group-lag'
import { snippetParts, snippetText } from '@/components/overview/snippets'
import { nodeView, statsView } from '../support/views'

describe('keys of a table', () => {
  it('move by arrows and by j and k, and stop at the ends', () => {
    expect([
      nextIndex('j', 0, 3),
      nextIndex('ArrowDown', 2, 3),
      nextIndex('k', 0, 3),
      nextIndex('ArrowUp', 2, 3)
    ]).toEqual([1, 2, 0, 1])
  })

  it('begin at the top going down and at the bottom going up', () => {
    expect([nextIndex('j', -1, 3), nextIndex('k', -1, 3), nextIndex('Home', 2, 3), nextIndex('End', 0, 3)]).toEqual([
      0, 2, 0, 2
    ])
  })

  it('are nothing for other keys and for empty tables', () => {
    expect([nextIndex('x', 0, 3), nextIndex('j', -1, 0)]).toEqual([undefined, undefined])
  })
})

describe('sorting', () => {
  it('puts unknown values last either way', () => {
    const sorted = (isDescending: boolean) => [3, null, 10].sort((a, b) => compareValues(a, b, isDescending))

    expect(sorted(false)).toEqual([3, 10, null])
    expect(sorted(true)).toEqual([10, 3, null])
  })

  it('counts numbers inside names as numbers', () => {
    expect(['orders-10', 'orders-2'].sort((a, b) => compareValues(a, b, false))).toEqual(['orders-2', 'orders-10'])
  })
})

describe('the palette', () => {
  const entry = (label: string, kind = 'Topic') => ({ id: label, kind, label, run: () => undefined })

  it('finds entries that hold every word, the earlier the higher', () => {
    const found = matchPalette([entry('my-orders'), entry('orders'), entry('Kill broker 2…', 'Action')], 'ord', 10)
    expect(found.map(({ label }) => label)).toEqual(['orders', 'my-orders'])
    expect(
      matchPalette([entry('Kill broker 2…', 'Action'), entry('Kill broker 1…', 'Action')], 'kill 2', 10)
    ).toHaveLength(1)
  })

  it('finds a node by the name that commands know it by', () => {
    const open = { ...entry('Broker 2', 'Broker'), alias: 'broker-2' }
    const kill = { ...entry('브로커 2 강제 종료…', '작업'), alias: 'kill broker-2' }

    expect(matchPalette([entry('my-broker-2-copy'), kill, open], 'broker-2', 2)).toContain(open)
    expect(matchPalette([open, kill], 'kill broker-2', 10)).toEqual([kill])
  })

  it('shows the first ones for an empty query', () => {
    expect(matchPalette([entry('a'), entry('b')], '  ', 1).map(({ label }) => label)).toEqual(['a'])
  })
})

describe('a node', () => {
  it('can be started when it is down, and killed, stopped or restarted when it lives', () => {
    expect(possibleActions(nodeView('broker-1'))).toEqual(['kill', 'stop', 'pause', 'restart', 'storm', 'wipe'])
    expect(possibleActions(nodeView('broker-1', 'starting'), true)).toEqual(['endStorm', 'kill', 'stop'])
    expect(possibleActions(nodeView('broker-1', 'killed'))).toEqual(['start', 'wipe'])
    expect(possibleActions(nodeView('broker-1', 'paused'))).toEqual(['resume', 'kill', 'stop', 'wipe'])
    expect(possibleActions(nodeView('broker-1', 'crashed'))).toEqual(['start', 'stop', 'wipe'])
  })

  it('that runs unregistered is still recovering', () => {
    expect(nodeLevel(nodeView('broker-1'), statsView('broker-1'))).toBe('healthy')
    expect(nodeLevel(nodeView('broker-1'), statsView('broker-1', { registered: false }))).toBe('recovering')
    expect(nodeLevel(nodeView('broker-1', 'stopped'), undefined)).toBe('stopped')
  })
})

describe('the lag of a group', () => {
  const partition = (lagRecords: number | null, committedOffset: number | null = 1) => ({
    topic: 't',
    partition: 0,
    committedOffset,
    startOffset: 0,
    endOffset: 9,
    lagRecords,
    memberId: null
  })

  it('is not known when nothing was committed, never 0', () => {
    expect(totalLag([partition(null, null), partition(null, null)])).toBeNull()
    expect(totalLag([])).toBeNull()
    expect(totalLag([partition(null, null), partition(4), partition(0)])).toBe(4)
  })

  it('is not known when that of a partition with a commit is not', () => {
    expect(totalLag([partition(null), partition(4)])).toBeNull()
  })

  it('has a trend of the last minute once enough of it is known', () => {
    const atMs = Array.from({ length: 61 }, (_, second) => second * 1000)
    const total = atMs.map((at) => at / 10)
    const history = { groupId: 'g', fromMs: 0, toMs: 60_000, atMs, total, written: [], read: [], partitions: [] }
    expect(trendPerSecond(history)).toBe(100)
    expect(
      trendPerSecond({ ...history, total: history.total.map((value, index) => (index === 60 ? null : value)) })
    ).toBeNull()
    expect(trendPerSecond(undefined)).toBeNull()
  })
})

describe('a snippet', () => {
  const remarks = { list: 'L', write: 'W', read: 'R' }

  it('names the real address and comes back as one text', () => {
    const parts = snippetParts('node', { address: '127.0.0.1:9092,127.0.0.1:9093', topic: 't' }, remarks)

    expect(snippetText(parts)).toContain("['127.0.0.1:9092', '127.0.0.1:9093']")
    expect(snippetText(parts)).not.toMatch(/[‹›]/)
    expect(parts[0]).toEqual({ kind: 'remark', text: '// npm install kafkajs' })
  })

  it('tells strings and remarks from code', () => {
    const kinds = snippetParts('kcat', { address: 'h:1', topic: 't' }, remarks).map((part) => part.kind)
    expect(new Set(kinds)).toEqual(new Set(['remark', 'code', 'string']))
  })
})

describe('a list that is told again and again', () => {
  const collated = vi.spyOn(Intl.Collator.prototype, 'compare', 'get')
  afterAll(() => collated.mockRestore())

  interface Named {
    readonly name: string
    readonly size: number | null
  }
  const list = (names: readonly string[]): Named[] => names.map((name, index) => ({ name, size: index || null }))
  const value = (row: Named, key: string) => (key === 'name' ? row.name : row.size)
  const shown = (rows: readonly Named[]): string[] => rows.map(({ name }) => name)

  it('stays in the order of its names when some come, some go, and some are the same to the collation', () => {
    const rows = shallowRef<readonly Named[]>(list(['orders-10', 'b', 'orders-2']))
    const { rows: sorted, toggle } = useSorted(() => rows.value, value, { key: 'name', isDescending: false })
    expect(shown(sorted.value)).toEqual(['b', 'orders-2', 'orders-10'])

    rows.value = list(['orders-10', 'orders-3', 'orders-2', 'a', 'orders-02', 'orders-3'])
    expect(shown(sorted.value)).toEqual(['a', 'orders-2', 'orders-02', 'orders-3', 'orders-3', 'orders-10'])
    rows.value = list(['orders-3', 'orders-02', 'orders-2'])
    expect(shown(sorted.value)).toEqual(['orders-02', 'orders-2', 'orders-3'])

    toggle('name')
    expect(shown(sorted.value)).toEqual(['orders-3', 'orders-02', 'orders-2'])
    toggle('size')
    expect(shown(sorted.value)).toEqual(['orders-02', 'orders-2', 'orders-3'])
  })

  it('is as one that is sorted anew, whatever was there before', () => {
    const names = Array.from({ length: 400 }, (_, index) => `t-${(index * 7919) % 401}.${index % 3 === 0 ? 'A' : 'a'}`)
    const rows = shallowRef<readonly Named[]>([])
    const { rows: sorted } = useSorted(() => rows.value, value, { key: 'name', isDescending: false })
    for (const [from, until] of [
      [0, 300],
      [100, 400],
      [50, 60],
      [0, 400]
    ] as const) {
      rows.value = list(names.slice(from, until))
      const anew = [...names.slice(from, until)].sort((a, b) => compareValues(a, b, false))
      expect(shown(sorted.value)).toEqual(anew)
    }
  })

  it('has the rows that came last, in an order that is found anew only when a value or the direction is another', () => {
    const comparing = vi.spyOn(Array.prototype, 'sort')
    const rows = shallowRef<readonly (Named & { seen: number })[]>([])
    const now = (seen: number, names: readonly string[]): void => {
      rows.value = list(names).map((row) => ({ ...row, seen }))
    }
    const { rows: sorted, toggle } = useSorted(() => rows.value, value, { key: 'name', isDescending: false })
    now(1, ['b', 'a'])
    expect(sorted.value.map(({ name, seen }) => [name, seen])).toEqual([
      ['a', 1],
      ['b', 1]
    ])
    comparing.mockClear()
    now(2, ['b', 'a'])
    expect(sorted.value.map(({ name, seen }) => [name, seen])).toEqual([
      ['a', 2],
      ['b', 2]
    ])
    expect(comparing).not.toHaveBeenCalled()
    comparing.mockRestore()

    toggle('name')
    expect(shown(sorted.value)).toEqual(['b', 'a'])
    now(3, ['a', 'b'])
    expect(shown(sorted.value)).toEqual(['b', 'a'])
  })

  it('collates only names that it has not had', () => {
    let reads = 0
    const rows = shallowRef<readonly Named[]>(list(['다', '나', '가']))
    const { rows: sorted } = useSorted(
      () => rows.value,
      (row) => (reads++, row.name),
      { key: 'name', isDescending: false }
    )
    expect(shown(sorted.value)).toEqual(['가', '나', '다'])
    collated.mockClear()
    rows.value = list(['다', '나'])
    expect(shown(sorted.value)).toEqual(['나', '다'])
    expect(collated).not.toHaveBeenCalled()
    // Once for each row, not once for each comparison.
    expect(reads).toBe(5)

    rows.value = list(['다', '나', '가가'])
    expect(shown(sorted.value)).toEqual(['가가', '나', '다'])
    expect(collated).toHaveBeenCalled()
  })
})
