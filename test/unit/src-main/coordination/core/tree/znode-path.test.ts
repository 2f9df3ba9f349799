import { describe, expect, it } from 'vitest'
import {
  isValidPath,
  nameOf,
  parentPath,
  sequenceSuffix
} from '../../../../../../src-main/coordination/core/tree/znode-path'

describe('paths of znodes', () => {
  it('are absolute, without empty or dotted parts and without a slash at the end', () => {
    for (const path of ['/', '/a', '/a/b.c', '/...', '/a/..b', '/a..', '/.a', '/a.', '/é/한국', '/a b'])
      expect(isValidPath(path)).toBe(true)
    for (const path of ['', 'a', '/a/', '//', '/a//b', '/.', '/a/..', '/..', '/a/.', '/a/./b', '/../a', '///'])
      expect(isValidPath(path)).toBe(false)
  })

  it('hold no control, surrogate, private or special characters', () => {
    const edges = [0x00, 0x1f, 0x7f, 0x9f, 0xd800, 0xf8ff, 0xfff0, 0xffff]
    for (const unit of edges) expect(isValidPath(`/${String.fromCharCode(unit)}`), unit.toString(16)).toBe(false)
    for (const unit of [0x20, 0x7e, 0xa0, 0xd7ff, 0xf900, 0xffef]) {
      expect(isValidPath(`/${String.fromCharCode(unit)}`), unit.toString(16)).toBe(true)
    }
    expect(isValidPath('/😀')).toBe(false)
  })

  it('split into parent and name', () => {
    expect(parentPath('/a')).toBe('')
    expect(parentPath('/a/b')).toBe('/a')
    expect(parentPath('a')).toBeUndefined()
    expect(nameOf('/a/b')).toBe('b')
  })

  it('get ten digits for a sequence number, also after the counter has wrapped', () => {
    expect(sequenceSuffix(4)).toBe('0000000004')
    expect(sequenceSuffix(2_147_483_647)).toBe('2147483647')
    expect(sequenceSuffix(-2_147_483_648)).toBe('-2147483648')
    expect(sequenceSuffix(-7)).toBe('-000000007')
  })
})
