/**
 * Real brokers that cannot use the log of one partition: its folder is gone from under them, or a byte of it is another one. The rest of
 * the broker goes on, others lead, and what is decided about it happens.
 */
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lagoon, runToEnd, until } from '../support/lab-cluster'
import { NumberedLoad, storedNumbers } from '../support/numbered-load'
import { RawCluster } from '../support/raw-cluster'

interface Repaired {
  readonly how: string
  readonly from: number | null
  readonly to: number | null
}

let cluster: RawCluster
beforeAll(async () => {
  cluster = await RawCluster.start({ brokers: 3 })
})
afterAll(async () => {
  expect(await cluster.discard()).toBe(0)
})

const folderOf = (brokerId: number, name: string): string => {
  const node = cluster.lab.ready.nodes.find((one) => one.name === `broker-${brokerId}`)
  return join(node?.dataDir ?? expect.fail(), name)
}
const offlineAt = async (brokerId: number) => (await cluster.lab.statusOf(`broker-${brokerId}`)).offlineLogs
const isrOf = async (topic: string, partition: number, seenBy?: number): Promise<readonly number[]> => {
  const { partitions } = await cluster.topic(topic, seenBy)
  return [...(partitions.find((one) => one.partitionIndex === partition)?.isrNodes ?? [])].sort()
}
const whenInSync = (topic: string, partition: number): Promise<boolean> =>
  until(`${topic}-${partition} has all its replicas in sync`, async () => (await isrOf(topic, partition)).length === 3)

const repair = (place: string, brokerId: number, how: string): Promise<Repaired> =>
  cluster.lab.verb('partition', 'repair', place, '--broker', String(brokerId), how)

async function produce(topic: string, from: number, to: number): Promise<void> {
  for (let number = from; number < to; number++) {
    const args = ['-P', '-b', cluster.lab.bootstrap, '-t', topic, '-p', '0', '-X', 'acks=all']
    expect(await runToEnd('kcat', args, { input: `record ${number}` })).toMatchObject({ code: 0, stderr: '' })
  }
}
async function consumed(topic: string): Promise<string[]> {
  const args = ['-C', '-b', cluster.lab.bootstrap, '-t', topic, '-p', '0', '-o', 'beginning', '-e', '-q']
  const { stdout } = await runToEnd('kcat', [...args, '-f', '%o %s\\n'])
  return stdout.trim().split('\n')
}

/** In the first segment, which is not the active one: inside of its last batch. */
function spoil(brokerId: number, name: string): string {
  const folder = folderOf(brokerId, name)
  const segments = readdirSync(folder)
    .filter((file) => file.endsWith('.log'))
    .sort()
  expect(segments.length).toBeGreaterThan(1)
  const path = join(folder, segments[0] ?? expect.fail())
  const bytes = readFileSync(path)
  bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1
  writeFileSync(path, bytes)
  return path
}

/** A segment holds two of the batches that are written here. */
const smallSegments = { 'segment.bytes': '170', 'min.insync.replicas': '2' }

describe('a leader whose partition folder fails', () => {
  it('leads the others on; another leads that one, nothing acknowledged is lost, and it is back', async () => {
    const topic = 'fails'
    const configs = { 'min.insync.replicas': '2', 'segment.bytes': '20000' }
    await cluster.createTopic(topic, { partitions: 3, replicationFactor: 3, configs })
    await until('all partitions are in sync', async () => {
      for (const partition of [0, 1, 2]) if ((await isrOf(topic, partition)).length < 3) return false
      return true
    })
    const failing = await cluster.leaderId(topic, 0)
    const folder = folderOf(failing, `${topic}-0`)
    const { pid } = await cluster.lab.statusOf(`broker-${failing}`)
    const load = new NumberedLoad(cluster.lab.bootstrap, topic, 'idempotent', 3)
    const whenMoved = async (what: string): Promise<void> => {
      const before = load.counts()
      await until(
        what,
        () => load.hasMovedSince(before),
        60_000,
        () => load.state()
      )
    }
    try {
      await whenMoved('records are acknowledged')
      // A file where the folder was: the next segment cannot be made.
      renameSync(folder, `${folder}.away`)
      writeFileSync(folder, '')
      await until('the broker says which of its logs it cannot use', async () => {
        const offline = await offlineAt(failing)
        return offline?.named.some((one) => one.partition === 0 && one.cause === 'failed')
      })
      await until('another leads', async () => {
        const { partitions } = await cluster.topic(topic, cluster.otherThan(failing))
        const one = partitions.find(({ partitionIndex }) => partitionIndex === 0)
        return one !== undefined && one.leaderId > 0 && one.leaderId !== failing && !one.isrNodes.includes(failing)
      })
      await whenMoved('records of all partitions are acknowledged')
      const offline = (await offlineAt(failing)) ?? expect.fail()
      expect(offline).toMatchObject({ count: 1, named: [{ topic, partition: 0, cause: 'failed', badBatch: null }] })
      expect(offline.named[0]?.message).toContain(folder)
      expect((await cluster.lab.statusOf(`broker-${failing}`)).pid).toBe(pid)
      for (const partition of [1, 2]) expect(await isrOf(topic, partition)).toContain(failing)

      rmSync(folder)
      renameSync(`${folder}.away`, folder)
      await whenInSync(topic, 0)
      await until('it says so', async () => (await offlineAt(failing)) === undefined)
      await whenMoved('records are acknowledged in the end')
      await load.stop()
    } finally {
      load.kill()
    }

    expect(load.end).toMatchObject({ left: 0, failed: [] })
    for (const partition of [0, 1, 2]) {
      const stored = (await storedNumbers(cluster.lab.bootstrap, topic, partition)).map(({ number }) => number)
      const acked = load.acked[partition]?.map(({ number }) => number) ?? []
      expect(new Set(stored).size, 'doubled').toBe(stored.length)
      expect(
        acked.filter((number) => !stored.includes(number)),
        'lost'
      ).toEqual([])
    }
  })
})

describe('a batch that was safe and is spoilt while its broker is stopped', () => {
  it('with other replicas: that partition alone is offline there, and copied anew when somebody says so', async () => {
    const topic = 'copied'
    await cluster.createTopic(topic, { replicationFactor: 3, configs: smallSegments })
    await whenInSync(topic, 0)
    await produce(topic, 0, 8)
    await cluster.lab.call('node.stop', { node: 'broker-3' })
    const path = spoil(3, `${topic}-0`)
    await cluster.lab.call('node.start', { node: 'broker-3' })

    const offline = await until('the spoilt log is found', () => offlineAt(3))

    expect(offline.named).toMatchObject([
      { topic, partition: 0, cause: 'corrupt', badBatch: { offset: 1, endOffset: 8, isEndKnown: true } }
    ])
    expect(offline.named[0]?.message).toContain(path)
    await until('it has left the ISR', async () => !(await isrOf(topic, 0)).includes(3))
    await produce(topic, 8, 10)
    // A restart changes nothing of it: it is known from its folder.
    await cluster.lab.verb('node', 'restart', 'broker-3')
    await until('the spoilt log is known again', () => offlineAt(3))
    // Nothing is cut, nothing of it is served.
    expect((await offlineAt(3))?.named).toMatchObject([{ badBatch: { offset: 1, endOffset: 8 } }])

    expect(await repair(`${topic}:0`, 3, '--copy')).toMatchObject({ how: 'copy' })

    await whenInSync(topic, 0)
    expect(await offlineAt(3)).toBeUndefined()
    await until('it has the same bytes as its leader', async () => {
      const leader = await cluster.leaderId(topic)
      const [one, other] = [leader, 3].map((id) => {
        const folder = folderOf(id, `${topic}-0`)
        const files = readdirSync(folder).filter((name) => name.endsWith('.log'))
        return Buffer.concat(files.sort().map((name) => readFileSync(join(folder, name))))
      })
      return one !== undefined && other !== undefined && one.equals(other)
    })
    expect(await consumed(topic)).toEqual(Array.from({ length: 10 }, (_, i) => `${i} record ${i}`))
  })

  it('with one replica: it is cut when somebody says so, and writes go on at the right offset', async () => {
    const topic = 'cut'
    await cluster.createTopic(topic, { configs: { ...smallSegments, 'min.insync.replicas': '1' } })
    await produce(topic, 0, 8)
    const only = await cluster.leaderId(topic)
    await cluster.lab.call('node.stop', { node: `broker-${only}` })
    spoil(only, `${topic}-0`)
    await cluster.lab.call('node.start', { node: `broker-${only}` })
    await until('the spoilt log is found', () => offlineAt(only))
    await until('nobody leads it', async () => {
      const { partitions } = await cluster.topic(topic)
      return partitions[0]?.leaderId === -1
    })
    const refused = await lagoon([
      ...['partition', 'repair', `${topic}:0`, '--broker', String(only), '--copy', '--data', cluster.lab.dir]
    ])
    expect(refused.code).not.toBe(0)
    expect(refused.stderr).toContain(`No other broker leads ${topic}-0`)

    expect(await repair(`${topic}:0`, only, '--cut')).toMatchObject({ how: 'cut', from: 8, to: 1 })

    await until('it is led again', async () => (await cluster.topic(topic)).partitions[0]?.leaderId === only)
    await produce(topic, 100, 102)
    expect(await consumed(topic)).toEqual(['0 record 0', '1 record 100', '2 record 101'])
    expect(await offlineAt(only)).toBeUndefined()
  })
})
