import { describe, expect, it } from 'vitest'
import type { AskedFault } from '../../../../../src-main/api/faults'
import { noFaults, wholeLeg } from '../../../../../src-main/kernel/node-faults'
import { makeSpec } from '../../../../../src-main/supervisor/core/cluster-spec'
import { faultProblem, isSameFault, nodeFaults, type Fault } from '../../../../../src-main/supervisor/core/faults'

const cluster = makeSpec('lab', { brokers: [9092, 9093, 9094], ensemble: [2181] })

const fault = (asked: AskedFault): Fault => ({
  id: 'fault-1',
  sinceMs: 0,
  untilMs: null,
  ...asked,
  to: asked.to ?? null,
  oneWay: asked.oneWay ?? false,
  value: asked.value ?? null
})

describe('faultProblem', () => {
  it.each<[string, AskedFault]>([
    ['There is no node broker-9', { kind: 'full-disk', node: 'broker-9' }],
    ['There is no node broker-9', { kind: 'cut-link', node: 'broker-1', to: 'broker-9' }],
    ['name its other end with --to', { kind: 'cut-link', node: 'broker-1' }],
    ['broker-1 is both of its ends', { kind: 'slow-link', node: 'broker-1', to: 'broker-1' }],
    ['leave out --to', { kind: 'slow-disk', node: 'broker-1', to: 'broker-2' }],
    ['leave out --one-way', { kind: 'slow-disk', node: 'broker-1', oneWay: true }],
    ['takes no value', { kind: 'cut-link', node: 'broker-1', to: 'broker-2', value: 3 }],
    ['in percent, from 1 to 90; 91 is not', { kind: 'lossy-link', node: 'broker-1', to: 'broker-2', value: 91 }],
    ['in milliseconds, from 1 to 10000; 0 is not', { kind: 'slow-disk', node: 'broker-1', value: 0 }],
    ['drop-ensemble is for brokers', { kind: 'drop-ensemble', node: 'ensemble-1' }]
  ])('says "%s"', (sentence, asked) => {
    expect(faultProblem(asked, cluster.nodes)).toContain(sentence)
  })

  it('takes what can be had', () => {
    expect(faultProblem({ kind: 'cut-link', node: 'broker-1', to: 'ensemble-1' }, cluster.nodes)).toBeUndefined()
    expect(faultProblem({ kind: 'skew-clock', node: 'broker-1', value: -1 }, cluster.nodes)).toBeUndefined()
  })
})

describe('isSameFault', () => {
  it('knows a link from both of its ends, one direction from one', () => {
    const both = fault({ kind: 'slow-link', node: 'broker-1', to: 'broker-2' })
    const there = fault({ kind: 'slow-link', node: 'broker-1', to: 'broker-2', oneWay: true })

    expect(isSameFault(both, { kind: 'slow-link', node: 'broker-2', to: 'broker-1', value: 5 })).toBe(true)
    expect(isSameFault(there, { kind: 'slow-link', node: 'broker-2', to: 'broker-1', oneWay: true })).toBe(false)
    expect(isSameFault(both, { kind: 'slow-link', node: 'broker-1', to: 'broker-2', oneWay: true })).toBe(false)
    expect(isSameFault(both, { kind: 'cut-link', node: 'broker-1', to: 'broker-2' })).toBe(false)
  })
})

describe('nodeFaults', () => {
  it('has both ends look after a link, each in its direction', () => {
    const faults = [
      fault({ kind: 'slow-link', node: 'broker-1', to: 'broker-2', value: 100 }),
      fault({ kind: 'slow-link', node: 'broker-2', to: 'broker-1', value: 20, oneWay: true }),
      fault({ kind: 'lossy-link', node: 'broker-1', to: 'broker-2', value: 5, oneWay: true })
    ]
    const peer = (port: number) => ({ host: '127.0.0.1', port })

    expect(nodeFaults('broker-1', faults, cluster).links).toEqual([
      {
        peer: peer(9093),
        outward: { isCut: false, delayMs: 100, lossPercent: 5 },
        inward: { ...wholeLeg, delayMs: 120 }
      }
    ])
    expect(nodeFaults('broker-2', faults, cluster).links).toEqual([
      {
        peer: peer(9092),
        outward: { ...wholeLeg, delayMs: 120 },
        inward: { isCut: false, delayMs: 100, lossPercent: 5 }
      }
    ])
    expect(nodeFaults('broker-3', faults, cluster)).toEqual(noFaults)
  })

  it('cuts a broker off from every member', () => {
    const faults = [fault({ kind: 'drop-ensemble', node: 'broker-1' })]
    const cut = { ...wholeLeg, isCut: true }

    expect(nodeFaults('broker-1', faults, cluster).links).toEqual([
      { peer: { host: '127.0.0.1', port: 2181 }, outward: cut, inward: cut }
    ])
    expect(nodeFaults('ensemble-1', faults, cluster)).toEqual(noFaults)
  })

  it('adds up what is of one node', () => {
    const faults = [
      fault({ kind: 'slow-disk', node: 'broker-1', value: 20 }),
      fault({ kind: 'full-disk', node: 'broker-1' }),
      fault({ kind: 'skew-clock', node: 'broker-1', value: -5000 }),
      fault({ kind: 'refuse-clients', node: 'broker-1' })
    ]

    expect(nodeFaults('broker-1', faults, cluster)).toEqual({
      links: [],
      refusesClients: true,
      diskDelayMs: 20,
      isDiskFull: true,
      clockSkewMs: -5000
    })
  })
})
