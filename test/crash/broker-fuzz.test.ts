/** Frames that are almost right: the broker lives, others do not notice, memory comes back. LAGOON_FRAMES says how many, LAGOON_SEED repeats a run. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { encode } from '../../src-main/protocol/wire/codec'
import { beginRequest, sealFrame } from '../../src-main/protocol/wire/headers'
import type { Message } from '../../src-main/protocol/wire/schema'
import { SimRandom } from '../support/ensemble-world'
import { messageValue } from '../support/message-values'
import { allMessages } from '../support/protocol-messages'
import { fetchFrom, produceTo, RawCluster } from '../support/raw-cluster'
import type { RawClient } from '../support/raw-client'
import { batchOf } from '../support/record-samples'

const frameCount = Number(process.env['LAGOON_FRAMES'] ?? 10_000)
const framesMoreMax = 10
/** A hundred thousand take some minutes. */
const msMax = 60_000 + frameCount * 10
const attackers = 8
const seed = Number(process.env['LAGOON_SEED'] ?? Date.now() % 1_000_000)
const random = new SimRandom(seed)
const below = (limit: number): number => random.uint32() % limit
const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item

const keyOf: Readonly<Record<string, number>> = {
  ProduceRequest: 0,
  FetchRequest: 1,
  ListOffsetsRequest: 2,
  MetadataRequest: 3,
  LeaderAndIsrRequest: 4,
  StopReplicaRequest: 5,
  UpdateMetadataRequest: 6,
  OffsetCommitRequest: 8,
  OffsetFetchRequest: 9,
  FindCoordinatorRequest: 10,
  JoinGroupRequest: 11,
  HeartbeatRequest: 12,
  LeaveGroupRequest: 13,
  SyncGroupRequest: 14,
  DescribeGroupsRequest: 15,
  ListGroupsRequest: 16,
  ApiVersionsRequest: 18,
  CreateTopicsRequest: 19,
  DeleteTopicsRequest: 20,
  InitProducerIdRequest: 22,
  DescribeConfigsRequest: 32,
  DescribeLogDirsRequest: 35,
  DeleteGroupsRequest: 42,
  DescribeClusterRequest: 60,
  AllocateProducerIdsRequest: 67
}

/** What the controller alone says would do what it says: a valid one may take a partition's leader away. */
const controlKeys = new Set([4, 5, 6])

describe(`a broker under hostile frames, seed ${seed}`, () => {
  let cluster: RawCluster
  let bystander: RawClient
  let requests: readonly Message[]

  beforeAll(async () => {
    requests = allMessages().filter(({ name }) => name in keyOf)
    expect(requests).toHaveLength(Object.keys(keyOf).length)
    cluster = await RawCluster.start({ brokers: 1 })
    await cluster.createTopic('fuzz', { partitions: 2 })
    await cluster.createTopic('bystander')
    await cluster.coordinatorId('group')
    bystander = await cluster.connect()
  })

  afterAll(async () => {
    expect(await cluster.discard()).toBe(0)
  })

  /** Strings and names that lead somewhere, in place of random ones. */
  function grounded(value: unknown, key = ''): unknown {
    if (Array.isArray(value)) return value.map((item) => grounded(item, key))
    if (value instanceof Uint8Array) return key === 'records' && below(2) === 0 ? batchOf(['fuzz', 'x']) : value
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, grounded(inner, name)]))
    }
    if (typeof value === 'string' && /^(name|topic|topicNames|key|groupId)$/.test(key) && below(2) === 0) {
      return pick(['fuzz', 'group', '__consumer_offsets'])
    }
    // Nobody waits for hours here.
    if (/Ms$/.test(key) && typeof value === 'number' && value > 200) return 200
    if (/^(partition|index|partitionIndex|numPartitions)$/.test(key) && below(2) === 0) return below(3)
    return value
  }

  function validFrame(): Uint8Array {
    const request = pick(requests)
    const key = keyOf[request.name] ?? 0
    const [first, last] = request.versions
    const version = first + below(last - first + 1)
    const arbitrary = messageValue(request.fields, version, version >= request.flexibleFrom)
    const [sample] = fc.sample(arbitrary, { numRuns: 1, seed: random.uint32() })
    const value = grounded(sample) as Record<string, unknown>
    if (controlKeys.has(key)) value['controllerEpoch'] = 0
    const writer = beginRequest(key, version, below(1_000), 'fuzz', request)
    encode(request, version, value as never, writer)
    sealFrame(writer)
    return writer.finished().slice()
  }

  /** None to three wrongs: what is well formed may be absurd enough. */
  function mutatedFrame(): Uint8Array {
    let frame = validFrame()
    for (let wrongs = below(4); wrongs > 0; wrongs--) frame = mutated(frame)
    return frame
  }

  function mutated(frame: Uint8Array): Uint8Array {
    const copy = frame.slice()
    if (copy.length < 13) return copy
    const view = new DataView(copy.buffer)
    const at = Math.min(8 + below(Math.max(1, copy.length - 12)), copy.length)
    switch (below(7)) {
      case 0:
        copy[4 + below(copy.length - 4)] = below(256)
        return copy
      case 1:
        if (at + 4 <= copy.length) view.setInt32(at, pick([-1, -2, 0x7fff_ffff, -0x8000_0000, 0x00ff_ffff, 0]))
        return copy
      case 2:
        if (at + 2 <= copy.length) view.setInt16(at, pick([-1, -2, 0x7fff, -0x8000]))
        return copy
      case 3: {
        const cut = copy.slice(0, 4 + below(copy.length - 3))
        new DataView(cut.buffer).setInt32(0, cut.length - 4)
        return cut
      }
      case 4:
        view.setInt16(6, below(20) - 2)
        return copy
      case 5:
        copy.set(random.bytes(Math.min(copy.length - at, 1 + below(12))), at)
        return copy
      default:
        if (below(12) === 0) view.setInt32(0, pick([-1, 0, 3, 0x7fff_ffff, 104_857_601, copy.length + 9]))
        return copy
    }
  }

  const pid = (): number => cluster.lab.node('broker-1').pid ?? 0
  const rssBytes = (): number =>
    Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid()}/status`, 'utf8'))?.[1]) * 1024

  /**
   * A connection for each frame, since most close theirs; one in ten carries more, which are not counted. Our end of the
   * stream is the broker's cue; a long poll is not waited for.
   */
  async function attack(frames: number): Promise<void> {
    let left = frames
    const attacker = async (): Promise<void> => {
      while (left-- > 0) {
        const socket = connect(cluster.lab.port(1), '127.0.0.1')
        socket.on('error', () => undefined)
        socket.resume()
        await once(socket, 'connect')
        const closed = new Promise((resolve) => socket.once('close', resolve))
        const more = below(10) === 0 ? framesMoreMax : 0
        for (let i = 0; i <= more && !socket.destroyed; i++) socket.write(mutatedFrame())
        socket.end()
        const impatient = setTimeout(() => socket.destroy(), 300)
        await closed
        clearTimeout(impatient)
      }
    }
    await Promise.all(Array.from({ length: attackers }, attacker))
  }

  it(
    `survives ${frameCount} frames, another connection works all along, memory comes back`,
    { timeout: msMax },
    async () => {
      const answers: number[] = []
      let isOver = false
      let levelBytes = 0
      const watching = (async () => {
        while (!isOver) {
          const { errorCode, baseOffset } = await produceTo(bystander, 'bystander', batchOf(['still here']))
          answers.push(errorCode)
          expect((await fetchFrom(bystander, 'bystander', baseOffset)).errorCode).toBe(0)
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
      })()
      // Its failure is told by the line that awaits it.
      watching.catch(() => undefined)
      try {
        await attack(frameCount / 2)
        levelBytes = rssBytes()
        await attack(frameCount / 2)
      } catch (error) {
        // The broker is gone: what it said last is what one wants to know.
        const last = cluster.lab
          .log()
          .split('\n')
          .filter((line) => line.includes('broken invariant'))
        throw new Error(`seed ${seed}: ${last.join('\n')}`, { cause: error })
      } finally {
        isOver = true
      }
      await watching

      expect(answers.length).toBeGreaterThan(20)
      expect(new Set(answers), `seed ${seed}`).toEqual(new Set([0]))
      const node = await cluster.lab.statusOf('broker-1')
      expect(node, `seed ${seed}`).toMatchObject({ state: 'running', pid: pid() })
      expect(cluster.lab.log()).not.toMatch(/broken invariant/)
      await expect.poll(() => rssBytes() - levelBytes, { timeout: 30_000 }).toBeLessThan(48 * 1024 * 1024)
    }
  )
})
