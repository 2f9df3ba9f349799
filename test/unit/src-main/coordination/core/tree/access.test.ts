import { describe, expect, it } from 'vitest'
import { aclItemsMax, isAllowed, keptAcl, shownAcl } from '../../../../../../src-main/coordination/core/tree/access'
import { openAcl, type Acl, type Identity } from '../../../../../../src-main/coordination/wire/stat'

const item = (permissions: number, scheme: string, id: string): Acl => ({ permissions, scheme, id })
const me: readonly Identity[] = [
  { scheme: 'ip', id: '10.1.2.3' },
  { scheme: 'digest', id: 'me:hash' },
  { scheme: 'digest', id: 'also:hash' }
]

describe('an access control list', () => {
  it('is kept with each item once, and with who asks in the place of auth', () => {
    const asked = [item(1, 'world', 'anyone'), item(1, 'world', 'anyone'), item(31, 'auth', 'whatever')]

    expect(keptAcl(asked, me)).toEqual([
      item(1, 'world', 'anyone'),
      item(31, 'digest', 'me:hash'),
      item(31, 'digest', 'also:hash')
    ])
    expect(keptAcl(asked, [{ scheme: 'ip', id: '10.1.2.3' }])).toBeUndefined()
    expect(keptAcl([item(31, 'world', 'anyone')], [])).toBe(openAcl)
  })

  // As ZooKeeper 3.8.0 took or refused them.
  it.each([
    ['world', 'anyone', true],
    ['world', 'x', false],
    ['ip', '1.2.3.4', true],
    ['ip', '127.0.0.1/8', true],
    ['ip', '127.0.0.1/33', false],
    ['ip', '::1', false],
    ['ip', '1.2.3', false],
    ['digest', 'a:', false],
    ['digest', ':b', true],
    ['digest', 'a:b:', true],
    ['digest', 'a:b:c', false],
    ['digest', '::', false],
    ['x509', 'CN=a', false],
    ['sasl', 'a', false],
    ['super', '', false]
  ])('takes %s %s: %s', (scheme, id, isTaken) => {
    expect(keptAcl([item(31, scheme, id)], me) !== undefined).toBe(isTaken)
  })

  it('is not empty, and not longer than it may be', () => {
    const many = Array.from({ length: aclItemsMax + 1 }, (_, i) => item(i, 'world', 'anyone'))

    expect(keptAcl([], me)).toBeUndefined()
    expect(keptAcl(many, me)).toBeUndefined()
    expect(keptAcl(many.slice(1), me)).toHaveLength(aclItemsMax)
    expect(
      keptAcl(
        many.slice(0, 600).map(({ permissions }) => item(permissions, 'auth', '')),
        me
      )
    ).toBeUndefined()
  })

  it('gives each what it says, by scheme, id and subnet', () => {
    const acl = [item(1, 'world', 'anyone'), item(2, 'digest', 'me:hash'), item(4, 'ip', '10.1.0.9/16')]
    const mine = (permission: number): boolean => isAllowed(acl, permission, me)
    const theirs = (permission: number): boolean => isAllowed(acl, permission, [{ scheme: 'ip', id: '10.2.2.3' }])

    expect([1, 2, 4, 8, 16, 24].map(mine)).toEqual([true, true, true, false, false, false])
    expect([1, 2, 4, 8, 16, 3].map(theirs)).toEqual([true, false, false, false, false, true])
    expect(isAllowed([item(4, 'ip', '0.0.0.0/0')], 4, [{ scheme: 'ip', id: '250.1.1.1' }])).toBe(true)
    expect(isAllowed([item(4, 'ip', '250.1.1.1/32')], 4, [{ scheme: 'ip', id: '250.1.1.2' }])).toBe(false)
    expect(isAllowed([item(4, 'ip', '0.0.0.0/0')], 4, [{ scheme: 'ip', id: '::1' }])).toBe(false)
  })

  it('does not stand in the way of the super user', () => {
    const acl = [item(0, 'world', 'anyone')]

    expect(isAllowed(acl, 31, me)).toBe(false)
    expect(isAllowed(acl, 31, [...me, { scheme: 'super', id: '' }])).toBe(true)
  })

  it('is shown with its digests to who has ADMIN only', () => {
    const acl = [item(16, 'digest', 'me:hash'), item(1, 'world', 'anyone')]

    expect(shownAcl(acl, me)).toBe(acl)
    expect(shownAcl(acl, [])).toEqual([item(16, 'digest', 'me:x'), item(1, 'world', 'anyone')])
  })
})
