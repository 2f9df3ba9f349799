/** Two labs on one machine: what one does with ports that the other has left for a moment. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { TopicRow } from '../../src-main/api/views'
import { ControlClient } from '../../src-main/host/control-client'
import { encodeSpec, parseSpec, withPort, type ClusterSpec } from '../../src-main/supervisor/core/cluster-spec'
import { lagoon, LabCluster, preparedDir, temporaryDir, until, type LabOptions } from '../support/lab-cluster'

function specOf(dir: string): ClusterSpec {
  const spec = parseSpec(readFileSync(join(dir, 'cluster.json'), 'utf8'))
  if (spec === undefined) throw new Error(`no cluster in ${dir}`)
  return spec
}

/** A folder whose node has the port that a node of `other` has. */
async function dirWithPortOf(other: LabCluster, node: string): Promise<string> {
  const dir = await preparedDir(1)
  const port = specOf(other.dir).nodes.find(({ name }) => name === node)?.port ?? 0
  writeFileSync(join(dir, 'cluster.json'), encodeSpec(withPort(specOf(dir), node, port)))
  return dir
}

const running: LabCluster[] = []
async function started(options: LabOptions): Promise<LabCluster> {
  const cluster = await LabCluster.start(options)
  running.push(cluster)
  return cluster
}

describe('new labs that start at the same moment', () => {
  it('share out the ports, and each is a cluster of its own', async () => {
    const labs = await Promise.all(
      Array.from({ length: 3 }, () => started({ dir: join(temporaryDir(), 'lab'), args: ['--brokers', '2'] }))
    )

    const ports = labs.flatMap(({ ready }) => ready.nodes.map(({ port }) => port))
    expect(new Set(ports).size).toBe(15)
    for (const [i, lab] of labs.entries()) await lab.call('topic.create', { topic: `topic-${i}` })
    const listed = await Promise.all(
      labs.map((lab, i) =>
        until(`lab ${i} shows a topic`, async () => {
          const topics = await lab.verb<readonly TopicRow[]>('topic', 'list')
          return topics.length > 0 && topics.map(({ name }) => name)
        })
      )
    )
    expect(listed).toEqual(labs.map((_, i) => [`topic-${i}`]))
  })
})

afterEach(async () => {
  for (const cluster of running.splice(0)) await cluster.stop()
})

describe('a lab whose port another lab has taken', () => {
  it('does not take the other’s topics for its own, nor its own for deleted', async () => {
    const ours = await started({ brokers: 1 })
    await ours.call('topic.create', { topic: 'ours' })
    await until('the topic is seen', async () => {
      const topics = await ours.verb<readonly TopicRow[]>('topic', 'list')
      return topics.some(({ name }) => name === 'ours')
    })
    await ours.call('node.kill', { node: 'broker-1' })
    const theirs = await started({ dir: await dirWithPortOf(ours, 'broker-1') })
    await theirs.call('topic.create', { topic: 'theirs' })

    const refused = await lagoon(['topic', 'create', 'never', '--data', ours.dir])
    expect(refused.code).toBe(1)
    expect((await theirs.verb<readonly TopicRow[]>('topic', 'list')).map(({ name }) => name)).not.toContain('never')
    const told = ours.events.map(({ code }) => code)
    expect(told).not.toContain('topicDeleted')
    await theirs.stop()
    running.pop()

    await ours.call('node.start', { node: 'broker-1' })
    const topics = await until('it is itself again', async () => {
      const rows = await ours.verb<readonly TopicRow[]>('topic', 'list')
      return rows.length > 0 ? rows : undefined
    })
    expect(topics.map(({ name }) => name)).toEqual(['ours'])
  })

  it('keeps its brokers out of the other’s ensemble', async () => {
    const ours = await started({ brokers: 1 })
    const memberPort = ours.ready.nodes.find(({ name }) => name === 'ensemble-1')?.port ?? NaN
    await ours.call('topic.create', { topic: 'ours' })
    await ours.call('node.kill', { node: 'ensemble-1' })
    const theirs = await started({ dir: await dirWithPortOf(ours, 'ensemble-1') })

    // A member whose history is shorter than what our broker has seen is not even spoken to.
    for (let i = 0; i < 20; i++) await theirs.call('topic.create', { topic: `theirs-${i}` })
    const told = await until('our broker says that it is not its ensemble', () => {
      const events = ours.events.filter(({ code }) => code === 'clientTurnedAway')
      return events.length > 0 && events
    })
    expect(told).toMatchObject([{ subject: 'broker-1', params: { member: `127.0.0.1:${memberPort}` } }])
    const reasons = async (): Promise<string[]> => {
      const client = await ControlClient.connect(ours.dir)
      const { reasons: all } = await client.call('cluster.view', {}).finally(() => client.close())
      return all.map(({ code }) => code)
    }
    expect(await reasons()).toContain('foreignEnsemble')
    expect(theirs.log()).toContain('"live":[1]')
    expect(theirs.log()).not.toContain('"left":[1]')
    await theirs.stop()
    running.pop()

    await ours.call('node.start', { node: 'ensemble-1' })
    await until(
      'our cluster is whole again',
      async () => (await lagoon(['topic', 'create', 'later', '--data', ours.dir])).code === 0
    )
    expect(await reasons()).not.toContain('foreignEnsemble')
    expect(ours.events.filter(({ code }) => code === 'clientTurnedAway')).toHaveLength(1)
  })
})
