/** Three broker processes, a topic that all three hold, and clients of librdkafka: the same bytes everywhere, whoever dies. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runToEnd, until } from '../support/lab-cluster'
import { NumberedLoad, storedNumbers } from '../support/numbered-load'
import { RawCluster } from '../support/raw-cluster'

const partitions = 3

let cluster: RawCluster
beforeAll(async () => {
  cluster = await RawCluster.start({ brokers: 3 })
})
afterAll(async () => {
  expect(await cluster.discard()).toBe(0)
})

/** All segments of a replica, one behind the other. */
function logOf(brokerId: number, topic: string, partition: number): Buffer {
  const node = cluster.lab.ready.nodes.find(({ name }) => name === `broker-${brokerId}`)
  const folder = join(node?.dataDir ?? expect.fail(), `${topic}-${partition}`)
  const segments = readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .sort()
  return Buffer.concat(segments.map((name) => readFileSync(join(folder, name))))
}

async function whenAllInSync(topic: string): Promise<void> {
  await until(`${topic} has all its replicas in sync`, async () => {
    const seen = await cluster.topic(topic)
    return seen.partitions.length > 0 && seen.partitions.every(({ isrNodes }) => isrNodes.length === 3)
  })
}

async function expectSameBytes(topic: string, count: number): Promise<void> {
  for (let partition = 0; partition < count; partition++)
    await until(`${topic}-${partition} is the same on all brokers`, () => {
      const [first, ...others] = [1, 2, 3].map((id) => logOf(id, topic, partition))
      return first !== undefined && first.length > 0 && others.every((other) => other.equals(first))
    })
}

describe('a topic with three replicas', () => {
  it('has the same bytes on all brokers when acks=all was answered', async () => {
    await cluster.createTopic('kcat', { replicationFactor: 3 })
    const input = Array.from({ length: 500 }, (_, i) => `record ${i}`).join('\n')
    const args = ['-P', '-b', cluster.lab.bootstrap, '-t', 'kcat', '-X', 'acks=all']
    expect(await runToEnd('kcat', args, { input })).toMatchObject({ code: 0, stderr: '' })

    const read = await runToEnd('kcat', ['-C', '-b', cluster.lab.bootstrap, '-t', 'kcat', '-e', '-q'])
    expect(read.stdout.trim()).toBe(input)
    await expectSameBytes('kcat', 1)
  })

  it('loses and doubles nothing acknowledged when its leaders are killed, and takes them back', async () => {
    await cluster.createTopic('load', { partitions, replicationFactor: 3, configs: { 'min.insync.replicas': '2' } })
    const load = new NumberedLoad(cluster.lab.bootstrap, 'load', 'idempotent', partitions)
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
      for (const partition of [0, 1]) {
        await whenMoved('records are acknowledged')
        const leader = await cluster.leaderId('load', partition)
        await cluster.lab.verb('node', 'kill', `broker-${leader}`)
        await until('another leads', async () => {
          const { partitions: seen } = await cluster.topic('load')
          return seen.every(
            ({ leaderId, isrNodes }) => leaderId > 0 && leaderId !== leader && !isrNodes.includes(leader)
          )
        })
        await whenMoved('records are acknowledged by two')
        await cluster.lab.verb('node', 'start', `broker-${leader}`)
        await whenAllInSync('load')
      }
      await whenMoved('records are acknowledged in the end')
      await load.stop()
    } finally {
      load.kill()
    }

    expect(load.end).toMatchObject({ left: 0, failed: [] })
    for (let partition = 0; partition < partitions; partition++) {
      const numbers = (await storedNumbers(cluster.lab.bootstrap, 'load', partition)).map(({ number }) => number)
      const acked = load.acked[partition]?.map(({ number }) => number) ?? []
      expect(new Set(numbers).size, 'doubled').toBe(numbers.length)
      expect(numbers, 'reordered').toEqual([...numbers].sort((a, b) => a - b))
      expect(
        acked.filter((number) => !numbers.includes(number)),
        'lost'
      ).toEqual([])
    }
    await expectSameBytes('load', partitions)
  })
})
