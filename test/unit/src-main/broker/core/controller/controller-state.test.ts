import { describe, expect, it } from 'vitest'
import { ControllerState, type LiveBroker } from '../../../../../../src-main/broker/core/controller/controller-state'

const broker = (id: number, logIncarnation: string): LiveBroker => ({
  id,
  host: 'localhost',
  port: 9092 + id,
  rack: null,
  epoch: 7n,
  guid: `process ${id}`,
  logIncarnation
})

describe('a leadership that is moved', () => {
  it('goes to no member of the ISR that came back with less, but may stay with one', () => {
    const state = new ControllerState()
    state.replaceBrokers([broker(1, 'one'), broker(2, 'another')])
    const stored = { leader: -1, leaderEpoch: 3, isr: [1, 2], controllerEpoch: 1, isrLogs: { 1: 'one', 2: 'two' } }
    const partition = { topic: 'events', partition: 0, replicas: [2, 1], state: stored, zkVersion: 4 }

    expect([1, 2, 3].map((id) => state.mayTakeOver(partition, id))).toEqual([true, false, false])
    expect(state.mayTakeOver({ ...partition, state: { ...stored, leader: 2 } }, 2)).toBe(true)
  })
})

describe('with which logs members are in an ISR', () => {
  const state = new ControllerState()
  state.replaceBrokers([broker(1, 'one'), broker(2, 'wiped'), broker(3, 'three')])
  const before = {
    leader: 1,
    leaderEpoch: 3,
    isr: [1],
    formerIsr: [3, 2],
    controllerEpoch: 1,
    isrLogs: { 1: 'earlier', 2: 'two', 3: 'three' }
  }
  const after = (change: Partial<typeof before>): unknown =>
    state.withLogs({ ...before, leaderEpoch: 4, ...change }, before).isrLogs

  it('is as they came, of those that stay, and of those that left', () => {
    expect(after({ leader: -1 })).toEqual({ 1: 'earlier', 2: 'two', 3: 'three' })
  })

  it('is what it has now, of who was in it once and comes into it again, or leads without having been in it', () => {
    expect(after({ isr: [1, 2], formerIsr: [3] })).toEqual({ 1: 'earlier', 2: 'wiped', 3: 'three' })
    expect(after({ leader: 2, isr: [2], formerIsr: [1, 3] })).toEqual({ 1: 'earlier', 2: 'wiped', 3: 'three' })
  })
})
