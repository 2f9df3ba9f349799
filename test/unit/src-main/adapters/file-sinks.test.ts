import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { partName, sweepParts } from '../../../../src-main/adapters/export-parts'
import { fileSinks } from '../../../../src-main/adapters/file-sinks'
import { syncFolder } from '../../../../src-main/adapters/node-disk'
import { identityOf, isAlive } from '../../../../src-main/adapters/process-liveness'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lagoon-sinks-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** Of a process that has lived and is dead. */
async function deadPart(): Promise<string> {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: 'pipe' })
  const identity = identityOf(child.pid ?? 0)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(isAlive(identity)).toBe(false)
  return partName(identity)
}

describe('what killed exports have left', () => {
  it('goes with the next export to that folder, which says so; what is whole or under way stays', async () => {
    const dead = await deadPart()
    const own = partName()
    for (const name of [dead, own, 'orders.jsonl']) writeFileSync(join(root, name), 'x')
    const said: unknown[] = []
    const sinks = fileSinks((...line) => void said.push(line))

    const sink = await sinks.create(join(root, 'new.jsonl'), false)
    expect(said).toEqual([
      ['warn', 'what exports had left that were killed was removed', { paths: [join(root, dead)] }]
    ])
    await sink.write(['{}'])
    await sink.finish()

    expect(readdirSync(root).toSorted()).toEqual([own, 'new.jsonl', 'orders.jsonl'].toSorted())
    expect(readFileSync(join(root, 'new.jsonl'), 'utf8')).toBe('{}')
  })

  it('is told from what only looks like it, and from what another machine may be writing, but for its age', async () => {
    const dead = await deadPart()
    const foreign = dead.replace(/^\.lagoon-[0-9a-f]{8}/, '.lagoon-00000000')
    const nameless = '.lagoon-0123456789ab.part'
    const alike = ['.lagoon-0123456789ab.part.bak', 'x.lagoon-0123456789ab.part', '.lagoon-notes.part', '.lagoon-.part']
    for (const name of [foreign, nameless, ...alike]) writeFileSync(join(root, name), 'x')
    symlinkSync(join(root, alike[0] ?? ''), join(root, dead))
    const folder = await deadPart()
    mkdirSync(join(root, folder))
    expect(await sweepParts(root)).toEqual([])

    for (const name of [foreign, nameless, ...alike]) utimesSync(join(root, name), 0, 0)
    expect((await sweepParts(root)).toSorted()).toEqual([foreign, nameless].map((name) => join(root, name)).toSorted())
    expect(readdirSync(root).toSorted()).toEqual([...alike, dead, folder].toSorted())
  })

  it('is no reason not to export, where the folder may not be listed', async () => {
    chmodSync(root, 0o300)
    const sink = await fileSinks(() => undefined).create(join(root, 'new.csv'), false)
    await sink.finish()
    chmodSync(root, 0o700)
    expect(readdirSync(root)).toEqual(['new.csv'])
  })
})

describe('the sync of a folder', () => {
  const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }))

  it('is not known where the file system has none, and fails where it fails', async () => {
    expect(await syncFolder(root)).toBe('synced')
    for (const code of ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])
      expect(await syncFolder(root, failing(code))).toBe('unsupported')
    await expect(syncFolder(root, failing('EIO'))).rejects.toThrow('EIO')
    await expect(syncFolder(join(root, 'none'))).rejects.toThrow('ENOENT')
  })
})
