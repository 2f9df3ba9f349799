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
