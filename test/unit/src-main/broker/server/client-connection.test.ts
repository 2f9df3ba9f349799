import { describe, expect, it } from 'vitest'
import {
  describeConfigsRequest,
  describeConfigsResponse
} from '../../../../../src-main/protocol/api/32-describe-configs'
import { produceRequest, produceResponse } from '../../../../../src-main/protocol/api/00-produce'
import { heartbeatRequest, heartbeatResponse } from '../../../../../src-main/protocol/api/12-heartbeat'
import { ClientConnection } from '../../../../../src-main/broker/server/client-connection'
import {
  AnswerLater,
  closeConnection,
  handler,
  noResponse,
  type HandlerRow,
  type Moved
} from '../../../../../src-main/broker/server/handler'
import { RequestRouter } from '../../../../../src-main/broker/server/request-router'
import { PiecePool } from '../../../../../src-main/broker/server/response-stream'
import { ServingGate } from '../../../../../src-main/broker/server/serving-gate'
import type { Connection } from '../../../../../src-main/kernel/ports'
import { decode, encode } from '../../../../../src-main/protocol/wire/codec'
import { beginRequest } from '../../../../../src-main/protocol/wire/headers'
import { Reader } from '../../../../../src-main/protocol/wire/reader'
import type { InputOf, Message } from '../../../../../src-main/protocol/wire/schema'
import { SimClock } from '../../../../support/ensemble-world'

class FakeConnection implements Connection {
  readonly id = 1
  readonly remote = { host: '127.0.0.1', port: 50_000 }
  readonly local = { host: '127.0.0.1', port: 9092 }
  readonly sent: Uint8Array[] = []
  readonly unsentBytes = 0
  end_: 'ended' | 'destroyed' | undefined
  send(bytes: Uint8Array): void {
    this.sent.push(bytes)
  }
  flush(): void {
    // Nothing is held back.
  }
  pause(): void {
    // Frames are handed in by the test.
  }
  resume(): void {
    // Frames are handed in by the test.
  }
  end(): void {
    this.end_ = 'ended'
  }
  destroy(): void {
    this.end_ = 'destroyed'
  }
}

/** The frame of a request, without its length. */
function frame<M extends Message>(apiKey: number, version: number, message: M, value: InputOf<M>): Uint8Array {
  const writer = beginRequest(apiKey, version, 1, 'client', message)
  encode(message, version, value, writer)
  return writer.finished().slice(4)
}

function connectionWith(...rows: HandlerRow[]) {
  const connection = new FakeConnection()
  const failures: unknown[] = []
  const gate = new ServingGate()
  gate.open()
  return { ...connectedThrough(gate, connection, failures, rows), connection, failures }
}

function connectedThrough(
  gate: ServingGate,
  connection: FakeConnection,
  failures: unknown[],
  rows: readonly HandlerRow[]
) {
  const client = new ClientConnection(connection, {
    router: new RequestRouter(rows),
    gate,
    refusesClients: () => false,
    pool: new PiecePool(),
    clock: new SimClock(),
    log: () => undefined,
    failed: (error) => failures.push(error),
    closed: () => undefined
  })
  return { client }
}

const heartbeat = (groupId: string): Uint8Array =>
  frame(12, 0, heartbeatRequest, { groupId, generationId: 1, memberId: 'm' })

function produceFrame(partitions: number): Uint8Array {
  const partitionData = Array.from({ length: partitions }, (_, index) => ({ index, records: Uint8Array.of(index) }))
  const topicData = [{ name: 't', partitionData }]
  return frame(0, 9, produceRequest, { transactionalId: null, acks: 0, timeoutMs: 1, topicData })
}

describe('ClientConnection', () => {
  it('works on in slices, with the bytes as they were, while the receive buffer is used again', async () => {
    const clock = new SimClock()
    const seen: number[] = []
    const row = handler({
      apiKey: 0,
      served: [9, 9],
      isBulk: true,
      request: produceRequest,
      response: produceResponse,
      *handle(request) {
        let moved: Moved
        for (const { records } of request.topicData[0]?.partitionData ?? []) {
          const view = records === null || moved === undefined ? records : moved(records)
          seen.push(view?.[0] ?? -1)
          // Each step takes longer than a slice.
          void clock.run(100)
          moved = (yield) as Moved
        }
        return request.acks === 0 ? noResponse : { responses: [] }
      }
    })
    const connection = new FakeConnection()
    const gate = new ServingGate()
    gate.open()
    const failed = (error: unknown): void => {
      throw error
    }
    const ports = { router: new RequestRouter([row]), gate, pool: new PiecePool(), log: () => undefined, failed }
    const client = new ClientConnection(connection, {
      ...ports,
      clock,
      refusesClients: () => false,
      closed: () => undefined
    })
    const bytes = produceFrame(5)

    client.frame(bytes)
    bytes.fill(0xee)
    await clock.run(1000)

    expect(seen).toEqual([0, 1, 2, 3, 4])
  })

  it('closes when the answer holds a text that the asked version cannot carry', () => {
    const { client, connection, failures } = connectionWith(
      handler({
        apiKey: 32,
        served: [0, 4],
        request: describeConfigsRequest,
        response: describeConfigsResponse,
        handle: ({ resources }) => ({
          results: resources.map(({ resourceType, resourceName }) => {
            const errorMessage = `There is no ${resourceName}.`
            return { errorCode: 42, errorMessage, resourceType, resourceName, configs: [] }
          })
        })
      })
    )
    const resources = [{ resourceType: 4, resourceName: 'x'.repeat(32_767), configurationKeys: null }]

    client.frame(frame(32, 1, describeConfigsRequest, { resources }))

    expect(connection.end_).toBe('destroyed')
    expect(connection.sent).toEqual([])
    expect(failures).toEqual([])
  })

  it('closes when a text of broken UTF-8 grows beyond what the answer can carry', () => {
    const { client, connection } = connectionWith(
      handler({
        apiKey: 32,
        served: [0, 4],
        request: describeConfigsRequest,
        response: describeConfigsResponse,
        handle: ({ resources }) => ({
          results: resources.map(({ resourceType, resourceName }) => {
            return { errorCode: 42, errorMessage: null, resourceType, resourceName, configs: [] }
          })
        })
      })
    )
    const resources = [{ resourceType: 4, resourceName: 'x'.repeat(20_000), configurationKeys: null }]
    const request = frame(32, 1, describeConfigsRequest, { resources }).map((byte) => (byte === 0x78 ? 0xff : byte))

    client.frame(request)

    expect(connection.end_).toBe('destroyed')
  })

  it('does nothing of what was pipelined behind a request that closes the connection', async () => {
    const asked: string[] = []
    const { client, connection } = connectionWith(
      handler({
        apiKey: 12,
        served: [0, 4],
        request: heartbeatRequest,
        response: heartbeatResponse,
        handle({ groupId }) {
          asked.push(groupId)
          if (groupId === 'slow') return Promise.resolve({ errorCode: 0 })
          return groupId === 'bad' ? closeConnection : { errorCode: 0 }
        }
      })
    )

    for (const groupId of ['slow', 'bad', 'behind']) client.frame(heartbeat(groupId))
    await new Promise((resolve) => setImmediate(resolve))

    expect(asked).toEqual(['slow', 'bad'])
    expect(connection.end_).toBe('ended')
    expect(connection.sent).toHaveLength(1)
  })

  it('keeps what clients ask in order until the gate opens, and answers what is served early', () => {
    const asked: string[] = []
    const rowOf = (isServedEarly: boolean) =>
      handler({
        apiKey: isServedEarly ? 6 : 12,
        served: [0, 4],
        isServedEarly,
        request: heartbeatRequest,
        response: heartbeatResponse,
        handle({ groupId }) {
          asked.push(groupId)
          return { errorCode: 0 }
        }
      })
    const gate = new ServingGate()
    const rows = [rowOf(true), rowOf(false)]
    const [first, second, controller] = Array.from({ length: 3 }, () =>
      connectedThrough(gate, new FakeConnection(), [], rows)
    ).map(({ client }) => client)

    for (const groupId of ['a', 'b']) first?.frame(heartbeat(groupId))
    second?.frame(heartbeat('of a client that left'))
    second?.closed(undefined)
    controller?.frame(frame(6, 0, heartbeatRequest, { groupId: 'early', generationId: 1, memberId: 'm' }))
    expect(asked).toEqual(['early'])
    gate.open()

    expect(asked).toEqual(['early', 'a', 'b'])
  })
})

describe('ClientConnection, while answers are awaited', () => {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

  /** A request of a kind whose answers are awaited (its number is its acks), and one of a kind that waits its turn. */
  function awaiting() {
    const handled: string[] = []
    const commit: (() => void)[] = []
    const written = handler({
      apiKey: 0,
      served: [9, 9],
      isBulk: true,
      mayFollow: true,
      request: produceRequest,
      response: produceResponse,
      handle({ acks, timeoutMs }) {
        handled.push(`write ${timeoutMs}`)
        const answer = { responses: [], throttleTimeMs: timeoutMs }
        if (acks === 0) return closeConnection
        if (acks === 1) return answer
        return new AnswerLater(new Promise((resolve) => (commit[timeoutMs] = () => resolve(answer))))
      }
    })
    const other = handler({
      apiKey: 12,
      served: [0, 4],
      request: heartbeatRequest,
      response: heartbeatResponse,
      handle({ groupId }) {
        handled.push(groupId)
        return { errorCode: 0 }
      }
    })
    const world = connectionWith(written, other)
    const { connection, client } = world
    return {
      ...world,
      handled,
      write: (number: number, acks = -1) =>
        client.frame(frame(0, 9, produceRequest, { transactionalId: null, acks, timeoutMs: number, topicData: [] })),
      commit: async (number: number) => {
        commit[number]?.()
        await turn()
      },
      /** By the numbers of the writes; -1 for another kind. */
      answered: () =>
        connection.sent.map((bytes) => {
          const body = bytes.slice(9)
          if (bytes.length < 12) return -1
          const answer = decode(produceResponse, 9, new Reader(body))
          return 'throttleTimeMs' in answer ? answer.throttleTimeMs : NaN
        })
    }
  }

  it('handles what may follow, and answers in the order of requests', async () => {
    const { write, commit, handled, answered } = awaiting()

    for (const number of [1, 2, 3]) write(number)
    write(4, 1)
    expect(handled).toEqual(['write 1', 'write 2', 'write 3', 'write 4'])
    await commit(2)
    expect(answered()).toEqual([])
    await commit(1)
    expect(answered()).toEqual([1, 2])
    await commit(3)

    expect(answered()).toEqual([1, 2, 3, 4])
  })

  it('lets every other request wait until all before it are answered', async () => {
    const { client, write, commit, handled, answered } = awaiting()

    write(1)
    write(2)
    client.frame(heartbeat('other'))
    write(3)
    expect(handled).toEqual(['write 1', 'write 2'])
    await commit(1)
    expect(handled).toEqual(['write 1', 'write 2'])
    await commit(2)

    expect(handled).toEqual(['write 1', 'write 2', 'other', 'write 3'])
    await commit(3)
    expect(answered()).toEqual([1, 2, -1, 3])
  })

  it('takes no more than 64 of them, and goes on when one is answered', async () => {
    const { write, commit, handled } = awaiting()

    for (let number = 1; number <= 70; number++) write(number)
    expect(handled).toHaveLength(64)
    await commit(2)
    expect(handled).toHaveLength(64)
    await commit(1)

    expect(handled).toHaveLength(66)
  })

  it('answers what was asked before a request that closes the connection', async () => {
    const { connection, write, commit, handled, answered } = awaiting()

    write(1)
    write(2, 0)
    write(3)
    expect(connection.end_).toBeUndefined()
    await commit(1)

    expect(connection.end_).toBe('ended')
    expect(answered()).toEqual([1])
    expect(handled).toEqual(['write 1', 'write 2'])
  })

  it('is not idle, and answers nobody who has left', async () => {
    const { client, connection, write, commit } = awaiting()

    expect(client.isIdleSince(Infinity)).toBe(true)
    write(1)
    expect(client.isIdleSince(Infinity)).toBe(false)
    client.closed(undefined)
    await commit(1)

    expect(connection.sent).toEqual([])
  })
})
