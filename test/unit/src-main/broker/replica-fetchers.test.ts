/** A leader that nobody tells of for a while, and that is told of again where it was. */
import { describe, expect, it } from 'vitest'
import { FollowerReplica } from '../../../../src-main/broker/follower-replica'
import type { Address, Connection } from '../../../../src-main/kernel/ports'
import { fetchRequest, fetchResponse } from '../../../../src-main/protocol/api/01-fetch'
import { decode, encode } from '../../../../src-main/protocol/wire/codec'
import { beginResponse, readRequestHeader, sealFrame } from '../../../../src-main/protocol/wire/headers'
import { Reader } from '../../../../src-main/protocol/wire/reader'
import type { InputOf, ValueOf } from '../../../../src-main/protocol/wire/schema'
import { SimClock, SimNetwork } from '../../../support/ensemble-world'
import { simFetchers } from '../../../support/sim-fetchers'
import { batchOf } from '../../../support/record-samples'
import { fixture, openPartition } from '../../../support/storage-fixture'

const leaderAddress = { host: 'leader', port: 9092 }
const topicId = 'q9Xj2bJ2TzK0Zc1lq2mJ_g'

describe('a leader that metadata does not name for a while', () => {
  it('is asked again when metadata names it where it was', async () => {
    const clock = new SimClock()
    const network = new SimNetwork(clock)
    const connections: Connection[] = []
    let asked = 0
    await network.listen({ ...leaderAddress, frameBytesMax: 1_000_000 }, (connection) => {
      connections.push(connection)
      return { frame: () => void (asked += 1), closed: () => undefined }
    })
    let address: Address | undefined = leaderAddress
    const log = () => undefined
    const fetchers = simFetchers({ clock, network }, () => address)
    const partition = openPartition(fixture(), { topic: 'events', partition: 0, topicId })
    const ports = { log, truncated: () => undefined }
    fetchers.follow(new FollowerReplica(partition, topicId, { leader: 2, leaderEpoch: 0 }, ports))
    await clock.run(100)
    expect(asked).toBe(1)

    // Its session has expired: what was asked ends, and nobody says where to ask next.
    address = undefined
    fetchers.metadataTold()
    connections[0]?.destroy()
    await clock.run(5_000)
    expect(asked).toBe(1)

    address = leaderAddress
    fetchers.metadataTold()
    await clock.run(100)
    expect(asked).toBe(2)
  })
})

describe('partitions that join one by one', () => {
  /** Whose leader answers nothing; so many are followed already. */
  async function connectionsFor(followed: number): Promise<number> {
    const clock = new SimClock()
    const network = new SimNetwork(clock)
    let connections = 0
    await network.listen({ ...leaderAddress, frameBytesMax: 1_000_000 }, () => {
      connections += 1
      return { frame: () => undefined, closed: () => undefined }
    })
    const fetchers = simFetchers({ clock, network }, () => leaderAddress)
    const world = fixture()
    const ports = { log: () => undefined, truncated: () => undefined }
    let next = 0
    const follow = (): void => {
      const partition = openPartition(world, { topic: 'events', partition: next++, topicId })
      fetchers.follow(new FollowerReplica(partition, topicId, { leader: 2, leaderEpoch: 0 }, ports))
    }
    for (let i = 0; i < followed; i++) follow()
    await clock.run(1_000)
    expect(connections).toBe(1)
    for (let i = 0; i < 10; i++) {
      follow()
      await clock.run(10)
    }
    return connections
  }

  it('end the poll under way, less often the more there are to be named anew', async () => {
    expect(await connectionsFor(10)).toBe(11)
    expect(await connectionsFor(150)).toBeLessThanOrEqual(5)
  })
})

describe('a partition that is followed anew while its leader is asked', () => {
  it('is told of all again: what was answered to the one before has reached nobody', async () => {
    const { clock, fetchers, asked, answer, replica } = await polling()
    fetchers.follow(replica())
    await clock.run(100)
    const told = {
      topicId,
      partitions: [{ partitionIndex: 0, highWatermark: 0, errorCode: 0, abortedTransactions: null, records: null }]
    }
    answer({ sessionId: 5, responses: [told] })
    await clock.run(100)
    expect(asked.map(({ sessionId, sessionEpoch }) => [sessionId, sessionEpoch])).toEqual([
      [0, 0],
      [5, 1]
    ])

    // The controller names it again, in the same term; then comes the watermark, which the leader takes for told.
    fetchers.follow(replica())
    answer({ sessionId: 5, responses: [told] })
    await clock.run(100)

    expect(asked.at(-1)).toMatchObject({ sessionEpoch: 0, topics: [{ topicId, partitions: [{ partition: 0 }] }] })
  })
})

describe('a leader that says where histories part', () => {
  it('is asked for all again: what else it said nobody has looked at', async () => {
    const { clock, fetchers, asked, answer, replica } = await polling()
    fetchers.follow(replica())
    await clock.run(100)
    const parted = { epoch: 0, endOffset: 0 }
    const told = { partitionIndex: 0, highWatermark: 0, errorCode: 0, abortedTransactions: null, records: null }
    answer({ sessionId: 5, responses: [{ topicId, partitions: [{ ...told, divergingEpoch: parted }] }] })
    await clock.run(100)

    expect(asked.map(({ sessionEpoch }) => sessionEpoch)).toEqual([0, 0])
  })
})

describe('a partition that catches up', () => {
  const mebibyte = 1024 * 1024
  const told = (partitionIndex: number, highWatermark: number, records: Uint8Array | null) => {
    const fields = {
      partitionIndex,
      highWatermark,
      logStartOffset: 0,
      errorCode: 0,
      abortedTransactions: null,
      records
    }
    return { sessionId: 5, responses: [{ topicId, partitions: [fields] }] }
  }

  it('takes small pieces while others are written to that are in sync', async () => {
    const { clock, fetchers, asked, answer, replica } = await polling()
    const bytesMax = () =>
      asked.at(-1)?.topics[0]?.partitions.map(({ partition, partitionMaxBytes }) => [partition, partitionMaxBytes])
    fetchers.follow(replica(0))
    fetchers.follow(replica(1))
    await clock.run(100)
    expect(bytesMax()).toEqual([
      [0, mebibyte],
      [1, mebibyte]
    ])

    answer(told(1, 100, batchOf(['far', 'behind'])))
    await clock.run(1100)
    answer(told(0, 1, batchOf(['in sync'])))
    await clock.run(10)
    answer(told(1, 100, batchOf(['still', 'behind'], { baseOffset: 2 })))
    await clock.run(10)
    expect(bytesMax()).toEqual([[1, mebibyte / 8]])
    expect(asked.at(-1)?.maxBytes).toBe(mebibyte / 4)

    // The other has had nothing for a second; nobody waits for it.
    await clock.run(1100)
    answer(told(1, 100, batchOf(['alone', 'now'], { baseOffset: 4 })))
    await clock.run(10)
    expect(bytesMax()).toEqual([[1, mebibyte]])

    // In sync again: both are asked for whole.
    answer(told(0, 2, batchOf(['more'], { baseOffset: 1 })))
    await clock.run(10)
    answer(told(1, 8, batchOf(['the', 'rest'], { baseOffset: 6 })))
    await clock.run(10)
    expect(bytesMax()).toEqual([[1, mebibyte]])
  })
})

/** Fetchers of a broker, and the leader that they ask: what it is asked, and its answers when the test gives them. */
async function polling() {
  const clock = new SimClock()
  const network = new SimNetwork(clock)
  const asked: ValueOf<typeof fetchRequest>[] = []
  let answer: (value: InputOf<typeof fetchResponse>) => void = () => expect.fail('nobody has asked')
  await network.listen({ ...leaderAddress, frameBytesMax: 1_000_000 }, (connection) => ({
    frame: (bytes) => {
      const reader = new Reader(bytes.slice())
      const header = readRequestHeader(reader, () => true) ?? expect.fail('a fetch was expected')
      asked.push(decode(fetchRequest, header.apiVersion, reader) as ValueOf<typeof fetchRequest>)
      answer = (value) => {
        const writer = beginResponse(header, true)
        encode(fetchResponse, header.apiVersion, value, writer)
        sealFrame(writer)
        connection.send(writer.finished())
      }
    },
    closed: () => undefined
  }))
  const log = () => undefined
  const fetchers = simFetchers({ clock, network }, () => leaderAddress)
  const disk = fixture()
  const logs = [0, 1].map((partition) =>
    openPartition(disk, { topic: 'events', partition, topicId, folder: `/data/events-${partition}` })
  )
  const replica = (index = 0) =>
    new FollowerReplica(
      logs[index] ?? expect.fail('two partitions'),
      topicId,
      { leader: 2, leaderEpoch: 0 },
      { log, truncated: () => undefined }
    )
  return { clock, fetchers, asked, replica, answer: (value: InputOf<typeof fetchResponse>) => answer(value) }
}
