import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { randomUuid, uuidFromBytes, uuidToBytes, zeroUuid } from '../../../../src-main/kernel/uuid'

describe('uuid', () => {
  it('is URL-safe base64 of sixteen bytes without padding', () => {
    for (let i = 0; i < 200; i++) {
      const bytes = new Uint8Array(randomBytes(16))

      expect(uuidFromBytes(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
      expect(uuidToBytes(uuidFromBytes(bytes))).toEqual(bytes)
    }
    expect(uuidFromBytes(new Uint8Array(16))).toBe(zeroUuid)
  })

  it('refuses text that is no id', () => {
    expect(uuidToBytes('')).toBeUndefined()
    expect(uuidToBytes('!'.repeat(22))).toBeUndefined()
    expect(uuidToBytes('A'.repeat(23))).toBeUndefined()
  })

  it('never begins with a dash, which command lines take for an option', () => {
    const random = { uint32: () => 0, bytes: (count: number) => new Uint8Array(randomBytes(count)) }

    for (let i = 0; i < 500; i++) expect(randomUuid(random)).not.toMatch(/^-/)
  })
})
