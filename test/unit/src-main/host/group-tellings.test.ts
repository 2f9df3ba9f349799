import { describe, expect, it } from 'vitest'
import type { ClusterEvent, EventCode } from '../../../../src-main/api/views'
import { GroupTellings } from '../../../../src-main/host/group-tellings'

const event = (
  atMs: number,
  subject: string | null,
  code: EventCode = 'groupStateChanged'
): Omit<ClusterEvent, 'id'> => ({
  atMs,
  code,
  level: 'recovering',
  kind: 'group',
  subject,
  params: {}
})

describe('what the monitor sees of groups', () => {
  it('is news only of those whose coordinator says nothing', () => {
    const tellings = new GroupTellings()
    tellings.byNode(event(1000, 'told'))
    expect(tellings.isNews(event(1500, 'told'))).toBe(false)
    expect(tellings.isNews(event(1500, 'untold'))).toBe(true)
    expect(tellings.isNews(event(1500, 'told', 'groupBehind'))).toBe(true)
  })

  it('is news again when the coordinator has told nothing for ten seconds', () => {
    const tellings = new GroupTellings()
    tellings.byNode(event(1000, 'a'))
    tellings.byNode(event(6000, 'b'))
    tellings.byNode(event(9000, 'a'))
    tellings.byNode(event(9000, null, 'controllerGone'))
    expect(tellings.isNews(event(16_500, 'b'))).toBe(true)
    expect(tellings.isNews(event(18_999, 'a'))).toBe(false)
    expect(tellings.isNews(event(19_000, 'a'))).toBe(true)
  })
})
