import { describe, expect, it } from 'vitest'
import { hostSentence } from '../../../../src-main/app/words'

describe('what the desktop says of an app that does not start', () => {
  const english =
    'There is no cluster in /mnt/labs any more (no cluster.json). If it is on another disk, attach that and try again; nothing new was made in its place.'

  it('is in the language of the user', () => {
    expect(hostSentence('ko', english)).toContain('/mnt/labs 폴더에 클러스터가 더는 없습니다')
    expect(hostSentence('en', english)).toBe(english)
  })

  it('knows what screens say themselves, too', () => {
    expect(hostSentence('ko', 'INVALID_CONFIG: The broker that was asked is not the controller.')).toMatch(
      /^INVALID_CONFIG: [^a-z]*컨트롤러가 아닙니다\.$/
    )
    expect(hostSentence('ko', 'The id of the schema is missing.')).toContain('스키마 ID')
  })

  it('is as it came where nobody has a word for it', () => {
    expect(hostSentence('ko', 'EPERM: operation not permitted')).toBe('EPERM: operation not permitted')
    expect(hostSentence('ko', 'INVALID_CONFIG: No.')).toBe('INVALID_CONFIG: No.')
  })
})
