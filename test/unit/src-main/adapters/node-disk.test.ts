import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { diskError, nodeDisk } from '../../../../src-main/adapters/node-disk'

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

describe('a folder', () => {
  it('is made with those above it, and may be there already', () => {
    const path = join(dir, 'a', 'b', 'c')
    nodeDisk.makeDirectory(path)
    nodeDisk.makeDirectory(path)
    expect(statSync(path).isDirectory()).toBe(true)
  })

  it('cannot be below a file, nor where a file is', () => {
    const file = join(dir, 'file')
    writeFileSync(file, '')
    expect(() => nodeDisk.makeDirectory(join(file, 'a', 'b'))).toThrow(
      `There can be no folder ${join(file, 'a', 'b')}: a part of this path is a file. Choose another folder.`
    )
    expect(() => nodeDisk.list(file)).toThrow(/^There can be no folder .*file: a part of this path is a file/)
    expect(() => nodeDisk.makeDirectory(file)).toThrow(`${file} exists already.`)
  })

  it('is refused where nothing can be made, as in /proc, which takes no time', () => {
    expect(() => nodeDisk.makeDirectory('/proc/lagoon/cluster')).toThrow(
      'No folder can be made in /proc. Choose another one.'
    )
  })
})

describe('what the system says', () => {
  it.each([
    ['ENOSPC', 'DISK_FULL'],
    ['EMFILE', 'TOO_MANY_FILES'],
    ['ENFILE', 'TOO_MANY_FILES'],
    ['EIO', 'DISK_FAILED']
  ])('of %s is %s, with the path and its own code', (system, code) => {
    const error = diskError(Object.assign(new Error('no'), { code: system }), '/lab/log')

    expect(error).toMatchObject({ code, details: { path: '/lab/log', code: system } })
    expect(error.message).toContain('/lab/log')
  })
})

describe('a file that runs ahead', () => {
  it('is longer than what was appended until it is cut or closed, and is written within that length', () => {
    const path = join(dir, 'log')
    const file = nodeDisk.open(path, 'append')
    file.append(bytesOf('one'))
    file.runAhead(1000)
    file.append(bytesOf('two'))
    expect([file.sizeBytes, statSync(path).size]).toEqual([6, 1006])
    file.append(new Uint8Array(1000).fill(0x61))
    expect([file.sizeBytes, statSync(path).size]).toEqual([1006, 1006])
    file.append(bytesOf('three'))
    expect([file.sizeBytes, statSync(path).size]).toEqual([1011, 2011])
    expect(readFileSync(path, 'latin1')).toBe(`onetwo${'a'.repeat(1000)}three${'\0'.repeat(1000)}`)

    file.truncate(6)
    expect(statSync(path).size).toBe(6)
    file.append(bytesOf('four'))
    expect(statSync(path).size).toBe(1010)
    file.close()

    expect(readFileSync(path, 'utf8')).toBe('onetwofour')
  })

  it('gives whoever opens it after a kill its zeros, as part of it', async () => {
    const path = join(dir, 'log')
    const killed = nodeDisk.open(path, 'append')
    killed.runAhead(100)
    killed.append(bytesOf('one'))

    const file = nodeDisk.open(path, 'append')
    expect(file.sizeBytes).toBe(103)
    file.truncate(3)
    file.append(bytesOf('two'))
    await file.sync()

    expect(readFileSync(path, 'utf8')).toBe('onetwo')
    file.close()
  })
})
