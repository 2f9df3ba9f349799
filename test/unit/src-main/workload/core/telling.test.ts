import { describe, expect, it } from 'vitest'
import { rateBetween, stateOf, type Observed, type Telling } from '../../../../../src-main/workload/core/telling'

const telling = (more: Partial<Telling> = {}): Telling => ({
  atMs: 1000,
  isReady: true,
  mode: 'run',
  slowedBy: 1,
  records: 0,
  errors: 0,
  lastError: null,
  unsent: 0,
  isJoining: false,
  memberId: null,
  generation: null,
  partitions: null,
  lagRecords: null,
  ...more
})
const observed = (more: Partial<Observed>): Observed => ({
  hasProcess: false,
  told: undefined,
  exit: undefined,
  wasAsked: false,
  problem: null,
  ...more
})
const killed = { code: null, signal: 'SIGKILL' }

describe('the state of a workload', () => {
  it.each([
    ['stopped', {}],
    ['starting', { hasProcess: true }],
    ['starting', { hasProcess: true, told: telling({ isReady: false }) }],
    ['running', { hasProcess: true, told: telling() }],
    ['slowed', { hasProcess: true, told: telling({ slowedBy: 10 }) }],
    ['paused', { hasProcess: true, told: telling({ mode: 'pause', slowedBy: 10 }) }],
    ['zombie', { hasProcess: true, told: telling({ mode: 'zombie' }) }],
    // Whoever killed it, and whatever it had been asked for.
    ['killed', { exit: killed, told: telling({ mode: 'zombie' }) }],
    ['killed', { exit: killed, wasAsked: true }],
    ['stopped', { exit: { code: 0, signal: null } }],
    ['stopped', { exit: { code: 1, signal: null }, wasAsked: true }],
    ['failed', { exit: { code: 1, signal: null }, problem: 'FENCED_INSTANCE_ID: …' }],
    ['failed', { exit: { code: null, signal: 'SIGSEGV' } }],
    ['failed', { problem: 'The workload process could not be started.' }]
  ] as const)('is %s', (state, seen) => {
    expect(stateOf(observed(seen))).toBe(state)
  })
})

describe('a rate', () => {
  it('is what came between two tellings', () => {
    expect(rateBetween(telling(), telling({ atMs: 3000, records: 100 }))).toBe(50)
  })

  it('is not known from one telling, or from those of two processes', () => {
    expect(rateBetween(undefined, telling())).toBeNull()
    expect(rateBetween(telling({ records: 10 }), telling({ atMs: 2000, records: 5 }))).toBeNull()
    expect(rateBetween(telling(), telling())).toBeNull()
  })
})
