/**
 * Folders of other versions. `test/fixtures/road-folder.tgz` was made by Lagoon as it was on 25 November 2026 (two brokers,
 * a topic with configs and 351 records, a group that committed 120 of them), stopped cleanly: no part of it is made anew.
 */
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { ControlClient } from '../../src-main/host/control-client'
import { lagoon, LabCluster, preparedDir, runToEnd, temporaryDir, until } from '../support/lab-cluster'
import { parseSpec } from '../../src-main/supervisor/core/cluster-spec'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** The folder with ports that are free here; all else is as it was kept. */
async function roadFolder(): Promise<string> {
  const dir = temporaryDir()
  const sample = resolve(import.meta.dirname, '../fixtures/road-folder.tgz')
  const unpacked = await runToEnd('tar', ['xzf', sample, '-C', dir])
  expect(unpacked.stderr).toBe('')
  const free = await preparedDir(2)
  const path = join(dir, 'cluster.json')
  const ports = parseSpec(readFileSync(join(free, 'cluster.json'), 'utf8'))?.nodes ?? []
  rmSync(free, { recursive: true })
  let kept = readFileSync(path, 'utf8')
  for (const [index, port] of [2181, 9092, 9093].entries()) {
    kept = kept.replace(`"port": ${port}`, `"port": ${ports[index]?.port ?? 0}`)
  }
  writeFileSync(path, kept)
  return dir
}

interface Described {
  readonly configs: Record<string, string>
  readonly partitions: readonly { readonly endOffset: number }[]
}
interface Group {
  readonly partitions: readonly { readonly partition: number; readonly committedOffset: number | null }[]
}

it('opens a folder of the first version with its records, offsets and configs, and goes on in it', async () => {
  const lab = await LabCluster.start({ dir: await roadFolder() })
  cleanups.push(() => lab.discard())

  const topic = await lab.verb<Described & { readonly topicId: string }>('topic', 'describe', 'orders')
  expect(topic.topicId).toBe('rxIQnXTYRlSd3PlhgkVOJQ')
  expect(topic.configs).toEqual({ 'max.message.bytes': '2097152', 'retention.ms': '-1' })
  expect(topic.partitions.map(({ endOffset }) => endOffset)).toEqual([300, 1, 50])

  const group = await lab.verb<Group>('group', 'describe', 'billing')
  expect(group.partitions.map(({ committedOffset }) => committedOffset)).toEqual([120, 0, 0])

  const all = await lagoon(['consume', 'orders', '--data', lab.dir, '--json', '--max-records', '351'])
  const records = all.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { partition: number; offset: number; key: string | null; value: string })
  const of = (wanted: number): typeof records => records.filter(({ partition }) => partition === wanted)
  expect(of(0).map(({ value }) => value)).toEqual(
    Array.from({ length: 300 }, (_, i) => `{"order":${i + 1},"total":9223372036854775807}`)
  )
  expect(of(1)).toMatchObject([{ offset: 0, key: '키', value: 'ㅎ' }])
  expect(of(2).map(({ value }) => value)).toEqual(Array.from({ length: 50 }, (_, i) => String(i + 1)))

  const next = await lagoon(['produce', 'orders', '--data', lab.dir, '--partition', '0', '--value', 'x', '--json'])
  expect(JSON.parse(next.stdout)).toMatchObject({ partition: 0, offset: 300 })
})

it('offers to give the topics of that folder replicas, until they have some', async () => {
  const lab = await LabCluster.start({ dir: await roadFolder() })
  cleanups.push(() => lab.discard())
  const client = await ControlClient.connect(lab.dir)
  cleanups.push(() => client.close())
  const offer = async () => (await client.call('cluster.view', {})).oldTopics

  const { topics, factor } = await until('they are offered', offer)
  expect({ topics, factor }).toEqual({ topics: ['__consumer_offsets', 'orders'], factor: 2 })
  const { moves } = await client.call('partition.plan', { goal: { type: 'factor', factor }, topics })
  const planned = moves.map(({ topic, partition, to }) => ({ topic, partition, replicas: to }))
  expect((await client.call('partition.reassign', { moves: planned })).failed).toEqual([])

  await until('nothing is offered any more', async () => (await offer()) === undefined)
  await until('all of it is in sync', async () => {
    const all = (await client.call('topic.list', {})).topics
    return all.every(({ replicationFactor, underReplicated }) => replicationFactor === 2 && underReplicated === 0)
  })
})

it('refuses a folder of a later version in a sentence, and touches nothing in it', async () => {
  const dir = await roadFolder()
  cleanups.push(() => rmSync(dir, { recursive: true }))
  const path = join(dir, 'cluster.json')
  const later = readFileSync(path, 'utf8').replace('"version": 1', '"version": 7')
  writeFileSync(path, later)
  const before = readdirSync(dir, { recursive: true }).sort()

  const ended = await lagoon(['up', '--data', dir])
  expect(ended.code).toBe(1)
  expect(ended.stderr).toMatch(
    /is of a newer Lagoon: .* version 7, .* version 3\. Update Lagoon, or choose another folder/
  )
  expect(readFileSync(path, 'utf8')).toBe(later)
  expect(
    readdirSync(dir, { recursive: true })
      .filter((name) => name !== '.lock')
      .sort()
  ).toEqual(before.filter((name) => name !== '.lock'))
})
