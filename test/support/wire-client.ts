/** A client of an ensemble that says exactly what a test wants it to say, over any network; ours or a real ZooKeeper's. */
import type { Address, Connection, Network } from '../../src-main/kernel/ports'
import { connectRequestFrame, readConnectResponse } from '../../src-main/coordination/wire/connect'
import { JuteReader } from '../../src-main/coordination/wire/jute-reader'
import { JuteWriter } from '../../src-main/coordination/wire/jute-writer'
import { requestOp, writeRequest, type Request } from '../../src-main/coordination/wire/requests'
import {
  readReplyHeader,
  readResponse,
  readWatchEvent,
  type ReplyHeader,
  type Response,
  type WatcherEvent
} from '../../src-main/coordination/wire/responses'
import { zxidZero } from '../../src-main/coordination/wire/zxid'

export interface Reply extends ReplyHeader {
  readonly response: Response | undefined
}

const frameBytesMax = 16 * 1024 * 1024

export class WireClient {
  /** In the order in which they came; a test may take them out. */
  readonly events: WatcherEvent[] = []
  sessionId = 0n
  password: Uint8Array = new Uint8Array(16)
  isClosed = false
  #connection: Connection | undefined
  #lastXid = 0
  readonly #waiting: { readonly op: number; readonly settle: (reply: Reply | 'closed') => void }[] = []
  #greeted: (() => void) | undefined

  async connect(network: Network, address: Address, timeoutMs = 10_000): Promise<void> {
    const handler = {
      frame: (bytes: Uint8Array): void => this.#frame(bytes),
      closed: (): void => this.#closed()
    }
    const options = { ...address, frameBytesMax, timeoutMs: 5_000 }
    this.#connection = await network.connect(options, () => handler)
    const { sessionId, password } = this
    const greeted = new Promise<void>((resolve) => (this.#greeted = resolve))
    this.#connection.send(
      connectRequestFrame({ lastZxidSeen: zxidZero, timeoutMs, sessionId, password, readOnly: false })
    )
    await greeted
  }

  /** `closed`: without an answer. */
  ask(request: Request, xid = ++this.#lastXid): Promise<Reply | 'closed'> {
    const op = requestOp(request)
    const writer = JuteWriter.frame().int(xid).int(op)
    writeRequest(writer, request)
    const reply = new Promise<Reply | 'closed'>((settle) => this.#waiting.push({ op, settle }))
    if (this.isClosed) this.#closed()
    else this.#connection?.send(writer.finishFrame())
    return reply
  }

  destroy(): void {
    this.#connection?.destroy()
  }

  #frame(bytes: Uint8Array): void {
    const reader = new JuteReader(bytes)
    if (this.#greeted !== undefined) {
      const { sessionId, password } = readConnectResponse(reader)
      this.sessionId = sessionId
      this.password = new Uint8Array(password)
      this.#greeted()
      this.#greeted = undefined
      return
    }
    const header = readReplyHeader(reader)
    if (header.xid === -1) {
      const event = readWatchEvent(reader)
      if (event !== undefined) this.events.push(event)
      return
    }
    const waiting = this.#waiting.shift()
    if (waiting === undefined) throw new Error('a reply that nobody waits for')
    const copy = new JuteReader(new Uint8Array(bytes), reader.position)
    waiting.settle({ ...header, response: header.error === 0 ? readResponse(waiting.op, copy) : undefined })
  }

  #closed(): void {
    this.isClosed = true
    this.#greeted?.()
    for (const { settle } of this.#waiting.splice(0)) settle('closed')
  }
}
