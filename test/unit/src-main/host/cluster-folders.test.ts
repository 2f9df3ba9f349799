import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeDisk } from '../../../../src-main/adapters/node-disk'
import { emptyCluster, lookAtFolder, removeCluster, sizeOfFolder } from '../../../../src-main/host/cluster-folders'
import { moveFolder, type Move, type Moved } from '../../../../src-main/host/folder-move'
import { checkNewCluster, type CheckPorts } from '../../../../src-main/host/new-cluster'
import { finishEmptying } from '../../../../src-main/supervisor/cluster-folder'
import { AppError } from '../../../../src-main/kernel/errors'
import { encodeSpec, makeSpec } from '../../../../src-main/supervisor/core/cluster-spec'

let root = ''
let lab = ''
const nobody = (): undefined => undefined
const spec = makeSpec('lab', { ensemble: [2181], brokers: [9092, 9093] })
const otherDisk = (): Promise<never> => Promise.reject(Object.assign(new Error('EXDEV'), { code: 'EXDEV' }))

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lagoon-folders-'))
  lab = join(root, 'lab')
  for (const name of ['broker-1', 'broker-2', 'ensemble-1', 'history', 'monitor'])
    mkdirSync(join(lab, name, 'deep'), { recursive: true })
  writeFileSync(join(lab, 'broker-1', 'deep', '0.log'), Buffer.alloc(100_000, 7))
  writeFileSync(join(lab, 'cluster.json'), encodeSpec(spec))
  for (const name of ['workloads.json', 'web.json', 'lagoon.log', 'processes.json'])
    writeFileSync(join(lab, name), name)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('a cluster folder', () => {
  it('is looked at for what it is, whatever it is', () => {
    const look = (): string => lookAtFolder(lab, nobody).state

    expect(lookAtFolder(lab, () => 4711)).toEqual({ state: 'elsewhere', spec, pid: 4711 })
    expect(look()).toBe('stopped')
    writeFileSync(join(lab, 'cluster.json'), encodeSpec(spec).replace('"version": 1', '"version": 9'))
    expect(look()).toBe('newer')
    writeFileSync(join(lab, 'cluster.json'), '{"version": 1')
    expect(look()).toBe('damaged')
    rmSync(join(lab, 'cluster.json'))
    expect(look()).toBe('damaged')
    rmSync(lab, { recursive: true })
    expect(look()).toBe('gone')
    writeFileSync(lab, '')
    expect(look()).toBe('gone')
    expect(lookAtFolder(join(lab, 'x', 'y'), nobody).state).toBe('gone')
  })

  it('is measured as far as the limit goes, and says when that was not all', async () => {
    const whole = await sizeOfFolder(lab)
    expect(whole.bytes).toBeGreaterThanOrEqual(100_000)
    expect(whole.isPartial).toBe(false)
    expect((await sizeOfFolder(lab, 3)).isPartial).toBe(true)
    await expect(sizeOfFolder(join(root, 'none'))).rejects.toThrow('ENOENT')
  })

  it('is removed with all that is ours: links go and what they lead to stays', async () => {
    const outside = join(root, 'outside')
    mkdirSync(outside)
    writeFileSync(join(outside, 'precious'), 'x')
    symlinkSync(outside, join(lab, 'broker-1', 'link'))
    rmSync(join(lab, 'broker-2'), { recursive: true })
    symlinkSync(outside, join(lab, 'broker-2'))

    expect(await removeCluster(nodeDisk, lab)).toEqual({ kept: [], failed: [] })

    expect(existsSync(lab)).toBe(false)
    expect(readdirSync(outside)).toEqual(['precious'])
  })

  it('keeps what others have put into it when it is removed', async () => {
    mkdirSync(join(lab, 'broker-1.backup'))
    writeFileSync(join(lab, 'notes.txt'), 'mine')

    expect((await removeCluster(nodeDisk, lab)).kept.toSorted()).toEqual(['broker-1.backup', 'notes.txt'])
    expect(readdirSync(lab).toSorted()).toEqual(['broker-1.backup', 'notes.txt'])
  })

  it('loses its data and nothing else when it is emptied, and is emptied to the end by whoever opens it next', async () => {
    await emptyCluster(nodeDisk, lab)
    const left = ['cluster.json', 'lagoon.log', 'web.json', 'workloads.json']
    expect(readdirSync(lab).toSorted()).toEqual(left)

    mkdirSync(join(lab, 'broker-2'))
    finishEmptying(nodeDisk, lab)
    expect(readdirSync(lab)).toContain('broker-2')
    writeFileSync(join(lab, '.emptying'), '')
    finishEmptying(nodeDisk, lab)
    expect(readdirSync(lab).toSorted()).toEqual(left)
  })
})

describe('a cluster folder that cannot be marked as being emptied', () => {
  const fullDisk = new AppError('DISK_FULL', 'The disk is full.')
  const withoutSync = { ...nodeDisk, syncDirectory: () => Promise.reject(fullDisk) }
  // No byte finds room; a name does.
  const full = { ...nodeDisk, replace: () => Promise.reject(fullDisk) }

  it('keeps everything, and nothing is taken away when it is opened next', async () => {
    const before = readdirSync(lab)
    await expect(removeCluster(withoutSync, lab)).rejects.toBe(fullDisk)
    await expect(emptyCluster(withoutSync, lab)).rejects.toBe(fullDisk)

    finishEmptying(nodeDisk, lab)
    expect(readdirSync(lab)).toEqual(before)
  })

  it('is emptied and removed all the same on a full disk, where a mark without content finds room', async () => {
    await emptyCluster(full, lab)
    expect(readdirSync(lab)).not.toContain('broker-1')
    expect(await removeCluster(full, lab)).toEqual({ kept: [], failed: [] })
    expect(existsSync(lab)).toBe(false)
  })

  it('is emptied when a folder in it stays that is a mount point, and not when something is left in one', () => {
    const busy = new AppError('DISK_FAILED', 'EBUSY')
    const mounted = {
      ...nodeDisk,
      remove: (path: string) => {
        if (path !== join(lab, 'broker-1')) return nodeDisk.remove(path)
        nodeDisk.remove(join(path, 'deep'))
        throw busy
      }
    }
    writeFileSync(join(lab, '.emptying'), '')
    writeFileSync(join(lab, 'broker-1', 'of-another-user'), '')
    expect(() => finishEmptying(mounted, lab)).toThrow(busy)
    expect(readdirSync(lab)).toContain('.emptying')

    rmSync(join(lab, 'broker-1', 'of-another-user'))
    finishEmptying(mounted, lab)
    expect(readdirSync(lab).filter((name) => /^(broker|ensemble)|emptying/.test(name))).toEqual(['broker-1'])
  })
})

describe('moving a folder', () => {
  it('to another disk copies, compares and removes, and says how far it is', async () => {
    symlinkSync('deep/0.log', join(lab, 'broker-1', 'link'))
    writeFileSync(join(lab, '.lock'), 'ours')
    const told: number[] = []
    const to = join(root, 'there', 'lab')

    const { kept } = await moveFolder({
      disk: nodeDisk,
      from: lab,
      to,
      rename: otherDisk,
      progress: (done, all) => told.push(done / all)
    })

    expect(kept).toEqual([])
    expect(existsSync(lab)).toBe(false)
    expect(readFileSync(join(to, 'broker-1', 'link')).equals(Buffer.alloc(100_000, 7))).toBe(true)
    expect(readdirSync(to)).not.toContain('.lock')
    expect(readdirSync(join(root, 'there'))).toEqual(['lab'])
    expect(told.at(-1)).toBe(1)
    expect(told).toEqual(told.toSorted((a, b) => a - b))
  })

  it('that fails halfway leaves all of it where it was, and nothing at the new place', async () => {
    const before = execFileSync('find', [lab, '-type', 'f']).toString().split('\n').toSorted()
    const target = join(root, 'there')
    const move = moveFolder({
      disk: nodeDisk,
      from: lab,
      to: join(target, 'lab'),
      rename: otherDisk,
      progress: (done, all) => {
        if (done > all / 4) throw new Error('the disk went away')
      }
    })

    await expect(move).rejects.toThrow(`All of it is still in ${lab}.`)
    expect(execFileSync('find', [lab, '-type', 'f']).toString().split('\n').toSorted()).toEqual(before)
    expect(readdirSync(target)).toEqual([])
  })
})

describe('a folder that is moved to another disk', () => {
  const to = (): string => join(root, 'there', 'lab')
  const move = (more: Partial<Move> = {}): Promise<Moved> =>
    moveFolder({ disk: nodeDisk, from: lab, to: to(), rename: otherDisk, progress: () => undefined, ...more })
  const filesIn = (dir: string): string[] => readdirSync(dir, { recursive: true }).map(String).toSorted()

  it('is as private there as it was, and while it is copied', async () => {
    chmodSync(lab, 0o750)
    const modes = new Set<number>()
    const progress = (): unknown => modes.add(statSync(join(root, 'there', '.lab.moving')).mode & 0o777)
    await move({ progress })
    expect([[...modes], statSync(to()).mode & 0o777]).toEqual([[0o700], 0o750])
  })

  it('is known at its new place before anything is taken away at the old one', async () => {
    const before = filesIn(lab)
    const seen: unknown[] = []
    await move({ arrived: () => seen.push(filesIn(lab), filesIn(to())) })
    expect(seen).toEqual([before, before])
  })

  it('takes what a killed move has left out of the way', async () => {
    mkdirSync(join(root, 'there', '.lab.moving', 'half'), { recursive: true })
    await move()
    expect(readdirSync(join(root, 'there'))).toEqual(['lab'])
    expect(readdirSync(to())).not.toContain('half')
  })

  it('stays where it was, whole, when that is given up', async () => {
    const before = filesIn(lab)
    const ending = new AbortController()
    const progress = (): void => ending.abort(new AppError('ABORTED', 'Lagoon is ending.'))
    const ended = move({ signal: ending.signal, progress })
    await expect(ended).rejects.toThrow(`Lagoon is ending. All of it is still in ${lab}.`)
    expect([filesIn(lab), readdirSync(join(root, 'there'))]).toEqual([before, []])
  })

  it('leaves a lock alone that somebody has taken at the new place, and its own behind when it is renamed', async () => {
    writeFileSync(join(lab, '.lock'), 'ours')
    await move({ arrived: () => writeFileSync(join(to(), '.lock'), 'of another') })
    expect(readFileSync(join(to(), '.lock'), 'utf8')).toBe('of another')

    await moveFolder({ disk: nodeDisk, from: to(), to: lab, progress: () => undefined })
    expect(readdirSync(lab)).toContain('cluster.json')
    expect(readdirSync(lab)).not.toContain('.lock')
  })

  it.each([
    ['cannot sync folders', () => Promise.resolve('unsupported' as const)],
    ['fails to sync the last of them', (path: string) => failsAt(path)]
  ])('is moved to one that %s; then the old folder stays, whole, and that is said', async (_, syncDirectory) => {
    const before = filesIn(lab)
    expect(await move({ disk: { syncDirectory } })).toEqual({ kept: [lab], isDurable: false })
    expect([filesIn(lab), filesIn(to())]).toEqual([before, before])
  })
  const failsAt = (path: string): Promise<'synced'> =>
    path === join(root, 'there') ? Promise.reject(new AppError('FAILED', 'EIO')) : Promise.resolve('synced')

  it('is not moved, renamed or copied, with another cluster in it', async () => {
    mkdirSync(join(lab, 'broker-1', 'inner'))
    writeFileSync(join(lab, 'broker-1', 'inner', 'cluster.json'), encodeSpec(spec))
    const before = filesIn(lab)
    await expect(move()).rejects.toThrow(join(lab, 'broker-1', 'inner'))
    await expect(moveFolder({ disk: nodeDisk, from: lab, to: to(), progress: () => undefined })).rejects.toThrow(
      'Move or delete that'
    )
    expect([filesIn(lab), existsSync(to())]).toEqual([before, false])
  })
})

describe('a cluster that is to be made', () => {
  const ask = { name: 'orders', dir: null, brokers: 3, brokerPort: null, ensemblePort: null }
  const ports = (): CheckPorts => ({
    root,
    ports: { isFree: (_, port) => Promise.resolve(port !== 9999), freePort: () => Promise.resolve(1) },
    holderOf: (port) => (port === 9999 ? 'python3 (process 7)' : undefined),
    others: [{ name: 'lab', dir: lab, ports: [2181, 9092, 9093] }]
  })
  const problems = async (more: object): Promise<string[]> =>
    (await checkNewCluster(ports(), { ...ask, ...more })).problems.map(({ field, code }) => `${field} ${code}`)

  it('is well with a new name, at a place that is its name’s', async () => {
    expect(await checkNewCluster(ports(), ask)).toEqual({ dir: join(root, 'orders'), problems: [] })
    expect(await problems({ name: '주문 2.1', brokers: 30, brokerPort: 9200, ensemblePort: 9197 })).toEqual([])
    mkdirSync(join(root, 'empty'))
    expect(await problems({ dir: join(root, 'empty') })).toEqual([])
  })

  it.each([
    [{ name: ' ' }, ['name empty']],
    [{ name: 'x'.repeat(61) }, ['name long']],
    [{ name: '../x' }, ['name characters']],
    [{ name: '..' }, ['name characters']],
    [{ name: 'a\u202eb' }, ['name characters']],
    [{ name: 'lab' }, ['name taken', 'dir cluster']],
    [{ dir: 'x/y' }, ['dir relative']],
    [{ brokers: 0 }, ['brokers range']],
    [{ brokers: 2.5 }, ['brokers range']],
    [{ members: 0 }, ['members range']],
    [{ members: 9 }, ['members range']],
    [{ members: 2.5 }, ['members range']],
    [{ members: 2 }, ['members even']],
    [{ members: 6 }, ['members even']],
    [{ members: 5, brokerPort: 9302, ensemblePort: 9298 }, ['ensemblePort overlaps']],
    [{ members: 3, ensemblePort: 9997 }, ['ensemblePort taken']],
    [{ members: 7, ensemblePort: 65_530 }, ['ensemblePort range']],
    [{ brokerPort: 9091 }, ['brokerPort known']],
    [{ brokerPort: 9998 }, ['brokerPort taken']],
    [{ brokerPort: 65_534 }, ['brokerPort range']],
    [{ ensemblePort: 80 }, ['ensemblePort range']],
    [{ brokerPort: 9300, ensemblePort: 9302 }, ['ensemblePort overlaps']]
  ])('says field by field what is wrong with %o', async (more, expected) => {
    expect(await problems(more)).toEqual(expected)
  })

  it('is refused a folder in which something is, a file, and one inside of another cluster', async () => {
    expect(await problems({ dir: lab })).toEqual(['dir cluster'])
    expect(await problems({ dir: join(lab, 'broker-1', 'x') })).toEqual(['dir within'])
    expect(await problems({ dir: root })).toEqual(['dir foreign'])
    writeFileSync(join(root, 'file'), '')
    expect(await problems({ dir: join(root, 'file') })).toEqual(['dir file'])
    expect(await problems({ dir: join(root, 'file', 'x') })).toEqual(['dir file'])
  })
})
