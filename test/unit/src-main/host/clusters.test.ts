import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { nodeClock } from '../../../../src-main/adapters/node-clock'
import { nodeDisk } from '../../../../src-main/adapters/node-disk'
import { Clusters, type ClustersPorts } from '../../../../src-main/host/clusters'
import { AppError } from '../../../../src-main/kernel/errors'
import { encodeSpec, makeSpec } from '../../../../src-main/supervisor/core/cluster-spec'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lagoon-clusters-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** Clusters that are known and that nobody hosts; each by the last name of its folder. */
function known(dirs: readonly string[], more: Partial<ClustersPorts> = {}): Clusters {
  const list = dirs.map((dir) => ({ id: dir, dir, name: undefined, ports: [] }))
  const labs = { idOf: (dir: string) => dir, list: () => list, newBrokers: () => undefined }
  return new Clusters({
    clock: nodeClock,
    disk: nodeDisk,
    labs,
    lockHolder: () => undefined,
    portHolder: () => undefined,
    root,
    ...more
  } as unknown as ClustersPorts)
}

it('shows the others when one of the folders cannot be looked at', () => {
  const sound = join(root, 'sound')
  mkdirSync(sound)
  writeFileSync(join(sound, 'cluster.json'), encodeSpec(makeSpec('sound', { ensemble: [2181], brokers: [9092] })))
  writeFileSync(join(root, 'file'), '')
  const odd = [join(root, 'file', 'deep', 'lab'), join(root, 'file'), join(root, 'x'.repeat(5000)), '\0', '']

  const { clusters } = known([sound, ...odd]).view('')

  expect(clusters.map(({ dir, state }) => [dir, state])).toEqual(
    expect.arrayContaining([
      [sound, 'stopped'],
      [odd[0], 'gone'],
      [odd[1], 'gone']
    ])
  )
  expect(clusters).toHaveLength(6)
})

it('shows the others when looking at a lock fails', () => {
  const labs = ['one', 'two'].map((name) => join(root, name))
  for (const dir of labs) {
    mkdirSync(dir)
    writeFileSync(join(dir, 'cluster.json'), encodeSpec(makeSpec('lab', { ensemble: [2181], brokers: [9092] })))
  }
  const lockHolder = (path: string): undefined => {
    if (path.startsWith(labs[0] ?? '')) throw Object.assign(new Error('EIO'), { code: 'EIO' })
  }

  const states = known(labs, { lockHolder })
    .view('')
    .clusters.map(({ state }) => state)

  expect(states.toSorted()).toEqual(['damaged', 'stopped'])
})

it('starts what it knows only where it still is', async () => {
  const asked: unknown[] = []
  const open = (dir: string, how: unknown): Promise<never> => {
    asked.push([dir, how])
    return Promise.reject(new AppError('NOT_FOUND', 'It is gone.'))
  }

  await expect(known(['/labs/gone'], { open }).run('clusters.start', { id: '/labs/gone' })).rejects.toThrow('gone')

  expect(asked).toEqual([['/labs/gone', { isKnown: true }]])
})
