/** Traffic on purpose as a foreign client sees it: kafkajs is asked what the group has, the system which processes live. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel, type Admin } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isAlive } from '../../src-main/adapters/process-liveness'
import type { CommandInput } from '../../src-main/api/commands'
import type { WorkloadView } from '../../src-main/api/workloads'
import { ControlClient } from '../../src-main/host/control-client'
import { LabCluster, lagoon, preparedDir, until } from '../support/lab-cluster'

interface Line {
  readonly name: string
  readonly kind: string
  readonly topic: string
  readonly groupId: string | null
  readonly state: string
  readonly ratePerSecond: number | null
  readonly errors: number
}

const contractKeys = ['name', 'kind', 'topic', 'groupId', 'state', 'ratePerSecond', 'errors']

const scene = {
  name: 'orders',
  topics: [{ topic: 'orders', partitions: 6 }],
  producers: [{ name: 'orders-in', topic: 'orders', ratePerSecond: 300, serializer: 'json' }],
  consumers: [
    { name: 'reader', group: 'orders-readers', topic: 'orders', members: 3, sessionTimeoutMs: 6000, commit: 'batch' }
  ]
}

const files = mkdtempSync(join(tmpdir(), 'lagoon-scenes-'))
let cluster: LabCluster
let client: ControlClient
let admin: Admin

const fileOf = (name: string, text: string): string => {
  writeFileSync(join(files, name), text)
  return join(files, name)
}

async function workload(...args: readonly string[]): Promise<Line[]> {
  const ended = await lagoon(['workload', ...args, '--json', '--data', cluster.dir])
  if (ended.code !== 0) throw new Error(`workload ${args.join(' ')}: ${ended.stderr}`)
  return ended.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
}

const rows = async (): Promise<readonly WorkloadView[]> => (await client.call('workload.list', {})).workloads

async function row(name: string): Promise<WorkloadView> {
  const found = (await rows()).find((one) => one.name === name)
  if (found === undefined) throw new Error(`there is no row ${name}`)
  return found
}

const change = (name: string, action: CommandInput<'workload.change'>['action']) =>
  client.call('workload.change', { name, action })

/** Ends less commits, by a client that is not ours. */
async function foreignLag(): Promise<number> {
  const ends = await admin.fetchTopicOffsets('orders')
  const committed = (await admin.fetchOffsets({ groupId: 'orders-readers', topics: ['orders'] }))[0]?.partitions ?? []
  return ends.reduce((lag, { partition, high }) => {
    const at = Number(committed.find((one) => one.partition === partition)?.offset ?? -1)
    return lag + Number(high) - Math.max(0, at)
  }, 0)
}

async function foreignMembers(): Promise<string[]> {
  const { groups } = await admin.describeGroups(['orders-readers'])
  return (groups[0]?.members ?? []).map(({ clientId }) => clientId).sort()
}

const ownedBy = (list: readonly WorkloadView[]): number[] =>
  list.flatMap(({ partitions }) => partitions ?? []).sort((a, b) => a - b)
const all = [0, 1, 2, 3, 4, 5]

const whenAllOwned = (names: readonly string[]): Promise<readonly WorkloadView[]> =>
  until('the others own all partitions', async () => {
    const others = (await rows()).filter(({ name }) => names.includes(name))
    return others.every(({ isJoining }) => !isJoining) && ownedBy(others).join() === all.join() && others
  })

beforeAll(async () => {
  cluster = await LabCluster.start({ brokers: 2 })
  client = await ControlClient.connect(cluster.dir)
  const kafka = new Kafka({ brokers: cluster.bootstrap.split(','), logLevel: logLevel.NOTHING })
  admin = kafka.admin()
  await admin.connect()
})

afterAll(async () => {
  await admin.disconnect()
  client.close()
  await cluster.discard()
  rmSync(files, { recursive: true, force: true })
})

describe('workloads', () => {
  it('start from a file, make their topic, and write and read as real members', async () => {
    const file = fileOf('orders.json', JSON.stringify(scene))
    const ended = await lagoon(['workload', 'start', file, '--json', '--data', cluster.dir])
    expect(ended).toMatchObject({ code: 0, stderr: 'Created topic orders.\n' })
    const started = ended.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line)
    expect(started.map((line) => Object.keys(line))).toEqual(Array(4).fill(contractKeys))
    expect(started.map(({ ratePerSecond }) => typeof ratePerSecond)).toEqual(Array(4).fill('number'))

    const lines = await until('all run and own', async () => {
      const seen = await workload('list')
      const isWhole = seen.every(({ state, ratePerSecond }) => state === 'running' && (ratePerSecond ?? 0) > 0)
      return isWhole && seen
    })

    expect(lines.map(({ name, kind, topic, groupId }) => [name, kind, topic, groupId])).toEqual([
      ['orders-in', 'producer', 'orders', null],
      ['reader-1', 'consumer', 'orders', 'orders-readers'],
      ['reader-2', 'consumer', 'orders', 'orders-readers'],
      ['reader-3', 'consumer', 'orders', 'orders-readers']
    ])
    await whenAllOwned(['reader-1', 'reader-2', 'reader-3'])
    expect(lines.map(({ errors }) => errors)).toEqual([0, 0, 0, 0])
    expect(await foreignMembers()).toEqual(['reader-1', 'reader-2', 'reader-3'])
    const rate = lines[0]?.ratePerSecond ?? 0
    expect(rate).toBeGreaterThan(200)
    expect(rate).toBeLessThan(400)
  })

  it('refuse what is running already, what is no scene, and what is not there, in a sentence', async () => {
    const start = (what: string) => lagoon(['workload', 'start', what, '--data', cluster.dir])
    expect(await start(join(files, 'orders.json'))).toMatchObject({
      code: 1,
      stderr: 'orders-in is running already. Stop it first.\n'
    })
    const wrong = { ...scene, producers: [{ name: 'p', topic: 'a b', ratePerSecond: -1, acks: 'two', colour: 1 }] }
    const refused = await start(fileOf('wrong.json', JSON.stringify(wrong)))
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('The scene cannot be used. producers[0]')
    expect(refused.stderr).toContain('ratePerSecond: must be at least 0.1')
    expect(await start(fileOf('half.json', '{"name": '))).toMatchObject({ code: 1 })
    expect((await start('no such scene')).stderr).toContain('There is no scene "no such scene". There are "steady"')
    expect((await start(join(files, 'absent.json'))).stderr).toContain('absent.json does not exist.')
    expect(await cluster.fails('workload', 'stop')).toMatchObject({ code: 2 })
    expect((await cluster.fails('workload', 'stop', 'nobody')).stderr).toContain('No workload, group or scene')
    expect(await rows()).toHaveLength(4)
  })

  it('slowed, let the lag grow by the word of a foreign client, and drain it again', async () => {
    await until('a small lag', async () => (await foreignLag()) < 600)
    await Promise.all(['reader-1', 'reader-2', 'reader-3'].map((name) => change(name, 'slow')))
    expect((await rows()).filter(({ state }) => state === 'slowed')).toHaveLength(3)
    await until('a lag that grows', async () => (await foreignLag()) > 1500)
    await Promise.all(['reader-1', 'reader-2', 'reader-3'].map((name) => change(name, 'resume')))
    await until('a lag that drains', async () => (await foreignLag()) < 600)
  })

  it('paused, stay members and read nothing', async () => {
    const { workloads } = await change('reader-1', 'pause')
    expect(workloads[0]).toMatchObject({ state: 'paused' })
    const still = await until('no rate', async () => {
      const one = await row('reader-1')
      return one.ratePerSecond === 0 && one
    })
    expect(still.partitions).toHaveLength(2)
    expect((await change('reader-1', 'slow')).workloads[0]).toMatchObject({ state: 'paused', slowedBy: 10 })
    expect(await foreignMembers()).toContain('reader-1')
    await change('reader-1', 'resume')
  })

  it('read partitions that are added while they run', async () => {
    const wider = {
      name: 'wider',
      topics: [{ topic: 'wider', partitions: 2 }],
      consumers: [{ name: 'wide', group: 'wide-readers', topic: 'wider', members: 2, commit: 'each' }]
    }
    await workload('start', fileOf('wider.json', JSON.stringify(wider)))
    const owned = async (): Promise<string> => ownedBy((await rows()).filter(({ name }) => /^wide-/.test(name))).join()
    await until('both partitions are owned', async () => (await owned()) === '0,1')

    await client.call('topic.addPartitions', { topic: 'wider', to: 5 })
    await until('the new ones are owned, too', async () => (await owned()) === '0,1,2,3,4')
    await client.call('records.produce', {
      topic: 'wider',
      partition: 4,
      acks: -1,
      records: [{ key: null, value: 'x' }]
    })

    await until('what is in a new one is read and committed', async () => {
      const [offsets] = await admin.fetchOffsets({ groupId: 'wide-readers', topics: ['wider'] })
      return offsets?.partitions.some(({ partition, offset }) => partition === 4 && offset === '1') === true
    })
    for (const name of ['wide-1', 'wide-2']) await change(name, 'remove')
  })

  it('as zombies, are evicted after their session, and their partitions move; told to go on they join again', async () => {
    const began = Date.now()
    const { workloads } = await change('reader-2', 'zombie')
    expect(workloads[0]).toMatchObject({ state: 'zombie', isEvicted: false })
    expect(workloads[0]?.evictedAtMs).toBeGreaterThan(began + 5000)

    await whenAllOwned(['reader-1', 'reader-3'])

    expect(Date.now() - began).toBeGreaterThan(2900)
    const zombie = await row('reader-2')
    expect(zombie).toMatchObject({ state: 'zombie', isEvicted: true, partitions: null })
    expect(isAlive({ pid: zombie.pid ?? 0, startedAt: '' })).toBe(true)
    expect(await foreignMembers()).toEqual(['reader-1', 'reader-3'])
    await change('reader-2', 'resume')
    await whenAllOwned(['reader-1', 'reader-2', 'reader-3'])
    await until('all three members', async () => (await foreignMembers()).length === 3)
  })

  it('killed, stay as rows; the group goes on without them until they are started again', async () => {
    const { pid } = await row('reader-3')
    const { workloads } = await change('reader-3', 'kill')
    expect(workloads[0]).toMatchObject({ state: 'killed', pid: null, ratePerSecond: 0, partitions: null })
    expect(isAlive({ pid: pid ?? 0, startedAt: '' })).toBe(false)
    const said = readFileSync(join(cluster.dir, 'history', 'events.log'), 'utf8')
    expect(said).toContain('"subject":"reader-2","code":"workloadZombied"')
    expect(said).toContain('"subject":"reader-3","code":"workloadKilled"')
    await whenAllOwned(['reader-1', 'reader-2'])
    await change('reader-3', 'start')
    await whenAllOwned(['reader-1', 'reader-2', 'reader-3'])
  })

  it('go on when a broker dies and comes back, with their errors named', async () => {
    await client.call('node.kill', { node: 'broker-2' })
    const failing = await until('errors that are named', async () => {
      const one = await row('orders-in')
      return one.errors > 0 && one
    })
    expect(failing).toMatchObject({ state: 'running' })
    expect(failing.lastError).toBeTruthy()
    await client.call('node.start', { node: 'broker-2' })
    const before = (await row('orders-in')).records
    await until('records on all partitions again', async () => (await row('orders-in')).records > before + 900)
    await whenAllOwned(['reader-1', 'reader-2', 'reader-3'])
    await until('a lag that drains', async () => (await foreignLag()) < 900)
  })

  it('are joined by more like them, and leave their group when they are removed', async () => {
    const { workloads } = await client.call('workload.change', { name: 'reader-1', action: 'add', count: 2 })
    expect(workloads.map(({ name }) => name)).toEqual(['reader-4', 'reader-5'])
    await until('five members', async () => (await foreignMembers()).length === 5)
    await change('reader-4', 'remove')
    await change('reader-5', 'remove')
    expect(await foreignMembers()).not.toContain('reader-4')
    await whenAllOwned(['reader-1', 'reader-2', 'reader-3'])
  })

  it('stop all at once, and leave', async () => {
    const pids = (await rows()).flatMap(({ pid }) => pid ?? [])
    const lines = await workload('stop', '--all')
    expect(lines.map(({ state, ratePerSecond }) => [state, ratePerSecond])).toEqual(Array(4).fill(['stopped', 0]))
    expect(pids).toHaveLength(4)
    expect(pids.filter((pid) => isAlive({ pid, startedAt: '' }))).toEqual([])
    expect(await foreignMembers()).toEqual([])
  })
})

describe('workloads of a host that ends', () => {
  it('die with it when it is killed, are there as rows after a restart, and end with its stop', async () => {
    const dir = await preparedDir(1)
    const first = await LabCluster.start({ dir })
    const file = fileOf('p.json', JSON.stringify({ ...scene, consumers: [] }))
    await lagoon(['workload', 'start', file, '--data', dir])
    const host = await ControlClient.connect(dir)
    const pid = (await host.call('workload.list', {})).workloads[0]?.pid ?? 0
    expect(isAlive({ pid, startedAt: '' })).toBe(true)

    first.child.kill('SIGKILL')
    await first.ended
    await until('the workload is dead', () => !isAlive({ pid, startedAt: '' }), 5000)
    host.close()

    const second = await LabCluster.start({ dir })
    const again = await ControlClient.connect(dir)
    expect((await again.call('workload.list', {})).workloads).toMatchObject([{ name: 'orders-in', state: 'stopped' }])
    const { workloads } = await again.call('workload.change', { name: 'orders-in', action: 'start' })
    expect(workloads).toMatchObject([{ state: 'running' }])
    again.close()
    await second.discard()
    expect(isAlive({ pid: workloads[0]?.pid ?? 0, startedAt: '' })).toBe(false)
  })
})
