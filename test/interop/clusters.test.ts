/** Several clusters of one machine, hosted by one process or by several: what is done to one is done to no other. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiError } from '../../src-main/api/api'
import type { KnownCluster, NewCluster } from '../../src-main/api/clusters'
import { lagoon, LabCluster, preparedDir, until, type Status } from '../support/lab-cluster'
import { ScreensClient } from '../support/screens-client'

const root = mkdtempSync(join(tmpdir(), 'lagoon-clusters-'))
// Clusters of other tests are none of these.
process.env['LAGOON_STATE'] = join(root, 'state')
process.env['HOME'] = root

const isAlive = (pid: number): boolean => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}
const pidsIn = (dir: string): number[] =>
  existsSync(join(dir, 'processes.json'))
    ? [...readFileSync(join(dir, 'processes.json'), 'utf8').matchAll(/"pid":\s*(\d+)/g)].map(([, pid]) => Number(pid))
    : []
const status = async (dir: string): Promise<Status> => {
  const ended = await lagoon(['status', '--json', '--data', dir])
  if (ended.code !== 0) throw new Error(ended.stderr)
  return JSON.parse(ended.stdout) as Status
}

describe('clusters beside each other', () => {
  let home: LabCluster
  let page: ScreensClient
  let url = ''
  let nextPort = 21_000 + Math.floor(Math.random() * 6000)

  const clusters = async (): Promise<readonly KnownCluster[]> => (await page.seen('clusters', () => true)).clusters
  const named = async (name: string): Promise<KnownCluster> => {
    const found = (await clusters()).find((one) => one.name === name)
    if (found === undefined) throw new Error(`there is no ${name}`)
    return found
  }
  const inState = (name: string, state: KnownCluster['state']): Promise<unknown> =>
    page.seen('clusters', (view) => view.clusters.some((one) => one.name === name && one.state === state))

  /** Away from the ports that everybody begins with. */
  async function create(name: string, brokers = 1): Promise<{ id: string; dir: string }> {
    const dir = join(root, name)
    for (;;) {
      nextPort += 10
      const asks: NewCluster = { name, dir, brokers, brokerPort: nextPort, ensemblePort: nextPort + 9 }
      if ((await page.call('clusters.check', asks)).problems.length > 0) continue
      return { ...(await page.call('clusters.create', asks)), dir }
    }
  }
  const runs = (name: string): Promise<unknown> =>
    page.seen('clusters', (view) => view.clusters.some((one) => one.name === name && one.health === 'healthy'))

  beforeAll(async () => {
    home = await LabCluster.start({ brokers: 1, args: ['--ui'] })
    url = home.ready.uiUrl ?? ''
    page = await ScreensClient.open(url)
  })
  afterAll(async () => {
    page.close()
    await home.discard()
    rmSync(root, { recursive: true, force: true })
  })

  it('are made, each with processes and topics of its own, and one that stops leaves the others as they were', async () => {
    const before = (await home.status()).nodes
    const { id, dir } = await create('second', 2)
    await runs('second')
    const other = await ScreensClient.open(url, id)
    await other.call('topic.create', { topic: 'only-there', partitions: 1 })

    expect((await other.call('topic.list', {})).topics.map(({ name }) => name)).toEqual(['only-there'])
    expect((await page.call('topic.list', {})).topics).toEqual([])
    expect((await other.call('cluster.view', {})).name).toBe('second')
    const nodes = (await status(dir)).nodes
    expect(nodes.map(({ name, state }) => [name, state])).toEqual([
      ['ensemble-1', 'running'],
      ['ensemble-2', 'running'],
      ['ensemble-3', 'running'],
      ['broker-1', 'running'],
      ['broker-2', 'running']
    ])
    const pids = pidsIn(dir)

    await page.call('clusters.stop', { id })

    expect(pids.filter(isAlive)).toEqual([])
    expect(await named('second')).toMatchObject({ state: 'stopped', brokers: 2, health: null })
    await until('who asks is told so', async () => {
      const code = await other.call('topic.list', {}).then(
        () => 'answered',
        (error: unknown) => (error as ApiError).code
      )
      // Its connection may not have ended yet, when its process has.
      expect(['NOT_RUNNING', 'DISCONNECTED']).toContain(code)
      return code === 'NOT_RUNNING'
    })
    expect((await home.status()).nodes).toEqual(before)

    // Something is in the way of its control socket: then nothing of it goes on, and nobody has its folder.
    mkdirSync(join(dir, 'lagoon.sock', 'full'), { recursive: true })
    await expect(page.call('clusters.start', { id })).rejects.toThrow('control socket')
    expect(pidsIn(dir).filter(isAlive)).toEqual([])
    expect(existsSync(join(dir, '.lock'))).toBe(false)
    rmSync(join(dir, 'lagoon.sock'), { recursive: true })

    // A page that looked at it goes on where it was when it is started again.
    const again = other.seen('topics', ({ topics }) => topics.some(({ name }) => name === 'only-there'))
    await page.call('clusters.start', { id })
    await again
    other.close()
  })

  it('that another process hosts are seen, looked at and stopped through it, and survive its death untouched', async () => {
    const third = await LabCluster.start({ brokers: 1 })
    await inState('lab', 'elsewhere').catch(() => undefined)
    const found = await until('the third is known', async () =>
      (await clusters()).find(({ dir, state }) => dir === third.dir && state === 'elsewhere')
    )
    expect(found).toMatchObject({ pid: third.child.pid, health: null, brokers: 1 })
    const other = await ScreensClient.open(url, found.id)
    const view = await other.seen('cluster', ({ health }) => health === 'healthy')
    expect(view.dataDir).toBe(third.dir)
    await expect(page.call('clusters.forget', { id: found.id })).rejects.toMatchObject({ code: 'CONFLICT' })
    const nodes = pidsIn(third.dir)

    third.child.kill('SIGKILL')

    await until('its nodes end with their host', () => nodes.every((pid) => !isAlive(pid)))
    await until('it is known to be down', async () =>
      (await clusters()).some(({ id, state }) => id === found.id && state === 'stopped')
    )
    // Until the connection to its host has ended, too, a question is lost with it.
    const codes = new Set<unknown>()
    await until('nobody is asked', async () => {
      codes.add(await other.call('topic.list', {}).catch(({ code }: ApiError) => code))
      return codes.has('NOT_RUNNING')
    })
    codes.delete('DISCONNECTED')
    expect([...codes]).toEqual(['NOT_RUNNING'])
    expect((await home.status()).nodes.every(({ state }) => state === 'running')).toBe(true)
    await page.call('clusters.start', { id: found.id })
    await other.seen('topics', ({ observedAtMs }) => observedAtMs !== null)
    await page.call('clusters.delete', { id: found.id, name: 'lab' })
    expect(existsSync(third.dir)).toBe(false)
    other.close()
  })

  it('are deleted by name only, with what is theirs and nothing else', async () => {
    const { id, dir } = await create('doomed')
    await runs('doomed')
    const outside = join(root, 'outside')
    mkdirSync(outside)
    writeFileSync(join(outside, 'precious'), 'x')
    writeFileSync(join(dir, 'notes.txt'), 'mine')
    const pids = pidsIn(dir)

    await expect(page.call('clusters.delete', { id, name: 'Doomed' })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    expect(pids.every(isAlive)).toBe(true)
    const { kept } = await page.call('clusters.delete', { id, name: 'doomed' })

    expect(kept).toEqual([join(dir, 'notes.txt')])
    expect(readdirSync(dir)).toEqual(['notes.txt'])
    expect(readFileSync(join(outside, 'precious'), 'utf8')).toBe('x')
    expect(pids.filter(isAlive)).toEqual([])
    expect((await clusters()).map(({ name }) => name)).not.toContain('doomed')
    const own = (await page.seen('clusters', () => true)).current
    await expect(page.call('clusters.delete', { id: own, name: 'lab' })).rejects.toThrow('lagoon up')
  })

  it('are forgotten without their folder, and known again when they are opened', async () => {
    const { id, dir } = await create('away')
    await runs('away')
    await page.call('clusters.stop', { id })
    await page.call('clusters.forget', { id })

    expect((await clusters()).map(({ name }) => name)).not.toContain('away')
    expect(existsSync(join(dir, 'cluster.json'))).toBe(true)
    const again = await LabCluster.start({ dir })
    await inState('away', 'elsewhere')
    await page.call('clusters.stop', { id })
    expect((await again.ended).code).toBe(0)
    expect(await named('away')).toMatchObject({ state: 'stopped' })
    rmSync(dir, { recursive: true })
    await inState('away', 'gone')
    await expect(page.call('clusters.start', { id })).rejects.toThrow('cluster.json')
    expect(existsSync(dir)).toBe(false)
    await expect(page.call('clusters.delete', { id, name: 'away' })).rejects.toMatchObject({ code: 'CONFLICT' })
    await page.call('clusters.forget', { id })
  })

  it('are emptied by name: their topics and history go, what they are stays', async () => {
    const { id, dir } = await create('full')
    await runs('full')
    const other = await ScreensClient.open(url, id)
    await other.call('topic.create', { topic: 'old', partitions: 1 })
    await other.call('cluster.keepHistory', { days: 30 })
    const before = await status(dir)
    await expect(page.call('clusters.reset', { id, name: '' })).rejects.toMatchObject({ code: 'INVALID_INPUT' })

    await page.call('clusters.reset', { id, name: 'full' })
    await runs('full')

    expect((await other.call('topic.list', {})).topics).toEqual([])
    const { events } = await other.call('cluster.events', {})
    expect(events.filter(({ subject }) => subject === 'old')).toEqual([])
    expect(events[0]?.id).toBe(1)
    const after = await status(dir)
    expect(after.bootstrapServers).toBe(before.bootstrapServers)
    expect((await other.call('cluster.view', {})).historyDays).toBe(30)
    await page.call('clusters.delete', { id, name: 'full' })
    other.close()
  })

  it('are moved with all that is in them, and run on at the new place', async () => {
    const { id, dir } = await create('mover')
    await runs('mover')
    const other = await ScreensClient.open(url, id)
    await other.call('topic.create', { topic: 'luggage', partitions: 1 })
    const to = join(root, 'elsewhere', 'mover-2')
    const taken = await page.call('clusters.checkFolder', { id, to: join(dir, 'inside') })
    expect(taken.problems.map(({ code }) => code)).toEqual(['within'])

    const moved = await page.call('clusters.move', { id, to })
    await runs('mover')

    expect(moved).toMatchObject({ dir: to, kept: [] })
    expect(existsSync(dir)).toBe(false)
    const there = await ScreensClient.open(url, moved.id)
    expect((await there.call('topic.list', {})).topics.map(({ name }) => name)).toEqual(['luggage'])
    await expect(other.call('topic.list', {})).rejects.toMatchObject({ code: 'NOT_RUNNING' })
    other.close()
    there.close()
  })

  it('that are being emptied when the process is told to end do not keep it', async () => {
    const own = await LabCluster.start({ brokers: 1, args: ['--ui'] })
    const screens = await ScreensClient.open(own.ready.uiUrl ?? '')
    const { current } = await screens.seen('clusters', () => true)
    screens.call('clusters.reset', { id: current, name: 'lab' }).catch(() => undefined)
    await screens.seen('clusters', (view) => view.clusters.some(({ id, state }) => id === current && state === 'busy'))

    expect((await own.stop()).code).toBe(0)
    screens.close()
    await own.discard()
  })

  it('of which one is meant where none is named: the same after it was moved, and a sentence when that is not known', async () => {
    const own = join(root, 'Lagoon', 'local-lab')
    const to = join(root, 'disk', 'mine')
    const prepared = await preparedDir(1)
    cpSync(prepared, own, { recursive: true })
    rmSync(prepared, { recursive: true })
    const elsewhere = await LabCluster.start({ dir: own })
    expect((await lagoon(['status'])).stdout).toContain('broker-1')
    await elsewhere.stop()
    const { id } = await until('it is known', async () => (await clusters()).find(({ dir }) => dir === own))

    const moved = await page.call('clusters.move', { id, to })
    await page.call('clusters.start', { id: moved.id })
    await until('it serves', async () => (await lagoon(['topic', 'create', 'there'])).code === 0)
    expect((await status(to)).nodes.map(({ dataDir }) => dataDir.startsWith(to))).toEqual([true, true])
    expect((await lagoon(['topic', 'list', '--json', '--data', to])).stdout).toContain('"there"')
    await page.call('clusters.stop', { id: moved.id })
    expect((await lagoon(['status'])).stderr).toContain(to)

    const written = join(root, 'state', 'home.json')
    writeFileSync(written, '{"home":')
    for (const verb of ['status', 'up']) {
      const ended = await lagoon([verb])
      expect([ended.code, ended.stdout]).toEqual([1, ''])
      expect(ended.stderr).toContain(`Which cluster is yours is written in ${written}, and that cannot be read`)
    }
    expect(existsSync(own)).toBe(false)
    writeFileSync(written, JSON.stringify({ home: join(root, 'unplugged') }))
    const ended = await lagoon(['up'])
    expect([ended.code, existsSync(own)]).toEqual([1, false])
    expect(ended.stderr).toContain('nothing new was made in its place. It is your own cluster')
    rmSync(written)
  })

  it('end with the process that hosts them, all of them, and their folders are free again', async () => {
    const dirs = (await clusters()).filter(({ processes }) => processes !== null).map(({ dir }) => dir)
    expect(dirs.length).toBeGreaterThan(1)
    const pids = dirs.flatMap(pidsIn)

    expect((await home.stop()).code).toBe(0)

    expect(pids.filter(isAlive)).toEqual([])
    expect(dirs.filter((dir) => existsSync(join(dir, '.lock')))).toEqual([])
  })
})
