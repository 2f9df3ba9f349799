/**
 * A disk that takes no more: KAFKA_STORAGE_ERROR while it is full, service again after room was made, nothing acked is
 * lost, also when the broker is killed meanwhile. The disk is a small tmpfs, which root may mount (others: run the tests
 * under `unshare -rm`).
 */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { batchSizeBytes, readBatchHeader } from '../../src-main/protocol/record/batch-header'
import { code } from '../../src-main/protocol/wire/headers'
import { preparedDir, until } from '../support/lab-cluster'
import { fetchFrom, produceTo, RawCluster } from '../support/raw-cluster'
import { batchOf } from '../support/record-samples'

const mebibyte = 1024 * 1024
const diskBytes = 24 * mebibyte
const ballastBytes = 8 * mebibyte
const topic = 'disk'

describe('a broker whose disk is full', () => {
  let cluster: RawCluster
  let dir: string
  let dataDir: string

  const run = (command: string, ...args: readonly string[]): boolean =>
    spawnSync(command, args, { stdio: 'ignore' }).status === 0

  beforeAll(async () => {
    dir = await preparedDir(1)
    dataDir = join(dir, 'broker-1')
    mkdirSync(dataDir)
    if (!run('mount', '-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', dataDir))
      throw new Error('a tmpfs cannot be mounted here: run as root, or under unshare -rm')
    cluster = await RawCluster.start({ dir })
    await cluster.createTopic(topic)
    await cluster.createTopic('small')
    writeFileSync(join(dataDir, 'ballast'), new Uint8Array(ballastBytes))
  })

  afterAll(async () => {
    const { code: exitCode } = await cluster.lab.stop()
    run('umount', dataDir)
    rmSync(dir, { recursive: true, force: true })
    expect(exitCode).toBe(0)
  })

  /** Base offsets of all stored batches. */
  async function stored(): Promise<ReadonlySet<number>> {
    const found = new Set<number>()
    for (let offset = 0; ;) {
      const { records, errorCode } = await fetchFrom(await cluster.client(1), topic, offset)
      expect(errorCode).toBe(0)
      if (records === null || records.length === 0) return found
      for (let at = 0; at + 61 <= records.length && at + batchSizeBytes(records, at) <= records.length;) {
        const { baseOffset, lastOffset, sizeBytes } = readBatchHeader(records, at)
        found.add(baseOffset)
        offset = lastOffset + 1
        at += sizeBytes
      }
    }
  }

  it('says so to producers, serves readers, and works again when there is room; nothing acked is lost', async () => {
    const batch = batchOf(['x'.repeat(256 * 1024)])
    const acked: number[] = []
    const produce = async () => {
      const answer = await produceTo(await cluster.client(1), topic, batch)
      if (answer.errorCode === 0) acked.push(answer.baseOffset)
      return answer
    }

    const full = await until('the disk is full', async () => {
      const answer = await produce()
      return answer.errorCode !== 0 && answer
    })

    expect(full.errorCode).toBe(code('KAFKA_STORAGE_ERROR'))
    expect(full.errorMessage).toMatch(/full/i)
    expect(acked.length).toBeGreaterThan(10)
    for (let again = 0; again < 3; again++) expect((await produce()).errorCode).toBe(56)
    expect([...(await stored())]).toEqual(acked)
    const node = cluster.lab.node('broker-1')
    expect(await cluster.lab.statusOf('broker-1')).toMatchObject({ state: 'running', pid: node.pid })

    rmSync(join(dataDir, 'ballast'))

    await until('there is room again', async () => (await produce()).errorCode === 0)
    for (let more = 0; more < 5; more++) expect((await produce()).errorCode).toBe(0)
    expect((await produceTo(await cluster.client(1), 'small', batchOf(['x']))).errorCode).toBe(0)
    expect([...(await stored())]).toEqual(acked)
    expect((await cluster.lab.statusOf('broker-1')).pid).toBe(node.pid)

    await until('it is full once more', async () => (await produce()).errorCode !== 0 || acked.length > 200)
    await cluster.lab.call('node.kill', { node: 'broker-1' })
    enlarge()
    await cluster.lab.call('node.start', { node: 'broker-1' })
    await until('it leads again', async () => (await cluster.topic(topic)).partitions[0]?.leaderId === 1)
    expect([...(await stored())]).toEqual(acked)
  })

  /** A larger disk, as somebody would make one. */
  function enlarge(): void {
    if (!run('mount', '-o', `remount,size=${2 * diskBytes}`, dataDir)) throw new Error('the disk cannot be made larger')
  }
})

describe('nodes whose disks are full', () => {
  let cluster: RawCluster
  let dir: string
  const folders = ['broker-1', 'ensemble-1']

  const run = (command: string, ...args: readonly string[]): boolean =>
    spawnSync(command, args, { stdio: 'ignore' }).status === 0

  beforeAll(async () => {
    dir = await preparedDir(1)
    for (const name of folders) {
      mkdirSync(join(dir, name))
      if (!run('mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', join(dir, name)))
        throw new Error('a tmpfs cannot be mounted here: run as root, or under unshare -rm')
    }
    cluster = await RawCluster.start({ dir })
    await cluster.createTopic('before')
  })

  afterAll(async () => {
    const { code: exitCode } = await cluster.lab.stop()
    for (const name of folders) run('umount', join(dir, name))
    rmSync(dir, { recursive: true, force: true })
    expect(exitCode).toBe(0)
  })

  /** To the last byte. */
  function fill(name: string): void {
    const file = openSync(join(dir, name, 'ballast'), 'w')
    for (const bytes of [1_048_576, 4_096]) {
      const piece = new Uint8Array(bytes)
      try {
        for (;;) if (writeSync(file, piece) < bytes) break
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC')
      }
    }
    closeSync(file)
  }

  const makeRoom = (name: string): void => rmSync(join(dir, name, 'ballast'))
  const isDiskFull = async (name: string): Promise<boolean> => (await cluster.lab.statusOf(name)).isDiskFull === true
  const leaderOf = async (topic: string) => (await cluster.topic(topic)).partitions[0]?.leaderId

  async function createRaw(name: string) {
    const asked = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    const request = { topics: [asked], timeoutMs: 10_000 }
    return (await cluster.ask(1, 'createTopics', 7, request)).topics[0]
  }

  it('a broker lives, is started anew, and takes what it refused within 30 s of room', async () => {
    fill('broker-1')
    expect((await createRaw('late'))?.errorCode).toBe(0)
    await until('the screens know', () => isDiskFull('broker-1'))
    expect(await leaderOf('late')).toBe(-1)
    expect(await leaderOf('before')).toBe(1)
    const { pid } = await cluster.lab.statusOf('broker-1')

    await cluster.lab.call('node.kill', { node: 'broker-1' })
    await cluster.lab.call('node.start', { node: 'broker-1' })
    await until('it leads what it has', async () => (await leaderOf('before')) === 1)
    expect(await leaderOf('late')).toBe(-1)
    expect((await produceTo(await cluster.client(1), 'before', batchOf(['x'.repeat(100_000)]))).errorCode).toBe(56)
    await cluster.lab.call('node.stop', { node: 'broker-1' })
    await cluster.lab.call('node.start', { node: 'broker-1' })
    await until('it leads what it has', async () => (await leaderOf('before')) === 1)
    expect(await cluster.lab.statusOf('broker-1')).toMatchObject({ state: 'running', isDiskFull: true })

    makeRoom('broker-1')

    await until('it takes the rest', async () => (await leaderOf('late')) === 1, 30_000)
    for (const topic of ['before', 'late'])
      expect((await produceTo(await cluster.client(1), topic, batchOf(['x']))).errorCode).toBe(0)
    await until('the screens know', async () => !(await isDiskFull('broker-1')))
    expect((await cluster.lab.statusOf('broker-1')).pid).not.toBe(pid)
  })

  it('the ensemble member lives, is started anew, and stores again within 30 s of room', async () => {
    fill('ensemble-1')
    // The last block of its log may have room for some more.
    const created: string[] = []
    let count = 0
    const refused = await until('it is refused', async () => {
      const name = `topic-${count++}`
      const answer = await createRaw(name)
      if (answer?.errorCode === 0) created.push(name)
      return answer?.errorCode !== 0 && answer
    })
    expect(refused.errorCode).toBe(code('KAFKA_STORAGE_ERROR'))
    expect(refused.errorMessage).toMatch(/disk/)
    await until('the screens know', () => isDiskFull('ensemble-1'))
    expect((await produceTo(await cluster.client(1), 'before', batchOf(['x']))).errorCode).toBe(0)

    await cluster.lab.call('node.kill', { node: 'ensemble-1' })
    await cluster.lab.call('node.start', { node: 'ensemble-1' })
    expect((await cluster.lab.statusOf('ensemble-1')).state).toBe('running')
    expect((await produceTo(await cluster.client(1), 'before', batchOf(['x']))).errorCode).toBe(0)

    makeRoom('ensemble-1')

    await until('it stores', async () => (await createRaw(`topic-${count++}`))?.errorCode === 0, 30_000)
    for (const topic of created) await until(`${topic} has a leader`, async () => (await leaderOf(topic)) === 1)
    await until('the screens know', async () => !(await isDiskFull('ensemble-1')))
    for (const name of folders) expect((await cluster.lab.statusOf(name)).state).toBe('running')
  })
})
