import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeClock } from '../../../../src-main/adapters/node-clock'
import { nodeDisk } from '../../../../src-main/adapters/node-disk'
import { Clusters, type ClustersPorts } from '../../../../src-main/host/clusters'
import { realFolder } from '../../../../src-main/host/control-path'
import { AppError } from '../../../../src-main/kernel/errors'
import type { LabHost } from '../../../../src-main/host/lab-host'
import { encodeSpec, makeSpec } from '../../../../src-main/supervisor/core/cluster-spec'

let root = ''
let known: Map<string, string>
let forgets: (() => never) | undefined
let own: { home: string | undefined; keep: (dir: string | undefined) => void }

function clusterAt(dir: string, name: string): string {
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'cluster.json'), encodeSpec(makeSpec(name, { ensemble: [2181], brokers: [9092] })))
  known.set(dir, name)
  return dir
}

function clusters(open: ClustersPorts['open'] = () => Promise.reject(new Error('none of these runs'))): Clusters {
  const ports: ClustersPorts = {
    clock: nodeClock,
    disk: nodeDisk,
    ports: { isFree: () => Promise.resolve(true), freePort: () => Promise.resolve(1) },
    labs: {
      idOf: (dir) => dir,
      remember: (dir, _, name) => void known.set(dir, name),
      portsOfOthers: () => [],
      list: () => [...known].map(([dir, name]) => ({ id: dir, dir, name, ports: [] })),
      forget: (dir) => (forgets === undefined ? void known.delete(dir) : forgets()),
      newBrokers: () => undefined,
      keepNewBrokers: () => undefined,
      home: () => own.home,
      keepHome: (dir) => own.keep(dir)
    },
    lockHolder: () => undefined,
    portHolder: () => undefined,
    root,
    ownDir: join(root, 'own'),
    open
  }
  return new Clusters(ports)
}

beforeEach(() => {
  root = realFolder(mkdtempSync(join(tmpdir(), 'lagoon-clusters-')))
  known = new Map()
  forgets = undefined
  own = { home: undefined, keep: (dir) => void (own.home = dir) }
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('a cluster whose folder is moved', () => {
  it('is known at its new place only, and lets the next one take the old one', async () => {
    const dir = clusterAt(join(root, 'lab'), 'lab')
    const to = join(root, 'there', 'lab')

    expect(await clusters().run('clusters.move', { id: dir, to })).toEqual({
      id: to,
      dir: to,
      kept: [],
      isDurable: true
    })

    expect([...known]).toEqual([[to, 'lab']])
    expect([existsSync(dir), existsSync(join(to, '.lock'))]).toEqual([false, false])
    expect(
      clusters()
        .view('')
        .clusters.map(({ state }) => state)
    ).toEqual(['stopped'])
  })

  it('that could not be moved says why in the list, until something else is done with it', async () => {
    const dir = clusterAt(join(root, 'lab'), 'lab')
    const all = clusters()
    const inner = join(dir, 'history', 'unknown')
    mkdirSync(inner, { recursive: true })
    writeFileSync(join(inner, 'cluster.json'), encodeSpec(makeSpec('inner', { ensemble: [2181], brokers: [9092] })))
    const refused = all.run('clusters.move', { id: dir, to: join(root, 'there') })
    await expect(refused).rejects.toMatchObject({ code: 'FAILED' })
    const problem = (): unknown => all.view('').clusters.map((one) => one.problem)
    expect(problem()).toEqual([expect.stringContaining(`All of it is still in ${dir}.`)])

    rmSync(inner, { recursive: true })
    await all.run('clusters.move', { id: dir, to: join(root, 'there') })
    expect(problem()).toEqual([null])
  })

  it('is neither moved nor deleted with another known cluster in it, unless that has gone', async () => {
    const dir = clusterAt(join(root, 'lab'), 'lab')
    const inner = clusterAt(join(dir, 'history', 'inner'), 'inner')
    const all = clusters()
    const to = join(root, 'there')

    await expect(all.run('clusters.move', { id: dir, to })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: /inner/
    })
    await expect(all.run('clusters.delete', { id: dir, name: 'lab' })).rejects.toMatchObject({ code: 'CONFLICT' })
    expect([existsSync(join(inner, 'cluster.json')), existsSync(to)]).toEqual([true, false])

    rmSync(inner, { recursive: true })
    expect(await all.run('clusters.move', { id: dir, to })).toMatchObject({ dir: to })
  })

  it('has moved all the same when its old place cannot be forgotten, which the list shows as gone', async () => {
    const dir = clusterAt(join(root, 'lab'), 'lab')
    const to = join(root, 'there')
    const all = clusters()
    forgets = () => {
      throw new AppError('FAILED', 'The list of clusters cannot be written.')
    }

    expect(await all.run('clusters.move', { id: dir, to })).toMatchObject({ id: to, kept: [] })

    const states = all.view('').clusters.map(({ dir: at, state }) => [at, state])
    expect(states.toSorted()).toEqual(
      [
        [dir, 'gone'],
        [to, 'stopped']
      ].toSorted()
    )
    await expect(all.run('clusters.forget', { id: dir })).rejects.toMatchObject({
      message: 'The list of clusters cannot be written.'
    })
    forgets = undefined
    await all.run('clusters.forget', { id: dir })
    expect(all.view('').clusters.map(({ dir: at }) => at)).toEqual([to])
  })

  it('takes along what is meant where no cluster is named, and only its own', async () => {
    const moved = join(root, 'moved')
    await clusters().run('clusters.move', { id: clusterAt(join(root, 'other'), 'other'), to: join(root, 'elsewhere') })
    expect(own.home).toBeUndefined()

    await clusters().run('clusters.move', { id: clusterAt(join(root, 'own'), 'own'), to: moved })
    expect(own.home).toBe(moved)

    const again = join(root, 'again')
    await clusters().run('clusters.move', { id: moved, to: again })
    expect(own.home).toBe(again)

    await clusters().run('clusters.delete', { id: again, name: 'own' })
    expect(own.home).toBeUndefined()
  })

  it('is said to have moved when that could not be written down, with the way to it', async () => {
    const to = join(root, 'moved')
    own.keep = () => {
      throw new AppError('DISK_FULL', 'No room is left.')
    }
    const all = clusters()
    await all.run('clusters.move', { id: clusterAt(join(root, 'own'), 'own'), to })

    const [moved] = all.view('').clusters
    expect(moved?.problem).toBe(
      `It has moved, but that could not be written down: No room is left. Start Lagoon with --data ${to} from now on.`
    )
  })

  it('does not keep the others running when all are stopped meanwhile', async () => {
    const told: string[] = []
    let release: () => void = () => undefined
    const released = new Promise<void>((resolve) => (release = resolve))
    const stops: Record<string, () => Promise<void>> = {
      slow: () => released,
      other: () => Promise.resolve()
    }
    const all = clusters((dir) => {
      const name = basename(dir)
      const stop = (): Promise<void> => {
        told.push(name)
        return stops[name]?.() ?? Promise.resolve()
      }
      const host = { dir, name, stop, onStopped: () => undefined } as Partial<LabHost> as LabHost
      return Promise.resolve({ host, started: Promise.resolve() })
    })
    const dir = clusterAt(join(root, 'slow'), 'slow')
    await all.open(dir)
    await all.open(clusterAt(join(root, 'other'), 'other'))
    const moved = all.run('clusters.move', { id: dir, to: join(root, 'there') })
    await expect.poll(() => told).toContain('slow')

    const stopped = all.stopAll()
    expect(told).toContain('other')
    release()
    await Promise.all([moved, stopped])
  })
})
