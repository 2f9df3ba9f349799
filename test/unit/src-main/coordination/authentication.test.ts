import { describe, expect, it } from 'vitest'
import { authenticated } from '../../../../src-main/coordination/authentication'
import { nodeChecksum } from '../../../support/ensemble-world'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const superDigest = 'super:D/InIHSb7yEEbrWz8b9l71RjZJU='

describe('authentication', () => {
  it('keeps of a password its digest, as ZooKeeper makes it', () => {
    const shown = authenticated({ checksum: nodeChecksum }, 'digest', bytes('me:secret'), '10.0.0.1')

    expect(shown).toEqual([{ scheme: 'digest', id: 'me:016djjlksVQS5RgX3M7biBGyYwY=' }])
  })

  it('knows the super user by the digest it was given, and nobody without one', () => {
    const asSuper = bytes('super:test')

    expect(authenticated({ checksum: nodeChecksum, superDigest }, 'digest', asSuper, '')).toEqual([
      { scheme: 'super', id: '' },
      { scheme: 'digest', id: superDigest }
    ])
    expect(authenticated({ checksum: nodeChecksum }, 'digest', asSuper, '')).toHaveLength(1)
  })

  it('takes the address from the connection, and no other scheme', () => {
    expect(authenticated({ checksum: nodeChecksum }, 'ip', bytes('1.2.3.4'), '10.0.0.1')).toEqual([
      { scheme: 'ip', id: '10.0.0.1' }
    ])
    for (const scheme of ['world', 'auth', 'sasl', 'x509', 'super', ''])
      expect(authenticated({ checksum: nodeChecksum, superDigest }, scheme, bytes('super:test'), '')).toBeUndefined()
  })
})
