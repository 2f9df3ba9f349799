import { describe, expect, it } from 'vitest'
import { nodeClock } from '../../../../src-main/adapters/node-clock'
import { nodeNetwork } from '../../../../src-main/adapters/node-network'
import { BrokerChannel } from '../../../../src-main/broker/broker-channel'
import { requestBytesMax } from '../../../../src-main/broker/core/frame-bytes'
import { fetchRequest, fetchResponse } from '../../../../src-main/protocol/api/01-fetch'
import { encode } from '../../../../src-main/protocol/wire/codec'
import { beginResponse, readRequestHeader, sealFrame } from '../../../../src-main/protocol/wire/headers'
import { Reader } from '../../../../src-main/protocol/wire/reader'

const fetchCall = { apiKey: 1, version: 16, request: fetchRequest, response: fetchResponse }

describe('BrokerChannel', () => {
  it('takes an answer with a batch as long as a request may be', async () => {
    const records = new Uint8Array(requestBytesMax)
    const listener = await nodeNetwork.listen({ host: '127.0.0.1', port: 0, frameBytesMax: 1024 }, (connection) => ({
      frame: (bytes) => {
        const header = readRequestHeader(new Reader(bytes), () => true)
        if (header === undefined) return
        const writer = beginResponse(header, true)
        const partition = { partitionIndex: 0, errorCode: 0, highWatermark: 1, abortedTransactions: null, records }
        encode(fetchResponse, 16, { responses: [{ topic: '', partitions: [partition] }] }, writer)
        sealFrame(writer)
        connection.send(writer.finished())
      },
      closed: () => undefined
    }))
    const channel = new BrokerChannel({ network: nodeNetwork, clock: nodeClock }, listener.address, 'broker-1-fetcher')
    const value = { maxWaitMs: 0, minBytes: 0, topics: [], forgottenTopicsData: [] }

    const told = await new Promise<number>((resolve, reject) =>
      channel.exchange(fetchCall, value, 30_000, {
        answered: ({ responses }) => resolve(responses[0]?.partitions[0]?.records?.length ?? -1),
        failed: reject
      })
    )

    channel.close()
    await listener.close()
    expect(told).toBe(requestBytesMax)
  })
})
