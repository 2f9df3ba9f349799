import { describe, expect, it } from 'vitest'
import { orderProblems, verdictOn, type Operation } from '../../support/linearizability'
import {
  growingSet,
  register,
  registerHistory,
  sequence,
  sequenceHistory,
  setHistory,
  type RegisterCall,
  type SequenceCall,
  type SetCall
} from '../../support/znode-history'

type Line<Call> = readonly [by: string, began: number, ended: number, call: Call]
const operations = <Call>(...lines: readonly Line<Call>[]): readonly Operation<Call>[] =>
  lines.map(([by, began, ended, call]) => ({ by, began, ended, call }))
const problemsOf = (...lines: readonly Line<RegisterCall>[]): readonly string[] =>
  orderProblems(register('a'), new Map([['/r', registerHistory(operations(...lines))]]))

const never = Infinity
const read = (value: string, version: number): RegisterCall => ({ type: 'read', value, version })
const set = (value: string, version?: number): RegisterCall =>
  version === undefined ? { type: 'set', value } : { type: 'set', value, version }
const cas = (at: number, value: string, version?: number): RegisterCall =>
  ({ ...set(value, version), at }) as RegisterCall
const refused = (at: number): RegisterCall => ({ type: 'refused', at })

describe('an order of what clients did to one znode', () => {
  it.each<[string, readonly Line<RegisterCall>[]]>([
    [
      'of one after another',
      [
        ['x', 0, 1, set('b', 1)],
        ['y', 2, 3, read('b', 1)],
        ['x', 4, 5, cas(1, 'c', 2)]
      ]
    ],
    [
      'of writes that overlap, in the order that reads tell of, which is not that of their beginnings or ends',
      [
        ['x', 0, 20, set('b', 2)],
        ['y', 5, 9, set('c', 1)],
        ['z', 6, 10, read('c', 1)],
        ['z', 11, 12, read('b', 2)]
      ]
    ],
    [
      'of a read that overlaps a write, before it or behind it',
      [
        ['x', 0, 9, set('b', 1)],
        ['y', 1, 2, read('a', 0)],
        ['z', 3, 4, read('b', 1)]
      ]
    ],
    [
      'of a write without an answer that never was',
      [
        ['x', 0, never, set('b')],
        ['y', 5, 6, read('a', 0)],
        ['y', 7, 8, set('c', 1)]
      ]
    ],
    [
      'of a write without an answer that was, much later than others',
      [
        ['x', 0, never, set('b')],
        ['y', 5, 6, set('c', 1)],
        ['y', 7, 8, read('c', 1)],
        ['z', 90, 91, read('b', 2)]
      ]
    ],
    [
      'of a write without an answer that nobody has read',
      [
        ['x', 0, never, set('b')],
        ['y', 5, 6, set('c', 2)],
        ['y', 7, 8, read('c', 2)]
      ]
    ],
    [
      'of several of them, of which some were, and some were not',
      [
        ...['p', 'q', 'r', 's', 't', 'u'].map((value, at): Line<RegisterCall> => [value, at, never, set(value)]),
        ['y', 10, 11, set('c', 4)],
        ['y', 12, 13, set('d', 6)],
        ['z', 14, 15, read('d', 6)]
      ]
    ],
    [
      'of a compare-and-set without an answer that was',
      [
        ['x', 0, never, cas(0, 'b')],
        ['y', 1, 2, refused(0)],
        ['y', 3, 4, read('b', 1)]
      ]
    ],
    [
      'of what touches at one moment',
      [
        ['x', 0, 5, set('b', 2)],
        ['y', 5, 6, set('c', 1)]
      ]
    ],
    [
      'of a refusal while another won',
      [
        ['x', 0, 9, cas(0, 'b', 1)],
        ['y', 0, 9, refused(0)]
      ]
    ]
  ])('is found: %s', (_, lines) => {
    expect(problemsOf(...lines)).toEqual([])
  })

  it.each<[string, readonly Line<RegisterCall>[], string]>([
    [
      'a read that goes back',
      [
        ['x', 0, 1, set('b', 1)],
        ['y', 2, 3, read('a', 0)]
      ],
      'y reads version 0, a [2, 3]'
    ],
    [
      'a read that knew less than one before it, while the write was under way',
      [
        ['x', 0, 9, set('b', 1)],
        ['y', 1, 2, read('b', 1)],
        ['z', 3, 4, read('a', 0)]
      ],
      'z reads version 0, a [3, 4]'
    ],
    [
      'a write that was lost',
      [
        ['x', 0, 1, set('b', 1)],
        ['y', 2, 3, set('c', 1)]
      ],
      'y sets c and is told 1'
    ],
    [
      'a write that was applied twice',
      [
        ['x', 0, 1, set('b', 1)],
        ['y', 2, 3, read('b', 2)]
      ],
      'y reads version 2, b'
    ],
    [
      'a write without an answer that was applied twice',
      [
        ['x', 0, never, set('b')],
        ['y', 2, 3, read('b', 1)],
        ['y', 4, 5, set('c', 2)],
        ['y', 6, 7, read('b', 3)]
      ],
      'y reads version 3, b'
    ],
    [
      'a write that was refused, and applied',
      [
        ['x', 0, 1, refused(1)],
        ['y', 2, 3, read('b', 1)]
      ],
      'y reads version 1, b'
    ],
    [
      'a refusal at the version that is',
      [
        ['x', 0, 1, set('b', 1)],
        ['y', 2, 3, refused(1)]
      ],
      'y is told that it is not at version 1'
    ],
    [
      'two that won with one version',
      [
        ['x', 0, 9, cas(0, 'b', 1)],
        ['y', 0, 9, cas(0, 'c', 1)]
      ],
      'from'
    ],
    ['a value from nowhere', [['y', 2, 3, read('z', 0)]], 'y reads version 0, z'],
    [
      'a write that happened before it began',
      [
        ['y', 0, 1, read('b', 1)],
        ['x', 2, never, set('b')]
      ],
      'y reads version 1, b'
    ],
    [
      'an answer after one without an answer came too late to explain it',
      [
        ['y', 0, 1, set('c', 2)],
        ['x', 2, never, set('b')]
      ],
      'y sets c and is told 2'
    ]
  ])('is missed, and told: %s', (_, lines, told) => {
    expect(problemsOf(...lines).join()).toContain(told)
  })

  it('is told of the shortest part without one: nothing that was over, nothing after it, no read that is right', () => {
    const lines: Line<RegisterCall>[] = []
    for (let at = 1; at <= 50; at++) lines.push(['x', 10 * at, 10 * at + 1, set(`v${at}`, at)])
    lines.push(['w', 505, 530, set('late', 51)], ['y', 511, 529, read('v50', 50)], ['z', 512, 520, read('v49', 49)])
    for (let at = 54; at <= 60; at++) lines.push(['x', 10 * at, 10 * at + 1, set(`v${at}`, 1)])

    const verdict = verdictOn(register('a'), registerHistory(operations(...lines)))

    expect(verdict).toMatchObject({ type: 'notLinearizable', from: '50 v50', unexplained: { by: 'z', began: 512 } })
    expect(verdict.type === 'notLinearizable' && verdict.part.map(({ by }) => by)).toEqual(['w', 'z'])
  })

  it('is found in a long history of many, some of whom hear nothing, within few steps', () => {
    const lines: Line<RegisterCall>[] = []
    let version = 0
    for (let at = 0; at < 20_000; at++) {
      const by = `c${at % 8}`
      if (at % 50 === 7) lines.push([by, 10 * at, never, cas(version, `lost${at}`)])
      else lines.push([by, 10 * at, 10 * at + 35, set(`v${at}`, ++version)])
    }

    expect(verdictOn(register('a'), registerHistory(operations(...lines)), { stepsMax: 400_000 }).type).toBe(
      'linearizable'
    )
  })

  it('is not claimed where the steps do not suffice', () => {
    const lines = Array.from({ length: 12 }, (_, at): Line<RegisterCall> => [
      `c${at}`,
      0,
      100,
      { type: 'set', value: `v${at}` }
    ])
    lines.push(['y', 101, 102, read('v3', 11)])

    expect(verdictOn(register('a'), operations(...lines), { stepsMax: 1_000 })).toMatchObject({ type: 'undecided' })
    expect(orderProblems(register('a'), new Map([['/r', operations(...lines)]]), { stepsMax: 1_000 }).join()).toContain(
      'did not show whether its 13 operations have an order'
    )
  })

  it('agrees with a search of every order, over random histories that are right, and such with one wrong answer', () => {
    const found = { right: 0, wrong: 0 }
    for (let seed = 1; seed <= 1_500; seed++) {
      const history = randomHistory(seed)
      const isRight = verdictOn(register('a'), registerHistory(history)).type === 'linearizable'
      expect([seed, isRight]).toEqual([seed, hasOrder(history)])
      found[isRight ? 'right' : 'wrong']++
    }
    expect(Math.min(found.right, found.wrong)).toBeGreaterThan(200)
  })
})

describe('an order of children', () => {
  const add = (name: string): SetCall => ({ type: 'add', name })
  const list = (...names: string[]): SetCall => ({ type: 'list', names })
  const problems = (...lines: readonly Line<SetCall>[]): readonly string[] =>
    orderProblems(growingSet, new Map([['/set', setHistory(operations(...lines))]]))

  it('is found where lists show what was added by then, and some of what nobody was told of', () => {
    expect(
      problems(
        ['x', 0, 1, add('a')],
        ['y', 0, never, add('b')],
        ['y', 0, never, add('c')],
        ['z', 2, 3, list('a')],
        ['x', 4, 9, add('d')],
        ['z', 5, 6, list('a', 'b', 'd')]
      )
    ).toEqual([])
  })

  it.each<[string, readonly Line<SetCall>[]]>([
    [
      'lacks what was answered',
      [
        ['x', 0, 1, add('a')],
        ['y', 2, 3, list()]
      ]
    ],
    [
      'lacks what one before it had',
      [
        ['x', 0, never, add('a')],
        ['y', 2, 3, list('a')],
        ['y', 4, 5, list()]
      ]
    ],
    [
      'has what nobody had asked for by then',
      [
        ['y', 0, 1, list('a')],
        ['x', 2, 3, add('a')]
      ]
    ],
    [
      'parts from another',
      [
        ['x', 0, 9, add('a')],
        ['y', 0, 9, add('b')],
        ['z', 1, 8, list('a')],
        ['w', 1, 8, list('b')]
      ]
    ]
  ])('is missed where a list %s', (_, lines) => {
    expect(problems(...lines).join()).toContain('/set: from')
  })
})

describe('an order of sequential children', () => {
  const made = (token: string, number?: number): SequenceCall => (number === undefined ? { token } : { token, number })
  const problems = (found: Record<string, number>, ...lines: readonly Line<SequenceCall>[]): readonly string[] => {
    const end = { numbers: new Map(Object.entries(found)), ended: 1_000 }
    return orderProblems(sequence, new Map([['/seq', sequenceHistory(operations(...lines), end)]]))
  }

  it('is found where those without an answer fill the gaps', () => {
    expect(
      problems(
        { a: 0, b: 1, d: 2 },
        ['x', 0, 1, made('a', 0)],
        ['y', 0, never, made('b')],
        ['y', 0, never, made('c')],
        ['x', 4, 5, made('d', 2)]
      )
    ).toEqual([])
  })

  it.each<[string, Record<string, number>, readonly Line<SequenceCall>[]]>([
    [
      'was given twice',
      {},
      [
        ['x', 0, 1, made('a', 0)],
        ['y', 2, 3, made('b', 0)]
      ]
    ],
    [
      'was taken by nobody',
      {},
      [
        ['x', 0, 1, made('a', 0)],
        ['y', 2, 3, made('b', 2)]
      ]
    ],
    [
      'is lower than one before it',
      {},
      [
        ['x', 0, 1, made('a', 1)],
        ['y', 2, 3, made('b', 0)]
      ]
    ],
    [
      'was taken by one that began later',
      { c: 0 },
      [
        ['x', 0, 1, made('a', 1)],
        ['z', 2, never, made('c')]
      ]
    ]
  ])('is missed where a number %s', (_, found, lines) => {
    expect(problems(found, ...lines).join()).toContain('/seq: from')
  })
})

/** Up to seven operations of three clients, of which some hear nothing; every third has one answer that another had. */
function randomHistory(seed: number): readonly Operation<RegisterCall>[] {
  let state = seed * 2_654_435_761
  const below = (limit: number): number => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9
    return ((state ^ (state >>> 13)) >>> 0) % limit
  }
  let [version, value] = [0, 'a']
  const history: { by: string; began: number; ended: number; call: RegisterCall }[] = []
  for (let at = 0; at < 7; at++) {
    const happens = 10 * at
    const [began, ended] = [happens - below(25), happens + below(25)]
    const kind = below(5)
    const by = `c${at}`
    if (kind < 2) history.push({ by, began, ended, call: read(value, version) })
    else if (kind === 2 && below(2) === 0) history.push({ by, began, ended: never, call: set(`v${at}`) })
    else {
      const call = kind === 3 ? cas(version, `v${at}`, version + 1) : set(`v${at}`, version + 1)
      version += 1
      value = `v${at}`
      history.push(
        below(4) === 0
          ? { by, began, ended: never, call: { ...call, version: undefined } as never }
          : { by, began, ended, call }
      )
    }
  }
  const wrong = history[below(history.length)]
  if (wrong !== undefined && seed % 2 === 0 && wrong.ended < never) {
    if (wrong.call.type === 'read') wrong.call = read(`v${below(7)}`, 1 + below(4))
    else wrong.ended = wrong.began
  }
  return history
}

/** By trying all of them. */
function hasOrder(history: readonly Operation<RegisterCall>[]): boolean {
  const { initial, after } = register('a')
  const goesOn = (state: string, left: readonly Operation<RegisterCall>[]): boolean => {
    if (left.every(({ ended }) => ended === never)) return true
    const firstEnd = Math.min(...left.map(({ ended }) => ended))
    return left.some((one) => {
      if (one.began > firstEnd) return false
      const next = after(state, one.call)
      return (
        next !== undefined &&
        goesOn(
          next,
          left.filter((other) => other !== one)
        )
      )
    })
  }
  return goesOn(initial, history)
}
