import { describe, expect, it } from 'vitest'
import { askedFaultSchema, FAULT_KINDS, faultValueRule } from '@api/faults'
import { askedFault, nodesFor, othersFor, valueOf } from '@/components/lab/fault-form'
import { faultCommand } from '@/components/lab/fault-words'
import { nodeView } from '../../support/views'

const values = {
  kind: 'slow-link',
  node: 'broker-1',
  to: 'broker-2',
  isOneWay: true,
  value: '250',
  seconds: '30'
} as const

describe('the form of a fault', () => {
  it('asks for what was typed', () => {
    expect(askedFault(values)).toEqual({
      kind: 'slow-link',
      node: 'broker-1',
      to: 'broker-2',
      oneWay: true,
      value: 250,
      forMs: 30_000
    })
    expect(askedFault({ ...values, kind: 'full-disk' })).toEqual({ kind: 'full-disk', node: 'broker-1', forMs: 30_000 })
  })

  it.each(FAULT_KINDS)('asks for nothing that the API refuses: %s', (kind) => {
    const value = String(faultValueRule(kind)?.default ?? '')
    expect(askedFaultSchema.safeParse(askedFault({ ...values, kind, value, seconds: '' })).success).toBe(true)
  })

  it.each([
    { value: '0' },
    { value: 'soon' },
    { value: '' },
    { seconds: '0' },
    { seconds: '1.5' },
    { seconds: '604801' },
    { to: 'broker-1' },
    { to: '' },
    { node: '' }
  ])('asks for nothing while something is wrong: %j', (wrong) => {
    expect(askedFault({ ...values, ...wrong })).toBeUndefined()
  })

  it('takes a clock that is behind', () => {
    expect(valueOf('skew-clock', '-60000')).toBe(-60_000)
    expect(valueOf('skew-clock', '−5')).toBe(-5)
    expect(valueOf('slow-disk', '-5')).toBeUndefined()
  })

  it('offers nodes that the fault can be of', () => {
    const nodes = [nodeView('broker-1'), nodeView('ensemble-1')]
    expect(nodesFor('drop-ensemble', nodes).map(({ name }) => name)).toEqual(['broker-1'])
    expect(nodesFor('cut-link', nodes)).toHaveLength(2)
    expect(othersFor('broker-1', nodes).map(({ name }) => name)).toEqual(['ensemble-1'])
  })

  it('is a command, too', () => {
    const asked = askedFault(values)
    expect(asked && faultCommand(asked)).toEqual(
      'fault add slow-link broker-1 --to broker-2 --one-way --value 250 --for 30000'.split(' ')
    )
  })
})
