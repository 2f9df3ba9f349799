import { describe, expect, it } from 'vitest'
import { parsePartitionState, partitionStateData, textOf } from '../../../../../src-main/broker/core/znodes'

const state = { leader: 2, leaderEpoch: 3, isr: [2, 1], controllerEpoch: 1 }

describe('the znode of a partition’s state', () => {
  it('is Kafka’s where no logs are known', () => {
    expect(JSON.parse(textOf(partitionStateData(state)))).toEqual({
      controller_epoch: 1,
      leader: 2,
      version: 1,
      leader_epoch: 3,
      isr: [2, 1]
    })
  })

  it('has the logs of the ISR beside it, in its order, where they are known', () => {
    const withLogs = { ...state, isrLogs: { 1: 'one' } }
    const data = partitionStateData(withLogs)

    expect(JSON.parse(textOf(data))).toMatchObject({ isr: [2, 1], isr_log_epochs: ['', 'one'] })
    expect(parsePartitionState(data)).toEqual(withLogs)
  })

  it('has who else was in the last ISR, with their logs, while nobody leads', () => {
    const leaderless = { ...state, leader: -1, isr: [2], lastIsr: [1, 3], isrLogs: { 1: 'one', 2: 'two' } }
    const data = partitionStateData(leaderless)

    expect(JSON.parse(textOf(data))).toMatchObject({ isr: [2], isr_log_epochs: ['two'], last_isr: [1, 3] })
    expect(parsePartitionState(data)).toEqual(leaderless)
  })

  it('has who was in the ISR before its leader was elected, with their logs', () => {
    const elected = { ...state, isr: [2], formerIsr: [1, 3], isrLogs: { 2: 'two', 3: 'three' } }
    const data = partitionStateData(elected)

    expect(JSON.parse(textOf(data))).toMatchObject({ former_isr: [1, 3], former_isr_log_epochs: ['', 'three'] })
    expect(parsePartitionState(data)).toEqual(elected)
  })

  it('takes no logs that are not of this ISR', () => {
    const data = new TextEncoder().encode(
      JSON.stringify({ controller_epoch: 1, leader: 2, leader_epoch: 3, isr: [2], isr_log_epochs: ['a', 'b'] })
    )

    expect(parsePartitionState(data)).toEqual({ leader: 2, leaderEpoch: 3, isr: [2], controllerEpoch: 1 })
  })
})
