import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import type { ConfigView } from '@api/views'
import {
  changesOf,
  forNewTopic,
  inLargestUnit,
  minIsrAbove,
  ruleOf,
  typedValue
} from '@/components/configs/config-values'

const config = (name: string, type: ConfigView['type'], own?: string): ConfigView => ({
  name,
  type,
  isReadOnly: false,
  isSensitive: false,
  isSet: own !== undefined,
  value: own ?? '1',
  source: own === undefined ? 'default' : 'topic',
  otherwise: { value: '1', source: 'default' }
})
const retention = config('retention.ms', 'long')
const segment = config('segment.bytes', 'int')
const rule = (of: ConfigView) => ruleOf(of, true)

describe('min.insync.replicas', () => {
  it('is noticed where it is more than there are replicas, and only there', () => {
    const set = (value: string) => ({ 'min.insync.replicas': value })
    expect(minIsrAbove(set('4'), 3)).toBe(4)
    expect(minIsrAbove(set('3'), 3)).toBeUndefined()
    expect(minIsrAbove(set('4'), undefined)).toBeUndefined()
    expect(minIsrAbove({ 'retention.ms': '9' }, 1)).toBeUndefined()
    expect(minIsrAbove(undefined, 1)).toBeUndefined()
  })
})

describe('a value that is typed', () => {
  it.each([
    ['7 d', '604800000'],
    ['7일', '604800000'],
    ['12 시간', '43200000'],
    ['12h', '43200000'],
    ['1.5 h', '5400000'],
    ['90 MIN', '5400000'],
    ['600 000', '600000'],
    ['604\u2009800\u2009000', '604800000'],
    ['-1', '-1'],
    ['−1', '-1'],
    ['+5', '5'],
    ['9223372036854775807', '9223372036854775807'],
    ['0', '0']
  ])('%j as a time is %s ms', (text, value) => {
    expect(typedValue(text, rule(retention))).toEqual({ value })
  })

  it.each([
    ['1 GiB', '1073741824'],
    ['1 gb', '1000000000'],
    ['1.5 KiB', '1536'],
    ['512 B', '512']
  ])('%j as a size is %s B', (text, value) => {
    expect(typedValue(text, rule(segment))).toEqual({ value })
  })

  it.each<[string, ConfigView, string]>([
    ['soon', retention, 'unit'],
    ['7 days ago', retention, 'unit'],
    ['0.0001 s', retention, 'unit'],
    ['1e3', retention, 'unit'],
    ['-2', retention, 'below'],
    ['9223372036854775808', retention, 'above'],
    ['106751991168 d', retention, 'above'],
    ['1 GiB', retention, 'unit'],
    ['2 GiB', segment, 'above'],
    ['13', segment, 'below'],
    ['x', config('num.io.threads', 'int'), 'number'],
    ['compact', config('cleanup.policy', 'list'), 'choice'],
    ['', retention, 'empty'],
    ['   ', retention, 'empty']
  ])('%j is refused', (text, of, problem) => {
    expect(typedValue(text, rule(of))).toEqual({ problem })
  })

  it('takes what a broker of another make takes, and text as it is', () => {
    expect(typedValue('compact', ruleOf(config('cleanup.policy', 'list'), false))).toEqual({ value: 'compact' })
    expect(typedValue('a, b', ruleOf(config('ssl.protocols', 'list'), false))).toEqual({ value: 'a, b' })
  })

  it('is itself again when it was shown in its largest unit', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 63n - 1n), (value) => {
        expect(typedValue(inLargestUnit(String(value), rule(retention)), rule(retention))).toEqual({
          value: String(value)
        })
      })
    )
  })
})

describe('what a form sends', () => {
  const own = config('retention.ms', 'long', '60000')

  it('is what was touched and differs; a cleared value is removed', () => {
    expect(changesOf([own, segment], {}, true)).toEqual({ set: {}, remove: [] })
    expect(changesOf([own, segment], { 'retention.ms': '1 min' }, true)).toEqual({ set: {}, remove: [] })
    expect(changesOf([own, segment], { 'retention.ms': '', 'segment.bytes': '' }, true)).toEqual({
      set: {},
      remove: ['retention.ms']
    })
    expect(changesOf([own, segment], { 'segment.bytes': '1 MiB' }, true)).toEqual({
      set: { 'segment.bytes': '1048576' },
      remove: []
    })
  })

  it('may be the default itself, set on purpose', () => {
    expect(changesOf([segment], { 'segment.bytes': '14' }, true)?.set).toEqual({ 'segment.bytes': '14' })
  })

  it('is nothing while something cannot be taken', () => {
    expect(changesOf([own], { 'retention.ms': 'soon' }, true)).toBeUndefined()
  })

  it('of a new topic are the configs whose defaults the broker tells', () => {
    const ofBroker = [config('log.retention.ms', 'long'), config('num.io.threads', 'int')]

    expect(forNewTopic(ofBroker).map(({ name, isSet }) => [name, isSet])).toEqual([['retention.ms', false]])
  })
})
