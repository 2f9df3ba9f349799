/**
 * Programs of random requests and what ZooKeeper 3.8.0 answered to them, recorded on its wire: malformed paths and
 * bodies, versions, sequences, ephemerals, multis, watches. What depends on time is recorded as a relation:
 * a stat is [mzxid = czxid, version, cversion, aversion, owner (0 none, 1 self), dataLength, numChildren,
 * pzxid = czxid, pzxid > mzxid].
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EnsembleNode } from '../../src-main/coordination/ensemble-node'
import { connectRequestFrame, readConnectResponse } from '../../src-main/coordination/wire/connect'
import { errorCodes, watchEventTypes } from '../../src-main/coordination/wire/codes'
import { JuteReader } from '../../src-main/coordination/wire/jute-reader'
import {
  readReplyHeader,
  readResponse,
  readWatchEvent,
  type Response
} from '../../src-main/coordination/wire/responses'
import type { Stat } from '../../src-main/coordination/wire/stat'
import { compareZxid, zxidZero } from '../../src-main/coordination/wire/zxid'
import type { Connection } from '../../src-main/kernel/ports'
import { nodeChecksum, silent, SimClock, SimNetwork, SimRandom } from '../support/ensemble-world'
import { MemoryDisk } from '../support/memory-disk'

const address = { host: 'sim', port: 2181 }
const setWatchesOp = 101
const record = readFileSync(resolve(import.meta.dirname, 'zookeeper.json'), 'utf8')
const programs = JSON.parse(record) as readonly (readonly { readonly send: string; readonly replies: unknown[] }[])[]

class Session {
  readonly #clock = new SimClock()
  readonly #received: Uint8Array[] = []
  #connection: Connection | undefined
  #sessionId = 0n
  #isClosed = false

  async start(): Promise<void> {
    const network = new SimNetwork(this.#clock)
    const node = new EnsembleNode({
      memberId: 1,
      address,
      dataDir: '/data',
      sessionTimeouts: { minMs: 4_000, maxMs: 40_000 },
      clock: this.#clock,
      random: new SimRandom(1),
      disk: new MemoryDisk(this.#clock),
      network,
      checksum: nodeChecksum,
      log: silent,
      failed: (error) => expect.unreachable(String(error))
    })
    await this.#clock.until(node.start())
    const handler = {
      frame: (bytes: Uint8Array): void => void this.#received.push(bytes.slice()),
      closed: (): void => void (this.#isClosed = true)
    }
    const options = { ...address, frameBytesMax: 1 << 24, timeoutMs: 1_000 }
    this.#connection = await this.#clock.until(network.connect(options, () => handler))
    const password = new Uint8Array(16)
    this.#connection.send(
      connectRequestFrame({ lastZxidSeen: zxidZero, timeoutMs: 10_000, sessionId: 0n, password, readOnly: false })
    )
    await this.#clock.run(20)
    const greeting = this.#received.shift()
    if (greeting !== undefined) this.#sessionId = readConnectResponse(new JuteReader(greeting)).sessionId
  }

  /** What comes back for this request, in the form of the record. */
  async replies(request: Uint8Array): Promise<unknown[]> {
    const frame = new Uint8Array(4 + request.length)
    new DataView(frame.buffer).setInt32(0, request.length)
    frame.set(request, 4)
    this.#connection?.send(frame)
    await this.#clock.run(20)
    const op = new DataView(request.buffer, request.byteOffset).getInt32(4)
    const replies = this.#received.splice(0).map((bytes) => this.#reply(op, bytes))
    if (op === setWatchesOp) replies.sort((a, b) => (eventKey(a) < eventKey(b) ? -1 : 1))
    if (this.#isClosed && replies.length === 0) replies.push({ closed: true })
    return replies
  }

  #reply(op: number, bytes: Uint8Array): Record<string, unknown> {
    const reader = new JuteReader(bytes)
    const { xid, error } = readReplyHeader(reader)
    if (xid === -1) {
      const event = readWatchEvent(reader)
      return { event: event && watchEventTypes[event.type], path: event?.path }
    }
    if (error !== errorCodes.OK) return { xid, error }
    const body = this.#body(readResponse(op, reader))
    expect(reader.remaining).toBe(0)
    return { xid, error, ...body }
  }

  #body(response: Response): Record<string, unknown> {
    switch (response.type) {
      case 'create':
        return { path: response.path, ...(response.stat && { stat: this.#stat(response.stat) }) }
      case 'sync':
        return { path: response.path }
      case 'setData':
      case 'exists':
      case 'getACL':
        return { stat: this.#stat(response.stat) }
      case 'getData': {
        const data = response.data === null ? null : Buffer.from(response.data).toString('hex')
        return { data, stat: this.#stat(response.stat) }
      }
      case 'getChildren':
        return { children: response.children, ...(response.stat && { stat: this.#stat(response.stat) }) }
      case 'multi':
        return {
          results: response.results.map((result) => {
            if (result.type === 'create') return { path: result.path }
            if (result.type === 'setData') return { stat: this.#stat(result.stat) }
            return result.type === 'error' ? { error: result.error } : {}
          })
        }
      case 'empty':
        return {}
      default:
        throw new Error(`the record has no ${response.type}`)
    }
  }

  #stat(stat: Stat): unknown[] {
    return [
      compareZxid(stat.mzxid, stat.czxid) === 0,
      ...[stat.version, stat.cversion, stat.aversion],
      stat.ephemeralOwner === 0n ? 0 : stat.ephemeralOwner === this.#sessionId ? 1 : 2,
      ...[stat.dataLength, stat.numChildren],
      compareZxid(stat.pzxid, stat.czxid) === 0,
      compareZxid(stat.pzxid, stat.mzxid) > 0
    ]
  }
}

/** Missed events have no order of their own; they come before the reply. */
function eventKey(reply: Record<string, unknown>): string {
  return 'event' in reply ? `0 ${String(reply['path'])} ${String(reply['event'])}` : '1'
}

describe('a member answers as ZooKeeper 3.8 answered', () => {
  for (const [index, program] of programs.entries()) {
    it(`program ${index + 1}, ${program.length} requests`, async () => {
      const session = new Session()
      await session.start()

      for (const { send, replies } of program) {
        expect(await session.replies(Buffer.from(send, 'hex')), send).toEqual(replies)
      }
    })
  }
})
