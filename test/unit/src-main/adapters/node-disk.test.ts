import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeDisk } from '../../../../src-main/adapters/node-disk'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

let dir: string
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'lagoon-disk-'))))
afterEach(() => rmSync(dir, { recursive: true }))

describe('a small file that is written again', () => {
  it('stays where it is while it grows, and is another one when it shrinks, or needs more than a page', () => {
    const path = join(dir, 'leader-epoch-checkpoint')
    const inode = (): number => statSync(path).ino
    nodeDisk.rewriteUnsynced(path, bytesOf('0\n1\n0 0\n'))
    const first = inode()
    nodeDisk.rewriteUnsynced(path, bytesOf('0\n2\n0 0\n1 7\n'))
    expect([inode(), readFileSync(path, 'utf8')]).toEqual([first, '0\n2\n0 0\n1 7\n'])
    nodeDisk.rewriteUnsynced(path, bytesOf('0\n2\n0 0\n3 9\n'))
    expect([inode(), readFileSync(path, 'utf8')]).toEqual([first, '0\n2\n0 0\n3 9\n'])

    nodeDisk.rewriteUnsynced(path, bytesOf('0\n1\n0 0\n'))
    expect(readFileSync(path, 'utf8')).toBe('0\n1\n0 0\n')
    const long = `0\n1000\n${'1 1\n'.repeat(1000)}`
    nodeDisk.rewriteUnsynced(path, bytesOf(long))
    nodeDisk.rewriteUnsynced(path, bytesOf(`${long}2 2\n`))

    expect(readFileSync(path, 'utf8')).toBe(`${long}2 2\n`)
    expect(readdirSync(dir)).toEqual(['leader-epoch-checkpoint'])
  })

  it('says where it could not be written', () => {
    expect(() => nodeDisk.rewriteUnsynced(join(dir, 'gone', 'file'), bytesOf('x'))).toThrow('gone')
  })
})
