import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { Member } from '../../../../../../src-main/broker/core/group/member'
import { ProtocolSupport } from '../../../../../../src-main/broker/core/group/protocol-support'

const names = ['a', 'b', 'c']
const noBytes = new Uint8Array(0)
const protocolsOf = (some: readonly string[]) => some.map((name) => ({ name, metadata: noBytes }))
const members = Array.from(
  { length: 4 },
  (_, i) =>
    new Member({
      memberId: `m${i}`,
      groupInstanceId: null,
      clientId: 'c',
      clientHost: '/h',
      sessionTimeoutMs: 1,
      rebalanceTimeoutMs: 1,
      protocols: []
    })
)

describe('the protocols of a group', () => {
  it('are common when all members have them, whoever came, changed and went', () => {
    const act = fc.record({
      member: fc.nat(members.length - 1),
      // A name may be told twice.
      protocols: fc.option(fc.array(fc.constantFrom(...names), { maxLength: 4 }), { nil: undefined })
    })
    fc.assert(
      fc.property(fc.array(act, { maxLength: 20 }), (acts) => {
        const support = new ProtocolSupport()
        const here = new Map<Member, readonly string[]>()
        for (const { member: index, protocols } of acts) {
          const member = members[index] as Member
          if (protocols === undefined) {
            here.delete(member)
            support.delete(member)
          } else {
            here.set(member, protocols)
            member.protocols = protocolsOf(protocols)
            support.set(member)
          }
          for (const aside of [undefined, ...members])
            for (const name of names) {
              const others = [...here].filter(([one]) => one !== aside)
              const isCommon = others.every(([, own]) => own.includes(name))
              expect(support.isCommon(name, aside)).toBe(isCommon)
            }
        }
      })
    )
  })
})
