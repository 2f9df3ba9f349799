import { describe, expect, it } from 'vitest'
import { bandsOf } from '@/charts/bands'
import { eventView } from '../support/views'

describe('bands', () => {
  it('last from the kill to the start, and from the start until it runs', () => {
    const events = [
      eventView(1, 100),
      eventView(2, 400, { code: 'nodeStarting' }),
      eventView(3, 500, { code: 'nodeRunning' })
    ]

    expect(bandsOf(events, 0, 1000)).toEqual([
      { kind: 'critical', fromMs: 100, toMs: 400 },
      { kind: 'recovering', fromMs: 400, toMs: 500 }
    ])
  })

  it('reach to now while the node is down, and begin with the range when it was down before', () => {
    expect(bandsOf([eventView(1, 100, { code: 'nodeStopped' })], 300, 1000)).toEqual([
      { kind: 'stopped', fromMs: 300, toMs: 1000 }
    ])
  })

  it('of two nodes down at once are one', () => {
    const events = [
      eventView(1, 100),
      eventView(2, 200, { subject: 'broker-3' }),
      eventView(3, 600, { code: 'nodeRunning' })
    ]

    expect(bandsOf(events, 0, 1000)).toEqual([{ kind: 'critical', fromMs: 100, toMs: 1000 }])
  })

  it('are none for events that say nothing of a process', () => {
    expect(bandsOf([eventView(1, 100, { code: 'controllerElected' })], 0, 1000)).toEqual([])
  })
})
