import { describe, expect, it } from 'vitest'
import type { ClusterEvent, EventCode } from '../../../../src-main/api/views'
import { BrokerPresence } from '../../../../src-main/host/broker-presence'

type Told = Omit<ClusterEvent, 'id'>
const event = (code: EventCode, subject: string | null, params: Told['params'] = {}): Told => ({
  atMs: 5,
  code,
  level: 'critical',
  kind: 'cluster',
  subject,
  params
})
const elected = event('partitionsElected', 'broker-1', { cause: 'died', broker: 'broker-2' })

/** What is told of all that two observers saw, in their order. */
function told(seen: readonly Told[], asked: readonly string[] = []): readonly unknown[] {
  const presence = new BrokerPresence()
  return seen
    .flatMap((one) => presence.tell(one, (node) => asked.includes(node)))
    .map(({ code, subject }) => `${code} ${subject ?? ''}`)
}

describe('what is told of brokers that come and go', () => {
  it('is told once, whoever saw it first', () => {
    const expired = event('brokerSessionExpired', 'broker-2')
    const registered = event('brokerRegistered', 'broker-2')
    expect(told([registered, expired, expired, registered, registered, expired])).toEqual([
      'brokerRegistered broker-2',
      'brokerSessionExpired broker-2',
      'brokerRegistered broker-2',
      'brokerSessionExpired broker-2'
    ])
  })

  it('comes before the elections that follow from it, though the monitor sees it later', () => {
    expect(told([elected, event('isrShrunk', 'broker-1'), event('brokerSessionExpired', 'broker-2')])).toEqual([
      'brokerSessionExpired broker-2',
      'partitionsElected broker-1',
      'isrShrunk broker-1'
    ])
  })

  it('is no expiry where the broker was asked to stop, of which the monitor does not know', () => {
    expect(told([event('brokerSessionExpired', 'broker-2')], ['broker-2'])).toEqual(['brokerLeft broker-2'])
  })

  it('is nothing that follows from elections of other causes, or of several brokers', () => {
    const moved = event('partitionsElected', 'broker-1', { cause: 'preferred', broker: 'broker-2' })
    const several = event('partitionsElected', 'broker-1', { cause: 'died' })
    expect(told([moved, several])).toEqual(['partitionsElected broker-1', 'partitionsElected broker-1'])
  })
})
