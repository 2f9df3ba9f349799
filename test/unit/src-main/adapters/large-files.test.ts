import { pbkdf2 } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { largeFileBytes } from '../../../../src-main/adapters/large-files'
import { nodeDisk } from '../../../../src-main/adapters/node-disk'

let dir: string
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'lagoon-large-'))))
afterEach(() => rmSync(dir, { recursive: true }))

function make(...parts: readonly string[]): string {
  const path = join(dir, ...parts)
  writeFileSync(path, 'x')
  truncateSync(path, largeFileBytes)
  return path
}

/** Files without a name that this process still holds. */
function held(): readonly string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(join('/proc/self/fd', fd))
      return path.startsWith(dir) && path.endsWith(' (deleted)') ? [path.slice(0, -' (deleted)'.length)] : []
    } catch {
      // The descriptor by which the folder was listed.
      return []
    }
  })
}

/** The threads beside this one have something to do for a moment: what they are asked for is not done before this thread looks. */
function occupyThreads(): void {
  const count = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4)
  for (let i = 0; i < count; i++) pbkdf2('x', 'y', 100_000, 64, 'sha512', () => undefined)
}

describe('a large file', () => {
  it('has no name any more when it was removed, and is let go of elsewhere', async () => {
    const path = make('00000000000000000000.log')
    occupyThreads()
    nodeDisk.remove(path)
    expect([existsSync(path), held()]).toEqual([false, [path]])
    await vi.waitUntil(() => held().length === 0)
  })

  it('goes with its folder, and what a link points at stays', async () => {
    mkdirSync(join(dir, 'topic-0', 'deep'), { recursive: true })
    const kept = make('kept')
    const large = [make('topic-0', 'a.log'), make('topic-0', 'deep', 'b.log')]
    writeFileSync(join(dir, 'topic-0', 'small'), 'x')
    symlinkSync(kept, join(dir, 'topic-0', 'link'))
    occupyThreads()
    nodeDisk.remove(join(dir, 'topic-0'))
    expect([readdirSync(dir), [...held()].sort()]).toEqual([['kept'], large])
    await vi.waitUntil(() => held().length === 0)
  })

  it('is let go of elsewhere, too, by who held it open for longer than it had a name', async () => {
    const path = make('00000000000000000000.log.deleted')
    const file = nodeDisk.open(path, 'read')
    nodeDisk.remove(path)
    await vi.waitUntil(() => held().length === 1)
    occupyThreads()
    file.close()
    expect(held()).toEqual([path])
    await vi.waitUntil(() => held().length === 0)
  })

  it('that has its name is closed at once', () => {
    const path = make('00000000000000000000.log')
    const file = nodeDisk.open(path, 'read')
    file.close()
    expect(() => file.readAt(0, new Uint8Array(1))).toThrow(`${path} is closed.`)
    expect(held()).toEqual([])
  })

  it('is removed also where more are being let go of than there are descriptors for that', async () => {
    const paths = Array.from({ length: 100 }, (_, i) => make(`${i}.log`))
    occupyThreads()
    for (const path of paths) nodeDisk.remove(path)
    expect(readdirSync(dir)).toEqual([])
    expect(held()).toHaveLength(32)
    await vi.waitUntil(() => held().length === 0)
  })
})
